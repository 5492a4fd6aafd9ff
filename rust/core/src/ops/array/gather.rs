//! Gather and GatherV2: slices of an axis taken by index.

use crate::error::{Error, Result};
use crate::grad::{GradCtx, Slices};
use crate::graph::attr::Attrs;
use crate::graph::fact::{Shape, resolve_axis};
use crate::graph::node::Out;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::indexing::gather::gather;
use graphpb_kernels::{DType, Tensor};

pub static GATHER: OpDef = OpDef {
    name: "Gather",
    doc: "Rows of `params` taken by `indices`; as GatherV2 with axis 0.",
    inputs: &[arg("params", "Tparams"), arg("indices", "Tindices")],
    outputs: &[arg("output", "Tparams")],
    attrs: &[flag("validate_indices", true), type_any("Tparams"), type_in("Tindices", INDEX)],
    traits: Traits::PURE,
    shape: |c| {
        let p = c.input(0).with_rank_at_least(1)?;
        let rest = p.rank().map_or(Shape::UNKNOWN, |r| p.sub(1..r));
        let s = c.input(1).concat(&rest);
        c.set(0, s);
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let y = gather(c.input(0), c.input(1), 0, 0)?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Rule(rows_back),
    sample: Some(|d| {
        let p = d.full_dims(1, 3);
        let idx = d.dims(0, 2);
        let ix = d.integers(DType::I32, &idx, 0, p[0] as i64 - 1);
        Case::new().input(d.tensor(&p)).input(ix)
    }),
    ..OpDef::BASE
};

pub static GATHER_V2: OpDef = OpDef {
    name: "GatherV2",
    doc: "Slices of axis `axis` of `params` taken by `indices`, whose first `batch_dims` axes are shared with `params`.",
    inputs: &[arg("params", "Tparams"), arg("indices", "Tindices"), arg("axis", "Taxis")],
    outputs: &[arg("output", "Tparams")],
    attrs: &[
        int("batch_dims").default_int(0),
        type_any("Tparams"),
        type_in("Tindices", &[DType::I16, DType::I32, DType::I64]),
        type_in("Taxis", INDEX),
    ],
    traits: Traits::PURE,
    shape: |c| {
        let (p, ix) = (c.input(0).with_rank_at_least(1)?, c.input(1).clone());
        let batch = c.attrs().int("batch_dims")?;
        let (Some(pr), Some(ir)) = (p.rank(), ix.rank()) else { return Ok(()) };
        let b = batch_position(batch, ir).map_err(Error::into_value)?;
        let Some(axis) = c.int(2) else {
            c.set(0, Shape::of_rank(pr + ir - 1 - b));
            return Ok(());
        };
        let Some(axis) = resolve_axis(axis, pr) else {
            let least = if axis < 0 { -axis } else { axis + 1 };
            return Err(Error::value(format!("Shape must be at least rank {least} but is rank {pr}")));
        };
        if b > axis {
            return Err(Error::value(format!("Must have batch_dims <= axis, but got {b} and {axis}")));
        }
        let lead = p.sub(0..b).merge(&ix.sub(0..b))?;
        let s = lead.concat(&p.sub(b..axis)).concat(&ix.sub(b..ir)).concat(&p.sub(axis + 1..pr));
        c.set(0, s);
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let (axis, rank) = (c.int(2)?, c.input(0).rank());
        let b = batch_position(c.attrs().int("batch_dims")?, c.input(1).rank())?;
        let at = resolve_axis(axis, rank).ok_or_else(|| {
            let least = if axis < 0 { -axis } else { axis + 1 };
            Error::invalid(format!("Shape must be at least rank {least} but is rank {rank}"))
        })?;
        let y = gather(c.input(0), c.input(1), at, b)?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Rule(back),
    sample: Some(|d| {
        let p = d.full_dims(1, 4);
        let axis = d.below(p.len());
        let b = if d.flag() { d.below(axis + 1) } else { 0 };
        let mut idx = p[..b].to_vec();
        idx.extend(d.dims(0, 2));
        let ix = d.integers(DType::I32, &idx, 0, p[axis] as i64 - 1);
        let a = axis as i32 - if d.flag() { p.len() as i32 } else { 0 };
        Case::new().input(d.tensor(&p)).input(ix).constant(Tensor::scalar(a)).attr("batch_dims", b as i64)
    }),
    ..OpDef::BASE
};

fn batch_position(batch: i64, rank: usize) -> Result<usize> {
    let b = if batch < 0 { batch + rank as i64 } else { batch };
    usize::try_from(b)
        .ok()
        .filter(|&b| b <= rank)
        .ok_or_else(|| Error::invalid(format!("Expected batch_dims in the range [-{rank}, {rank}], but got {batch}")))
}

/// Rows of a gradient: nothing is added up here.
fn rows_back(c: &mut GradCtx) -> Result<()> {
    let (g, params, ix) = (c.grad(0)?, c.input(0), c.input(1));
    let dense_shape = c.shape_tensor(params)?;
    let flat = c.int_vector(&[-1])?;
    let indices = c.reshape(ix, flat)?;
    let known = (c.shape_of(ix).elements(), c.shape_of(params).to_known());
    let shape = if let (Some(n), Some(p)) = known {
        let mut s = vec![n];
        s.extend(p.iter().skip(1).map(|&d| d as i64));
        c.int_vector(&s)?
    } else {
        let n = c.call("Size", &[ix])?;
        let axis = c.int_scalar(0)?;
        let n = c.call("ExpandDims", &[n, axis])?;
        let (one, zero) = (c.int_vector(&[1])?, c.int_vector(&[0])?);
        let rest = c.op("StridedSlice", &[dense_shape, one, zero, one], Attrs::new().with("end_mask", 1i64))?;
        c.op_node("ConcatV2", "concat", &[n, rest, axis], Attrs::new())?.out(0)
    };
    let values = c.reshape(g, shape)?;
    c.set_slices(0, Slices { values, indices, dense_shape: Some(dense_shape) });
    Ok(())
}

fn back(c: &mut GradCtx) -> Result<()> {
    let (params, ix) = (c.input(0), c.input(1));
    let batch = c.attrs().int("batch_dims")?;
    let axis = c.value(c.input(2)).and_then(|a| a.to_i64s()).and_then(|a| a.first().copied());
    if batch == 0 && axis == Some(0) {
        return rows_back(c);
    }
    let (Some(axis), Some(pr), Some(ir)) = (axis, c.shape_of(params).rank(), c.shape_of(ix).rank()) else {
        return Err(Error::value("The gradient of GatherV2 needs a constant axis and known ranks of params and indices"));
    };
    let b = batch_position(batch, ir)?;
    let axis = resolve_axis(axis, pr).ok_or_else(|| Error::value(format!("axis {axis} is out of range")))?;
    if b == 0 && axis == 0 {
        return rows_back(c);
    }
    let g = c.grad(0)?;
    // g is [batch, outer, index, inner]; the sum over equal indices wants the index axes right after the batch.
    let (outer, q) = (axis - b, ir - b);
    let rank = pr - 1 + q;
    let mut perm: Vec<i64> = (0..b as i64).collect();
    perm.extend((axis..axis + q).map(|v| v as i64));
    perm.extend((b..axis).map(|v| v as i64));
    perm.extend((axis + q..rank).map(|v| v as i64));
    let g = permute(c, g, &perm)?;
    let shape = c.shape_tensor(params)?;
    let n = element(c, shape, axis)?;
    let summed = if b == 0 { c.call("UnsortedSegmentSum", &[g, ix, n])? } else { batch_sum(c, g, ix, shape, n, b, axis)? };
    // [batch, n, outer, inner] back to the order of params.
    let mut perm: Vec<i64> = (0..b as i64).collect();
    perm.extend((b + 1..b + 1 + outer).map(|v| v as i64));
    perm.push(b as i64);
    perm.extend((axis + 1..pr).map(|v| v as i64));
    let r = permute(c, summed, &perm)?;
    c.set(0, r);
    Ok(())
}

fn permute(c: &mut GradCtx, x: Out, perm: &[i64]) -> Result<Out> {
    if perm.iter().enumerate().all(|(i, &p)| i as i64 == p) {
        return Ok(x);
    }
    let p = c.int_vector(perm)?;
    Ok(c.op_node("Transpose", "transpose", &[x, p], Attrs::new())?.out(0))
}

/// `shape[i]` as a scalar: a constant where it is known.
fn element(c: &mut GradCtx, shape: Out, i: usize) -> Result<Out> {
    if let Some(v) = c.value(shape).and_then(|s| s.to_i64s()).and_then(|s| s.get(i).copied()) {
        return c.int_scalar(v);
    }
    let (at, end, one) = (c.int_vector(&[i as i64])?, c.int_vector(&[i as i64 + 1])?, c.int_vector(&[1])?);
    c.op("StridedSlice", &[shape, at, end, one], Attrs::new().with("shrink_axis_mask", 1i64))
}

/// Sums per batch entry, as one sum over ids made distinct by the number of the batch entry.
fn batch_sum(c: &mut GradCtx, g: Out, ix: Out, shape: Out, n: Out, b: usize, axis: usize) -> Result<Out> {
    let zero = c.int_scalar(0)?;
    let (b0, b1, step) = (c.int_vector(&[0])?, c.int_vector(&[b as i64])?, c.int_vector(&[1])?);
    let lead = c.call("StridedSlice", &[shape, b0, b1, step])?;
    let cells = c.op("Prod", &[lead, b0], Attrs::new())?;
    let total = c.mul(cells, n)?;
    // first id of each batch entry, shaped [batch…, 1…]
    let starts = c.op_node("Range", "range", &[zero, total, n], Attrs::new())?.out(0);
    let q = c.shape_of(ix).rank().unwrap_or(b) - b;
    let column = if q > 0 {
        let ones = c.int_vector(&vec![1; q])?;
        c.op_node("ConcatV2", "concat", &[lead, ones, zero], Attrs::new())?.out(0)
    } else {
        lead
    };
    let starts = c.reshape(starts, column)?;
    let kind = c.dtype(ix);
    let kind = if kind == DType::I16 { DType::I32 } else { kind };
    let (starts, ids) = (c.cast(starts, kind)?, c.cast(ix, kind)?);
    let ids = c.add(ids, starts)?;
    let summed = c.call("UnsortedSegmentSum", &[g, ids, total])?;
    // [batch·n, outer, inner] to [batch, n, outer, inner]
    let rank = c.shape_of(c.input(0)).rank().unwrap_or(axis + 1);
    let mut pieces = vec![lead];
    let slice = |c: &mut GradCtx, from: usize, to: usize| -> Result<Out> {
        let (f, t) = (c.int_vector(&[from as i64])?, c.int_vector(&[to as i64])?);
        c.call("StridedSlice", &[shape, f, t, step])
    };
    pieces.push(slice(c, axis, axis + 1)?);
    if axis > b {
        pieces.push(slice(c, b, axis)?);
    }
    if axis + 1 < rank {
        pieces.push(slice(c, axis + 1, rank)?);
    }
    pieces.push(zero);
    let full = c.op_node("ConcatV2", "concat", &pieces, Attrs::new())?.out(0);
    c.reshape(summed, full)
}
