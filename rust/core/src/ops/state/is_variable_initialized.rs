//! IsVariableInitialized: whether a variable has a value.

use crate::graph::infer;
use crate::registry::*;
use graphpb_kernels::{Bool, DType, Tensor};

pub static IS_VARIABLE_INITIALIZED: OpDef = OpDef {
    name: "IsVariableInitialized",
    doc: "Whether the variable was assigned in this session.",
    inputs: &[arg("ref", "dtype").by_ref()],
    outputs: &[arg_of("is_initialized", DType::Bool)],
    attrs: &[type_any("dtype")],
    traits: Traits::ALLOWS_UNINITIALIZED,
    shape: infer::scalars,
    kernel: Kernel::Plain(|c| {
        let is = c.variable(0)?.is_initialized();
        c.set(0, Tensor::scalar(Bool::from(is)));
        Ok(())
    }),
    grad: Grad::NotDifferentiable("the output is a bool"),
    ..OpDef::BASE
};
