//! StringLength and Substr: strings measured and cut.

use super::{counts_chars, starts_char};
use crate::error::{Error, Result};
use crate::graph::infer::{ShapeCtx, same_as_input};
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::movement::transpose::broadcast_to;
use graphpb_kernels::{Bytes, DType, Tensor, shape_text};

const UNIT: AttrSpec = string("unit").one_of(&["BYTE", "UTF8_CHAR"]).default_str("BYTE");

pub static STRING_LENGTH: OpDef = OpDef {
    name: "StringLength",
    doc: "The number of bytes, or of code points, of each string.",
    inputs: &[arg_of("input", DType::Str)],
    outputs: &[arg_of("output", DType::I32)],
    attrs: &[UNIT],
    traits: Traits::PURE,
    shape: same_as_input,
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let chars = counts_chars(c.attrs())?;
        let x = c.input(0);
        let count = |s: &Bytes| if chars { s.iter().filter(|&&b| starts_char(b)).count() } else { s.len() };
        let v: Vec<i32> = x.as_strings().iter().map(|s| count(s) as i32).collect();
        let y = Tensor::from_slice(&v, x.dims());
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| {
        let dims = d.dims(0, 2);
        Case::new().input(d.tensor_of(DType::Str, &dims, 0.0, 0.0)).attr("unit", d.one_of(&["BYTE", "UTF8_CHAR"]))
    }),
    ..OpDef::BASE
};

pub static SUBSTR: OpDef = OpDef {
    name: "Substr",
    doc: "`len` bytes (or code points) of each string from `pos` on; a negative `pos` counts from the end. Shapes broadcast.",
    inputs: &[arg_of("input", DType::Str), arg("pos", "T"), arg("len", "T")],
    outputs: &[arg_of("output", DType::Str)],
    attrs: &[type_in("T", INDEX), UNIT],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| {
        let at = c
            .input(1)
            .merge(c.input(2))
            .map_err(|_| Error::value(format!("pos and len must have the same shape. Got: pos {} and len {}", c.input(1), c.input(2))))?;
        let s = c.input(0).broadcast(&at)?;
        c.set(0, s);
        Ok(())
    },
    kernel: Kernel::Plain(substr),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| {
        let dims = d.dims(0, 2);
        let at = if d.flag() { dims.clone() } else { vec![] };
        let (pos, len) = (d.integers(d.dtype, &at, -2, 2), d.integers(d.dtype, &at, 0, 4));
        Case::new().input(d.tensor_of(DType::Str, &dims, 0.0, 0.0)).input(pos).input(len).attr("unit", d.one_of(&["BYTE", "UTF8_CHAR"]))
    }),
    ..OpDef::BASE
};

fn substr(c: &mut KernelCtx) -> Result<()> {
    let chars = counts_chars(c.attrs())?;
    let (x, pos, len) = (c.input(0), c.input(1), c.input(2));
    if pos.dims() != len.dims() {
        return Err(Error::invalid(format!(
            "pos and len should have the same shape, got: {} vs. {}",
            shape_text(pos.dims()),
            shape_text(len.dims())
        )));
    }
    let dims = broadcast_dims(x.dims(), pos.dims())?;
    let (xs, ps, ls) = (broadcast_to(x, &dims)?, broadcast_to(pos, &dims)?, broadcast_to(len, &dims)?);
    let (ps, ls) = (ps.to_i64s().unwrap_or_default(), ls.to_i64s().unwrap_or_default());
    let mut out = Vec::with_capacity(xs.len());
    for (i, s) in xs.as_strings().iter().enumerate() {
        let starts: Vec<usize> = if chars { (0..s.len()).filter(|&k| starts_char(s[k])).collect() } else { Vec::new() };
        let n = if chars { starts.len() } else { s.len() } as i64;
        let p = if ps[i] < 0 { ps[i] + n } else { ps[i] };
        if p < 0 || p > n {
            return Err(Error::invalid(if chars {
                format!("pos {} out of range for string at index {i}", ps[i])
            } else {
                format!("pos {} out of range for string b'{}' at index {i}", ps[i], String::from_utf8_lossy(s))
            }));
        }
        let end = p.saturating_add(ls[i].max(0)).min(n);
        let byte = |k: i64| if chars { starts.get(k as usize).copied().unwrap_or(s.len()) } else { k as usize };
        out.push(Bytes::from(&s[byte(p)..byte(end)]));
    }
    c.set(0, Tensor::strings(out, &dims));
    Ok(())
}

fn broadcast_dims(a: &[usize], b: &[usize]) -> Result<Vec<usize>> {
    use crate::graph::fact::Shape;
    let full = Shape::known(a).broadcast(&Shape::known(b));
    full.ok().and_then(|s| s.to_known()).ok_or_else(|| Error::invalid(format!("Incompatible shapes: {} vs. {}", shape_text(a), shape_text(b))))
}
