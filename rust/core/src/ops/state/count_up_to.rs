//! CountUpTo and ResourceCountUpTo: a counter with an end.

use graphpb_kernels::{Code, DType, Tensor};

use crate::error::{Error, Result};
use crate::graph::infer;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;

fn count(c: &mut KernelCtx) -> Result<()> {
    let limit = c.attrs().int("limit")?;
    let before = c.any_variable(0)?.update(|t| {
        let now = match t.to_i64s().as_deref() {
            Some([v]) if matches!(t.dtype(), DType::I32 | DType::I64) => *v,
            _ => return Err(Error::invalid("the variable must be one int32 or int64")),
        };
        if now >= limit {
            return Err(Error::status(Code::OutOfRange, format!("Reached limit of {limit}")));
        }
        let before = t.clone();
        match t.dtype() {
            DType::I32 => t.slice_mut::<i32>()[0] = (now + 1) as i32,
            _ => t.slice_mut::<i64>()[0] = now + 1,
        }
        Ok(before)
    })?;
    c.set(0, Tensor::into_owned(before));
    Ok(())
}

pub static COUNT_UP_TO: OpDef = OpDef {
    name: "CountUpTo",
    doc: "The variable's value, which is then increased by one. OUT_OF_RANGE once it has reached `limit`.",
    inputs: &[arg("ref", "T").by_ref()],
    outputs: &[arg("output", "T")],
    attrs: &[int("limit"), type_in("T", INDEX)],
    shape: infer::scalars,
    kernel: Kernel::Plain(count),
    grad: Grad::Missing("the output is an integer"),
    ..OpDef::BASE
};

pub static RESOURCE_COUNT_UP_TO: OpDef = OpDef {
    name: "ResourceCountUpTo",
    doc: "As CountUpTo, through a handle.",
    inputs: &[arg_of("resource", DType::Resource)],
    outputs: &[arg("output", "T")],
    attrs: &[int("limit"), type_in("T", INDEX)],
    traits: Traits::STATEFUL,
    shape: infer::scalars,
    kernel: Kernel::Plain(count),
    grad: Grad::Missing("the output is an integer"),
    ..OpDef::BASE
};
