//! DynamicStitch and DynamicPartition: rows interleaved by index, and sorted into groups.

use crate::error::Result;
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::fact::Shape;
use crate::graph::infer::ShapeCtx;
use crate::graph::node::Out;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};
use graphpb_kernels::indexing::scatter::{dynamic_partition, dynamic_stitch};
use graphpb_kernels::{DType, Tensor};

pub static DYNAMIC_STITCH: OpDef = OpDef {
    name: "DynamicStitch",
    doc: "`merged[indices[m][i]] = data[m][i]`; later pieces win.",
    inputs: &[args_of("indices", "N", DType::I32), args("data", "N", "T")],
    outputs: &[arg("merged", "T")],
    attrs: &[count("N"), type_any("T")],
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(run),
    grad: Grad::Rule(back),
    sample: Some(sample),
    ..OpDef::BASE
};

pub static PARALLEL_DYNAMIC_STITCH: OpDef = OpDef {
    name: "ParallelDynamicStitch",
    doc: "As DynamicStitch, for indices that do not repeat.",
    inputs: &[args_of("indices", "N", DType::I32), args("data", "N", "T")],
    outputs: &[arg("merged", "T")],
    attrs: &[count("N"), type_any("T")],
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(run),
    grad: Grad::Rule(back),
    sample: Some(sample),
    ..OpDef::BASE
};

pub static DYNAMIC_PARTITION: OpDef = OpDef {
    name: "DynamicPartition",
    doc: "The rows of `data` sorted into `num_partitions` tensors by `partitions`, each in the order of appearance.",
    inputs: &[arg("data", "T"), arg_of("partitions", DType::I32)],
    outputs: &[args("outputs", "num_partitions", "T")],
    attrs: &[count("num_partitions"), type_any("T")],
    traits: Traits::PURE,
    shape: |c| {
        let (data, parts) = (c.input(0).clone(), c.input(1).clone());
        let (Some(dr), Some(pr)) = (data.rank(), parts.rank()) else { return Ok(()) };
        if dr < pr {
            return Err(crate::Error::value(format!("Shape must be at least rank {pr} but is rank {dr}")));
        }
        data.sub(0..pr).merge(&parts)?;
        let s = Shape::vector(-1).concat(&data.sub(pr..dr));
        for i in 0..c.outputs() {
            c.set(i, s.clone());
        }
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let n = c.outputs();
        for (i, t) in dynamic_partition(c.input(0), c.input(1), n)?.into_iter().enumerate() {
            c.set(i, t);
        }
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        // Partition the row numbers alike, then stitch the gradients at those rows.
        let (data, parts) = (c.input(0), c.input(1));
        let n = c.outputs();
        let shape = c.shape_tensor(parts)?;
        let (zero, one, first) = (c.int_scalar(0)?, c.int_scalar(1)?, c.int_vector(&[0])?);
        let total = c.op("Prod", &[shape, first], Attrs::new())?;
        let rows = c.op_node("Range", "range", &[zero, total, one], Attrs::new())?.out(0);
        let rows = c.reshape(rows, shape)?;
        let split = c.op_node("DynamicPartition", "DynamicPartition", &[rows, parts], Attrs::new().with("num_partitions", n as i64))?;
        let mut args: Vec<Out> = (0..n).map(|i| split.out(i)).collect();
        for i in 0..n {
            args.push(c.grad(i)?);
        }
        let merged = c.call("DynamicStitch", &args)?;
        let full = c.shape_tensor(data)?;
        let r = c.reshape(merged, full)?;
        c.set(0, r);
        Ok(())
    }),
    sample: Some(|d| {
        let dims = d.full_dims(1, 3);
        let k = 1 + d.below(dims.len());
        let parts = d.integers(DType::I32, &dims[..k], 0, 2);
        Case::new().input(d.tensor(&dims)).input(parts).attr("num_partitions", 3i64)
    }),
    ..OpDef::BASE
};

fn shape(c: &mut ShapeCtx) -> Result<()> {
    let n = c.inputs() / 2;
    let mut rest = Shape::UNKNOWN;
    let mut rows = Some(-1i64);
    for i in 0..n {
        match c.ints(i) {
            Some(ix) => rows = rows.map(|r| ix.into_iter().fold(r, i64::max)),
            None => rows = None,
        }
        let (ix, data) = (c.input(i).clone(), c.input(n + i).clone());
        if let (Some(ir), Some(dr)) = (ix.rank(), data.rank()) {
            if dr < ir {
                return Err(crate::Error::value(format!("Shape must be at least rank {ir} but is rank {dr}")));
            }
            data.sub(0..ir).merge(&ix)?;
            rest = rest.merge(&data.sub(ir..dr))?;
        }
    }
    if rest.rank().is_some() {
        c.set(0, Shape::vector(rows.map_or(-1, |r| r.saturating_add(1))).concat(&rest));
    }
    Ok(())
}

fn run(c: &mut KernelCtx) -> Result<()> {
    let n = c.inputs() / 2;
    let y = dynamic_stitch(&c.input_range(0..n), &c.input_range(n..2 * n))?;
    c.set(0, y);
    Ok(())
}

fn back(c: &mut GradCtx) -> Result<()> {
    let n = c.inputs() / 2;
    let g = c.grad(0)?;
    let axis = c.int_scalar(0)?;
    for i in 0..n {
        let ix = c.input(i);
        let r = c.call("GatherV2", &[g, ix, axis])?;
        c.set(n + i, r);
    }
    Ok(())
}

/// Distinct indices that cover a range: what the gradient assumes.
fn sample(d: &mut Draw) -> Case {
    let inner = d.full_dims(0, 2);
    let total = 1 + d.below(6);
    let mut rows: Vec<i32> = (0..total as i32).collect();
    for i in (1..total).rev() {
        rows.swap(i, d.below(i + 1));
    }
    let cut = d.below(total + 1);
    let mut case = Case::new();
    for part in [&rows[..cut], &rows[cut..]] {
        case = case.input(Tensor::vector(part));
    }
    for n in [cut, total - cut] {
        let mut dims = vec![n];
        dims.extend(&inner);
        case = case.input(d.tensor(&dims));
    }
    case
}
