//! Cross entropies of softmax: dense labels, and class numbers. Both give the loss and its gradient.

use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::fact::Shape;
use crate::graph::infer::equal_sizes;
use crate::graph::node::Out;
use crate::ops::math::types::REAL_NN;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::movement::transpose::broadcast_to;
use graphpb_kernels::pointwise::broadcast_dims;
use graphpb_kernels::{DType, axes, shape_text};

/// `v[i] · m[i, j]`, of a vector and a matrix.
fn scale_rows(c: &mut GradCtx, v: Out, m: Out) -> Result<Out> {
    let last = c.int_scalar(-1)?;
    let v = c.call("ExpandDims", &[v, last])?;
    c.mul(v, m)
}

/// The gradient of the logits, through the loss and, where it is used, through output 1.
fn logits_grad(c: &mut GradCtx) -> Result<Out> {
    let g = c.grad(0)?;
    let backprop = c.output(1);
    let r = scale_rows(c, g, backprop)?;
    if !c.has_grad(1) {
        return Ok(r);
    }
    let gg = c.grad(1)?;
    let logits = c.input(0);
    let p = c.op_node("Softmax", "Softmax", &[logits], Attrs::new())?.out(0);
    let gp = c.mul(gg, p)?;
    let last = c.int_scalar(-1)?;
    let s = c.sum(gp, last, true)?;
    let d = c.sub(gg, s)?;
    let second = c.mul(d, p)?;
    c.add(r, second)
}

pub static SOFTMAX_CROSS_ENTROPY_WITH_LOGITS: OpDef = OpDef {
    name: "SoftmaxCrossEntropyWithLogits",
    doc: "For logits and labels [batch, classes] (which broadcast): the loss −Σ labels·log_softmax(logits) as [batch], and its gradient softmax(logits) − labels.",
    inputs: &[arg("features", "T"), arg("labels", "T")],
    outputs: &[arg("loss", "T"), arg("backprop", "T")],
    attrs: &[type_in("T", REAL_NN)],
    traits: Traits::PURE,
    shape: |c| {
        let s = c.input(0).broadcast(c.input(1))?;
        if let Some(r) = s.rank().filter(|&r| r != 2) {
            return Err(Error::value(format!("Shape must be broadcasted with rank 2, but is rank {r}")));
        }
        let s = s.with_rank(2)?;
        c.set(0, Shape::vector(s.dim(0)));
        c.set(1, s);
        Ok(())
    },
    kernel: Kernel::Plain(run_dense),
    grad: Grad::Rule(|c| {
        let r = logits_grad(c)?;
        c.set(0, r);
        let g = c.grad(0)?;
        let logits = c.input(0);
        let log = c.call("LogSoftmax", &[logits])?;
        let n = c.neg(log)?;
        let mut l = scale_rows(c, g, n)?;
        if c.has_grad(1) {
            // Output 1 falls by one for each unit of the label.
            let gg = c.grad(1)?;
            l = c.sub(l, gg)?;
        }
        c.set(1, l);
        Ok(())
    }),
    sample: Some(|d| {
        let dims = d.dims(2, 2);
        let x = d.tensor(&dims);
        // The gradient takes labels that sum to 1 for granted.
        let weights = d.tensor(&dims);
        let labels = axes::softmax(weights.clone()).unwrap_or(weights);
        Case::new().input(x).input(labels)
    }),
    ..OpDef::BASE
};

fn run_dense(c: &mut KernelCtx) -> Result<()> {
    let (x, y) = (c.input(0), c.input(1));
    let clash = || {
        Error::invalid(format!("logits and labels must be broadcastable: logits_size={} labels_size={}", shape_text(x.dims()), shape_text(y.dims())))
    };
    let dims = broadcast_dims(x.dims(), y.dims()).map_err(|_| clash())?;
    if dims.len() != 2 {
        return Err(Error::invalid("logits and labels must be either 2-dimensional, or broadcasted to be 2-dimensional"));
    }
    let (x, y) = (c.take(0), c.take(1));
    let wide = |t: graphpb_kernels::Tensor| if t.dims() == dims.as_slice() { Ok(t) } else { broadcast_to(&t, &dims) };
    let (loss, backprop) = axes::cross_entropy(wide(x)?, &wide(y)?)?;
    c.set(0, loss);
    c.set(1, backprop);
    Ok(())
}

pub static SPARSE_SOFTMAX_CROSS_ENTROPY_WITH_LOGITS: OpDef = OpDef {
    name: "SparseSoftmaxCrossEntropyWithLogits",
    doc: "For logits [batch, classes] and class numbers [batch]: the loss −log_softmax(logits)[label] and its gradient. INVALID_ARGUMENT for a label out of range.",
    inputs: &[arg("features", "T"), arg("labels", "Tlabels")],
    outputs: &[arg("loss", "T"), arg("backprop", "T")],
    attrs: &[type_in("T", REAL_NN), type_in("Tlabels", INDEX).default_type(DType::I64)],
    traits: Traits::PURE,
    shape: |c| {
        let s = c.input(0).with_rank(2)?;
        let l = c.input(1).with_rank(1)?;
        let batch = equal_sizes(s.dim(0), l.dim(0))?;
        c.set(0, Shape::vector(batch));
        c.set(1, s.with_dim(0, batch));
        Ok(())
    },
    kernel: Kernel::Plain(run_sparse),
    grad: Grad::Rule(|c| {
        let r = logits_grad(c)?;
        c.set(0, r);
        Ok(())
    }),
    sample: Some(|d| {
        let (batch, classes) = (d.below(5), 1 + d.below(4));
        let x = d.tensor(&[batch, classes]);
        let kind = d.one_of(INDEX);
        Case::new().input(x).input(d.integers(kind, &[batch], 0, classes as i64 - 1))
    }),
    ..OpDef::BASE
};

fn run_sparse(c: &mut KernelCtx) -> Result<()> {
    let (x, l) = (c.input(0), c.input(1));
    if x.rank() != 2 {
        return Err(Error::invalid(format!("logits must be 2-D, but got shape {}", shape_text(x.dims()))));
    }
    if l.rank() != 1 {
        return Err(Error::invalid(format!("labels must be 1-D, but got shape {}", shape_text(l.dims()))));
    }
    if x.dims()[0] != l.len() {
        return Err(Error::invalid(format!(
            "logits and labels must have the same first dimension, got logits shape {} and labels shape {}",
            shape_text(x.dims()),
            shape_text(l.dims())
        )));
    }
    if x.dims()[1] == 0 && !l.is_empty() {
        return Err(Error::invalid(format!("Must have at least one class, but got logits shape {}", shape_text(x.dims()))));
    }
    let labels = c.ints(1)?;
    let x = c.take(0);
    let (loss, backprop) = axes::sparse_cross_entropy(x, &labels)?;
    c.set(0, loss);
    c.set(1, backprop);
    Ok(())
}
