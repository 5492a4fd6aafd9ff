//! TensorList ops that write many elements at once: splitting a tensor, scattering rows into a list that exists.

use super::tensor_list::{ELEMENT, LIST_IN, LIST_OUT, List, MAX_LEN, SHAPE_TYPE, shape_input, take_list};
use crate::Result;
use crate::error::Error;
use crate::graph::attr::Attrs;
use crate::graph::infer::scalars;
use crate::registry::*;
use graphpb_kernels::{DType, shape_text};

pub static TENSOR_LIST_SPLIT: OpDef = OpDef {
    name: "TensorListSplit",
    doc: "The list whose element `i` is the next `lengths[i]` rows of `tensor`.",
    inputs: &[arg("tensor", "element_dtype"), arg("element_shape", "shape_type"), arg_of("lengths", DType::I64)],
    outputs: &[LIST_OUT],
    attrs: &[ELEMENT, SHAPE_TYPE],
    shape: scalars,
    kernel: Kernel::Plain(|c| {
        let (t, element, lengths) = (c.take(0).into_owned(), shape_input(c, 1)?, c.ints(2)?);
        let Some((&rows, rest)) = t.dims().split_first() else {
            return Err(Error::invalid(format!("Tensor must be at least a vector, but saw shape: {}", shape_text(t.dims()))));
        };
        if lengths.len() > MAX_LEN {
            return Err(Error::invalid(format!("a list of {} elements cannot be made", lengths.len())));
        }
        let mut items = Vec::with_capacity(lengths.len());
        let mut at = 0usize;
        for &n in lengths.iter() {
            let n = usize::try_from(n).map_err(|_| Error::invalid(format!("Invalid value in lengths: {n}")))?;
            let end = at.checked_add(n).filter(|&e| e <= rows);
            let end =
                end.ok_or_else(|| Error::invalid(format!("Attempting to slice [{at}, {}) from tensor with length {rows}", at.saturating_add(n))))?;
            let part = t.rows(at, n).reshaped(&[&[n], rest].concat());
            if !element.admits(part.dims()) {
                return Err(Error::invalid(format!("a part of shape {} does not fit elements of shape {element}", shape_text(part.dims()))));
            }
            items.push(Some(part));
            at = end;
        }
        if at != rows {
            return Err(Error::invalid(format!("Unused values in tensor. Length of tensor: {rows} Values used: {at}")));
        }
        c.set(0, List { dtype: t.dtype(), element, items }.into_tensor());
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let (t, g) = (c.input(0), c.grad(0)?);
        let (shape, lengths, dtype) = (c.input(1), c.input(2), c.dtype(t));
        let n = c.op_node("TensorListConcatV2", "TensorListConcatV2", &[g, shape, lengths], Attrs::new().with("element_dtype", dtype))?;
        c.set(0, n.out(0));
        Ok(())
    }),
    ..OpDef::BASE
};

/// The gradient of `TensorListConcatV2`: the gradient of the joined tensor, cut again.
pub(super) fn concat_grad(c: &mut crate::grad::GradCtx) -> Result<()> {
    let (g, lengths) = (c.grad(0)?, c.output(1));
    let dtype = c.dtype(g);
    let shape = c.input(1);
    let back = c.op("TensorListSplit", &[g, shape, lengths], Attrs::new().with("element_dtype", dtype))?;
    c.set(0, back);
    Ok(())
}

pub static TENSOR_LIST_SCATTER_INTO_EXISTING_LIST: OpDef = OpDef {
    name: "TensorListScatterIntoExistingList",
    doc: "The list with its element `indices[i]` replaced by row `i` of `tensor`; it grows where that is needed.",
    inputs: &[LIST_IN, arg("tensor", "element_dtype"), arg_of("indices", DType::I32)],
    outputs: &[LIST_OUT],
    attrs: &[ELEMENT],
    shape: scalars,
    kernel: Kernel::Plain(|c| {
        let (t, indices) = (c.take(1).into_owned(), c.ints(2)?);
        let Some((_, rest)) = t.dims().split_first().filter(|(n, _)| **n == indices.len()) else {
            return Err(Error::invalid(format!("Expected {} rows, got a tensor of shape {}", indices.len(), shape_text(t.dims()))));
        };
        let mut l = take_list(c, 0)?;
        for (k, &i) in indices.iter().enumerate() {
            let at = usize::try_from(i).ok().filter(|&at| at < MAX_LEN);
            let at = at.ok_or_else(|| Error::invalid(format!("Indices in TensorListScatter must all be non-negative, got {i}")))?;
            let row = t.rows(k, 1).reshaped(rest);
            l.check(&row)?;
            if at >= l.items.len() {
                l.items.resize(at + 1, None);
            }
            l.items[at] = Some(row);
        }
        c.set(0, l.into_tensor());
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let (t, i, g) = (c.input(1), c.input(2), c.grad(0)?);
        let rest = c.int_scalar(-1)?;
        let dtype = c.dtype(t);
        let rows = c.op("TensorListGather", &[g, i, rest], Attrs::new().with("element_dtype", dtype))?;
        let zeros = c.zeros_like(t)?;
        let kept = c.call("TensorListScatterIntoExistingList", &[g, zeros, i])?;
        c.set(0, kept);
        c.set(1, rows);
        Ok(())
    }),
    ..OpDef::BASE
};
