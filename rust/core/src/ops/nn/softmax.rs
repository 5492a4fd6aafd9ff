//! Softmax and LogSoftmax along the last axis.

use crate::error::Error;
use crate::error::Result;
use crate::graph::infer::ShapeCtx;
use crate::ops::math::types::T_REAL_NN;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};
use graphpb_kernels::{axes, shape_text};

fn shape(c: &mut ShapeCtx) -> Result<()> {
    let s = c.input(0).with_rank_at_least(1)?;
    c.set(0, s);
    Ok(())
}

fn check(c: &KernelCtx) -> Result<()> {
    if c.input(0).rank() == 0 {
        return Err(Error::invalid(format!("logits must have >= 1 dimension, got {}", shape_text(&[]))));
    }
    Ok(())
}

fn sample(d: &mut Draw) -> Case {
    let dims = d.dims(1, 3);
    Case::new().input(d.tensor(&dims))
}

const BASE: OpDef = OpDef { inputs: &[arg("logits", "T")], attrs: T_REAL_NN, traits: Traits::PURE, shape, sample: Some(sample), ..OpDef::BASE };

pub static SOFTMAX: OpDef = OpDef {
    name: "Softmax",
    doc: "exp(logits) / Σ exp(logits) along the last axis.",
    outputs: &[arg("softmax", "T")],
    kernel: Kernel::Plain(|c| {
        check(c)?;
        let x = c.take(0);
        c.set(0, axes::softmax(x)?);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        let y = c.output(0);
        let p = c.mul(g, y)?;
        let last = c.int_scalar(-1)?;
        let s = c.sum(p, last, true)?;
        let d = c.sub(g, s)?;
        let r = c.mul(d, y)?;
        c.set(0, r);
        Ok(())
    }),
    ..BASE
};

pub static LOG_SOFTMAX: OpDef = OpDef {
    name: "LogSoftmax",
    doc: "logits − log Σ exp(logits) along the last axis.",
    outputs: &[arg("logsoftmax", "T")],
    kernel: Kernel::Plain(|c| {
        check(c)?;
        let x = c.take(0);
        c.set(0, axes::log_softmax(x)?);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        let y = c.output(0);
        let p = c.call("Exp", &[y])?;
        let last = c.int_scalar(-1)?;
        let s = c.sum(g, last, true)?;
        let m = c.mul(s, p)?;
        let r = c.sub(g, m)?;
        c.set(0, r);
        Ok(())
    }),
    ..BASE
};
