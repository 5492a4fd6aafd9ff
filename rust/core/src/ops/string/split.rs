//! StringSplit and StringSplitV2: strings cut into pieces, as a sparse matrix.

use crate::error::{Error, Result};
use crate::graph::fact::Shape;
use crate::graph::infer::ShapeCtx;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::{Bytes, DType, Tensor, shape_text};

const OUTPUTS: &[Arg] = &[arg_of("indices", DType::I64), arg_of("values", DType::Str), arg_of("shape", DType::I64)];

pub static STRING_SPLIT: OpDef = OpDef {
    name: "StringSplit",
    doc: "Each string cut at every byte of `delimiter` (none: into bytes); `skip_empty` drops empty pieces. Row i holds the pieces of string i.",
    inputs: &[arg_of("input", DType::Str), arg_of("delimiter", DType::Str)],
    outputs: OUTPUTS,
    attrs: &[flag("skip_empty", true)],
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(|c| {
        let skip = c.attrs().bool("skip_empty")?;
        let at = delimiter(c)?;
        pieces(c, |s| {
            let parts: Vec<&[u8]> = if at.is_empty() { s.chunks(1).collect() } else { s.split(|b| at.contains(b)).collect() };
            // A string without any byte has no pieces at all.
            if s.is_empty() { Vec::new() } else { parts.into_iter().filter(|p| !(skip && p.is_empty())).collect() }
        })
    }),
    grad: Grad::NotDifferentiable("strings have no gradient"),
    sample: Some(|d| {
        let n = d.below(4);
        let sep = Tensor::string_scalar(d.one_of(&[&b""[..], b"1", b"s2"]));
        let skip = d.flag();
        Case::new().input(d.tensor_of(DType::Str, &[n], 0.0, 0.0)).constant(sep).attr("skip_empty", skip)
    }),
    ..OpDef::BASE
};

pub static STRING_SPLIT_V2: OpDef = OpDef {
    name: "StringSplitV2",
    doc: "Each string cut at `sep` (empty: at runs of white space), at most `maxsplit` times unless that is negative.",
    inputs: &[arg_of("input", DType::Str), arg_of("sep", DType::Str)],
    outputs: OUTPUTS,
    attrs: &[int("maxsplit").default_int(-1)],
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(|c| {
        let most = c.attrs().int("maxsplit")?;
        let sep = delimiter(c)?;
        pieces(c, |s| match (most, sep.is_empty()) {
            (0, _) => vec![s],
            (_, true) => words(s, most),
            (_, false) => cut(s, &sep, most),
        })
    }),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| {
        let n = d.below(4);
        let sep = Tensor::string_scalar(d.one_of(&[&b""[..], b"1", b"s2"]));
        let most = d.below(3) as i64 - 1;
        Case::new().input(d.tensor_of(DType::Str, &[n], 0.0, 0.0)).constant(sep).attr("maxsplit", most)
    }),
    ..OpDef::BASE
};

fn shape(c: &mut ShapeCtx) -> Result<()> {
    c.input(0).with_rank(1)?;
    c.input(1).with_rank(0)?;
    c.set(0, Shape::of(&[-1, 2]));
    c.set(1, Shape::of_rank(1));
    c.set(2, Shape::vector(2));
    Ok(())
}

fn delimiter(c: &KernelCtx) -> Result<Bytes> {
    match (c.input(1).rank(), c.input(1).as_strings()) {
        (0, [d]) => Ok(d.clone()),
        _ => Err(Error::invalid(format!("delimiter must be a scalar, got shape: {}", shape_text(c.input(1).dims())))),
    }
}

/// Like Python's `str.split` without a separator.
fn words(s: &[u8], most: i64) -> Vec<&[u8]> {
    let is_space = |b: &u8| matches!(b, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c);
    let mut out = Vec::new();
    let mut rest = s;
    loop {
        let start = rest.iter().position(|b| !is_space(b)).unwrap_or(rest.len());
        rest = &rest[start..];
        if rest.is_empty() {
            return out;
        }
        if most >= 0 && out.len() as i64 == most {
            out.push(rest);
            return out;
        }
        let end = rest.iter().position(is_space).unwrap_or(rest.len());
        out.push(&rest[..end]);
        rest = &rest[end..];
    }
}

/// Like Python's `str.split` with a separator.
fn cut<'a>(s: &'a [u8], sep: &[u8], most: i64) -> Vec<&'a [u8]> {
    let mut out = Vec::new();
    let mut rest = s;
    while most < 0 || (out.len() as i64) < most {
        match rest.windows(sep.len()).position(|w| w == sep) {
            Some(at) => {
                out.push(&rest[..at]);
                rest = &rest[at + sep.len()..];
            }
            None => break,
        }
    }
    out.push(rest);
    out
}

fn pieces(c: &mut KernelCtx, split: impl Fn(&[u8]) -> Vec<&[u8]>) -> Result<()> {
    let x = c.input(0);
    if x.rank() != 1 {
        return Err(Error::invalid(format!("input must be a vector, got shape: {}", shape_text(x.dims()))));
    }
    let (mut at, mut values, mut widest) = (Vec::new(), Vec::new(), 0);
    for (i, s) in x.as_strings().iter().enumerate() {
        let parts = split(s);
        widest = widest.max(parts.len());
        for (j, p) in parts.iter().enumerate() {
            at.extend([i as i64, j as i64]);
            values.push(Bytes::from(*p));
        }
    }
    let n = values.len();
    let rows = x.len() as i64;
    c.set(0, Tensor::from_slice(&at, &[n, 2]));
    c.set(1, Tensor::strings(values, &[n]));
    c.set(2, Tensor::vector(&[rows, widest as i64]));
    Ok(())
}
