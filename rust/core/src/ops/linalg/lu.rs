//! Lu: P·A = L·U.

use graphpb_kernels::linalg::{Part, each, is_invertible, lu};
use graphpb_kernels::{Tensor, with_field};

use super::*;
use crate::registry::*;
use crate::testing::cases::Case;

pub static LU: OpDef = OpDef {
    name: "Lu",
    doc: "Factors of each square matrix in one (L below the diagonal, without its ones), and the row of A that became row i.",
    inputs: &[arg("input", "T")],
    outputs: &[arg("lu", "T"), arg("p", "output_idx_type")],
    attrs: &[type_in("T", TYPES), type_in("output_idx_type", INDEX).default_type(DType::I32)],
    traits: Traits::PURE,
    shape: |c| {
        let (s, n) = square_shape(c, 0)?;
        c.set(1, s.rank().map_or(Shape::UNKNOWN, |r| s.sub(0..r - 2).concat(&Shape::vector(n))));
        c.set(0, s);
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let mut a = c.take(0);
        let s = Stack::square(&a)?;
        let n = s.n;
        let mut order = Tensor::try_scratch(DType::I32, &s.dims(&[n]))?;
        let ok = with_field!(a.dtype(), T => {
            let (f, p) = (Part::new(a.slice_mut::<T>(), s.count), Part::new(order.slice_mut::<i32>(), s.count));
            each(0, s.count, cost(n * n * n), f, p, none(), &|_, f, p, _| {
                let mut order = vec![0; n];
                lu(f, n, &mut order);
                for (p, o) in p.iter_mut().zip(order) {
                    *p = o as i32;
                }
                is_invertible(f, n)
            })
        }, else return Err(Error::unimplemented("Lu has no kernel for this type")));
        if !ok {
            return Err(Error::invalid("Input is not invertible."));
        }
        let order = pointwise::cast(&order, c.output_dtype(1))?;
        c.set(0, a);
        c.set(1, order);
        Ok(())
    }),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| {
        let a = draw_square(d);
        Case::new().input(a).attr("output_idx_type", d.one_of(INDEX))
    }),
    ..OpDef::BASE
};
