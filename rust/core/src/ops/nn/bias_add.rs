//! BiasAdd and BiasAddGrad: one number for each channel.

use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::fact::Shape;
use crate::graph::infer::{ShapeCtx, equal_sizes};
use crate::ops::math::types::NUMBERS;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};
use graphpb_kernels::axes::{self, Reduce};
use graphpb_kernels::pointwise::{self, Binary};
use graphpb_kernels::{Tensor, shape_text, tile};

const FORMAT: AttrSpec = string("data_format").default_str("NHWC").one_of(&["NHWC", "NCHW"]);

/// The axis of the channels in a tensor of `rank` axes.
fn channel(attrs: &Attrs, rank: usize) -> Result<usize> {
    let first = matches!(attrs.str("data_format"), Ok("NCHW"));
    // The first axis is the batch; matrices have their channels last in both layouts.
    Ok(if first && rank > 2 { 1 } else { rank.saturating_sub(1) })
}

fn shape(c: &mut ShapeCtx) -> Result<()> {
    let x = c.input(0).with_rank_at_least(2)?;
    let b = c.input(1).with_rank(1)?;
    let Some(rank) = x.rank() else { return Ok(()) };
    let axis = channel(c.attrs(), rank)?;
    let n = equal_sizes(x.dim(axis), b.dim(0))?;
    c.set(0, x.with_dim(axis, n));
    Ok(())
}

fn run(c: &mut KernelCtx) -> Result<()> {
    let (x, b) = (c.input(0), c.input(1));
    if x.rank() < 2 {
        return Err(Error::invalid(format!("Input tensor must be at least 2D: {}", shape_text(x.dims()))));
    }
    if b.rank() != 1 {
        return Err(Error::invalid(format!("Biases must be 1D: {}", shape_text(b.dims()))));
    }
    let (rank, axis) = (x.rank(), channel(c.attrs(), x.rank())?);
    if b.len() != x.dims()[axis] {
        return Err(Error::invalid(format!(
            "Must provide as many biases as the last dimension of the input tensor: {} vs. {}",
            shape_text(b.dims()),
            shape_text(x.dims())
        )));
    }
    let mut wide = vec![1; rank - axis];
    wide[0] = b.len();
    let (x, b) = (c.take(0), c.take(1).reshaped(&wide));
    c.set(0, pointwise::binary(Binary::Add, x, b)?);
    Ok(())
}

/// An input with channels, and how many there are.
fn draw(d: &mut Draw) -> (Tensor, usize, &'static str) {
    let dims = d.dims(2, 4);
    let format = d.one_of(&["NHWC", "NCHW"]);
    let axis = if format == "NCHW" && dims.len() > 2 { 1 } else { dims.len() - 1 };
    (d.tensor(&dims), dims[axis], format)
}

fn bias_grad(c: &mut GradCtx, g: crate::Out) -> Result<crate::Out> {
    let format = c.attrs().str("data_format").unwrap_or("NHWC").to_owned();
    c.op("BiasAddGrad", &[g], Attrs::new().with("data_format", format.as_str()))
}

pub static BIAS_ADD: OpDef = OpDef {
    name: "BiasAdd",
    doc: "value + bias, where bias is a vector along the channels: the last axis, or axis 1 for NCHW. INVALID_ARGUMENT when their numbers differ.",
    inputs: &[arg("value", "T"), arg("bias", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[type_in("T", NUMBERS), FORMAT],
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(run),
    fused: Some(tile::Op::Add),
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        let b = bias_grad(c, g)?;
        c.set(0, g);
        c.set(1, b);
        Ok(())
    }),
    sample: Some(|d| {
        let (x, n, format) = draw(d);
        Case::new().input(x).input(d.tensor(&[n])).attr("data_format", format)
    }),
    ..OpDef::BASE
};

pub static BIAS_ADD_V1: OpDef = OpDef {
    name: "BiasAddV1",
    doc: "value + bias, where bias is a vector along the last axis.",
    attrs: &[type_in("T", NUMBERS)],
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        let b = c.call("BiasAddGrad", &[g])?;
        c.set(0, g);
        c.set(1, b);
        Ok(())
    }),
    sample: Some(|d| {
        let dims = d.dims(2, 4);
        let x = d.tensor(&dims);
        Case::new().input(x).input(d.tensor(&dims[dims.len() - 1..]))
    }),
    ..BIAS_ADD
};

pub static BIAS_ADD_GRAD: OpDef = OpDef {
    name: "BiasAddGrad",
    doc: "The sum over all axes but the channels: the gradient of a bias.",
    inputs: &[arg("out_backprop", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[type_in("T", NUMBERS), FORMAT],
    traits: Traits::PURE,
    shape: |c| {
        let x = c.input(0).with_rank_at_least(2)?;
        let n = match x.rank() {
            Some(rank) => x.dim(channel(c.attrs(), rank)?),
            None => -1,
        };
        c.set(0, Shape::vector(n));
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let rank = c.input(0).rank();
        if rank < 2 {
            return Err(Error::invalid(format!("Input tensor must be at least 2D: {}", shape_text(c.input(0).dims()))));
        }
        let axis = channel(c.attrs(), rank)?;
        let axes: Vec<bool> = (0..rank).map(|i| i != axis).collect();
        let g = c.take(0);
        c.set(0, axes::reduce(Reduce::Sum, g, &axes)?);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        let x = c.input(0);
        let first = matches!(c.attrs().str("data_format"), Ok("NCHW"));
        // A vector broadcasts along the last axis; along axis 1 it needs axes behind it.
        let g = match (first, c.shape_of(x).rank()) {
            (true, Some(rank)) if rank > 2 => {
                let mut wide = vec![1i64; rank - 1];
                wide[0] = -1;
                if c.shape_of(g).dim(0) == 0 {
                    wide[0] = 0;
                }
                let s = c.int_vector(&wide)?;
                c.reshape(g, s)?
            }
            (true, None) => {
                let n = c.call("Shape", &[g])?;
                let shape = c.call("Shape", &[x])?;
                let (begin, end, step) = (c.int_vector(&[2])?, c.int_vector(&[0])?, c.int_vector(&[1])?);
                let behind = c.op_node("StridedSlice", "strided_slice", &[shape, begin, end, step], Attrs::new().with("end_mask", 1i64))?.out(0);
                let ones = c.call("OnesLike", &[behind])?;
                let axis = c.int_scalar(0)?;
                let wide = c.op_node("ConcatV2", "concat", &[n, ones, axis], Attrs::new())?.out(0);
                c.reshape(g, wide)?
            }
            _ => g,
        };
        let s = c.shape_tensor(x)?;
        let r = c.call("BroadcastTo", &[g, s])?;
        c.set(0, r);
        Ok(())
    }),
    sample: Some(|d| {
        let (x, _, format) = draw(d);
        Case::new().input(x).attr("data_format", format)
    }),
    ..OpDef::BASE
};
