//! Eigenvalues and eigenvectors of self-adjoint matrices: Householder reduction to tridiagonal form, then implicit QR steps with
//! Wilkinson's shift (Golub and Van Loan, 8.3). Order of operations and thus signs are those of Eigen, which TensorFlow uses.

use num_traits::{Float, One, Zero};

use super::field::{Field, row_pair, subtract_scaled};
use super::qr::{accumulate, reflection};

/// A plane rotation.
#[derive(Clone, Copy)]
struct Rotation<R> {
    c: R,
    s: R,
}

/// The rotation that maps (p, q) to (r, 0).
fn givens<R: Float>(p: R, q: R) -> Rotation<R> {
    let (zero, one) = (R::zero(), R::one());
    if q == zero {
        return Rotation { c: if p < zero { -one } else { one }, s: zero };
    }
    if p == zero {
        return Rotation { c: zero, s: if q < zero { one } else { -one } };
    }
    if p.abs() > q.abs() {
        let t = q / p;
        let u = (one + t * t).sqrt();
        let c = one / if p < zero { -u } else { u };
        return Rotation { c, s: -t * c };
    }
    let t = p / q;
    let u = (one + t * t).sqrt();
    let s = -one / if q < zero { -u } else { u };
    Rotation { c: -t * s, s }
}

/// Eigenvalues, rising, of the self-adjoint n×n matrix whose lower triangle is in `a`; `vectors` receives the eigenvectors as
/// columns unless it is empty. False when it does not converge.
pub fn eigh<T: Field>(a: &[T], n: usize, values: &mut [T::Real], vectors: &mut [T]) -> bool {
    if n == 0 {
        return true;
    }
    let wanted = !vectors.is_empty();
    // The full matrix, scaled to at most one.
    let mut work = vec![T::zero(); n * n];
    let mut scale = T::Real::zero();
    for i in 0..n {
        for j in 0..=i {
            let v = if i == j { T::real(a[i * n + j].re()) } else { a[i * n + j] };
            let size = v.modulus();
            if !size.is_finite() {
                return false;
            }
            scale = scale.max(size);
            work[i * n + j] = v;
            work[j * n + i] = v.conj();
        }
    }
    if scale == T::Real::zero() {
        scale = T::Real::one();
    }
    let inverse = T::real(scale);
    for v in &mut work {
        *v /= inverse;
    }
    let (mut diagonal, mut below) = (vec![T::Real::zero(); n], vec![T::Real::zero(); n]);
    let list = tridiagonal(&mut work, n, &mut diagonal, &mut below);
    // Rows of `basis` are the columns of Q.
    let mut basis = Vec::new();
    if wanted {
        let q = accumulate(&list, n, n, 1);
        basis = vec![T::zero(); n * n];
        for i in 0..n {
            for j in 0..n {
                basis[j * n + i] = q[i * n + j];
            }
        }
    }
    if !diagonalize(&mut diagonal, &mut below, n, &mut basis) {
        return false;
    }
    let mut order: Vec<usize> = (0..n).collect();
    // Selection sort, as equal values keep the places that it gives them.
    for i in 0..n {
        let least = (i..n).fold(i, |m, k| if diagonal[k] < diagonal[m] { k } else { m });
        diagonal.swap(i, least);
        order.swap(i, least);
    }
    for (v, d) in values.iter_mut().zip(&diagonal) {
        *v = *d * scale;
    }
    if wanted {
        for (j, &o) in order.iter().enumerate() {
            for i in 0..n {
                vectors[i * n + j] = basis[o * n + i];
            }
        }
    }
    true
}

fn tridiagonal<T: Field>(a: &mut [T], n: usize, diagonal: &mut [T::Real], below: &mut [T::Real]) -> Vec<super::qr::Reflection<T>> {
    let mut list = Vec::with_capacity(n.saturating_sub(1));
    for i in 0..n - 1 {
        diagonal[i] = a[i * n + i].re();
        let (h, beta) = reflection((i + 1..n).map(|r| a[r * n + i]).collect());
        below[i] = beta;
        if h.tau != T::zero() {
            // p = conj(tau)·A·v, then w = p − ½·conj(tau)·(pᴴv)·v, and A −= v·wᴴ + w·vᴴ.
            let tau = h.tau.conj();
            let mut w: Vec<T> = (i + 1..n).map(|r| tau * dot(&a[r * n + i + 1..(r + 1) * n], &h.v)).collect();
            let pv = w.iter().zip(&h.v).fold(T::zero(), |s, (&p, &v)| s + p.conj() * v);
            let half = T::Real::one() / (T::Real::one() + T::Real::one());
            let by = tau * T::real(half) * pv;
            subtract_scaled(&mut w, by, &h.v);
            let (vc, wc): (Vec<T>, Vec<T>) = (h.v.iter().map(|v| v.conj()).collect(), w.iter().map(|v| v.conj()).collect());
            for r in i + 1..n {
                let row = &mut a[r * n + i + 1..(r + 1) * n];
                subtract_scaled(row, h.v[r - i - 1], &wc);
                subtract_scaled(row, w[r - i - 1], &vc);
            }
        }
        list.push(h);
    }
    diagonal[n - 1] = a[n * n - 1].re();
    list
}

