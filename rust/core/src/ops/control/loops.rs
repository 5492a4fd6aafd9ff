//! Enter, Exit, NextIteration, LoopCond: TensorFlow 1's loops as dataflow. The plan lowers whole loops; none of these runs alone.

use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::infer::{same_as_input, unknown};
use crate::registry::*;
use graphpb_kernels::DType;

pub(super) fn no_gradient(_: &mut GradCtx) -> Result<()> {
    Err(Error::unimplemented("a piece of a loop cannot be differentiated from inside of it")
        .hint("differentiate by what enters the loop, from what leaves it (its Exit nodes)"))
}

const ENTER_ATTRS: &[AttrSpec] = &[type_any("T"), string("frame_name"), flag("is_constant", false), int("parallel_iterations").default_int(10)];

const PIECE: OpDef = OpDef {
    inputs: &[arg("data", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[type_any("T")],
    kernel: Kernel::Control,
    grad: Grad::Rule(no_gradient),
    ..OpDef::BASE
};

const REF_PIECE: OpDef = OpDef { inputs: &[arg("data", "T").by_ref()], outputs: &[arg("output", "T").by_ref()], ..PIECE };

pub static ENTER: OpDef =
    OpDef { name: "Enter", doc: "Brings a tensor into the frame of a loop.", attrs: ENTER_ATTRS, shape: same_as_input, ..PIECE };

pub static REF_ENTER: OpDef =
    OpDef { name: "RefEnter", doc: "Brings a reference into the frame of a loop.", attrs: ENTER_ATTRS, shape: same_as_input, ..REF_PIECE };

pub static EXIT: OpDef = OpDef { name: "Exit", doc: "The value of a loop variable when its loop has ended.", shape: same_as_input, ..PIECE };

pub static REF_EXIT: OpDef = OpDef { name: "RefExit", doc: "Exit of a reference.", shape: same_as_input, ..REF_PIECE };

pub static NEXT_ITERATION: OpDef =
    OpDef { name: "NextIteration", doc: "The value of a loop variable for the next iteration.", shape: unknown, ..PIECE };

pub static REF_NEXT_ITERATION: OpDef = OpDef { name: "RefNextIteration", doc: "NextIteration of a reference.", shape: unknown, ..REF_PIECE };

pub static LOOP_COND: OpDef = OpDef {
    name: "LoopCond",
    doc: "Whether the loop goes on; the pivot of its frame.",
    inputs: &[arg_of("input", DType::Bool)],
    outputs: &[arg_of("output", DType::Bool)],
    attrs: &[],
    shape: same_as_input,
    ..PIECE
};
