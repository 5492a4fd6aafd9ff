//! StringLower, StringUpper and StringStrip.

use super::map;
use crate::error::{Error, Result};
use crate::graph::infer::same_as_input;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};
use graphpb_kernels::{Bytes, DType};

pub static STRING_LOWER: OpDef = OpDef {
    name: "StringLower",
    doc: "Letters in lower case: ASCII only, or all with the encoding `utf-8`.",
    inputs: &[arg_of("input", DType::Str)],
    outputs: &[arg_of("output", DType::Str)],
    attrs: &[string("encoding").default_str("")],
    traits: Traits::PURE,
    shape: same_as_input,
    kernel: Kernel::Plain(|c| run(c, |s| s.to_ascii_lowercase(), |s| s.to_lowercase())),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(sample),
    ..OpDef::BASE
};

pub static STRING_UPPER: OpDef = OpDef {
    name: "StringUpper",
    doc: "Letters in upper case: ASCII only, or all with the encoding `utf-8`.",
    inputs: &[arg_of("input", DType::Str)],
    outputs: &[arg_of("output", DType::Str)],
    attrs: &[string("encoding").default_str("")],
    traits: Traits::PURE,
    shape: same_as_input,
    kernel: Kernel::Plain(|c| run(c, |s| s.to_ascii_uppercase(), |s| s.to_uppercase())),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(sample),
    ..OpDef::BASE
};

pub static STRING_STRIP: OpDef = OpDef {
    name: "StringStrip",
    doc: "Without the white space at both ends.",
    inputs: &[arg_of("input", DType::Str)],
    outputs: &[arg_of("output", DType::Str)],
    traits: Traits::PURE,
    shape: same_as_input,
    kernel: Kernel::Plain(|c| {
        let y = map(c.input(0), |s| {
            let is_space = |b: &u8| matches!(b, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c);
            let start = s.iter().position(|b| !is_space(b)).unwrap_or(s.len());
            let end = s.iter().rposition(|b| !is_space(b)).map_or(start, |e| e + 1);
            Ok(s[start..end].into())
        })?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(sample),
    ..OpDef::BASE
};

fn run(c: &mut KernelCtx, ascii: fn(&[u8]) -> Vec<u8>, unicode: fn(&str) -> String) -> Result<()> {
    let utf8 = match c.attrs().str("encoding")? {
        "" => false,
        "utf-8" => true,
        e => return Err(Error::invalid(format!("only utf-8 or '' (no encoding) is supported, received encoding={e}"))),
    };
    let y = map(c.input(0), |s| {
        Ok(match std::str::from_utf8(s) {
            Ok(text) if utf8 => Bytes::from(unicode(text).into_bytes()),
            _ => Bytes::from(ascii(s)),
        })
    })?;
    c.set(0, y);
    Ok(())
}

fn sample(d: &mut Draw) -> Case {
    let dims = d.dims(0, 2);
    Case::new().input(d.tensor_of(DType::Str, &dims, 0.0, 0.0))
}
