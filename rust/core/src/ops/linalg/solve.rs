//! MatrixSolve, MatrixTriangularSolve and MatrixSolveLs: systems of linear equations.

use graphpb_kernels::linalg::{Field, Part, Triangle, adjoint as adjoint_of, cholesky, each, is_invertible, lu, lu_solve, solve_triangular, svd};
use graphpb_kernels::pointwise::{Space, broadcast_dims};
use graphpb_kernels::{Tensor, with_field};

use super::*;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;

pub static MATRIX_SOLVE: OpDef = OpDef {
    name: "MatrixSolve",
    doc: "X with A·X = B (or adjoint(A)·X = B) for each square A. INVALID_ARGUMENT when one is not invertible.",
    inputs: &[arg("matrix", "T"), arg("rhs", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[flag("adjoint", false), type_in("T", TYPES)],
    traits: Traits::PURE,
    shape: |c| {
        let (a, n) = square_shape(c, 0)?;
        let b = c.input(1).with_rank_at_least(2)?;
        let (Some(ra), Some(rb)) = (a.rank(), b.rank()) else { return Ok(()) };
        let outer = a.sub(0..ra - 2).merge(&b.sub(0..rb - 2))?;
        let n = equal_sizes(n, b.dim(rb - 2))?;
        c.set(0, outer.concat(&Shape::of(&[n, b.dim(rb - 1)])));
        Ok(())
    },
    kernel: Kernel::Plain(solve),
    grad: Grad::Rule(|c| {
        let (a, x, g, adj) = (c.input(0), c.output(0), c.grad(0)?, c.attrs().bool("adjoint")?);
        let gb = c.op("MatrixSolve", &[a, g], Attrs::new().with("adjoint", !adj))?;
        let product = if adj { matmul(c, x, gb, false, true)? } else { matmul(c, gb, x, false, true)? };
        let ga = c.neg(product)?;
        c.set(0, ga);
        c.set(1, gb);
        Ok(())
    }),
    sample: Some(|d| {
        let (outer, n, k) = (draw_outer(d), d.size(), d.size());
        let a = draw_matrices(d, &outer, n, n, |_| 0.5 * n as f64 + 1.0);
        let b = d.tensor(&[&outer[..], &[n, k]].concat());
        Case::new().input(a).input(b).attr("adjoint", d.flag())
    }),
    ..OpDef::BASE
};

fn solve(c: &mut KernelCtx) -> Result<()> {
    let (a, b, adj) = (c.take(0), c.take(1), c.attrs().bool("adjoint")?);
    let (s, r) = (Stack::square(&a)?, Stack::of(&b)?);
    if s.outer != r.outer || s.n != r.m {
        return Err(Error::invalid(format!("Input matrix and rhs are incompatible: {} and {}", shape_text(a.dims()), shape_text(b.dims()))));
    }
    let (n, k) = (s.n, r.n);
    let mut out = Tensor::try_scratch(a.dtype(), b.dims())?;
    let ok = with_field!(a.dtype(), T => {
        let (a, b) = (a.slice::<T>(), b.slice::<T>());
        each(0, s.count, cost(n * n * (n + k)), Part::new(out.slice_mut::<T>(), s.count), none(), none(), &|i, o, _, _| {
            let a = s.matrix(i, a);
            let mut f = if adj { adjoint_of(a, n, n) } else { a.to_vec() };
            let mut order = vec![0; n];
            lu(&mut f, n, &mut order);
            is_invertible(&f, n) && {
                lu_solve(&f, n, &order, r.matrix(i, b), k, o);
                true
            }
        })
    }, else return Err(Error::unimplemented("MatrixSolve has no kernel for this type")));
    if !ok {
        return Err(Error::invalid("Input matrix is not invertible."));
    }
    c.set(0, out);
    Ok(())
}

pub static MATRIX_TRIANGULAR_SOLVE: OpDef = OpDef {
    name: "MatrixTriangularSolve",
    doc: "X with A·X = B (or adjoint(A)·X = B) for each triangular A, whose other triangle is not read; outer sizes broadcast.",
    inputs: &[arg("matrix", "T"), arg("rhs", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[flag("lower", true), flag("adjoint", false), type_in("T", TYPES)],
    traits: Traits::PURE,
    shape: |c| {
        let (a, n) = square_shape(c, 0)?;
        let b = c.input(1).with_rank_at_least(2)?;
        let (Some(ra), Some(rb)) = (a.rank(), b.rank()) else { return Ok(()) };
        let outer = a.sub(0..ra - 2).broadcast(&b.sub(0..rb - 2))?;
        let n = equal_sizes(n, b.dim(rb - 2))?;
        c.set(0, outer.concat(&Shape::of(&[n, b.dim(rb - 1)])));
        Ok(())
    },
    kernel: Kernel::Plain(triangular),
    grad: Grad::Rule(|c| {
        let (a, x, g) = (c.input(0), c.output(0), c.grad(0)?);
        let (lower, adj) = (c.attrs().bool("lower")?, c.attrs().bool("adjoint")?);
        let gb = c.op("MatrixTriangularSolve", &[a, g], Attrs::new().with("lower", lower).with("adjoint", !adj))?;
        let product = if adj { matmul(c, x, gb, false, true)? } else { matmul(c, gb, x, false, true)? };
        let ga = c.neg(product)?;
        let ga = if lower { band(c, ga, -1, 0)? } else { band(c, ga, 0, -1)? };
        crate::ops::math::batch_mat_mul::set_unbroadcast(c, ga, gb)
    }),
    sample: Some(|d| {
        let (n, k) = (d.size(), d.size());
        let (oa, ob) = d.broadcast_pair(2);
        let a = draw_matrices(d, &oa, n, n, |_| 0.5 * n as f64 + 1.0);
        let b = d.tensor(&[&ob[..], &[n, k]].concat());
        Case::new().input(a).input(b).attr("lower", d.flag()).attr("adjoint", d.flag())
    }),
    ..OpDef::BASE
};

fn triangular(c: &mut KernelCtx) -> Result<()> {
    let (a, b) = (c.take(0), c.take(1));
    let (lower, adj) = (c.attrs().bool("lower")?, c.attrs().bool("adjoint")?);
    let (s, r) = (Stack::square(&a)?, Stack::of(&b)?);
    let incompatible =
        || Error::invalid(format!("In[0] and In[1] must have compatible dimensions: {} vs. {}", shape_text(a.dims()), shape_text(b.dims())));
    if s.n != r.m {
        return Err(incompatible());
    }
    let outer = broadcast_dims(&s.outer, &r.outer).map_err(|_| incompatible())?;
    let count: usize = outer.iter().product();
    let space = Space::new(&outer, [&s.outer, &r.outer]);
    let mut pairs = Vec::with_capacity(count);
    for row in 0..if count == 0 { 0 } else { space.rows } {
        let [i, j] = space.offsets(row);
        pairs.extend((0..space.run).map(|r| (i + r * space.step[0], j + r * space.step[1])));
    }
    let (n, k) = (s.n, r.n);
    let mut out = Tensor::try_scratch(a.dtype(), &[&outer[..], &[n, k]].concat())?;
    let ok = with_field!(a.dtype(), T => {
        let (a, b) = (a.slice::<T>(), b.slice::<T>());
        each(0, count, cost(n * n * k), Part::new(out.slice_mut::<T>(), count), none(), none(), &|i, o, _, _| {
            let (i, j) = pairs[i];
            let a = s.matrix(i, a);
            if !(0..n).all(|i| a[i * n + i].modulus() > 0.0) {
                return false;
            }
            o.copy_from_slice(r.matrix(j, b));
            // The adjoint of a real matrix is read with its strides swapped.
            let conjugate = if adj && T::IS_COMPLEX { adjoint_of(a, n, n) } else { Vec::new() };
            let (a, strides) = match (adj, conjugate.is_empty()) {
                (true, false) => (&conjugate[..], (n, 1)),
                (true, true) => (a, (1, n)),
                (false, _) => (a, (n, 1)),
            };
            solve_triangular(&Triangle { a, strides, n, upper: lower == adj, unit: false }, o, k);
            true
        })
    }, else return Err(Error::unimplemented("MatrixTriangularSolve has no kernel for this type")));
    if !ok {
        return Err(Error::invalid("Input matrix is not invertible."));
    }
    c.set(0, out);
    Ok(())
}

pub static MATRIX_SOLVE_LS: OpDef = OpDef {
    name: "MatrixSolveLs",
    doc: "Least squares solutions: by the normal equations with `l2_regularizer` when `fast`, else those of least norm by singular values.",
    inputs: &[arg("matrix", "T"), arg("rhs", "T"), arg_of("l2_regularizer", F64)],
    outputs: &[arg("output", "T")],
    attrs: &[type_in("T", TYPES), flag("fast", true)],
    traits: Traits::PURE,
    shape: |c| {
        c.input(2).with_rank(0)?;
        let (a, b) = (c.input(0).with_rank_at_least(2)?, c.input(1).with_rank_at_least(2)?);
        let (Some(ra), Some(rb)) = (a.rank(), b.rank()) else { return Ok(()) };
        let outer = a.sub(0..ra - 2).merge(&b.sub(0..rb - 2))?;
        equal_sizes(a.dim(ra - 2), b.dim(rb - 2))?;
        c.set(0, outer.concat(&Shape::of(&[a.dim(ra - 1), b.dim(rb - 1)])));
        Ok(())
    },
    kernel: Kernel::Plain(least_squares),
    grad: Grad::Rule(least_squares_grad),
    sample: Some(|d| {
        let (outer, m, n, k) = (draw_outer(d), d.size(), d.size(), d.size());
        let a = draw_matrices(d, &outer, m, n, |i| 2.0 + 0.3 * i as f64);
        let b = d.tensor(&[&outer[..], &[m, k]].concat());
        let regularizer = Tensor::scalar(if d.flag() { 0.0 } else { 0.25 });
        Case::new().input(a).input(b).constant(regularizer).attr("fast", true)
    }),
    ..OpDef::BASE
};

fn least_squares(c: &mut KernelCtx) -> Result<()> {
    let (a, b, fast) = (c.take(0), c.take(1), c.attrs().bool("fast")?);
    let &[l2] = c.input(2).slice::<f64>() else {
        return Err(Error::invalid(format!("l2_regularizer must be scalar, got shape {}", shape_text(c.input(2).dims()))));
    };
    if l2 < 0.0 {
        return Err(Error::invalid("l2_regularizer must be >= 0."));
    }
    let (s, r) = (Stack::of(&a)?, Stack::of(&b)?);
    if s.outer != r.outer || s.m != r.m {
        return Err(Error::invalid(format!("Input matrix and rhs are incompatible: {} and {}", shape_text(a.dims()), shape_text(b.dims()))));
    }
    let (m, n, k) = (s.m, s.n, r.n);
    let mut out = Tensor::try_zeros(a.dtype(), &s.dims(&[n, k]))?;
    let ok = with_field!(a.dtype(), T => {
        let (a, b) = (a.slice::<T>(), b.slice::<T>());
        each(0, s.count, cost(m * n * (m.min(n) + k)), Part::new(out.slice_mut::<T>(), s.count), none(), none(), &|i, o, _, _| {
            let (a, b) = (s.matrix(i, a), r.matrix(i, b));
            if m == 0 || n == 0 {
                true
            } else if fast {
                by_normal_equations(a, m, n, b, k, l2 as _, o)
            } else {
                by_singular_values(a, m, n, b, k, o)
            }
        })
    }, else return Err(Error::unimplemented("MatrixSolveLs has no kernel for this type")));
    if !ok {
        return Err(Error::invalid(
            "Input matrix was rank deficient or ill-conditioned. Try setting fast=False or provide a larger l2_regularizer > 0.",
        ));
    }
    c.set(0, out);
    Ok(())
}

/// x = (AᴴA + λ)⁻¹·Aᴴ·b, or Aᴴ·(AAᴴ + λ)⁻¹·b for a wide matrix.
fn by_normal_equations<T: Field>(a: &[T], m: usize, n: usize, b: &[T], k: usize, l2: T::Real, x: &mut [T]) -> bool {
    let (h, p, tall) = (adjoint_of(a, m, n), m.min(n), m >= n);
    let mut gram = vec![T::zero(); p * p];
    if tall {
        T::product(n, n, m, &h, (m, 1), a, (n, 1), &mut gram);
    } else {
        T::product(m, m, n, a, (n, 1), &h, (m, 1), &mut gram);
    }
    for i in 0..p {
        gram[i * p + i] += T::real(l2);
    }
    if !cholesky(&mut gram, p) {
        return false;
    }
    let upper = adjoint_of(&gram, p, p);
    let solve = |x: &mut [T]| {
        solve_triangular(&Triangle { a: &gram, strides: (p, 1), n: p, upper: false, unit: false }, x, k);
        solve_triangular(&Triangle { a: &upper, strides: (p, 1), n: p, upper: true, unit: false }, x, k);
    };
    if tall {
        T::product(n, k, m, &h, (m, 1), b, (k, 1), x);
        solve(x);
    } else {
        let mut y = b.to_vec();
        solve(&mut y);
        T::product(n, k, m, &h, (m, 1), &y, (k, 1), x);
    }
    true
}

fn by_singular_values<T: Field>(a: &[T], m: usize, n: usize, b: &[T], k: usize, x: &mut [T]) -> bool {
    let p = m.min(n);
    let (mut s, mut u, mut v) = (vec![T::zero().re(); p], vec![T::zero(); m * p], vec![T::zero(); n * p]);
    if !svd(a, m, n, &mut s, &mut u, &mut v) {
        return false;
    }
    // Smaller ones are taken for zero.
    let least = (0..p).fold(T::zero().re(), |sum, _| sum + T::ulp());
    let mut y = vec![T::zero(); p * k];
    T::product(p, k, m, &adjoint_of(&u, m, p), (m, 1), b, (k, 1), &mut y);
    for (i, row) in y.chunks_mut(k.max(1)).enumerate() {
        let kept = s[i] > s[0] * least;
        for v in row {
            *v = if kept { *v / T::real(s[i]) } else { T::zero() };
        }
    }
    T::product(n, k, p, &v, (p, 1), &y, (k, 1), x);
    true
}

fn least_squares_grad(c: &mut GradCtx) -> Result<()> {
    if !c.attrs().bool("fast")? {
        return Err(Error::value("Gradient not defined for fast=False"));
    }
    let (a, b, x, g) = (c.input(0), c.input(1), c.output(0), c.grad(0)?);
    let s = c.shape_of(a).clone();
    let (Some(r), kind) = (s.rank(), c.dtype(a)) else { return Err(unknown_sizes()) };
    let (m, n) = (s.dim(r - 2), s.dim(r - 1));
    if m < 0 || n < 0 {
        return Err(unknown_sizes());
    }
    let tall = m >= n;
    let gram = if tall { matmul(c, a, a, true, false)? } else { matmul(c, a, a, false, true)? };
    let l2 = c.input(2);
    let l2 = c.cast(l2, kind)?;
    let diagonal = c.call("MatrixDiagPart", &[gram])?;
    let raised = c.add(diagonal, l2)?;
    let gram = c.call("MatrixSetDiag", &[gram, raised])?;
    let factor = c.call("Cholesky", &[gram])?;
    let solve = |c: &mut GradCtx, y: Out| -> Result<Out> {
        let half = c.op("MatrixTriangularSolve", &[factor, y], Attrs::new().with("lower", true).with("adjoint", false))?;
        c.op("MatrixTriangularSolve", &[factor, half], Attrs::new().with("lower", true).with("adjoint", true))
    };
    if tall {
        let z = solve(c, g)?;
        let xz = matmul(c, x, z, false, true)?;
        let zx = adjoint(c, xz)?;
        let sum = c.add(xz, zx)?;
        let left = matmul(c, a, sum, false, false)?;
        let right = matmul(c, b, z, false, true)?;
        let ga = c.sub(right, left)?;
        let gb = matmul(c, a, z, false, false)?;
        c.set(0, ga);
        c.set(1, gb);
    } else {
        let ag = matmul(c, a, g, false, false)?;
        let gb = solve(c, ag)?;
        let t = solve(c, b)?;
        let ta = matmul(c, t, a, true, false)?;
        let first = matmul(c, gb, ta, false, false)?;
        let agb = matmul(c, a, gb, true, false)?;
        let rest = c.sub(g, agb)?;
        let second = matmul(c, t, rest, false, true)?;
        let ga = c.sub(second, first)?;
        c.set(0, ga);
        c.set(1, gb);
    }
    Ok(())
}

fn unknown_sizes() -> Error {
    Error::unimplemented("the gradient of MatrixSolveLs needs matrices of known sizes")
}
