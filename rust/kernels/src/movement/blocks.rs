//! Blocks of space moved into the batch or the depth, and back.

use super::pad::{pad, zero};
use super::slice::{Strided, slice};
use super::transpose::transpose;
use crate::error::{KernelError, Result};
use crate::tensor::Tensor;

/// Pad the `block.len()` axes after the batch, then move each block's positions into the batch, outermost first.
pub fn space_to_batch(x: &Tensor, block: &[usize], pads: &[(usize, usize)]) -> Result<Tensor> {
    let m = block.len();
    let mut all = vec![(0, 0); x.rank()];
    all[1..=m].copy_from_slice(pads);
    let p = pad(x, &all, &zero(x.dtype())?)?;
    let mut split = vec![p.dims()[0]];
    let mut out = vec![p.dims()[0]];
    for k in 0..m {
        let (n, b) = (p.dims()[k + 1], block[k]);
        if b == 0 || n % b != 0 {
            return Err(KernelError::invalid(format!("padded_shape[{k}]={n} is not divisible by block_shape[{k}]={b}")));
        }
        split.extend([n / b, b]);
        out[0] = out[0].checked_mul(b).ok_or_else(|| KernelError::invalid("block_shape is too large"))?;
        out.push(n / b);
    }
    let rest = &p.dims()[m + 1..];
    split.extend(rest);
    out.extend(rest);
    let mut perm: Vec<usize> = (0..m).map(|k| 2 * k + 2).collect();
    perm.push(0);
    perm.extend((0..m).map(|k| 2 * k + 1));
    perm.extend(2 * m + 1..split.len());
    Ok(transpose(&p.reshaped(&split), &perm)?.reshaped(&out))
}

/// The reverse of `space_to_batch`: move blocks out of the batch, then crop.
pub fn batch_to_space(x: &Tensor, block: &[usize], crops: &[(usize, usize)]) -> Result<Tensor> {
    let m = block.len();
    let cells = block.iter().try_fold(1usize, |n, &b| n.checked_mul(b)).unwrap_or(0);
    if cells == 0 || x.dims()[0] % cells != 0 {
        return Err(KernelError::invalid(format!("Input batch dimension ({}) is not divisible by product of block sizes ({cells})", x.dims()[0])));
    }
    let mut split = block.to_vec();
    split.push(x.dims()[0] / cells);
    split.extend(&x.dims()[1..]);
    let mut perm = vec![m];
    let mut full = vec![x.dims()[0] / cells];
    for k in 0..m {
        perm.extend([m + 1 + k, k]);
        full.push(x.dims()[k + 1].checked_mul(block[k]).ok_or_else(|| KernelError::invalid("block_shape is too large"))?);
    }
    perm.extend(2 * m + 1..split.len());
    full.extend(&x.dims()[m + 1..]);
    let y = transpose(&x.clone().reshaped(&split), &perm)?.reshaped(&full);
    let mut begin = vec![0; full.len()];
    let mut size = full.clone();
    for k in 0..m {
        let (before, after) = crops[k];
        begin[k + 1] = before;
        size[k + 1] = before.checked_add(after).and_then(|c| full[k + 1].checked_sub(c)).ok_or_else(|| {
            KernelError::invalid(format!("cropped_shape[{k}]={} must be non-negative", full[k + 1] as i64 - (before + after) as i64))
        })?;
    }
    slice(&y, &Strided::plain(&begin, &size))
}

/// Blocks of height and width into the depth.
pub fn space_to_depth(x: &Tensor, block: usize, channels_first: bool) -> Result<Tensor> {
    let &[n, a, b, c] = x.dims() else { return Err(KernelError::invalid(format!("Input rank should be 4 instead of {}", x.rank()))) };
    let (h, w) = if channels_first { (b, c) } else { (a, b) };
    if h % block != 0 || w % block != 0 {
        return Err(KernelError::invalid(format!("Image width {w} and height {h} should be divisible by block_size: {block}")));
    }
    let (hs, ws) = (h / block, w / block);
    if channels_first {
        let t = transpose(&x.clone().reshaped(&[n, a, hs, block, ws, block]), &[0, 3, 5, 1, 2, 4])?;
        return Ok(t.reshaped(&[n, a * block * block, hs, ws]));
    }
    let t = transpose(&x.clone().reshaped(&[n, hs, block, ws, block, c]), &[0, 1, 3, 2, 4, 5])?;
    Ok(t.reshaped(&[n, hs, ws, c * block * block]))
}

/// The reverse of `space_to_depth`.
pub fn depth_to_space(x: &Tensor, block: usize, channels_first: bool) -> Result<Tensor> {
    let &[n, a, b, c] = x.dims() else { return Err(KernelError::invalid(format!("Input rank should be 4 instead of {}", x.rank()))) };
    let (h, w, depth) = if channels_first { (b, c, a) } else { (a, b, c) };
    if depth % (block * block) != 0 {
        return Err(KernelError::invalid(format!("Input depth dimension {depth} should be divisible by: {}", block * block)));
    }
    let d = depth / (block * block);
    if channels_first {
        let t = transpose(&x.clone().reshaped(&[n, block, block, d, h, w]), &[0, 3, 4, 1, 5, 2])?;
        return Ok(t.reshaped(&[n, d, h * block, w * block]));
    }
    let t = transpose(&x.clone().reshaped(&[n, h, w, block, block, d]), &[0, 1, 3, 2, 4, 5])?;
    Ok(t.reshaped(&[n, h * block, w * block, d]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_return_to_where_they_came_from() {
        let x = Tensor::from_slice(&(0..2 * 4 * 6 * 3).map(|v| v as i16).collect::<Vec<_>>(), &[2, 4, 6, 3]);
        let y = space_to_batch(&x, &[2, 3], &[(1, 1), (0, 3)]).unwrap();
        assert_eq!(y.dims(), [12, 3, 3, 3]);
        assert_eq!(batch_to_space(&y, &[2, 3], &[(1, 1), (0, 3)]).unwrap().slice::<i16>(), x.slice::<i16>());
        for first in [false, true] {
            let x = if first { x.clone().reshaped(&[2, 3, 4, 6]) } else { x.clone() };
            let d = space_to_depth(&x, 2, first).unwrap();
            assert_eq!(depth_to_space(&d, 2, first).unwrap().slice::<i16>(), x.slice::<i16>());
        }
        // TensorFlow's documentation: [[[[1],[2]],[[3],[4]]]] gives [[[[1,2,3,4]]]] and a batch of four.
        let x = Tensor::from_slice(&[1i32, 2, 3, 4], &[1, 2, 2, 1]);
        assert_eq!(space_to_depth(&x, 2, false).unwrap().slice::<i32>(), [1, 2, 3, 4]);
        assert_eq!(space_to_batch(&x, &[2, 2], &[(0, 0), (0, 0)]).unwrap().dims(), [4, 1, 1, 1]);
    }
}
