//! UnsortedSegmentSum, Prod, Max and Min: rows reduced by segment ids in any order.

use super::sizes;
use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::fact::Shape;
use crate::graph::infer::ShapeCtx;
use crate::graph::node::Out;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};
use graphpb_kernels::indexing::segment::{Reduce, unsorted};
use graphpb_kernels::{DType, Tensor};

const INPUTS: &[Arg] = &[arg("data", "T"), arg("segment_ids", "Tindices"), arg("num_segments", "Tnumsegments")];

/// The types of TensorFlow's `numbertype`: numbers and their quantized forms.
pub const NUMBER_TYPES: &[DType] = &[
    DType::F32,
    DType::F64,
    DType::I32,
    DType::U8,
    DType::I16,
    DType::I8,
    DType::C64,
    DType::I64,
    DType::QI8,
    DType::QU8,
    DType::QI32,
    DType::BF16,
    DType::QI16,
    DType::QU16,
    DType::U16,
    DType::C128,
    DType::F16,
    DType::U32,
    DType::U64,
];

pub static UNSORTED_SEGMENT_SUM: OpDef = OpDef {
    name: "UnsortedSegmentSum",
    doc: "Row s of the result is the sum of the rows of `data` whose id is s; negative ids are dropped.",
    inputs: INPUTS,
    outputs: &[arg("output", "T")],
    attrs: &[type_in("T", NUMBER_TYPES), type_in("Tindices", &[DType::I16, DType::I32, DType::I64]), type_index("Tnumsegments")],
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(|c| run(c, Reduce::Sum)),
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        let r = gather_kept(c, g)?.values;
        c.set(0, r);
        Ok(())
    }),
    sample: Some(sample),
    ..OpDef::BASE
};

pub static UNSORTED_SEGMENT_PROD: OpDef = OpDef {
    name: "UnsortedSegmentProd",
    doc: "As UnsortedSegmentSum, with products; 1 for an empty segment.",
    inputs: INPUTS,
    outputs: &[arg("output", "T")],
    attrs: &[type_in("T", NUMBER_TYPES), type_in("Tindices", INDEX), type_index("Tnumsegments")],
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(|c| run(c, Reduce::Prod)),
    grad: Grad::Rule(prod_back),
    sample: Some(sample),
    ..OpDef::BASE
};

pub static UNSORTED_SEGMENT_MAX: OpDef = OpDef {
    name: "UnsortedSegmentMax",
    doc: "As UnsortedSegmentSum, with maxima; the lowest value of the type for an empty segment.",
    inputs: INPUTS,
    outputs: &[arg("output", "T")],
    attrs: &[type_in("T", REALS), type_in("Tindices", INDEX), type_index("Tnumsegments")],
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(|c| run(c, Reduce::Max)),
    grad: Grad::Rule(extreme_back),
    sample: Some(sample),
    ..OpDef::BASE
};

pub static UNSORTED_SEGMENT_MIN: OpDef = OpDef {
    name: "UnsortedSegmentMin",
    doc: "As UnsortedSegmentSum, with minima; the highest value of the type for an empty segment.",
    inputs: INPUTS,
    outputs: &[arg("output", "T")],
    attrs: &[type_in("T", REALS), type_in("Tindices", INDEX), type_index("Tnumsegments")],
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(|c| run(c, Reduce::Min)),
    grad: Grad::Rule(extreme_back),
    sample: Some(sample),
    ..OpDef::BASE
};

fn shape(c: &mut ShapeCtx) -> Result<()> {
    let n = match c.int(2) {
        Some(n) if n < 0 => return Err(Error::value(format!("Dimension size, given by scalar input 2, must be non-negative but is {n}"))),
        Some(n) => n,
        None => -1,
    };
    let (data, ids) = (c.input(0).clone(), c.input(1).clone());
    let (Some(dr), Some(ir)) = (data.rank(), ids.rank()) else { return Ok(()) };
    if dr < ir {
        return Err(Error::value(format!("Shape must be at least rank {ir} but is rank {dr}")));
    }
    data.sub(0..ir).merge(&ids)?;
    c.set(0, Shape::vector(n).concat(&data.sub(ir..dr)));
    Ok(())
}

fn run(c: &mut KernelCtx, how: Reduce) -> Result<()> {
    let n = c.int(2)?;
    if n < 0 {
        return Err(Error::invalid(format!("num_segments must be non-negative, but is {n}")));
    }
    let y = unsorted(c.input(0), c.input(1), sizes(&[n])?[0], how)?;
    c.set(0, y);
    Ok(())
}

