//! StackV2 and its pushes and pops: what a dataflow loop keeps for its gradient.

use std::sync::{Arc, Mutex};

use crate::Result;
use crate::error::Error;
use crate::graph::fact::Shape;
use crate::graph::infer::{ShapeCtx, scalars};
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use graphpb_kernels::{DType, Handle, Tensor};

const REASON: &str = "stacks are made by gradients of dataflow loops";

struct Stack {
    values: Vec<Tensor>,
    limit: usize,
}

fn stack(c: &KernelCtx) -> Result<Arc<Mutex<Stack>>> {
    let h = c.input(0);
    let handle = (h.dtype() == DType::Resource).then(|| h.as_handles().first().cloned()).flatten();
    handle.and_then(|h| h.downcast::<Mutex<Stack>>().ok()).ok_or_else(|| Error::invalid("the handle is not that of a stack"))
}

fn passed(c: &mut ShapeCtx) -> Result<()> {
    let s = c.input(1).clone();
    c.set(0, s);
    Ok(())
}

pub static STACK_V2: OpDef = OpDef {
    name: "StackV2",
    doc: "A new empty stack of tensors; `max_size` limits it when it is not negative.",
    inputs: &[arg_of("max_size", DType::I32)],
    outputs: &[arg_of("handle", DType::Resource)],
    attrs: &[type_any("elem_type"), string("stack_name").default_str("")],
    traits: Traits::STATEFUL,
    shape: scalars,
    kernel: Kernel::Plain(|c| {
        let limit = usize::try_from(c.int(0)?).unwrap_or(usize::MAX);
        let handle: Handle = Arc::new(Mutex::new(Stack { values: Vec::new(), limit }));
        c.set(0, Tensor::handles(DType::Resource, vec![handle], &[]));
        Ok(())
    }),
    grad: Grad::NotDifferentiable(REASON),
    ..OpDef::BASE
};

pub static STACK_PUSH_V2: OpDef = OpDef {
    name: "StackPushV2",
    doc: "Puts `elem` on the stack and passes it on. INVALID_ARGUMENT when the stack is full.",
    inputs: &[arg_of("handle", DType::Resource), arg("elem", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[type_any("T"), flag("swap_memory", false)],
    traits: Traits::STATEFUL,
    shape: passed,
    kernel: Kernel::Plain(|c| {
        let s = stack(c)?;
        let value = c.take(1);
        let mut s = s.lock().unwrap_or_else(|e| e.into_inner());
        if s.values.len() >= s.limit {
            return Err(Error::invalid(format!("Stack overflowed: its max_size is {}", s.limit)));
        }
        s.values.push(value.clone());
        c.set(0, value);
        Ok(())
    }),
    grad: Grad::Missing(REASON),
    ..OpDef::BASE
};

pub static STACK_POP_V2: OpDef = OpDef {
    name: "StackPopV2",
    doc: "Takes the newest tensor off the stack. INVALID_ARGUMENT when it is empty.",
    inputs: &[arg_of("handle", DType::Resource)],
    outputs: &[arg("elem", "elem_type")],
    attrs: &[type_any("elem_type")],
    traits: Traits::STATEFUL,
    shape: |c| {
        c.set(0, Shape::UNKNOWN);
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let s = stack(c)?;
        let value = s.lock().unwrap_or_else(|e| e.into_inner()).values.pop();
        let value = value.ok_or_else(|| Error::invalid("Stack is empty when calling Pop()"))?;
        if value.dtype() != c.output_dtype(0) {
            return Err(Error::invalid(format!("the stack holds {}, not {}", value.dtype().name(), c.output_dtype(0).name())));
        }
        c.set(0, value);
        Ok(())
    }),
    grad: Grad::Missing(REASON),
    ..OpDef::BASE
};

pub static STACK_CLOSE_V2: OpDef = OpDef {
    name: "StackCloseV2",
    doc: "Empties the stack.",
    inputs: &[arg_of("handle", DType::Resource)],
    traits: Traits::STATEFUL,
    kernel: Kernel::Plain(|c| {
        stack(c)?.lock().unwrap_or_else(|e| e.into_inner()).values.clear();
        Ok(())
    }),
    grad: Grad::NotDifferentiable(REASON),
    ..OpDef::BASE
};
