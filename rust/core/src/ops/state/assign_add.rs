//! AssignAdd and AssignSub: change a variable in place.

use crate::error::{Error, Result};
use crate::graph::infer::ShapeCtx;
use crate::ops::math::types::NUMBERS;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::pointwise::{Binary, binary};
use graphpb_kernels::{DType, Tensor, shape_text};

fn shape(c: &mut ShapeCtx) -> Result<()> {
    let s = c.input(0).merge(c.input(1))?;
    c.set(0, s);
    Ok(())
}

fn run(c: &mut KernelCtx, op: Binary) -> Result<()> {
    let value = c.take(1);
    let var = c.variable(0)?.clone();
    var.update(|t| {
        if t.dims() != value.dims() {
            return Err(Error::invalid(format!(
                "{} requires shapes of both tensors to match. lhs shape= {} rhs shape= {}",
                if op == Binary::Add { "AssignAdd" } else { "AssignSub" },
                shape_text(t.dims()),
                shape_text(value.dims())
            )));
        }
        let old = std::mem::replace(t, Tensor::zeros(DType::F32, &[0]));
        *t = binary(op, old, value)?;
        Ok(())
    })?;
    c.set_ref(0, var);
    Ok(())
}

const BASE: OpDef = OpDef {
    inputs: &[arg("ref", "T").by_ref(), arg("value", "T")],
    outputs: &[arg("output_ref", "T").by_ref()],
    attrs: &[type_in("T", NUMBERS), flag("use_locking", false)],
    shape,
    grad: Grad::NotDifferentiable("assignment is an effect"),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        let var = d.tensor(&dims);
        Case::new().input(var).input(d.tensor(&dims))
    }),
    ..OpDef::BASE
};

pub static ASSIGN_ADD: OpDef = OpDef {
    name: "AssignAdd",
    doc: "Adds `value` to the variable. INVALID_ARGUMENT when the shapes differ, FAILED_PRECONDITION when it has no value yet.",
    kernel: Kernel::Plain(|c| run(c, Binary::Add)),
    ..BASE
};

pub static ASSIGN_SUB: OpDef = OpDef {
    name: "AssignSub",
    doc: "Subtracts `value` from the variable. INVALID_ARGUMENT when the shapes differ, FAILED_PRECONDITION when it has no value yet.",
    kernel: Kernel::Plain(|c| run(c, Binary::Sub)),
    ..BASE
};
