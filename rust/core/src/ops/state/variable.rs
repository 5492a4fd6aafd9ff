//! VariableV2: a buffer that outlives a run, by reference.

use crate::registry::*;

pub static VARIABLE_V2: OpDef = OpDef {
    name: "VariableV2",
    doc: "A reference to a variable's buffer; uninitialised until it is assigned.",
    outputs: &[arg("ref", "dtype").by_ref()],
    attrs: &[attr("shape", AttrKind::Shape), type_any("dtype"), string("container").default_str(""), string("shared_name").default_str("")],
    traits: Traits::STATEFUL,
    shape: |c| {
        let s = c.attrs().shape("shape")?.clone();
        c.set(0, s);
        Ok(())
    },
    kernel: Kernel::Control,
    grad: Grad::NotDifferentiable("a variable has no inputs"),
    ..OpDef::BASE
};
