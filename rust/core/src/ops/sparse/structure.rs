//! SparseReorder, SparseConcat, SparseReshape and SparseSlice: coordinates moved, values as they are.

use graphpb_kernels::indexing::unique::take_rows;
use graphpb_kernels::movement::concat::concat;
use graphpb_kernels::{DType, Tensor, shape_text};

use super::*;
use crate::graph::fact::resolve_axis;
use crate::registry::*;

pub static SPARSE_REORDER: OpDef = OpDef {
    name: "SparseReorder",
    doc: "The entries in row-major order of their coordinates.",
    inputs: &[arg_of("input_indices", DType::I64), arg("input_values", "T"), arg_of("input_shape", DType::I64)],
    outputs: &[arg_of("output_indices", DType::I64), arg("output_values", "T")],
    attrs: &[type_any("T")],
    traits: Traits::PURE,
    shape: |c| {
        let (count, rank) = facts(c, 0)?;
        c.set(0, Shape::of(&[count, rank]));
        c.set(1, Shape::vector(count));
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let s = Sparse::of(c, 0)?;
        let mut order: Vec<usize> = (0..s.count).collect();
        order.sort_by_key(|&i| s.flat(i));
        let at = coordinates(order.iter().flat_map(|&i| s.row(i).iter().copied()), s.count, s.dims.len());
        let values = take_rows(c.input(1), &order)?;
        c.set(0, at);
        c.set(1, values);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        // The order is that of the numbers 0, 1, … carried along.
        let (at, shape, g) = (c.input(0), c.input(2), c.grad(1)?);
        let values = c.input(1);
        let count = c.call("Size", &[values])?;
        let (zero, one) = (c.int_scalar(0)?, c.int_scalar(1)?);
        let numbers = c.call("Range", &[zero, count, one])?;
        let moved = c.op_node("SparseReorder", "SparseReorder", &[at, numbers, shape], crate::graph::attr::Attrs::new())?;
        let back = c.call("InvertPermutation", &[moved.out(1)])?;
        let r = c.call("GatherV2", &[g, back, zero])?;
        c.set(1, r);
        Ok(())
    }),
    sample: Some(|d| {
        let dims = d.full_dims(1, 3);
        case(d, &dims)
    }),
    ..OpDef::BASE
};

pub static SPARSE_CONCAT: OpDef = OpDef {
    name: "SparseConcat",
    doc: "Sparse tensors one after the other along concat_dim, in row-major order.",
    inputs: &[args_of("indices", "N", DType::I64), args("values", "N", "T"), args_of("shapes", "N", DType::I64)],
    outputs: &[arg_of("output_indices", DType::I64), arg("output_values", "T"), arg_of("output_shape", DType::I64)],
    attrs: &[int("concat_dim"), count("N").at_least(2), type_any("T")],
    traits: Traits::PURE,
    shape: |c| {
        let n = c.inputs() / 3;
        let (mut total, mut rank) = (0, -1);
        for i in 0..n {
            let (at, values, dims) = (c.input(i).with_rank(2)?, c.input(n + i).with_rank(1)?, c.input(2 * n + i).with_rank(1)?);
            let k = equal_sizes(at.dim(0), values.dim(0))?;
            total = if total < 0 || k < 0 { -1 } else { total + k };
            rank = equal_sizes(rank, equal_sizes(at.dim(1), dims.dim(0))?)?;
        }
        set_facts(c, 0, total, rank);
        Ok(())
    },
    kernel: Kernel::Plain(concatenate),
    grad: Grad::NotDifferentiable("TensorFlow gives it none"),
    sample: Some(|d| {
        let dims = d.full_dims(1, 3);
        let axis = d.below(dims.len());
        let parts: Vec<[Tensor; 3]> = (0..2)
            .map(|_| {
                let mut own = dims.clone();
                own[axis] = d.size();
                draw(d, &own)
            })
            .collect();
        let mut all = Case::new().attr("concat_dim", axis as i64).attr("N", 2i64);
        for k in 0..3 {
            for p in &parts {
                all = if k == 2 { all.constant(p[k].clone()) } else { all.input(p[k].clone()) };
            }
        }
        all
    }),
    ..OpDef::BASE
};

