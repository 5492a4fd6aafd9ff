//! RegexReplace, RegexFullMatch and their static forms: RE2's syntax, by the `regex-lite` crate.

use std::borrow::Cow;
use std::sync::Arc;

use regex_lite::Regex;

use super::map;
use crate::error::{Error, Result};
use crate::graph::infer::same_as_input;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};
use graphpb_kernels::{Bool, Bytes, DType, Tensor};

pub static REGEX_REPLACE: OpDef = OpDef {
    name: "RegexReplace",
    doc: "Every match of `pattern` (or the first) replaced by `rewrite`, in which \\1 to \\9 stand for groups and \\0 for the match.",
    inputs: &[arg_of("input", DType::Str), arg_of("pattern", DType::Str), arg_of("rewrite", DType::Str)],
    outputs: &[arg_of("output", DType::Str)],
    attrs: &[flag("replace_global", true)],
    traits: Traits::PURE,
    shape: same_as_input,
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let (pattern, rewrite) = (scalar(c, 1, "Pattern")?, scalar(c, 2, "Rewrite")?);
        let all = c.attrs().bool("replace_global")?;
        let r = Replace::new(&pattern, &rewrite, all)?;
        let y = map(c.input(0), |s| Ok(r.run(s)))?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("strings have no gradient"),
    sample: Some(|d| {
        let dims = d.dims(0, 2);
        let pattern = Tensor::string_scalar(d.one_of(&[&b"\\d"[..], b"s(.)", b"[0-4]*"]));
        let all = d.flag();
        Case::new()
            .input(d.tensor_of(DType::Str, &dims, 0.0, 0.0))
            .constant(pattern)
            .constant(Tensor::string_scalar(b"<\\0>"))
            .attr("replace_global", all)
    }),
    ..OpDef::BASE
};

pub static STATIC_REGEX_REPLACE: OpDef = OpDef {
    name: "StaticRegexReplace",
    doc: "RegexReplace with the pattern and the rewrite as attributes.",
    inputs: &[arg_of("input", DType::Str)],
    outputs: &[arg_of("output", DType::Str)],
    attrs: &[string("pattern"), string("rewrite"), flag("replace_global", true)],
    traits: Traits::PURE,
    shape: same_as_input,
    kernel: Kernel::Prepared(|p| {
        let r = Replace::new(p.attrs.bytes("pattern")?, p.attrs.bytes("rewrite")?, p.attrs.bool("replace_global")?)?;
        Ok(Box::new(move |c| {
            let y = map(c.input(0), |s| Ok(r.run(s)))?;
            c.set(0, y);
            Ok(())
        }))
    }),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| sample(d).attr("pattern", "(\\d)(\\d)").attr("rewrite", "\\2-\\1")),
    ..OpDef::BASE
};

pub static REGEX_FULL_MATCH: OpDef = OpDef {
    name: "RegexFullMatch",
    doc: "Whether `pattern` matches the whole of each string.",
    inputs: &[arg_of("input", DType::Str), arg_of("pattern", DType::Str)],
    outputs: &[arg_of("output", DType::Bool)],
    traits: Traits::PURE,
    shape: same_as_input,
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let r = whole(&scalar(c, 1, "Pattern")?)?;
        let y = matches(c.input(0), &r);
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| sample(d).constant(Tensor::string_scalar(b"s[0-4].*"))),
    ..OpDef::BASE
};

pub static STATIC_REGEX_FULL_MATCH: OpDef = OpDef {
    name: "StaticRegexFullMatch",
    doc: "RegexFullMatch with the pattern as an attribute.",
    inputs: &[arg_of("input", DType::Str)],
    outputs: &[arg_of("output", DType::Bool)],
    attrs: &[string("pattern")],
    traits: Traits::PURE,
    shape: same_as_input,
    kernel: Kernel::Prepared(|p| {
        let r = whole(p.attrs.bytes("pattern")?)?;
        Ok(Box::new(move |c| {
            let y = matches(c.input(0), &r);
            c.set(0, y);
            Ok(())
        }))
    }),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| sample(d).attr("pattern", "s[0-4].*")),
    ..OpDef::BASE
};

fn scalar(c: &KernelCtx, i: usize, what: &str) -> Result<Bytes> {
    match c.input(i).as_strings() {
        [one] => Ok(one.clone()),
        _ => Err(Error::invalid(format!("{what} must be scalar, but received {}", graphpb_kernels::shape_text(c.input(i).dims())))),
    }
}

fn compile(pattern: &[u8], around: impl Fn(&str) -> String) -> Result<Regex> {
    let bad = |why: &str| Error::invalid(format!("Invalid pattern: {}, error: {why}", String::from_utf8_lossy(pattern)));
    let text = std::str::from_utf8(pattern).map_err(|_| bad("invalid UTF-8"))?;
    Regex::new(&around(text)).map_err(|e| bad(&e.to_string()))
}

