//! Identity: a tensor under another name; a reference is read.

use crate::graph::infer;
use crate::registry::*;
use crate::testing::cases::Case;

pub static IDENTITY: OpDef = OpDef {
    name: "Identity",
    doc: "The input, unchanged. The gradient passes through.",
    inputs: &[arg("input", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[type_any("T")],
    traits: Traits::PURE,
    shape: infer::same_as_input,
    kernel: Kernel::Alias,
    grad: Grad::Rule(|c| {
        c.pass(0, 0);
        Ok(())
    }),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        Case::new().input(d.tensor(&dims))
    }),
    ..OpDef::BASE
};

pub static REF_IDENTITY: OpDef = OpDef {
    name: "RefIdentity",
    doc: "The reference to a variable, under another name.",
    inputs: &[arg("input", "T").by_ref()],
    outputs: &[arg("output", "T").by_ref()],
    attrs: &[type_any("T")],
    traits: Traits::ALLOWS_UNINITIALIZED,
    shape: infer::same_as_input,
    kernel: Kernel::Alias,
    grad: IDENTITY.grad,
    ..OpDef::BASE
};
