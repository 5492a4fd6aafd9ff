//! SparseReduceSum and SparseReduceMax: a dense tensor of the sums or maxima over axes.

use graphpb_kernels::indexing::segment::{Empty, Reduce, unsorted_with};
use graphpb_kernels::{DType, Tensor};

use super::*;
use crate::graph::fact::resolve_axis;
use crate::registry::*;

const INPUTS: &[Arg] =
    &[arg_of("input_indices", DType::I64), arg("input_values", "T"), arg_of("input_shape", DType::I64), arg_of("reduction_axes", DType::I32)];

pub static SPARSE_REDUCE_SUM: OpDef = OpDef {
    name: "SparseReduceSum",
    doc: "The sums of a sparse tensor over axes, dense.",
    inputs: INPUTS,
    outputs: &[arg("output", "T")],
    attrs: &[flag("keep_dims", false), type_in("T", NUMBERS)],
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(|c| run(c, Reduce::Sum)),
    grad: Grad::Rule(|c| {
        // Entry i gets the gradient of the sum that it is part of: coordinates of summed axes become zero.
        let (at, shape, axes, g) = (c.input(0), c.input(2), c.input(3), c.grad(0)?);
        let rank = c.shape_of(at).dim(1).max(c.shape_of(shape).dim(0));
        let (Some(axes), true) = (c.value(axes).and_then(|t| t.to_i64s()), rank >= 0) else {
            return Err(Error::unimplemented("the gradient of SparseReduceSum needs constant axes and a known rank"));
        };
        let summed: Vec<usize> = axes.iter().filter_map(|&a| resolve_axis(a, rank as usize)).collect();
        let kept: Vec<i64> = (0..rank as usize).map(|k| i64::from(!summed.contains(&k))).collect();
        let ones: Vec<i64> = kept.iter().map(|k| 1 - k).collect();
        let (kept, ones) = (c.constant("kept", Tensor::vector(&kept))?, c.constant("ones", Tensor::vector(&ones))?);
        let sizes = c.mul(shape, kept)?;
        let sizes = c.add(sizes, ones)?;
        let g = c.reshape(g, sizes)?;
        let places = c.mul(at, kept)?;
        let r = c.call("GatherNd", &[g, places])?;
        c.set(1, r);
        Ok(())
    }),
    sample: Some(sample),
    ..OpDef::BASE
};
pub static SPARSE_REDUCE_MAX: OpDef = OpDef {
    name: "SparseReduceMax",
    doc: "The maxima of the entries of a sparse tensor over axes, dense; zero where there is no entry.",
    attrs: &[flag("keep_dims", false), type_in("T", REALS)],
    kernel: Kernel::Plain(|c| run(c, Reduce::Max)),
    grad: Grad::Missing("TensorFlow registers none"),
    ..SPARSE_REDUCE_SUM
};

fn sample(d: &mut Draw) -> Case {
    let dims = d.full_dims(1, 3);
    let n = d.below(dims.len() + 1);
    let axes: Vec<i32> = (0..n as i32).map(|a| if d.flag() { a } else { a - dims.len() as i32 }).collect();
    case(d, &dims).constant(Tensor::vector(&axes)).attr("keep_dims", d.flag())
}

fn shape(c: &mut ShapeCtx) -> Result<()> {
    facts(c, 0)?;
    let s = c.shape_value(2);
    let (Some(rank), Some(axes)) = (s.rank(), c.ints(3)) else { return Ok(()) };
    let keep = c.attrs().bool("keep_dims")?;
    let summed = axes.iter().map(|&a| c.axis(a, rank)).collect::<Result<Vec<_>>>()?;
    let all = summed.is_empty();
    let dims: Vec<i64> = (0..rank).filter_map(|k| if all || summed.contains(&k) { keep.then_some(1) } else { Some(s.dim(k)) }).collect();
    if !all {
        c.set(0, Shape::of(&dims));
    }
    Ok(())
}

fn run(c: &mut KernelCtx, how: Reduce) -> Result<()> {
    let s = Sparse::of(c, 0)?;
    let keep = c.attrs().bool("keep_dims")?;
    let rank = s.dims.len();
    let mut summed = vec![false; rank];
    for a in c.ints(3)? {
        let k = resolve_axis(a, rank).ok_or_else(|| Error::invalid(format!("Invalid reduction dimension {a}, for input with {rank} dimensions.")))?;
        summed[k] = true;
    }
    let inner: Vec<usize> = (0..rank).filter(|&k| !summed[k]).map(|k| s.dims[k]).collect();
    let dims: Vec<usize> = (0..rank).filter_map(|k| if summed[k] { keep.then_some(1) } else { Some(s.dims[k]) }).collect();
    let total = graphpb_kernels::tensor::checked_len(c.output_dtype(0), &inner)?;
    let place = |i: usize| (0..rank).filter(|&k| !summed[k]).fold(0, |p, k| p * s.dims[k] + s.row(i)[k]);
    let to: Vec<i64> = (0..s.count).map(|i| place(i) as i64).collect();
    let out = unsorted_with(c.input(1), &Tensor::vector(&to), total, how, Empty::Zero)?;
    c.set(0, out.reshaped(&dims));
    Ok(())
}
