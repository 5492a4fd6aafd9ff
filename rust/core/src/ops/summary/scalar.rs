//! ScalarSummary: numbers with their tags.

use super::{doubles, entry, set, tag_text};
use crate::error::Error;
use crate::graph::infer::{ShapeCtx, scalars};
use crate::plan::kernel::KernelCtx;
use crate::proto::summary;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::{Bytes, DType, Tensor, shape_text};

pub static SCALAR_SUMMARY: OpDef = OpDef {
    name: "ScalarSummary",
    doc: "A Summary message with one simple_value per tag; `tags` and `values` have one shape.",
    inputs: &[arg_of("tags", DType::Str), arg("values", "T")],
    outputs: &[arg_of("summary", DType::Str)],
    attrs: &[type_in("T", REALS)],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| scalars(c),
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let (tags, values) = (c.input(0), c.input(1));
        if tags.dims() != values.dims() {
            let named = match tags.as_strings() {
                [tag] => format!(" (tag '{}')", tag_text(tag)),
                _ => String::new(),
            };
            return Err(Error::invalid(format!(
                "tags and values are not the same shape: {} != {}{named}",
                shape_text(tags.dims()),
                shape_text(values.dims())
            )));
        }
        let numbers = doubles(values)?;
        let entries = tags.as_strings().iter().zip(numbers.slice::<f64>());
        let value = entries.map(|(tag, v)| entry(tag_text(tag), summary::value::Value::SimpleValue(*v as f32))).collect();
        set(c, value);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("a summary is a string"),
    sample: Some(|d| {
        let dims = d.dims(0, 2);
        let tags: Vec<Bytes> = (0..dims.iter().product()).map(|i: usize| format!("t{i}").into_bytes().into()).collect();
        Case::new().input(Tensor::strings(tags, &dims)).input(d.tensor(&dims))
    }),
    ..OpDef::BASE
};
