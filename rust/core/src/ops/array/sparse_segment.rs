//! SparseSegmentSum, Mean, SqrtN: picked rows reduced by ascending segment ids; their gradients.

use super::segment::ascending;
use super::sizes;
use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::fact::Shape;
use crate::graph::infer::ShapeCtx;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};
use graphpb_kernels::indexing::segment::{Reduce, sparse, sparse_grad};
use graphpb_kernels::{DType, Tensor};

const INPUTS: &[Arg] = &[arg("data", "T"), arg("indices", "Tidx"), arg("segment_ids", "Tsegmentids")];
const COUNTED: &[Arg] = &[arg("data", "T"), arg("indices", "Tidx"), arg("segment_ids", "Tsegmentids"), arg("num_segments", "Tnumsegments")];
const GRAD: &[Arg] = &[arg("grad", "T"), arg("indices", "Tidx"), arg("segment_ids", "Tsegmentids"), arg_of("output_dim0", DType::I32)];
const OUTPUTS: &[Arg] = &[arg("output", "T")];

const fn plain_attrs(types: &'static [DType]) -> [AttrSpec; 4] {
    [type_in("T", types), type_index("Tidx"), type_index("Tsegmentids"), flag("sparse_gradient", false)]
}
const fn counted_attrs(types: &'static [DType]) -> [AttrSpec; 5] {
    [type_in("T", types), type_index("Tidx"), type_index("Tnumsegments"), type_index("Tsegmentids"), flag("sparse_gradient", false)]
}
const GRAD_ATTRS: &[AttrSpec] = &[type_in("T", FLOATS), type_index("Tidx"), type_index("Tsegmentids")];

pub static SPARSE_SEGMENT_SUM: OpDef = OpDef {
    name: "SparseSegmentSum",
    doc: "Row s of the result is the sum of the rows `indices[i]` of `data` with `segment_ids[i]` = s.",
    inputs: INPUTS,
    outputs: OUTPUTS,
    attrs: &plain_attrs(REALS),
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(|c| run(c, Reduce::Sum)),
    grad: Grad::Rule(|c| back(c, "SparseSegmentSumGrad")),
    sample: Some(|d| sample(d, false)),
    ..OpDef::BASE
};

pub static SPARSE_SEGMENT_MEAN: OpDef = OpDef {
    name: "SparseSegmentMean",
    doc: "As SparseSegmentSum, divided by the number of rows.",
    inputs: INPUTS,
    outputs: OUTPUTS,
    attrs: &plain_attrs(FLOATS),
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(|c| run(c, Reduce::Mean)),
    grad: Grad::Rule(|c| back(c, "SparseSegmentMeanGrad")),
    sample: Some(|d| sample(d, false)),
    ..OpDef::BASE
};

pub static SPARSE_SEGMENT_SQRT_N: OpDef = OpDef {
    name: "SparseSegmentSqrtN",
    doc: "As SparseSegmentSum, divided by the square root of the number of rows.",
    inputs: INPUTS,
    outputs: OUTPUTS,
    attrs: &plain_attrs(FLOATS),
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(|c| run(c, Reduce::SqrtN)),
    grad: Grad::Rule(|c| back(c, "SparseSegmentSqrtNGrad")),
    sample: Some(|d| sample(d, false)),
    ..OpDef::BASE
};

pub static SPARSE_SEGMENT_SUM_WITH_NUM_SEGMENTS: OpDef = OpDef {
    name: "SparseSegmentSumWithNumSegments",
    doc: "SparseSegmentSum with `num_segments` rows; those without an id are 0.",
    inputs: COUNTED,
    outputs: OUTPUTS,
    attrs: &counted_attrs(REALS),
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(|c| run(c, Reduce::Sum)),
    grad: Grad::Rule(|c| back(c, "SparseSegmentSumGrad")),
    sample: Some(|d| sample(d, true)),
    ..OpDef::BASE
};

pub static SPARSE_SEGMENT_MEAN_WITH_NUM_SEGMENTS: OpDef = OpDef {
    name: "SparseSegmentMeanWithNumSegments",
    doc: "SparseSegmentMean with `num_segments` rows; those without an id are 0.",
    inputs: COUNTED,
    outputs: OUTPUTS,
    attrs: &counted_attrs(FLOATS),
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(|c| run(c, Reduce::Mean)),
    grad: Grad::Rule(|c| back(c, "SparseSegmentMeanGrad")),
    sample: Some(|d| sample(d, true)),
    ..OpDef::BASE
};

pub static SPARSE_SEGMENT_SQRT_N_WITH_NUM_SEGMENTS: OpDef = OpDef {
    name: "SparseSegmentSqrtNWithNumSegments",
    doc: "SparseSegmentSqrtN with `num_segments` rows; those without an id are 0.",
    inputs: COUNTED,
    outputs: OUTPUTS,
    attrs: &counted_attrs(FLOATS),
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(|c| run(c, Reduce::SqrtN)),
    grad: Grad::Rule(|c| back(c, "SparseSegmentSqrtNGrad")),
    sample: Some(|d| sample(d, true)),
    ..OpDef::BASE
};

pub static SPARSE_SEGMENT_SUM_GRAD: OpDef = OpDef {
    name: "SparseSegmentSumGrad",
    doc: "The gradient of SparseSegmentSum with respect to its data, which has `output_dim0` rows.",
    inputs: GRAD,
    outputs: OUTPUTS,
    attrs: GRAD_ATTRS,
    traits: Traits::PURE,
    shape: grad_shape,
    kernel: Kernel::Plain(|c| run_grad(c, Reduce::Sum)),
    grad: Grad::Rule(|c| again(c, "SparseSegmentSumWithNumSegments")),
    sample: Some(grad_sample),
    ..OpDef::BASE
};

