//! TopKV2, TopK, InTopKV2 and InTopK: the largest elements of each row.

use super::sizes;
use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::infer::ShapeCtx;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};
use graphpb_kernels::indexing::top_k::{in_top_k, top_k};
use graphpb_kernels::{Bool, DType, Tensor, shape_text};

pub static TOP_K_V2: OpDef = OpDef {
    name: "TopKV2",
    doc: "The `k` largest elements along the last axis in descending order, and their positions; of equal ones the first.",
    inputs: &[arg("input", "T"), arg("k", "Tk")],
    outputs: &[arg("values", "T"), arg("indices", "index_type")],
    attrs: &[
        flag("sorted", true),
        type_in("T", REALS),
        type_in("Tk", &[DType::I16, DType::I32, DType::I64]).default_type(DType::I32),
        type_in("index_type", &[DType::I16, DType::I32, DType::I64]).default_type(DType::I32),
    ],
    traits: Traits::PURE,
    shape: |c| {
        let k = c.int(1);
        shape(c, k)
    },
    kernel: Kernel::Plain(|c| {
        let k = c.int(1)?;
        run(c, k)
    }),
    grad: Grad::Rule(back),
    sample: Some(|d| {
        let (x, k) = draw(d);
        Case::new().input(x).constant(Tensor::scalar(k))
    }),
    ..OpDef::BASE
};

pub static TOP_K: OpDef = OpDef {
    name: "TopK",
    doc: "TopKV2 with `k` as an attribute.",
    inputs: &[arg("input", "T")],
    outputs: &[arg("values", "T"), arg_of("indices", DType::I32)],
    attrs: &[int("k").at_least(0), flag("sorted", true), type_in("T", REALS)],
    deprecated: Some(7),
    traits: Traits::PURE,
    shape: |c| {
        let k = c.attrs().int("k")?;
        shape(c, Some(k))
    },
    kernel: Kernel::Plain(|c| {
        let k = c.attrs().int("k")?;
        run(c, k)
    }),
    grad: Grad::Rule(back),
    sample: Some(|d| {
        let (x, k) = draw(d);
        Case::new().input(x).attr("k", k as i64)
    }),
    ..OpDef::BASE
};

pub static IN_TOP_K_V2: OpDef = OpDef {
    name: "InTopKV2",
    doc: "Whether the prediction for each target is among the `k` highest of its row; ties count as inside.",
    inputs: &[arg_of("predictions", DType::F32), arg("targets", "T"), arg("k", "T")],
    outputs: &[arg_of("precision", DType::Bool)],
    attrs: &[type_index("T")],
    traits: Traits::PURE,
    shape: in_shape,
    kernel: Kernel::Plain(|c| {
        let k = c.int(2)?;
        run_in(c, k)
    }),
    grad: Grad::NotDifferentiable("the output is a bool"),
    sample: Some(|d| {
        let (p, t) = draw_in(d);
        let k = crate::grad::number(d.dtype, 1.0 + d.below(3) as f64).unwrap_or_else(|_| Tensor::scalar(1i32));
        Case::new().input(p).input(t).constant(k)
    }),
    ..OpDef::BASE
};

pub static IN_TOP_K: OpDef = OpDef {
    name: "InTopK",
    doc: "InTopKV2 with `k` as an attribute.",
    inputs: &[arg_of("predictions", DType::F32), arg("targets", "T")],
    outputs: &[arg_of("precision", DType::Bool)],
    attrs: &[int("k"), type_index("T")],
    traits: Traits::PURE,
    shape: in_shape,
    kernel: Kernel::Plain(|c| {
        let k = c.attrs().int("k")?;
        run_in(c, k)
    }),
    grad: Grad::NotDifferentiable("the output is a bool"),
    sample: Some(|d| {
        let (p, t) = draw_in(d);
        Case::new().input(p).input(t).attr("k", 1 + d.below(3) as i64)
    }),
    ..OpDef::BASE
};

fn shape(c: &mut ShapeCtx, k: Option<i64>) -> Result<()> {
    let s = c.input(0).with_rank_at_least(1)?;
    let Some(rank) = s.rank() else { return Ok(()) };
    let n = s.dim(rank - 1);
    if let Some(k) = k {
        if k < 0 {
            return Err(Error::value(format!("Need k >= 0, got {k}")));
        }
        if n >= 0 && n < k {
            return Err(Error::value(format!("input must have last dimension >= k = {k} but is {n}")));
        }
    }
    let out = s.with_dim(rank - 1, k.unwrap_or(-1));
    c.set(0, out.clone());
    c.set(1, out);
    Ok(())
}

