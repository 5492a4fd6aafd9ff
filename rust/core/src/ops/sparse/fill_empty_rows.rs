//! SparseFillEmptyRows: an entry for every row that has none.

use graphpb_kernels::indexing::unique::take_rows;
use graphpb_kernels::movement::concat::concat;
use graphpb_kernels::tensor::filled;
use graphpb_kernels::{Bool, DType, Tensor, shape_text};

use super::*;
use crate::registry::*;

pub static SPARSE_FILL_EMPTY_ROWS: OpDef = OpDef {
    name: "SparseFillEmptyRows",
    doc: "The entries by row, with default_value in column 0 of rows that have none; which those are, and where each entry went.",
    inputs: &[arg_of("indices", DType::I64), arg("values", "T"), arg_of("dense_shape", DType::I64), arg("default_value", "T")],
    outputs: &[
        arg_of("output_indices", DType::I64),
        arg("output_values", "T"),
        arg_of("empty_row_indicator", DType::Bool),
        arg_of("reverse_index_map", DType::I64),
    ],
    attrs: &[type_any("T")],
    traits: Traits::PURE,
    shape: |c| {
        let (count, rank) = facts(c, 0)?;
        c.input(3).with_rank(0)?;
        let rows = c.shape_value(2).dim(0);
        c.set(0, Shape::of(&[-1, rank]));
        c.set(1, Shape::vector(-1));
        c.set(2, Shape::vector(rows));
        c.set(3, Shape::vector(count));
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let s = Sparse::of(c, 0)?;
        let Some(&rows) = s.dims.first() else { return Err(Error::invalid("Dense shape cannot be empty.")) };
        if c.input(3).rank() != 0 {
            return Err(Error::invalid(format!("default_value must be a scalar, saw: {}", shape_text(c.input(3).dims()))));
        }
        graphpb_kernels::tensor::checked_len(DType::I64, &[rows, s.dims.len()])?;
        let mut counts = filled(rows, 0usize)?;
        for i in 0..s.count {
            counts[s.row(i)[0]] += 1;
        }
        let mut empty = filled(rows, Bool::from(false))?;
        let mut next = filled(rows, 0)?;
        let mut total = 0;
        for (r, &n) in counts.iter().enumerate() {
            (next[r], empty[r]) = (total, Bool::from(n == 0));
            total += n.max(1);
        }
        // Entry `s.count` is the default.
        let mut from = filled(total, s.count)?;
        let mut map = Vec::with_capacity(s.count);
        let mut at = filled(total * s.dims.len(), 0usize)?;
        for (r, n) in counts.iter().enumerate() {
            if *n == 0 {
                at[next[r] * s.dims.len()] = r;
            }
        }
        for i in 0..s.count {
            let r = s.row(i)[0];
            from[next[r]] = i;
            at[next[r] * s.dims.len()..(next[r] + 1) * s.dims.len()].copy_from_slice(s.row(i));
            map.push(next[r] as i64);
            next[r] += 1;
        }
        let default = c.input(3).clone().reshaped(&[1]);
        let values = take_rows(&concat(&[c.input(1), &default], 0)?, &from)?;
        c.set(0, coordinates(at.into_iter(), total, s.dims.len()));
        c.set(1, values);
        c.set(2, Tensor::vector(&empty));
        c.set(3, Tensor::vector(&map));
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let (map, g) = (c.output(3), c.grad(1)?);
        let node = c.op_node("SparseFillEmptyRowsGrad", "SparseFillEmptyRowsGrad", &[map, g], crate::graph::attr::Attrs::new())?;
        c.set(1, node.out(0));
        c.set(3, node.out(1));
        Ok(())
    }),
    sample: Some(|d| {
        let dims = d.full_dims(1, 3);
        let case = case(d, &dims);
        case.input(d.tensor(&[]))
    }),
    ..OpDef::BASE
};

pub static SPARSE_FILL_EMPTY_ROWS_GRAD: OpDef = OpDef {
    name: "SparseFillEmptyRowsGrad",
    doc: "The gradients of SparseFillEmptyRows by the values and by the default.",
    inputs: &[arg_of("reverse_index_map", DType::I64), arg("grad_values", "T")],
    outputs: &[arg("d_values", "T"), arg("d_default_value", "T")],
    attrs: &[type_in("T", NUMBERS)],
    traits: Traits::PURE,
    shape: |c| {
        let map = c.input(0).with_rank(1)?;
        c.input(1).with_rank(1)?;
        c.set(0, map);
        c.set(1, Shape::scalar());
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let (&[_], &[n]) = (c.input(0).dims(), c.input(1).dims()) else {
            return Err(Error::invalid("reverse_index_map and grad_values must be vectors"));
        };
        let mut rest = vec![true; n];
        let mut rows = Vec::new();
        for v in c.ints(0)? {
            let r = usize::try_from(v).ok().filter(|&r| r < n);
            let r = r.ok_or_else(|| Error::invalid(format!("Elements in reverse index must be in [0, {n}) but got {v}")))?;
            rest[r] = false;
            rows.push(r);
        }
        let values = take_rows(c.input(1), &rows)?;
        let left: Vec<usize> = (0..n).filter(|&i| rest[i]).collect();
        let default = take_rows(c.input(1), &left)?;
        let default = graphpb_kernels::axes::reduce(graphpb_kernels::axes::Reduce::Sum, default, &[true])?;
        c.set(0, values);
        c.set(1, default.reshaped(&[]));
        Ok(())
    }),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| {
        let g = d.tensor(&[4]);
        Case::new().input(Tensor::vector(&[0i64, 3])).input(g)
    }),
    ..OpDef::BASE
};
