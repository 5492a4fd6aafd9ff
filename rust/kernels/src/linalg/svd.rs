//! Singular value decompositions.

use faer::Mat;
use faer::diag::DiagMut;
use faer::linalg::svd::{ComputeSvdVectors, svd as decompose, svd_scratch};
use num_traits::Zero;

use super::faer_parts::{ONE_THREAD, put, unit_scale, wide_by_columns, with_scratch};
use super::field::Field;

/// A = U·diag(s)·Vᴴ for an m×n matrix; s falls. `u` is m×(cols of u), `v` n×(cols of v), as many as given: min(m, n), or m and n for
/// full bases; empty when not wanted. False when it does not converge.
pub fn svd<T: Field>(a: &[T], m: usize, n: usize, s: &mut [T::Real], u: &mut [T], v: &mut [T]) -> bool {
    let p = m.min(n);
    let Some(scale) = unit_scale(a) else { return false };
    let kind = |len: usize, rows: usize| match len {
        0 => ComputeSvdVectors::No,
        l if l > rows * p => ComputeSvdVectors::Full,
        _ => ComputeSvdVectors::Thin,
    };
    let columns = |kind, rows: usize| match kind {
        ComputeSvdVectors::No => 0,
        ComputeSvdVectors::Thin => p,
        ComputeSvdVectors::Full => rows,
    };
    let (ku, kv) = (kind(u.len(), m), kind(v.len(), n));
    let (mut left, mut right) = (Mat::<T::Wide>::zeros(m, columns(ku, m)), Mat::<T::Wide>::zeros(n, columns(kv, n)));
    let mut found = vec![T::Wide::zero(); p];
    let work = wide_by_columns(a, m, n, scale);
    let converged = with_scratch(svd_scratch::<T::Wide>(m, n, ku, kv, ONE_THREAD, Default::default()), |scratch| {
        let (has_u, has_v) = (!u.is_empty(), !v.is_empty());
        let (left, right) = (has_u.then(|| left.as_mut()), has_v.then(|| right.as_mut()));
        decompose(work.as_ref(), DiagMut::from_slice_mut(&mut found), left, right, ONE_THREAD, scratch, Default::default())
    });
    for (s, d) in s.iter_mut().zip(found) {
        *s = T::narrow_real(d.re() / scale);
    }
    put(left.as_ref(), u);
    put(right.as_ref(), v);
    converged.is_ok()
}
