//! Tile: a tensor repeated along its axes.

use super::sizes;
use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::fact::Shape;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::Tensor;
use graphpb_kernels::movement::transpose::tile;

pub static TILE: OpDef = OpDef {
    name: "Tile",
    doc: "Repeats `input` `multiples[k]` times along axis k.",
    inputs: &[arg("input", "T"), arg("multiples", "Tmultiples")],
    outputs: &[arg("output", "T")],
    attrs: &[type_any("T"), type_index("Tmultiples")],
    traits: Traits::PURE,
    shape: |c| {
        let m = c.shape_value(1);
        let n = c.input(1).with_rank(1)?.dim(0);
        let rank = c.input(0).rank().or_else(|| usize::try_from(n).ok()).or(m.rank());
        let Some(rank) = rank else { return Ok(()) };
        if n >= 0 && n != rank as i64 {
            return Err(Error::value(format!("Shape must be rank {n} but is rank {rank}")));
        }
        let dims: Vec<i64> = (0..rank)
            .map(|k| match (c.input(0).dim(k), m.dim(k)) {
                (0, _) | (_, 0) => 0,
                (a, b) if a > 0 && b > 0 => a.checked_mul(b).unwrap_or(-1),
                _ => -1,
            })
            .collect();
        c.set(0, Shape::of(&dims));
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let m = c.ints(1)?;
        let x = c.take(0);
        if m.len() != x.rank() {
            return Err(Error::invalid(format!("Expected multiples argument to be a vector of length {} but got length {}", x.rank(), m.len())));
        }
        if let Some(i) = m.iter().position(|&v| v < 0) {
            return Err(Error::invalid(format!("Expected multiples[{i}] >= 0, but got {}", m[i])));
        }
        let y = tile(&x, &sizes(&m)?)?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Rule(back),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        let m: Vec<i32> = dims.iter().map(|_| if d.below(8) == 0 { 0 } else { 1 + d.below(3) as i32 }).collect();
        Case::new().input(d.tensor(&dims)).constant(Tensor::vector(&m))
    }),
    ..OpDef::BASE
};

/// Split every axis into (repeats, size) and sum over the repeats.
fn back(c: &mut GradCtx) -> Result<()> {
    let (g, x, m) = (c.grad(0)?, c.input(0), c.input(1));
    if let (Some(m), Some(dims)) = (c.value(m).and_then(|m| m.to_i64s()), c.shape_of(x).to_known()) {
        let (mut split, mut axes) = (Vec::new(), Vec::new());
        for (&m, &n) in m.iter().zip(&dims) {
            if m != 1 {
                axes.push(split.len() as i64);
                split.push(m);
            }
            split.push(n as i64);
        }
        if axes.is_empty() {
            c.set(0, g);
            return Ok(());
        }
        let split = c.int_vector(&split)?;
        let r = c.reshape(g, split)?;
        let axes = c.int_vector(&axes)?;
        let r = c.sum(r, axes, false)?;
        c.set(0, r);
        return Ok(());
    }
    let index = c.dtype(m);
    let shape = c.op("Shape", &[x], Attrs::new().with("out_type", index))?;
    let pairs = c.op_node("Pack", "stack", &[m, shape], Attrs::new().with("axis", 1i64))?.out(0);
    let flat = c.int_vector(&[-1])?;
    let split = c.reshape(pairs, flat)?;
    let n = c.call("Size", &[split])?;
    let (zero, two) = (c.int_scalar(0)?, c.int_scalar(2)?);
    let axes = c.op_node("Range", "range", &[zero, n, two], Attrs::new())?.out(0);
    let r = c.reshape(g, split)?;
    let r = c.sum(r, axes, false)?;
    c.set(0, r);
    Ok(())
}
