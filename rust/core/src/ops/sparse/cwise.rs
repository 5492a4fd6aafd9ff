//! SparseDenseCwiseAdd, -Mul and -Div: an operation on the entries of a sparse tensor and the dense elements at their places.

use graphpb_kernels::indexing::gather::gather_nd;
use graphpb_kernels::pointwise::{Binary, binary};
use graphpb_kernels::{DType, Tensor, shape_text};

use super::*;
use crate::grad::GradCtx;
use crate::graph::node::Out;
use crate::registry::*;

const BASE: OpDef = OpDef {
    inputs: &[arg_of("sp_indices", DType::I64), arg("sp_values", "T"), arg_of("sp_shape", DType::I64), arg("dense", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[type_in("T", NUMBERS)],
    traits: Traits::PURE,
    shape: |c| {
        let (count, _) = facts(c, 0)?;
        c.set(0, Shape::vector(count));
        Ok(())
    },
    ..OpDef::BASE
};

pub static SPARSE_DENSE_CWISE_ADD: OpDef = OpDef {
    name: "SparseDenseCwiseAdd",
    doc: "The entries plus the dense elements at their places; the dense tensor broadcasts to the sparse one.",
    kernel: Kernel::Plain(|c| run(c, Binary::Add)),
    grad: Grad::Missing("TensorFlow's rule raises NotImplementedError"),
    sample: Some(sample),
    ..BASE
};
pub static SPARSE_DENSE_CWISE_MUL: OpDef = OpDef {
    name: "SparseDenseCwiseMul",
    doc: "The entries times the dense elements at their places; the dense tensor broadcasts to the sparse one.",
    kernel: Kernel::Plain(|c| run(c, Binary::Mul)),
    grad: Grad::Rule(|c| {
        let (values, g) = (c.input(1), c.grad(0)?);
        let (dense, at) = taken(c)?;
        let (x, y) = (c.conj(dense)?, c.conj(values)?);
        let gv = c.mul(g, x)?;
        let gd = c.mul(g, y)?;
        put(c, gv, gd, at)
    }),
    sample: Some(sample),
    ..BASE
};
pub static SPARSE_DENSE_CWISE_DIV: OpDef = OpDef {
    name: "SparseDenseCwiseDiv",
    doc: "The entries over the dense elements at their places; the dense tensor broadcasts to the sparse one.",
    kernel: Kernel::Plain(|c| run(c, Binary::Div)),
    grad: Grad::Rule(|c| {
        let (y, g) = (c.output(0), c.grad(0)?);
        let (dense, at) = taken(c)?;
        let (x, y) = (c.conj(dense)?, c.conj(y)?);
        let gv = c.div(g, x)?;
        let product = c.mul(gv, y)?;
        let gd = c.neg(product)?;
        put(c, gv, gd, at)
    }),
    sample: Some(|d| {
        let case = sample(d);
        let dense = d.tensor_in(case.inputs[3].dims(), 1.0, 3.0);
        Case { inputs: case.inputs[..3].iter().cloned().chain([dense]).collect(), ..case }
    }),
    ..BASE
};

fn sample(d: &mut Draw) -> Case {
    let dims = d.full_dims(1, 3);
    let skip = d.below(dims.len());
    let own: Vec<usize> = dims[skip..].iter().map(|&n| if d.below(3) == 0 { 1 } else { n }).collect();
    let case = case(d, &dims);
    let dense = d.tensor(&own);
    case.input(dense)
}

fn run(c: &mut KernelCtx, op: Binary) -> Result<()> {
    let s = Sparse::of(c, 0)?;
    let own = c.input(3).dims().to_vec();
    let skip = s.dims.len().checked_sub(own.len());
    let fits = skip.is_some_and(|k| own.iter().zip(&s.dims[k..]).all(|(a, b)| a == b || *a == 1));
    let (Some(skip), true) = (skip, fits) else {
        return Err(Error::invalid(format!(
            "SparseDenseBinaryOpShared broadcasts dense to sparse only; got incompatible shapes: [{}] vs. {}",
            s.dims.iter().map(usize::to_string).collect::<Vec<_>>().join(","),
            shape_text(&own)
        )));
    };
    let dense = if own.is_empty() {
        graphpb_kernels::movement::copy::filled(c.input(3), &[s.count])?
    } else {
        let at = (0..s.count).flat_map(|i| s.row(i)[skip..].iter().zip(&own).map(|(&p, &n)| if n == 1 { 0 } else { p }).collect::<Vec<_>>());
        let at: Tensor = coordinates(at, s.count, own.len());
        gather_nd(c.input(3), &at)?
    };
    let values = c.take(1);
    let r = binary(op, values, dense)?;
    c.set(0, r);
    Ok(())
}

/// The dense elements at the places of the entries, and those places in the dense tensor.
fn taken(c: &mut GradCtx) -> Result<(Out, Out)> {
    let (at, dense) = (c.input(0), c.input(3));
    let s = c.shape_of(dense).clone();
    let rank = c.shape_of(at).dim(1);
    let (Some(own), true) = (s.rank().filter(|_| s.is_fully_known()), rank >= 0) else {
        return Err(Error::unimplemented("the gradient of SparseDenseCwise ops needs a dense tensor of known shape"));
    };
    // Axes that the dense tensor lacks are cut off, repeated ones lead to place zero.
    let skip = rank - own as i64;
    let (begin, end, step) = (c.int_vector(&[0, skip])?, c.int_vector(&[0, 0])?, c.int_vector(&[1, 1])?);
    let tail = c.op("StridedSlice", &[at, begin, end, step], crate::graph::attr::Attrs::new().with("begin_mask", 1i64).with("end_mask", 3i64))?;
    let mask: Vec<i64> = (0..own).map(|k| i64::from(s.dim(k) != 1)).collect();
    let mask = c.constant("mask", Tensor::vector(&mask))?;
    let places = c.mul(tail, mask)?;
    Ok((c.call("GatherNd", &[dense, places])?, places))
}

fn put(c: &mut GradCtx, gv: Out, gd: Out, at: Out) -> Result<()> {
    let dense = c.input(3);
    let shape = c.shape_tensor(dense)?;
    let shape = c.cast(shape, DType::I64)?;
    let gd = c.call("ScatterNd", &[at, gd, shape])?;
    c.set(1, gv);
    c.set(3, gd);
    Ok(())
}
