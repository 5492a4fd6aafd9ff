//! SparseAdd with its gradient op, SparseTensorDenseAdd and SparseSoftmax.

use graphpb_kernels::indexing::scatter::{Combine, scatter_nd};
use graphpb_kernels::indexing::segment::{Reduce, unsorted};
use graphpb_kernels::indexing::unique::take_rows;
use graphpb_kernels::movement::concat::concat;
use graphpb_kernels::pointwise::{Unary, cast, unary};
use graphpb_kernels::{DType, Tensor, shape_text};

use super::*;
use crate::registry::*;

pub static SPARSE_ADD: OpDef = OpDef {
    name: "SparseAdd",
    doc: "The sum of two sparse tensors of one shape, in row-major order, without sums of two entries whose modulus is below thresh.",
    inputs: &[
        arg_of("a_indices", DType::I64),
        arg("a_values", "T"),
        arg_of("a_shape", DType::I64),
        arg_of("b_indices", DType::I64),
        arg("b_values", "T"),
        arg_of("b_shape", DType::I64),
        arg("thresh", "Treal"),
    ],
    outputs: &[arg_of("sum_indices", DType::I64), arg("sum_values", "T"), arg_of("sum_shape", DType::I64)],
    attrs: &[type_in("T", NUMBERS), type_in("Treal", REALS)],
    traits: Traits::PURE,
    shape: |c| {
        let ((_, a), (_, b)) = (facts(c, 0)?, facts(c, 3)?);
        c.input(6).with_rank(0)?;
        let rank = equal_sizes(a, b)?;
        set_facts(c, 0, -1, rank);
        Ok(())
    },
    kernel: Kernel::Plain(add),
    grad: Grad::Rule(|c| {
        let args = [c.grad(1)?, c.input(0), c.input(3), c.output(0)];
        let node = c.op_node("SparseAddGrad", "SparseAddGrad", &args, crate::graph::attr::Attrs::new())?;
        c.set(1, node.out(0));
        c.set(4, node.out(1));
        Ok(())
    }),
    sample: Some(|d| {
        let dims = d.full_dims(1, 3);
        let (a, b) = (draw(d, &dims), draw(d, &dims));
        let kind = match d.dtype {
            DType::C64 => DType::F32,
            DType::C128 => DType::F64,
            k => k,
        };
        let zero = cast(&Tensor::scalar(0i32), kind).unwrap_or_else(|_| Tensor::scalar(0f32));
        let [ai, av, shape] = a;
        let [bi, bv, other] = b;
        Case::new().input(ai).input(av).constant(shape).input(bi).input(bv).constant(other).constant(zero).attr("Treal", kind)
    }),
    ..OpDef::BASE
};

/// The rows of two lists of coordinates, each once, in order; and where every row of either went.
fn union(a: &Sparse, b: &Sparse) -> (Vec<usize>, Vec<i64>) {
    let flat: Vec<usize> = (0..a.count).map(|i| a.flat(i)).chain((0..b.count).map(|i| b.flat(i))).collect();
    let mut all = flat.clone();
    all.sort_unstable();
    all.dedup();
    let to = flat.iter().map(|p| all.partition_point(|q| q < p) as i64).collect();
    (all, to)
}

