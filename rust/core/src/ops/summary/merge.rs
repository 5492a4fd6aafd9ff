//! MergeSummary: several summaries as one.

use std::collections::HashSet;

use prost::Message;

use super::set;
use crate::error::{Error, Result};
use crate::graph::infer::{ShapeCtx, scalars};
use crate::plan::kernel::KernelCtx;
use crate::proto::Summary;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::{DType, Tensor};

pub static MERGE_SUMMARY: OpDef = OpDef {
    name: "MergeSummary",
    doc: "A Summary message with the values of all inputs. INVALID_ARGUMENT when two have one tag.",
    inputs: &[args_of("inputs", "N", DType::Str)],
    outputs: &[arg_of("summary", DType::Str)],
    attrs: &[count("N")],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| scalars(c),
    kernel: Kernel::Plain(merge),
    grad: Grad::NotDifferentiable("a summary is a string"),
    sample: Some(|d| {
        let parts = (0..1 + d.below(3)).map(|i| Tensor::string_scalar(&[10, 8, 10, 1, b'a' + i as u8, 0x15, 0, 0, 0x80, 0x3f]));
        parts.fold(Case::new(), Case::input)
    }),
    ..OpDef::BASE
};

fn merge(c: &mut KernelCtx) -> Result<()> {
    let mut values = Vec::new();
    let mut tags = HashSet::new();
    for input in c.input_range(0..c.inputs()) {
        for bytes in input.as_strings() {
            let part = Summary::decode(&**bytes).map_err(|_| Error::invalid("Could not parse one of the summary inputs"))?;
            for value in part.value {
                // A value without a tag (TensorSummary) has its node's name instead.
                if !value.tag.is_empty() && !tags.insert(value.tag.clone()) {
                    return Err(Error::invalid(format!("Duplicate tag {} found in summary inputs", value.tag)));
                }
                values.push(value);
            }
        }
    }
    set(c, values);
    Ok(())
}
