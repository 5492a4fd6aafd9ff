//! Sums of products of few rows each, made as one product.

use super::driver::PackedB;
use super::gathered::gemm_gathered;
use super::pack::copy_row;
use super::{GemmFloat, check};

/// A product `aᵀ · b`: how many rows both have, and their values.
pub type Piece<'a, T> = (usize, &'a [T], &'a [T]);

/// Compute `c += Σ aᵀ · b` over all pieces, where a is `[rows, m]`, b is `[rows, n]` and c is `[m, n]`.
///
/// Panics when a slice is too short.
pub fn gemm_pieces<T: GemmFloat>(m: usize, n: usize, pieces: &[Piece<'_, T>], c: &mut [T]) {
    pieces.iter().for_each(|(rows, a, _)| check("a", a.len(), *rows, m, (m, 1)));
    let right: Vec<(usize, &[T])> = pieces.iter().map(|p| (p.0, p.2)).collect();
    let packed = PackedB::of_pieces(n, &right);
    let mut starts = vec![0];
    starts.extend(pieces.iter().scan(0, |k, p| {
        *k += p.0;
        Some(*k)
    }));
    let gather = |rows: std::ops::Range<usize>, steps: std::ops::Range<usize>, dst: *mut T| {
        let width = rows.len();
        let mut to = dst;
        // The piece that has the first step.
        let first = starts.partition_point(|&s| s <= steps.start) - 1;
        for (piece, &start) in pieces[first..].iter().zip(&starts[first..]).take_while(|(_, s)| **s < steps.end) {
            for p in steps.start.max(start)..steps.end.min(start + piece.0) {
                let from = &piece.1[(p - start) * m + rows.start..][..width];
                // SAFETY: the panel has space for `width` values at each step.
                unsafe { copy_row(from.as_ptr(), to, width) };
                to = to.wrapping_add(width);
            }
        }
    };
    gemm_gathered(m, &gather, &packed, c, true);
}
