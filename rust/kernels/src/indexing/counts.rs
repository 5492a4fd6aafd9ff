//! Counts by value and by bin.

use super::number::Number;
use crate::error::{KernelError, Result};
use crate::tensor::Tensor;
use crate::tensor::filled;

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
pub fn histogram(values: impl Iterator<Item = f64>, lo: f64, hi: f64, bins: usize) -> Result<Vec<i64>> {
    let mut out = filled(bins, 0i64)?;
    let step = (hi - lo) / bins as f64;
    for v in values {
        let at = ((v.max(lo) - lo) / step).min(bins as f64 - 1.0);
        if let Some(o) = out.get_mut(at as usize) {
            *o += 1;
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fall_into_their_bins() {
        assert_eq!(bincount(&[1, 1, 3, 9], &[1f32, 2.0, 4.0, 8.0], 4).unwrap().slice::<f32>(), [0.0, 3.0, 0.0, 4.0]);
        assert_eq!(histogram([-1.0, 0.0, 1.5, 2.0, 5.0, 15.0].into_iter(), 0.0, 5.0, 5).unwrap(), [2, 1, 1, 0, 2]);
    }
}
