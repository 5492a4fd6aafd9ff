//! Rows taken by index.

use super::{element_name, indices};
use crate::error::{KernelError, Result};
use crate::movement::{Elem, move_ns, product};
use crate::par;
use crate::tensor::{Tensor, shape_text};

/// `out[b…, o…, i…, r…] = params[b…, o…, idx[b…, i…], r…]` with `batch_dims` batch axes; `axis` counts from the front.
pub fn gather(params: &Tensor, idx: &Tensor, axis: usize, batch_dims: usize) -> Result<Tensor> {
    let p = params.dims();
    if p.len() <= axis || batch_dims > axis || batch_dims > idx.rank() {
        return Err(KernelError::invalid(format!("gather: axis {axis} and batch_dims {batch_dims} do not fit params {}", shape_text(p))));
    }
    if let Some(k) = (0..batch_dims).find(|&k| p[k] != idx.dims()[k]) {
        return Err(KernelError::invalid(format!("params.shape[{k}]: {} should be equal to indices.shape[{k}]: {}", p[k], idx.dims()[k])));
    }
    let ix = indices(idx)?;
    let n = p[axis];
    if let Some(bad) = ix.iter().position(|&i| i < 0 || i >= n as i64) {
        return Err(KernelError::invalid(format!("{} = {} is not in [0, {n})", element_name("indices", idx.dims(), bad), ix[bad])));
    }
    let mut dims = p[..axis].to_vec();
    dims.extend(&idx.dims()[batch_dims..]);
    dims.extend(&p[axis + 1..]);
    let mut out = Tensor::try_scratch(params.dtype(), &dims)?;
    if out.is_empty() {
        return Ok(out);
    }
    let (outer, inner) = (product(&p[batch_dims..axis]), product(&p[axis + 1..]));
    let per_batch = product(&idx.dims()[batch_dims..]);
    crate::with_elem!(params.dtype(), T => rows::<T>(params, &ix, n, outer, inner, per_batch, &mut out));
    Ok(out)
}

fn rows<T: Elem>(params: &Tensor, ix: &[i64], n: usize, outer: usize, inner: usize, per_batch: usize, out: &mut Tensor) {
    let dtype = params.dtype();
    let src = T::of(params);
    // A miss in the cache costs more than a short row.
    par::rows_mut(T::of_mut(out), inner, move_ns(dtype, inner) + 2.0, |first, chunk| {
        if outer == 1 {
            // One block of indices per batch entry, in order.
            let scale = |r: usize| (r / per_batch * n + ix[r] as usize) * inner;
            if inner == 1 {
                for (i, o) in chunk.iter_mut().enumerate() {
                    *o = src[scale(first + i)].clone();
                }
            } else {
                for (i, o) in chunk.chunks_mut(inner).enumerate() {
                    let from = scale(first + i);
                    o.clone_from_slice(&src[from..from + inner]);
                }
            }
            return;
        }
        for (i, o) in chunk.chunks_mut(inner).enumerate() {
            let r = first + i;
            let (block, j) = (r / per_batch, r % per_batch);
            let from = (block * n + ix[block / outer * per_batch + j] as usize) * inner;
            o.clone_from_slice(&src[from..from + inner]);
        }
    });
}

/// Positions in a tensor of sizes `dims` that the rows of `idx` (its last axis) name, as element offsets.
///
/// INVALID_ARGUMENT for an index outside, in the words of `what`.
pub(crate) fn offsets(idx: &Tensor, dims: &[usize], what: impl Fn(usize, &[i64]) -> String) -> Result<Vec<usize>> {
    let ix = indices(idx)?;
    let depth = idx.dims().last().copied().unwrap_or(1);
    let slice = product(&dims[depth.min(dims.len())..]);
    let rows = product(&idx.dims()[..idx.rank().saturating_sub(1)]);
    if depth == 0 {
        return Ok(vec![0; rows]);
    }
    ix.chunks(depth)
        .enumerate()
        .map(|(r, row)| {
            let mut at = 0usize;
            for (&i, &d) in row.iter().zip(dims) {
                if i < 0 || i >= d as i64 {
                    return Err(KernelError::invalid(what(r, row)));
                }
                at = at * d + i as usize;
            }
            Ok(at * slice)
        })
        .collect()
}

