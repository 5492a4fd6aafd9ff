//! Cumsum and Cumprod: running sums and products along an axis.

use super::types::NUMBERS;
use crate::error::{Error, Result};
use crate::graph::attr::Attrs;
use crate::graph::fact::resolve_axis;
use crate::graph::infer;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};
use graphpb_kernels::{Tensor, axes};

fn run(c: &mut KernelCtx, product: bool) -> Result<()> {
    let (exclusive, reverse) = (c.attrs().bool("exclusive")?, c.attrs().bool("reverse")?);
    let axis = c.int(1)?;
    let x = c.take(0);
    let rank = x.rank();
    let axis = resolve_axis(axis, rank)
        .ok_or_else(|| Error::invalid(format!("ScanOp: Expected scan axis in the range [{}, {rank}), but got {axis}", -(rank as i64))))?;
    let y = axes::cumulative(product, x, axis, exclusive, reverse)?;
    c.set(0, y);
    Ok(())
}

fn sample(d: &mut Draw) -> Case {
    let dims = d.dims(1, 3);
    let axis = d.below(dims.len()) as i32;
    let axis = if d.flag() { axis } else { axis - dims.len() as i32 };
    let x = d.tensor_in(&dims, 0.5, 2.0);
    Case::new().input(x).constant(Tensor::scalar(axis)).attr("exclusive", d.flag()).attr("reverse", d.flag())
}

const BASE: OpDef = OpDef {
    inputs: &[arg("x", "T"), arg("axis", "Tidx")],
    outputs: &[arg("out", "T")],
    attrs: &[flag("exclusive", false), flag("reverse", false), type_in("T", NUMBERS), type_index("Tidx")],
    traits: Traits::PURE,
    shape: infer::same_as_input,
    sample: Some(sample),
    ..OpDef::BASE
};

pub static CUMSUM: OpDef = OpDef {
    name: "Cumsum",
    doc: "The running sum along an axis; `exclusive` leaves each element itself out, `reverse` starts at the end.",
    kernel: Kernel::Plain(|c| run(c, false)),
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        let axis = c.input(1);
        let (exclusive, reverse) = (c.attrs().bool("exclusive")?, c.attrs().bool("reverse")?);
        let r = c.op("Cumsum", &[g, axis], Attrs::new().with("exclusive", exclusive).with("reverse", !reverse))?;
        c.set(0, r);
        Ok(())
    }),
    ..BASE
};

pub static CUMPROD: OpDef = OpDef {
    name: "Cumprod",
    doc: "The running product along an axis; `exclusive` leaves each element itself out, `reverse` starts at the end. \
          Where the input is 0 the gradient is given as 0.",
    kernel: Kernel::Plain(|c| run(c, true)),
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        let (x, axis, y) = (c.input(0), c.input(1), c.output(0));
        let (exclusive, reverse) = (c.attrs().bool("exclusive")?, c.attrs().bool("reverse")?);
        let p = c.mul(y, g)?;
        let s = c.op("Cumsum", &[p, axis], Attrs::new().with("exclusive", exclusive).with("reverse", !reverse))?;
        let r = c.call("DivNoNan", &[s, x])?;
        c.set(0, r);
        Ok(())
    }),
    ..BASE
};
