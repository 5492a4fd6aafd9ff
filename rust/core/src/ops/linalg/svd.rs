//! Svd: singular values and vectors.

use graphpb_kernels::linalg::{Field, Part, each, svd};
use graphpb_kernels::{Tensor, with_field};

use super::qr::{columns, lesser};
use super::*;
use crate::registry::*;
use crate::testing::cases::Case;

pub static SVD: OpDef = OpDef {
    name: "Svd",
    doc: "Singular values, falling, and vectors: A = u·diag(s)·adjoint(v). Without compute_uv, u and v are empty.",
    inputs: &[arg("input", "T")],
    outputs: &[arg("s", "T"), arg("u", "T"), arg("v", "T")],
    attrs: &[flag("compute_uv", true), flag("full_matrices", false), type_in("T", TYPES)],
    traits: Traits::PURE,
    shape: |c| {
        let s = c.input(0).with_rank_at_least(2)?;
        let (uv, full) = (c.attrs().bool("compute_uv")?, c.attrs().bool("full_matrices")?);
        if !uv {
            c.set(1, Shape::vector(0));
            c.set(2, Shape::vector(0));
        }
        let Some(rank) = s.rank() else { return Ok(()) };
        let (m, n, outer) = (s.dim(rank - 2), s.dim(rank - 1), s.sub(0..rank - 2));
        let p = lesser(m, n);
        c.set(0, outer.concat(&Shape::vector(p)));
        if uv {
            c.set(1, outer.concat(&Shape::of(&[m, if full { m } else { p }])));
            c.set(2, outer.concat(&Shape::of(&[n, if full { n } else { p }])));
        }
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let (a, uv, full) = (c.take(0), c.attrs().bool("compute_uv")?, c.attrs().bool("full_matrices")?);
        let stack = Stack::of(&a)?;
        let (m, n, dtype) = (stack.m, stack.n, a.dtype());
        let p = m.min(n);
        let mut s = Tensor::try_scratch(dtype, &stack.dims(&[p]))?;
        let sizes = |n: usize| if uv { stack.dims(&[n, if full { n } else { p }]) } else { vec![0] };
        let (mut u, mut v) = (Tensor::try_scratch(dtype, &sizes(m))?, Tensor::try_scratch(dtype, &sizes(n))?);
        let ok = with_field!(dtype, T => {
            let x = a.slice::<T>();
            let part = (Part::new(s.slice_mut::<T>(), stack.count), Part::new(u.slice_mut::<T>(), stack.count), Part::new(v.slice_mut::<T>(), stack.count));
            each(0, stack.count, cost(20 * m * n * p), part.0, part.1, part.2, &|i, s, u, v| {
                let mut values = vec![T::default().re(); p];
                let ok = svd(stack.matrix(i, x), m, n, &mut values, u, v);
                for (s, value) in s.iter_mut().zip(values) {
                    *s = <T as Field>::real(value);
                }
                ok
            })
        }, else return Err(Error::unimplemented("Svd has no kernel for this type")));
        if !ok {
            return Err(Error::invalid("Singular value decomposition was not successful. The input might not be valid."));
        }
        c.set(0, s);
        c.set(1, u);
        c.set(2, v);
        Ok(())
    }),
    grad: Grad::Rule(back),
    sample: Some(|d| {
        let (outer, m, n) = (draw_outer(d), d.size(), d.size());
        // Values well apart. Of a complex matrix the phases of the vectors are free.
        let a = draw_matrices(d, &outer, m, n, |i| 2.0 + 2.0 * i as f64);
        let full = m.abs_diff(n) < 2 && d.flag();
        Case::new().input(a).attr("compute_uv", d.flag()).attr("full_matrices", full)
    }),
    ..OpDef::BASE
};

