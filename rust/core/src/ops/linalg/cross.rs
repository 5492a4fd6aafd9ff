//! Cross: the product of vectors of three elements.

use graphpb_kernels::Tensor;
use graphpb_kernels::movement::concat;
use graphpb_kernels::pointwise::{self, Binary};

use super::*;
use crate::registry::*;
use crate::testing::cases::Case;

pub static CROSS: OpDef = OpDef {
    name: "Cross",
    doc: "a × b of vectors along the last axis, which has three elements.",
    inputs: &[arg("a", "T"), arg("b", "T")],
    outputs: &[arg("product", "T")],
    attrs: &[type_in("T", &[F32, F64, I32, U8, I16, I8, I64, BF16, U16, F16, U32, U64])],
    traits: Traits::PURE,
    shape: |c| {
        let s = c.input(0).with_rank_at_least(1)?.merge(&c.input(1).with_rank_at_least(1)?)?;
        if let Some(r) = s.rank() {
            equal_sizes(s.dim(r - 1), 3)?;
            c.set(0, s.with_dim(r - 1, 3));
        }
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let (a, b) = (c.take(0), c.take(1));
        if a.dims() != b.dims() {
            return Err(Error::invalid(format!("Both inputs must be of same shape: {} vs. {}", shape_text(a.dims()), shape_text(b.dims()))));
        }
        if a.dims().last() != Some(&3) {
            return Err(Error::invalid(format!("Cross-products are only defined for 3-element vectors: {}", shape_text(a.dims()))));
        }
        let axis = a.rank() - 1;
        let (a, b) = (concat::split(&a, axis, &[1, 1, 1])?, concat::split(&b, axis, &[1, 1, 1])?);
        let mut parts: Vec<Tensor> = Vec::with_capacity(3);
        for (i, j) in [(1, 2), (2, 0), (0, 1)] {
            let x = pointwise::binary(Binary::Mul, a[i].clone(), b[j].clone())?;
            let y = pointwise::binary(Binary::Mul, a[j].clone(), b[i].clone())?;
            parts.push(pointwise::binary(Binary::Sub, x, y)?);
        }
        let out = concat::concat(&parts.iter().collect::<Vec<_>>(), axis)?;
        c.set(0, out);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let (a, b, g) = (c.input(0), c.input(1), c.grad(0)?);
        let (ga, gb) = (c.call("Cross", &[b, g])?, c.call("Cross", &[g, a])?);
        c.set(0, ga);
        c.set(1, gb);
        Ok(())
    }),
    sample: Some(|d| {
        let dims = [d.dims(0, 2), vec![3]].concat();
        let a = d.tensor(&dims);
        Case::new().input(a).input(d.tensor(&dims))
    }),
    ..OpDef::BASE
};
