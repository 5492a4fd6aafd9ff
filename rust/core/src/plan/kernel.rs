//! What a kernel sees: its inputs (moved when this is their last use), attributes, variables, and where results go.

use std::any::Any;
use std::sync::{Arc, Mutex};

use graphpb_kernels::{DType, Tensor};
use smallvec::SmallVec;

use crate::error::{Error, Result};
use crate::graph::attr::Attrs;
use crate::graph::fact::Fact;
use crate::session::env::Env;
use crate::session::vars::Variable;

/// A value on its way between two steps.
#[derive(Clone)]
pub enum Value {
    Tensor(Tensor),
    /// A reference to a variable's buffer (the output of `VariableV2`).
    Ref(Arc<Variable>),
    /// Nothing: the branch that would have made it was not taken.
    Dead,
}

/// A kernel with its attributes read.
pub type Prepared = Box<dyn Fn(&mut KernelCtx) -> Result<()> + Send + Sync>;

/// What is known when a plan is made.
pub struct Prepare<'a> {
    pub name: &'a str,
    pub attrs: &'a Attrs,
    /// Static facts of the inputs.
    pub inputs: &'a [Fact],
    pub outputs: &'a [Fact],
    /// The values of inputs that are constant.
    pub constants: &'a [Option<Tensor>],
}

/// Identity of a node, as kernels and errors need it.
pub struct StepInfo {
    pub name: Arc<str>,
    pub op: &'static str,
    pub attrs: Attrs,
    /// Element types of the outputs.
    pub outputs: SmallVec<[DType; 2]>,
    /// The node's number in the stored graph; keys its state.
    pub node: u64,
    /// File and line where the user created it.
    pub site: Option<(Arc<str>, u32)>,
}

impl StepInfo {
    /// `e`, naming the node and the user's line.
    pub fn locate(&self, e: Error) -> Error {
        e.at_node(&self.name, self.op).at_site(self.site.as_ref().map(|(f, l)| format!("{f}:{l}")))
    }
}

pub struct KernelCtx<'a> {
    pub(crate) step: &'a StepInfo,
    pub(crate) inputs: &'a mut [Option<Value>],
    pub(crate) outputs: &'a mut [Option<Value>],
    pub(crate) env: &'a Env<'a>,
}

impl<'a> KernelCtx<'a> {
    pub fn new(step: &'a StepInfo, inputs: &'a mut [Option<Value>], outputs: &'a mut [Option<Value>], env: &'a Env<'a>) -> KernelCtx<'a> {
        KernelCtx { step, inputs, outputs, env }
    }
    pub fn name(&self) -> &'a str {
        &self.step.name
    }
    pub fn op(&self) -> &'static str {
        self.step.op
    }
    /// The node's number in the stored graph.
    pub fn node(&self) -> u64 {
        self.step.node
    }
    pub fn attrs(&self) -> &'a Attrs {
        &self.step.attrs
    }
    /// The number of input tensors (list arguments count each).
    pub fn inputs(&self) -> usize {
        self.inputs.len()
    }
    pub fn outputs(&self) -> usize {
        self.outputs.len()
    }
    /// The element type of output `i`.
    pub fn output_dtype(&self, i: usize) -> DType {
        self.step.outputs[i]
    }
    /// Input `i`. Panics when it was taken already (a defect of the kernel).
    pub fn input(&self, i: usize) -> &Tensor {
        match &self.inputs[i] {
            Some(Value::Tensor(t)) => t,
            Some(_) => panic!("input {i} of {} is not a tensor", self.step.op),
            None => panic!("input {i} of {} was taken", self.step.op),
        }
    }
    /// Input `i`, moved out: when this was its last use it is unshared and may be overwritten in place.
    pub fn take(&mut self, i: usize) -> Tensor {
        match self.inputs[i].take() {
            Some(Value::Tensor(t)) => t,
            Some(_) => panic!("input {i} of {} is not a tensor", self.step.op),
            None => panic!("input {i} of {} was taken", self.step.op),
        }
    }
    /// All inputs from `start` to `end`, as tensors.
    pub fn input_range(&self, range: std::ops::Range<usize>) -> Vec<&Tensor> {
        range.map(|i| self.input(i)).collect()
    }
    /// The integers of a small int32 or int64 input.
    pub fn ints(&self, i: usize) -> Result<Vec<i64>> {
        self.input(i).to_i64s().ok_or_else(|| Error::invalid(format!("input {i} must hold integers")))
    }
    /// The integer of a one-element input.
    pub fn int(&self, i: usize) -> Result<i64> {
        match self.ints(i)?.as_slice() {
            [v] => Ok(*v),
            v => Err(Error::invalid(format!("input {i} must be a scalar, but has {} elements", v.len()))),
        }
    }
    /// The variable that reference input `i` stands for.
    pub fn variable(&self, i: usize) -> Result<&Arc<Variable>> {
        match &self.inputs[i] {
            Some(Value::Ref(v)) => Ok(v),
            _ => Err(Error::invalid(format!("input {i} must be a reference to a variable"))),
        }
    }
    /// The variable that input `i` stands for: a reference, or a resource handle.
    pub fn any_variable(&self, i: usize) -> Result<Arc<Variable>> {
        match &self.inputs[i] {
            Some(Value::Ref(v)) => Ok(v.clone()),
            Some(Value::Tensor(t)) if t.dtype() == DType::Resource => match t.as_handles() {
                [h] => h.clone().downcast().map_err(|_| Error::invalid(format!("input {i} is not a variable"))),
                h => Err(Error::invalid(format!("input {i} must be one handle, but has {}", h.len()))),
            },
            _ => Err(Error::invalid(format!("input {i} must be a variable"))),
        }
    }
    pub fn set(&mut self, i: usize, t: Tensor) {
        self.outputs[i] = Some(Value::Tensor(t));
    }
    /// Let output `i` be a reference to `v`.
    pub fn set_ref(&mut self, i: usize, v: Arc<Variable>) {
        self.outputs[i] = Some(Value::Ref(v));
    }
    pub fn env(&self) -> &'a Env<'a> {
        self.env
    }
    /// The state of this node in this session, made on first use (generators, queues).
    pub fn state<T: Any + Send>(&self, init: impl FnOnce() -> T) -> Arc<Mutex<T>> {
        self.env.state(self.step.node, init)
    }
}
