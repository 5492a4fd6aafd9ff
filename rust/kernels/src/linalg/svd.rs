//! Singular value decompositions by Jacobi rotations (Golub and Van Loan, 8.6): two-sided for small real matrices, with the signs
//! of Eigen, which TensorFlow uses there; one-sided after a QR factorization for all others.

use num_traits::{Float, One, Zero};

use super::eigen::complete;
use super::field::{Field, adjoint};
use super::qr::{Reflection, accumulate, qr, reflection};

/// From this number of columns on, TensorFlow's algorithm is another one, and the signs of singular vectors are our own.
const SMALL: usize = 16;

/// A = U·diag(s)·Vᴴ for an m×n matrix; s falls. `u` is m×(cols of u), `v` n×(cols of v), as many as given: min(m, n), or m and n for
/// full bases; empty when not wanted.
pub fn svd<T: Field>(a: &[T], m: usize, n: usize, s: &mut [T::Real], u: &mut [T], v: &mut [T]) -> bool {
    if a.iter().any(|x| !x.norm2().is_finite()) && a.iter().any(|x| !x.modulus().is_finite()) {
        return false;
    }
    let p = m.min(n);
    let (full_u, full_v) = (u.len() > m * p, v.len() > n * p);
    // Rows of these are singular vectors.
    let (mut left, mut right) = (Vec::new(), Vec::new());
    if p > 0 && !T::IS_COMPLEX && n < SMALL && m < 8 * SMALL {
        two_sided(a, m, n, s, &mut left, &mut right);
    } else if m >= n {
        one_sided(a, m, n, s, &mut left, &mut right);
    } else {
        one_sided(&adjoint(a, m, n), n, m, s, &mut right, &mut left);
    }
    put(&mut left, m, p, if full_u { m } else { p }, u);
    put(&mut right, n, p, if full_v { n } else { p }, v);
    true
}

/// The rows of `basis` (length `n`, `have` of them) as the `want` columns of `out`.
fn put<T: Field>(basis: &mut Vec<T>, n: usize, have: usize, want: usize, out: &mut [T]) {
    if out.is_empty() {
        return;
    }
    let have = have.max(basis.len().checked_div(n).unwrap_or(0));
    basis.resize(want.max(have) * n, T::zero());
    if want > have {
        complete(basis, n, have, want);
    }
    for j in 0..want {
        for i in 0..n {
            out[i * want + j] = basis[j * n + i];
        }
    }
}

/// Sort falling and store: `order` by selection, as equal values keep the places that it gives them.
fn sort_falling<R: Float>(values: &mut [R]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    for i in 0..values.len() {
        let best = (i..values.len()).fold(i, |m, k| if values[k] > values[m] { k } else { m });
        if values[best] == R::zero() {
            break;
        }
        values.swap(i, best);
        order.swap(i, best);
    }
    order
}

fn pick<T: Copy>(rows: &[T], n: usize, order: &[usize]) -> Vec<T> {
    order.iter().flat_map(|&o| rows[o * n..(o + 1) * n].iter().copied()).collect()
}

