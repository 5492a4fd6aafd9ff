//! ConcatV2, Concat and ConcatOffset: tensors joined along an axis.

use super::int_tensor;
use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::fact::{Shape, resolve_axis};
use crate::graph::infer::ShapeCtx;
use crate::graph::node::Out;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};
use graphpb_kernels::movement::concat::concat;
use graphpb_kernels::{DType, Tensor};

pub static CONCAT_V2: OpDef = OpDef {
    name: "ConcatV2",
    doc: "Joins tensors along `axis`; the other sizes must agree.",
    inputs: &[args("values", "N", "T"), arg("axis", "Tidx")],
    outputs: &[arg("output", "T")],
    attrs: &[int("N").at_least(2), type_any("T"), type_index("Tidx")],
    traits: Traits::PURE,
    shape: |c| {
        let n = c.inputs().saturating_sub(1);
        shape(c, 0, n, n)
    },
    kernel: Kernel::Plain(|c| {
        let n = c.inputs() - 1;
        run(c, 0, n, n)
    }),
    grad: Grad::Rule(|c| {
        let n = c.inputs() - 1;
        back(c, 0, n, n)
    }),
    sample: Some(|d| {
        let (parts, axis) = parts(d);
        let mut case = Case::new();
        for p in parts {
            case = case.input(p);
        }
        case.constant(Tensor::scalar(axis))
    }),
    ..OpDef::BASE
};

