//! Dilation2D (grayscale morphology) and its gradient ops.

use graphpb_kernels::window::{Axis, Geometry, dilation2d, dilation2d_grad};
use graphpb_kernels::{Tensor, shape_text};

use super::spatial::*;
use crate::error::{Error, Result};
use crate::graph::attr::{Attr, AttrList, Attrs};
use crate::graph::infer::ShapeCtx;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};

fn spatial(attrs: &Attrs) -> Result<Spatial> {
    let mut plain = Attrs::new().with("data_format", "NHWC").with("padding", attrs.str("padding")?);
    if let Some(r @ Attr::List(_)) = attrs.get("rates") {
        plain.set("dilations", r.clone());
    }
    Spatial::with_strides(&plain, 2, attrs.ints("strides")?)
}

fn geometry(c: &KernelCtx) -> Result<Geometry> {
    let s = spatial(c.attrs())?;
    let (batch, space, channels) = s.sizes(c.input(0).dims())?;
    let &[kh, kw, depth] = c.input(1).dims() else {
        return Err(Error::invalid(format!("filter must be 3-dimensional: {}", shape_text(c.input(1).dims()))));
    };
    if depth != channels {
        return Err(Error::invalid(format!("input and filter must have the same depth: {channels} vs {depth}")));
    }
    let axes: [Axis; 3] = s.resolve(space, [1, kh, kw])?;
    Ok(Geometry { batch, axes, cin: channels, cout: channels })
}

fn forward(c: &mut KernelCtx) -> Result<()> {
    let g = geometry(c)?;
    let dtype = c.input(0).dtype();
    let (x, f) = (widen(c.input(0))?, widen(c.input(1))?);
    let mut y = Tensor::try_scratch(x.dtype(), &[g.batch, g.axes[1].output, g.axes[2].output, g.cin])?;
    with_float!(x.dtype(), T => dilation2d::<T>(&g, x.slice(), f.slice(), T::MIN, y.slice_mut()));
    c.set(0, narrow(y, dtype)?);
    Ok(())
}

fn backward(c: &mut KernelCtx, of_input: bool) -> Result<()> {
    let g = geometry(c)?;
    let want = [g.batch, g.axes[1].output, g.axes[2].output, g.cin];
    if c.input(2).dims() != want {
        return Err(Error::invalid(format!("out_backprop must have shape {}: {}", shape_text(&want), shape_text(c.input(2).dims()))));
    }
    let dtype = c.input(0).dtype();
    let (x, f, dy) = (widen(c.input(0))?, widen(c.input(1))?, widen(c.input(2))?);
    let mut d = Tensor::try_scratch(x.dtype(), c.input(usize::from(!of_input)).dims())?;
    with_float!(x.dtype(), T => {
        let to = d.slice_mut::<T>();
        let (dx, df) = if of_input { (Some(to), None) } else { (None, Some(to)) };
        dilation2d_grad::<T>(&g, x.slice(), f.slice(), dy.slice(), dx, df)
    });
    c.set(0, narrow(d, dtype)?);
    Ok(())
}

/// Input and filter, and with `grad` the gradient of the output, of a 3×3 input and a 2×2 filter.
fn draw_case(d: &mut Draw, grad: bool) -> Case {
    let (batch, channels) = (1 + d.below(2), 1 + d.below(3));
    let ones = || Attr::List(AttrList::Int(vec![1; 4]));
    let (padding, side) = d.one_of(&[("SAME", 3), ("VALID", 2)]);
    let case = Case::new().input(d.tensor(&[batch, 3, 3, channels])).input(d.tensor(&[2, 2, channels]));
    let case = if grad { case.input(d.tensor(&[batch, side, side, channels])) } else { case };
    case.attr("strides", ones()).attr("rates", ones()).attr("padding", padding)
}

const ATTRS: [AttrSpec; 4] = [type_in("T", REALS), ints("strides").at_least(4), ints("rates").at_least(4), PADDING];

pub static DILATION2D: OpDef = OpDef {
    name: "Dilation2D",
    doc: "max over the window of (input + filter), per channel; filter [height, width, depth].",
    inputs: &[arg("input", "T"), arg("filter", "T")],
    outputs: &[arg("output", "T")],
    attrs: &ATTRS,
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| {
        let s = spatial(c.attrs())?;
        let filter = c.input(1).with_rank(3)?;
        let input = c.input(0).with_rank(4)?;
        let out = s.infer(&input, [1, filter.dim(0), filter.dim(1)], s.channels(&input).max(filter.dim(2)))?;
        c.set(0, out);
        Ok(())
    },
    kernel: Kernel::Plain(forward),
    grad: Grad::Rule(|c| {
        let (x, f, g) = (c.input(0), c.input(1), c.grad(0)?);
        let kept: &[&str] = &["strides", "rates", "padding"];
        let dx = c.op("Dilation2DBackpropInput", &[x, f, g], copied(c, kept))?;
        let df = c.op("Dilation2DBackpropFilter", &[x, f, g], copied(c, kept))?;
        c.set(0, dx);
        c.set(1, df);
        Ok(())
    }),
    sample: Some(|d| draw_case(d, false)),
    ..OpDef::BASE
};
pub static DILATION2D_BACKPROP_INPUT: OpDef = OpDef {
    name: "Dilation2DBackpropInput",
    doc: "The gradient of Dilation2D with respect to its input.",
    inputs: &[arg("input", "T"), arg("filter", "T"), arg("out_backprop", "T")],
    outputs: &[arg("in_backprop", "T")],
    attrs: &ATTRS,
    traits: Traits::PURE,
    shape: crate::graph::infer::same_as_input,
    kernel: Kernel::Plain(|c| backward(c, true)),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| draw_case(d, true)),
    ..OpDef::BASE
};
pub static DILATION2D_BACKPROP_FILTER: OpDef = OpDef {
    name: "Dilation2DBackpropFilter",
    doc: "The gradient of Dilation2D with respect to its filter.",
    inputs: &[arg("input", "T"), arg("filter", "T"), arg("out_backprop", "T")],
    outputs: &[arg("filter_backprop", "T")],
    attrs: &ATTRS,
    traits: Traits::PURE,
    shape: |c| {
        let s = c.input(1).clone();
        c.set(0, s);
        Ok(())
    },
    kernel: Kernel::Plain(|c| backward(c, false)),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| draw_case(d, true)),
    ..OpDef::BASE
};
