//! PreventGradient: an identity that must not be differentiated.

use crate::error::Error;
use crate::graph::infer;
use crate::registry::*;
use crate::testing::cases::Case;

pub static PREVENT_GRADIENT: OpDef = OpDef {
    name: "PreventGradient",
    doc: "The input, unchanged; asking for its gradient is an error that says `message`.",
    inputs: &[arg("input", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[type_any("T"), string("message").default_str("")],
    traits: Traits::PURE,
    shape: infer::same_as_input,
    kernel: Kernel::Alias,
    grad: Grad::Rule(|c| {
        let message = c.attrs().str("message").unwrap_or_default().to_owned();
        Err(Error::lookup(format!("Gradient explicitly disabled. Reason: b'{message}'")))
    }),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        Case::new().input(d.tensor(&dims)).differentiate(&[])
    }),
    ..OpDef::BASE
};
