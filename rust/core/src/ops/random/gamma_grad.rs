//! RandomGammaGrad: how a gamma variate moves with its shape parameter.

use graphpb_kernels::pointwise::{cast, zip_into};
use graphpb_kernels::{DType, random};

use crate::graph::infer;
use crate::registry::*;
use crate::testing::cases::Case;

pub static RANDOM_GAMMA_GRAD: OpDef = OpDef {
    name: "RandomGammaGrad",
    doc: "The derivative of a Gamma(alpha, 1) sample by alpha, the quantile being held; the arguments broadcast.",
    inputs: &[arg("alpha", "T"), arg("sample", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[type_in("T", &[DType::F32, DType::F64])],
    traits: Traits::PURE,
    shape: infer::broadcast,
    kernel: Kernel::Plain(|c| {
        let (a, x) = (cast(c.input(0), DType::F64)?, cast(c.input(1), DType::F64)?);
        let y = zip_into::<f64>(a, x, 400.0, random::gamma_derivative)?;
        let y = cast(&y, c.output_dtype(0))?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| {
        let (a, b) = d.broadcast_pair(3);
        let alpha = d.tensor_in(&a, 0.3, 3.0);
        Case::new().input(alpha).input(d.tensor_in(&b, 0.2, 4.0))
    }),
    ..OpDef::BASE
};
