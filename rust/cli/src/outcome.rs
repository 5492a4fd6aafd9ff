//! Where output goes, and the ways in which a command ends.

use std::collections::BTreeMap;
use std::io::{self, Write};

use graphpb::io::files::FileError;

/// The streams of one invocation.
pub struct Console<'a> {
    pub out: &'a mut dyn Write,
    pub err: &'a mut dyn Write,
    /// Whether `err` is a terminal, where progress is welcome.
    pub terminal: bool,
}

impl Console<'_> {
    /// Data for stdout.
    pub fn print(&mut self, text: &str) -> Result<(), Failure> {
        self.out.write_all(text.as_bytes()).map_err(Failure::from)
    }
    /// A message for stderr.
    pub fn say(&mut self, text: &str) {
        let _ = writeln!(self.err, "{text}");
    }
}

#[derive(Debug)]
pub enum Failure {
    /// The answer is no; what there was to say has been said.
    Negative,
    Usage(String),
    Unreadable(String),
    /// Op types that cannot run, with their number of nodes.
    Unsupported(BTreeMap<String, usize>),
    Run(String),
    /// Nobody reads our output any more.
    Closed,
}

impl Failure {
    pub fn code(&self) -> i32 {
        match self {
            Failure::Closed => 0,
            Failure::Negative => 1,
            Failure::Usage(_) => 2,
            Failure::Unreadable(_) => 3,
            Failure::Unsupported(_) => 4,
            Failure::Run(_) => 5,
        }
    }

    pub fn report(&self, console: &mut Console) {
        match self {
            Failure::Negative | Failure::Closed => {}
            Failure::Usage(text) | Failure::Unreadable(text) | Failure::Run(text) => console.say(&format!("graphpb: {text}")),
            Failure::Unsupported(ops) => {
                console.say("graphpb: the graph needs ops that cannot run here:");
                for (op, count) in ops {
                    console.say(&format!("  {count:>6}  {op}"));
                }
            }
        }
    }
}

impl From<io::Error> for Failure {
    fn from(e: io::Error) -> Failure {
        if e.kind() == io::ErrorKind::BrokenPipe { Failure::Closed } else { Failure::Run(format!("cannot write the output: {e}")) }
    }
}

impl From<FileError> for Failure {
    fn from(e: FileError) -> Failure {
        Failure::Unreadable(e.to_string())
    }
}

impl From<lexopt::Error> for Failure {
    fn from(e: lexopt::Error) -> Failure {
        Failure::Usage(e.to_string())
    }
}

/// The candidate that `name` was probably meant to be.
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let most = (name.chars().count() / 3).clamp(1, 3);
    candidates.map(|c| (distance(name, c, most), c)).filter(|(d, _)| *d <= most).min().map(|(_, c)| c)
}

/// The number of characters to insert, delete or replace; anything above `most` when it is more than that.
fn distance(a: &str, b: &str, most: usize) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > most {
        return most + 1;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(&b) {
            let value = (diagonal + usize::from(x != y)).min(left + 1).min(*cell + 1);
            diagonal = std::mem::replace(cell, value);
            left = value;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found() {
        let names = ["x", "accuracy", "softmax", "W"];
        assert_eq!(nearest("acuracy", names.into_iter()), Some("accuracy"));
        assert_eq!(nearest("sotfmax", names.into_iter()), Some("softmax"));
        assert_eq!(nearest("loss", names.into_iter()), None);
        assert_eq!((distance("kitten", "sitting", 5), distance("", "ab", 5), distance("ab", "ab", 0)), (3, 2, 0));
    }
}
