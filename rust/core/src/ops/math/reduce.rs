//! Reductions: Sum, Mean, Prod, Max, Min, All, Any.

use super::types::{NUMBERS, REAL_NUMBERS};
use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::fact::{Shape, resolve_axis};
use crate::graph::infer::ShapeCtx;
use crate::graph::node::Out;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};
use graphpb_kernels::axes::{self, Reduce};
use graphpb_kernels::{DType, Tensor};

fn shape(c: &mut ShapeCtx) -> Result<()> {
    if c.input(1).rank().is_some_and(|r| r > 1) {
        return Err(Error::value(format!("Shape must be at most rank 1 but is rank {}", c.input(1).rank().unwrap_or(0))));
    }
    let keep = c.attrs().bool("keep_dims")?;
    let input = c.input(0).clone();
    let Some(rank) = input.rank() else { return Ok(()) };
    let Some(list) = c.ints(1) else {
        if keep {
            c.set(0, Shape::of_rank(rank));
        }
        return Ok(());
    };
    let mut reduced = vec![false; rank];
    for a in list {
        let i = resolve_axis(a, rank).ok_or_else(|| Error::value(format!("Invalid reduction dimension {a} for input with {rank} dimensions.")))?;
        reduced[i] = true;
    }
    let dims = input.dims().unwrap_or(&[]);
    let out: Vec<i64> = dims.iter().zip(reduced).filter_map(|(&d, r)| if r { keep.then_some(1) } else { Some(d) }).collect();
    c.set(0, Shape::of(&out));
    Ok(())
}

fn run(c: &mut KernelCtx, op: Reduce) -> Result<()> {
    let keep = c.attrs().bool("keep_dims")?;
    let list = c.ints(1)?;
    let x = c.take(0);
    let rank = x.rank();
    let mut reduced = vec![false; rank];
    for a in list {
        let i =
            resolve_axis(a, rank).ok_or_else(|| Error::invalid(format!("Invalid reduction dimension ({a} for input with {rank} dimension(s)")))?;
        if reduced[i] {
            return Err(Error::invalid(format!("Invalid reduction arguments: Axes contains duplicate dimension: {i}")));
        }
        reduced[i] = true;
    }
    let kept: Vec<usize> = x.dims().iter().zip(&reduced).filter_map(|(&d, &r)| if r { keep.then_some(1) } else { Some(d) }).collect();
    let y = axes::reduce(op, x, &reduced)?;
    c.set(0, y.reshaped(&kept));
    Ok(())
}

/// An input and some of its axes, as a scalar or a vector, negative or not.
fn sample_in(d: &mut Draw, input: impl FnOnce(&mut Draw, &[usize]) -> Tensor) -> Case {
    let dims = d.dims(0, 4);
    let x = input(d, &dims);
    let rank = dims.len();
    let axes: Vec<i32> =
        (0..rank).filter(|_| d.flag()).collect::<Vec<_>>().into_iter().map(|a| if d.flag() { a as i32 } else { a as i32 - rank as i32 }).collect();
    let axes = if axes.len() == 1 && d.flag() { Tensor::scalar(axes[0]) } else { Tensor::vector(&axes) };
    Case::new().input(x).constant(axes).attr("keep_dims", d.flag())
}

const fn reduction(
    name: &'static str,
    doc: &'static str,
    attrs: &'static [AttrSpec],
    kernel: fn(&mut KernelCtx) -> Result<()>,
    grad: Grad,
    sample: fn(&mut Draw) -> Case,
) -> OpDef {
    OpDef {
        name,
        doc,
        inputs: const { &[arg("input", "T"), arg("reduction_indices", "Tidx")] },
        outputs: const { &[arg("output", "T")] },
        attrs,
        traits: Traits::PURE,
        shape,
        kernel: Kernel::Plain(kernel),
        grad,
        sample: Some(sample),
        ..OpDef::BASE
    }
}
const NUMBER: &[AttrSpec] = &[flag("keep_dims", false), type_in("T", NUMBERS), type_index("Tidx")];
const REAL: &[AttrSpec] = &[flag("keep_dims", false), type_in("T", REAL_NUMBERS), type_index("Tidx")];

