//! Running sums and products along an axis.

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
    }
}
