//! Cast: a tensor of another element type.

use crate::graph::attr::Attrs;
use crate::graph::infer;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::DType::{self, *};
use graphpb_kernels::pointwise;

const TYPES: &[DType] = &[F32, F64, I32, U8, I16, I8, C64, I64, BF16, U16, C128, F16, U32, U64, DType::Bool];

pub static CAST: OpDef = OpDef {
    name: "Cast",
    doc: "The input as another type: floats are truncated toward zero for integers (the least integer for what does not fit int32 or int64), \
          integers wrap, bool is 0 or 1 and \"not zero\", complex loses its imaginary part.",
    inputs: &[arg("x", "SrcT")],
    outputs: &[arg("y", "DstT")],
    attrs: &[type_in("SrcT", TYPES), type_in("DstT", TYPES), flag("Truncate", false)],
    traits: Traits::PURE,
    shape: infer::same_as_input,
    kernel: Kernel::Plain(|c| {
        let y = pointwise::cast(c.input(0), c.output_dtype(0))?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let src = c.dtype(c.input(0));
        let g = c.grad(0)?;
        let real = |d: DType| d.is_floating() || d.is_complex();
        if real(src) && real(c.dtype(g)) {
            let r = if c.dtype(g) == src { g } else { c.op("Cast", &[g], Attrs::new().with("DstT", src))? };
            c.set(0, r);
        }
        Ok(())
    }),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        let x = d.tensor_in(&dims, 0.0, 9.0);
        // A detour through single precision would hide the derivative from central differences.
        let to = if d.dtype == F64 { d.one_of(&[F64, C128]) } else { d.one_of(TYPES) };
        Case::new().input(x).attr("DstT", to)
    }),
    ..OpDef::BASE
};