fn concatenate(c: &mut KernelCtx) -> Result<()> {
    let n = c.inputs() / 3;
    let parts: Vec<Sparse> = (0..n).map(|i| Sparse::with(c, i, c.input(n + i).dims(), sizes(c, 2 * n + i)?)).collect::<Result<_>>()?;
    let Some(first) = parts.first() else { return Err(Error::invalid("SparseConcat needs inputs")) };
    let axis = c.attrs().int("concat_dim")?;
    let axis = resolve_axis(axis, first.dims.len()).ok_or_else(|| {
        Error::invalid(format!("Concat dimension must be in range [{}, {}), got {axis}", -(first.dims.len() as i64), first.dims.len()))
    })?;
    let mut dims = first.dims.clone();
    dims[axis] = 0;
    let (mut rows, mut total): (Vec<Vec<usize>>, u64) = (Vec::new(), 0);
    for p in &parts {
        let same = p.dims.len() == dims.len() && (0..dims.len()).all(|k| k == axis || p.dims[k] == dims[k]);
        if !same {
            return Err(Error::invalid(format!(
                "Input shapes must match: expected {} for dimensions other than {axis} but got {}",
                shape_text(&first.dims),
                shape_text(&p.dims)
            )));
        }
        for i in 0..p.count {
            let mut row = p.row(i).to_vec();
            row[axis] += total as usize;
            rows.push(row);
        }
        total = total.saturating_add(p.dims[axis] as u64);
        if total > i64::MAX as u64 {
            return Err(Error::invalid("the dense shape has too many elements"));
        }
    }
    dims[axis] = total as usize;
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|&a, &b| rows[a].cmp(&rows[b]));
    let values = concat(&c.input_range(n..2 * n), 0)?;
    let values = take_rows(&values, &order)?;
    c.set(0, coordinates(order.iter().flat_map(|&i| rows[i].iter().copied()), rows.len(), dims.len()));
    c.set(1, values);
    c.set(2, shape_vector(&dims));
    Ok(())
}

pub static SPARSE_RESHAPE: OpDef = OpDef {
    name: "SparseReshape",
    doc: "Coordinates and shape of the same entries in another dense shape; one size may be −1.",
    inputs: &[arg_of("input_indices", DType::I64), arg_of("input_shape", DType::I64), arg_of("new_shape", DType::I64)],
    outputs: &[arg_of("output_indices", DType::I64), arg_of("output_shape", DType::I64)],
    attrs: &[],
    traits: Traits::PURE,
    shape: |c| {
        let (at, new) = (c.input(0).with_rank(2)?, c.input(2).with_rank(1)?);
        c.input(1).with_rank(1)?;
        c.set(0, Shape::of(&[at.dim(0), new.dim(0)]));
        c.set(1, Shape::vector(new.dim(0)));
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let count = c.input(0).dims().first().copied().unwrap_or(0);
        let s = Sparse::with(c, 0, &[count], sizes(c, 1)?)?;
        let wanted = c.ints(2)?;
        if c.input(2).rank() != 1 {
            return Err(Error::invalid(format!("Target shape should be a vector but received shape {}", shape_text(c.input(2).dims()))));
        }
        let total: usize = s.dims.iter().product();
        let known = wanted.iter().filter(|&&d| d >= 0).try_fold(1usize, |n, &d| n.checked_mul(d as usize));
        let free = wanted.iter().filter(|&&d| d < 0).count();
        let wrong = || {
            let text: Vec<String> = wanted.iter().map(i64::to_string).collect();
            Error::invalid(format!("Input to reshape is a tensor with {total} dense values, but the requested shape is [{}]", text.join(",")))
        };
        let known = known.ok_or_else(wrong)?;
        if free > 1 || wanted.iter().any(|&d| d < -1) {
            return Err(Error::invalid("only one output dimension may be -1"));
        }
        if if free == 1 { known == 0 || total % known != 0 } else { known != total } {
            return Err(wrong());
        }
        let dims: Vec<usize> = wanted.iter().map(|&d| if d < 0 { total / known } else { d as usize }).collect();
        let mut at = vec![0usize; s.count * dims.len()];
        for i in 0..s.count {
            let mut p = s.flat(i);
            for k in (0..dims.len()).rev() {
                at[i * dims.len() + k] = p % dims[k];
                p /= dims[k];
            }
        }
        c.set(0, coordinates(at.into_iter(), s.count, dims.len()));
        c.set(1, shape_vector(&dims));
        Ok(())
    }),
    grad: Grad::NotDifferentiable("the outputs are integers"),
    sample: Some(|d| {
        let dims = d.full_dims(1, 3);
        let [at, _, shape] = draw(d, &dims);
        Case::new().input(at).constant(shape).constant(Tensor::vector(&[-1i64, dims[0] as i64]))
    }),
    ..OpDef::BASE
};

