//! Size and Rank: the number of elements and of axes.

use super::int_value;
use crate::graph::infer;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::{DType, Tensor};

pub static SIZE: OpDef = OpDef {
    name: "Size",
    doc: "The number of elements of the input.",
    inputs: &[arg("input", "T")],
    outputs: &[arg("output", "out_type")],
    attrs: &[type_any("T"), type_index("out_type")],
    traits: Traits::PURE,
    shape: infer::scalars,
    kernel: Kernel::Plain(|c| {
        let t = int_value(c.output_dtype(0), c.input(0).len() as i64)?;
        c.set(0, t);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("the output is an integer"),
    sample: Some(|d| {
        let dims = d.dims(0, 4);
        Case::new().input(d.tensor(&dims))
    }),
    ..OpDef::BASE
};

pub static RANK: OpDef = OpDef {
    name: "Rank",
    doc: "The number of axes of the input.",
    inputs: &[arg("input", "T")],
    outputs: &[arg_of("output", DType::I32)],
    attrs: &[type_any("T")],
    traits: Traits::PURE,
    shape: infer::scalars,
    kernel: Kernel::Plain(|c| {
        let n = c.input(0).rank() as i32;
        c.set(0, Tensor::scalar(n));
        Ok(())
    }),
    grad: Grad::NotDifferentiable("the output is an integer"),
    sample: Some(|d| {
        let dims = d.dims(0, 4);
        Case::new().input(d.tensor(&dims))
    }),
    ..OpDef::BASE
};
