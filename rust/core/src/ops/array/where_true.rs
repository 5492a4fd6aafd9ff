//! Where: the positions of what is not zero.

use crate::error::Result;
use crate::graph::fact::Shape;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::DType;
use graphpb_kernels::indexing::unique::nonzero;

const TYPES: &[DType] = &[
    DType::F32,
    DType::F64,
    DType::I32,
    DType::U8,
    DType::I16,
    DType::I8,
    DType::C64,
    DType::I64,
    DType::QI8,
    DType::QU8,
    DType::QI32,
    DType::BF16,
    DType::QI16,
    DType::QU16,
    DType::U16,
    DType::C128,
    DType::F16,
    DType::U32,
    DType::U64,
    DType::Bool,
];

pub static WHERE: OpDef = OpDef {
    name: "Where",
    doc: "The coordinates of the elements that are true (not zero), one row each, in row-major order.",
    inputs: &[arg("input", "T")],
    outputs: &[arg_of("index", DType::I64)],
    attrs: &[type_in("T", TYPES).default_type(DType::Bool)],
    traits: Traits::PURE,
    shape: |c| {
        let rank = c.input(0).rank().map_or(-1, |r| r as i64);
        c.set(0, Shape::of(&[-1, rank]));
        Ok(())
    },
    kernel: Kernel::Plain(run),
    grad: Grad::NotDifferentiable("the output is an integer"),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        Case::new().input(d.tensor(&dims))
    }),
    ..OpDef::BASE
};

fn run(c: &mut crate::plan::kernel::KernelCtx) -> Result<()> {
    let y = nonzero(c.input(0))?;
    c.set(0, y);
    Ok(())
}
