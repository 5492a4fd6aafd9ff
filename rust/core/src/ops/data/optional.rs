//! Optional values: an element, or nothing.

use super::reduce::{set_element, stated_outputs};
use super::*;

struct Perhaps(Option<Values>);

pub(super) fn optional(value: Option<Values>) -> Tensor {
    Tensor::handles(DType::Variant, vec![Arc::new(Perhaps(value)) as Handle], &[])
}

fn perhaps(t: &Tensor) -> Result<&Perhaps> {
    let found = if t.dtype() == DType::Variant { t.as_handles().first() } else { None };
    found.and_then(|h| h.downcast_ref::<Perhaps>()).ok_or_else(|| Error::invalid("The input is not an optional."))
}

const OPTIONAL: Arg = arg_of("optional", DType::Variant);
const BASE: OpDef = OpDef { outputs: &[OPTIONAL], shape: crate::graph::infer::scalars, grad: NO_GRADIENT, ..OpDef::BASE };

pub static OPTIONAL_FROM_VALUE: OpDef = OpDef {
    name: "OptionalFromValue",
    doc: "An optional with a value.",
    inputs: &[args_by_types("components", "Toutput_types")],
    attrs: &[INPUT_TYPES],
    kernel: Kernel::Plain(|c| {
        let n = c.inputs();
        let value = kept(c, 0..n);
        c.set(0, optional(Some(value)));
        Ok(())
    }),
    grad: Grad::Missing("what comes from an iterator is not differentiated"),
    ..BASE
};

pub static OPTIONAL_NONE: OpDef = OpDef {
    name: "OptionalNone",
    doc: "An optional without a value.",
    kernel: Kernel::Plain(|c| {
        c.set(0, optional(None));
        Ok(())
    }),
    ..BASE
};

pub static OPTIONAL_HAS_VALUE: OpDef = OpDef {
    name: "OptionalHasValue",
    doc: "Whether an optional has a value.",
    inputs: &[OPTIONAL],
    outputs: &[arg_of("has_value", DType::Bool)],
    kernel: Kernel::Plain(|c| {
        let has = perhaps(c.input(0))?.0.is_some();
        c.set(0, Tensor::scalar(Bool::from(has)));
        Ok(())
    }),
    ..BASE
};

pub static OPTIONAL_GET_VALUE: OpDef = OpDef {
    name: "OptionalGetValue",
    doc: "The value of an optional. INVALID_ARGUMENT when there is none.",
    inputs: &[OPTIONAL],
    outputs: &[args_by_types("components", "output_types")],
    attrs: &[TYPES, SHAPES],
    shape: stated_outputs,
    kernel: Kernel::Plain(|c| {
        let value = perhaps(c.input(0))?.0.clone();
        let value = value.ok_or_else(|| Error::invalid("The given optional does not have a value."))?;
        set_element(c, value)
    }),
    grad: Grad::Missing("what comes from an iterator is not differentiated"),
    ..BASE
};
