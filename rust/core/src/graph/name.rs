//! Unique names and the rules for valid ones, as TensorFlow's.

use std::collections::HashMap;

/// Names used in a graph (ops and scopes share one table), compared without case.
#[derive(Clone, Default)]
pub struct UniqueNames {
    used: HashMap<Box<str>, u32>,
}

fn lower(name: &str) -> Box<str> {
    name.to_ascii_lowercase().into_boxed_str()
}

impl UniqueNames {
    /// `name`, or `name_1`, `name_2`, … whichever is free first; marked as used when `mark` is set.
    pub fn unique(&mut self, name: &str, mark: bool) -> String {
        let key = lower(name);
        let Some(&seen) = self.used.get(&key) else {
            if mark {
                self.used.insert(key, 1);
            }
            return name.to_owned();
        };
        let mut n = seen;
        let mut candidate = String::with_capacity(name.len() + 4);
        loop {
            candidate.clear();
            candidate.push_str(&key);
            candidate.push('_');
            candidate.push_str(&n.to_string());
            if !self.used.contains_key(candidate.as_str()) {
                break;
            }
            n += 1;
        }
        if mark {
            // The next search starts after this one, so that many equal names cost constant time each.
            self.used.insert(key, n + 1);
            self.used.insert(candidate.clone().into_boxed_str(), 1);
        }
        format!("{name}_{n}")
    }

    /// Mark an exact name as used (a name given with a trailing slash, or one from a file).
    pub fn mark(&mut self, name: &str) {
        self.used.entry(lower(name)).or_insert(1);
    }

    pub fn contains(&self, name: &str) -> bool {
        self.used.contains_key(&lower(name))
    }
}

/// Whether `name` (the full name) may name an op: `^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$`.
pub fn is_valid_op_name(name: &str) -> bool {
    let b = name.as_bytes();
    b.first().is_some_and(|c| c.is_ascii_alphanumeric() || *c == b'.') && b[1..].iter().all(|&c| is_name_byte(c))
}

/// Whether `name` may name a scope; at the root it must be a valid op name.
pub fn is_valid_scope_name(name: &str, at_root: bool) -> bool {
    if at_root { is_valid_op_name(name) } else { name.bytes().all(is_name_byte) }
}

fn is_name_byte(c: u8) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, b'_' | b'.' | b'\\' | b'/' | b'>' | b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of tf1_semantics 1.1, which were observed in TensorFlow.
    #[test]
    fn unique_names_follow_tensorflow() {
        let mut n = UniqueNames::default();
        let mut u = |s: &str| n.unique(s, true);
        assert_eq!([u("foo"), u("foo"), u("FOO")], ["foo", "foo_1", "FOO_2"]);
        assert_eq!([u("abc"), u("AbC"), u("abc"), u("abc_1"), u("abc"), u("abc_1")], ["abc", "AbC_1", "abc_2", "abc_1_1", "abc_3", "abc_1_2"]);
        let mut n = UniqueNames::default();
        assert_eq!(n.unique("A", true), "A");
        assert_eq!(n.unique("A", false), "A_1");
        assert_eq!(n.unique("A", true), "A_1");
    }

    #[test]
    fn op_names_are_checked() {
        assert!(is_valid_op_name("a/b_1-x>y"));
        assert!(!is_valid_op_name("_a"));
        assert!(!is_valid_op_name("a b"));
        assert!(!is_valid_op_name(""));
        assert!(is_valid_scope_name("_a", false));
        assert!(!is_valid_scope_name("_a", true));
    }
}
