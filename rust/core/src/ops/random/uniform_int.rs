//! RandomUniformInt: integers in [minval, maxval).

use graphpb_kernels::random::{self, UniformI64, UniformInt};
use graphpb_kernels::{DType, Tensor};

use super::{SEEDS, reserve_elements, shape_from_input, sizes};
use crate::error::Error;
use crate::registry::*;
use crate::testing::cases::Case;

pub static RANDOM_UNIFORM_INT: OpDef = OpDef {
    name: "RandomUniformInt",
    doc: "Integers drawn uniformly from [minval, maxval). INVALID_ARGUMENT unless minval < maxval.",
    inputs: &[arg("shape", "T"), arg("minval", "Tout"), arg("maxval", "Tout")],
    outputs: &[arg("output", "Tout")],
    attrs: &[SEEDS[0], SEEDS[1], type_in("Tout", INDEX), type_in("T", INDEX)],
    traits: Traits::STATEFUL,
    shape: |c| {
        c.input(1).with_rank(0)?;
        c.input(2).with_rank(0)?;
        shape_from_input(c)
    },
    kernel: Kernel::Plain(|c| {
        let mut out = Tensor::try_scratch(c.output_dtype(0), &sizes(c, 0)?)?;
        let (lo, hi) = (c.int(1)?, c.int(2)?);
        if out.is_empty() {
            c.set(0, out);
            return Ok(());
        }
        if lo >= hi {
            return Err(Error::invalid(format!("Need minval < maxval, got {lo} >= {hi}")));
        }
        let range = (hi as u64).wrapping_sub(lo as u64);
        let at = reserve_elements(c, out.len())?;
        match out.dtype() {
            DType::I32 => random::fill(UniformInt { lo: lo as i32, range: range as u32 }, at, out.slice_mut()),
            _ => random::fill(UniformI64 { lo, range }, at, out.slice_mut()),
        }
        c.set(0, out);
        Ok(())
    }),
    grad: Grad::Missing("random integers have no gradient"),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        let (lo, hi) = match d.dtype {
            DType::I64 => (Tensor::scalar(-3i64), Tensor::scalar(1i64 << 40)),
            _ => (Tensor::scalar(-3i32), Tensor::scalar(90i32)),
        };
        Case::new().constant(d.shape_vector(&dims)).constant(lo).constant(hi).attr("seed", 7)
    }),
    ..OpDef::BASE
};
