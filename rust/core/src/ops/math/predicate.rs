//! IsNan, IsInf, IsFinite: which kind of float each element is.

use super::types::T_REAL;
use super::unary::any;
use crate::error::Result;
use crate::graph::infer;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use graphpb_kernels::DType;
use graphpb_kernels::pointwise::{self, Predicate};

const fn predicate(name: &'static str, doc: &'static str, kernel: fn(&mut KernelCtx) -> Result<()>) -> OpDef {
    OpDef {
        name,
        doc,
        inputs: const { &[arg("x", "T")] },
        outputs: const { &[arg_of("y", DType::Bool)] },
        attrs: T_REAL,
        traits: Traits::PURE,
        shape: infer::same_as_input,
        kernel: Kernel::Plain(kernel),
        grad: Grad::Missing("the output is a bool"),
        sample: Some(any),
        ..OpDef::BASE
    }
}

fn run(c: &mut KernelCtx, op: Predicate) -> Result<()> {
    let y = pointwise::predicate(op, c.input(0))?;
    c.set(0, y);
    Ok(())
}

pub static IS_NAN: OpDef = predicate("IsNan", "Whether each element is NaN.", |c| run(c, Predicate::IsNan));
pub static IS_INF: OpDef = predicate("IsInf", "Whether each element is infinite.", |c| run(c, Predicate::IsInf));
pub static IS_FINITE: OpDef = predicate("IsFinite", "Whether each element is neither infinite nor NaN.", |c| run(c, Predicate::IsFinite));
