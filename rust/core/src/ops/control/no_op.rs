//! NoOp: a place to hang control dependencies on.

use crate::registry::*;

pub static NO_OP: OpDef = OpDef {
    name: "NoOp",
    doc: "Does nothing; runs after its control inputs.",
    kernel: Kernel::Control,
    grad: Grad::NotDifferentiable("it has no outputs"),
    ..OpDef::BASE
};
