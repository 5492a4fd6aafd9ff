//! Switch, Merge and their reference forms: TensorFlow 1's conditionals as dataflow.

use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::fact::Shape;
use crate::graph::infer::ShapeCtx;
use crate::registry::*;
use crate::{Error, Result};
use graphpb_kernels::DType;

/// The gradient of whichever side was taken; zeros from a side that no gradient reaches.
fn switch_grad(c: &mut GradCtx) -> Result<()> {
    let pred = c.input(1);
    if c.graph().node(pred.node).op_name() == "LoopCond" {
        return super::loops::no_gradient(c);
    }
    let mut sides = Vec::new();
    for i in 0..2 {
        sides.push(if c.has_grad(i) {
            c.grad(i)?
        } else {
            let y = c.output(i);
            c.zeros_like(y)?
        });
    }
    let merged = c.op_node("Merge", "cond_grad", &sides, Attrs::new())?;
    c.set(0, merged.out(0));
    Ok(())
}

/// The gradient goes to the input that was alive.
fn merge_grad(c: &mut GradCtx) -> Result<()> {
    let into_loop = |op: &str| matches!(op, "NextIteration" | "RefNextIteration" | "Enter" | "RefEnter");
    let producers: Vec<_> = (0..c.inputs()).map(|i| c.input(i).node).collect();
    if producers.iter().any(|&n| into_loop(c.graph().node(n).op_name())) {
        return super::loops::no_gradient(c);
    }
    if c.inputs() != 2 {
        return Err(Error::unimplemented(format!("the gradient of a Merge of {} tensors", c.inputs())));
    }
    let (g, taken) = (c.grad(0)?, c.output(1));
    let second = c.cast(taken, DType::Bool)?;
    let sides = c.op_node("Switch", "Switch", &[g, second], Attrs::new())?;
    c.set(0, sides.out(0));
    c.set(1, sides.out(1));
    Ok(())
}

fn both(c: &mut ShapeCtx) -> Result<()> {
    let s = c.input(0).clone();
    c.set(0, s.clone());
    c.set(1, s);
    Ok(())
}

/// What all inputs have in common; the index is a scalar.
fn merged(c: &mut ShapeCtx) -> Result<()> {
    let s = (1..c.inputs()).fold(c.input(0).clone(), |s, i| s.widen(c.input(i)));
    c.set(0, s);
    c.set(1, Shape::scalar());
    Ok(())
}

pub static SWITCH: OpDef = OpDef {
    name: "Switch",
    doc: "Passes `data` to output 1 when `pred` is true, otherwise to output 0; what depends on the other output does not run.",
    inputs: &[arg("data", "T"), arg_of("pred", DType::Bool)],
    outputs: &[arg("output_false", "T"), arg("output_true", "T")],
    attrs: &[type_any("T")],
    shape: both,
    kernel: Kernel::Control,
    grad: Grad::Rule(switch_grad),
    ..OpDef::BASE
};

pub static REF_SWITCH: OpDef = OpDef {
    name: "RefSwitch",
    doc: "Switch of a reference to a variable.",
    inputs: &[arg("data", "T").by_ref(), arg_of("pred", DType::Bool)],
    outputs: &[arg("output_false", "T").by_ref(), arg("output_true", "T").by_ref()],
    attrs: &[type_any("T")],
    traits: Traits::ALLOWS_UNINITIALIZED,
    shape: both,
    kernel: Kernel::Control,
    grad: Grad::Rule(switch_grad),
    ..OpDef::BASE
};

pub static MERGE: OpDef = OpDef {
    name: "Merge",
    doc: "The one input that is alive, and its number.",
    inputs: &[args("inputs", "N", "T")],
    outputs: &[arg("output", "T"), arg_of("value_index", DType::I32)],
    attrs: &[type_any("T"), count("N")],
    shape: merged,
    kernel: Kernel::Control,
    grad: Grad::Rule(merge_grad),
    ..OpDef::BASE
};

pub static REF_MERGE: OpDef = OpDef {
    name: "RefMerge",
    doc: "Merge of references to variables.",
    inputs: &[args("inputs", "N", "T").by_ref()],
    outputs: &[arg("output", "T").by_ref(), arg_of("value_index", DType::I32)],
    attrs: &[type_any("T"), count("N")],
    shape: merged,
    kernel: Kernel::Control,
    grad: Grad::Rule(merge_grad),
    ..OpDef::BASE
};

/// The error for a piece of a loop that does not belong to a whole one.
pub fn stray(op: &str) -> Error {
    Error::unimplemented(format!("{op} is not part of a loop that can be structured (Enter, Merge, Switch, NextIteration, Exit around one LoopCond)"))
}
