//! SelfAdjointEigV2: eigenvalues and eigenvectors of self-adjoint matrices.

use graphpb_kernels::linalg::{Field, Part, each, eigh};
use graphpb_kernels::{Tensor, with_field};

use super::*;
use crate::registry::*;
use crate::testing::cases::Case;

pub static SELF_ADJOINT_EIG_V2: OpDef = OpDef {
    name: "SelfAdjointEigV2",
    doc: "Eigenvalues, rising, and eigenvectors (columns of v) of each self-adjoint matrix, of which the lower triangle is read.",
    inputs: &[arg("input", "T")],
    outputs: &[arg("e", "T"), arg("v", "T")],
    attrs: &[flag("compute_v", true), type_in("T", TYPES)],
    traits: Traits::PURE,
    shape: |c| {
        let (s, n) = square_shape(c, 0)?;
        c.set(0, s.rank().map_or(Shape::UNKNOWN, |r| s.sub(0..r - 2).concat(&Shape::vector(n))));
        c.set(1, if c.attrs().bool("compute_v")? { s } else { Shape::vector(0) });
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let (a, wanted) = (c.take(0), c.attrs().bool("compute_v")?);
        let s = Stack::square(&a)?;
        let (n, dtype) = (s.n, a.dtype());
        let mut e = Tensor::try_scratch(dtype, &s.dims(&[n]))?;
        let mut v = Tensor::try_scratch(dtype, if wanted { a.dims() } else { &[0] })?;
        let ok = with_field!(dtype, T => {
            let x = a.slice::<T>();
            let parts = (Part::new(e.slice_mut::<T>(), s.count), Part::new(v.slice_mut::<T>(), s.count));
            each(0, s.count, cost(10 * n * n * n), parts.0, parts.1, none(), &|i, e, v, _| {
                let mut values = vec![T::default().re(); n];
                let ok = eigh(s.matrix(i, x), n, &mut values, v);
                for (e, value) in e.iter_mut().zip(values) {
                    *e = <T as Field>::real(value);
                }
                ok
            })
        }, else return Err(Error::unimplemented("SelfAdjointEigV2 has no kernel for this type")));
        if !ok {
            return Err(Error::invalid("Self-adjoint eigen decomposition was not successful. The input might not be valid."));
        }
        c.set(0, e);
        c.set(1, v);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let (a, ge) = (c.input(0), c.grad(0)?);
        let mut inner = c.call("MatrixDiag", &[ge])?;
        let v = if c.attrs().bool("compute_v")? {
            let (e, v, gv) = (c.output(0), c.output(1), c.grad(1)?);
            let f = reciprocal_differences(c, e)?;
            let vg = matmul(c, v, gv, true, false)?;
            let scaled = c.mul(f, vg)?;
            inner = c.add(inner, scaled)?;
            v
        } else {
            c.op_node("SelfAdjointEigV2", "SelfAdjointEigV2", &[a], Attrs::new().with("compute_v", true))?.out(1)
        };
        let right = matmul(c, inner, v, false, true)?;
        let g = matmul(c, v, right, false, false)?;
        // Only the lower triangle is read.
        let h = adjoint(c, g)?;
        let sum = c.add(g, h)?;
        let lower = band(c, sum, -1, 0)?;
        let diagonal = c.call("MatrixDiagPart", &[lower])?;
        let half = c.scale(diagonal, 0.5)?;
        let r = c.call("MatrixSetDiag", &[lower, half])?;
        c.set(0, r);
        Ok(())
    }),
    sample: Some(|d| {
        let (outer, n) = (draw_outer(d), d.size());
        let a = draw_matrices(d, &outer, n, n, |i| 2.0 * i as f64 - 3.0);
        Case::new().input(a).attr("compute_v", d.flag())
    }),
    ..OpDef::BASE
};
