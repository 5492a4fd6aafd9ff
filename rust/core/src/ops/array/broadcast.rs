//! BroadcastTo, BroadcastArgs, BroadcastGradientArgs: numpy's broadcasting as ops.

use super::{int_tensor, sizes};
use crate::error::{Error, Result};
use crate::graph::fact::Shape;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::movement::transpose::broadcast_to;

pub static BROADCAST_TO: OpDef = OpDef {
    name: "BroadcastTo",
    doc: "`input` repeated to sizes `shape` by numpy's rule.",
    inputs: &[arg("input", "T"), arg("shape", "Tidx")],
    outputs: &[arg("output", "T")],
    attrs: &[type_any("T"), type_index("Tidx")],
    traits: Traits::PURE,
    shape: |c| {
        if c.input(1).rank().is_some_and(|r| r != 1) {
            return Err(Error::value(format!("Shape must be rank 1 but is rank {}", c.input(1).rank().unwrap_or(0))));
        }
        let out = c.shape_value(1);
        if let (Some(from), Some(to)) = (c.input(0).dims(), out.dims()) {
            if from.len() > to.len() {
                return Err(Error::value(format!("Rank of input ({}) must be no greater than rank of output shape ({}).", from.len(), to.len())));
            }
            for (&a, &b) in from.iter().rev().zip(to.iter().rev()) {
                if a > 1 && b >= 0 && a != b || a == 0 && b > 0 {
                    return Err(Error::value(format!("Incompatible shapes: {} vs. {out}", c.input(0))));
                }
            }
        }
        c.set(0, out);
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let dims = sizes(&c.ints(1)?)?;
        let x = c.take(0);
        if x.rank() > dims.len() {
            return Err(Error::invalid(format!("Rank of input ({}) must be no greater than rank of output shape ({}).", x.rank(), dims.len())));
        }
        let y = broadcast_to(&x, &dims)?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let (g, x, y) = (c.grad(0)?, c.input(0), c.output(0));
        let (_, r) = c.unbroadcast_pair(y, x, None, Some(g))?;
        if let Some(r) = r {
            c.set(0, r);
        }
        Ok(())
    }),
    sample: Some(|d| {
        let to = d.dims(0, 4);
        let skip = d.below(to.len() + 1);
        let from: Vec<usize> = to[skip..].iter().map(|&n| if d.below(3) == 0 { 1 } else { n }).collect();
        Case::new().input(d.tensor(&from)).constant(d.shape_vector(&to))
    }),
    ..OpDef::BASE
};

pub static BROADCAST_ARGS: OpDef = OpDef {
    name: "BroadcastArgs",
    doc: "The shape that two shapes broadcast to.",
    inputs: &[arg("s0", "T"), arg("s1", "T")],
    outputs: &[arg("r0", "T")],
    attrs: &[type_index("T")],
    traits: Traits::PURE,
    shape: |c| {
        let (a, b) = (c.input(0).with_rank(1)?.dim(0), c.input(1).with_rank(1)?.dim(0));
        c.set(0, Shape::vector(if a >= 0 && b >= 0 { a.max(b) } else { -1 }));
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let (a, b) = (sizes(&c.ints(0)?)?, sizes(&c.ints(1)?)?);
        let (full, _, _) = broadcast(&a, &b)?;
        let t = int_tensor(c.output_dtype(0), &full)?;
        c.set(0, t);
        Ok(())
    }),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| {
        let (a, b) = d.broadcast_pair(4);
        let t = |v: &[usize]| int_tensor(d.dtype, v).unwrap_or_else(|_| graphpb_kernels::Tensor::vector(&[0i32]));
        Case::new().input(t(&a)).input(t(&b))
    }),
    ..OpDef::BASE
};

pub static BROADCAST_GRADIENT_ARGS: OpDef = OpDef {
    name: "BroadcastGradientArgs",
    doc: "The axes over which the gradient of a broadcasting op is summed, for each of the two shapes.",
    inputs: &[arg("s0", "T"), arg("s1", "T")],
    outputs: &[arg("r0", "T"), arg("r1", "T")],
    attrs: &[type_index("T")],
    traits: Traits::PURE,
    shape: |c| {
        c.input(0).with_rank(1)?;
        c.input(1).with_rank(1)?;
        c.set(0, Shape::of_rank(1));
        c.set(1, Shape::of_rank(1));
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let (a, b) = (sizes(&c.ints(0)?)?, sizes(&c.ints(1)?)?);
        let (_, ra, rb) = broadcast(&a, &b)?;
        for (i, r) in [ra, rb].iter().enumerate() {
            let t = int_tensor(c.output_dtype(i), r)?;
            c.set(i, t);
        }
        Ok(())
    }),
    grad: Grad::NotDifferentiable("the outputs are integers"),
    sample: Some(|d| {
        let (a, b) = d.broadcast_pair(4);
        let t = |v: &[usize]| int_tensor(d.dtype, v).unwrap_or_else(|_| graphpb_kernels::Tensor::vector(&[0i32]));
        Case::new().input(t(&a)).input(t(&b))
    }),
    ..OpDef::BASE
};

/// The broadcast shape, and the axes to sum for each side. Where both sizes are 1 the axis counts for both, as in
/// TensorFlow; equal shapes need no sum at all.
fn broadcast(a: &[usize], b: &[usize]) -> Result<(Vec<usize>, Vec<usize>, Vec<usize>)> {
    let rank = a.len().max(b.len());
    let at = |d: &[usize], i: usize| if i + d.len() < rank { 1 } else { d[i + d.len() - rank] };
    let (mut full, mut ra, mut rb) = (Vec::with_capacity(rank), Vec::new(), Vec::new());
    for i in 0..rank {
        let (x, y) = (at(a, i), at(b, i));
        full.push(match (x, y) {
            (x, y) if x == y => x,
            (1, y) => y,
            (x, 1) => x,
            _ => {
                let text = |d: &[usize]| d.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
                return Err(Error::invalid(format!("Incompatible shapes: [{}] vs. [{}]", text(a), text(b))));
            }
        });
        if a != b {
            if x == 1 && y == 1 {
                ra.push(i);
                rb.push(i);
            } else if x == 1 {
                ra.push(i);
            } else if y == 1 {
                rb.push(i);
            }
        }
    }
    Ok((full, ra, rb))
}
