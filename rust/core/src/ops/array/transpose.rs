//! Transpose and ConjugateTranspose: axes permuted.

use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::fact::Shape;
use crate::graph::infer::ShapeCtx;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};
use graphpb_kernels::movement::transpose::transpose;
use graphpb_kernels::{C64, C128, DType, Tensor};

pub static TRANSPOSE: OpDef = OpDef {
    name: "Transpose",
    doc: "Axis i of the result is axis `perm[i]` of `x`.",
    inputs: &[arg("x", "T"), arg("perm", "Tperm")],
    outputs: &[arg("y", "T")],
    attrs: &[type_any("T"), type_index("Tperm")],
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(|c| {
        let y = permuted(c)?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Rule(|c| back(c, "Transpose")),
    sample: Some(sample),
    ..OpDef::BASE
};

pub static CONJUGATE_TRANSPOSE: OpDef = OpDef {
    name: "ConjugateTranspose",
    doc: "As Transpose, with complex elements conjugated.",
    inputs: &[arg("x", "T"), arg("perm", "Tperm")],
    outputs: &[arg("y", "T")],
    attrs: &[type_any("T"), type_index("Tperm")],
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(|c| {
        let mut y = permuted(c)?;
        match y.dtype() {
            DType::C64 => y.slice_mut::<C64>().iter_mut().for_each(|v| v.im = -v.im),
            DType::C128 => y.slice_mut::<C128>().iter_mut().for_each(|v| v.im = -v.im),
            _ => {}
        }
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Rule(|c| back(c, "ConjugateTranspose")),
    sample: Some(sample),
    ..OpDef::BASE
};

/// The permutation, or TensorFlow's error.
pub fn permutation(perm: &[i64], rank: usize) -> Result<Vec<usize>> {
    if perm.len() != rank {
        return Err(Error::invalid(format!("transpose expects a vector of size {rank}. But input(1) is a vector of size {}", perm.len())));
    }
    let mut seen = vec![false; rank];
    let mut out = Vec::with_capacity(rank);
    for &p in perm {
        let at = if p < 0 { p + rank as i64 } else { p };
        match usize::try_from(at).ok().filter(|&a| a < rank) {
            Some(a) => {
                seen[a] = true;
                out.push(a);
            }
            None => return Err(Error::invalid(format!("{p} is out of range [0 .. {rank})"))),
        }
    }
    if let Some(missing) = seen.iter().position(|s| !s) {
        let text: Vec<String> = perm.iter().map(i64::to_string).collect();
        return Err(Error::invalid(format!("{missing} is missing from {{{}}}.", text.join(","))));
    }
    Ok(out)
}

fn permuted(c: &mut KernelCtx) -> Result<Tensor> {
    let perm = permutation(&c.ints(1)?, c.input(0).rank())?;
    let x = c.take(0);
    Ok(transpose(&x, &perm)?)
}

fn shape(c: &mut ShapeCtx) -> Result<()> {
    let rank = c.input(0).rank().or_else(|| usize::try_from(c.input(1).dim(0)).ok()).or_else(|| c.ints(1).map(|p| p.len()));
    let Some(rank) = rank else { return Ok(()) };
    if c.input(1).rank().is_some_and(|r| r > 1) {
        return Err(Error::value(format!("perm must be a vector, but is rank {}", c.input(1).rank().unwrap_or(0))));
    }
    let n = c.input(1).dim(0);
    if n >= 0 && n != rank as i64 {
        return Err(Error::value(format!("Dimension must be {rank} but is {n}")));
    }
    let out = match (c.ints(1), c.input(0).dims()) {
        (Some(perm), dims) => {
            let perm = permutation(&perm, rank).map_err(Error::into_value)?;
            Shape::of(&perm.iter().map(|&p| dims.map_or(-1, |d| d[p])).collect::<Vec<_>>())
        }
        (None, _) => Shape::of_rank(rank),
    };
    c.set(0, out);
    Ok(())
}

fn back(c: &mut GradCtx, op: &str) -> Result<()> {
    let (g, perm) = (c.grad(0)?, c.input(1));
    let known = c.value(perm).and_then(|p| p.to_i64s());
    let inverse = match known {
        Some(p) => {
            let mut inv = vec![0i64; p.len()];
            for (i, &v) in p.iter().enumerate() {
                let at = if v < 0 { v + p.len() as i64 } else { v };
                if let Some(o) = usize::try_from(at).ok().and_then(|a| inv.get_mut(a)) {
                    *o = i as i64;
                }
            }
            c.int_vector(&inv)?
        }
        None => c.call("InvertPermutation", &[perm])?,
    };
    let r = c.op_node(op, "transpose", &[g, inverse], crate::graph::attr::Attrs::new())?.out(0);
    c.set(0, r);
    Ok(())
}

fn sample(d: &mut Draw) -> Case {
    let dims = d.dims(0, 4);
    let mut perm: Vec<i32> = (0..dims.len() as i32).collect();
    for i in (1..perm.len()).rev() {
        perm.swap(i, d.below(i + 1));
    }
    Case::new().input(d.tensor(&dims)).constant(Tensor::vector(&perm))
}
