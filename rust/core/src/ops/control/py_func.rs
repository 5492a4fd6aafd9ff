//! PyFunc and PyFuncStateless: call a function of the Python program, through a hook that the Python extension sets.

use std::sync::OnceLock;

use crate::error::{Code, Error, Result};
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use graphpb_kernels::{DType, Tensor};

/// Calls the function of a token with these inputs; the values it returned, of whatever types and number.
pub type Caller = fn(token: &str, inputs: Vec<Tensor>, expected: &[DType]) -> Result<Vec<Tensor>>;

static CALLER: OnceLock<Caller> = OnceLock::new();

/// Say who calls functions; the first caller stays.
pub fn set_caller(caller: Caller) {
    let _ = CALLER.set(caller);
}

fn call(c: &mut KernelCtx) -> Result<()> {
    let token = c.attrs().str("token")?;
    let Some(caller) = CALLER.get() else {
        return Err(Error::unimplemented(format!("{} calls a function of the Python program that made it, and there is no Python here", c.name()))
            .hint("feed its outputs, or run the graph from Python."));
    };
    let inputs = (0..c.inputs()).map(|i| c.take(i)).collect();
    let expected: Vec<DType> = (0..c.outputs()).map(|i| c.output_dtype(i)).collect();
    let values = caller(token, inputs, &expected)?;
    if values.len() != expected.len() {
        return Err(Error::status(
            Code::InvalidArgument,
            format!("{token} returns {} values, but expects to see {} values.", values.len(), expected.len()),
        ));
    }
    for (i, (value, &want)) in values.into_iter().zip(&expected).enumerate() {
        if value.dtype() != want {
            return Err(Error::invalid(format!("{i}-th value returned by {token} is {}, but expects {}", value.dtype().c_name(), want.c_name())));
        }
        c.set(i, value);
    }
    Ok(())
}

pub static PY_FUNC: OpDef = OpDef {
    name: "PyFunc",
    doc: "What the Python function registered under `token` returns for numpy copies of the inputs; run each time, never shared.",
    inputs: &[args_by_types("input", "Tin")],
    outputs: &[args_by_types("output", "Tout")],
    attrs: &[string("token"), attr("Tin", AttrKind::ListType).at_least(0), attr("Tout", AttrKind::ListType).at_least(0)],
    traits: Traits::STATEFUL.and(Traits::CALLS_OUT),
    kernel: Kernel::Plain(call),
    grad: Grad::NotDifferentiable(
        "what the Python program computes is unknown; a gradient comes by tf.RegisterGradient and Graph.gradient_override_map",
    ),
    ..OpDef::BASE
};

pub static PY_FUNC_STATELESS: OpDef = OpDef {
    name: "PyFuncStateless",
    doc: "As PyFunc, for a function whose result depends on its inputs alone.",
    traits: Traits::CALLS_OUT,
    ..PY_FUNC
};
