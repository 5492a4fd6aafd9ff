//! ZerosLike and OnesLike.

use crate::error::Error;
use crate::graph::infer;
use crate::ops::control::tensor_list::zero_list;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::movement::copy::filled;
use graphpb_kernels::{DType, Tensor};

pub static ZEROS_LIKE: OpDef = OpDef {
    name: "ZerosLike",
    doc: "Zeros (false, empty strings) with the shape of `x`.",
    inputs: &[arg("x", "T")],
    outputs: &[arg("y", "T")],
    attrs: &[type_any("T")],
    traits: Traits::PURE,
    shape: infer::same_as_input,
    kernel: Kernel::Plain(|c| {
        let x = c.take(0);
        let y = match x.dtype() {
            DType::Variant => zero_list(&x)?,
            DType::Resource => return Err(Error::unimplemented("ZerosLike of resource")),
            d => Tensor::try_zeros(d, x.dims())?,
        };
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("it depends on the shape only"),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        Case::new().input(d.tensor(&dims))
    }),
    ..OpDef::BASE
};

pub static ONES_LIKE: OpDef = OpDef {
    name: "OnesLike",
    doc: "Ones (true) with the shape of `x`.",
    inputs: &[arg("x", "T")],
    outputs: &[arg("y", "T")],
    attrs: &[type_in(
        "T",
        &[
            DType::BF16,
            DType::F16,
            DType::F32,
            DType::F64,
            DType::I8,
            DType::U8,
            DType::I16,
            DType::U16,
            DType::I32,
            DType::U32,
            DType::I64,
            DType::U64,
            DType::C64,
            DType::C128,
            DType::Bool,
        ],
    )],
    traits: Traits::PURE,
    shape: infer::same_as_input,
    kernel: Kernel::Plain(|c| {
        let one = crate::grad::number(c.input(0).dtype(), 1.0)?;
        let y = filled(&one, c.input(0).dims())?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("it depends on the shape only"),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        Case::new().input(d.tensor(&dims))
    }),
    ..OpDef::BASE
};