/// Giles (2008); Townsend, "Differentiating the singular value decomposition".
fn back(c: &mut GradCtx) -> Result<()> {
    let a = c.input(0);
    let gs = c.grad(0)?;
    let diagonal = c.call("MatrixDiag", &[gs])?;
    if !c.attrs().bool("compute_uv")? {
        let node = c.op_node("Svd", "Svd", &[a], Attrs::new().with("compute_uv", true).with("full_matrices", false))?;
        let right = matmul(c, diagonal, node.out(2), false, true)?;
        let r = matmul(c, node.out(1), right, false, false)?;
        c.set(0, r);
        return Ok(());
    }
    let shape = c.shape_of(a).clone();
    let unknown = || Error::unimplemented("SVD gradient has not been implemented for input with unknown inner matrix shape: it needs known sizes");
    let Some(rank) = shape.rank() else { return Err(unknown()) };
    let (mut m, mut n) = (shape.dim(rank - 2), shape.dim(rank - 1));
    if m < 0 || n < 0 {
        return Err(unknown());
    }
    let full = c.attrs().bool("full_matrices")?;
    let (s, mut u, mut v) = (c.output(0), c.output(1), c.output(2));
    let (mut gu, mut gv) = (c.grad(1)?, c.grad(2)?);
    // A tall matrix by way of its adjoint.
    let swapped = m > n;
    if swapped {
        (m, n, u, v, gu, gv) = (n, m, v, u, gv, gu);
    }
    if full && n - m > 1 {
        return Err(Error::unimplemented(format!(
            "svd gradient is not implemented for abs(m - n) > 1 when full_matrices is True. Received: m={m} and n={n}"
        )));
    }
    let values = c.call("MatrixDiag", &[s])?;
    let squares = c.mul(s, s)?;
    let f = reciprocal_differences(c, squares)?;
    let inverse = safe_reciprocal(c, s)?;
    let inverse = c.call("MatrixDiag", &[inverse])?;
    let (v1, gv1) = if full && n > m { (columns(c, v, 0, m)?, columns(c, gv, 0, m)?) } else { (v, gv) };
    let (ugu, vgv) = (matmul(c, u, gu, true, false)?, matmul(c, v1, gv1, true, false)?);
    let (fu, fv) = (c.mul(f, ugu)?, c.mul(f, vgv)?);
    let (fuh, fvh) = (adjoint(c, fu)?, adjoint(c, fv)?);
    let (su, sv) = (c.add(fu, fuh)?, c.add(fv, fvh)?);
    let (right, left) = (matmul(c, su, values, false, false)?, matmul(c, values, sv, false, false)?);
    let mut inner = c.add(diagonal, right)?;
    inner = c.add(inner, left)?;
    if c.dtype(a).is_complex() {
        let part = c.call("MatrixDiagPart", &[vgv])?;
        let conjugate = c.conj(part)?;
        let difference = c.sub(conjugate, part)?;
        let matrix = c.call("MatrixDiag", &[difference])?;
        let product = matmul(c, inverse, matrix, false, false)?;
        let half = c.scale(product, 0.5)?;
        inner = c.add(inner, half)?;
    }
    let with_v = matmul(c, inner, v1, false, true)?;
    let mut g = matmul(c, u, with_v, false, false)?;
    if m != n {
        let gvh = adjoint(c, gv1)?;
        let gvhv = matmul(c, gvh, v1, false, false)?;
        let inside = matmul(c, gvhv, v1, false, true)?;
        let mut outside = c.sub(gvh, inside)?;
        if full {
            let (v2, gv2) = (columns(c, v, m, n)?, columns(c, gv, m, n)?);
            let vg = matmul(c, v1, gv2, true, false)?;
            let across = matmul(c, vg, v2, false, true)?;
            outside = c.sub(outside, across)?;
        }
        let scaled = matmul(c, u, inverse, false, false)?;
        let more = matmul(c, scaled, outside, false, false)?;
        g = c.add(g, more)?;
    }
    if swapped {
        g = adjoint(c, g)?;
    }
    c.set(0, g);
    Ok(())
}
