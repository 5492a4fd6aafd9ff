//! The gradient ops of the activation functions, differentiable again.

use super::activation::ALPHA;
use crate::error::Result;
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::infer;
use crate::ops::math::types::{T_REAL_NN, T_REAL_NUMBERS};
use crate::ops::math::unary_grad::{run, same_shape, two_alike};
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use graphpb_kernels::pointwise::{self, Binary};
use graphpb_kernels::tile;

const fn grad_of(name: &'static str, doc: &'static str, attrs: &'static [AttrSpec], kernel: fn(&mut KernelCtx) -> Result<()>, grad: Grad) -> OpDef {
    OpDef {
        name,
        doc,
        inputs: const { &[arg("gradients", "T"), arg("features", "T")] },
        outputs: const { &[arg("backprops", "T")] },
        attrs,
        traits: Traits::PURE,
        shape: infer::all_same,
        kernel: Kernel::Plain(kernel),
        grad,
        sample: Some(two_alike),
        ..OpDef::BASE
    }
}

/// Linear in the gradient, and flat in the features: the same mask again.
fn masked(c: &mut GradCtx, name: &str) -> Result<()> {
    let g = c.grad(0)?;
    let x = c.input(1);
    let r = c.call(name, &[g, x])?;
    let z = c.zeros_like(x)?;
    c.set(0, r);
    c.set(1, z);
    Ok(())
}

/// Where the output is negative, the gradient grows with it.
fn exponential(c: &mut GradCtx, name: &str) -> Result<()> {
    let g = c.grad(0)?;
    let (g0, y) = (c.input(0), c.input(1));
    let r = c.call(name, &[g, y])?;
    let zero = c.number(c.dtype(y), 0.0)?;
    let negative = c.call("Less", &[y, zero])?;
    let p = c.mul(g, g0)?;
    let s = c.select(negative, p, zero)?;
    c.set(0, r);
    c.set(1, s);
    Ok(())
}

pub static RELU_GRAD: OpDef = OpDef {
    fused: Some(tile::Op::ReluGrad),
    ..grad_of(
        "ReluGrad",
        "The gradient where features > 0, else 0.",
        T_REAL_NUMBERS,
        |c| run(c, Binary::ReluGrad),
        Grad::Rule(|c| masked(c, "ReluGrad")),
    )
};
pub static RELU6_GRAD: OpDef = grad_of(
    "Relu6Grad",
    "The gradient where 0 < features < 6, else 0.",
    T_REAL_NUMBERS,
    |c| run(c, Binary::Relu6Grad),
    Grad::Rule(|c| masked(c, "Relu6Grad")),
);
pub static LEAKY_RELU_GRAD: OpDef = grad_of(
    "LeakyReluGrad",
    "The gradient where features > 0, alpha times it elsewhere.",
    ALPHA,
    |c| {
        same_shape(c)?;
        let alpha = c.attrs().float("alpha")?;
        let (g, x) = (c.take(0), c.take(1));
        c.set(0, pointwise::leaky_relu_grad(g, x, alpha)?);
        Ok(())
    },
    Grad::Rule(|c| {
        let alpha = c.attrs().float("alpha")?;
        let (g, x) = (c.grad(0)?, c.input(1));
        let r = c.op("LeakyReluGrad", &[g, x], Attrs::new().with("alpha", alpha))?;
        let z = c.zeros_like(x)?;
        c.set(0, r);
        c.set(1, z);
        Ok(())
    }),
);
pub static ELU_GRAD: OpDef = OpDef {
    inputs: &[arg("gradients", "T"), arg("outputs", "T")],
    ..grad_of(
        "EluGrad",
        "gradients·(outputs + 1) where outputs < 0, else gradients.",
        T_REAL_NN,
        |c| run(c, Binary::EluGrad),
        Grad::Rule(|c| exponential(c, "EluGrad")),
    )
};
pub static SELU_GRAD: OpDef = OpDef {
    inputs: &[arg("gradients", "T"), arg("outputs", "T")],
    ..grad_of(
        "SeluGrad",
        "gradients·(outputs + scale·α) where outputs < 0, else gradients·scale.",
        T_REAL_NN,
        |c| run(c, Binary::SeluGrad),
        Grad::Rule(|c| exponential(c, "SeluGrad")),
    )
};
pub static SOFTPLUS_GRAD: OpDef = grad_of(
    "SoftplusGrad",
    "gradients · sigmoid(features)",
    T_REAL_NN,
    |c| run(c, Binary::SoftplusGrad),
    Grad::Rule(|c| {
        let g = c.grad(0)?;
        let (dy, x) = (c.input(0), c.input(1));
        let ddy = c.call("SoftplusGrad", &[g, x])?;
        let p = c.mul(g, dy)?;
        let n = c.neg(x)?;
        let (down, up) = (c.call("Exp", &[n])?, c.call("Exp", &[x])?);
        let two = c.number(c.dtype(x), 2.0)?;
        let d = c.add(down, two)?;
        let d = c.add(d, up)?;
        let r = c.div(p, d)?;
        c.set(0, ddy);
        c.set(1, r);
        Ok(())
    }),
);
pub static SOFTSIGN_GRAD: OpDef =
    grad_of("SoftsignGrad", "gradients / (1 + |features|)²", T_REAL_NN, |c| run(c, Binary::SoftsignGrad), Grad::Missing("TensorFlow registers none"));