/// The slices of `params` that the rows of `idx` name: `out[i…] = params[idx[i…, :]]`.
pub fn gather_nd(params: &Tensor, idx: &Tensor) -> Result<Tensor> {
    let Some((&depth, lead)) = idx.dims().split_last() else { return Err(KernelError::invalid("indices must be at least a vector")) };
    if params.rank() < 1 {
        return Err(KernelError::invalid("params must be at least a vector"));
    }
    if depth > params.rank() {
        return Err(KernelError::invalid(format!("index innermost dimension length must be <= params rank; saw: {depth} vs. {}", params.rank())));
    }
    let mut dims = lead.to_vec();
    dims.extend(&params.dims()[depth..]);
    let mut out = Tensor::try_scratch(params.dtype(), &dims)?;
    if params.is_empty() && !out.is_empty() {
        return Err(KernelError::invalid("Requested more than 0 entries, but params is empty."));
    }
    let at = offsets(idx, params.dims(), |r, row| {
        let text: Vec<String> = row.iter().map(i64::to_string).collect();
        format!(
            "{} = [{}] does not index into param shape {}, node name: gather_nd",
            element_name("indices", lead, r),
            text.join(", "),
            shape_text(params.dims())
        )
        .replace(", node name: gather_nd", "")
    })?;
    let inner = product(&params.dims()[depth..]);
    if out.is_empty() {
        return Ok(out);
    }
    let dtype = params.dtype();
    crate::with_elem!(dtype, T => {
        let src = T::of(params);
        par::rows_mut(T::of_mut(&mut out), inner, move_ns(dtype, inner) + 2.0, |first, chunk| {
            for (i, o) in chunk.chunks_mut(inner).enumerate() {
                let from = at[first + i];
                o.clone_from_slice(&src[from..from + inner]);
            }
        });
    });
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gathering_agrees_with_plain_loops() {
        let p = Tensor::from_slice(&(0..2 * 3 * 4 * 2).collect::<Vec<i32>>(), &[2, 3, 4, 2]);
        let idx = Tensor::from_slice(&[3i32, 0, 0, 1, 2, 2], &[2, 3]);
        let y = gather(&p, &idx, 2, 0).unwrap();
        assert_eq!(y.dims(), [2, 3, 2, 3, 2]);
        for a in 0..2 {
            for b in 0..3 {
                for (j, &i) in idx.slice::<i32>().iter().enumerate() {
                    for r in 0..2 {
                        assert_eq!(y.slice::<i32>()[((a * 3 + b) * 6 + j) * 2 + r], ((a * 3 + b) * 4 + i as usize) as i32 * 2 + r as i32);
                    }
                }
            }
        }
        let y = gather(&p, &idx, 2, 1).unwrap();
        assert_eq!(y.dims(), [2, 3, 3, 2]);
        for a in 0..2 {
            for b in 0..3 {
                for j in 0..3 {
                    let i = idx.slice::<i32>()[a * 3 + j] as usize;
                    assert_eq!(y.slice::<i32>()[((a * 3 + b) * 3 + j) * 2], ((a * 3 + b) * 4 + i) as i32 * 2);
                }
            }
        }
        assert_eq!(gather(&p, &Tensor::scalar(5i32), 0, 0).unwrap_err().message, "indices = 5 is not in [0, 2)");
        assert_eq!(gather(&p, &Tensor::vector(&[1i64, 4]), 1, 0).unwrap_err().message, "indices[1] = 4 is not in [0, 3)");
    }

    #[test]
    fn gathering_by_index_rows() {
        let p = Tensor::from_slice(&(0..12).collect::<Vec<i32>>(), &[3, 4]);
        let y = gather_nd(&p, &Tensor::from_slice(&[2i32, 1, 0, 3], &[2, 2])).unwrap();
        assert_eq!(y.slice::<i32>(), [9, 3]);
        assert_eq!(gather_nd(&p, &Tensor::from_slice(&[1i32], &[1, 1])).unwrap().slice::<i32>(), [4, 5, 6, 7]);
        assert_eq!(gather_nd(&p, &Tensor::from_slice::<i32>(&[], &[2, 0])).unwrap().dims(), [2, 3, 4]);
        assert!(gather_nd(&p, &Tensor::from_slice(&[3i32, 0], &[1, 2])).is_err());
    }
}
