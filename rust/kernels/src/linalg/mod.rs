//! Factorizations of dense matrices, row-major, real and complex, by the library faer. One matrix a call; `each` runs a stack of them on the pool.

mod cholesky;
mod eigen;
mod faer_parts;
mod field;
mod lu;
mod qr;
mod svd;
mod triangular;

pub use cholesky::cholesky;
pub use eigen::eigh;
pub use field::{Field, adjoint};
pub use lu::{determinant, is_invertible, log_determinant, lu, lu_inverse, lu_solve};
pub use qr::qr;
pub use svd::svd;
pub use triangular::{Triangle, solve_triangular};

use crate::par;

#[cfg(test)]
mod tests;

/// A flat output and the elements of it that each matrix has.
pub struct Part<'a, T> {
    pub all: &'a mut [T],
    pub each: usize,
}

impl<'a, T> Part<'a, T> {
    pub fn new(all: &'a mut [T], count: usize) -> Part<'a, T> {
        let each = all.len().checked_div(count).unwrap_or(0);
        Part { all, each }
    }
    fn split(self, at: usize) -> (Part<'a, T>, Part<'a, T>) {
        let (low, high) = self.all.split_at_mut(at * self.each);
        (Part { all: low, each: self.each }, Part { all: high, each: self.each })
    }
}

/// Call `f(i, a, b, c)` for matrices `first..first + count` with their parts of three outputs; `ns` estimates the cost of one.
/// Whether all calls gave true.
pub fn each<A: Send, B: Send, C: Send>(
    first: usize,
    count: usize,
    ns: f64,
    a: Part<A>,
    b: Part<B>,
    c: Part<C>,
    f: &(impl Fn(usize, &mut [A], &mut [B], &mut [C]) -> bool + Sync),
) -> bool {
    if count == 0 {
        return true;
    }
    if count == 1 || count as f64 * ns < 30_000.0 {
        let (na, nb, nc) = (a.each, b.each, c.each);
        return (0..count)
            .all(|i| f(first + i, &mut a.all[i * na..(i + 1) * na], &mut b.all[i * nb..(i + 1) * nb], &mut c.all[i * nc..(i + 1) * nc]));
    }
    let half = count / 2;
    let ((a0, a1), (b0, b1), (c0, c1)) = (a.split(half), b.split(half), c.split(half));
    let (x, y) = par::join(count as f64 * ns, || each(first, half, ns, a0, b0, c0, f), || each(first + half, count - half, ns, a1, b1, c1, f));
    x && y
}
