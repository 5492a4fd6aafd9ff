//! PlaceholderWithDefault: a tensor that may be fed.

use crate::registry::*;
use crate::testing::cases::Case;

pub static PLACEHOLDER_WITH_DEFAULT: OpDef = OpDef {
    name: "PlaceholderWithDefault",
    doc: "The input, unless the run feeds another value.",
    inputs: &[arg("input", "dtype")],
    outputs: &[arg("output", "dtype")],
    attrs: &[type_any("dtype"), attr("shape", AttrKind::Shape)],
    // Not PURE: folding it would lose the chance to feed it.
    shape: |c| {
        let s = c.attrs().shape("shape")?;
        // The default may be narrower than what may be fed.
        if !c.input(0).is_compatible(s) {
            return Err(crate::Error::value(format!("Shapes must be compatible: {} and {s}", c.input(0))));
        }
        c.set(0, s.clone());
        Ok(())
    },
    kernel: Kernel::Alias,
    grad: Grad::Rule(|c| {
        c.pass(0, 0);
        Ok(())
    }),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        let shape = crate::graph::fact::Shape::known(&dims);
        Case::new().input(d.tensor(&dims)).attr("shape", shape)
    }),
    ..OpDef::BASE
};
