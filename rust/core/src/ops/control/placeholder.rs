//! Placeholder: a tensor that must be fed.

use crate::graph::attr::Attr;
use crate::graph::fact::Shape;
use crate::registry::*;

pub static PLACEHOLDER: OpDef = OpDef {
    name: "Placeholder",
    doc: "A tensor that every run feeds. INVALID_ARGUMENT when it is not fed.",
    outputs: &[arg("output", "dtype")],
    attrs: &[type_any("dtype"), attr("shape", AttrKind::Shape).default_shape_unknown()],
    shape: |c| {
        // Files older than version 22 write a scalar shape for "unknown".
        let old = matches!(c.attrs().get("_graphpb_old_placeholder"), Some(Attr::Bool(true)));
        c.set(0, if old { Shape::UNKNOWN } else { c.attrs().shape("shape")?.clone() });
        Ok(())
    },
    kernel: Kernel::Control,
    grad: Grad::NotDifferentiable("a placeholder has no inputs"),
    ..OpDef::BASE
};