/// Columns p and q of the m×n matrix `a` (m ≥ n) made orthogonal until all are; `left` and `right` receive n rows each.
fn one_sided<T: Field>(a: &[T], m: usize, n: usize, s: &mut [T::Real], left: &mut Vec<T>, right: &mut Vec<T>) {
    let (mut q, mut r) = (vec![T::zero(); m * n], vec![T::zero(); n * n]);
    qr(a, m, n, false, &mut q, &mut r);
    // Rows are the columns of R and, of `turn`, those of V.
    let mut g = vec![T::zero(); n * n];
    let mut turn = vec![T::zero(); n * n];
    for i in 0..n {
        turn[i * n + i] = T::one();
        for j in 0..n {
            g[j * n + i] = r[i * n + j];
        }
    }
    let eps = T::Real::epsilon();
    let two = T::Real::one() + T::Real::one();
    let total = g.iter().fold(T::Real::zero(), |m, v| m.max(v.modulus()));
    let floor = total * eps * T::Real::min_positive_value().sqrt();
    for _ in 0..60 {
        let mut rotated = false;
        for p in 0..n {
            for k in p + 1..n {
                let (low, high) = g.split_at_mut(k * n);
                let (x, y) = (&mut low[p * n..(p + 1) * n], &mut high[..n]);
                let (mut alpha, mut beta, mut gamma) = (T::Real::zero(), T::Real::zero(), T::zero());
                for (a, b) in x.iter().zip(y.iter()) {
                    alpha += a.norm2();
                    beta += b.norm2();
                    gamma += a.conj() * *b;
                }
                let size = gamma.modulus();
                if !(size > eps * (alpha * beta).sqrt()) || size <= floor * floor {
                    continue;
                }
                rotated = true;
                let zeta = (beta - alpha) / (two * size);
                let t =
                    (if zeta >= T::Real::zero() { T::Real::one() } else { -T::Real::one() }) / (zeta.abs() + (T::Real::one() + zeta * zeta).sqrt());
                let c = T::Real::one() / (T::Real::one() + t * t).sqrt();
                let phase = gamma / T::real(size);
                turn_rows(x, y, c, phase.scaled(c * t));
                let (low, high) = turn.split_at_mut(k * n);
                turn_rows(&mut low[p * n..(p + 1) * n], &mut high[..n], c, phase.scaled(c * t));
            }
        }
        if !rotated {
            break;
        }
    }
    for j in 0..n {
        s[j] = g[j * n..(j + 1) * n].iter().fold(T::Real::zero(), |s, v| s + v.norm2()).sqrt();
    }
    let order = sort_falling(s);
    *right = pick(&turn, n, &order);
    let mut inner = pick(&g, n, &order);
    // Columns that vanish next to the largest carry no direction.
    let least = s.first().map_or(T::Real::zero(), |&m| m * eps * eps);
    let rank = s.iter().take_while(|&&v| v > least).count();
    for j in 0..rank {
        for v in &mut inner[j * n..(j + 1) * n] {
            *v /= T::real(s[j]);
        }
    }
    complete(&mut inner, n, rank, n);
    // left = (Q · inner)ᵀ.
    let mut product = vec![T::zero(); n * m];
    T::product(n, m, n, &inner, (n, 1), &q, (1, n), &mut product);
    *left = product;
}

/// x becomes c·x − conj(s)·y, and y s·x + c·y.
fn turn_rows<T: Field>(x: &mut [T], y: &mut [T], c: T::Real, s: T) {
    let (c, sc) = (T::real(c), s.conj());
    for (x, y) in x.iter_mut().zip(y) {
        (*x, *y) = (c * *x - sc * *y, s * *x + c * *y);
    }
}

/// QR with column pivoting of an m×n matrix, m ≥ n, in place; gives the reflections and the column that came to each place.
fn pivoted<T: Field>(a: &mut [T], m: usize, n: usize) -> (Vec<Reflection<T>>, Vec<usize>) {
    let norm = |a: &[T], from: usize, j: usize| (from..m).fold(T::Real::zero(), |s, i| s + a[i * n + j].norm2()).sqrt();
    let mut direct: Vec<T::Real> = (0..n).map(|j| norm(a, 0, j)).collect();
    let mut updated = direct.clone();
    let mut order: Vec<usize> = (0..n).collect();
    let mut list = Vec::with_capacity(n);
    let one = T::Real::one();
    for k in 0..n {
        let best = (k..n).fold(k, |b, j| if updated[j] > updated[b] { j } else { b });
        if best != k {
            for i in 0..m {
                a.swap(i * n + k, i * n + best);
            }
            updated.swap(k, best);
            direct.swap(k, best);
            order.swap(k, best);
        }
        let (h, beta) = reflection((k..m).map(|i| a[i * n + k]).collect());
        a[k * n + k] = T::real(beta);
        for i in k + 1..m {
            a[i * n + k] = T::zero();
        }
        h.apply(a, n, k, k + 1, false);
        list.push(h);
        for j in k + 1..n {
            if updated[j] == T::Real::zero() {
                continue;
            }
            let t = a[k * n + j].modulus() / updated[j];
            let t = ((one + t) * (one - t)).max(T::Real::zero());
            let ratio = updated[j] / direct[j];
            if t * ratio * ratio <= T::Real::epsilon().sqrt() {
                direct[j] = norm(a, k + 1, j);
                updated[j] = direct[j];
            } else {
                updated[j] *= t.sqrt();
            }
        }
    }
    (list, order)
}

