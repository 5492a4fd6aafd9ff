//! TruncatedNormal: normal floats within two deviations of the mean.

use graphpb_kernels::random::{self, Philox};
use graphpb_kernels::{DType, Tensor, bf16, f16};

use super::{SEEDS, reserve_elements, shape_from_input, sizes};
use crate::error::{Error, Result};
use crate::registry::*;
use crate::testing::cases::Case;

/// Fill a tensor from `at` on.
pub(super) fn fill_truncated(at: Philox, out: &mut Tensor) -> Result<()> {
    match out.dtype() {
        DType::F32 => random::truncated_normal(at, out.slice_mut()),
        DType::F64 => random::truncated_normal_f64(at, out.slice_mut()),
        DType::F16 => random::narrow::<f16>(out.slice_mut(), |o| random::truncated_normal(at, o)),
        DType::BF16 => random::narrow::<bf16>(out.slice_mut(), |o| random::truncated_normal(at, o)),
        d => return Err(Error::unimplemented(format!("no kernel for type {}", d.name()))),
    }
    Ok(())
}

pub static TRUNCATED_NORMAL: OpDef = OpDef {
    name: "TruncatedNormal",
    doc: "Normal floats with mean 0 and deviation 1; values outside (-2, 2) are drawn again.",
    inputs: &[arg("shape", "T")],
    outputs: &[arg("output", "dtype")],
    attrs: &[SEEDS[0], SEEDS[1], type_in("dtype", FLOATS), type_in("T", INDEX)],
    traits: Traits::STATEFUL,
    shape: shape_from_input,
    kernel: Kernel::Plain(|c| {
        let mut out = Tensor::try_scratch(c.output_dtype(0), &sizes(c, 0)?)?;
        let at = reserve_elements(c, out.len())?;
        fill_truncated(at, &mut out)?;
        c.set(0, out);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("random numbers do not depend on the shape's values"),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        Case::new().constant(d.shape_vector(&dims)).attr("seed", 7).attr("dtype", d.dtype)
    }),
    ..OpDef::BASE
};
