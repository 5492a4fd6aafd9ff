//! ExpandDims and Squeeze: axes of size 1, added and removed.

use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::fact::{Shape, resolve_axis};
use crate::graph::infer::ShapeCtx;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::Tensor;

pub static EXPAND_DIMS: OpDef = OpDef {
    name: "ExpandDims",
    doc: "Inserts an axis of size 1 at position `dim`, which may count from the end.",
    inputs: &[arg("input", "T"), arg("dim", "Tdim")],
    outputs: &[arg("output", "T")],
    attrs: &[type_any("T"), type_index("Tdim")],
    traits: Traits::PURE,
    shape: |c| {
        let Some(rank) = c.input(0).rank() else { return Ok(()) };
        let Some(dim) = c.int(1) else {
            c.set(0, Shape::of_rank(rank + 1));
            return Ok(());
        };
        let at =
            resolve_axis(dim, rank + 1).ok_or_else(|| Error::value(format!("dim {dim} not in the interval [{}, {rank}].", -(rank as i64) - 1)))?;
        let mut dims = c.input(0).dims().unwrap_or(&[]).to_vec();
        dims.insert(at, 1);
        c.set(0, Shape::of(&dims));
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let (dim, rank) = (c.int(1)?, c.input(0).rank());
        let at = resolve_axis(dim, rank + 1)
            .ok_or_else(|| Error::invalid(format!("Tried to expand dim index {dim} for tensor with {rank} dimensions.")))?;
        let t = c.take(0);
        let mut dims = t.dims().to_vec();
        dims.insert(at, 1);
        c.set(0, t.reshaped(&dims));
        Ok(())
    }),
    grad: Grad::Rule(back),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        let axis = d.below(2 * dims.len() + 2) as i32 - dims.len() as i32 - 1;
        Case::new().input(d.tensor(&dims)).constant(Tensor::scalar(axis))
    }),
    ..OpDef::BASE
};

pub static SQUEEZE: OpDef = OpDef {
    name: "Squeeze",
    doc: "Removes axes of size 1: those in `squeeze_dims`, or all when it is empty.",
    inputs: &[arg("input", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[type_any("T"), attr("squeeze_dims", AttrKind::ListInt).at_least(0).default_empty()],
    traits: Traits::PURE,
    shape: squeeze_shape,
    kernel: Kernel::Plain(|c| {
        let axes = axes(c.attrs().ints("squeeze_dims")?, c.input(0).rank()).map_err(|e| Error::invalid(e.message()))?;
        let t = c.take(0);
        let all = axes.is_empty();
        let mut dims = Vec::with_capacity(t.rank());
        for (i, &n) in t.dims().iter().enumerate() {
            if axes.contains(&i) && n != 1 {
                return Err(Error::invalid(format!("Can not squeeze dim[{i}], expected a dimension of 1, got {n}")));
            }
            if !(axes.contains(&i) || all && n == 1) {
                dims.push(n);
            }
        }
        c.set(0, t.reshaped(&dims));
        Ok(())
    }),
    grad: Grad::Rule(back),
    sample: Some(|d| {
        let mut dims = d.dims(0, 3);
        let at = d.below(dims.len() + 1);
        dims.insert(at, 1);
        let given = if d.flag() { vec![at as i64 - if d.flag() { dims.len() as i64 } else { 0 }] } else { vec![] };
        Case::new().input(d.tensor(&dims)).attr("squeeze_dims", crate::graph::attr::Attr::List(crate::graph::attr::AttrList::Int(given)))
    }),
    ..OpDef::BASE
};

fn back(c: &mut GradCtx) -> Result<()> {
    let (g, x) = (c.grad(0)?, c.input(0));
    let r = c.reshape_like(g, x)?;
    c.set(0, r);
    Ok(())
}

fn axes(given: &[i64], rank: usize) -> Result<Vec<usize>> {
    given
        .iter()
        .map(|&a| resolve_axis(a, rank).ok_or_else(|| Error::value(format!("Tried to squeeze dim index {a} for tensor with {rank} dimensions."))))
        .collect()
}

fn squeeze_shape(c: &mut ShapeCtx) -> Result<()> {
    let given = c.attrs().ints("squeeze_dims")?;
    let Some(dims) = c.input(0).dims() else { return Ok(()) };
    if given.is_empty() {
        // Any unknown size might be 1.
        if dims.iter().all(|&d| d >= 0) {
            c.set(0, Shape::of(&dims.iter().copied().filter(|&d| d != 1).collect::<Vec<_>>()));
        }
        return Ok(());
    }
    let axes = axes(given, dims.len())?;
    let mut out = Vec::new();
    for (i, &n) in dims.iter().enumerate() {
        if !axes.contains(&i) {
            out.push(n);
        } else if n >= 0 && n != 1 {
            return Err(Error::value(format!("Can not squeeze dim[{i}], expected a dimension of 1, got {n}")));
        }
    }
    c.set(0, Shape::of(&out));
    Ok(())
}
