//! QR factorization by Householder reflections; the signs are those of LAPACK and Eigen: each diagonal element of R has the
//! opposite sign of the element it replaces, and columns without anything below the diagonal are left alone.

use num_traits::{Float, Zero};

use super::field::{Field, subtract_scaled};

/// A reflection I − tau·v·vᴴ, v[0] = 1, that maps a column to beta·e₀.
pub(super) struct Reflection<T> {
    pub tau: T,
    pub v: Vec<T>,
}

/// The reflection of `x`, and beta.
pub(super) fn reflection<T: Field>(mut x: Vec<T>) -> (Reflection<T>, T::Real) {
    let head = x[0];
    let tail = x[1..].iter().fold(T::Real::zero(), |s, v| s + v.norm2());
    let imaginary = head - T::real(head.re());
    let least = T::Real::min_positive_value();
    x[0] = T::one();
    if tail <= least && imaginary.norm2() <= least {
        x[1..].fill(T::zero());
        return (Reflection { tau: T::zero(), v: x }, head.re());
    }
    let mut beta = (head.norm2() + tail).sqrt();
    if head.re() >= T::Real::zero() {
        beta = -beta;
    }
    let d = head - T::real(beta);
    for v in &mut x[1..] {
        *v /= d;
    }
    let tau = ((T::real(beta) - head) / T::real(beta)).conj();
    (Reflection { tau, v: x }, beta)
}

impl<T: Field> Reflection<T> {
    /// Apply it (or its adjoint) from the left to columns `from..n` of the rows that start at `row`.
    pub fn apply(&self, a: &mut [T], n: usize, row: usize, from: usize, adjoint: bool) {
        let tau = if adjoint { self.tau.conj() } else { self.tau };
        if tau == T::zero() || from >= n {
            return;
        }
        let mut w = vec![T::zero(); n - from];
        for (i, v) in self.v.iter().enumerate() {
            subtract_scaled(&mut w, -v.conj(), &a[(row + i) * n + from..(row + i + 1) * n]);
        }
        for (i, &v) in self.v.iter().enumerate() {
            subtract_scaled(&mut a[(row + i) * n + from..(row + i + 1) * n], tau * v, &w);
        }
    }
}

/// Reduce the m×n matrix `a` to upper triangular form; gives the reflections.
pub(super) fn reduce<T: Field>(a: &mut [T], m: usize, n: usize) -> Vec<Reflection<T>> {
    let mut list = Vec::with_capacity(m.min(n));
    for k in 0..m.min(n) {
        let (h, beta) = reflection((k..m).map(|i| a[i * n + k]).collect());
        h.apply(a, n, k, k + 1, false);
        a[k * n + k] = T::real(beta);
        for i in k + 1..m {
            a[i * n + k] = T::zero();
        }
        list.push(h);
    }
    list
}

/// The first `cols` columns of Q (m×cols), the product of the reflections' adjoints; reflection k acts on rows `k + shift..`.
pub(super) fn accumulate<T: Field>(list: &[Reflection<T>], m: usize, cols: usize, shift: usize) -> Vec<T> {
    let mut q = vec![T::zero(); m * cols];
    for i in 0..m.min(cols) {
        q[i * cols + i] = T::one();
    }
    for (k, h) in list.iter().enumerate().rev() {
        h.apply(&mut q, cols, k + shift, (k + shift).min(cols), true);
    }
    q
}

/// A = Q·R for an m×n matrix: q is m×m and r m×n when `full`, else m×min(m, n) and min(m, n)×n.
pub fn qr<T: Field>(a: &[T], m: usize, n: usize, full: bool, q: &mut [T], r: &mut [T]) {
    let mut work = a.to_vec();
    let list = reduce(&mut work, m, n);
    let inner = if full { m } else { m.min(n) };
    r.copy_from_slice(&work[..inner * n]);
    q.copy_from_slice(&accumulate(&list, m, inner, 0));
}
