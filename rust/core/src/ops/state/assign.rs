//! Assign: give a variable a value.

use crate::error::Error;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::shape_text;

pub static ASSIGN: OpDef = OpDef {
    name: "Assign",
    doc: "Sets the variable to `value`. INVALID_ARGUMENT when `validate_shape` is set and the shapes differ.",
    inputs: &[arg("ref", "T").by_ref(), arg("value", "T")],
    outputs: &[arg("output_ref", "T").by_ref()],
    attrs: &[type_any("T"), flag("validate_shape", true), flag("use_locking", true)],
    traits: Traits::ALLOWS_UNINITIALIZED,
    shape: |c| {
        let s = if c.attrs().bool("validate_shape")? { c.input(0).merge(c.input(1))? } else { c.input(1).clone() };
        c.set(0, s);
        Ok(())
    },
    kernel: Kernel::Prepared(|p| {
        let validate = p.attrs.bool("validate_shape")?;
        let declared = p.inputs[0].shape.clone();
        Ok(Box::new(move |c| {
            let value = c.take(1);
            let var = c.variable(0)?.clone();
            if validate && !declared.admits(value.dims()) {
                return Err(Error::invalid(format!(
                    "Assign requires shapes of both tensors to match. lhs shape= {declared} rhs shape= {}",
                    shape_text(value.dims())
                )));
            }
            var.assign(value);
            c.set_ref(0, var);
            Ok(())
        }))
    }),
    grad: Grad::NotDifferentiable("assignment is an effect"),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        let var = d.tensor(&dims);
        Case::new().input(var).input(d.tensor(&dims))
    }),
    ..OpDef::BASE
};
