//! Cholesky factorization of positive definite matrices.

use faer::linalg::cholesky::llt::factor::{cholesky_in_place, cholesky_in_place_scratch};
use num_traits::{Float, Zero};

use super::faer_parts::{ONE_THREAD, by_columns, with_scratch};
use super::field::Field;

/// Factor A = L·Lᴴ in place, reading the lower triangle; the upper one becomes zero. False when A is not positive definite.
pub fn cholesky<T: Field>(a: &mut [T], n: usize) -> bool {
    if n == 0 {
        return true;
    }
    let mut l = by_columns(a, n, n);
    let factored = with_scratch(cholesky_in_place_scratch::<T>(n, ONE_THREAD, Default::default()), |scratch| {
        cholesky_in_place(l.as_mut(), Default::default(), ONE_THREAD, scratch, Default::default())
    });
    for (i, row) in a.chunks_exact_mut(n).enumerate() {
        for (j, v) in row.iter_mut().enumerate() {
            *v = if j <= i { l[(i, j)] } else { T::zero() };
        }
    }
    // An infinite or NaN pivot is no error for faer.
    factored.is_ok() && (0..n).all(|i| a[i * n + i].re().is_finite() && a[i * n + i].re() > <T as faer::traits::ComplexField>::Real::zero())
}
