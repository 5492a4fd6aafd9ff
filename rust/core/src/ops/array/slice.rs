//! Slice: a rectangular cut-out.

use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::fact::Shape;
use crate::graph::infer::ShapeCtx;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::movement::slice::{Strided, slice};
use graphpb_kernels::{DType, Tensor, shape_text};

pub static SLICE: OpDef = OpDef {
    name: "Slice",
    doc: "`size[k]` elements of axis k from `begin[k]` on; a size of -1 takes the rest.",
    inputs: &[arg("input", "T"), arg("begin", "Index"), arg("size", "Index")],
    outputs: &[arg("output", "T")],
    attrs: &[type_any("T"), type_in("Index", INDEX)],
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(|c| {
        let (begin, size) = (c.ints(1)?, c.ints(2)?);
        let x = c.take(0);
        if c.input(1).rank() != 1 || c.input(2).rank() != 1 || begin.len() != x.rank() || size.len() != x.rank() {
            return Err(Error::invalid(format!(
                "Expected begin and size arguments to be 1-D tensors of size {}, but got shapes {} and {} instead.",
                x.rank(),
                shape_text(c.input(1).dims()),
                shape_text(c.input(2).dims())
            )));
        }
        let (mut b, mut s) = (Vec::with_capacity(x.rank()), Vec::with_capacity(x.rank()));
        for (k, &n) in x.dims().iter().enumerate() {
            let n = n as i64;
            if begin[k] < 0 || begin[k] > n {
                return Err(Error::invalid(format!("Expected begin[{k}] in [0, {n}], but got {}", begin[k])));
            }
            let take = if size[k] == -1 { n - begin[k] } else { size[k] };
            if take < 0 || take > n - begin[k] {
                return Err(Error::invalid(format!("Expected size[{k}] in [0, {}], but got {}", n - begin[k], size[k])));
            }
            b.push(begin[k] as usize);
            s.push(take as usize);
        }
        let y = slice(&x, &Strided::plain(&b, &s))?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Rule(back),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        let begin: Vec<i32> = dims.iter().map(|&n| d.below(n + 1) as i32).collect();
        let size: Vec<i32> = dims.iter().zip(&begin).map(|(&n, &b)| if d.below(4) == 0 { -1 } else { d.below(n - b as usize + 1) as i32 }).collect();
        Case::new().input(d.tensor(&dims)).constant(Tensor::vector(&begin)).constant(Tensor::vector(&size))
    }),
    ..OpDef::BASE
};

fn shape(c: &mut ShapeCtx) -> Result<()> {
    let rank = c.input(0).rank().or_else(|| (1..3).find_map(|i| usize::try_from(c.input(i).dim(0)).ok()));
    for i in 1..3 {
        let s = c.input(i).with_rank(1)?;
        if let (Some(r), n) = (rank, s.dim(0)) {
            if n >= 0 && n != r as i64 {
                return Err(Error::value(format!("Shape must be rank {n} but is rank {r}")));
            }
        }
    }
    let Some(rank) = rank else { return Ok(()) };
    let input = c.input(0).with_rank(rank)?;
    let begin = c.ints(1);
    let size = c.ints(2);
    // Sizes that are partly known, such as [shape(x)[0], 3]; there −1 may mean "the rest".
    let partial = c.shape_value(2);
    let mut dims = vec![-1i64; rank];
    for (k, d) in dims.iter_mut().enumerate() {
        let n = input.dim(k);
        let b = begin.as_ref().map(|b| b[k]);
        if let (Some(b), true) = (b, n >= 0) {
            if b < 0 || b > n {
                return Err(Error::value(format!("Expected begin[{k}] in [0, {n}], but got {b}")));
            }
        }
        match (&size, b) {
            (Some(s), _) if s[k] >= 0 => {
                if let (Some(b), true) = (b, n >= 0) {
                    if s[k] > n - b {
                        return Err(Error::value(format!("Expected size[{k}] in [0, {}], but got {}", n - b, s[k])));
                    }
                }
                *d = s[k];
            }
            (Some(s), _) if s[k] < -1 => return Err(Error::value(format!("Expected size[{k}] in [0, {n}], but got {}", s[k]))),
            (Some(_), Some(b)) if n >= 0 => *d = n - b,
            (Some(_), _) => {}
            (None, _) => *d = partial.dim(k),
        }
    }
    c.set(0, Shape::of(&dims));
    Ok(())
}

fn back(c: &mut GradCtx) -> Result<()> {
    let g = c.grad(0)?;
    let (x, begin) = (c.input(0), c.input(1));
    let known = (c.value(begin).and_then(|b| b.to_i64s()), c.shape_of(x).to_known(), c.shape_of(c.output(0)).to_known());
    if let (Some(b), Some(from), Some(to)) = known {
        if from == to {
            c.set(0, g);
            return Ok(());
        }
        let pads: Vec<i32> = (0..from.len()).flat_map(|k| [b[k] as i32, (from[k] as i64 - to[k] as i64 - b[k]) as i32]).collect();
        let pads = c.constant("paddings", Tensor::from_slice(&pads, &[from.len(), 2]))?;
        let r = c.call("Pad", &[g, pads])?;
        c.set(0, r);
        return Ok(());
    }
    let index: DType = c.dtype(begin);
    let shape = c.op("Shape", &[x], Attrs::new().with("out_type", index))?;
    let size = c.op("Shape", &[g], Attrs::new().with("out_type", index))?;
    let end = c.add(begin, size)?;
    let ones = c.call("OnesLike", &[begin])?;
    let r = c.call("StridedSliceGrad", &[shape, begin, end, ones, g])?;
    c.set(0, r);
    Ok(())
}
