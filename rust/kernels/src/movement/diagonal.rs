//! Diagonals of matrices: taken, set, built from vectors; bands.

use super::{Elem, move_ns, product};
use crate::error::{KernelError, Result};
use crate::par;
use crate::tensor::Tensor;

/// A band of diagonals `lower..=upper` of matrices of `rows` × `cols`, packed one diagonal per row, the highest first.
#[derive(Clone, Copy, Debug)]
pub struct Band {
    pub lower: i64,
    pub upper: i64,
    pub rows: usize,
    pub cols: usize,
    /// Shorter diagonals stand at the left of their row: those above the main one, those below it.
    pub left_super: bool,
    pub left_sub: bool,
}

impl Band {
    pub fn len_of(&self, d: i64) -> usize {
        (self.rows as i64 + d.min(0)).min(self.cols as i64 - d.max(0)).max(0) as usize
    }
    pub fn count(&self) -> usize {
        (self.upper - self.lower + 1).max(0) as usize
    }
    /// The length of the longest diagonal of the band.
    pub fn longest(&self) -> usize {
        (self.rows as i64 + self.upper.min(0)).min(self.cols as i64 - self.lower.max(0)).max(0) as usize
    }
    fn left(&self, d: i64) -> bool {
        d >= 0 && self.left_super || d <= 0 && self.left_sub
    }
    /// For every packed element that exists: its place in the packing and in the matrix.
    fn each(&self, mut f: impl FnMut(usize, usize)) {
        let longest = self.longest();
        for d in self.lower..=self.upper {
            let n = self.len_of(d);
            let start = (self.upper - d) as usize * longest + if self.left(d) { 0 } else { longest - n };
            let (r, c) = ((-d).max(0) as usize, d.max(0) as usize);
            for i in 0..n {
                f(start + i, (r + i) * self.cols + c + i);
            }
        }
    }
    /// Whether the band touches the matrix.
    pub fn check(&self) -> Result<()> {
        let (r, c) = (self.rows as i64, self.cols as i64);
        for (name, v) in [("lower_diag_index", self.lower), ("upper_diag_index", self.upper)] {
            if !(-r < v && v < c) && v != 0 {
                return Err(KernelError::invalid(format!("{name} is out of bound: {v}. It must be between {} and {}", -r, c)));
            }
        }
        if self.lower > self.upper {
            return Err(KernelError::invalid(format!("lower_diag_index must not be larger than upper_diag_index: {} > {}", self.lower, self.upper)));
        }
        Ok(())
    }
}

/// The band of each matrix of `x`, packed into sizes `dims`; missing places hold `pad`.
pub fn diag_part(x: &Tensor, band: &Band, pad: &Tensor, dims: &[usize]) -> Result<Tensor> {
    let mut out = super::copy::filled(pad, dims)?;
    let (from, to) = (band.rows * band.cols, band.count() * band.longest());
    if from == 0 || to == 0 {
        return Ok(out);
    }
    crate::with_elem!(x.dtype(), T => {
        let (src, dst) = (T::of(x), T::of_mut(&mut out));
        for (s, d) in src.chunks(from).zip(dst.chunks_mut(to)) {
            band.each(|p, m| d[p] = s[m].clone());
        }
    });
    Ok(out)
}

/// `x` with the band of each matrix replaced by the packed diagonals `diag`.
pub fn set_diag(mut x: Tensor, band: &Band, diag: &Tensor) -> Tensor {
    let (to, from) = (band.rows * band.cols, band.count() * band.longest());
    if from == 0 || to == 0 {
        return x;
    }
    crate::with_elem!(diag.dtype(), T => {
        let src = T::of(diag);
        for (d, s) in T::of_mut(&mut x).chunks_mut(to).zip(src.chunks(from)) {
            band.each(|p, m| d[m] = s[p].clone());
        }
    });
    x
}

