//! RandomGamma: gamma-distributed floats.

use graphpb_kernels::{DType, Tensor, random};

use super::{SEEDS, doubles, reserve_elements, shape_and_parameters, sizes, store_floats};
use crate::error::Error;
use crate::registry::*;
use crate::testing::cases::Case;

pub static RANDOM_GAMMA: OpDef = OpDef {
    name: "RandomGamma",
    doc: "Gamma(alpha, 1) floats: for each alpha, `shape` of them.",
    inputs: &[arg("shape", "S"), arg("alpha", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[SEEDS[0], SEEDS[1], type_in("S", INDEX), type_in("T", &[DType::F16, DType::F32, DType::F64])],
    traits: Traits::STATEFUL,
    shape: shape_and_parameters,
    kernel: Kernel::Plain(|c| {
        let mut dims = sizes(c, 0)?;
        dims.extend_from_slice(c.input(1).dims());
        let alphas = doubles(c.input(1))?;
        let mut out = Tensor::try_scratch(c.output_dtype(0), &dims)?;
        let at = reserve_elements(c, out.len())?;
        store_floats!(out.dtype(), out, convert => random::gamma(at, &alphas, out, convert));
        c.set(0, out);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let (shape, alpha, sample, g) = (c.input(0), c.input(1), c.output(0), c.grad(0)?);
        let by = c.call("RandomGammaGrad", &[alpha, sample])?;
        let product = c.mul(g, by)?;
        let size = c.call("Size", &[shape])?;
        let (zero, one) = (c.int_scalar(0)?, c.int_scalar(1)?);
        let axes = c.call("Range", &[zero, size, one])?;
        let r = c.sum(product, axes, false)?;
        let r = c.reshape_like(r, alpha)?;
        c.set(1, r);
        Ok(())
    }),
    sample: Some(|d| {
        let dims = d.dims(0, 2);
        let alpha = d.dims(0, 1);
        Case::new().constant(d.shape_vector(&dims)).input(d.tensor_in(&alpha, 0.2, 3.0)).attr("seed", 7).attr("T", d.dtype).differentiate(&[])
    }),
    ..OpDef::BASE
};
