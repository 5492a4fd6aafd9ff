//! TensorScatterUpdate, Add, Sub, Min and Max: a tensor with slices replaced or combined.

use super::scatter_nd::{check_scatter, index_rows};
use crate::error::Result;
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::infer::{ShapeCtx, same_as_input};
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};
use graphpb_kernels::DType;
use graphpb_kernels::indexing::scatter::{Combine, scatter_nd};

const INPUTS: &[Arg] = &[arg("tensor", "T"), arg("indices", "Tindices"), arg("updates", "T")];
const OUTPUTS: &[Arg] = &[arg("output", "T")];
const ATTRS: &[AttrSpec] = &[type_in("T", NUMBERS), type_in("Tindices", INDEX), string("bad_indices_policy").default_str("")];
/// Extremes need an order.
const ORDERED: &[AttrSpec] = &[type_in("T", REALS), type_in("Tindices", INDEX), string("bad_indices_policy").default_str("")];

pub static TENSOR_SCATTER_UPDATE: OpDef = OpDef {
    name: "TensorScatterUpdate",
    doc: "`tensor` with `updates` written at the slices that the rows of `indices` name; a later duplicate wins.",
    inputs: INPUTS,
    outputs: OUTPUTS,
    attrs: &[type_any("T"), type_in("Tindices", &[DType::I16, DType::I32, DType::I64, DType::U16]), string("bad_indices_policy").default_str("")],
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(|c| run(c, Combine::Set)),
    grad: Grad::Rule(|c| {
        let (g, ix, updates) = (c.grad(0)?, c.input(1), c.input(2));
        let blank = c.zeros_like(updates)?;
        let kept = c.call("TensorScatterUpdate", &[g, ix, blank])?;
        let taken = gather(c, g)?;
        c.set(0, kept);
        c.set(2, taken);
        Ok(())
    }),
    // Duplicates have no derivative in TensorFlow's sense: the samples have none.
    sample: Some(|d| {
        let dims = d.full_dims(1, 3);
        let rows: Vec<i32> = (0..dims[0] as i32).filter(|_| d.flag()).collect();
        let mut up = vec![rows.len()];
        up.extend(&dims[1..]);
        let ix = graphpb_kernels::Tensor::from_slice(&rows, &[rows.len(), 1]);
        Case::new().input(d.tensor(&dims)).input(ix).input(d.tensor(&up))
    }),
    ..OpDef::BASE
};

pub static TENSOR_SCATTER_ADD: OpDef = OpDef {
    name: "TensorScatterAdd",
    doc: "`tensor` with `updates` added at the slices that the rows of `indices` name.",
    inputs: INPUTS,
    outputs: OUTPUTS,
    attrs: ATTRS,
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(|c| run(c, Combine::Add)),
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        let taken = gather(c, g)?;
        c.set(0, g);
        c.set(2, taken);
        Ok(())
    }),
    sample: Some(sample),
    ..OpDef::BASE
};

pub static TENSOR_SCATTER_SUB: OpDef = OpDef {
    name: "TensorScatterSub",
    doc: "`tensor` with `updates` subtracted at the slices that the rows of `indices` name.",
    inputs: INPUTS,
    outputs: OUTPUTS,
    attrs: ATTRS,
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(|c| run(c, Combine::Sub)),
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        let taken = gather(c, g)?;
        let taken = c.neg(taken)?;
        c.set(0, g);
        c.set(2, taken);
        Ok(())
    }),
    sample: Some(sample),
    ..OpDef::BASE
};

pub static TENSOR_SCATTER_MIN: OpDef = OpDef {
    name: "TensorScatterMin",
    doc: "`tensor` with the minimum of itself and `updates` at the slices that the rows of `indices` name.",
    inputs: INPUTS,
    outputs: OUTPUTS,
    attrs: ORDERED,
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(|c| run(c, Combine::Min)),
    grad: Grad::Rule(extreme_back),
    sample: Some(sample),
    ..OpDef::BASE
};

pub static TENSOR_SCATTER_MAX: OpDef = OpDef {
    name: "TensorScatterMax",
    doc: "`tensor` with the maximum of itself and `updates` at the slices that the rows of `indices` name.",
    inputs: INPUTS,
    outputs: OUTPUTS,
    attrs: ORDERED,
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(|c| run(c, Combine::Max)),
    grad: Grad::Rule(extreme_back),
    sample: Some(sample),
    ..OpDef::BASE
};

fn shape(c: &mut ShapeCtx) -> Result<()> {
    check_scatter(c.input(1), c.input(2), c.input(0))?;
    same_as_input(c)
}

fn run(c: &mut KernelCtx, how: Combine) -> Result<()> {
    let x = c.take(0);
    let y = scatter_nd(x, c.input(1), c.input(2), how)?;
    c.set(0, y);
    Ok(())
}

fn gather(c: &mut GradCtx, x: crate::Out) -> Result<crate::Out> {
    let ix = c.input(1);
    c.call("GatherNd", &[x, ix])
}

/// Everything that equals the result shares the gradient.
fn extreme_back(c: &mut GradCtx) -> Result<()> {
    let (g, x, ix, updates, y) = (c.grad(0)?, c.input(0), c.input(1), c.input(2), c.output(0));
    let kind = c.dtype(x);
    let mine = c.call("Equal", &[x, y])?;
    let mine = c.cast(mine, kind)?;
    let there = gather(c, y)?;
    let theirs = c.call("Equal", &[updates, there])?;
    let theirs = c.cast(theirs, kind)?;
    let shape = c.op("Shape", &[x], Attrs::new().with("out_type", c.dtype(ix)))?;
    let spread = c.call("ScatterNd", &[ix, theirs, shape])?;
    let all = c.add(mine, spread)?;
    let share = c.div(g, all)?;
    let gx = c.mul(share, mine)?;
    let taken = gather(c, share)?;
    let gu = c.mul(taken, theirs)?;
    c.set(0, gx);
    c.set(2, gu);
    Ok(())
}

fn sample(d: &mut Draw) -> Case {
    let dims = d.full_dims(1, 3);
    let depth = 1 + d.below(dims.len());
    let lead = d.full_dims(1, 2);
    let ix = index_rows(d, &lead, &dims[..depth]);
    let mut up = lead;
    up.extend(&dims[depth..]);
    Case::new().input(d.tensor(&dims)).input(ix).input(d.tensor(&up))
}