/// The axes of the forward node, when they are constant and the rank is known.
fn static_axes(c: &GradCtx) -> Option<(usize, Vec<usize>)> {
    let rank = c.shape_of(c.input(0)).rank()?;
    let list = c.value(c.input(1))?.to_i64s()?;
    let mut axes = list.iter().map(|&a| resolve_axis(a, rank)).collect::<Option<Vec<_>>>()?;
    axes.sort_unstable();
    axes.dedup();
    Some((rank, axes))
}

/// The shape of the input with 1 on the reduced axes, computed when the graph runs.
fn kept_shape(c: &mut GradCtx, input_shape: Out) -> Result<Out> {
    let axes = c.input(1);
    let axes = c.cast(axes, DType::I32)?;
    let minus = c.int_vector(&[-1])?;
    let axes = c.reshape(axes, minus)?;
    let rank = c.call("Size", &[input_shape])?;
    let axes = c.add(axes, rank)?;
    let axes = c.op_node("FloorMod", "mod", &[axes, rank], Attrs::new())?.out(0);
    let (start, delta) = (c.int_scalar(0)?, c.int_scalar(1)?);
    let all = c.op_node("Range", "range", &[start, rank, delta], Attrs::new())?.out(0);
    let n = c.call("Shape", &[axes])?;
    let one = c.int_scalar(1)?;
    let ones = c.call("Fill", &[n, one])?;
    c.call("DynamicStitch", &[all, axes, input_shape, ones])
}

/// `o` (of the output's shape) with the reduced axes back as 1, so that it broadcasts against the input.
fn with_kept_axes(c: &mut GradCtx, o: Out) -> Result<Out> {
    if c.attrs().bool("keep_dims")? {
        return Ok(o);
    }
    let x = c.input(0);
    match static_axes(c) {
        Some((rank, axes)) => {
            if axes.is_empty() {
                return Ok(o);
            }
            let mut kept: Vec<i64> = (0..rank).map(|i| if axes.contains(&i) { 1 } else { c.shape_of(x).dim(i) }).collect();
            // One unknown size is what Reshape works out.
            if kept.iter().filter(|&&d| d < 0).count() <= 1 && !kept.contains(&0) {
                kept.iter_mut().for_each(|d| *d = (*d).max(-1));
                let s = c.int_vector(&kept)?;
                return c.reshape(o, s);
            }
            let mut out = o;
            for a in axes {
                let axis = c.int_scalar(a as i64)?;
                out = c.call("ExpandDims", &[out, axis])?;
            }
            Ok(out)
        }
        None => {
            let s = c.shape_tensor(x)?;
            let k = kept_shape(c, s)?;
            c.reshape(o, k)
        }
    }
}

/// The gradient of a sum: every element of the input gets that of its output.
fn sum_grad(c: &mut GradCtx) -> Result<Out> {
    let g = c.grad(0)?;
    let x = c.input(0);
    if let (Some((rank, axes)), Some(dims)) = (static_axes(c), c.shape_of(x).to_known()) {
        let kept: Vec<i64> = (0..rank).map(|i| if axes.contains(&i) { 1 } else { dims[i] as i64 }).collect();
        let s = c.int_vector(&kept)?;
        let g = c.reshape(g, s)?;
        let times: Vec<i64> = (0..rank).map(|i| if axes.contains(&i) { dims[i] as i64 } else { 1 }).collect();
        let times = c.int_vector(&times)?;
        return c.call("Tile", &[g, times]);
    }
    let g = with_kept_axes(c, g)?;
    let s = c.shape_tensor(x)?;
    c.call("BroadcastTo", &[g, s])
}

