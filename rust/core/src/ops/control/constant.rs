//! Const: a value stored in the graph.

use crate::graph::fact::Shape;
use crate::registry::*;

pub static CONST: OpDef = OpDef {
    name: "Const",
    doc: "A constant tensor.",
    outputs: &[arg("output", "dtype")],
    attrs: &[attr("value", AttrKind::Tensor), type_any("dtype")],
    traits: Traits::PURE,
    shape: |c| {
        let t = c.attrs().tensor("value")?;
        let dtype = c.attrs().dtype("dtype")?;
        if t.dtype() != dtype {
            return Err(crate::Error::invalid(format!("Const has dtype {} but its value has {}", dtype.c_name(), t.dtype().c_name())));
        }
        c.set(0, Shape::known(t.dims()));
        Ok(())
    },
    kernel: Kernel::Prepared(|p| {
        let t = p.attrs.tensor("value")?.clone();
        Ok(Box::new(move |c| {
            c.set(0, t.clone());
            Ok(())
        }))
    }),
    grad: Grad::NotDifferentiable("a constant has no inputs"),
    ..OpDef::BASE
};
