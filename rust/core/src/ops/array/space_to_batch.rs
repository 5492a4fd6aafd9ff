//! SpaceToBatchND, BatchToSpaceND and their older forms for images.

use super::sizes;
use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::fact::Shape;
use crate::graph::infer::ShapeCtx;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};
use graphpb_kernels::Tensor;
use graphpb_kernels::movement::blocks::{batch_to_space, space_to_batch};

pub static SPACE_TO_BATCH_ND: OpDef = OpDef {
    name: "SpaceToBatchND",
    doc: "Pads the axes after the batch, then moves the positions inside blocks of sizes `block_shape` into the batch.",
    inputs: &[arg("input", "T"), arg("block_shape", "Tblock_shape"), arg("paddings", "Tpaddings")],
    outputs: &[arg("output", "T")],
    attrs: &[type_any("T"), type_index("Tblock_shape"), type_index("Tpaddings")],
    traits: Traits::PURE,
    shape: |c| {
        let (b, p) = (c.ints(1), c.ints(2));
        shape(c, b, p, true)
    },
    kernel: Kernel::Plain(|c| {
        let (b, p) = (c.ints(1)?, c.ints(2)?);
        run(c, &b, &p, true)
    }),
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        let r = c.call("BatchToSpaceND", &[g, c.input(1), c.input(2)])?;
        c.set(0, r);
        Ok(())
    }),
    sample: Some(|d| {
        let (dims, block, pads) = draw(d);
        Case::new().input(d.tensor(&dims)).constant(block).constant(pads)
    }),
    ..OpDef::BASE
};

pub static BATCH_TO_SPACE_ND: OpDef = OpDef {
    name: "BatchToSpaceND",
    doc: "The reverse of SpaceToBatchND: moves blocks out of the batch, then crops.",
    inputs: &[arg("input", "T"), arg("block_shape", "Tblock_shape"), arg("crops", "Tcrops")],
    outputs: &[arg("output", "T")],
    attrs: &[type_any("T"), type_index("Tblock_shape"), type_index("Tcrops")],
    traits: Traits::PURE,
    shape: |c| {
        let (b, p) = (c.ints(1), c.ints(2));
        shape(c, b, p, false)
    },
    kernel: Kernel::Plain(|c| {
        let (b, p) = (c.ints(1)?, c.ints(2)?);
        run(c, &b, &p, false)
    }),
    grad: Grad::Rule(|c| {
        let g = c.grad(0)?;
        let r = c.call("SpaceToBatchND", &[g, c.input(1), c.input(2)])?;
        c.set(0, r);
        Ok(())
    }),
    sample: Some(|d| {
        let (dims, block, pads) = draw(d);
        let x = moved(&dims, &block, &pads);
        Case::new().input(d.tensor(&x)).constant(block).constant(pads)
    }),
    ..OpDef::BASE
};

pub static SPACE_TO_BATCH: OpDef = OpDef {
    name: "SpaceToBatch",
    doc: "SpaceToBatchND for images with square blocks.",
    inputs: &[arg("input", "T"), arg("paddings", "Tpaddings")],
    outputs: &[arg("output", "T")],
    attrs: &[type_any("T"), type_index("Tpaddings"), int("block_size").at_least(2)],
    traits: Traits::PURE,
    shape: |c| {
        c.input(0).with_rank(4)?;
        let (b, p) = (c.attrs().int("block_size")?, c.ints(1));
        shape(c, Some(vec![b, b]), p, true)
    },
    kernel: Kernel::Plain(|c| {
        let (b, p) = (c.attrs().int("block_size")?, c.ints(1)?);
        run(c, &[b, b], &p, true)
    }),
    grad: Grad::Rule(|c| square_back(c, "BatchToSpace")),
    sample: Some(|d| {
        let (dims, pads, block) = draw_square(d);
        Case::new().input(d.tensor(&dims)).constant(pads).attr("block_size", block)
    }),
    ..OpDef::BASE
};

pub static BATCH_TO_SPACE: OpDef = OpDef {
    name: "BatchToSpace",
    doc: "BatchToSpaceND for images with square blocks.",
    inputs: &[arg("input", "T"), arg("crops", "Tidx")],
    outputs: &[arg("output", "T")],
    attrs: &[type_any("T"), int("block_size").at_least(2), type_index("Tidx")],
    traits: Traits::PURE,
    shape: |c| {
        c.input(0).with_rank(4)?;
        let (b, p) = (c.attrs().int("block_size")?, c.ints(1));
        shape(c, Some(vec![b, b]), p, false)
    },
    kernel: Kernel::Plain(|c| {
        let (b, p) = (c.attrs().int("block_size")?, c.ints(1)?);
        run(c, &[b, b], &p, false)
    }),
    grad: Grad::Rule(|c| square_back(c, "SpaceToBatch")),
    sample: Some(|d| {
        let (dims, pads, block) = draw_square(d);
        let x = moved(&dims, &Tensor::vector(&[block as i32, block as i32]), &pads);
        Case::new().input(d.tensor(&x)).constant(pads).attr("block_size", block)
    }),
    ..OpDef::BASE
};

