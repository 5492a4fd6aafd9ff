//! QR factorization by Householder reflections. The signs are those of LAPACK and Eigen: each diagonal element of R is real and has
//! the opposite sign of the element it replaces, and real columns without anything below the diagonal are left alone.

use faer::linalg::householder::{
    apply_block_householder_sequence_on_the_left_in_place_scratch, apply_block_householder_sequence_on_the_left_in_place_with_conj,
};
use faer::linalg::qr::no_pivoting::factor::{qr_in_place, qr_in_place_scratch, recommended_block_size};
use faer::traits::ComplexField;
use faer::{Conj, Mat};
use num_traits::Zero;

use super::faer_parts::{ONE_THREAD, by_columns, with_scratch};
use super::field::Field;

/// A = Q·R for an m×n matrix: q is m×m and r m×n when `full`, else m×min(m, n) and min(m, n)×n.
pub fn qr<T: Field>(a: &[T], m: usize, n: usize, full: bool, q: &mut [T], r: &mut [T]) {
    let p = m.min(n);
    let inner = if full { m } else { p };
    let mut basis = Mat::<T>::identity(m, inner);
    let mut factors = by_columns(a, m, n);
    if p > 0 {
        let block = recommended_block_size::<T>(m, n);
        let mut coefficients = Mat::<T>::zeros(block, p);
        with_scratch(qr_in_place_scratch::<T>(m, n, block, ONE_THREAD, Default::default()), |scratch| {
            qr_in_place(factors.as_mut(), coefficients.as_mut(), ONE_THREAD, scratch, Default::default());
        });
        with_scratch(apply_block_householder_sequence_on_the_left_in_place_scratch::<T>(m, block, inner), |scratch| {
            let (reflections, coefficients) = (factors.as_ref().subcols(0, p), coefficients.as_ref());
            apply_block_householder_sequence_on_the_left_in_place_with_conj(reflections, coefficients, Conj::No, basis.as_mut(), ONE_THREAD, scratch);
        });
    }
    for i in 0..inner {
        for j in 0..n {
            r[i * n + j] = if j >= i { factors[(i, j)] } else { T::zero() };
        }
    }
    faer::MatMut::from_row_major_slice_mut(q, m, inner).copy_from(&basis);
    if T::IS_COMPLEX {
        for k in 0..p {
            let below = (k + 1..m).any(|i| factors[(i, k)] != T::zero());
            make_diagonal_real(q, r, k, inner, n, below);
        }
    }
}

/// faer leaves the phase of the replaced element on the diagonal; move it into Q.
fn make_diagonal_real<T: Field>(q: &mut [T], r: &mut [T], k: usize, inner: usize, n: usize, reflected: bool) {
    let (d, zero) = (r[k * n + k], <T as ComplexField>::Real::zero());
    let size = d.modulus();
    if d == T::real(d.re()) {
        return;
    }
    // With a reflection the phase is the opposite of that of the element it replaced.
    let positive = if reflected { d.re() > zero } else { d.re() < zero };
    let phase = d / T::real(if positive { size } else { -size });
    for v in &mut r[k * n..(k + 1) * n] {
        *v *= Field::conj(phase);
    }
    r[k * n + k] = T::real(if positive { size } else { -size });
    for row in q.chunks_exact_mut(inner) {
        row[k] *= phase;
    }
}
