//! InvertPermutation: where each number stands in a permutation.

use crate::error::{Error, Result};
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::{DType, Tensor};

pub static INVERT_PERMUTATION: OpDef = OpDef {
    name: "InvertPermutation",
    doc: "`y[x[i]] = i` for a permutation x of 0, 1, …, n-1.",
    inputs: &[arg("x", "T")],
    outputs: &[arg("y", "T")],
    attrs: &[type_index("T")],
    traits: Traits::PURE,
    shape: |c| {
        let s = c.input(0).with_rank(1)?;
        c.set(0, s);
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let x = c.ints(0)?;
        if c.input(0).rank() != 1 {
            return Err(Error::invalid("invert_permutation expects a 1D vector."));
        }
        let inv = invert(&x)?;
        let t =
            if c.output_dtype(0) == DType::I64 { Tensor::vector(&inv) } else { Tensor::vector(&inv.iter().map(|&v| v as i32).collect::<Vec<_>>()) };
        c.set(0, t);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("the output is an integer"),
    sample: Some(|d| {
        let n = d.below(6);
        let mut p: Vec<i64> = (0..n as i64).collect();
        for i in (1..n).rev() {
            p.swap(i, d.below(i + 1));
        }
        Case::new().input(if d.dtype == DType::I64 { Tensor::vector(&p) } else { Tensor::vector(&p.iter().map(|&v| v as i32).collect::<Vec<_>>()) })
    }),
    ..OpDef::BASE
};

fn invert(x: &[i64]) -> Result<Vec<i64>> {
    let mut out = vec![-1i64; x.len()];
    for (i, &v) in x.iter().enumerate() {
        match usize::try_from(v).ok().and_then(|v| out.get_mut(v)) {
            Some(o) if *o < 0 => *o = i as i64,
            Some(_) => return Err(Error::invalid(format!("{v} is duplicated in the input."))),
            None => return Err(Error::invalid(format!("{v} is not between 0 and {}", x.len()))),
        }
    }
    Ok(out)
}
