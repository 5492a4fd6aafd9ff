//! The largest elements of each row.

use std::cmp::Ordering;

use super::number::Real;
use crate::error::{KernelError, Result};
use crate::par;
use crate::tensor::Tensor;

/// Larger first, equal ones by index; NaN after everything.
fn before<T: Real>(row: &[T], a: u32, b: u32) -> Ordering {
    let (x, y) = (row[a as usize], row[b as usize]);
    match y.partial_cmp(&x) {
        Some(Ordering::Equal) => a.cmp(&b),
        Some(o) => o,
        None => x.is_nan().cmp(&y.is_nan()).then(a.cmp(&b)),
    }
}

/// Values and positions of the `k` largest elements along the last axis, in descending order, ties by position.
pub fn top_k(x: &Tensor, k: usize) -> Result<(Tensor, Vec<u32>)> {
    let Some((&n, lead)) = x.dims().split_last() else { return Err(KernelError::invalid("input must be >= 1-D, got shape []")) };
    if n < k {
        return Err(KernelError::invalid(format!("input must have at least k columns. Had {n}, needed {k}")));
    }
    let mut dims = lead.to_vec();
    dims.push(k);
    let mut values = Tensor::try_scratch(x.dtype(), &dims)?;
    let mut at = vec![0u32; values.len()];
    if values.is_empty() {
        return Ok((values, at));
    }
    crate::with_real!(x.dtype(), T => {
        let src = x.slice::<T>();
        par::rows_mut(&mut at, k, 20.0 + n as f64 * 4.0, |first, out| {
            let mut order: Vec<u32> = Vec::new();
            for (i, o) in out.chunks_mut(k).enumerate() {
                let row = &src[(first + i) * n..(first + i + 1) * n];
                if k == 1 {
                    o[0] = (0..n as u32).min_by(|&a, &b| before(row, a, b)).unwrap_or(0);
                    continue;
                }
                order.clear();
                order.extend(0..n as u32);
                if k < n {
                    order.select_nth_unstable_by(k - 1, |&a, &b| before(row, a, b));
                }
                order[..k].sort_unstable_by(|&a, &b| before(row, a, b));
                o.copy_from_slice(&order[..k]);
            }
        });
        let dst = values.slice_mut::<T>();
        for (r, (o, ix)) in dst.chunks_mut(k).zip(at.chunks(k)).enumerate() {
            o.iter_mut().zip(ix).for_each(|(o, &i)| *o = src[r * n + i as usize]);
        }
    }, else return Err(KernelError::unimplemented(format!("TopK is not defined for {}", x.dtype().name()))));
    Ok((values, at))
}

/// Whether each target class is among the `k` highest of its row; ties with the k-th count as inside. Rows with a
/// value that is not finite, and targets outside, give false.
pub fn in_top_k(predictions: &Tensor, targets: &[i64], k: i64) -> Vec<bool> {
    let classes = predictions.dims().get(1).copied().unwrap_or(0);
    let p = predictions.slice::<f32>();
    targets
        .iter()
        .enumerate()
        .map(|(b, &t)| {
            let row = &p[b * classes..(b + 1) * classes];
            match usize::try_from(t).ok().and_then(|t| row.get(t)) {
                Some(&v) => row.iter().all(|x| x.is_finite()) && (row.iter().filter(|&&x| x > v).count() as i64) < k,
                None => false,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_come_first_and_ties_by_position() {
        let x = Tensor::from_slice(&[1f32, 5.0, 5.0, 2.0, f32::NAN, 0.0, -1.0, 3.0], &[2, 4]);
        let (v, i) = top_k(&x, 2).unwrap();
        assert_eq!(v.slice::<f32>(), [5.0, 5.0, 3.0, 0.0]);
        assert_eq!(i, [1, 2, 3, 1]);
        assert_eq!(top_k(&x, 1).unwrap().1, [1, 3]);
        assert_eq!(top_k(&x, 7).unwrap_err().message, "input must have at least k columns. Had 4, needed 7");
        let p = Tensor::from_slice(&[0.1f32, 0.3, 0.3, 0.2], &[1, 4]);
        assert_eq!(in_top_k(&p, &[2], 1), [true]);
        assert_eq!(in_top_k(&p, &[3], 2), [false]);
        assert_eq!(in_top_k(&p, &[9], 2), [false]);
    }
}
