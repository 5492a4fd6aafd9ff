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