pub static CONCAT: OpDef = OpDef {
    name: "Concat",
    doc: "Joins tensors along `concat_dim`; as ConcatV2.",
    inputs: &[arg_of("concat_dim", DType::I32), args("values", "N", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[int("N").at_least(2), type_any("T")],
    traits: Traits::PURE,
    shape: |c| {
        let n = c.inputs();
        shape(c, 1, n, 0)
    },
    kernel: Kernel::Plain(|c| {
        let n = c.inputs();
        run(c, 1, n, 0)
    }),
    grad: Grad::Rule(|c| {
        let n = c.inputs();
        back(c, 1, n, 0)
    }),
    sample: Some(|d| {
        let (parts, axis) = parts(d);
        let mut case = Case::new().constant(Tensor::scalar(axis));
        for p in parts {
            case = case.input(p);
        }
        case
    }),
    ..OpDef::BASE
};

pub static CONCAT_OFFSET: OpDef = OpDef {
    name: "ConcatOffset",
    doc: "Where each of the tensors with these shapes starts in their concatenation.",
    inputs: &[arg_of("concat_dim", DType::I32), args("shape", "N", "shape_type")],
    outputs: &[args("offset", "N", "shape_type")],
    attrs: &[int("N").at_least(2), type_index("shape_type")],
    traits: Traits::PURE,
    shape: |c| {
        for i in 1..c.inputs() {
            let s = c.input(i).with_rank(1)?;
            c.set(i - 1, s);
        }
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let dim = c.int(0)?;
        let shapes: Vec<Vec<i64>> = (1..c.inputs()).map(|i| c.ints(i)).collect::<Result<_>>()?;
        let rank = shapes.first().map_or(0, Vec::len);
        let axis = resolve_axis(dim, rank).ok_or_else(|| Error::invalid(format!("Concat dim is out of range: {dim} vs. {rank}")))?;
        let mut at = 0i64;
        for (i, s) in shapes.iter().enumerate() {
            if s.len() != rank {
                return Err(Error::invalid(format!("input {i} should contain {rank} elements, but got {}", s.len())));
            }
            if (0..rank).any(|k| k != axis && s[k] != shapes[0][k]) {
                let text = |v: &[i64]| v.iter().map(i64::to_string).collect::<Vec<_>>().join(" ");
                return Err(Error::invalid(format!(
                    "All dimensions except {axis} must match. Input {i} has shape [{}] and doesn't match input 0 with shape [{}].",
                    text(s),
                    text(&shapes[0])
                )));
            }
            let mut off = vec![0usize; rank];
            off[axis] = usize::try_from(at).unwrap_or(0);
            at = at.saturating_add(s[axis]);
            let t = int_tensor(c.output_dtype(i), &off)?;
            c.set(i, t);
        }
        Ok(())
    }),
    grad: Grad::NotDifferentiable("the outputs are integers"),
    sample: Some(|d| {
        let mut dims = d.dims(1, 3);
        let axis = d.below(dims.len());
        let mut case = Case::new().constant(Tensor::scalar(axis as i32));
        for _ in 0..3 {
            dims[axis] = d.below(4);
            case = case.input(int_tensor(d.dtype, &dims).unwrap_or_else(|_| Tensor::scalar(0i32)));
        }
        case
    }),
    ..OpDef::BASE
};

fn shape(c: &mut ShapeCtx, first: usize, end: usize, axis: usize) -> Result<()> {
    if c.input(axis).rank().is_some_and(|r| r > 1) {
        return Err(Error::value(format!("Shape must be rank 0 but is rank {}", c.input(axis).rank().unwrap_or(0))));
    }
    let mut rank = None;
    for i in first..end {
        if let Some(r) = c.input(i).rank() {
            if *rank.get_or_insert(r) != r {
                return Err(Error::value(format!("Shape must be rank {} but is rank {r}", rank.unwrap_or(0))));
            }
        }
    }
    let Some(rank) = rank else { return Ok(()) };
    if rank == 0 {
        return Err(Error::value("Can't concatenate scalars (use tf.stack instead)"));
    }
    let Some(a) = c.int(axis) else {
        c.set(0, Shape::of_rank(rank));
        return Ok(());
    };
    let at = c.axis(a, rank)?;
    let mut out = Shape::of_rank(rank);
    let mut total = Some(0i64);
    for i in first..end {
        let s = c.input(i).with_rank(rank)?;
        total = total.filter(|_| s.dim(at) >= 0).and_then(|t| t.checked_add(s.dim(at)));
        out = out.merge(&s.with_dim(at, -1))?;
    }
    c.set(0, out.with_dim(at, total.unwrap_or(-1)));
    Ok(())
}

fn run(c: &mut KernelCtx, first: usize, end: usize, axis: usize) -> Result<()> {
    let a = c.int(axis)?;
    let parts = c.input_range(first..end);
    let rank = parts.first().map_or(0, |p| p.rank());
    let at = resolve_axis(a, rank).ok_or_else(|| {
        Error::invalid(format!("ConcatOp : Expected concatenating dimensions in the range [{}, {rank}), but got {a}", -(rank as i64)))
    })?;
    let y = concat(&parts, at)?;
    c.set(0, y);
    Ok(())
}

/// One SplitV where the sizes along the axis are known; else a slice for each input.
fn back(c: &mut GradCtx, first: usize, end: usize, axis: usize) -> Result<()> {
    let g = c.grad(0)?;
    let axis = c.input(axis);
    let inputs: Vec<Out> = (first..end).map(|i| c.input(i)).collect();
    let rank = c.shape_of(c.output(0)).rank();
    let at = c.value(axis).and_then(|v| v.to_i64s()).and_then(|v| resolve_axis(*v.first()?, rank?));
    let sizes: Option<Vec<i64>> = at.and_then(|at| inputs.iter().map(|&i| Some(c.shape_of(i).dim(at)).filter(|&d| d >= 0)).collect());
    if let (Some(at), Some(sizes)) = (at, sizes) {
        let dim = c.int_scalar(at as i64)?;
        if sizes.windows(2).all(|w| w[0] == w[1]) {
            let n = c.op_node("Split", "split", &[dim, g], Attrs::new().with("num_split", sizes.len() as i64))?;
            (first..end).for_each(|i| c.set(i, n.out(i - first)));
            return Ok(());
        }
        let lengths = c.int_vector(&sizes)?;
        let n = c.op_node("SplitV", "split", &[g, lengths, dim], Attrs::new().with("num_split", sizes.len() as i64))?;
        (first..end).for_each(|i| c.set(i, n.out(i - first)));
        return Ok(());
    }
    let dim = c.cast(axis, DType::I32)?;
    let shapes = c.op_node("ShapeN", "ShapeN", &inputs, Attrs::new())?;
    let mut args = vec![dim];
    args.extend((0..inputs.len()).map(|i| shapes.out(i)));
    let offsets = c.op_node("ConcatOffset", "ConcatOffset", &args, Attrs::new())?;
    for i in first..end {
        let s = c.call("Slice", &[g, offsets.out(i - first), shapes.out(i - first)])?;
        c.set(i, s);
    }
    Ok(())
}

fn parts(d: &mut Draw) -> (Vec<Tensor>, i32) {
    let mut dims = d.dims(1, 3);
    let axis = d.below(dims.len());
    let n = 2 + d.below(3);
    let parts = (0..n)
        .map(|_| {
            dims[axis] = d.below(4);
            d.tensor(&dims)
        })
        .collect();
    (parts, axis as i32 - if d.flag() { dims.len() as i32 } else { 0 })
}