pub static SPARSE_SLICE: OpDef = OpDef {
    name: "SparseSlice",
    doc: "The entries inside a box, given by its first corner and its sizes; coordinates count from that corner.",
    inputs: &[
        arg_of("indices", DType::I64),
        arg("values", "T"),
        arg_of("shape", DType::I64),
        arg_of("start", DType::I64),
        arg_of("size", DType::I64),
    ],
    outputs: &[arg_of("output_indices", DType::I64), arg("output_values", "T"), arg_of("output_shape", DType::I64)],
    attrs: &[type_any("T")],
    traits: Traits::PURE,
    shape: |c| {
        let (_, mut rank) = facts(c, 0)?;
        for i in 3..5 {
            rank = equal_sizes(rank, c.input(i).with_rank(1)?.dim(0))?;
        }
        set_facts(c, 0, -1, rank);
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let s = Sparse::of(c, 0)?;
        let (start, size) = (sizes(c, 3)?, sizes(c, 4)?);
        let rank = s.dims.len();
        if start.len() != rank || size.len() != rank {
            return Err(Error::invalid(format!("Expected start and size to be vectors of length {rank}, got {} and {}", start.len(), size.len())));
        }
        let dims: Vec<usize> = (0..rank).map(|k| size[k].min(s.dims[k].saturating_sub(start[k]))).collect();
        let inside = |i: &usize| s.row(*i).iter().enumerate().all(|(k, &p)| p >= start[k] && p - start[k] < dims[k]);
        let chosen: Vec<usize> = (0..s.count).filter(inside).collect();
        let at = chosen.iter().flat_map(|&i| s.row(i).iter().zip(&start).map(|(p, s)| p - s).collect::<Vec<_>>());
        let at = coordinates(at, chosen.len(), rank);
        let values = take_rows(c.input(1), &chosen)?;
        c.set(0, at);
        c.set(1, values);
        c.set(2, shape_vector(&dims));
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let args = [c.grad(1)?, c.input(0), c.input(3), c.output(0)];
        let r = c.call("SparseSliceGrad", &args)?;
        c.set(1, r);
        Ok(())
    }),
    sample: Some(|d| {
        let dims = d.full_dims(1, 3);
        let start: Vec<i64> = dims.iter().map(|&n| d.below(n) as i64).collect();
        let size: Vec<i64> = dims.iter().map(|&n| d.below(n + 1) as i64).collect();
        case(d, &dims).constant(Tensor::vector(&start)).constant(Tensor::vector(&size))
    }),
    ..OpDef::BASE
};

pub static SPARSE_SLICE_GRAD: OpDef = OpDef {
    name: "SparseSliceGrad",
    doc: "The gradient of SparseSlice by its values: zero for entries outside of the slice.",
    inputs: &[
        arg("backprop_val_grad", "T"),
        arg_of("input_indices", DType::I64),
        arg_of("input_start", DType::I64),
        arg_of("output_indices", DType::I64),
    ],
    outputs: &[arg("val_grad", "T")],
    attrs: &[type_in("T", NUMBERS)],
    traits: Traits::PURE,
    shape: |c| {
        let at = c.input(1).with_rank(2)?;
        c.set(0, Shape::vector(at.dim(0)));
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let (&[n, rank], &[m, other]) = (c.input(1).dims(), c.input(3).dims()) else {
            return Err(Error::invalid("Input and output indices should be matrices"));
        };
        let (from, start, to) = (c.ints(1)?, c.ints(2)?, c.ints(3)?);
        if other != rank || start.len() != rank || c.input(0).dims() != [m] {
            return Err(Error::invalid("The number of dimensions of indices, start and gradients must match"));
        }
        // Entry i of the output stands where its coordinates are among those of the input.
        let moved = |j: usize| (0..rank).map(|k| to[j * rank + k].wrapping_add(start[k])).collect::<Vec<i64>>();
        let places: std::collections::HashMap<Vec<i64>, usize> = (0..m).map(|j| (moved(j), j)).collect();
        let g = c.input(0);
        // One more row, of zeros, for entries that were cut off.
        let zero = Tensor::try_zeros(g.dtype(), &[1])?;
        let padded = concat(&[g, &zero], 0)?;
        let rows: Vec<usize> = (0..n).map(|i| places.get(&from[i * rank..(i + 1) * rank]).copied().unwrap_or(m)).collect();
        let r = take_rows(&padded, &rows)?;
        c.set(0, r);
        Ok(())
    }),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| {
        let at = Tensor::from_slice(&[0i64, 1, 1, 0, 2, 2], &[3, 2]);
        let g = d.tensor(&[2]);
        Case::new().input(g).input(at).input(Tensor::vector(&[1i64, 0])).input(Tensor::from_slice(&[0i64, 0, 1, 2], &[2, 2]))
    }),
    ..OpDef::BASE
};
