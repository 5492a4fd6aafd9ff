//! Cholesky: A = L·Lᴴ of positive definite matrices, and the old op of its gradient.

use graphpb_kernels::linalg::{Field, Part, Triangle, adjoint as adjoint_of, cholesky, each, solve_triangular};
use graphpb_kernels::{Tensor, with_field};

use super::*;
use crate::registry::*;
use crate::testing::cases::Case;

pub static CHOLESKY: OpDef = OpDef {
    name: "Cholesky",
    doc: "The lower triangular L with A = L·adjoint(L) of each positive definite matrix A, of which the lower triangle is read.",
    inputs: &[arg("input", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[type_in("T", TYPES)],
    traits: Traits::PURE,
    shape: same_square,
    kernel: Kernel::Plain(|c| {
        let mut a = c.take(0);
        let s = Stack::square(&a)?;
        let ok = with_field!(a.dtype(), T => {
            each(0, s.count, cost(s.n.pow(3)), Part::new(a.slice_mut::<T>(), s.count), none(), none(), &|_, a, _, _| cholesky(a, s.n))
        }, else return Err(Error::unimplemented("Cholesky has no kernel for this type")));
        if !ok {
            return Err(Error::invalid("Cholesky decomposition was not successful. The input might not be valid."));
        }
        c.set(0, a);
        Ok(())
    }),
    // The gradient is that of a symmetric argument: half of it stands in each triangle.
    grad: Grad::Rule(|c| {
        let (l, g) = (c.output(0), c.grad(0)?);
        let inverse = c.call("MatrixInverse", &[l])?;
        let middle = matmul(c, l, g, true, false)?;
        let diagonal = c.call("MatrixDiagPart", &[middle])?;
        let half = c.scale(diagonal, 0.5)?;
        let middle = c.call("MatrixSetDiag", &[middle, half])?;
        let middle = band(c, middle, -1, 0)?;
        let left = matmul(c, inverse, middle, true, false)?;
        let ga = matmul(c, left, inverse, false, false)?;
        let other = adjoint(c, ga)?;
        let sum = c.add(ga, other)?;
        let r = c.scale(sum, 0.5)?;
        c.set(0, r);
        Ok(())
    }),
    // tests/linalg.rs checks derivatives, of symmetric arguments.
    sample: Some(|d| {
        let a = draw_definite(d);
        Case::new().input(a).differentiate(&[])
    }),
    ..OpDef::BASE
};

pub static BATCH_CHOLESKY: OpDef = OpDef {
    name: "BatchCholesky",
    doc: "The old name of Cholesky.",
    attrs: &[type_in("T", &[F64, F32])],
    grad: Grad::Missing("TensorFlow registers none"),
    deprecated: Some(13),
    ..CHOLESKY
};

/// Positive definite matrices: dominated by the diagonal; only the lower triangle counts.
fn draw_definite(d: &mut Draw) -> Tensor {
    let (outer, n) = (draw_outer(d), d.size());
    let t = draw_matrices(d, &outer, n, n, |_| n as f64 + 1.0);
    if !t.dtype().is_complex() {
        return t;
    }
    // A real diagonal.
    let mut wide = pointwise::cast(&t, C128).unwrap_or_else(|_| t.clone());
    for (i, v) in wide.slice_mut::<C128>().iter_mut().enumerate() {
        if (i % (n * n)) % (n + 1) == 0 {
            v.im = 0.0;
        }
    }
    of_type(d, &wide)
}

pub static CHOLESKY_GRAD: OpDef = OpDef {
    name: "CholeskyGrad",
    doc: "The gradient of the argument of Cholesky, given its result `l` and the gradient of that.",
    inputs: &[arg("l", "T"), arg("grad", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[type_in("T", &[F32, F64])],
    traits: Traits::PURE,
    shape: same_square,
    kernel: Kernel::Plain(|c| {
        let (l, g) = (c.take(0), c.take(1));
        let s = Stack::square(&l)?;
        if l.dims() != g.dims() {
            return Err(Error::invalid(format!("Inputs must have the same shape: {} and {}", shape_text(l.dims()), shape_text(g.dims()))));
        }
        let n = s.n;
        let mut out = Tensor::try_scratch(l.dtype(), l.dims())?;
        with_field!(l.dtype(), T => {
            let (l, g) = (l.slice::<T>(), g.slice::<T>());
            let half = <T as Field>::real(0.5);
            each(0, s.count, cost(4 * n * n * n), Part::new(out.slice_mut::<T>(), s.count), none(), none(), &|i, o, _, _| {
                let (l, g) = (s.matrix(i, l), s.matrix(i, g));
                // The lower triangle of Lᵀ·G, its diagonal halved, between two solutions with L.
                let mut lower = g.to_vec();
                for r in 0..n {
                    lower[r * n + r + 1..(r + 1) * n].fill(T::default());
                }
                let mut middle = vec![T::default(); n * n];
                Field::product(n, n, n, l, (1, n), &lower, (n, 1), &mut middle);
                for r in 0..n {
                    middle[r * n + r + 1..(r + 1) * n].fill(T::default());
                    middle[r * n + r] *= half;
                }
                let transposed = Triangle { a: l, strides: (1, n), n, upper: true, unit: false };
                solve_triangular(&transposed, &mut middle, n);
                let mut right = adjoint_of(&middle, n, n);
                solve_triangular(&transposed, &mut right, n);
                for r in 0..n {
                    for k in 0..n {
                        o[r * n + k] = (right[k * n + r] + right[r * n + k]) * half;
                    }
                }
                true
            });
        }, else return Err(Error::unimplemented("CholeskyGrad has no kernel for this type")));
        c.set(0, out);
        Ok(())
    }),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| {
        let l = draw_definite(d);
        let g = d.tensor(l.dims());
        Case::new().input(l).input(g)
    }),
    ..OpDef::BASE
};
