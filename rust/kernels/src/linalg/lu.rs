//! LU factorization with partial pivoting, and what follows from it: solutions, inverse, determinant.

use faer::linalg::lu::partial_pivoting::factor::{lu_in_place, lu_in_place_scratch};
use faer::traits::ComplexField;
use num_traits::{Float, Zero};

use super::faer_parts::{ONE_THREAD, by_columns, with_scratch};
use super::field::Field;
use super::triangular::{Triangle, solve_triangular};

/// Factor an n×n matrix in place as P·A = L·U (L has a unit diagonal that is not stored). `order[i]` is the row of A that
/// became row i. Gives whether the permutation is odd. Past a pivot of zero the factors mean nothing.
pub fn lu<T: Field>(a: &mut [T], n: usize, order: &mut [usize]) -> bool {
    if n == 0 {
        return false;
    }
    let mut f = by_columns(a, n, n);
    let mut inverse = vec![0; n];
    let count = with_scratch(lu_in_place_scratch::<usize, T>(n, n, ONE_THREAD, Default::default()), |scratch| {
        lu_in_place(f.as_mut(), order, &mut inverse, ONE_THREAD, scratch, Default::default()).0.transposition_count
    });
    faer::MatMut::from_row_major_slice_mut(a, n, n).copy_from(&f);
    count % 2 == 1
}

/// Whether no pivot is zero (or NaN, which is not above zero).
pub fn is_invertible<T: Field>(lu: &[T], n: usize) -> bool {
    (0..n).all(|i| lu[i * n + i].modulus() > T::Real::zero())
}

/// Solve A·X = B given the factors of A: `x` (n×k) is written.
pub fn lu_solve<T: Field>(lu: &[T], n: usize, order: &[usize], b: &[T], k: usize, x: &mut [T]) {
    for (i, &o) in order.iter().enumerate() {
        x[i * k..(i + 1) * k].copy_from_slice(&b[o * k..(o + 1) * k]);
    }
    solve_triangular(&Triangle { a: lu, strides: (n, 1), n, upper: false, unit: true }, x, k);
    solve_triangular(&Triangle { a: lu, strides: (n, 1), n, upper: true, unit: false }, x, k);
}

/// The inverse of the matrix that was factored.
pub fn lu_inverse<T: Field>(lu: &[T], n: usize, order: &[usize], x: &mut [T]) {
    x.fill(T::zero());
    for (i, &o) in order.iter().enumerate() {
        x[i * n + o] = T::one();
    }
    solve_triangular(&Triangle { a: lu, strides: (n, 1), n, upper: false, unit: true }, x, n);
    solve_triangular(&Triangle { a: lu, strides: (n, 1), n, upper: true, unit: false }, x, n);
}

/// The determinant of an n×n matrix, which is overwritten.
pub fn determinant<T: Field>(a: &mut [T], n: usize) -> T {
    let odd = lu(a, n, &mut vec![0; n]);
    let mut product = if odd { -T::one() } else { T::one() };
    for i in 0..n {
        let d = a[i * n + i];
        if d == T::zero() {
            return d;
        }
        product *= d;
    }
    product
}

/// The sign (of modulus one, or zero) and the logarithm of the modulus of the determinant; the matrix is overwritten.
pub fn log_determinant<T: Field>(a: &mut [T], n: usize) -> (T, T::Real) {
    let odd = lu(a, n, &mut vec![0; n]);
    let mut sign = if odd { -T::one() } else { T::one() };
    let mut log = <T as ComplexField>::Real::zero();
    for i in 0..n {
        let d = a[i * n + i];
        let size = d.modulus();
        if size == T::Real::zero() {
            return (T::zero(), size.ln());
        }
        sign *= d / T::real(size);
        log += size.ln();
    }
    (sign, log)
}
