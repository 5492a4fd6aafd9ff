//! ClipByValue: a tensor brought between two bounds.

use crate::graph::infer;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::DType::*;
use graphpb_kernels::pointwise;

pub static CLIP_BY_VALUE: OpDef = OpDef {
    name: "ClipByValue",
    doc: "min(max(t, clip_value_min), clip_value_max); each bound is a scalar or has t's shape. The gradient of what was clipped goes to the bound.",
    inputs: &[arg("t", "T"), arg("clip_value_min", "T"), arg("clip_value_max", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[type_in("T", &[F32, F64, I32, U8, I16, I8, I64, BF16, U16, F16, U32, U64])],
    traits: Traits::PURE,
    shape: infer::same_as_input,
    kernel: Kernel::Plain(|c| {
        let t = c.take(0);
        let y = pointwise::clip(t, c.input(1), c.input(2))?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        let (x, lo, hi) = (c.input(0), c.input(1), c.input(2));
        let zero = c.number(c.dtype(g), 0.0)?;
        let below = c.call("Less", &[x, lo])?;
        let above = c.call("Greater", &[x, hi])?;
        let outside = c.call("LogicalOr", &[below, above])?;
        let gx = c.select(outside, zero, g)?;
        c.set(0, gx);
        let glo = c.select(below, g, zero)?;
        let ghi = c.select(above, g, zero)?;
        if let (_, Some(r)) = c.unbroadcast_pair(x, lo, None, Some(glo))? {
            c.set(1, r);
        }
        if let (_, Some(r)) = c.unbroadcast_pair(x, hi, None, Some(ghi))? {
            c.set(2, r);
        }
        Ok(())
    }),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        let t = d.tensor(&dims);
        let bound = if d.flag() { dims } else { vec![] };
        let lo = d.tensor_in(&bound, -1.4, -0.5);
        Case::new().input(t).input(lo).input(d.tensor_in(&bound, 0.5, 1.4))
    }),
    ..OpDef::BASE
};
