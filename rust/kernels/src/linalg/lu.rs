//! LU factorization with partial pivoting, and what follows from it: solutions, inverse, determinant.

use num_traits::{Float, Zero};

use super::field::{Field, row_pair, subtract_scaled};
use super::triangular::{Triangle, solve_triangular};

const BLOCK: usize = 48;

/// Factor an n×n matrix in place as P·A = L·U (L has a unit diagonal that is not stored). `order[i]` is the row of A that
/// became row i. Gives whether the permutation is odd.
pub fn lu<T: Field>(a: &mut [T], n: usize, order: &mut [usize]) -> bool {
    for (i, o) in order.iter_mut().enumerate() {
        *o = i;
    }
    let mut odd = false;
    let mut update = Vec::new();
    for start in (0..n).step_by(BLOCK) {
        let end = n.min(start + BLOCK);
        for k in start..end {
            let (mut best, mut size) = (k, a[k * n + k].modulus());
            for i in k + 1..n {
                let s = a[i * n + k].modulus();
                if s > size {
                    (best, size) = (i, s);
                }
            }
            if best != k {
                let (low, high) = a.split_at_mut(best * n);
                low[k * n..(k + 1) * n].swap_with_slice(&mut high[..n]);
                order.swap(k, best);
                odd = !odd;
            }
            if size == T::Real::zero() {
                continue;
            }
            let pivot = a[k * n + k];
            for i in k + 1..n {
                let (row, pivots) = row_pair(a, n, i, k);
                let l = row[k] / pivot;
                row[k] = l;
                subtract_scaled(&mut row[k + 1..end], l, &pivots[k + 1..end]);
            }
        }
        if end == n {
            break;
        }
        for i in start + 1..end {
            for j in start..i {
                let (row, above) = row_pair(a, n, i, j);
                let l = row[j];
                subtract_scaled(&mut row[end..], l, &above[end..]);
            }
        }
        let left = n - end;
        update.resize(left * left, T::zero());
        T::product(left, left, end - start, &a[end * n + start..], (n, 1), &a[start * n + end..], (n, 1), &mut update);
        for i in 0..left {
            let row = &mut a[(end + i) * n + end..(end + i + 1) * n];
            for (x, &u) in row.iter_mut().zip(&update[i * left..]) {
                *x -= u;
            }
        }
    }
    odd
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
    let product = (0..n).fold(T::one(), |p, i| p * a[i * n + i]);
    if odd { -product } else { product }
}

/// The sign (of modulus one, or zero) and the logarithm of the modulus of the determinant; the matrix is overwritten.
pub fn log_determinant<T: Field>(a: &mut [T], n: usize) -> (T, T::Real) {
    let odd = lu(a, n, &mut vec![0; n]);
    let mut sign = if odd { -T::one() } else { T::one() };
    let mut log = T::Real::zero();
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