/// Real matrices: both sides are rotated until the matrix is diagonal.
fn two_sided<T: Field>(a: &[T], m: usize, n: usize, s: &mut [T::Real], left: &mut Vec<T>, right: &mut Vec<T>) {
    let (zero, one) = (T::Real::zero(), T::Real::one());
    let p = m.min(n);
    let mut scale = a.iter().fold(zero, |s, v| s.max(v.modulus()));
    if scale == zero {
        scale = one;
    }
    let scaled: Vec<T> = a.iter().map(|&v| v / T::real(scale)).collect();
    let transposed = |x: &[T], rows: usize, cols: usize| adjoint(x, rows, cols);
    let unit = |n: usize| (0..n * n).map(|i| if i % (n + 1) == 0 { T::one() } else { T::zero() }).collect::<Vec<T>>();
    // Rows of u and v are the vectors; w is p×p.
    let (mut w, mut u, mut v);
    if m == n {
        (w, u, v) = (scaled, unit(n), unit(n));
    } else {
        let tall = m > n;
        let (long, mut work) = if tall { (m, scaled) } else { (n, transposed(&scaled, m, n)) };
        let (list, order) = pivoted(&mut work, long, p);
        work.truncate(p * p);
        let q = transposed(&accumulate(&list, long, long, 0), long, long);
        // P has a one at (order[j], j): its column j is the unit vector of order[j].
        let mut permutation = vec![T::zero(); p * p];
        for (j, &o) in order.iter().enumerate() {
            permutation[j * p + o] = T::one();
        }
        (w, u, v) = if tall { (work, q, permutation) } else { (transposed(&work, p, p), permutation, q) };
    }
    let precision = (one + one) * T::Real::epsilon();
    let least = T::Real::min_positive_value();
    let mut largest = (0..p).fold(zero, |m, i| m.max(w[i * p + i].modulus()));
    for _ in 0..200 {
        let mut finished = true;
        for i in 1..p {
            for j in 0..i {
                let threshold = least.max(precision * largest);
                if !(w[i * p + j].modulus() > threshold || w[j * p + i].modulus() > threshold) {
                    continue;
                }
                finished = false;
                let block = [w[i * p + i].re(), w[i * p + j].re(), w[j * p + i].re(), w[j * p + j].re()];
                let ((lc, ls), (rc, rs)) = rotations(block);
                // Rows i and j from the left, columns from the right.
                let (lc, ls, rc, rs) = (T::real(lc), T::real(ls), T::real(rc), T::real(rs));
                for c in 0..p {
                    let (x, y) = (w[i * p + c], w[j * p + c]);
                    (w[i * p + c], w[j * p + c]) = (lc * x + ls * y, lc * y - ls * x);
                }
                for r in 0..p {
                    let (x, y) = (w[r * p + i], w[r * p + j]);
                    (w[r * p + i], w[r * p + j]) = (rc * x - rs * y, rs * x + rc * y);
                }
                for c in 0..m {
                    let (x, y) = (u[i * m + c], u[j * m + c]);
                    (u[i * m + c], u[j * m + c]) = (lc * x + ls * y, lc * y - ls * x);
                }
                for c in 0..n {
                    let (x, y) = (v[i * n + c], v[j * n + c]);
                    (v[i * n + c], v[j * n + c]) = (rc * x - rs * y, rs * x + rc * y);
                }
                largest = largest.max(w[i * p + i].modulus()).max(w[j * p + j].modulus());
            }
        }
        if finished {
            break;
        }
    }
    for i in 0..p {
        let d = w[i * p + i].re();
        s[i] = d.abs() * scale;
        if d < zero {
            for x in &mut u[i * m..(i + 1) * m] {
                *x = -*x;
            }
        }
    }
    let order = sort_falling(s);
    let with_rest = |total: usize| order.iter().copied().chain(p..total).collect::<Vec<usize>>();
    *left = pick(&u, m, &with_rest(m));
    *right = pick(&v, n, &with_rest(n));
}

/// The (cosine, sine) pairs that diagonalise a real 2×2 matrix from the left and from the right.
fn rotations<R: Float>(b: [R; 4]) -> ((R, R), (R, R)) {
    let (zero, one) = (R::zero(), R::one());
    let [m00, m01, m10, m11] = b;
    let (t, d) = (m00 + m11, m10 - m01);
    // First make it symmetric.
    let (c1, s1) = if d.abs() < R::min_positive_value() {
        (one, zero)
    } else {
        let u = t / d;
        let h = (one + u * u).sqrt();
        (u / h, one / h)
    };
    let (x, y, z) = (c1 * m00 + s1 * m10, c1 * m01 + s1 * m11, c1 * m11 - s1 * m01);
    let deno = (one + one) * y.abs();
    let (c, s) = if deno < R::min_positive_value() {
        (one, zero)
    } else {
        let tau = (x - z) / deno;
        let h = (tau * tau + one).sqrt();
        let t = if tau > zero { one / (tau + h) } else { one / (tau - h) };
        let n = one / (t * t + one).sqrt();
        let sign = if t > zero { one } else { -one };
        (n, -sign * (y / y.abs()) * t.abs() * n)
    };
    // Left: the first rotation followed by the transpose of the right one.
    ((c1 * c + s1 * s, s1 * c - c1 * s), (c, s))
}
