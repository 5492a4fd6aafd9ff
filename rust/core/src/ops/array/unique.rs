//! Unique, UniqueWithCounts, their forms with an axis, and ListDiff.

use super::int_tensor;
use crate::error::{Error, Result};
use crate::graph::fact::{Shape, resolve_axis};
use crate::graph::infer::ShapeCtx;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};
use graphpb_kernels::indexing::unique::{difference, take_rows, unique};
use graphpb_kernels::movement::transpose::transpose;
use graphpb_kernels::{DType, Tensor};

pub static UNIQUE: OpDef = OpDef {
    name: "Unique",
    doc: "The distinct elements of vector `x` in the order of appearance, and for every element which of them it is.",
    inputs: &[arg("x", "T")],
    outputs: &[arg("y", "T"), arg("idx", "out_idx")],
    attrs: &[type_any("T"), type_index("out_idx")],
    traits: Traits::PURE,
    shape: vector_shape,
    kernel: Kernel::Plain(|c| run(c, None)),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(sample),
    ..OpDef::BASE
};

pub static UNIQUE_WITH_COUNTS: OpDef = OpDef {
    name: "UniqueWithCounts",
    doc: "As Unique, with the number of times each element occurs.",
    inputs: &[arg("x", "T")],
    outputs: &[arg("y", "T"), arg("idx", "out_idx"), arg("count", "out_idx")],
    attrs: &[type_any("T"), type_index("out_idx")],
    traits: Traits::PURE,
    shape: vector_shape,
    kernel: Kernel::Plain(|c| run(c, None)),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(sample),
    ..OpDef::BASE
};

pub static UNIQUE_V2: OpDef = OpDef {
    name: "UniqueV2",
    doc: "The distinct slices along `axis` (a vector of at most one axis) in the order of appearance.",
    inputs: &[arg("x", "T"), arg("axis", "Taxis")],
    outputs: &[arg("y", "T"), arg("idx", "out_idx")],
    attrs: &[type_any("T"), type_in("Taxis", INDEX).default_type(DType::I64), type_index("out_idx")],
    traits: Traits::PURE,
    shape: axis_shape,
    kernel: Kernel::Plain(|c| run(c, Some(c.ints(1)?))),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(axis_sample),
    ..OpDef::BASE
};

pub static UNIQUE_WITH_COUNTS_V2: OpDef = OpDef {
    name: "UniqueWithCountsV2",
    doc: "As UniqueV2, with the number of times each slice occurs.",
    inputs: &[arg("x", "T"), arg("axis", "Taxis")],
    outputs: &[arg("y", "T"), arg("idx", "out_idx"), arg("count", "out_idx")],
    attrs: &[type_any("T"), type_in("Taxis", INDEX).default_type(DType::I64), type_index("out_idx")],
    traits: Traits::PURE,
    shape: axis_shape,
    kernel: Kernel::Plain(|c| run(c, Some(c.ints(1)?))),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(axis_sample),
    ..OpDef::BASE
};

pub static LIST_DIFF: OpDef = OpDef {
    name: "ListDiff",
    doc: "The elements of vector `x` that are not in vector `y`, and their positions.",
    inputs: &[arg("x", "T"), arg("y", "T")],
    outputs: &[arg("out", "T"), arg("idx", "out_idx")],
    attrs: &[type_any("T"), type_index("out_idx")],
    traits: Traits::PURE,
    shape: |c| {
        c.input(0).with_rank(1)?;
        c.input(1).with_rank(1)?;
        c.set(0, Shape::of_rank(1));
        c.set(1, Shape::of_rank(1));
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let (x, y) = (c.input(0), c.input(1));
        for (t, name) in [(x, "x"), (y, "y")] {
            if t.rank() != 1 {
                return Err(Error::invalid(format!("{name} should be a 1D vector.")));
            }
        }
        let at = difference(x, y)?;
        let out = take_rows(x, &at)?;
        let idx = int_tensor(c.output_dtype(1), &at)?;
        c.set(0, out);
        c.set(1, idx);
        Ok(())
    }),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| {
        let (n, m) = (d.below(6), d.below(4));
        let x = d.tensor(&[n]);
        Case::new().input(x).input(d.tensor(&[m]))
    }),
    ..OpDef::BASE
};

fn vector_shape(c: &mut ShapeCtx) -> Result<()> {
    let x = c.input(0).with_rank(1)?;
    c.set(0, Shape::of_rank(1));
    c.set(1, x);
    c.set(2, Shape::of_rank(1));
    Ok(())
}

fn axis_shape(c: &mut ShapeCtx) -> Result<()> {
    c.set(1, Shape::of_rank(1));
    c.set(2, Shape::of_rank(1));
    let (Some(rank), Some(axis)) = (c.input(0).rank(), c.ints(1)) else { return Ok(()) };
    let Some(&a) = axis.first() else {
        let x = c.input(0).with_rank(1)?;
        c.set(0, Shape::of_rank(1));
        c.set(1, x);
        return Ok(());
    };
    let at = c.axis(a, rank)?;
    let x = c.input(0).clone();
    c.set(0, x.with_dim(at, -1));
    c.set(1, Shape::vector(x.dim(at)));
    Ok(())
}

fn run(c: &mut KernelCtx, axis: Option<Vec<i64>>) -> Result<()> {
    let x = c.input(0);
    let at = match axis.as_deref() {
        None | Some([]) => {
            if x.rank() != 1 {
                return Err(Error::invalid("unique expects a 1D vector."));
            }
            0
        }
        Some(&[a]) => resolve_axis(a, x.rank()).ok_or_else(|| Error::invalid(format!("axis has to be between [0, {})", x.rank())))?,
        Some(a) => return Err(Error::invalid(format!("axis does not support input tensors larger than 1 elements, but has {}", a.len()))),
    };
    // Slices of the axis as rows.
    let mut perm: Vec<usize> = (0..x.rank()).collect();
    perm[..=at].rotate_right(1);
    let rows = transpose(x, &perm)?;
    let u = unique(&rows, rows.dims()[0])?;
    let taken = take_rows(&rows, &u.first)?;
    let mut back: Vec<usize> = (0..x.rank()).collect();
    back[..=at].rotate_left(1);
    let y = transpose(&taken, &back)?;
    let idx = int_tensor(c.output_dtype(1), &u.index)?;
    c.set(0, y);
    c.set(1, idx);
    if c.outputs() > 2 {
        let count = int_tensor(c.output_dtype(2), &u.count)?;
        c.set(2, count);
    }
    Ok(())
}

fn sample(d: &mut Draw) -> Case {
    let n = d.below(8);
    Case::new().input(d.tensor(&[n]))
}

fn axis_sample(d: &mut Draw) -> Case {
    let dims = d.full_dims(1, 3);
    let axis: Vec<i64> = if dims.len() == 1 && d.flag() { vec![] } else { vec![d.below(dims.len()) as i64] };
    Case::new().input(d.tensor(&dims)).constant(Tensor::vector(&axis))
}
