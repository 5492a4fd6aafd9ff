//! Assert: stop the run when a condition is false.

use super::summarize::summarize;
use crate::error::Error;
use crate::registry::*;
use graphpb_kernels::{Bool, DType};

pub static ASSERT: OpDef = OpDef {
    name: "Assert",
    doc: "INVALID_ARGUMENT with the first `summarize` values of each of `data` when `condition` is false.",
    inputs: &[arg_of("condition", DType::Bool), args_by_types("data", "T")],
    attrs: &[attr("T", AttrKind::ListType).at_least(1), int("summarize").default_int(3)],
    traits: Traits::STATEFUL,
    kernel: Kernel::Plain(|c| {
        let condition = c.input(0);
        if condition.rank() != 0 {
            return Err(Error::invalid("In[0] should be a scalar"));
        }
        if condition.slice::<Bool>()[0].get() {
            return Ok(());
        }
        let limit = c.attrs().int("summarize")?;
        let data: Vec<String> = (1..c.inputs()).map(|i| format!("[{}]", summarize(c.input(i), limit))).collect();
        Err(Error::invalid(format!("assertion failed: {}", data.join(" "))))
    }),
    grad: Grad::NotDifferentiable("an assertion has no outputs"),
    ..OpDef::BASE
};
