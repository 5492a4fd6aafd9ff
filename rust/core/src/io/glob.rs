//! File names that match a pattern with `*`, `?` and `[…]`, one folder level per component.

use std::fs;
use std::path::{Component, Path, PathBuf};

/// The existing paths that match, sorted; a pattern without special characters matches the path itself. As in TensorFlow, what a
/// pattern without a folder finds begins with `./`, and names that begin with a dot are matched as others are.
pub fn expand(pattern: &str) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for component in Path::new(pattern).components() {
        let text = component.as_os_str().to_string_lossy();
        let plain = !matches!(component, Component::Normal(_)) || !text.contains(['*', '?', '[', '\\']);
        let mut next = Vec::new();
        for base in found {
            if plain {
                let path = base.join(component);
                if path.as_os_str().is_empty() || path.exists() {
                    next.push(path);
                }
                continue;
            }
            let base = if base.as_os_str().is_empty() { PathBuf::from(".") } else { base };
            let Ok(entries) = fs::read_dir(&base) else { continue };
            next.extend(entries.flatten().filter(|e| matches(&text, &e.file_name().to_string_lossy())).map(|e| base.join(e.file_name())));
        }
        found = next;
    }
    found.retain(|path| !path.as_os_str().is_empty());
    found.sort();
    found
}

/// Whether a name matches a pattern; `*` stands for any characters, `\` takes away the meaning of the next one.
pub fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    // Where to go on when a later part does not match: one more character for the last star.
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        if pattern.get(p) == Some(&'*') {
            star = Some((p, n));
            p += 1;
            continue;
        }
        match one(&pattern, p, name[n]) {
            Some(next) => (p, n) = (next, n + 1),
            None => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (p, n) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|c| *c == '*')
}

/// Where the pattern goes on when its element at `p` matches `c`.
fn one(pattern: &[char], p: usize, c: char) -> Option<usize> {
    match pattern.get(p)? {
        '?' => Some(p + 1),
        '\\' => (pattern.get(p + 1) == Some(&c)).then_some(p + 2),
        '[' => {
            let close = p + 2 + pattern.get(p + 2..)?.iter().position(|c| *c == ']')?;
            let mut set = &pattern[p + 1..close];
            let negated = matches!(set.first(), Some('!' | '^'));
            if negated {
                set = &set[1..];
            }
            let mut hit = false;
            let mut i = 0;
            while i < set.len() {
                if set.get(i + 1) == Some(&'-') && i + 2 < set.len() {
                    hit |= (set[i]..=set[i + 2]).contains(&c);
                    i += 3;
                } else {
                    hit |= set[i] == c;
                    i += 1;
                }
            }
            (hit != negated).then_some(close + 1)
        }
        other => (*other == c).then_some(p + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_patterns() {
        for (pattern, name) in [
            ("a*c", "abbc"),
            ("*", ""),
            ("m-?????-of-?", "m-00001-of-2"),
            ("[a-c]x", "bx"),
            ("[!a]x", "bx"),
            ("\\*", "*"),
            ("*a*b", "xaayb"),
            ("[]]", "]"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("a*c", "abb"), ("?", ""), ("[a-c]x", "dx"), ("[!b]x", "bx"), ("a", "ab"), ("[ab", "a"), ("\\*", "a")] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn patterns_are_expanded_level_by_level() {
        let dir = std::env::temp_dir().join(format!("graphpb-glob-{}", std::process::id()));
        for file in ["a/x1", "a/x2", "b/x1", "b/y"] {
            fs::create_dir_all(dir.join(file).parent().unwrap()).unwrap();
            fs::write(dir.join(file), "").unwrap();
        }
        let found = |p: &str| {
            expand(dir.join(p).to_str().unwrap()).into_iter().map(|f| f.strip_prefix(&dir).unwrap().to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(found("*/x?"), ["a/x1", "a/x2", "b/x1"]);
        assert_eq!(found("a/x1"), ["a/x1"]);
        assert!(found("c/*").is_empty() && found("a/none").is_empty());
        fs::remove_dir_all(dir).unwrap();
    }
}
