//! The iteration space of a broadcast operation: outer axes with strides, and an inner run that is contiguous or constant in each input.

use crate::error::{KernelError, Result};
use crate::tensor::{Dims, shape_text};
use crate::{Element, Tensor, par};
use smallvec::SmallVec;

/// The sizes that `a` and `b` broadcast to. INVALID_ARGUMENT when two sizes differ and neither is 1.
pub fn broadcast_dims(a: &[usize], b: &[usize]) -> Result<Dims> {
    let rank = a.len().max(b.len());
    let at = |d: &[usize], i: usize| if i + d.len() < rank { 1 } else { d[i + d.len() - rank] };
    (0..rank)
        .map(|i| match (at(a, i), at(b, i)) {
            (x, y) if x == y => Ok(x),
            (1, y) => Ok(y),
            (x, 1) => Ok(x),
            _ => Err(KernelError::invalid(format!("Incompatible shapes: {} vs. {}", shape_text(a), shape_text(b)))),
        })
        .collect()
}

/// `N` inputs that broadcast to one output, with as few axes as possible.
pub struct Space<const N: usize> {
    /// Outer sizes and, for each, the stride of every input.
    outer: SmallVec<[(usize, [usize; N]); 4]>,
    /// The length of the inner run.
    pub run: usize,
    /// For each input, 1 when the run walks along it and 0 when it stays.
    pub step: [usize; N],
    /// The number of inner runs.
    pub rows: usize,
}

impl<const N: usize> Space<N> {
    /// Every input must broadcast to `out`.
    pub fn new(out: &[usize], inputs: [&[usize]; N]) -> Space<N> {
        let mut axes: SmallVec<[(usize, [usize; N]); 4]> = SmallVec::new();
        let mut full = [1usize; N];
        for i in (0..out.len()).rev() {
            let n = out[i];
            let mut strides = [0usize; N];
            for k in 0..N {
                let d = inputs[k];
                let own = if i + d.len() < out.len() { 1 } else { d[i + d.len() - out.len()] };
                if own != 1 {
                    strides[k] = full[k];
                }
                full[k] *= own;
            }
            if n == 1 {
                continue;
            }
            match axes.last_mut() {
                Some((size, inner)) if (0..N).all(|k| strides[k] == inner[k] * *size) => *size *= n,
                _ => axes.push((n, strides)),
            }
        }
        let (run, step) = if axes.is_empty() { (1, [1; N]) } else { axes.remove(0) };
        axes.reverse();
        let rows = axes.iter().map(|a| a.0).product();
        Space { outer: axes, run, step, rows }
    }

    /// Where row `row` starts in each input.
    #[inline]
    pub fn offsets(&self, mut row: usize) -> [usize; N] {
        let mut at = [0; N];
        for (n, strides) in self.outer.iter().rev() {
            let i = row % n;
            row /= n;
            for k in 0..N {
                at[k] += i * strides[k];
            }
        }
        at
    }

    /// Call `f(output piece, start in each input)` for consecutive pieces of runs that cover `out`; `ns` is the cost of one element.
    ///
    /// `f` is not generic: the machinery of the thread pool is then compiled once per element type.
    pub fn pieces<O: Send>(&self, out: &mut [O], ns: f64, f: &(dyn Fn(&mut [O], [usize; N]) + Sync)) {
        if self.rows == 1 {
            chunks(out, ns, &|first, piece| f(piece, self.step.map(|s| s * first)));
            return;
        }
        par::rows_mut(out, self.run, ns * self.run as f64, |first, rows| {
            for (i, piece) in rows.chunks_mut(self.run).enumerate() {
                f(piece, self.offsets(first + i));
            }
        });
    }
}

/// Call `f(first, piece)` for consecutive pieces of `out`; `ns` is the cost of one element.
pub(super) fn chunks<T: Send>(out: &mut [T], ns: f64, f: &(dyn Fn(usize, &mut [T]) + Sync)) {
    par::rows_mut(out, 1, ns, f);
}

/// `f` of every element, in place when nobody else holds `x`.
pub fn map_into<T: Element>(mut x: Tensor, ns: f64, f: impl Fn(T) -> T + Sync) -> Tensor {
    if x.is_unique() {
        chunks(x.slice_mut::<T>(), ns, &|_, piece| piece.iter_mut().for_each(|v| *v = f(*v)));
        return x;
    }
    map_new(&x, ns, f)
}

/// `f` of every element, in a new tensor that may have another type.
pub(super) fn map_new<T: Element, O: Element>(x: &Tensor, ns: f64, f: impl Fn(T) -> O + Sync) -> Tensor {
    let mut out = Tensor::scratch(O::DTYPE, x.dims());
    let src = x.slice::<T>();
    chunks(out.slice_mut::<O>(), ns, &|first, piece: &mut [O]| {
        for (o, &v) in piece.iter_mut().zip(&src[first..]) {
            *o = f(v);
        }
    });
    out
}

