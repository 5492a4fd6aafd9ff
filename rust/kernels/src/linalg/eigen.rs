//! Eigenvalues and eigenvectors of self-adjoint matrices.

use faer::Mat;
use faer::diag::DiagMut;
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use num_traits::Zero;

use super::faer_parts::{ONE_THREAD, put, unit_scale, wide_by_columns, with_scratch};
use super::field::Field;

/// Eigenvalues, rising, of the self-adjoint n×n matrix whose lower triangle is in `a`; `vectors` receives the eigenvectors as
/// columns unless it is empty. False when it does not converge.
pub fn eigh<T: Field>(a: &[T], n: usize, values: &mut [T::Real], vectors: &mut [T]) -> bool {
    if n == 0 {
        return true;
    }
    let mut lower = a.to_vec();
    for i in 0..n {
        lower[i * n + i] = T::real(lower[i * n + i].re());
        lower[i * n + i + 1..(i + 1) * n].fill(T::zero());
    }
    let Some(scale) = unit_scale(&lower) else { return false };
    let work = wide_by_columns(&lower, n, n, scale);
    let wanted = !vectors.is_empty();
    let mut basis = Mat::<T::Wide>::zeros(if wanted { n } else { 0 }, if wanted { n } else { 0 });
    let mut found = vec![T::Wide::zero(); n];
    let compute = if wanted { ComputeEigenvectors::Yes } else { ComputeEigenvectors::No };
    let converged = with_scratch(self_adjoint_evd_scratch::<T::Wide>(n, compute, ONE_THREAD, Default::default()), |scratch| {
        let basis = wanted.then(|| basis.as_mut());
        self_adjoint_evd(work.as_ref(), DiagMut::from_slice_mut(&mut found), basis, ONE_THREAD, scratch, Default::default())
    });
    for (v, d) in values.iter_mut().zip(found) {
        *v = T::narrow_real(d.re() / scale);
    }
    put(basis.as_ref(), vectors);
    converged.is_ok()
}