/// Zero outside of `lower` diagonals below and `upper` above the main one (negative: all of them).
pub fn band_part(mut x: Tensor, lower: i64, upper: i64) -> Result<Tensor> {
    let rank = x.rank();
    if rank < 2 {
        return Err(KernelError::invalid(format!("input must be at least 2-dim, received shape: {}", crate::tensor::shape_text(x.dims()))));
    }
    let (rows, cols) = (x.dims()[rank - 2], x.dims()[rank - 1]);
    if product(&x.dims()[rank - 2..]) == 0 || x.is_empty() {
        return Ok(x);
    }
    let dtype = x.dtype();
    let zero = super::pad::zero(dtype)?;
    crate::with_elem!(dtype, T => {
        let z = T::of(&zero)[0].clone();
        par::rows_mut(T::of_mut(&mut x), cols, move_ns(dtype, cols), |first, out| {
            for (i, row) in out.chunks_mut(cols).enumerate() {
                let r = ((first + i) % rows) as i64;
                let from = if lower < 0 { 0 } else { r.saturating_sub(lower).clamp(0, cols as i64) as usize };
                let to = if upper < 0 { cols } else { (r + 1).saturating_add(upper).clamp(0, cols as i64) as usize };
                row[..from].fill(z.clone());
                row[to.max(from)..].fill(z.clone());
            }
        });
    });
    Ok(x)
}

/// For each batch entry, the first `lengths[b]` slices along `seq` in reverse order.
pub fn reverse_sequence(x: &Tensor, lengths: &[i64], seq: usize, batch: usize) -> Result<Tensor> {
    let dims = x.dims();
    let mut out = Tensor::try_scratch(x.dtype(), dims)?;
    if x.is_empty() {
        return Ok(out);
    }
    let lo = seq.min(batch);
    let hi = seq.max(batch);
    let (middle, inner) = (product(&dims[lo + 1..hi]), product(&dims[hi + 1..]));
    let n = dims[seq];
    crate::with_elem!(x.dtype(), T => {
        let src = T::of(x);
        let dtype = x.dtype();
        // Rows of the innermost part; the index decomposes into (outer, lo, middle, hi).
        par::rows_mut(T::of_mut(&mut out), inner, move_ns(dtype, inner) + 3.0, |first, chunk| {
            for (i, o) in chunk.chunks_mut(inner).enumerate() {
                let r = first + i;
                let h = r % dims[hi];
                let m = r / dims[hi] % middle;
                let l = r / dims[hi] / middle % dims[lo];
                let outer = r / dims[hi] / middle / dims[lo];
                let (s, e) = if seq == lo { (l, h) } else { (h, l) };
                let len = lengths[e].clamp(0, n as i64) as usize;
                let from = if s < len { len - 1 - s } else { s };
                let (l, h) = if seq == lo { (from, h) } else { (l, from) };
                let at = (((outer * dims[lo] + l) * middle + m) * dims[hi] + h) * inner;
                o.clone_from_slice(&src[at..at + inner]);
            }
        });
    });
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_follow_tensorflows_documentation() {
        // tf.linalg.diag_part with k = (-1, 1) on the 3 × 4 matrix of the documentation.
        let x = Tensor::from_slice(&[1i32, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7, 6], &[3, 4]);
        let band = Band { lower: -1, upper: 1, rows: 3, cols: 4, left_super: false, left_sub: true };
        let d = diag_part(&x, &band, &Tensor::scalar(0i32), &[3, 3]).unwrap();
        assert_eq!(d.slice::<i32>(), [2, 7, 6, 1, 6, 7, 5, 8, 0]);
        let zeros = Tensor::zeros(crate::DType::I32, &[3, 4]);
        let m = set_diag(zeros, &band, &d);
        assert_eq!(m.slice::<i32>(), band_part(x.clone(), 1, 1).unwrap().slice::<i32>());
        assert_eq!(band_part(x, 0, -1).unwrap().slice::<i32>(), [1, 2, 3, 4, 0, 6, 7, 8, 0, 0, 7, 6]);
    }

    #[test]
    fn sequences_turn_round_up_to_their_length() {
        let x = Tensor::from_slice(&(0..12).collect::<Vec<i32>>(), &[2, 3, 2]);
        let y = reverse_sequence(&x, &[2, 3], 1, 0).unwrap();
        assert_eq!(y.slice::<i32>(), [2, 3, 0, 1, 4, 5, 10, 11, 8, 9, 6, 7]);
        let x = Tensor::from_slice(&(0..6).collect::<Vec<i32>>(), &[3, 2]);
        assert_eq!(reverse_sequence(&x, &[3, 1], 0, 1).unwrap().slice::<i32>(), [4, 1, 2, 3, 0, 5]);
    }
}
