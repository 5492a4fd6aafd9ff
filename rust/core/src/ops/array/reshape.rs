//! Reshape: the same elements with other sizes.

use crate::error::{Error, Result};
use crate::graph::fact::Shape;
use crate::graph::infer::ShapeCtx;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::shape_text;

pub static RESHAPE: OpDef = OpDef {
    name: "Reshape",
    doc: "The elements of `tensor` in row-major order, with the sizes `shape`; one size may be -1 and is inferred.",
    inputs: &[arg("tensor", "T"), arg("shape", "Tshape")],
    outputs: &[arg("output", "T")],
    attrs: &[type_any("T"), type_index("Tshape")],
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(|c| {
        let want = c.ints(1)?;
        if c.input(1).rank() != 1 {
            return Err(Error::invalid(format!("sizes input must be 1-D, not {}", shape_text(c.input(1).dims()))));
        }
        let dims = sizes(c.input(0).dims(), &want)?;
        let t = c.take(0);
        c.set(0, t.reshaped(&dims));
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let (g, x) = (c.grad(0)?, c.input(0));
        let r = c.reshape_like(g, x)?;
        c.set(0, r);
        Ok(())
    }),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        let n: usize = dims.iter().product();
        let mut to: Vec<i32> = match d.below(3) {
            0 => vec![n as i32],
            1 if n.is_multiple_of(2) => vec![2, 1, n as i32 / 2],
            _ => dims.iter().rev().map(|&v| v as i32).collect(),
        };
        if n > 0 && !to.is_empty() && d.flag() {
            let i = d.below(to.len());
            to[i] = -1;
        }
        Case::new().input(d.tensor(&dims)).constant(graphpb_kernels::Tensor::vector(&to))
    }),
    ..OpDef::BASE
};

/// The sizes that `want` (with at most one −1) asks of a tensor with sizes `dims`.
fn sizes(dims: &[usize], want: &[i64]) -> Result<Vec<usize>> {
    let n: usize = if dims.contains(&0) { 0 } else { dims.iter().product() };
    let mut unknown = None;
    let mut product = 1usize;
    let mut zero = false;
    let mut out = Vec::with_capacity(want.len());
    for (i, &w) in want.iter().enumerate() {
        match w {
            -1 => {
                if let Some(first) = unknown.replace(i) {
                    return Err(Error::invalid(format!("Only one input size may be -1, not both {first} and {i}")));
                }
                out.push(1);
            }
            w if w < 0 => return Err(Error::invalid(format!("Size {i} must be non-negative, not {w}"))),
            0 => {
                zero = true;
                out.push(0);
            }
            w => {
                out.push(w as usize);
                product = product.checked_mul(w as usize).ok_or_else(|| Error::invalid("The requested shape has too many elements"))?;
            }
        }
    }
    if let Some(i) = unknown {
        // An empty tensor leaves its zero axes out of the count, when the new shape has one too.
        let skips = zero && dims.contains(&0);
        let have: usize = if skips { dims.iter().filter(|&&d| d > 0).product() } else { n };
        if !skips && !have.is_multiple_of(product) {
            return Err(Error::invalid(format!(
                "Input to reshape is a tensor with {have} values, but the requested shape requires a multiple of {product}"
            )));
        }
        out[i] = have / product;
    }
    let got = if out.contains(&0) { 0 } else { out.iter().product::<usize>() };
    if got != n {
        return Err(Error::invalid(format!("Input to reshape is a tensor with {n} values, but the requested shape has {got}")));
    }
    Ok(out)
}

fn shape(c: &mut ShapeCtx) -> Result<()> {
    let input = c.input(0).clone();
    if c.input(1).rank().is_some_and(|r| r != 1) {
        return Err(Error::value(format!("Shape must be rank 1 but is rank {}", c.input(1).rank().unwrap_or(0))));
    }
    let mut out = c.shape_value(1);
    if let (Some(have), Some(dims)) = (input.elements(), out.dims()) {
        if let Some(n) = out.elements() {
            if n != have {
                return Err(Error::value(format!("Cannot reshape a tensor with {have} elements to shape {out} ({n} elements)")));
            }
        } else if dims.iter().filter(|&&d| d < 0).count() == 1 {
            let at = dims.iter().position(|&d| d < 0).unwrap_or(0);
            let known = dims.iter().filter(|&&d| d > 0).try_fold(1i64, |a, &d| a.checked_mul(d)).unwrap_or(i64::MAX);
            if !dims.contains(&0) {
                if have % known != 0 {
                    return Err(Error::value(format!("Dimension size must be evenly divisible by {known} but is {have}")));
                }
                out = out.with_dim(at, have / known);
            }
        }
    } else if let (Some(from), Some(to)) = (input.dims(), out.dims()) {
        // One unknown size on each side: they are equal when the known parts are, which leaves it unknown; but known
        // sizes of the input that do not fit are an error only where the result is fully known.
        if out.is_fully_known() && from.iter().filter(|&&d| d < 0).count() == 1 {
            let known: i64 = from.iter().filter(|&&d| d >= 0).product();
            let n = out.elements().unwrap_or(0);
            if known > 0 && n % known != 0 || known == 0 && n != 0 {
                return Err(Error::value(format!("Cannot reshape a tensor with {known} elements to shape {} ({n} elements)", Shape::of(to))));
            }
        }
    }
    c.set(0, out);
    Ok(())
}
