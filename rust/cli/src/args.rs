//! Options and positional arguments of one command.

use lexopt::{Arg, Parser, ValueExt};

use crate::outcome::{Console, Failure, nearest};

/// What a command accepts: names of options with a value, of flags, and how many positional arguments.
pub struct Spec {
    pub help: &'static str,
    /// Options that take a value; each may be repeated.
    pub values: &'static [&'static str],
    /// Besides `--json` and `--help`.
    pub flags: &'static [&'static str],
    /// Least and largest number of positional arguments.
    pub positional: (usize, usize),
}

#[derive(Debug, Default)]
pub struct Args {
    pub positional: Vec<String>,
    pub json: bool,
    values: Vec<(&'static str, String)>,
    flags: Vec<&'static str>,
}

impl Spec {
    /// The arguments; None when help was asked for and has been printed.
    pub fn parse(&self, args: &[String], console: &mut Console) -> Result<Option<Args>, Failure> {
        let mut parser = Parser::from_args(args);
        let mut out = Args::default();
        while let Some(arg) = parser.next()? {
            match arg {
                Arg::Short('h') | Arg::Long("help") => {
                    console.print(self.help)?;
                    return Ok(None);
                }
                Arg::Long("json") => out.json = true,
                Arg::Long(name) => {
                    if let Some(flag) = self.flags.iter().find(|f| **f == name) {
                        out.flags.push(flag);
                    } else if let Some(option) = self.values.iter().find(|v| **v == name) {
                        out.values.push((option, parser.value()?.string()?));
                    } else {
                        let known = self.values.iter().chain(self.flags).copied().chain(["json", "help"]);
                        let hint = nearest(name, known).map_or(String::new(), |n| format!("; did you mean --{n}?"));
                        return Err(self.wrong(&format!("unknown option --{name}{hint}")));
                    }
                }
                Arg::Short(c) => return Err(self.wrong(&format!("unknown option -{c}"))),
                Arg::Value(value) => out.positional.push(value.string()?),
            }
        }
        let (least, most) = self.positional;
        if out.positional.len() < least {
            return Err(self.wrong("an argument is missing"));
        }
        if let Some(extra) = out.positional.get(most) {
            return Err(self.wrong(&format!("unexpected argument {extra:?}")));
        }
        Ok(Some(out))
    }

    /// A usage error with the first line of the help.
    pub fn wrong(&self, what: &str) -> Failure {
        let usage = self.help.lines().find(|l| l.starts_with("Usage:")).unwrap_or_default();
        Failure::Usage(format!("{what}\n\n{usage}"))
    }
}

impl Args {
    /// All values of an option, in order.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.values.iter().filter(move |(n, _)| *n == name).map(|(_, v)| v.as_str())
    }
    /// The last value of an option.
    pub fn last(&self, name: &str) -> Option<&str> {
        self.values.iter().rfind(|(n, _)| *n == name).map(|(_, v)| v.as_str())
    }
    pub fn has(&self, flag: &str) -> bool {
        self.flags.contains(&flag)
    }
}