/// Rows of `x` taken by segment id, zero where the id is negative.
struct Kept {
    values: Out,
    /// The ids with negative ones raised to zero.
    ids: Out,
    /// Where the id is not negative, with axes of size 1 for those of a row; None when all are known to be.
    keep: Option<Out>,
}

fn gather_kept(c: &mut GradCtx, x: Out) -> Result<Kept> {
    let ids = c.input(1);
    let axis = c.int_scalar(0)?;
    if c.value(ids).and_then(|v| v.to_i64s()).is_some_and(|v| v.iter().all(|&i| i >= 0)) {
        let values = c.call("GatherV2", &[x, ids, axis])?;
        return Ok(Kept { values, ids, keep: None });
    }
    let kind = c.dtype(ids);
    let zero = c.number(kind, 0.0)?;
    let raised = c.call("Maximum", &[ids, zero])?;
    let taken = c.call("GatherV2", &[x, raised, axis])?;
    let mut keep = c.call("GreaterEqual", &[ids, zero])?;
    match (c.shape_of(taken).rank(), c.shape_of(ids).rank()) {
        (Some(t), Some(i)) => {
            for _ in i..t {
                let last = c.int_scalar(-1)?;
                keep = c.call("ExpandDims", &[keep, last])?;
            }
        }
        _ => {
            let (rt, ri) = (c.call("Rank", &[taken])?, c.call("Rank", &[ids])?);
            let extra = c.sub(rt, ri)?;
            let extra = c.call("ExpandDims", &[extra, axis])?;
            let one = c.int_scalar(1)?;
            let ones = c.call("Fill", &[extra, one])?;
            let shape = c.call("Shape", &[keep])?;
            let shape = c.op_node("ConcatV2", "concat", &[shape, ones, axis], Attrs::new())?.out(0);
            keep = c.reshape(keep, shape)?;
        }
    }
    let nothing = c.zeros_like(taken)?;
    let values = c.select(keep, taken, nothing)?;
    Ok(Kept { values, ids: raised, keep: Some(keep) })
}

/// The rows that reach the extreme share the gradient equally.
fn extreme_back(c: &mut GradCtx) -> Result<()> {
    let (g, data, n, y) = (c.grad(0)?, c.input(0), c.input(2), c.output(0));
    let best = gather_kept(c, y)?;
    let mut hit = c.call("Equal", &[data, best.values])?;
    if let Some(keep) = best.keep {
        hit = c.call("LogicalAnd", &[hit, keep])?;
    }
    let kind = c.dtype(g);
    let ones = c.cast(hit, kind)?;
    let hits = c.call("UnsortedSegmentSum", &[ones, c.input(1), n])?;
    let share = c.div(g, hits)?;
    let axis = c.int_scalar(0)?;
    let share = c.call("GatherV2", &[share, best.ids, axis])?;
    let nothing = c.zeros_like(share)?;
    let r = c.select(hit, share, nothing)?;
    c.set(0, r);
    Ok(())
}

/// Zeros need care: with one zero in a segment only its own derivative is not zero, with two all are.
fn prod_back(c: &mut GradCtx) -> Result<()> {
    let (g, data, ids, n, y) = (c.grad(0)?, c.input(0), c.input(1), c.input(2), c.output(0));
    let kind = c.dtype(data);
    let zero = c.number(kind, 0.0)?;
    let is_zero = c.call("Equal", &[data, zero])?;
    let counted = c.cast(is_zero, DType::I32)?;
    let zeros = c.call("UnsortedSegmentSum", &[counted, ids, n])?;
    let one = c.int_scalar(1)?;
    let many = c.call("Greater", &[zeros, one])?;
    let nothing = c.zeros_like(g)?;
    let g = c.select(many, nothing, g)?;
    let unit = c.call("OnesLike", &[data])?;
    let others = c.select(is_zero, unit, data)?;
    let others = c.call("UnsortedSegmentProd", &[others, ids, n])?;
    let (y, others, g) = (gather_kept(c, y)?.values, gather_kept(c, others)?.values, gather_kept(c, g)?.values);
    // Where data is zero the quotient is not used; dividing by 1 there keeps it finite.
    let divisor = c.select(is_zero, unit, data)?;
    let quotient = c.div(y, divisor)?;
    let partial = c.select(is_zero, others, quotient)?;
    let r = c.mul(g, partial)?;
    c.set(0, r);
    Ok(())
}

fn sample(d: &mut Draw) -> Case {
    let dims = d.dims(1, 3);
    let k = 1 + d.below(dims.len());
    let n = 1 + d.below(4);
    let lo = if d.flag() { -1 } else { 0 };
    let ids = d.integers(DType::I32, &dims[..k], lo, n as i64 - 1);
    Case::new().input(d.tensor(&dims)).input(ids).constant(Tensor::scalar(n as i32))
}