fn add(c: &mut KernelCtx) -> Result<()> {
    let (a, b) = (Sparse::of(c, 0)?, Sparse::of(c, 3)?);
    if a.dims != b.dims {
        return Err(Error::invalid(format!("Operands' shapes do not match: got {} and {}", shape_text(&a.dims), shape_text(&b.dims))));
    }
    if c.input(6).len() != 1 {
        return Err(Error::invalid(format!("The magnitude threshold must be a scalar: got shape {}", shape_text(c.input(6).dims()))));
    }
    let thresh = cast(c.input(6), DType::F64)?.slice::<f64>()[0];
    let (places, to) = union(&a, &b);
    let values = concat(&[c.input(1), c.input(4)], 0)?;
    let sums = unsorted(&values, &Tensor::vector(&to), places.len(), Reduce::Sum)?;
    let size = match sums.dtype() {
        d if d.is_complex() => graphpb_kernels::pointwise::part(graphpb_kernels::pointwise::ComplexPart::Abs, &sums)?,
        DType::U8 | DType::U16 | DType::U32 | DType::U64 => sums.clone(),
        _ => unary(Unary::Abs, sums.clone())?,
    };
    let size = cast(&size, DType::F64)?;
    // An entry of one operand alone stays, however small.
    let mut met = vec![0u8; places.len()];
    to.iter().for_each(|&p| met[p as usize] = met[p as usize].saturating_add(1));
    let kept: Vec<usize> = (0..places.len()).filter(|&i| met[i] < 2 || thresh <= size.slice::<f64>()[i]).collect();
    let rank = a.dims.len();
    let mut at = vec![0usize; kept.len() * rank];
    for (row, &i) in kept.iter().enumerate() {
        let mut p = places[i];
        for k in (0..rank).rev() {
            at[row * rank + k] = p % a.dims[k];
            p /= a.dims[k];
        }
    }
    let values = take_rows(&sums, &kept)?;
    c.set(0, coordinates(at.into_iter(), kept.len(), rank));
    c.set(1, values);
    c.set(2, shape_vector(&a.dims));
    Ok(())
}

pub static SPARSE_ADD_GRAD: OpDef = OpDef {
    name: "SparseAddGrad",
    doc: "The gradients of SparseAdd by both operands' values: that of the sum where it has their coordinates, else zero.",
    inputs: &[arg("backprop_val_grad", "T"), arg_of("a_indices", DType::I64), arg_of("b_indices", DType::I64), arg_of("sum_indices", DType::I64)],
    outputs: &[arg("a_val_grad", "T"), arg("b_val_grad", "T")],
    attrs: &[type_in("T", NUMBERS)],
    traits: Traits::PURE,
    shape: |c| {
        let (a, b) = (c.input(1).with_rank(2)?, c.input(2).with_rank(2)?);
        c.set(0, Shape::vector(a.dim(0)));
        c.set(1, Shape::vector(b.dim(0)));
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let (&[_, ra], &[_, rb], &[n, rank]) = (c.input(1).dims(), c.input(2).dims(), c.input(3).dims()) else {
            return Err(Error::invalid("Input indices should be matrices"));
        };
        if ra != rank || rb != rank || c.input(0).dims() != [n] {
            return Err(Error::invalid("The densities of indices and the number of gradients must match"));
        }
        let sum = c.ints(3)?;
        let places: std::collections::HashMap<&[i64], usize> = (0..n).map(|i| (&sum[i * rank..(i + 1) * rank], i)).collect();
        let zero = Tensor::try_zeros(c.input(0).dtype(), &[1])?;
        let padded = concat(&[c.input(0), &zero], 0)?;
        for k in 0..2 {
            let own = c.ints(1 + k)?;
            let count = c.input(1 + k).dims()[0];
            let rows: Vec<usize> = (0..count).map(|i| places.get(&own[i * rank..(i + 1) * rank]).copied().unwrap_or(n)).collect();
            let r = take_rows(&padded, &rows)?;
            c.set(k, r);
        }
        Ok(())
    }),
    grad: Grad::NotDifferentiable("TensorFlow gives it none"),
    sample: Some(|d| {
        let g = d.tensor(&[3]);
        let (a, b) = (Tensor::from_slice(&[0i64, 2], &[2, 1]), Tensor::from_slice(&[1i64, 2, 7], &[3, 1]));
        Case::new().input(g).input(a).input(b).input(Tensor::from_slice(&[0i64, 1, 2], &[3, 1]))
    }),
    ..OpDef::BASE
};

