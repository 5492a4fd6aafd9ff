//! Bitcast: the same bytes as another type.

use crate::error::{Error, Result};
use crate::graph::fact::Shape;
use crate::graph::infer::ShapeCtx;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::{DType, Tensor, shape_text};

const TYPES: &[DType] = &[
    DType::BF16,
    DType::F16,
    DType::F32,
    DType::F64,
    DType::I64,
    DType::I32,
    DType::U8,
    DType::U16,
    DType::U32,
    DType::U64,
    DType::I8,
    DType::I16,
    DType::C64,
    DType::C128,
    DType::QI8,
    DType::QU8,
    DType::QI16,
    DType::QU16,
    DType::QI32,
];

pub static BITCAST: OpDef = OpDef {
    name: "Bitcast",
    doc: "The bytes of `input` as `type`; a narrower type adds an innermost axis, a wider one consumes it.",
    inputs: &[arg("input", "T")],
    outputs: &[arg("output", "type")],
    attrs: &[type_in("T", TYPES), type_in("type", TYPES)],
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(run),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| {
        let mut dims = d.dims(0, 2);
        let to = d.one_of(&[DType::U8, DType::I16, DType::F32, DType::U64, DType::C128]);
        if to.size() > d.dtype.size() {
            dims.push(to.size() / d.dtype.size());
        }
        Case::new().input(d.tensor(&dims)).attr("type", to).differentiate(&[])
    }),
    ..OpDef::BASE
};

fn shape(c: &mut ShapeCtx) -> Result<()> {
    let (from, to) = (c.attrs().dtype("T")?.size() as i64, c.attrs().dtype("type")?.size() as i64);
    let s = c.input(0).clone();
    let out = if from == to {
        s
    } else if from > to {
        s.concat(&Shape::vector(from / to))
    } else {
        let s = s.with_rank_at_least(1)?;
        let Some(rank) = s.rank() else { return Ok(()) };
        let last = s.dim(rank - 1);
        if last >= 0 && last != to / from {
            return Err(Error::value(format!("Cannot bitcast due to shape. {last} does not match {}", to / from)));
        }
        s.sub(0..rank - 1)
    };
    c.set(0, out);
    Ok(())
}

fn run(c: &mut KernelCtx) -> Result<()> {
    let to = c.output_dtype(0);
    let x = c.take(0);
    let (a, b) = (x.dtype().size(), to.size());
    let mut dims = x.dims().to_vec();
    if a > b {
        dims.push(a / b);
    } else if a < b && dims.pop() != Some(b / a) {
        return Err(Error::invalid(format!("Cannot bitcast from {} to {}: shape {}", x.dtype().c_name(), to.c_name(), shape_text(x.dims()))));
    }
    let buffer = x.buffer().ok_or_else(|| Error::invalid("Bitcast needs plain elements"))?;
    // A cut-out of a narrower type may start between the elements of a wider one.
    let aligned = buffer.bytes().as_ptr().align_offset(b.clamp(1, 8)) == 0;
    let buffer = if aligned { buffer.clone() } else { buffer.to_owned_copy() };
    c.set(0, Tensor::from_buffer(to, &dims, buffer));
    Ok(())
}
