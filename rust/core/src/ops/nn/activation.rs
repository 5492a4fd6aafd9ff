//! Activation functions of one tensor.

use crate::error::Result;
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::ops::math::types::{REAL_NN, T_REAL_NN, T_REAL_NUMBERS};
use crate::ops::math::unary::{any, run};
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use graphpb_kernels::DType;
use graphpb_kernels::pointwise::{self, Unary};
use graphpb_kernels::tile;

const fn activation(
    name: &'static str,
    doc: &'static str,
    attrs: &'static [AttrSpec],
    kernel: fn(&mut KernelCtx) -> Result<()>,
    grad: fn(&mut GradCtx) -> Result<()>,
) -> OpDef {
    OpDef {
        inputs: const { &[arg("features", "T")] },
        outputs: const { &[arg("activations", "T")] },
        ..crate::ops::math::unary::unary(name, doc, attrs, kernel, Grad::Rule(grad), any)
    }
}

/// The gradient op `name(g, output or input)`.
fn grad_op(c: &mut GradCtx, name: &str, from_output: bool) -> Result<()> {
    let g = c.grad(0)?;
    let v = if from_output { c.output(0) } else { c.input(0) };
    let r = c.call(name, &[g, v])?;
    c.set(0, r);
    Ok(())
}

pub static RELU: OpDef = OpDef {
    fused: Some(tile::Op::Relu),
    ..activation("Relu", "max(x, 0). The gradient at 0 is 0.", T_REAL_NUMBERS, |c| run(c, Unary::Relu), |c| grad_op(c, "ReluGrad", true))
};
pub static RELU6: OpDef = activation("Relu6", "min(max(x, 0), 6)", T_REAL_NUMBERS, |c| run(c, Unary::Relu6), |c| grad_op(c, "Relu6Grad", true));
pub static ELU: OpDef = activation("Elu", "eˣ − 1 below 0, x elsewhere.", T_REAL_NN, |c| run(c, Unary::Elu), |c| grad_op(c, "EluGrad", true));
pub static SELU: OpDef = activation(
    "Selu",
    "scale·α·(eˣ − 1) below 0, scale·x elsewhere (Klambauer et al. 2017).",
    T_REAL_NN,
    |c| run(c, Unary::Selu),
    |c| grad_op(c, "SeluGrad", true),
);
pub static SOFTPLUS: OpDef = OpDef {
    fused: Some(tile::Op::Softplus),
    ..activation(
        "Softplus",
        "ln(1 + eˣ)",
        T_REAL_NN,
        |c| run(c, Unary::Softplus),
        |c| {
            let g = c.grad(0)?;
            let x = c.input(0);
            let s = c.call("Sigmoid", &[x])?;
            let r = c.mul(g, s)?;
            c.set(0, r);
            Ok(())
        },
    )
};
pub static SOFTSIGN: OpDef = activation("Softsign", "x / (1 + |x|)", T_REAL_NN, |c| run(c, Unary::Softsign), |c| grad_op(c, "SoftsignGrad", false));

pub(super) const ALPHA: &[AttrSpec] = &[float("alpha").default_float(0.2), type_in("T", REAL_NN).default_type(DType::F32)];
pub static LEAKY_RELU: OpDef = activation(
    "LeakyRelu",
    "x where x > 0, alpha·x elsewhere.",
    ALPHA,
    |c| {
        let alpha = c.attrs().float("alpha")?;
        let x = c.take(0);
        c.set(0, pointwise::leaky_relu(x, alpha)?);
        Ok(())
    },
    |c| {
        let alpha = c.attrs().float("alpha")?;
        let (g, x) = (c.grad(0)?, c.input(0));
        let r = c.op("LeakyReluGrad", &[g, x], Attrs::new().with("alpha", alpha))?;
        c.set(0, r);
        Ok(())
    },
);
