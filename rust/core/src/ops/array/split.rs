//! Split and SplitV: a tensor cut along an axis.

use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::fact::{Shape, resolve_axis};
use crate::graph::node::Out;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::movement::concat::split;
use graphpb_kernels::{DType, Tensor};

pub static SPLIT: OpDef = OpDef {
    name: "Split",
    doc: "Cuts `value` along `split_dim` into `num_split` pieces of equal size.",
    inputs: &[arg_of("split_dim", DType::I32), arg("value", "T")],
    outputs: &[args("output", "num_split", "T")],
    attrs: &[count("num_split"), type_any("T")],
    traits: Traits::PURE,
    shape: |c| {
        let Some(rank) = c.input(1).rank() else { return Ok(()) };
        let n = c.outputs() as i64;
        let s = match c.int(0) {
            Some(a) => {
                let at = c.axis(a, rank)?;
                let d = c.input(1).dim(at);
                if d >= 0 && d % n != 0 {
                    return Err(Error::value(format!("Dimension size must be evenly divisible by {n} but is {d}")));
                }
                c.input(1).with_dim(at, if d >= 0 { d / n } else { -1 })
            }
            None if n == 1 => c.input(1).clone(),
            None => Shape::of_rank(rank),
        };
        for i in 0..c.outputs() {
            c.set(i, s.clone());
        }
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let (dim, n) = (c.int(0)?, c.outputs());
        let x = c.take(1);
        let at = split_axis(dim, x.rank())?;
        let d = x.dims()[at];
        if !d.is_multiple_of(n) {
            return Err(Error::invalid(format!(
                "Number of ways to split should evenly divide the split dimension, but got split_dim {at} (size = {d}) and num_split {n}"
            )));
        }
        for (i, t) in split(&x, at, &vec![d / n; n])?.into_iter().enumerate() {
            c.set(i, t);
        }
        Ok(())
    }),
    grad: Grad::Rule(|c| join(c, 1, 0)),
    sample: Some(|d| {
        let mut dims = d.dims(1, 3);
        let at = d.below(dims.len());
        let n = 1 + d.below(3);
        dims[at] *= n;
        let axis = at as i32 - if d.flag() { dims.len() as i32 } else { 0 };
        Case::new().constant(Tensor::scalar(axis)).input(d.tensor(&dims)).attr("num_split", n as i64)
    }),
    ..OpDef::BASE
};

pub static SPLIT_V: OpDef = OpDef {
    name: "SplitV",
    doc: "Cuts `value` along `split_dim` into pieces of the sizes `size_splits`, of which one may be -1.",
    inputs: &[arg("value", "T"), arg("size_splits", "Tlen"), arg_of("split_dim", DType::I32)],
    outputs: &[args("output", "num_split", "T")],
    attrs: &[count("num_split"), type_any("T"), type_in("Tlen", &[DType::I8, DType::I32, DType::I64]).default_type(DType::I64)],
    traits: Traits::PURE,
    shape: |c| {
        let Some(rank) = c.input(0).rank() else { return Ok(()) };
        let n = c.outputs();
        let Some(a) = c.int(2) else {
            for i in 0..n {
                let s = if n == 1 { c.input(0).clone() } else { Shape::of_rank(rank) };
                c.set(i, s);
            }
            return Ok(());
        };
        let at = c.axis(a, rank)?;
        let d = c.input(0).dim(at);
        let lengths = match c.ints(1) {
            Some(l) if l.len() != n => return Err(Error::value("Length of size_splits should be equal to num_outputs")),
            Some(l) => lengths(&l, d).map_err(Error::into_value)?,
            None if n == 1 => vec![d],
            None => vec![-1; n],
        };
        for (i, &l) in lengths.iter().enumerate() {
            let s = c.input(0).with_dim(at, l);
            c.set(i, s);
        }
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let (want, dim) = (c.ints(1)?, c.int(2)?);
        let x = c.take(0);
        let at = split_axis(dim, x.rank())?;
        if want.len() != c.outputs() {
            return Err(Error::invalid(format!(
                "size of the split_tensor must be 1-D and have the same number of elements as num_split. Got {} and {}",
                want.len(),
                c.outputs()
            )));
        }
        let l = lengths(&want, x.dims()[at] as i64)?;
        let l: Vec<usize> = l.iter().map(|&v| v.max(0) as usize).collect();
        for (i, t) in split(&x, at, &l)?.into_iter().enumerate() {
            c.set(i, t);
        }
        Ok(())
    }),
    grad: Grad::Rule(|c| join(c, 0, 2)),
    sample: Some(|d| {
        let mut dims = d.dims(1, 3);
        let at = d.below(dims.len());
        let mut sizes: Vec<i64> = (0..1 + d.below(4)).map(|_| d.below(4) as i64).collect();
        dims[at] = sizes.iter().sum::<i64>() as usize;
        let n = sizes.len();
        if d.flag() {
            let i = d.below(n);
            sizes[i] = -1;
        }
        Case::new().input(d.tensor(&dims)).constant(Tensor::vector(&sizes)).constant(Tensor::scalar(at as i32)).attr("num_split", n as i64)
    }),
    ..OpDef::BASE
};

fn split_axis(dim: i64, rank: usize) -> Result<usize> {
    resolve_axis(dim, rank).ok_or_else(|| Error::invalid(format!("-input rank(-{rank}) <= split_dim < input rank ({rank}), but got {dim}")))
}

/// The sizes with −1 resolved against `dim` (−1 there: unknown).
fn lengths(want: &[i64], dim: i64) -> Result<Vec<i64>> {
    let mut rest = None;
    let mut sum = 0i64;
    for (i, &w) in want.iter().enumerate() {
        if w == -1 {
            if rest.replace(i).is_some() {
                return Err(Error::invalid("There can only be one -1 in the input."));
            }
        } else if w < 0 {
            return Err(Error::invalid(format!("Split size at index {i} must be >= 0. Got: {w}")));
        } else {
            sum = sum.saturating_add(w);
        }
    }
    let mut out = want.to_vec();
    if dim >= 0 {
        if rest.is_none() && sum != dim || sum > dim {
            return Err(Error::invalid(format!(
                "Determined shape must either match input shape along split_dim exactly if fully specified, or be less than the size of the input along \
                 split_dim if not fully specified.  Got: {sum}"
            )));
        }
        if let Some(i) = rest {
            out[i] = dim - sum;
        }
    }
    Ok(out)
}

fn join(c: &mut GradCtx, value: usize, axis: usize) -> Result<()> {
    let mut grads: Vec<Out> = (0..c.outputs()).map(|i| c.grad(i)).collect::<Result<_>>()?;
    if let [one] = grads[..] {
        c.set(value, one);
        return Ok(());
    }
    grads.push(c.input(axis));
    let g = c.op_node("ConcatV2", "concat", &grads, crate::graph::attr::Attrs::new())?.out(0);
    c.set(value, g);
    Ok(())
}
