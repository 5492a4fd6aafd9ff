//! AddV2: element-wise sum with broadcasting.

use crate::graph::infer;
use crate::registry::*;

pub static ADD_V2: OpDef = OpDef {
    name: "AddV2",
    doc: "x + y, element-wise with broadcasting.",
    inputs: &[arg("x", "T"), arg("y", "T")],
    outputs: &[arg("z", "T")],
    attrs: &[type_in("T", NUMBERS)],
    traits: Traits::PURE.and(Traits::COMMUTATIVE),
    shape: infer::broadcast,
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        c.set_broadcast(Some(g), Some(g))
    }),
    sample: Some(|d| {
        let (a, b) = d.broadcast_pair(3);
        crate::testing::cases::Case::new().input(d.tensor(&a)).input(d.tensor(&b))
    }),
    ..OpDef::BASE
};