fn any(d: &mut Draw) -> Case {
    sample_in(d, |d, dims| d.tensor(dims))
}

pub static SUM: OpDef = reduction(
    "Sum",
    "The sum over the given axes; 0 over nothing.",
    NUMBER,
    |c| run(c, Reduce::Sum),
    Grad::Rule(|c| {
        let r = sum_grad(c)?;
        c.set(0, r);
        Ok(())
    }),
    any,
);

pub static MEAN: OpDef = reduction(
    "Mean",
    "The mean over the given axes; NaN over nothing; integers truncate toward zero.",
    NUMBER,
    |c| run(c, Reduce::Mean),
    Grad::Rule(|c| {
        let (x, y) = (c.input(0), c.output(0));
        let r = sum_grad(c)?;
        let dtype = c.dtype(r);
        let factor = match (c.shape_of(x).elements(), c.shape_of(y).elements()) {
            (Some(n), Some(m)) => c.number(dtype, (n / m.max(1)) as f64)?,
            // The product of the sizes that were reduced.
            _ => {
                let (sx, sy) = (c.call("Size", &[x])?, c.call("Size", &[y])?);
                let one = c.int_scalar(1)?;
                let sy = c.call("Maximum", &[sy, one])?;
                let n = c.op_node("FloorDiv", "floordiv", &[sx, sy], Attrs::new())?.out(0);
                c.cast(n, dtype)?
            }
        };
        let r = c.div(r, factor)?;
        c.set(0, r);
        Ok(())
    }),
    any,
);

/// The gradient of Max and Min: ties share it equally.
fn extreme_grad(c: &mut GradCtx) -> Result<()> {
    let g = c.grad(0)?;
    let (x, axes) = (c.input(0), c.input(1));
    let y = c.output(0);
    let (y, g) = (with_kept_axes(c, y)?, with_kept_axes(c, g)?);
    let equal = c.call("Equal", &[y, x])?;
    let chosen = c.cast(equal, c.dtype(g))?;
    let count = c.sum(chosen, axes, true)?;
    let share = c.div(chosen, count)?;
    let r = c.mul(share, g)?;
    c.set(0, r);
    Ok(())
}
pub static MAX: OpDef = reduction(
    "Max",
    "The greatest element over the given axes; NaN when there is one; the least value over nothing.",
    REAL,
    |c| run(c, Reduce::Max),
    Grad::Rule(extreme_grad),
    any,
);
pub static MIN: OpDef = reduction(
    "Min",
    "The least element over the given axes; NaN when there is one; the greatest value over nothing.",
    REAL,
    |c| run(c, Reduce::Min),
    Grad::Rule(extreme_grad),
    any,
);

pub static PROD: OpDef = reduction(
    "Prod",
    "The product over the given axes; 1 over nothing. The gradient is exact at zeros.",
    NUMBER,
    |c| run(c, Reduce::Prod),
    Grad::Rule(prod_grad),
    |d| sample_in(d, |d, dims| d.tensor_in(dims, 0.5, 2.0)),
);

