//! ApplyGradientDescent: one step down a gradient.

use crate::error::Error;
use crate::ops::math::types::NUMBERS;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::pointwise::descend;
use graphpb_kernels::{DType, Tensor, shape_text};

pub static APPLY_GRADIENT_DESCENT: OpDef = OpDef {
    name: "ApplyGradientDescent",
    doc: "var −= alpha · delta, with a scalar alpha. INVALID_ARGUMENT when the shapes differ, FAILED_PRECONDITION when the variable has no value yet.",
    inputs: &[arg("var", "T").by_ref(), arg("alpha", "T"), arg("delta", "T")],
    outputs: &[arg("out", "T").by_ref()],
    attrs: &[type_in("T", NUMBERS), flag("use_locking", false)],
    shape: |c| {
        c.input(1).with_rank(0)?;
        let s = c.input(0).merge(c.input(2))?;
        c.set(0, s);
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let (alpha, delta) = (c.take(1), c.take(2));
        let var = c.variable(0)?.clone();
        if alpha.len() != 1 {
            return Err(Error::invalid(format!("alpha is not a scalar: {}", shape_text(alpha.dims()))));
        }
        var.update(|t| {
            if t.dims() != delta.dims() {
                return Err(Error::invalid(format!("var and delta do not have the same shape{} {}", shape_text(t.dims()), shape_text(delta.dims()))));
            }
            let old = std::mem::replace(t, Tensor::zeros(DType::F32, &[0]));
            *t = descend(old, &alpha, delta)?;
            Ok(())
        })?;
        c.set_ref(0, var);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("an update is an effect"),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        let (var, rate) = (d.tensor(&dims), d.tensor(&[]));
        Case::new().input(var).input(rate).input(d.tensor(&dims))
    }),
    ..OpDef::BASE
};
