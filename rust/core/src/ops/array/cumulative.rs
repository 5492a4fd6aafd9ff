//! Cumsum and Cumprod: running sums and products.

use super::unsorted_segment::NUMBER_TYPES;
use crate::error::Result;
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::fact::resolve_axis;
use crate::graph::infer::ShapeCtx;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};
use graphpb_kernels::Tensor;
use graphpb_kernels::indexing::scan::scan;

pub static CUMSUM: OpDef = OpDef {
    name: "Cumsum",
    doc: "The running sum along `axis`; `exclusive` leaves the element itself out, `reverse` starts at the end.",
    inputs: &[arg("x", "T"), arg("axis", "Tidx")],
    outputs: &[arg("out", "T")],
    attrs: &[flag("exclusive", false), flag("reverse", false), type_in("T", NUMBER_TYPES), type_index("Tidx")],
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(|c| run(c, false)),
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        let r = turned(c, g)?;
        c.set(0, r);
        Ok(())
    }),
    sample: Some(|d| sample(d, -2.0)),
    ..OpDef::BASE
};

pub static CUMPROD: OpDef = OpDef {
    name: "Cumprod",
    doc: "The running product along `axis`; as Cumsum. The gradient is 0 where an element is 0, as TensorFlow's.",
    inputs: &[arg("x", "T"), arg("axis", "Tidx")],
    outputs: &[arg("out", "T")],
    attrs: &[flag("exclusive", false), flag("reverse", false), type_in("T", NUMBER_TYPES), type_index("Tidx")],
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(|c| run(c, true)),
    grad: Grad::Rule(|c| {
        let (g, x, y) = (c.grad(0)?, c.input(0), c.output(0));
        let product = c.mul(y, g)?;
        let total = turned(c, product)?;
        let r = c.call("DivNoNan", &[total, x])?;
        c.set(0, r);
        Ok(())
    }),
    sample: Some(|d| sample(d, 0.5)),
    ..OpDef::BASE
};

fn shape(c: &mut ShapeCtx) -> Result<()> {
    let s = c.input(0).with_rank_at_least(1)?;
    if let (Some(rank), Some(axis)) = (s.rank(), c.int(1)) {
        c.axis(axis, rank)?;
    }
    c.set(0, s);
    Ok(())
}

fn run(c: &mut KernelCtx, multiply: bool) -> Result<()> {
    let (axis, exclusive, reverse) = (c.int(1)?, c.attrs().bool("exclusive")?, c.attrs().bool("reverse")?);
    let rank = c.input(0).rank();
    let at = resolve_axis(axis, rank)
        .ok_or_else(|| crate::Error::invalid(format!("ScanOp: Expected scan axis in the range [{}, {rank}), but got {axis}", -(rank as i64))))?;
    let x = c.take(0);
    let y = scan(x, at, multiply, exclusive, reverse)?;
    c.set(0, y);
    Ok(())
}

/// The running sum of `x` in the other direction.
fn turned(c: &mut GradCtx, x: crate::Out) -> Result<crate::Out> {
    let attrs = Attrs::new().with("exclusive", c.attrs().bool("exclusive")?).with("reverse", !c.attrs().bool("reverse")?);
    let axis = c.input(1);
    c.op("Cumsum", &[x, axis], attrs)
}

fn sample(d: &mut Draw, least: f64) -> Case {
    let dims = d.dims(1, 3);
    let axis = d.below(2 * dims.len()) as i32 - dims.len() as i32;
    let (exclusive, reverse) = (d.flag(), d.flag());
    Case::new().input(d.tensor_in(&dims, least, 2.0)).constant(Tensor::scalar(axis)).attr("exclusive", exclusive).attr("reverse", reverse)
}
