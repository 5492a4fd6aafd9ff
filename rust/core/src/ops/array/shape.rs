//! Shape and ShapeN: the sizes of tensors as vectors.

use super::int_tensor;
use crate::graph::fact::Shape;
use crate::registry::*;
use crate::testing::cases::Case;

pub static SHAPE: OpDef = OpDef {
    name: "Shape",
    doc: "The sizes of the input.",
    inputs: &[arg("input", "T")],
    outputs: &[arg("output", "out_type")],
    attrs: &[type_any("T"), type_index("out_type")],
    traits: Traits::PURE,
    shape: |c| {
        let n = c.input(0).rank().map_or(-1, |r| r as i64);
        c.set(0, Shape::vector(n));
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let t = int_tensor(c.output_dtype(0), c.input(0).dims())?;
        c.set(0, t);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("the output is an integer"),
    sample: Some(|d| {
        let dims = d.dims(0, 4);
        Case::new().input(d.tensor(&dims))
    }),
    ..OpDef::BASE
};

pub static SHAPE_N: OpDef = OpDef {
    name: "ShapeN",
    doc: "The sizes of every input.",
    inputs: &[args("input", "N", "T")],
    outputs: &[args("output", "N", "out_type")],
    attrs: &[count("N"), type_any("T"), type_index("out_type")],
    traits: Traits::PURE,
    shape: |c| {
        for i in 0..c.inputs() {
            let n = c.input(i).rank().map_or(-1, |r| r as i64);
            c.set(i, Shape::vector(n));
        }
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        for i in 0..c.inputs() {
            let t = int_tensor(c.output_dtype(i), c.input(i).dims())?;
            c.set(i, t);
        }
        Ok(())
    }),
    grad: Grad::NotDifferentiable("the outputs are integers"),
    sample: Some(|d| {
        let (a, b) = (d.dims(0, 3), d.dims(0, 3));
        Case::new().input(d.tensor(&a)).input(d.tensor(&b))
    }),
    ..OpDef::BASE
};
