//! MatrixInverse, MatrixDeterminant and LogMatrixDeterminant.

use graphpb_kernels::linalg::{Part, adjoint, determinant, each, is_invertible, log_determinant, lu, lu_inverse};
use graphpb_kernels::{Tensor, with_field};

use super::*;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;

pub static MATRIX_INVERSE: OpDef = OpDef {
    name: "MatrixInverse",
    doc: "The inverse of each square matrix, or of its adjoint. INVALID_ARGUMENT when one is not invertible.",
    inputs: &[arg("input", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[flag("adjoint", false), type_in("T", TYPES)],
    traits: Traits::PURE,
    shape: same_square,
    kernel: Kernel::Plain(inverse),
    grad: Grad::Rule(|c| {
        let (inv, g, adj) = (c.output(0), c.grad(0)?, c.attrs().bool("adjoint")?);
        let right = matmul(c, g, inv, adj, !adj)?;
        let product = matmul(c, inv, right, !adj, false)?;
        let r = c.neg(product)?;
        c.set(0, r);
        Ok(())
    }),
    sample: Some(|d| {
        let a = draw_square(d);
        Case::new().input(a).attr("adjoint", d.flag())
    }),
    ..OpDef::BASE
};

pub static BATCH_MATRIX_INVERSE: OpDef = OpDef {
    name: "BatchMatrixInverse",
    doc: "The old name of MatrixInverse.",
    attrs: &[flag("adjoint", false), type_in("T", &[F64, F32])],
    grad: Grad::Missing("TensorFlow registers none"),
    deprecated: Some(13),
    ..MATRIX_INVERSE
};

fn inverse(c: &mut KernelCtx) -> Result<()> {
    let a = c.take(0);
    let (s, adj) = (Stack::square(&a)?, c.attrs().bool("adjoint")?);
    let n = s.n;
    let mut out = Tensor::try_scratch(a.dtype(), a.dims())?;
    let ok = with_field!(a.dtype(), T => {
        let x = a.slice::<T>();
        each(0, s.count, cost(2 * n * n * n), Part::new(out.slice_mut::<T>(), s.count), none(), none(), &|i, o, _, _| {
            let x = s.matrix(i, x);
            let mut f = if adj { adjoint(x, n, n) } else { x.to_vec() };
            let mut order = vec![0; n];
            lu(&mut f, n, &mut order);
            is_invertible(&f, n) && {
                lu_inverse(&f, n, &order, o);
                true
            }
        })
    }, else return Err(Error::unimplemented("MatrixInverse has no kernel for this type")));
    if !ok {
        return Err(Error::invalid("Input is not invertible."));
    }
    c.set(0, out);
    Ok(())
}

pub static MATRIX_DETERMINANT: OpDef = OpDef {
    name: "MatrixDeterminant",
    doc: "The determinant of each square matrix.",
    inputs: &[arg("input", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[type_in("T", TYPES_SINGLE_FIRST)],
    traits: Traits::PURE,
    shape: outer_shapes,
    kernel: Kernel::Plain(|c| {
        let a = c.take(0);
        let s = Stack::square(&a)?;
        let mut out = Tensor::try_scratch(a.dtype(), &s.outer)?;
        with_field!(a.dtype(), T => {
            let x = a.slice::<T>();
            each(0, s.count, cost(s.n.pow(3)), Part::new(out.slice_mut::<T>(), s.count), none(), none(), &|i, o, _, _| {
                o[0] = determinant(&mut s.matrix(i, x).to_vec(), s.n);
                true
            });
        }, else return Err(Error::unimplemented("MatrixDeterminant has no kernel for this type")));
        c.set(0, out);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let (g, det) = (c.grad(0)?, c.output(0));
        let by = c.mul(g, det)?;
        back(c, by)
    }),
    sample: Some(|d| Case::new().input(draw_square(d))),
    ..OpDef::BASE
};

pub static LOG_MATRIX_DETERMINANT: OpDef = OpDef {
    name: "LogMatrixDeterminant",
    doc: "The sign (of modulus one, or zero) and the logarithm of the modulus of the determinant of each square matrix.",
    inputs: &[arg("input", "T")],
    outputs: &[arg("sign", "T"), arg("log_abs_determinant", "T")],
    attrs: &[type_in("T", TYPES_SINGLE_FIRST)],
    traits: Traits::PURE,
    shape: outer_shapes,
    kernel: Kernel::Plain(|c| {
        let a = c.take(0);
        let s = Stack::square(&a)?;
        let (mut sign, mut log) = (Tensor::try_scratch(a.dtype(), &s.outer)?, Tensor::try_scratch(a.dtype(), &s.outer)?);
        with_field!(a.dtype(), T => {
            let x = a.slice::<T>();
            let (p, q) = (Part::new(sign.slice_mut::<T>(), s.count), Part::new(log.slice_mut::<T>(), s.count));
            each(0, s.count, cost(s.n.pow(3)), p, q, none(), &|i, sign, log, _| {
                let (a, b) = log_determinant(&mut s.matrix(i, x).to_vec(), s.n);
                (sign[0], log[0]) = (a, <T as graphpb_kernels::linalg::Field>::real(b));
                true
            });
        }, else return Err(Error::unimplemented("LogMatrixDeterminant has no kernel for this type")));
        c.set(0, sign);
        c.set(1, log);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let g = c.grad(1)?;
        back(c, g)
    }),
    sample: Some(|d| Case::new().input(draw_square(d))),
    ..OpDef::BASE
};

/// Every output has the sizes of the stack.
fn outer_shapes(c: &mut ShapeCtx) -> Result<()> {
    let (s, _) = square_shape(c, 0)?;
    for i in 0..c.outputs() {
        c.set(i, s.rank().map_or(Shape::UNKNOWN, |r| s.sub(0..r - 2)));
    }
    Ok(())
}

/// `by` times the inverse of the adjoint.
fn back(c: &mut GradCtx, by: Out) -> Result<()> {
    let a = c.input(0);
    let inv = c.op("MatrixInverse", &[a], Attrs::new().with("adjoint", true))?;
    let by = as_matrices(c, by)?;
    let r = c.mul(by, inv)?;
    c.set(0, r);
    Ok(())
}
