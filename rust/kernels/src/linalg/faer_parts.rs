//! What the calls of faer share: one thread, its scratch memory, and matrices by columns, which it works on fastest.

use faer::dyn_stack::{MemBuffer, MemStack, StackReq};
use faer::{Mat, MatRef, Par};

use super::field::Field;

/// A stack of matrices is what runs on several threads; each alone runs on one, so that results do not depend on their number.
pub(super) const ONE_THREAD: Par = Par::Seq;

/// Call `f` with scratch memory.
pub(super) fn with_scratch<R>(size: StackReq, f: impl FnOnce(&mut MemStack) -> R) -> R {
    f(MemStack::new(&mut MemBuffer::new(size)))
}

/// The m×n matrix of row-major elements, by columns.
pub(super) fn by_columns<T: Field>(a: &[T], m: usize, n: usize) -> Mat<T> {
    MatRef::from_row_major_slice(a, m, n).to_owned()
}

/// The same, with 64 bits a part, times `scale`.
pub(super) fn wide_by_columns<T: Field>(a: &[T], m: usize, n: usize, scale: f64) -> Mat<T::Wide> {
    Mat::from_fn(m, n, |i, j| a[i * n + j].wide().scaled(scale))
}

/// The power of two that brings the largest element near one; none when an element is not finite.
pub(super) fn unit_scale<T: Field>(a: &[T]) -> Option<f64> {
    let mut largest = 0f64;
    for v in a {
        let v = v.wide();
        let size = num_traits::Float::max(v.re().abs(), (v - T::Wide::real(v.re())).modulus());
        if !size.is_finite() || v.re().is_nan() {
            return None;
        }
        largest = largest.max(size);
    }
    // Within the exponents whose inverse is a float too.
    Some(if largest == 0.0 { 1.0 } else { (-largest.log2().round().clamp(-1000.0, 1000.0)).exp2() })
}

/// Store `a` row-major.
pub(super) fn put<T: Field>(a: MatRef<'_, T::Wide>, out: &mut [T]) {
    let n = a.ncols();
    for (i, row) in out.chunks_exact_mut(n.max(1)).enumerate() {
        for (j, v) in row.iter_mut().enumerate() {
            *v = T::narrow(a[(i, j)]);
        }
    }
}