pub static SPARSE_TENSOR_DENSE_ADD: OpDef = OpDef {
    name: "SparseTensorDenseAdd",
    doc: "The sum of a sparse and a dense tensor of one shape, dense.",
    inputs: &[arg("a_indices", "Tindices"), arg("a_values", "T"), arg("a_shape", "Tindices"), arg("b", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[type_in("T", NUMBERS), type_in("Tindices", INDEX)],
    traits: Traits::PURE,
    shape: |c| {
        let s = c.input(3).clone();
        c.set(0, s);
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let s = Sparse::of(c, 0)?;
        if s.dims != c.input(3).dims() || s.dims.is_empty() {
            return Err(Error::invalid(format!(
                "Dimensions of the operands do not match: {} and {}",
                shape_text(&s.dims),
                shape_text(c.input(3).dims())
            )));
        }
        let b = c.take(3);
        let r = scatter_nd(b, c.input(0), c.input(1), Combine::Add)?;
        c.set(0, r);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let (g, at) = (c.grad(0)?, c.input(0));
        let gv = c.call("GatherNd", &[g, at])?;
        c.set(1, gv);
        c.set(3, g);
        Ok(())
    }),
    sample: Some(|d| {
        let dims = d.full_dims(1, 3);
        let case = case(d, &dims);
        let b = d.tensor(&dims);
        case.input(b).attr("Tindices", DType::I64)
    }),
    ..OpDef::BASE
};

pub static SPARSE_SOFTMAX: OpDef = OpDef {
    name: "SparseSoftmax",
    doc: "Softmax over the entries that are present along the last axis.",
    inputs: &[arg_of("sp_indices", DType::I64), arg("sp_values", "T"), arg_of("sp_shape", DType::I64)],
    outputs: &[arg("output", "T")],
    attrs: &[type_in("T", &[DType::F16, DType::F32, DType::F64])],
    traits: Traits::PURE,
    shape: |c| {
        let (count, _) = facts(c, 0)?;
        c.set(0, Shape::vector(count));
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let s = Sparse::of(c, 0)?;
        let Some(&last) = s.dims.last() else { return Err(Error::invalid("Input should have rank >= 2, got 0")) };
        let dtype = c.input(1).dtype();
        let mut x = cast(c.input(1), DType::F64)?;
        let groups: Vec<usize> = (0..s.count).map(|i| s.flat(i) / last.max(1)).collect();
        let mut totals: std::collections::HashMap<usize, (f64, f64)> = std::collections::HashMap::new();
        let v = x.slice_mut::<f64>();
        for (g, x) in groups.iter().zip(v.iter()) {
            let t = totals.entry(*g).or_insert((f64::NEG_INFINITY, 0.0));
            t.0 = t.0.max(*x);
        }
        for (g, x) in groups.iter().zip(v.iter_mut()) {
            if let Some(t) = totals.get_mut(g) {
                *x = (*x - t.0).exp();
                t.1 += *x;
            }
        }
        for (g, x) in groups.iter().zip(v.iter_mut()) {
            *x /= totals.get(g).map_or(1.0, |t| t.1);
        }
        let y = cast(&x, dtype)?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        // y·(g − Σ y·g), the sum over the entries of a row.
        let (at, shape, y, g) = (c.input(0), c.input(2), c.output(0), c.grad(0)?);
        let product = c.mul(y, g)?;
        let axis = c.int_vector(&[-1])?;
        let sums = c.op("SparseReduceSum", &[at, product, shape, axis], crate::graph::attr::Attrs::new().with("keep_dims", true))?;
        let negative = c.neg(sums)?;
        let moved = c.call("SparseDenseCwiseAdd", &[at, g, shape, negative])?;
        let r = c.mul(y, moved)?;
        c.set(1, r);
        Ok(())
    }),
    sample: Some(|d| {
        let dims = d.full_dims(2, 3);
        case(d, &dims)
    }),
    ..OpDef::BASE
};
