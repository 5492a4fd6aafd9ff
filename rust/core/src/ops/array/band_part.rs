//! MatrixBandPart: zero outside of a band around the main diagonal.

use crate::error::Result;
use crate::grad::GradCtx;
use crate::graph::infer::ShapeCtx;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};
use graphpb_kernels::DType;
use graphpb_kernels::movement::diagonal::band_part;

pub static MATRIX_BAND_PART: OpDef = OpDef {
    name: "MatrixBandPart",
    doc: "Each matrix with zeros outside of `num_lower` diagonals below and `num_upper` above the main one; negative keeps all.",
    inputs: &[arg("input", "T"), arg("num_lower", "Tindex"), arg("num_upper", "Tindex")],
    outputs: &[arg("band", "T")],
    attrs: &[type_any("T"), type_in("Tindex", INDEX).default_type(DType::I64)],
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(run),
    grad: Grad::Rule(|c| back(c, "MatrixBandPart")),
    sample: Some(sample),
    ..OpDef::BASE
};

pub static BATCH_MATRIX_BAND_PART: OpDef = OpDef {
    name: "BatchMatrixBandPart",
    doc: "The old name of MatrixBandPart.",
    inputs: &[arg("input", "T"), arg_of("num_lower", DType::I64), arg_of("num_upper", DType::I64)],
    outputs: &[arg("band", "T")],
    attrs: &[type_any("T")],
    deprecated: Some(14),
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(run),
    grad: Grad::Rule(|c| back(c, "BatchMatrixBandPart")),
    sample: Some(sample),
    ..OpDef::BASE
};

fn shape(c: &mut ShapeCtx) -> Result<()> {
    let s = c.input(0).with_rank_at_least(2)?;
    c.set(0, s);
    Ok(())
}

fn run(c: &mut KernelCtx) -> Result<()> {
    let (lower, upper) = (c.int(1)?, c.int(2)?);
    let x = c.take(0);
    let y = band_part(x, lower, upper)?;
    c.set(0, y);
    Ok(())
}

fn back(c: &mut GradCtx, op: &str) -> Result<()> {
    let g = c.grad(0)?;
    let args = [g, c.input(1), c.input(2)];
    let r = c.call(op, &args)?;
    c.set(0, r);
    Ok(())
}

fn sample(d: &mut Draw) -> Case {
    let dims = d.dims(2, 3);
    let (lo, hi) = (d.below(4) as i64 - 1, d.below(4) as i64 - 1);
    Case::new().input(d.tensor(&dims)).constant(graphpb_kernels::Tensor::scalar(lo)).constant(graphpb_kernels::Tensor::scalar(hi))
}
