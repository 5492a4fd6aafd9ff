//! Systems with a triangular matrix.

use faer::linalg::triangular_solve::{
    solve_lower_triangular_in_place, solve_unit_lower_triangular_in_place, solve_unit_upper_triangular_in_place, solve_upper_triangular_in_place,
};
use faer::{MatMut, MatRef};

use super::faer_parts::ONE_THREAD;
use super::field::Field;

/// A triangular n×n matrix: `a[i·strides.0 + j·strides.1]` with strides (n, 1) or (1, n), of which the other triangle is not read.
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
    let rows = MatRef::from_row_major_slice(t.a, n, n);
    let a = if t.strides.1 == 1 { rows } else { rows.transpose() };
    let x = MatMut::from_row_major_slice_mut(x, n, k);
    match (t.upper, t.unit) {
        (false, false) => solve_lower_triangular_in_place(a, x, ONE_THREAD),
        (false, true) => solve_unit_lower_triangular_in_place(a, x, ONE_THREAD),
        (true, false) => solve_upper_triangular_in_place(a, x, ONE_THREAD),
        (true, true) => solve_unit_upper_triangular_in_place(a, x, ONE_THREAD),
    }
}
