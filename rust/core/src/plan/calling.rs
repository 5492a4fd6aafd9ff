//! Functions that kernels call: the bodies of `map`, `filter` and their kin, planned once.

use std::sync::Arc;

use graphpb_kernels::{Tensor, shape_text};
use smallvec::SmallVec;

use super::kernel::{KernelCtx, Value};
use super::loop_products::Products;
use super::lower::{Lowering, Source};
use super::program::{Plan, Run};
use crate::error::{Error, Result};
use crate::graph::attr::FuncAttr;
use crate::graph::fact::Fact;
use crate::graph::function;
use crate::graph::node::NodeId;
use crate::registry::{AttrKind, OpDef};
use crate::session::env::Env;

/// The tensors that a function takes or gives.
pub type Values = SmallVec<[Tensor; 2]>;

/// A function with its plan.
pub struct Function {
    pub name: Arc<str>,
    plan: Plan,
    args: Vec<Fact>,
    results: usize,
}

impl Function {
    /// The number of arguments.
    pub fn args(&self) -> usize {
        self.args.len()
    }
    pub fn results(&self) -> usize {
        self.results
    }

    /// Call it.
    ///
    /// INVALID_ARGUMENT when the arguments are not those that its signature states.
    pub fn call(&self, env: &Env, args: impl Iterator<Item = Tensor>) -> Result<Values> {
        let mut frame = self.plan.frame();
        let mut given = 0;
        for (i, t) in args.enumerate() {
            match self.args.get(i) {
                Some(f) if f.dtype == t.dtype() && f.shape.admits(t.dims()) => {}
                Some(f) => {
                    return Err(Error::invalid(format!(
                        "function {}: argument {i} must be {} of shape {}, got {} of shape {}",
                        self.name,
                        f.dtype.c_name(),
                        f.shape,
                        t.dtype().c_name(),
                        shape_text(t.dims())
                    )));
                }
                None => return Err(Error::invalid(format!("function {} takes {} arguments, got more", self.name, self.args.len()))),
            }
            self.plan.put(&mut frame, i, Some(Value::Tensor(t)));
            given = i + 1;
        }
        if given < self.args.len() {
            return Err(Error::invalid(format!("function {} takes {} arguments, got {given}", self.name, self.args.len())));
        }
        let mut out = Vec::with_capacity(self.results);
        let done = self.plan.call(&mut frame, env, &mut out);
        self.plan.give_back(frame);
        done?;
        out.into_iter()
            .map(|v| match v {
                Some(Value::Tensor(t)) => Ok(t),
                Some(Value::Ref(r)) => r.read(),
                _ => Err(Error::invalid("Retval[0] does not have value")),
            })
            .collect()
    }
}

impl Lowering<'_, '_> {
    /// A node whose kernel calls the functions that its attributes name.
    pub(super) fn calling(
        &mut self,
        id: NodeId,
        def: &'static OpDef,
        kernel: fn(&mut KernelCtx, &[Arc<Function>]) -> Result<()>,
        inputs: SmallVec<[Source; 4]>,
    ) -> Result<()> {
        let node = self.graph.node(id);
        let mut functions = Vec::new();
        for spec in def.attrs.iter().filter(|a| a.kind == AttrKind::Func) {
            functions.push(Arc::new(self.function(id, &node.attrs.func(spec.name)?.clone())?));
        }
        self.emit(id, def, Run::Calling(kernel, functions), inputs)
    }

    fn function(&self, id: NodeId, f: &FuncAttr) -> Result<Function> {
        let args = function::declared(&self.graph.library, &f.name, &f.attrs)?;
        let body = function::instantiate(&self.graph.library, &f.name, &f.attrs, &args)?;
        let (plan, _) = self.body_plan(id, f, &body, &body.args, &body.results, &[], &[], |_| Products::default())?;
        Ok(Function { name: f.name.clone(), plan, args, results: body.results.len() })
    }
}
