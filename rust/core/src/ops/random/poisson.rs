//! RandomPoisson and RandomPoissonV2: Poisson-distributed counts.

use graphpb_kernels::{DType, Tensor, random};

use super::{SEEDS, doubles, reserve_elements, shape_and_parameters, sizes, store_floats};
use crate::error::{Error, Result};
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;

pub(super) const COUNTS: &[DType] = &[DType::F16, DType::F32, DType::F64, DType::I32, DType::I64];

/// The largest count of a type.
pub(super) fn highest(dtype: DType) -> f64 {
    match dtype {
        DType::F16 => 65504.0,
        DType::F32 => f32::MAX as f64,
        DType::I32 => i32::MAX as f64,
        DType::I64 => i64::MAX as f64,
        _ => f64::MAX,
    }
}

fn kernel(c: &mut KernelCtx) -> Result<()> {
    let mut dims = sizes(c, 0)?;
    dims.extend_from_slice(c.input(1).dims());
    let rates = doubles(c.input(1))?;
    let mut out = Tensor::try_scratch(c.output_dtype(0), &dims)?;
    let at = reserve_elements(c, out.len())?;
    let highest = highest(out.dtype());
    store_floats!(out.dtype(), out, convert => random::poisson(at, &rates, highest, out, convert));
    c.set(0, out);
    Ok(())
}

pub static RANDOM_POISSON: OpDef = OpDef {
    name: "RandomPoisson",
    doc: "Use RandomPoissonV2 instead.",
    inputs: &[arg("shape", "S"), arg("rate", "dtype")],
    outputs: &[arg("output", "dtype")],
    attrs: &[SEEDS[0], SEEDS[1], type_in("S", INDEX), type_in("dtype", &[DType::F16, DType::F32, DType::F64])],
    traits: Traits::STATEFUL,
    shape: shape_and_parameters,
    kernel: Kernel::Plain(kernel),
    grad: Grad::Missing("counts have no gradient"),
    sample: Some(|d| {
        let dims = d.dims(0, 2);
        Case::new().constant(d.shape_vector(&dims)).input(d.tensor_in(&[2], 0.2, 20.0)).attr("seed", 7).attr("dtype", d.dtype).differentiate(&[])
    }),
    deprecated: Some(25),
    ..OpDef::BASE
};

pub static RANDOM_POISSON_V2: OpDef = OpDef {
    name: "RandomPoissonV2",
    doc: "Poisson(rate) counts: for each rate, `shape` of them.",
    inputs: &[arg("shape", "S"), arg("rate", "R")],
    outputs: &[arg("output", "dtype")],
    attrs: &[
        SEEDS[0],
        SEEDS[1],
        type_in("S", INDEX),
        type_in("R", COUNTS).default_type(DType::F64),
        type_in("dtype", COUNTS).default_type(DType::I64),
    ],
    traits: Traits::STATEFUL,
    shape: shape_and_parameters,
    kernel: Kernel::Plain(kernel),
    grad: Grad::Missing("counts have no gradient"),
    sample: Some(|d| {
        let dims = d.dims(0, 2);
        let rate = d.tensor_of(DType::F64, &[2], 0.2, 20.0);
        Case::new().constant(d.shape_vector(&dims)).input(rate).attr("seed", 7).differentiate(&[])
    }),
    ..OpDef::BASE
};
