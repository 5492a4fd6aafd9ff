//! The gradient ops of element-wise functions: each is a function of two tensors of one shape, differentiable again.

use super::types::*;
use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::infer;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};
use graphpb_kernels::pointwise::{self, Binary};
use graphpb_kernels::shape_text;
use graphpb_kernels::tile;

/// INVALID_ARGUMENT unless inputs 0 and 1 have one shape.
pub(crate) fn same_shape(c: &KernelCtx) -> Result<()> {
    let (a, b) = (c.input(0).dims(), c.input(1).dims());
    if a != b {
        return Err(Error::invalid(format!(
            "Inputs to operation {} of type {} must have the same size and shape.  Input 0: {} != input 1: {}",
            c.name(),
            c.step.op,
            shape_text(a),
            shape_text(b)
        )));
    }
    Ok(())
}

pub(crate) fn run(c: &mut KernelCtx, op: Binary) -> Result<()> {
    same_shape(c)?;
    apply(c, op)
}

fn apply(c: &mut KernelCtx, op: Binary) -> Result<()> {
    let (x, y) = (c.take(0), c.take(1));
    c.set(0, pointwise::binary(op, x, y)?);
    Ok(())
}

pub(crate) fn two_alike(d: &mut Draw) -> Case {
    let dims = d.dims(0, 3);
    let x = d.tensor(&dims);
    Case::new().input(x).input(d.tensor(&dims))
}

/// As `run`, with the message of TensorFlow's unary kernels.
fn run_unary(c: &mut KernelCtx, op: Binary) -> Result<()> {
    let (a, b) = (c.input(0), c.input(1));
    if a.dims() != b.dims() {
        return Err(Error::invalid(format!("The two arguments to a cwise op must have same number of elements, got {} and {}", a.len(), b.len())));
    }
    apply(c, op)
}

const fn grad_of(
    name: &'static str,
    doc: &'static str,
    kernel: fn(&mut KernelCtx) -> Result<()>,
    grad: fn(&mut GradCtx) -> Result<()>,
    sample: fn(&mut Draw) -> Case,
) -> OpDef {
    OpDef {
        name,
        doc,
        inputs: const { &[arg("y", "T"), arg("dy", "T")] },
        outputs: const { &[arg("z", "T")] },
        attrs: T_REAL_COMPLEX,
        traits: Traits::PURE,
        shape: infer::same_as_input,
        kernel: Kernel::Plain(kernel),
        grad: Grad::Rule(grad),
        sample: Some(sample),
        ..OpDef::BASE
    }
}

pub static TANH_GRAD: OpDef = grad_of(
    "TanhGrad",
    "dy · (1 − y²): the gradient of Tanh, from its output.",
    |c| run_unary(c, Binary::TanhGrad),
    |c| {
        let g = c.grad(0)?;
        let (a, b) = (c.input(0), c.input(1));
        let (a, b) = (c.conj(a)?, c.conj(b)?);
        let r = c.scale(g, -2.0)?;
        let r = c.mul(r, b)?;
        let r = c.mul(r, a)?;
        let s = c.call("TanhGrad", &[a, g])?;
        c.set(0, r);
        c.set(1, s);
        Ok(())
    },
    two_alike,
)
.fused_as(tile::Op::TanhGrad);

pub static SIGMOID_GRAD: OpDef = grad_of(
    "SigmoidGrad",
    "dy · y · (1 − y): the gradient of Sigmoid, from its output.",
    |c| run_unary(c, Binary::SigmoidGrad),
    |c| {
        let g = c.grad(0)?;
        let (a, b) = (c.input(0), c.input(1));
        let (a, b) = (c.conj(a)?, c.conj(b)?);
        let gb = c.mul(g, b)?;
        let t = c.scale(gb, 2.0)?;
        let t = c.mul(t, a)?;
        let r = c.sub(gb, t)?;
        let s = c.call("SigmoidGrad", &[a, g])?;
        c.set(0, r);
        c.set(1, s);
        Ok(())
    },
    two_alike,
)
.fused_as(tile::Op::SigmoidGrad);

fn positive_output(d: &mut Draw) -> Case {
    let dims = d.dims(0, 3);
    let y = d.tensor_in(&dims, 0.4, 2.0);
    Case::new().input(y).input(d.tensor(&dims))
}

pub static SQRT_GRAD: OpDef = grad_of(
    "SqrtGrad",
    "dy · 0.5 / y: the gradient of Sqrt, from its output.",
    |c| run_unary(c, Binary::SqrtGrad),
    |c| {
        let g = c.grad(0)?;
        let (a, y) = (c.input(0), c.output(0));
        let q = c.div(g, a)?;
        let n = c.conj(q)?;
        let n = c.neg(n)?;
        let r = c.mul(n, y)?;
        let s = c.scale(q, 0.5)?;
        c.set(0, r);
        c.set(1, s);
        Ok(())
    },
    positive_output,
)
.fused_as(tile::Op::SqrtGrad);

pub static RSQRT_GRAD: OpDef = grad_of(
    "RsqrtGrad",
    "−0.5 · dy · y³: the gradient of Rsqrt, from its output.",
    |c| run_unary(c, Binary::RsqrtGrad),
    |c| {
        let g = c.grad(0)?;
        let (a, b) = (c.input(0), c.input(1));
        let (ca, cg) = (c.conj(a)?, c.conj(g)?);
        let r = c.scale(cg, -1.5)?;
        let r = c.mul(r, b)?;
        let q = c.call("Square", &[ca])?;
        let r = c.mul(r, q)?;
        let s = c.call("RsqrtGrad", &[ca, g])?;
        c.set(0, r);
        c.set(1, s);
        Ok(())
    },
    positive_output,
)
.fused_as(tile::Op::RsqrtGrad);

fn reciprocal_grad_grad(c: &mut GradCtx) -> Result<()> {
    let g = c.grad(0)?;
    let (a, b) = (c.input(0), c.input(1));
    let (ca, cg) = (c.conj(a)?, c.conj(g)?);
    let r = c.scale(cg, -2.0)?;
    let r = c.mul(r, b)?;
    let r = c.mul(r, ca)?;
    let s = c.call("ReciprocalGrad", &[ca, g])?;
    c.set(0, r);
    c.set(1, s);
    Ok(())
}
const RECIPROCAL_DOC: &str = "−dy · y²: the gradient of Reciprocal, from its output.";
pub static RECIPROCAL_GRAD: OpDef =
    grad_of("ReciprocalGrad", RECIPROCAL_DOC, |c| run_unary(c, Binary::ReciprocalGrad), reciprocal_grad_grad, two_alike)
        .fused_as(tile::Op::ReciprocalGrad);
pub static INV_GRAD: OpDef =
    grad_of("InvGrad", RECIPROCAL_DOC, |c| run_unary(c, Binary::ReciprocalGrad), reciprocal_grad_grad, two_alike).fused_as(tile::Op::ReciprocalGrad);
