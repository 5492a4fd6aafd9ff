//! L2Loss: half the sum of squares.

use crate::graph::infer;
use crate::ops::math::types::T_REAL_NN;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::axes::half_sum_of_squares;

pub static L2_LOSS: OpDef = OpDef {
    name: "L2Loss",
    doc: "Σ t² / 2, a scalar.",
    inputs: &[arg("t", "T")],
    outputs: &[arg("output", "T")],
    attrs: T_REAL_NN,
    traits: Traits::PURE,
    shape: infer::scalars,
    kernel: Kernel::Plain(|c| {
        let y = half_sum_of_squares(c.input(0))?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        let x = c.input(0);
        let r = c.mul(x, g)?;
        c.set(0, r);
        Ok(())
    }),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        Case::new().input(d.tensor(&dims))
    }),
    ..OpDef::BASE
};
