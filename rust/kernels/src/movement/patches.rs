//! Patches of images as vectors.

use super::{Elem, move_ns};
use crate::error::{KernelError, Result};
use crate::par;
use crate::tensor::{Tensor, shape_text};

/// The window of `extract_patches`: for rows and columns.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    pub size: [usize; 2],
    pub stride: [usize; 2],
    pub rate: [usize; 2],
    pub same: bool,
}

impl Window {
    /// Output size and leading padding of axis `k` with `n` elements.
    pub fn fit(&self, k: usize, n: usize) -> (usize, usize) {
        let span = (self.size[k] - 1) * self.rate[k] + 1;
        if self.same {
            let out = n.div_ceil(self.stride[k]);
            let need = (out.max(1) - 1) * self.stride[k] + span;
            (out, need.saturating_sub(n) / 2)
        } else {
            ((n + self.stride[k]).saturating_sub(span) / self.stride[k], 0)
        }
    }
}

/// Every window of `[batch, rows, cols, depth]` images as one vector; outside is zero.
pub fn extract_patches(x: &Tensor, w: &Window) -> Result<Tensor> {
    let &[batch, rows, cols, depth] = x.dims() else {
        return Err(KernelError::invalid(format!("input must be 4-dimensional{}", shape_text(x.dims()))));
    };
    let ((oh, top), (ow, left)) = (w.fit(0, rows), w.fit(1, cols));
    let row = w.size[0] * w.size[1] * depth;
    let mut out = Tensor::try_zeros(x.dtype(), &[batch, oh, ow, row])?;
    if out.is_empty() || x.is_empty() {
        return Ok(out);
    }
    let dtype = x.dtype();
    crate::with_elem!(dtype, T => {
        let src = T::of(x);
        par::rows_mut(T::of_mut(&mut out), row, move_ns(dtype, row), |first, chunk| {
            for (i, o) in chunk.chunks_mut(row).enumerate() {
                let p = first + i;
                let (b, y, z) = (p / (oh * ow), p / ow % oh, p % ow);
                for (cell, piece) in o.chunks_mut(depth).enumerate() {
                    let r = (y * w.stride[0] + cell / w.size[1] * w.rate[0]).wrapping_sub(top);
                    let c = (z * w.stride[1] + cell % w.size[1] * w.rate[1]).wrapping_sub(left);
                    if r < rows && c < cols {
                        let at = ((b * rows + r) * cols + c) * depth;
                        piece.clone_from_slice(&src[at..at + depth]);
                    }
                }
            }
        });
    });
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_follow_tensorflows_documentation() {
        // A 10 × 10 image of 1 to 100, windows of 3 × 3 every 5.
        let x = Tensor::from_slice(&(1..=100).collect::<Vec<i32>>(), &[1, 10, 10, 1]);
        let w = Window { size: [3, 3], stride: [5, 5], rate: [1, 1], same: false };
        let y = extract_patches(&x, &w).unwrap();
        assert_eq!(y.dims(), [1, 2, 2, 9]);
        assert_eq!(y.slice::<i32>()[..9], [1, 2, 3, 11, 12, 13, 21, 22, 23]);
        assert_eq!(y.slice::<i32>()[27..], [56, 57, 58, 66, 67, 68, 76, 77, 78]);
        let w = Window { size: [2, 2], stride: [1, 1], rate: [1, 1], same: true };
        let x = Tensor::from_slice(&[1i32, 2, 3, 4], &[1, 2, 2, 1]);
        assert_eq!(extract_patches(&x, &w).unwrap().slice::<i32>(), [1, 2, 3, 4, 2, 0, 4, 0, 3, 4, 0, 0, 4, 0, 0, 0]);
    }
}
