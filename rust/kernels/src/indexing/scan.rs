//! Running sums and products along an axis, and counts by bin.

use super::number::{Number, storage};
use crate::error::{KernelError, Result};
use crate::movement::product;
use crate::par;
use crate::tensor::Tensor;

/// The running sum (or product) along `axis`, in place; `exclusive` leaves the element itself out.
pub fn scan(mut x: Tensor, axis: usize, multiply: bool, exclusive: bool, reverse: bool) -> Result<Tensor> {
    let (n, inner) = (x.dims()[axis], product(&x.dims()[axis + 1..]));
    if x.is_empty() {
        return Ok(x);
    }
    crate::with_number!(storage(x.dtype()), T => {
        let f: fn(T, T) -> T = if multiply { <T as Number>::mul } else { <T as Number>::add };
        let start = if multiply { T::one() } else { T::zero() };
        par::rows_mut(x.raw_mut::<T>(), n * inner, (n * inner) as f64 * 1.5, |_, block| {
            for b in block.chunks_mut(n * inner) {
                line(b, n, inner, start, f, exclusive, reverse);
            }
        });
    }, else return Err(KernelError::unimplemented(format!("scans are not defined for {}", x.dtype().name()))));
    Ok(x)
}

fn line<T: Copy>(b: &mut [T], n: usize, inner: usize, start: T, f: impl Fn(T, T) -> T, exclusive: bool, reverse: bool) {
    let at = |i: usize| if reverse { n - 1 - i } else { i } * inner;
    if inner == 1 {
        let mut acc = start;
        for i in 0..n {
            let v = &mut b[at(i)];
            let next = f(acc, *v);
            *v = if exclusive { acc } else { next };
            acc = next;
        }
        return;
    }
    let mut acc = vec![start; inner];
    for i in 0..n {
        for (v, a) in b[at(i)..at(i) + inner].iter_mut().zip(&mut acc) {
            let next = f(*a, *v);
            *v = if exclusive { *a } else { next };
            *a = next;
        }
    }
}

/// The sum of the weights (ones when there are none) of each value in `0..size`; larger values are left out.
pub fn bincount<T: Number>(values: &[i32], weights: &[T], size: usize) -> Result<Tensor> {
    if values.iter().any(|&v| v < 0) {
        return Err(KernelError::invalid("Input arr must be non-negative!"));
    }
    if !weights.is_empty() && weights.len() != values.len() {
        return Err(KernelError::invalid("Input arr and weights must be of equal sizes"));
    }
    let mut out = Tensor::try_zeros(T::DTYPE, &[size])?;
    let dst = out.slice_mut::<T>();
    for (i, &v) in values.iter().enumerate() {
        if let Some(o) = dst.get_mut(v as usize) {
            *o = Number::add(*o, weights.get(i).copied().unwrap_or_else(T::one));
        }
    }
    Ok(out)
}

/// Counts of values in `bins` bins of equal width between `lo` and `hi`; values outside go to the outer bins.
pub fn histogram(values: impl Iterator<Item = f64>, lo: f64, hi: f64, bins: usize) -> Vec<i64> {
    let mut out = vec![0i64; bins];
    let step = (hi - lo) / bins as f64;
    for v in values {
        let at = ((v.max(lo) - lo) / step).min(bins as f64 - 1.0);
        if let Some(o) = out.get_mut(at as usize) {
            *o += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_sums_in_all_directions() {
        let x = Tensor::from_slice(&[1i32, 2, 3, 4, 5, 6], &[2, 3]);
        let run = |axis, mul, ex, rev| scan(x.clone(), axis, mul, ex, rev).unwrap().slice::<i32>().to_vec();
        assert_eq!(run(1, false, false, false), [1, 3, 6, 4, 9, 15]);
        assert_eq!(run(1, false, true, false), [0, 1, 3, 0, 4, 9]);
        assert_eq!(run(1, false, false, true), [6, 5, 3, 15, 11, 6]);
        assert_eq!(run(0, false, true, true), [4, 5, 6, 0, 0, 0]);
        assert_eq!(run(0, true, false, false), [1, 2, 3, 4, 10, 18]);
        assert_eq!(bincount(&[1, 1, 3, 9], &[1f32, 2.0, 4.0, 8.0], 4).unwrap().slice::<f32>(), [0.0, 3.0, 0.0, 4.0]);
        assert_eq!(histogram([-1.0, 0.0, 1.5, 2.0, 5.0, 15.0].into_iter(), 0.0, 5.0, 5), [2, 1, 1, 0, 2]);
    }
}