fn dot<T: Field>(a: &[T], b: &[T]) -> T {
    // Four sums, so that additions overlap.
    let mut s = [T::zero(); 4];
    let (mut ca, mut cb) = (a.chunks_exact(4), b.chunks_exact(4));
    for (x, y) in (&mut ca).zip(&mut cb) {
        for k in 0..4 {
            s[k] += x[k] * y[k];
        }
    }
    let rest = ca.remainder().iter().zip(cb.remainder()).fold(T::zero(), |s, (&x, &y)| s + x * y);
    (s[0] + s[1]) + (s[2] + s[3]) + rest
}

fn diagonalize<T: Field>(diagonal: &mut [T::Real], below: &mut [T::Real], n: usize, basis: &mut [T]) -> bool {
    let zero = T::Real::zero();
    let (least, sharp) = (T::Real::min_positive_value(), T::Real::one() / T::Real::epsilon());
    let (mut end, mut steps) = (n - 1, 0);
    let mut start = 0;
    while end > 0 {
        for i in start..end {
            if below[i].abs() < least {
                below[i] = zero;
            } else {
                let scaled = sharp * below[i];
                if scaled * scaled <= diagonal[i].abs() + diagonal[i + 1].abs() {
                    below[i] = zero;
                }
            }
        }
        while end > 0 && below[end - 1] == zero {
            end -= 1;
        }
        if end == 0 {
            break;
        }
        steps += 1;
        if steps > 30 * n {
            return false;
        }
        start = end - 1;
        while start > 0 && below[start - 1] != zero {
            start -= 1;
        }
        step(diagonal, below, start, end, n, basis);
    }
    true
}

/// One implicit QR step on rows `start..=end`.
fn step<T: Field>(d: &mut [T::Real], e: &mut [T::Real], start: usize, end: usize, n: usize, basis: &mut [T]) {
    let zero = T::Real::zero();
    let half = T::Real::one() / (T::Real::one() + T::Real::one());
    let td = (d[end - 1] - d[end]) * half;
    let last = e[end - 1];
    let mut mu = d[end];
    if td == zero {
        mu -= last.abs();
    } else if last != zero {
        let e2 = last * last;
        let h = td.hypot(last);
        let sum = td + if td > zero { h } else { -h };
        mu -= if e2 == zero { last / (sum / last) } else { e2 / sum };
    }
    let (mut x, mut z) = (d[start] - mu, e[start]);
    for k in start..end {
        if z == zero {
            break;
        }
        let r = givens(x, z);
        let sdk = r.s * d[k] + r.c * e[k];
        let dkp1 = r.s * e[k] + r.c * d[k + 1];
        d[k] = r.c * (r.c * d[k] - r.s * e[k]) - r.s * (r.c * e[k] - r.s * d[k + 1]);
        d[k + 1] = r.s * sdk + r.c * dkp1;
        e[k] = r.c * sdk - r.s * dkp1;
        if k > start {
            e[k - 1] = r.c * e[k - 1] - r.s * z;
        }
        x = e[k];
        if k + 1 < end {
            z = -r.s * e[k + 1];
            e[k + 1] = r.c * e[k + 1];
        }
        if !basis.is_empty() {
            rotate(basis, n, k, k + 1, T::real(r.c), T::real(r.s));
        }
    }
}

/// Rows p and q become c·p − s·q and s·p + c·q.
fn rotate<T: Field>(a: &mut [T], n: usize, p: usize, q: usize, c: T, s: T) {
    let (low, high) = a.split_at_mut(q * n);
    for (x, y) in low[p * n..(p + 1) * n].iter_mut().zip(&mut high[..n]) {
        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
    }
}

/// Complete the first `have` rows of `basis`, which are orthonormal, to `want` orthonormal rows of length n (Gram and Schmidt, twice).
pub(super) fn complete<T: Field>(basis: &mut [T], n: usize, have: usize, want: usize) {
    let mut unit = 0;
    for r in have..want {
        while unit < n {
            basis[r * n..(r + 1) * n].fill(T::zero());
            basis[r * n + unit] = T::one();
            unit += 1;
            for _ in 0..2 {
                for p in 0..r {
                    let (row, other) = row_pair(basis, n, r, p);
                    let c = other.iter().zip(row.iter()).fold(T::zero(), |s, (o, &x)| s + o.conj() * x);
                    subtract_scaled(row, c, other);
                }
            }
            let row = &mut basis[r * n..(r + 1) * n];
            let size = row.iter().fold(T::Real::zero(), |s, v| s + v.norm2()).sqrt();
            if size > T::Real::epsilon().sqrt() {
                for v in row {
                    *v /= T::real(size);
                }
                break;
            }
        }
    }
}
