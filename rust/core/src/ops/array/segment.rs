//! SegmentSum, Mean, Prod, Max and Min: rows reduced by ascending segment ids.

use super::unsorted_segment::NUMBER_TYPES;
use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::fact::Shape;
use crate::graph::infer::ShapeCtx;
use crate::graph::node::Out;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};
use graphpb_kernels::indexing::segment::{Reduce, sorted};
use graphpb_kernels::{DType, Tensor};

const INPUTS: &[Arg] = &[arg("data", "T"), arg("segment_ids", "Tindices")];
const OUTPUTS: &[Arg] = &[arg("output", "T")];
const ATTRS: &[AttrSpec] = &[type_in("T", NUMBER_TYPES), type_in("Tindices", INDEX)];
const REAL_ATTRS: &[AttrSpec] = &[type_in("T", REALS), type_in("Tindices", INDEX)];

pub static SEGMENT_SUM: OpDef = OpDef {
    name: "SegmentSum",
    doc: "Row s of the result is the sum of the rows of `data` whose id is s; ids ascend.",
    inputs: INPUTS,
    outputs: OUTPUTS,
    attrs: ATTRS,
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(|c| run(c, Reduce::Sum)),
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        let r = gather(c, g)?;
        c.set(0, r);
        Ok(())
    }),
    sample: Some(sample),
    ..OpDef::BASE
};

pub static SEGMENT_MEAN: OpDef = OpDef {
    name: "SegmentMean",
    doc: "As SegmentSum, divided by the number of rows.",
    inputs: INPUTS,
    outputs: OUTPUTS,
    attrs: ATTRS,
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(|c| run(c, Reduce::Mean)),
    grad: Grad::Rule(|c| {
        let (g, ids) = (c.grad(0)?, c.input(1));
        // The number of rows of each segment, taken for each row: [rows, 1, …].
        let kind = c.dtype(g);
        let one = c.number(kind, 1.0)?;
        let shape = c.call("Shape", &[ids])?;
        let rank = c.shape_of(c.input(0)).rank();
        let column = match rank {
            Some(r) if r > 1 => {
                let axis = c.int_scalar(0)?;
                let ones = c.int_vector(&vec![1; r - 1])?;
                c.op_node("ConcatV2", "concat", &[shape, ones, axis], Attrs::new())?.out(0)
            }
            Some(_) => shape,
            None => return Err(Error::value("The gradient of SegmentMean needs the rank of data")),
        };
        let ones = c.call("Fill", &[column, one])?;
        let counts = c.call("SegmentSum", &[ones, ids])?;
        // An empty segment passes nothing on.
        let scaled = c.call("DivNoNan", &[g, counts]).or_else(|_| c.div(g, counts))?;
        let r = gather(c, scaled)?;
        c.set(0, r);
        Ok(())
    }),
    sample: Some(sample),
    ..OpDef::BASE
};

pub static SEGMENT_PROD: OpDef = OpDef {
    name: "SegmentProd",
    doc: "As SegmentSum, with products; 1 for an empty segment.",
    inputs: INPUTS,
    outputs: OUTPUTS,
    attrs: ATTRS,
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(|c| run(c, Reduce::Prod)),
    grad: Grad::Rule(prod_back),
    sample: Some(sample),
    ..OpDef::BASE
};

pub static SEGMENT_MAX: OpDef = OpDef {
    name: "SegmentMax",
    doc: "As SegmentSum, with maxima; 0 for an empty segment.",
    inputs: INPUTS,
    outputs: OUTPUTS,
    attrs: REAL_ATTRS,
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(|c| run(c, Reduce::Max)),
    grad: Grad::Rule(extreme_back),
    sample: Some(sample),
    ..OpDef::BASE
};

pub static SEGMENT_MIN: OpDef = OpDef {
    name: "SegmentMin",
    doc: "As SegmentSum, with minima; 0 for an empty segment.",
    inputs: INPUTS,
    outputs: OUTPUTS,
    attrs: REAL_ATTRS,
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(|c| run(c, Reduce::Min)),
    grad: Grad::Rule(extreme_back),
    sample: Some(sample),
    ..OpDef::BASE
};

fn shape(c: &mut ShapeCtx) -> Result<()> {
    let data = c.input(0).with_rank_at_least(1)?;
    let ids = c.input(1).with_rank(1)?;
    let Some(rank) = data.rank() else { return Ok(()) };
    data.sub(0..1).merge(&ids)?;
    // TensorFlow does not look at constant ids.
    c.set(0, Shape::of_rank(1).concat(&data.sub(1..rank)));
    Ok(())
}

fn run(c: &mut KernelCtx, how: Reduce) -> Result<()> {
    let y = sorted(c.input(0), c.input(1), how)?;
    c.set(0, y);
    Ok(())
}

fn gather(c: &mut GradCtx, x: Out) -> Result<Out> {
    let (ids, axis) = (c.input(1), c.int_scalar(0)?);
    c.call("GatherV2", &[x, ids, axis])
}

fn extreme_back(c: &mut GradCtx) -> Result<()> {
    let (g, data, ids, y) = (c.grad(0)?, c.input(0), c.input(1), c.output(0));
    let best = gather(c, y)?;
    let hit = c.call("Equal", &[data, best])?;
    let kind = c.dtype(g);
    let ones = c.cast(hit, kind)?;
    let hits = c.call("SegmentSum", &[ones, ids])?;
    let share = c.div(g, hits)?;
    let share = gather(c, share)?;
    let nothing = c.zeros_like(share)?;
    let r = c.select(hit, share, nothing)?;
    c.set(0, r);
    Ok(())
}

/// As UnsortedSegmentProd's.
fn prod_back(c: &mut GradCtx) -> Result<()> {
    let (g, data, ids, y) = (c.grad(0)?, c.input(0), c.input(1), c.output(0));
    let kind = c.dtype(data);
    let zero = c.number(kind, 0.0)?;
    let is_zero = c.call("Equal", &[data, zero])?;
    let counted = c.cast(is_zero, DType::I32)?;
    let zeros = c.call("SegmentSum", &[counted, ids])?;
    let one = c.int_scalar(1)?;
    let many = c.call("Greater", &[zeros, one])?;
    let nothing = c.zeros_like(g)?;
    let g = c.select(many, nothing, g)?;
    let unit = c.call("OnesLike", &[data])?;
    let nonzero = c.select(is_zero, unit, data)?;
    let others = c.call("SegmentProd", &[nonzero, ids])?;
    let (y, others, g) = (gather(c, y)?, gather(c, others)?, gather(c, g)?);
    let quotient = c.div(y, nonzero)?;
    let partial = c.select(is_zero, others, quotient)?;
    let r = c.mul(g, partial)?;
    c.set(0, r);
    Ok(())
}

/// Ids that ascend, with a gap now and then.
pub fn ascending(d: &mut Draw, n: usize) -> Tensor {
    let mut at = d.below(2) as i32;
    let ids: Vec<i32> = (0..n)
        .map(|_| {
            at += [0, 0, 1, 2][d.below(4)];
            at
        })
        .collect();
    Tensor::vector(&ids)
}

fn sample(d: &mut Draw) -> Case {
    let dims = d.full_dims(1, 3);
    let ids = ascending(d, dims[0]);
    Case::new().input(d.tensor(&dims)).input(ids)
}