fn whole(pattern: &[u8]) -> Result<Regex> {
    compile(pattern, |p| format!("\\A(?:{p})\\z"))
}

/// The string as text; one that is not UTF-8 as if each byte were a character.
fn as_text(s: &[u8]) -> (Cow<'_, str>, bool) {
    match std::str::from_utf8(s) {
        Ok(t) => (Cow::Borrowed(t), true),
        Err(_) => (Cow::Owned(s.iter().map(|&b| b as char).collect()), false),
    }
}

fn matches(x: &Tensor, r: &Regex) -> Tensor {
    let v: Vec<Bool> = x.as_strings().iter().map(|s| Bool::from(r.is_match(&as_text(s).0))).collect();
    Tensor::from_slice(&v, x.dims())
}

/// A piece of a rewrite.
enum Piece {
    Text(Vec<u8>),
    Group(usize),
}

struct Replace {
    regex: Arc<Regex>,
    /// None: the rewrite names a group that the pattern lacks, or is malformed; strings then stay as they are, as in TensorFlow.
    rewrite: Option<Vec<Piece>>,
    all: bool,
}

impl Replace {
    fn new(pattern: &[u8], rewrite: &[u8], all: bool) -> Result<Replace> {
        let regex = compile(pattern, str::to_owned)?;
        let rewrite = pieces(rewrite, regex.captures_len());
        Ok(Replace { regex: Arc::new(regex), rewrite, all })
    }
    fn run(&self, s: &[u8]) -> Bytes {
        let Some(rewrite) = &self.rewrite else { return s.into() };
        let (text, utf8) = as_text(s);
        // Text that was read byte by byte goes back the same way.
        let bytes = |part: &str, out: &mut Vec<u8>| if utf8 { out.extend(part.as_bytes()) } else { out.extend(part.chars().map(|c| c as u8)) };
        let (mut out, mut from) = (Vec::with_capacity(s.len()), 0);
        for c in self.regex.captures_iter(&text).take(if self.all { usize::MAX } else { 1 }) {
            let Some(whole) = c.get(0) else { continue };
            bytes(&text[from..whole.start()], &mut out);
            from = whole.end();
            for p in rewrite {
                match p {
                    Piece::Text(t) => out.extend(t),
                    Piece::Group(g) => bytes(c.get(*g).map_or("", |m| m.as_str()), &mut out),
                }
            }
        }
        bytes(&text[from..], &mut out);
        out.into()
    }
}

fn pieces(rewrite: &[u8], groups: usize) -> Option<Vec<Piece>> {
    let (mut out, mut text) = (Vec::new(), Vec::new());
    let mut bytes = rewrite.iter().copied();
    while let Some(c) = bytes.next() {
        if c != b'\\' {
            text.push(c);
            continue;
        }
        match bytes.next()? {
            b'\\' => text.push(b'\\'),
            d if d.is_ascii_digit() => {
                let g = usize::from(d - b'0');
                if g >= groups {
                    return None;
                }
                out.push(Piece::Text(std::mem::take(&mut text)));
                out.push(Piece::Group(g));
            }
            _ => return None,
        }
    }
    out.push(Piece::Text(text));
    Some(out)
}

fn sample(d: &mut Draw) -> Case {
    let dims = d.dims(0, 2);
    Case::new().input(d.tensor_of(DType::Str, &dims, 0.0, 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replacing_follows_tensorflow() {
        let run = |p: &str, r: &str, all, s: &[u8]| Replace::new(p.as_bytes(), r.as_bytes(), all).unwrap().run(s).to_vec();
        assert_eq!(run("([a-z])(\\d+)", "\\2\\1-", true, b"a1b22"), b"1a-22b-");
        assert_eq!(run("x*", "-", true, b"abc"), b"-a-b-c-");
        assert_eq!(run("b", "X", false, b"abcb"), b"aXcb");
        assert_eq!(run("b", "\\3", true, b"abc"), b"abc");
        assert_eq!(run("b", "\\0\\0", true, b"\xffb"), b"\xffbb");
        assert_eq!(&*Replace::new(b"b", b"\xfe", true).unwrap().run(b"ab\xffc"), b"a\xfe\xffc");
        assert_eq!(&*Replace::new(b"b", b"\xfe", true).unwrap().run("äb".as_bytes()), b"\xc3\xa4\xfe");
        assert!(Replace::new(b"(", b"", true).err().unwrap().message().starts_with("Invalid pattern: (, error: "));
        assert!(whole(b"b").unwrap().is_match("b") && !whole(b"b").unwrap().is_match("abcb"));
    }
}
