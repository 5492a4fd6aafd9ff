//! Pad, PadV2, MirrorPad and MirrorPadGrad: borders around a tensor.

use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::fact::Shape;
use crate::graph::infer::ShapeCtx;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};
use graphpb_kernels::movement::pad::{mirror_pad, mirror_pad_grad, pad, zero};
use graphpb_kernels::{Tensor, shape_text};

pub static PAD: OpDef = OpDef {
    name: "Pad",
    doc: "`paddings[k]` zeros before and after axis k.",
    inputs: &[arg("input", "T"), arg("paddings", "Tpaddings")],
    outputs: &[arg("output", "T")],
    attrs: &[type_any("T"), type_index("Tpaddings")],
    traits: Traits::PURE,
    shape: |c| shape(c, 1),
    kernel: Kernel::Plain(|c| {
        let pads = paddings(c)?;
        let x = c.take(0);
        let y = pad(&x, &pads, &zero(x.dtype())?)?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Rule(back),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        let pads = draw(d, dims.len(), |_| 2);
        Case::new().input(d.tensor(&dims)).constant(pads)
    }),
    ..OpDef::BASE
};

pub static PAD_V2: OpDef = OpDef {
    name: "PadV2",
    doc: "`paddings[k]` times `constant_values` before and after axis k.",
    inputs: &[arg("input", "T"), arg("paddings", "Tpaddings"), arg("constant_values", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[type_any("T"), type_index("Tpaddings")],
    traits: Traits::PURE,
    shape: |c| shape(c, 1),
    kernel: Kernel::Plain(|c| {
        let pads = paddings(c)?;
        let x = c.take(0);
        if c.input(2).len() != 1 {
            return Err(Error::invalid(format!("Constant_values must be a scalar. Found: {}", shape_text(c.input(2).dims()))));
        }
        let y = pad(&x, &pads, c.input(2))?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Rule(back),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        let pads = draw(d, dims.len(), |_| 2);
        // TensorFlow gives constant_values no gradient.
        Case::new().input(d.tensor(&dims)).constant(pads).input(d.tensor(&[])).differentiate(&[0])
    }),
    ..OpDef::BASE
};

pub static MIRROR_PAD: OpDef = OpDef {
    name: "MirrorPad",
    doc: "Borders that mirror the content: REFLECT without the edge itself, SYMMETRIC with it.",
    inputs: &[arg("input", "T"), arg("paddings", "Tpaddings")],
    outputs: &[arg("output", "T")],
    attrs: &[type_any("T"), type_index("Tpaddings"), string("mode").one_of(&["REFLECT", "SYMMETRIC"])],
    traits: Traits::PURE,
    shape: |c| shape(c, 1),
    kernel: Kernel::Plain(|c| {
        let (pads, reflect) = (paddings(c)?, c.attrs().str("mode")? == "REFLECT");
        let y = mirror_pad(c.input(0), &pads, reflect)?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Rule(|c| mirrored(c, "MirrorPadGrad")),
    sample: Some(|d| {
        let (dims, pads, mode) = draw_mirror(d);
        Case::new().input(d.tensor(&dims)).constant(pads).attr("mode", mode)
    }),
    ..OpDef::BASE
};

pub static MIRROR_PAD_GRAD: OpDef = OpDef {
    name: "MirrorPadGrad",
    doc: "The gradient of MirrorPad: borders added to what they mirror.",
    inputs: &[arg("input", "T"), arg("paddings", "Tpaddings")],
    outputs: &[arg("output", "T")],
    attrs: &[type_in("T", NUMBERS), type_index("Tpaddings"), string("mode").one_of(&["REFLECT", "SYMMETRIC"])],
    traits: Traits::PURE,
    shape: |c| shape(c, -1),
    kernel: Kernel::Plain(|c| {
        let (pads, reflect) = (paddings(c)?, c.attrs().str("mode")? == "REFLECT");
        let y = mirror_pad_grad(c.input(0), &pads, reflect)?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Rule(|c| mirrored(c, "MirrorPad")),
    sample: Some(|d| {
        let (dims, pads, mode) = draw_mirror(d);
        let p = pads.slice::<i32>().to_vec();
        let dims: Vec<usize> = dims.iter().enumerate().map(|(k, &n)| n + (p[2 * k] + p[2 * k + 1]) as usize).collect();
        Case::new().input(d.tensor(&dims)).constant(pads).attr("mode", mode)
    }),
    ..OpDef::BASE
};

/// Sizes plus `sign` times the paddings.
fn shape(c: &mut ShapeCtx, sign: i64) -> Result<()> {
    let p = c.input(1).with_rank(2)?;
    if p.dim(1) >= 0 && p.dim(1) != 2 {
        return Err(Error::value(format!("Dimension must be 2 but is {}", p.dim(1))));
    }
    let Some(rank) = c.input(0).rank().or_else(|| usize::try_from(p.dim(0)).ok()) else { return Ok(()) };
    if p.dim(0) >= 0 && p.dim(0) != rank as i64 {
        return Err(Error::value(format!("Shape must be rank {} but is rank {rank}", p.dim(0))));
    }
    let Some(v) = c.ints(1) else {
        c.set(0, Shape::of_rank(rank));
        return Ok(());
    };
    let mut dims = Vec::with_capacity(rank);
    for (k, pair) in v.chunks_exact(2).enumerate() {
        if pair[0] < 0 || pair[1] < 0 {
            return Err(Error::value(format!("Paddings must be non-negative, but are {} and {}", pair[0], pair[1])));
        }
        let n = c.input(0).dim(k);
        let all = pair[0].checked_add(pair[1]).and_then(|p| p.checked_mul(sign));
        dims.push(match all.and_then(|p| n.checked_add(p)) {
            Some(s) if n >= 0 && s >= 0 => s,
            Some(_) if n >= 0 => return Err(Error::value(format!("Paddings of axis {k} exceed its size {n}"))),
            _ => -1,
        });
    }
    c.set(0, Shape::of(&dims));
    Ok(())
}

fn paddings(c: &KernelCtx) -> Result<Vec<(usize, usize)>> {
    let p = c.input(1);
    if p.rank() != 2 || p.dims()[1] != 2 {
        return Err(Error::invalid(format!("paddings must be a matrix with 2 columns: {}", shape_text(p.dims()))));
    }
    if p.dims()[0] != c.input(0).rank() {
        return Err(Error::invalid(format!(
            "The first dimension of paddings must be the rank of inputs{} {}",
            shape_text(p.dims()),
            shape_text(c.input(0).dims())
        )));
    }
    let v = c.ints(1)?;
    v.chunks_exact(2)
        .map(|p| match (usize::try_from(p[0]), usize::try_from(p[1])) {
            (Ok(a), Ok(b)) => Ok((a, b)),
            _ => Err(Error::invalid(format!("Paddings must be non-negative: {} {}", p[0], p[1]))),
        })
        .collect()
}

/// Cut the content out of the gradient.
fn back(c: &mut GradCtx) -> Result<()> {
    let (g, x, p) = (c.grad(0)?, c.input(0), c.input(1));
    let begin = match c.value(p).and_then(|p| p.to_i64s()) {
        Some(v) => {
            let begin: Vec<i64> = v.chunks_exact(2).map(|p| p[0]).collect();
            c.int_vector(&begin)?
        }
        None => {
            // paddings[:, 0]
            let (b, e, s) = (c.int_vector(&[0, 0])?, c.int_vector(&[0, 1])?, c.int_vector(&[1, 1])?);
            let attrs = Attrs::new().with("begin_mask", 1i64).with("end_mask", 1i64).with("shrink_axis_mask", 2i64);
            c.op("StridedSlice", &[p, b, e, s], attrs)?
        }
    };
    let kind = c.dtype(begin);
    let size = match c.shape_of(x).to_known() {
        Some(_) if kind == graphpb_kernels::DType::I32 => c.shape_tensor(x)?,
        _ => c.op("Shape", &[x], Attrs::new().with("out_type", kind))?,
    };
    let r = c.call("Slice", &[g, begin, size])?;
    c.set(0, r);
    Ok(())
}

fn mirrored(c: &mut GradCtx, op: &str) -> Result<()> {
    let g = c.grad(0)?;
    let attrs = Attrs::new().with("mode", c.attrs().str("mode")?);
    let r = c.op(op, &[g, c.input(1)], attrs)?;
    c.set(0, r);
    Ok(())
}

fn draw(d: &mut Draw, rank: usize, most: impl Fn(usize) -> usize) -> Tensor {
    let v: Vec<i32> = (0..2 * rank).map(|i| d.below(most(i / 2) + 1) as i32).collect();
    Tensor::from_slice(&v, &[rank, 2])
}

fn draw_mirror(d: &mut Draw) -> (Vec<usize>, Tensor, &'static str) {
    let dims = d.full_dims(1, 3);
    let mode = d.one_of(&["REFLECT", "SYMMETRIC"]);
    let pads = draw(d, dims.len(), |k| dims[k] - usize::from(mode == "REFLECT"));
    (dims, pads, mode)
}
