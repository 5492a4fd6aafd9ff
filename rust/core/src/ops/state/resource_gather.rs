//! ResourceGather and ResourceGatherNd: rows of a resource variable.

use graphpb_kernels::scatter::gather;
use graphpb_kernels::{DType, Tensor, with_width};

use super::scatter::{checked_rows, checked_tuples};
use crate::error::{Error, Result};
use crate::grad::{GradCtx, Slices};
use crate::graph::attr::Attrs;
use crate::registry::*;

/// `rows[i] = source[flat[i]]` for slices of `row` elements.
fn take(source: &Tensor, row: usize, flat: &[usize], dims: &[usize]) -> Result<Tensor> {
    if source.dtype() == DType::Str {
        let all = source.as_strings();
        return Ok(Tensor::strings(flat.iter().flat_map(|&i| all[i * row..(i + 1) * row].iter().cloned()).collect(), dims));
    }
    let mut out = Tensor::try_scratch(source.dtype(), dims)?;
    if !out.is_empty() {
        with_width!(source.dtype(), W => gather(source.raw::<W>(), row, flat, out.raw_mut::<W>()),
            else return Err(Error::unimplemented(format!("no kernel for type {}", source.dtype().name()))));
    }
    Ok(out)
}

/// The gradient: rows of the variable.
fn grad(c: &mut GradCtx) -> Result<()> {
    let (handle, indices) = (c.input(0), c.input(1));
    let g = c.grad(0)?;
    let dense_shape = c.op("VariableShape", &[handle], Attrs::new())?;
    let axis = c.int_scalar(0)?;
    let size = c.call("Size", &[indices])?;
    let size = c.call("ExpandDims", &[size, axis])?;
    let (one, zero) = (c.int_vector(&[1])?, c.int_vector(&[0])?);
    let tail = Attrs::new().with("begin_mask", 0).with("end_mask", 1);
    let tail = c.op("StridedSlice", &[dense_shape, one, zero, one], tail)?;
    let shape = c.op("ConcatV2", &[size, tail, axis], Attrs::new())?;
    let values = c.reshape(g, shape)?;
    let indices = c.reshape(indices, size)?;
    c.set_slices(0, Slices { values, indices, dense_shape: Some(dense_shape) });
    Ok(())
}

pub static RESOURCE_GATHER: OpDef = OpDef {
    name: "ResourceGather",
    doc: "variable[indices]: rows of the variable. The first batch_dims axes are shared with the indices.",
    inputs: &[arg_of("resource", DType::Resource), arg("indices", "Tindices")],
    outputs: &[arg("output", "dtype")],
    attrs: &[int("batch_dims").default_of(Default::Int(0)), flag("validate_indices", true), type_any("dtype"), type_in("Tindices", INDEX)],
    traits: Traits::STATEFUL,
    shape: |c| {
        let s = c.handle(0);
        let batch = c.attrs().int("batch_dims")?;
        if let (Some(r), Some(k)) = (s.rank(), c.input(1).rank()) {
            let batch = usize::try_from(if batch < 0 { batch + k as i64 } else { batch }).unwrap_or(usize::MAX);
            if batch >= r || batch > k {
                return Err(Error::value(format!("batch_dims must be below the ranks of the variable ({r}) and the indices ({k})")));
            }
            let out = s.sub(0..batch).concat(&c.input(1).sub(batch..k)).concat(&s.sub(batch + 1..r));
            c.set(0, out);
        }
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let source = c.any_variable(0)?.read()?;
        let indices = c.input(1);
        let batch = c.attrs().int("batch_dims")?;
        let batch = usize::try_from(if batch < 0 { batch + indices.rank() as i64 } else { batch }).unwrap_or(usize::MAX);
        if batch >= source.rank() || batch > indices.rank() || source.dims()[..batch] != indices.dims()[..batch] {
            return Err(Error::invalid("the batch axes of the variable and of the indices differ"));
        }
        let rows = source.dims()[batch];
        let mut flat = checked_rows(indices, rows)?;
        let outer: usize = source.dims()[..batch].iter().product();
        let per = flat.len() / outer.max(1);
        for (i, f) in flat.iter_mut().enumerate() {
            *f += i / per.max(1) * rows;
        }
        let dims = [&source.dims()[..batch], &indices.dims()[batch..], &source.dims()[batch + 1..]].concat();
        let out = take(&source, source.dims()[batch + 1..].iter().product(), &flat, &dims)?;
        c.set(0, out);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        if c.attrs().int("batch_dims")? != 0 {
            return Err(Error::unimplemented("the gradient of ResourceGather with batch_dims is not available"));
        }
        grad(c)
    }),
    ..OpDef::BASE
};

pub static RESOURCE_GATHER_ND: OpDef = OpDef {
    name: "ResourceGatherNd",
    doc: "Slices of the variable at index tuples.",
    inputs: &[arg_of("resource", DType::Resource), arg("indices", "Tindices")],
    outputs: &[arg("output", "dtype")],
    attrs: &[type_any("dtype"), type_in("Tindices", INDEX)],
    traits: Traits::STATEFUL,
    shape: |c| {
        let s = c.handle(0);
        let indices = c.input(1).with_rank_at_least(1)?;
        if let (Some(r), Some(k)) = (s.rank(), indices.rank()) {
            let depth = indices.dim(k - 1);
            if depth > r as i64 {
                return Err(Error::value(format!("indices.shape[-1] must be <= params.rank, but saw indices shape {indices} and params shape {s}")));
            }
            if depth >= 0 {
                c.set(0, indices.sub(0..k - 1).concat(&s.sub(depth as usize..r)));
            }
        }
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let source = c.any_variable(0)?.read()?;
        let indices = c.input(1);
        let (flat, row) = checked_tuples(indices, source.dims())?;
        let depth = indices.dims()[indices.rank() - 1];
        let dims = [&indices.dims()[..indices.rank() - 1], &source.dims()[depth..]].concat();
        let out = take(&source, row, &flat, &dims)?;
        c.set(0, out);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let (handle, indices) = (c.input(0), c.input(1));
        let g = c.grad(0)?;
        let shape = c.op("VariableShape", &[handle], Attrs::new().with("out_type", c.dtype(indices)))?;
        let dense = c.call("ScatterNd", &[indices, g, shape])?;
        c.set(0, dense);
        Ok(())
    }),
    ..OpDef::BASE
};