/// The product of the others: exclusive products from both ends along the reduced axes.
fn prod_grad(c: &mut GradCtx) -> Result<()> {
    let g = c.grad(0)?;
    let g = with_kept_axes(c, g)?;
    let x = c.input(0);
    let input_shape = c.shape_tensor(x)?;
    // Reduced axes first, merged into one.
    let (perm, rows, inverse) = match static_axes(c) {
        Some((rank, axes)) => {
            let order: Vec<i64> = axes.iter().copied().chain((0..rank).filter(|i| !axes.contains(i))).map(|i| i as i64).collect();
            let mut inverse = vec![0i64; rank];
            for (i, &p) in order.iter().enumerate() {
                inverse[p as usize] = i as i64;
            }
            let sizes: Option<Vec<usize>> = axes.iter().map(|&a| usize::try_from(c.shape_of(x).dim(a)).ok()).collect();
            let rows = match sizes {
                Some(s) => c.int_scalar(s.iter().product::<usize>() as i64)?,
                None => {
                    let list: Vec<i64> = axes.iter().map(|&a| a as i64).collect();
                    let index = c.int_vector(&list)?;
                    count_of(c, input_shape, index)?
                }
            };
            (c.int_vector(&order)?, rows, c.int_vector(&inverse)?)
        }
        None => {
            let axes = c.input(1);
            let axes = c.cast(axes, DType::I32)?;
            let minus = c.int_vector(&[-1])?;
            let axes = c.reshape(axes, minus)?;
            let rank = c.call("Rank", &[x])?;
            let axes = c.add(axes, rank)?;
            let axes = c.op_node("FloorMod", "mod", &[axes, rank], Attrs::new())?.out(0);
            let (start, delta) = (c.int_scalar(0)?, c.int_scalar(1)?);
            let all = c.op_node("Range", "range", &[start, rank, delta], Attrs::new())?.out(0);
            let other = c.call("ListDiff", &[all, axes])?;
            let zero = c.int_scalar(0)?;
            let perm = c.op_node("ConcatV2", "concat", &[axes, other, zero], Attrs::new())?.out(0);
            let rows = count_of(c, input_shape, axes)?;
            (perm, rows, c.call("InvertPermutation", &[perm])?)
        }
    };
    let permuted = c.op_node("Transpose", "transpose", &[x, perm], Attrs::new())?.out(0);
    let permuted_shape = c.shape_tensor(permuted)?;
    let size = c.call("Size", &[x])?;
    let one = c.int_scalar(1)?;
    // At least one row, so that an empty input divides.
    let safe = c.call("Maximum", &[rows, one])?;
    let columns = c.op_node("FloorDiv", "floordiv", &[size, safe], Attrs::new())?.out(0);
    let matrix = c.op_node("Pack", "Reshape/shape", &[rows, columns], Attrs::new())?.out(0);
    let flat = c.reshape(permuted, matrix)?;
    let axis = c.int_scalar(0)?;
    let left = c.op("Cumprod", &[flat, axis], Attrs::new().with("exclusive", true))?;
    let right = c.op("Cumprod", &[flat, axis], Attrs::new().with("exclusive", true).with("reverse", true))?;
    let (left, right) = (c.conj(left)?, c.conj(right)?);
    let others = c.mul(left, right)?;
    let others = c.reshape(others, permuted_shape)?;
    let others = c.op_node("Transpose", "transpose", &[others, inverse], Attrs::new())?.out(0);
    let r = c.mul(g, others)?;
    let r = c.reshape_like(r, x)?;
    c.set(0, r);
    Ok(())
}

/// The product of the sizes of `axes`.
fn count_of(c: &mut GradCtx, shape: Out, axes: Out) -> Result<Out> {
    let axis = c.int_scalar(0)?;
    let sizes = c.call("GatherV2", &[shape, axes, axis])?;
    let all = c.int_vector(&[0])?;
    c.call("Prod", &[sizes, all])
}

const fn boolean(name: &'static str, doc: &'static str, kernel: fn(&mut KernelCtx) -> Result<()>) -> OpDef {
    OpDef {
        inputs: const { &[arg_of("input", DType::Bool), arg("reduction_indices", "Tidx")] },
        outputs: const { &[arg_of("output", DType::Bool)] },
        ..reduction(
            name,
            doc,
            const { &[flag("keep_dims", false), type_index("Tidx")] },
            kernel,
            Grad::NotDifferentiable("the output is a bool"),
            |d| sample_in(d, |d, dims| d.bools(dims)),
        )
    }
}
pub static ALL: OpDef = boolean("All", "Whether all elements over the given axes are true; true over nothing.", |c| run(c, Reduce::All));
pub static ANY: OpDef = boolean("Any", "Whether any element over the given axes is true; false over nothing.", |c| run(c, Reduce::Any));
