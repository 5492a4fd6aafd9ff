//! ArgMax and ArgMin: positions of extremes along an axis.

use crate::error::{Error, Result};
use crate::graph::fact::{Shape, resolve_axis};
use crate::graph::infer::ShapeCtx;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};
use graphpb_kernels::DType::{self, *};
use graphpb_kernels::{Tensor, axes};

const TYPES: &[DType] = &[F32, F64, I32, U8, I16, I8, I64, BF16, U16, F16, U32, U64, DType::Bool];

fn shape(c: &mut ShapeCtx) -> Result<()> {
    if c.input(1).rank().is_some_and(|r| r > 0) {
        return Err(Error::value(format!("Shape must be rank 0 but is rank {}", c.input(1).rank().unwrap_or(0))));
    }
    let Some(dims) = c.input(0).dims().map(<[i64]>::to_vec) else { return Ok(()) };
    let rank = dims.len();
    // A scalar counts as a vector of one.
    if rank <= 1 {
        c.set(0, Shape::scalar());
        return Ok(());
    }
    let Some(axis) = c.int(1) else {
        c.set(0, Shape::of_rank(rank - 1));
        return Ok(());
    };
    let axis = resolve_axis(axis, rank).ok_or_else(|| {
        Error::value(format!(
            "Dimension ({axis}) must be in the range [{}, {rank}), where {rank} is the number of dimensions in the input.",
            -(rank as i64)
        ))
    })?;
    let out: Vec<i64> = dims.iter().enumerate().filter(|d| d.0 != axis).map(|d| *d.1).collect();
    c.set(0, Shape::of(&out));
    Ok(())
}

fn run(c: &mut KernelCtx, max: bool) -> Result<()> {
    let axis = c.int(1)?;
    let x = c.take(0);
    let x = if x.rank() == 0 { x.reshaped(&[1]) } else { x };
    let rank = x.rank();
    let axis = resolve_axis(axis, rank)
        .ok_or_else(|| Error::invalid(format!("Expected dimension in the range [{}, {rank}), but got {axis}", -(rank as i64))))?;
    let y = axes::arg_extreme(max, &x, axis, c.output_dtype(0))?;
    c.set(0, y);
    Ok(())
}

fn sample(d: &mut Draw) -> Case {
    let mut dims = d.full_dims(1, 3);
    let axis = d.below(dims.len());
    // Other axes may be empty.
    if dims.len() > 1 && d.below(8) == 0 {
        let other = (axis + 1) % dims.len();
        dims[other] = 0;
    }
    let x = d.tensor(&dims);
    let axis = if d.flag() { axis as i32 } else { axis as i32 - dims.len() as i32 };
    Case::new().input(x).constant(Tensor::scalar(axis)).attr("output_type", d.one_of(&[I32, I64]))
}

const BASE: OpDef = OpDef {
    inputs: &[arg("input", "T"), arg("dimension", "Tidx")],
    outputs: &[arg("output", "output_type")],
    traits: Traits::PURE,
    shape,
    grad: Grad::NotDifferentiable("the output is a position"),
    sample: Some(sample),
    ..OpDef::BASE
};

pub static ARG_MAX: OpDef = OpDef {
    name: "ArgMax",
    doc: "The first position of the greatest element along an axis; NaN never wins. INVALID_ARGUMENT for an empty axis.",
    attrs: &[
        type_in("T", TYPES),
        type_in("Tidx", &[I16, I32, I64]).default_type(I32),
        type_in("output_type", &[I16, U16, I32, I64]).default_type(I64),
    ],
    kernel: Kernel::Plain(|c| run(c, true)),
    ..BASE
};

pub static ARG_MIN: OpDef = OpDef {
    name: "ArgMin",
    doc: "The first position of the least element along an axis; NaN never wins. INVALID_ARGUMENT for an empty axis.",
    attrs: &[type_in("T", TYPES), type_index("Tidx"), type_index("output_type").default_type(I64)],
    kernel: Kernel::Plain(|c| run(c, false)),
    ..BASE
};
