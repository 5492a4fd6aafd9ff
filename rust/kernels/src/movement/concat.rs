//! Tensors joined along an axis, and cut apart.

use super::{Elem, move_ns, product};
use crate::error::{KernelError, Result};
use crate::par;
use crate::tensor::{Tensor, shape_text};

/// Join along `axis`. Shapes must agree outside of it; zero parts are an error.
pub fn concat(parts: &[&Tensor], axis: usize) -> Result<Tensor> {
    let Some(first) = parts.first() else { return Err(KernelError::invalid("ConcatOp : nothing to concatenate")) };
    let mut dims = first.dims().to_vec();
    dims[axis] = 0;
    for (i, p) in parts.iter().enumerate() {
        if p.rank() != first.rank() {
            return Err(KernelError::invalid(format!(
                "ConcatOp : Ranks of all input tensors should match: shape[0] = {} vs. shape[{i}] = {}",
                shape_text(first.dims()),
                shape_text(p.dims())
            )));
        }
        if let Some(k) = (0..first.rank()).find(|&k| k != axis && p.dims()[k] != first.dims()[k]) {
            return Err(KernelError::invalid(format!(
                "ConcatOp : Dimension {k} in both shapes must be equal: shape[0] = {} vs. shape[{i}] = {}",
                shape_text(first.dims()),
                shape_text(p.dims())
            )));
        }
        dims[axis] += p.dims()[axis];
    }
    let mut full = parts.iter().filter(|p| !p.is_empty());
    if let (Some(only), None) = (full.next(), full.next()) {
        return Ok((*only).clone().reshaped(&dims));
    }
    let mut out = Tensor::try_scratch(first.dtype(), &dims)?;
    let inner = product(&dims[axis + 1..]);
    crate::with_elem!(first.dtype(), T => join::<T>(parts, axis, inner, &mut out));
    Ok(out)
}

fn join<T: Elem>(parts: &[&Tensor], axis: usize, inner: usize, out: &mut Tensor) {
    let dtype = out.dtype();
    let slices: Vec<(&[T], usize)> = parts.iter().filter(|p| !p.is_empty()).map(|p| (T::of(p), p.dims()[axis] * inner)).collect();
    let row = slices.iter().map(|s| s.1).sum::<usize>();
    if row == 0 {
        return;
    }
    let dst = T::of_mut(out);
    if dst.len() == row {
        // One row: every part is one block.
        let mut rest = dst;
        for (s, n) in slices {
            let (head, tail) = rest.split_at_mut(n);
            par::rows_mut(head, 1, move_ns(dtype, 1).min(1.0), |at, o| o.clone_from_slice(&s[at..at + o.len()]));
            rest = tail;
        }
        return;
    }
    par::rows_mut(dst, row, move_ns(dtype, row), |first, rows| {
        for (i, r) in rows.chunks_mut(row).enumerate() {
            let mut at = 0;
            for (s, n) in &slices {
                let from = (first + i) * n;
                // Narrow pieces: a call to memcpy would cost more than the elements.
                if *n == 1 {
                    r[at] = s[from].clone();
                } else {
                    r[at..at + n].clone_from_slice(&s[from..from + n]);
                }
                at += n;
            }
        }
    });
}

/// Cut `x` along `axis` into pieces of the given sizes, which must sum to the size of the axis.
pub fn split(x: &Tensor, axis: usize, sizes: &[usize]) -> Result<Vec<Tensor>> {
    let outer = product(&x.dims()[..axis]);
    let inner = product(&x.dims()[axis + 1..]);
    let mut out = Vec::with_capacity(sizes.len());
    let mut start = 0;
    for &n in sizes {
        let mut dims = x.dims().to_vec();
        dims[axis] = n;
        out.push(if n == x.dims()[axis] {
            x.clone()
        } else if outer == 1 && axis > 0 {
            let flat = x.clone().reshaped(&[x.dims()[axis], inner]);
            flat.rows(start, n).reshaped(&dims)
        } else if axis == 0 {
            x.rows(start, n)
        } else {
            let mut part = Tensor::try_scratch(x.dtype(), &dims)?;
            crate::with_elem!(x.dtype(), T => cut::<T>(x, start * inner, n * inner, x.dims()[axis] * inner, &mut part));
            part
        });
        start += n;
    }
    Ok(out)
}

