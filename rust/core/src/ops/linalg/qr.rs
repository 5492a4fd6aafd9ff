//! Qr: A = Q·R with orthonormal columns of Q.

use graphpb_kernels::linalg::{Part, each, qr};
use graphpb_kernels::{Tensor, with_field};

use super::*;
use crate::registry::*;
use crate::testing::cases::Case;

pub static QR: OpDef = OpDef {
    name: "Qr",
    doc: "Q with orthonormal columns and upper triangular R with A = Q·R, by Householder reflections; full_matrices completes Q.",
    inputs: &[arg("input", "T")],
    outputs: &[arg("q", "T"), arg("r", "T")],
    attrs: &[flag("full_matrices", false), type_in("T", TYPES)],
    traits: Traits::PURE,
    shape: |c| {
        let s = c.input(0).with_rank_at_least(2)?;
        let Some(rank) = s.rank() else { return Ok(()) };
        let (m, n, outer) = (s.dim(rank - 2), s.dim(rank - 1), s.sub(0..rank - 2));
        let inner = if c.attrs().bool("full_matrices")? { m } else { lesser(m, n) };
        c.set(0, outer.concat(&Shape::of(&[m, inner])));
        c.set(1, outer.concat(&Shape::of(&[inner, n])));
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let (a, full) = (c.take(0), c.attrs().bool("full_matrices")?);
        let s = Stack::of(&a)?;
        let (m, n) = (s.m, s.n);
        let inner = if full { m } else { m.min(n) };
        let (mut q, mut r) = (Tensor::try_scratch(a.dtype(), &s.dims(&[m, inner]))?, Tensor::try_scratch(a.dtype(), &s.dims(&[inner, n]))?);
        with_field!(a.dtype(), T => {
            let x = a.slice::<T>();
            let (p, o) = (Part::new(q.slice_mut::<T>(), s.count), Part::new(r.slice_mut::<T>(), s.count));
            each(0, s.count, cost(4 * m * n * inner), p, o, none(), &|i, q, r, _| {
                qr(s.matrix(i, x), m, n, full, q, r);
                true
            });
        }, else return Err(Error::unimplemented("Qr has no kernel for this type")));
        c.set(0, q);
        c.set(1, r);
        Ok(())
    }),
    grad: Grad::Rule(back),
    sample: Some(|d| {
        let (outer, m, n) = (draw_outer(d), d.size(), d.size());
        let full = m <= n && d.flag();
        let a = draw_matrices(d, &outer, m, n, |i| 2.0 + 0.5 * i as f64);
        Case::new().input(a).attr("full_matrices", full)
    }),
    ..OpDef::BASE
};

/// The lesser of two sizes, of which −1 is unknown.
pub(super) fn lesser(m: i64, n: i64) -> i64 {
    if m < 0 || n < 0 { -1 } else { m.min(n) }
}

fn back(c: &mut GradCtx) -> Result<()> {
    let (q, r, a) = (c.output(0), c.output(1), c.input(0));
    let s = c.shape_of(a).clone();
    let Some(rank) = s.rank() else { return Err(unknown_sizes()) };
    let (m, n) = (s.dim(rank - 2), s.dim(rank - 1));
    if m < 0 || n < 0 {
        return Err(unknown_sizes());
    }
    if m > n && c.attrs().bool("full_matrices")? {
        return Err(Error::unimplemented(format!("QrGrad not implemented when nrows > ncols and full_matrices is true, got {m} and {n}")));
    }
    let (gq, gr) = (c.grad(0)?, c.grad(1)?);
    let ga = if m >= n {
        tall(c, q, r, gq, gr)?
    } else {
        // A = [X, Y] and R = [U, V]: X = Q·U, Y = Q·V.
        let (y, u) = (columns(c, a, m, n)?, columns(c, r, 0, m)?);
        let (gu, gv) = (columns(c, gr, 0, m)?, columns(c, gr, m, n)?);
        let gy = matmul(c, q, gv, false, false)?;
        let more = matmul(c, y, gv, false, true)?;
        let gq = c.add(gq, more)?;
        let gx = tall(c, q, u, gq, gu)?;
        let axis = c.int_scalar(-1)?;
        c.op("ConcatV2", &[gx, gy, axis], Attrs::new().with("N", 2i64))?
    };
    c.set(0, ga);
    Ok(())
}

fn unknown_sizes() -> Error {
    Error::unimplemented("QrGrad not implemented with dynamic shapes: it needs matrices of known sizes")
}

/// Columns `from..to` of each matrix.
pub(super) fn columns(c: &mut GradCtx, a: Out, from: i64, to: i64) -> Result<Out> {
    let (begin, end, step) = (c.int_vector(&[0, from])?, c.int_vector(&[0, to])?, c.int_vector(&[1, 1])?);
    c.op("StridedSlice", &[a, begin, end, step], Attrs::new().with("ellipsis_mask", 1i64))
}

/// Rows at least as many as columns (Roberts and Roberts, arXiv:2009.10071).
fn tall(c: &mut GradCtx, q: Out, r: Out, gq: Out, gr: Out) -> Result<Out> {
    let qg = matmul(c, q, gq, true, false)?;
    let rg = matmul(c, r, gr, false, true)?;
    let (qgh, rgh) = (adjoint(c, qg)?, adjoint(c, rg)?);
    let (skew_q, skew_r) = (c.sub(qg, qgh)?, c.sub(rg, rgh)?);
    let sum = c.add(skew_q, skew_r)?;
    let lower = band(c, sum, -1, 0)?;
    let solved = by_r(c, lower, r)?;
    let inner = c.add(gr, solved)?;
    let first = matmul(c, q, inner, false, false)?;
    let along = matmul(c, q, qg, false, false)?;
    let across = c.sub(gq, along)?;
    let second = by_r(c, across, r)?;
    let total = c.add(first, second)?;
    if !c.dtype(q).is_complex() {
        return Ok(total);
    }
    // The imaginary part of a diagonal that R keeps real.
    let m = c.sub(rg, qgh)?;
    let diagonal = c.call("MatrixDiagPart", &[m])?;
    let (kind, real_kind) = (c.dtype(q), if c.dtype(q) == C64 { F32 } else { F64 });
    let real = c.op("Real", &[diagonal], Attrs::new().with("Tout", real_kind))?;
    let real = c.cast(real, kind)?;
    let imaginary = c.sub(diagonal, real)?;
    let matrix = c.call("MatrixDiag", &[imaginary])?;
    let product = matmul(c, q, matrix, false, true)?;
    let correction = by_r(c, product, r)?;
    c.add(total, correction)
}

/// X·adjoint(R⁻¹).
fn by_r(c: &mut GradCtx, x: Out, r: Out) -> Result<Out> {
    let h = adjoint(c, x)?;
    let solved = c.op("MatrixTriangularSolve", &[r, h], Attrs::new().with("lower", false).with("adjoint", false))?;
    adjoint(c, solved)
}
