//! Systems with a triangular matrix.

use super::field::{Field, row_pair, subtract_scaled};

const BLOCK: usize = 32;

/// A triangular n×n matrix: `a[i·strides.0 + j·strides.1]`, of which the other triangle is not read.
pub struct Triangle<'a, T> {
    pub a: &'a [T],
    pub strides: (usize, usize),
    pub n: usize,
    pub upper: bool,
    /// The diagonal is one and is not read.
    pub unit: bool,
}

/// Solve T·X = B in place: `x` (n×k) holds B.
pub fn solve_triangular<T: Field>(t: &Triangle<T>, x: &mut [T], k: usize) {
    let n = t.n;
    if n == 0 || k == 0 {
        return;
    }
    let at = |i: usize, j: usize| t.a[i * t.strides.0 + j * t.strides.1];
    let blocks = n.div_ceil(BLOCK);
    let mut known = Vec::new();
    for b in 0..blocks {
        let b = if t.upper { blocks - 1 - b } else { b };
        let (start, end) = (b * BLOCK, n.min((b + 1) * BLOCK));
        let solved = if t.upper { end..n } else { 0..start };
        if !solved.is_empty() {
            known.resize((end - start) * k, T::zero());
            let from = start * t.strides.0 + solved.start * t.strides.1;
            T::product(end - start, k, solved.len(), &t.a[from..], t.strides, &x[solved.start * k..], (k, 1), &mut known);
            for (x, &v) in x[start * k..end * k].iter_mut().zip(&known) {
                *x -= v;
            }
        }
        for r in 0..end - start {
            let i = if t.upper { end - 1 - r } else { start + r };
            for j in if t.upper { i + 1..end } else { start..i } {
                let (row, other) = row_pair(x, k, i, j);
                subtract_scaled(row, at(i, j), other);
            }
            if !t.unit {
                let d = at(i, i);
                for v in &mut x[i * k..(i + 1) * k] {
                    *v /= d;
                }
            }
        }
    }
}
