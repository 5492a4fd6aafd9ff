//! EnsureShape, IdentityN, Snapshot and DeepCopy: tensors passed through.

use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::infer::{ShapeCtx, same_as_input};
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::shape_text;

pub static ENSURE_SHAPE: OpDef = OpDef {
    name: "EnsureShape",
    doc: "The input, unchanged. INVALID_ARGUMENT when its shape is not compatible with `shape`.",
    inputs: &[arg("input", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[attr("shape", AttrKind::Shape), type_any("T")],
    traits: Traits::PURE,
    shape: |c| {
        let s = c.input(0).merge(c.attrs().shape("shape")?)?;
        c.set(0, s);
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let want = c.attrs().shape("shape")?;
        let x = c.take(0);
        if !want.admits(x.dims()) {
            return Err(Error::invalid(format!(
                "Shape of tensor {} {} is not compatible with expected shape {want}.",
                c.name(),
                shape_text(x.dims())
            )));
        }
        c.set(0, x);
        Ok(())
    }),
    grad: Grad::Rule(pass),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        Case::new().input(d.tensor(&dims)).attr("shape", crate::graph::fact::Shape::of_rank(dims.len()))
    }),
    ..OpDef::BASE
};

pub static IDENTITY_N: OpDef = OpDef {
    name: "IdentityN",
    doc: "All inputs, unchanged.",
    inputs: &[args_by_types("input", "T")],
    outputs: &[args_by_types("output", "T")],
    attrs: &[attr("T", AttrKind::ListType).at_least(1)],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| {
        for i in 0..c.inputs() {
            let s = c.input(i).clone();
            c.set(i, s);
        }
        Ok(())
    },
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        for i in 0..c.inputs() {
            let t = c.take(i);
            c.set(i, t);
        }
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        for i in 0..c.inputs() {
            c.pass(i, i);
        }
        Ok(())
    }),
    sample: Some(|d| {
        let (a, b) = (d.dims(0, 2), d.dims(0, 2));
        Case::new().input(d.tensor(&a)).input(d.tensor(&b))
    }),
    ..OpDef::BASE
};

pub static SNAPSHOT: OpDef = OpDef {
    name: "Snapshot",
    doc: "A copy of the input.",
    inputs: &[arg("input", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[type_any("T")],
    traits: Traits::PURE,
    shape: same_as_input,
    kernel: Kernel::Alias,
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        Case::new().input(d.tensor(&dims)).differentiate(&[])
    }),
    ..OpDef::BASE
};

pub static DEEP_COPY: OpDef = OpDef {
    name: "DeepCopy",
    doc: "A copy of the input.",
    inputs: &[arg("x", "T")],
    outputs: &[arg("y", "T")],
    attrs: &[type_any("T")],
    traits: Traits::STATEFUL,
    shape: same_as_input,
    kernel: Kernel::Alias,
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        Case::new().input(d.tensor(&dims)).differentiate(&[])
    }),
    ..OpDef::BASE
};

fn pass(c: &mut GradCtx) -> Result<()> {
    c.pass(0, 0);
    Ok(())
}