fn shape(c: &mut ShapeCtx, block: Option<Vec<i64>>, pads: Option<Vec<i64>>, to_batch: bool) -> Result<()> {
    let x = c.input(0).clone();
    let Some(block) = block else { return Ok(()) };
    let m = block.len();
    let Some(dims) = x.dims() else { return Ok(()) };
    if dims.len() < m + 1 {
        return Err(Error::value(format!("Shape must be at least rank {} but is rank {}", m + 1, dims.len())));
    }
    if let Some(bad) = block.iter().find(|&&b| b < 1) {
        return Err(Error::value(format!("block_shape must be positive, got {bad}")));
    }
    if pads.as_ref().is_some_and(|p| p.len() != 2 * m) {
        return Err(Error::value(format!("paddings must have {m} rows of 2")));
    }
    let cells = block.iter().try_fold(1i64, |a, &b| a.checked_mul(b)).unwrap_or(i64::MAX);
    let mut out = dims.to_vec();
    out[0] = match (dims[0], to_batch) {
        (-1, _) => -1,
        (n, true) => n.checked_mul(cells).unwrap_or(-1),
        (n, false) if n % cells == 0 => n / cells,
        (n, false) => return Err(Error::value(format!("Dimension size must be evenly divisible by {cells} but is {n}"))),
    };
    for k in 0..m {
        let edge = pads.as_ref().map(|p| p[2 * k].saturating_add(p[2 * k + 1]));
        if pads.as_ref().is_some_and(|p| p[2 * k] < 0 || p[2 * k + 1] < 0) {
            return Err(Error::value("paddings cannot be negative"));
        }
        out[k + 1] = match (dims[k + 1], edge) {
            (n, Some(e)) if n >= 0 && to_batch => {
                let n = n.saturating_add(e);
                if n % block[k] != 0 {
                    return Err(Error::value(format!("Dimension size must be evenly divisible by {} but is {n}", block[k])));
                }
                n / block[k]
            }
            (n, Some(e)) if n >= 0 => {
                let full = n.saturating_mul(block[k]);
                if full < e {
                    return Err(Error::value(format!("crops of axis {k} exceed its size {full}")));
                }
                full - e
            }
            _ => -1,
        };
    }
    c.set(0, Shape::of(&out));
    Ok(())
}

fn run(c: &mut KernelCtx, block: &[i64], pads: &[i64], to_batch: bool) -> Result<()> {
    let x = c.input(0);
    let block = sizes(block)?;
    if x.rank() < block.len() + 1 {
        return Err(Error::invalid(format!("input rank should be >= {} instead of {}", block.len() + 1, x.rank())));
    }
    if pads.len() != 2 * block.len() || block.contains(&0) {
        return Err(Error::invalid(format!("paddings should have shape [{}, 2] and block sizes be positive", block.len())));
    }
    let pads: Vec<(usize, usize)> = sizes(pads)?.chunks_exact(2).map(|p| (p[0], p[1])).collect();
    let y = if to_batch { space_to_batch(x, &block, &pads)? } else { batch_to_space(x, &block, &pads)? };
    c.set(0, y);
    Ok(())
}

fn square_back(c: &mut GradCtx, op: &str) -> Result<()> {
    let g = c.grad(0)?;
    let attrs = Attrs::new().with("block_size", c.attrs().int("block_size")?);
    let r = c.op(op, &[g, c.input(1)], attrs)?;
    c.set(0, r);
    Ok(())
}

fn draw(d: &mut Draw) -> (Vec<usize>, Tensor, Tensor) {
    let m = 1 + d.below(3);
    let (mut dims, mut block, mut pads) = (vec![1 + d.below(2)], Vec::new(), Vec::new());
    for _ in 0..m {
        let b = 1 + d.below(3);
        let total = b * (1 + d.below(2));
        let before = d.below(total.min(2));
        let after = d.below((total - before).min(2));
        dims.push(total - before - after);
        block.push(b as i32);
        pads.extend([before as i32, after as i32]);
    }
    if d.flag() {
        dims.push(1 + d.below(2));
    }
    (dims, Tensor::vector(&block), Tensor::from_slice(&pads, &[m, 2]))
}

fn draw_square(d: &mut Draw) -> (Vec<usize>, Tensor, i64) {
    let mut dims = vec![1 + d.below(2)];
    let mut pads = Vec::new();
    for _ in 0..2 {
        let total = 2 * (1 + d.below(2));
        let (before, after) = (d.below(2), d.below(2));
        dims.push(total - before.min(1) - after.min(total - before - 1));
        pads.extend([before as i32, after.min(total - before - 1) as i32]);
    }
    dims.push(1 + d.below(2));
    (dims, Tensor::from_slice(&pads, &[2, 2]), 2)
}

/// The sizes after `space_to_batch`.
fn moved(dims: &[usize], block: &Tensor, pads: &Tensor) -> Vec<usize> {
    let (b, p) = (block.slice::<i32>(), pads.slice::<i32>());
    let mut out = dims.to_vec();
    for (k, &b) in b.iter().enumerate() {
        out[0] *= b as usize;
        out[k + 1] = (dims[k + 1] + (p[2 * k] + p[2 * k + 1]) as usize) / b as usize;
    }
    out
}
