//! StopGradient: an identity that no gradient passes.

use crate::graph::infer;
use crate::registry::*;
use crate::testing::cases::Case;

pub static STOP_GRADIENT: OpDef = OpDef {
    name: "StopGradient",
    doc: "The input, unchanged; a constant for differentiation.",
    inputs: &[arg("input", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[type_any("T")],
    traits: Traits::PURE,
    shape: infer::same_as_input,
    kernel: Kernel::Alias,
    grad: Grad::NotDifferentiable("that is its purpose"),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        Case::new().input(d.tensor(&dims))
    }),
    ..OpDef::BASE
};