pub static SPARSE_SEGMENT_MEAN_GRAD: OpDef = OpDef {
    name: "SparseSegmentMeanGrad",
    doc: "The gradient of SparseSegmentMean with respect to its data, which has `output_dim0` rows.",
    inputs: GRAD,
    outputs: OUTPUTS,
    attrs: GRAD_ATTRS,
    traits: Traits::PURE,
    shape: grad_shape,
    kernel: Kernel::Plain(|c| run_grad(c, Reduce::Mean)),
    grad: Grad::Rule(|c| again(c, "SparseSegmentMeanWithNumSegments")),
    sample: Some(grad_sample),
    ..OpDef::BASE
};

pub static SPARSE_SEGMENT_SQRT_N_GRAD: OpDef = OpDef {
    name: "SparseSegmentSqrtNGrad",
    doc: "The gradient of SparseSegmentSqrtN with respect to its data, which has `output_dim0` rows.",
    inputs: GRAD,
    outputs: OUTPUTS,
    attrs: GRAD_ATTRS,
    traits: Traits::PURE,
    shape: grad_shape,
    kernel: Kernel::Plain(|c| run_grad(c, Reduce::SqrtN)),
    grad: Grad::Rule(|c| again(c, "SparseSegmentSqrtNWithNumSegments")),
    sample: Some(grad_sample),
    ..OpDef::BASE
};

fn shape(c: &mut ShapeCtx) -> Result<()> {
    let data = c.input(0).with_rank_at_least(1)?;
    c.input(1).with_rank(1)?.merge(&c.input(2).with_rank(1)?)?;
    let Some(rank) = data.rank() else { return Ok(()) };
    let n = if c.inputs() == 4 { c.int(3).unwrap_or(-1) } else { -1 };
    c.set(0, Shape::vector(n).concat(&data.sub(1..rank)));
    Ok(())
}

fn grad_shape(c: &mut ShapeCtx) -> Result<()> {
    let g = c.input(0).with_rank_at_least(1)?;
    c.input(1).with_rank(1)?.merge(&c.input(2).with_rank(1)?)?;
    let Some(rank) = g.rank() else { return Ok(()) };
    c.set(0, Shape::vector(c.int(3).unwrap_or(-1)).concat(&g.sub(1..rank)));
    Ok(())
}

fn run(c: &mut KernelCtx, how: Reduce) -> Result<()> {
    let n = if c.inputs() == 4 { Some(sizes(&[c.int(3)?])?[0]) } else { None };
    let y = sparse(c.input(0), c.input(1), c.input(2), n, how)?;
    c.set(0, y);
    Ok(())
}

fn run_grad(c: &mut KernelCtx, how: Reduce) -> Result<()> {
    if c.input(0).rank() < 1 {
        return Err(Error::invalid("grad must be at least a vector"));
    }
    let rows = sizes(&[c.int(3)?])?[0];
    let y = sparse_grad(c.input(0), c.input(1), c.input(2), rows, how)?;
    c.set(0, y);
    Ok(())
}

fn back(c: &mut GradCtx, op: &str) -> Result<()> {
    let (g, data, ix, ids) = (c.grad(0)?, c.input(0), c.input(1), c.input(2));
    let rows = c.shape_of(data).dim(0);
    let rows = if rows >= 0 {
        c.int_scalar(rows)?
    } else {
        let shape = c.call("Shape", &[data])?;
        let (b, e) = (c.int_vector(&[0])?, c.int_vector(&[1])?);
        c.op("StridedSlice", &[shape, b, e, e], Attrs::new().with("shrink_axis_mask", 1i64))?
    };
    let r = c.call(op, &[g, ix, ids, rows])?;
    c.set(0, r);
    Ok(())
}

/// The gradient op is linear; its transpose is the forward op with as many segments as the gradient had rows.
fn again(c: &mut GradCtx, op: &str) -> Result<()> {
    let (g, x, ix, ids) = (c.grad(0)?, c.input(0), c.input(1), c.input(2));
    let shape = c.shape_tensor(x)?;
    let (b, e) = (c.int_vector(&[0])?, c.int_vector(&[1])?);
    let n = c.op("StridedSlice", &[shape, b, e, e], Attrs::new().with("shrink_axis_mask", 1i64))?;
    let r = c.call(op, &[g, ix, ids, n])?;
    c.set(0, r);
    Ok(())
}

fn sample(d: &mut Draw, counted: bool) -> Case {
    let dims = d.full_dims(1, 3);
    let n = 1 + d.below(5);
    let ix = d.integers(DType::I32, &[n], 0, dims[0] as i64 - 1);
    let ids = ascending(d, n);
    let last = ids.slice::<i32>()[n - 1];
    let case = Case::new().input(d.tensor(&dims)).input(ix).input(ids);
    if counted { case.constant(Tensor::scalar(last + 1 + d.below(2) as i32)) } else { case }
}

fn grad_sample(d: &mut Draw) -> Case {
    let n = 1 + d.below(5);
    let ids = ascending(d, n);
    let mut dims = d.full_dims(1, 2);
    dims[0] = ids.slice::<i32>()[n - 1] as usize + 1;
    let ix = d.integers(DType::I32, &[n], 0, 3);
    Case::new().input(d.tensor(&dims)).input(ix).input(ids).constant(Tensor::scalar(4i32))
}
