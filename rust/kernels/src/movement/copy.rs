//! The strided copies under most movement kernels: a contiguous result read from a strided source, and the reverse.

use super::{Elem, copy_run, move_ns, product};
use crate::dtype::DType;
use crate::error::Result;
use crate::par;
use crate::tensor::Tensor;

/// A strided walk over a buffer: element `(i₀, …)` stands at `offset + Σ iₖ·strides[k]`.
#[derive(Clone, Debug)]
pub struct Walk {
    pub offset: isize,
    pub dims: Vec<usize>,
    pub strides: Vec<isize>,
}

impl Walk {
    /// The same walk over as few axes as possible: axes of size 1 dropped, neighbours that are one run merged.
    fn coalesced(&self) -> Walk {
        let mut dims: Vec<usize> = Vec::with_capacity(self.dims.len());
        let mut strides: Vec<isize> = Vec::with_capacity(self.dims.len());
        for (&d, &s) in self.dims.iter().zip(&self.strides) {
            if d == 1 {
                continue;
            }
            match (dims.last_mut(), strides.last_mut()) {
                (Some(ld), Some(ls)) if *ls == s * d as isize => {
                    *ld *= d;
                    *ls = s;
                }
                _ => {
                    dims.push(d);
                    strides.push(s);
                }
            }
        }
        if dims.is_empty() {
            dims.push(1);
            strides.push(1);
        }
        Walk { offset: self.offset, dims, strides }
    }
    /// Whether every position lies in `0..len`.
    fn is_inside(&self, len: usize) -> bool {
        let (mut lo, mut hi) = (self.offset, self.offset);
        for (&d, &s) in self.dims.iter().zip(&self.strides) {
            let reach = (d as isize - 1) * s;
            if reach < 0 { lo += reach } else { hi += reach }
        }
        lo >= 0 && (hi as usize) < len
    }
    /// The position of row number `row` over all axes but the last `inner`.
    fn row(&self, mut row: usize, inner: usize) -> isize {
        let mut at = self.offset;
        for k in (0..self.dims.len() - inner).rev() {
            at += (row % self.dims[k]) as isize * self.strides[k];
            row /= self.dims[k];
        }
        at
    }
}

/// Sides of a square tile of a transposition: two tiles stay in the L1 cache.
const TILE: usize = 16;

/// Copy the elements of `walk` over `src` into `dst`, which has exactly as many.
pub fn gather<T: Elem>(src: &[T], walk: &Walk, dst: &mut [T], dtype: DType) {
    if dst.is_empty() {
        return;
    }
    let w = walk.coalesced();
    assert!(w.is_inside(src.len()) && product(&w.dims) == dst.len(), "walk leaves the source");
    let (n, rank) = (w.dims[w.dims.len() - 1], w.dims.len());
    let step = w.strides[rank - 1];
    if rank == 1 {
        let at = w.offset;
        par::rows_mut(dst, 1, move_ns(dtype, 1).min(1.0), |first, out| run(src, at + first as isize * step, step, out));
        return;
    }
    let (m, hop) = (w.dims[rank - 2], w.strides[rank - 2]);
    if (hop == 1 || hop == -1) && step.unsigned_abs() > 1 && n >= 4 && m >= 4 {
        // A plane whose columns are contiguous in the source: transpose it tile by tile.
        let plane = n * m;
        if dst.len() / plane >= 8 {
            par::rows_mut(dst, plane, move_ns(dtype, 4 * plane), |first, out| {
                for (i, o) in out.chunks_mut(plane).enumerate() {
                    transpose_plane(src, w.row(first + i, 2), hop, step, 0, n, o);
                }
            });
        } else {
            for (i, o) in dst.chunks_mut(plane).enumerate() {
                let at = w.row(i, 2);
                // Rows of the result in groups of whole tiles.
                par::rows_mut(o, n, move_ns(dtype, 4 * n), |first, rows| transpose_plane(src, at, hop, step, first, n, rows));
            }
        }
        return;
    }
    par::rows_mut(dst, n, move_ns(dtype, n), |first, out| {
        let (mut at, mut k) = (w.row(first, 1), first % m);
        for (i, o) in out.chunks_mut(n).enumerate() {
            run(src, at, step, o);
            (at, k) = if k + 1 < m { (at + hop, k + 1) } else { (w.row(first + i + 1, 1), 0) };
        }
    });
}

/// One run of the innermost axis.
#[inline]
fn run<T: Elem>(src: &[T], at: isize, step: isize, out: &mut [T]) {
    let at = at as usize;
    match step {
        1 => copy_run(out, &src[at..at + out.len()]),
        0 => out.fill(src[at].clone()),
        _ => {
            let mut p = at as isize;
            for o in out {
                *o = src[p as usize].clone();
                p += step;
            }
        }
    }
}

/// `out[r][c] = src[at + (first + r)·hop + c·step]`, in tiles.
fn transpose_plane<T: Elem>(src: &[T], at: isize, hop: isize, step: isize, first: usize, n: usize, out: &mut [T]) {
    let rows = out.len() / n;
    for r0 in (0..rows).step_by(TILE) {
        for c0 in (0..n).step_by(TILE) {
            for r in r0..rows.min(r0 + TILE) {
                let mut p = at + (first + r) as isize * hop + c0 as isize * step;
                let end = n.min(c0 + TILE);
                for o in &mut out[r * n + c0..r * n + end] {
                    *o = src[p as usize].clone();
                    p += step;
                }
            }
        }
    }
}

/// Copy `src` to the positions of `walk` over `dst`; the other elements of `dst` stay.
pub fn scatter<T: Elem>(src: &[T], walk: &Walk, dst: &mut [T]) {
    if src.is_empty() {
        return;
    }
    let w = walk.coalesced();
    assert!(w.is_inside(dst.len()) && product(&w.dims) == src.len(), "walk leaves the target");
    let rank = w.dims.len();
    let (n, step) = (w.dims[rank - 1], w.strides[rank - 1]);
    for (i, s) in src.chunks(n).enumerate() {
        let at = w.row(i, 1);
        if step == 1 {
            dst[at as usize..at as usize + n].clone_from_slice(s);
        } else {
            let mut p = at;
            for v in s {
                dst[p as usize] = v.clone();
                p += step;
            }
        }
    }
}

/// A new tensor of sizes `dims` that holds the elements of `walk` over `src`.
pub fn gathered(src: &Tensor, walk: &Walk, dims: &[usize]) -> Result<Tensor> {
    let mut out = Tensor::try_scratch(src.dtype(), dims)?;
    crate::with_elem!(src.dtype(), T => gather::<T>(T::of(src), walk, T::of_mut(&mut out), src.dtype()));
    Ok(out)
}

/// Write all of `src` to the positions of `walk` over `dst`.
pub fn scattered(src: &Tensor, walk: &Walk, dst: &mut Tensor) {
    crate::with_elem!(src.dtype(), T => scatter::<T>(T::of(src), walk, T::of_mut(dst)));
}

/// A tensor whose elements all equal the one element of `value`.
pub fn filled(value: &Tensor, dims: &[usize]) -> Result<Tensor> {
    let mut out = Tensor::try_scratch(value.dtype(), dims)?;
    fill(&mut out, value);
    Ok(out)
}

/// Set every element to the one element of `value`.
pub fn fill(out: &mut Tensor, value: &Tensor) {
    let dtype = value.dtype();
    crate::with_elem!(dtype, T => {
        if let [v] = T::of(value) {
            par::rows_mut(T::of_mut(out), 1, move_ns(dtype, 1).min(1.0), |_, o| o.fill(v.clone()));
        }
    });
}