/// `f` of every pair of the broadcast inputs, in place in one that has the size of the result and is not shared.
pub fn zip_into<T: Element>(mut a: Tensor, b: Tensor, ns: f64, f: impl Fn(T, T) -> T + Sync) -> Result<Tensor> {
    if a.rank() + b.rank() == 0 {
        // Counters and conditions of loops.
        if a.is_unique() {
            let x = &mut a.slice_mut::<T>()[0];
            *x = f(*x, b.slice::<T>()[0]);
            return Ok(a);
        }
        return Ok(Tensor::scalar(f(a.slice::<T>()[0], b.slice::<T>()[0])));
    }
    let dims = if a.dims() == b.dims() { Dims::from_slice(a.dims()) } else { broadcast_dims(a.dims(), b.dims())? };
    if a.is_unique() && a.dims() == dims.as_slice() {
        return Ok(zip_left(a, &b, ns, f));
    }
    if b.is_unique() && b.dims() == dims.as_slice() {
        return Ok(zip_left(b, &a, ns, |y, x| f(x, y)));
    }
    zip_new(&a, &b, ns, f)
}

fn zip_left<T: Element>(mut a: Tensor, b: &Tensor, ns: f64, f: impl Fn(T, T) -> T + Sync) -> Tensor {
    let dims = Dims::from_slice(a.dims());
    let space = Space::new(&dims, [b.dims()]);
    let src = b.slice::<T>();
    space.pieces(a.slice_mut::<T>(), ns, &|piece, [at]| {
        if space.step[0] == 1 {
            for (x, &y) in piece.iter_mut().zip(&src[at..]) {
                *x = f(*x, y);
            }
        } else {
            let y = src[at];
            piece.iter_mut().for_each(|x| *x = f(*x, y));
        }
    });
    a
}

/// `f` of every pair of the broadcast inputs, in a new tensor that may have another type.
pub fn zip_new<T: Element, O: Element>(a: &Tensor, b: &Tensor, ns: f64, f: impl Fn(T, T) -> O + Sync) -> Result<Tensor> {
    if a.rank() + b.rank() == 0 {
        return Ok(Tensor::scalar(f(a.slice::<T>()[0], b.slice::<T>()[0])));
    }
    let dims = broadcast_dims(a.dims(), b.dims())?;
    let mut out = Tensor::try_scratch(O::DTYPE, &dims)?;
    let space = Space::new(&dims, [a.dims(), b.dims()]);
    let (x, y) = (a.slice::<T>(), b.slice::<T>());
    space.pieces(out.slice_mut::<O>(), ns, &|piece, [i, j]| match space.step {
        [1, 1] => {
            for ((o, &x), &y) in piece.iter_mut().zip(&x[i..]).zip(&y[j..]) {
                *o = f(x, y);
            }
        }
        [1, _] => {
            let y = y[j];
            for (o, &x) in piece.iter_mut().zip(&x[i..]) {
                *o = f(x, y);
            }
        }
        _ => {
            let x = x[i];
            for (o, &y) in piece.iter_mut().zip(&y[j..]) {
                *o = f(x, y);
            }
        }
    });
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broadcasting_matches_index_arithmetic() {
        for (a, b) in [
            (vec![2, 3, 4], vec![3, 1]),
            (vec![4], vec![2, 3, 1]),
            (vec![], vec![2, 2]),
            (vec![2, 1, 5, 1], vec![3, 1, 4]),
            (vec![0, 3], vec![1]),
            (vec![1, 1], vec![1]),
            (vec![2, 3], vec![2, 3]),
        ] {
            let count = |d: &[usize]| d.iter().product::<usize>();
            let x = Tensor::from_slice(&(0..count(&a)).map(|i| i as i64).collect::<Vec<_>>(), &a);
            let y = Tensor::from_slice(&(0..count(&b)).map(|i| 1000 * i as i64).collect::<Vec<_>>(), &b);
            let dims = broadcast_dims(&a, &b).unwrap();
            let pick = |d: &[usize], index: &[usize]| {
                let index = &index[index.len() - d.len()..];
                d.iter().zip(index).fold(0, |at, (&n, &i)| at * n + if n == 1 { 0 } else { i })
            };
            let mut want = Vec::new();
            for flat in 0..count(&dims) {
                let mut index = vec![0; dims.len()];
                let mut rest = flat;
                for (i, &n) in dims.iter().enumerate().rev() {
                    index[i] = rest % n;
                    rest /= n;
                }
                want.push(pick(&a, &index) as i64 + 1000 * pick(&b, &index) as i64);
            }
            let shared = (x.clone(), y.clone());
            let fresh = zip_into(x.clone(), y.clone(), 1.0, |p: i64, q| p + q).unwrap();
            assert_eq!(fresh.slice::<i64>(), want, "{a:?} {b:?}");
            drop(shared);
            assert_eq!(zip_into(x, y, 1.0, |p: i64, q| p + q).unwrap().slice::<i64>(), want, "in place {a:?} {b:?}");
        }
        assert!(broadcast_dims(&[2, 3], &[2]).is_err());
    }
}
