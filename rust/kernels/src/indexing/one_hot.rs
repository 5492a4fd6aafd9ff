//! One-hot vectors.

use super::indices;
use crate::error::Result;
use crate::movement::copy::fill;
use crate::movement::{Elem, product};
use crate::tensor::Tensor;

/// `on` where the new axis (at position `axis`, of size `depth`) equals the index, `off` elsewhere.
pub fn one_hot(idx: &Tensor, depth: usize, on: &Tensor, off: &Tensor, axis: usize) -> Result<Tensor> {
    let mut dims = idx.dims().to_vec();
    dims.insert(axis, depth);
    let mut out = Tensor::try_scratch(on.dtype(), &dims)?;
    fill(&mut out, off);
    let ix = indices(idx)?;
    let inner = product(&idx.dims()[axis..]);
    crate::with_elem!(on.dtype(), T => set::<T>(&mut out, &ix, depth, inner, on));
    Ok(out)
}

fn set<T: Elem>(out: &mut Tensor, ix: &[i64], depth: usize, inner: usize, on: &Tensor) {
    let Some(on) = T::of(on).first().cloned() else { return };
    let dst = T::of_mut(out);
    for (k, &i) in ix.iter().enumerate() {
        if i >= 0 && i < depth as i64 {
            let (a, b) = (k / inner, k % inner);
            dst[(a * depth + i as usize) * inner + b] = on.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_new_axis_may_stand_anywhere() {
        let ix = Tensor::from_slice(&[1i64, -1, 0, 5], &[2, 2]);
        let (on, off) = (Tensor::scalar(5f32), Tensor::scalar(1f32));
        assert_eq!(one_hot(&ix, 2, &on, &off, 2).unwrap().slice::<f32>(), [1., 5., 1., 1., 5., 1., 1., 1.]);
        assert_eq!(one_hot(&ix, 2, &on, &off, 1).unwrap().slice::<f32>(), [1., 1., 5., 1., 5., 1., 1., 1.]);
        assert_eq!(one_hot(&ix, 2, &on, &off, 0).unwrap().slice::<f32>(), [1., 1., 5., 1., 5., 1., 1., 1.]);
    }
}