fn cut<T: Elem>(x: &Tensor, at: usize, n: usize, row: usize, part: &mut Tensor) {
    let dtype = x.dtype();
    let src = T::of(x);
    par::rows_mut(T::of_mut(part), n, move_ns(dtype, n), |first, rows| {
        for (i, r) in rows.chunks_mut(n).enumerate() {
            let from = (first + i) * row + at;
            r.clone_from_slice(&src[from..from + n]);
        }
    });
}

/// Stack tensors of one shape along a new axis.
pub fn pack(parts: &[&Tensor], axis: usize) -> Result<Tensor> {
    let Some(first) = parts.first() else { return Err(KernelError::invalid("Pack needs at least one tensor")) };
    for (i, p) in parts.iter().enumerate() {
        if p.dims() != first.dims() {
            return Err(KernelError::invalid(format!(
                "Shapes of all inputs must match: values[0].shape = {} != values[{i}].shape = {}",
                shape_text(first.dims()),
                shape_text(p.dims())
            )));
        }
    }
    let mut dims = first.dims().to_vec();
    dims.insert(axis, 1);
    if let [one] = parts {
        return Ok((*one).clone().reshaped(&dims));
    }
    let mut widened = dims.clone();
    widened[axis] = parts.len();
    let mut out = Tensor::try_scratch(first.dtype(), &widened)?;
    let inner = product(&dims[axis + 1..]);
    crate::with_elem!(first.dtype(), T => join_packed::<T>(parts, inner, &mut out));
    Ok(out)
}

fn join_packed<T: Elem>(parts: &[&Tensor], inner: usize, out: &mut Tensor) {
    let dtype = out.dtype();
    if out.is_empty() {
        return;
    }
    let slices: Vec<&[T]> = parts.iter().map(|p| T::of(p)).collect();
    let row = slices.len() * inner;
    let dst = T::of_mut(out);
    if dst.len() == row {
        for (s, o) in slices.iter().zip(dst.chunks_mut(inner)) {
            o.clone_from_slice(s);
        }
        return;
    }
    par::rows_mut(dst, row, move_ns(dtype, row), |first, rows| {
        for (i, r) in rows.chunks_mut(row).enumerate() {
            let from = (first + i) * inner;
            if inner == 1 {
                for (o, s) in r.iter_mut().zip(&slices) {
                    *o = s[from].clone();
                }
            } else {
                for (o, s) in r.chunks_mut(inner).zip(&slices) {
                    o.clone_from_slice(&s[from..from + inner]);
                }
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iota(dims: &[usize], start: i32) -> Tensor {
        Tensor::from_slice(&(0..dims.iter().product::<usize>() as i32).map(|i| i + start).collect::<Vec<_>>(), dims)
    }

    #[test]
    fn joining_and_cutting_are_inverse() {
        for axis in 0..3 {
            let sizes = [2usize, 0, 3, 1];
            let parts: Vec<Tensor> = sizes
                .iter()
                .enumerate()
                .map(|(i, &n)| {
                    let mut d = vec![4, 5, 3];
                    d[axis] = n;
                    iota(&d, 100 * i as i32)
                })
                .collect();
            let joined = concat(&parts.iter().collect::<Vec<_>>(), axis).unwrap();
            assert_eq!(joined.dims()[axis], 6);
            let back = split(&joined, axis, &sizes).unwrap();
            for (a, b) in parts.iter().zip(&back) {
                assert_eq!((a.dims(), a.slice::<i32>()), (b.dims(), b.slice::<i32>()));
            }
        }
    }

    #[test]
    fn joining_places_elements_by_plain_indexing() {
        let (a, b) = (iota(&[2, 2], 0), iota(&[2, 1], 10));
        assert_eq!(concat(&[&a, &b], 1).unwrap().slice::<i32>(), [0, 1, 10, 2, 3, 11]);
        assert_eq!(pack(&[&a, &a], 2).unwrap().slice::<i32>(), [0, 0, 1, 1, 2, 2, 3, 3]);
        assert_eq!(pack(&[&a, &a], 1).unwrap().slice::<i32>(), [0, 1, 0, 1, 2, 3, 2, 3]);
        assert_eq!(pack(&[&a, &a], 0).unwrap().dims(), [2, 2, 2]);
        let e = concat(&[&iota(&[2, 3], 0), &iota(&[3, 2], 0)], 0).unwrap_err();
        assert_eq!(e.message, "ConcatOp : Dimension 1 in both shapes must be equal: shape[0] = [2,3] vs. shape[1] = [3,2]");
    }
}