fn run(c: &mut KernelCtx, k: i64) -> Result<()> {
    if k < 0 {
        return Err(Error::invalid(format!("Need k >= 0, got {k}")));
    }
    let (values, at) = top_k(c.input(0), sizes(&[k])?[0])?;
    let dims = values.dims().to_vec();
    let at = match c.output_dtype(1) {
        DType::I64 => Tensor::from_slice(&at.iter().map(|&i| i as i64).collect::<Vec<_>>(), &dims),
        DType::I16 => Tensor::from_slice(&at.iter().map(|&i| i as i16).collect::<Vec<_>>(), &dims),
        _ => Tensor::from_slice(&at.iter().map(|&i| i as i32).collect::<Vec<_>>(), &dims),
    };
    c.set(0, values);
    c.set(1, at);
    Ok(())
}

/// Each gradient goes to the place that its value came from.
fn back(c: &mut GradCtx) -> Result<()> {
    let (g, x, at) = (c.grad(0)?, c.input(0), c.output(1));
    let at = c.cast(at, DType::I32)?;
    let Some(rank) = c.shape_of(x).rank() else { return Err(Error::value("The gradient of TopK needs the rank of its input")) };
    let last = c.int_scalar(-1)?;
    let shape = c.shape_tensor(x)?;
    if rank == 1 {
        let rows = c.call("ExpandDims", &[at, last])?;
        let r = c.call("ScatterNd", &[rows, g, shape])?;
        c.set(0, r);
        return Ok(());
    }
    // Positions in the flat input: row · n + position.
    let zero = c.int_scalar(0)?;
    let (first, end, step) = (c.int_vector(&[rank as i64 - 1])?, c.int_vector(&[rank as i64])?, c.int_vector(&[1])?);
    let n = c.op("StridedSlice", &[shape, first, end, step], Attrs::new().with("shrink_axis_mask", 1i64))?;
    let axes = c.int_vector(&[0])?;
    let total = c.op("Prod", &[shape, axes], Attrs::new())?;
    let starts = c.op_node("Range", "range", &[zero, total, n], Attrs::new())?.out(0);
    let k = c.call("Shape", &[g])?;
    let k = c.op("StridedSlice", &[k, first, end, step], Attrs::new().with("shrink_axis_mask", 1i64))?;
    let matrix = {
        let minus = c.int_scalar(-1)?;
        c.op_node("Pack", "stack", &[minus, k], Attrs::new())?.out(0)
    };
    let at = c.reshape(at, matrix)?;
    let column = c.call("ExpandDims", &[starts, last])?;
    let at = c.add(at, column)?;
    let flat = c.int_vector(&[-1])?;
    let at = c.reshape(at, flat)?;
    let rows = c.call("ExpandDims", &[at, last])?;
    let flat_g = c.reshape(g, flat)?;
    let size = c.call("ExpandDims", &[total, zero])?;
    let r = c.call("ScatterNd", &[rows, flat_g, size])?;
    let r = c.reshape(r, shape)?;
    c.set(0, r);
    Ok(())
}

fn in_shape(c: &mut ShapeCtx) -> Result<()> {
    let (p, t) = (c.input(0).with_rank(2)?, c.input(1).with_rank(1)?);
    let s = p.sub(0..1).merge(&t)?;
    c.set(0, s);
    Ok(())
}

fn run_in(c: &mut KernelCtx, k: i64) -> Result<()> {
    let (p, t) = (c.input(0), c.ints(1)?);
    if p.rank() != 2 {
        return Err(Error::invalid("predictions must be 2-dimensional"));
    }
    if c.input(1).rank() != 1 {
        return Err(Error::invalid("targets must be 1-dimensional"));
    }
    if p.dims()[0] != t.len() {
        return Err(Error::invalid(format!(
            "First dimension of predictions {} must match length of targets {}",
            shape_text(&p.dims()[..1]),
            t.len()
        )));
    }
    let r: Vec<Bool> = in_top_k(p, &t, k).into_iter().map(Bool::from).collect();
    c.set(0, Tensor::vector(&r));
    Ok(())
}

/// Distinct values, so that a small step does not change the order.
fn draw(d: &mut Draw) -> (Tensor, i32) {
    let dims = d.full_dims(1, 3);
    let n = dims[dims.len() - 1];
    (d.tensor(&dims), d.below(n + 1) as i32)
}

fn draw_in(d: &mut Draw) -> (Tensor, Tensor) {
    let (b, n) = (1 + d.below(4), 2 + d.below(4));
    let p = d.tensor_of(DType::F32, &[b, n], -2.0, 2.0);
    (p, d.integers(d.dtype, &[b], -1, n as i64))
}
