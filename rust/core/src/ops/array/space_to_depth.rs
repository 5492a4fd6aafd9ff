//! SpaceToDepth and DepthToSpace.

use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::infer::ShapeCtx;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::movement::blocks::{depth_to_space, space_to_depth};

pub static SPACE_TO_DEPTH: OpDef = OpDef {
    name: "SpaceToDepth",
    doc: "Moves blocks of `block_size` × `block_size` pixels into the depth.",
    inputs: &[arg("input", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[type_any("T"), int("block_size").at_least(2), string("data_format").one_of(&["NHWC", "NCHW", "NCHW_VECT_C"]).default_str("NHWC")],
    traits: Traits::PURE,
    shape: |c| shape(c, true),
    kernel: Kernel::Plain(|c| run(c, true)),
    grad: Grad::Rule(|c| back(c, "DepthToSpace")),
    sample: Some(|d| {
        let (h, w, depth) = (2 * (1 + d.below(2)), 2 * (1 + d.below(2)), 1 + d.below(3));
        let format = d.one_of(&["NHWC", "NCHW"]);
        let dims = if format == "NHWC" { [2, h, w, depth] } else { [2, depth, h, w] };
        Case::new().input(d.tensor(&dims)).attr("block_size", 2i64).attr("data_format", format)
    }),
    ..OpDef::BASE
};

pub static DEPTH_TO_SPACE: OpDef = OpDef {
    name: "DepthToSpace",
    doc: "The reverse of SpaceToDepth.",
    inputs: &[arg("input", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[type_any("T"), int("block_size").at_least(2), string("data_format").one_of(&["NHWC", "NCHW", "NCHW_VECT_C"]).default_str("NHWC")],
    traits: Traits::PURE,
    shape: |c| shape(c, false),
    kernel: Kernel::Plain(|c| run(c, false)),
    grad: Grad::Rule(|c| back(c, "SpaceToDepth")),
    sample: Some(|d| {
        let (h, w, depth) = (1 + d.below(2), 1 + d.below(2), 4 * (1 + d.below(2)));
        let format = d.one_of(&["NHWC", "NCHW"]);
        let dims = if format == "NHWC" { [2, h, w, depth] } else { [2, depth, h, w] };
        Case::new().input(d.tensor(&dims)).attr("block_size", 2i64).attr("data_format", format)
    }),
    ..OpDef::BASE
};

/// Whether the channels come first; NCHW_VECT_C is for other hardware.
fn channels_first(format: &str) -> Result<bool> {
    match format {
        "NHWC" => Ok(false),
        "NCHW" => Ok(true),
        f => Err(Error::unimplemented(format!("data_format {f} is not supported"))),
    }
}

fn shape(c: &mut ShapeCtx, to_depth: bool) -> Result<()> {
    let Ok(first) = channels_first(c.attrs().str("data_format")?) else { return Ok(()) };
    let b = c.attrs().int("block_size")?;
    let x = c.input(0).with_rank(4)?;
    let (h, w, d) = if first { (2, 3, 1) } else { (1, 2, 3) };
    let over = |n: i64, by: i64| match n {
        -1 => Ok(-1),
        n if n % by == 0 => Ok(n / by),
        n => Err(Error::value(format!("Dimension size must be evenly divisible by {by} but is {n}"))),
    };
    let times = |n: i64, by: i64| if n < 0 { -1 } else { n.saturating_mul(by) };
    let square = b.saturating_mul(b);
    let out = if to_depth {
        x.with_dim(h, over(x.dim(h), b)?).with_dim(w, over(x.dim(w), b)?).with_dim(d, times(x.dim(d), square))
    } else {
        x.with_dim(h, times(x.dim(h), b)).with_dim(w, times(x.dim(w), b)).with_dim(d, over(x.dim(d), square)?)
    };
    c.set(0, out);
    Ok(())
}

fn run(c: &mut KernelCtx, to_depth: bool) -> Result<()> {
    let first = channels_first(c.attrs().str("data_format")?)?;
    let b = usize::try_from(c.attrs().int("block_size")?).ok().filter(|&b| b > 0 && b < 1 << 20);
    let b = b.ok_or_else(|| Error::invalid("block_size is out of range"))?;
    let y = if to_depth { space_to_depth(c.input(0), b, first)? } else { depth_to_space(c.input(0), b, first)? };
    c.set(0, y);
    Ok(())
}

fn back(c: &mut GradCtx, op: &str) -> Result<()> {
    let g = c.grad(0)?;
    let attrs = Attrs::new().with("block_size", c.attrs().int("block_size")?).with("data_format", c.attrs().str("data_format")?);
    let r = c.op(op, &[g], attrs)?;
    c.set(0, r);
    Ok(())
}
