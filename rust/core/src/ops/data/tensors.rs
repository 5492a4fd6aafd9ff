//! Datasets of tensors in memory: one element, the rows of tensors, the entries of a sparse tensor, ranges of integers.

use super::*;
use graphpb_kernels::shape_text;

struct Whole(Values);

impl Dataset for Whole {
    fn iterate(&self) -> Box<dyn Elements> {
        Box::new(Once(Some(self.0.clone())))
    }
    fn cardinality(&self) -> i64 {
        1
    }
}

struct Once(Option<Values>);

impl Elements for Once {
    fn next(&mut self, _: &Env) -> Result<Option<Values>> {
        Ok(self.0.take())
    }
}

pub static TENSOR_DATASET: OpDef = OpDef {
    name: "TensorDataset",
    doc: "The dataset whose one element is `components`.",
    inputs: &[args_by_types("components", "Toutput_types")],
    attrs: &[INPUT_TYPES, SHAPES, METADATA],
    traits: Traits::STATEFUL,
    kernel: Kernel::Plain(|c| {
        let n = c.inputs();
        let parts = kept(c, 0..n);
        give(c, Whole(parts), &[])
    }),
    ..DATASET
};

struct Rows {
    components: Values,
    rows: usize,
}

impl Dataset for Rows {
    fn iterate(&self) -> Box<dyn Elements> {
        Box::new(RowsPass { components: self.components.clone(), rows: self.rows, at: 0 })
    }
    fn cardinality(&self) -> i64 {
        self.rows as i64
    }
}

struct RowsPass {
    components: Values,
    rows: usize,
    at: usize,
}

/// Row `i` of a tensor.
fn row(t: &Tensor, i: usize) -> Tensor {
    t.rows(i, 1).reshaped(t.dims().get(1..).unwrap_or(&[]))
}

impl Elements for RowsPass {
    fn next(&mut self, _: &Env) -> Result<Option<Values>> {
        if self.at >= self.rows {
            return Ok(None);
        }
        self.at += 1;
        Ok(Some(self.components.iter().map(|t| row(t, self.at - 1)).collect()))
    }
}

pub static TENSOR_SLICE_DATASET: OpDef = OpDef {
    name: "TensorSliceDataset",
    doc: "The rows of `components`, which have one number of rows, as elements.",
    inputs: &[args_by_types("components", "Toutput_types")],
    attrs: &[INPUT_TYPES, SHAPES, flag("is_files", false), METADATA, flag("replicate_on_split", false)],
    traits: Traits::STATEFUL,
    kernel: Kernel::Plain(|c| {
        let n = c.inputs();
        let mut rows = None;
        for i in 0..n {
            let dims = c.input(i).dims();
            let Some(&first) = dims.first() else { return Err(Error::invalid("All components must be at least 1-dimensional")) };
            if *rows.get_or_insert(first) != first {
                return Err(Error::invalid("All components must have the same size in the 0th dimension"));
            }
        }
        let components = kept(c, 0..n);
        give(c, Rows { components, rows: rows.unwrap_or(0) }, &[])
    }),
    ..DATASET
};

/// The entries of a sparse tensor, sorted by row: those of row `i` are `starts[i]..starts[i + 1]`.
struct SparseRows {
    indices: Tensor,
    values: Tensor,
    shape: Tensor,
    rows: usize,
}

impl Dataset for Arc<SparseRows> {
    fn iterate(&self) -> Box<dyn Elements> {
        Box::new(SparsePass { of: self.clone(), row: 0, entry: 0 })
    }
    fn cardinality(&self) -> i64 {
        self.rows as i64
    }
}

struct SparsePass {
    of: Arc<SparseRows>,
    row: usize,
    entry: usize,
}

impl Elements for SparsePass {
    fn next(&mut self, _: &Env) -> Result<Option<Values>> {
        let s = &*self.of;
        if self.row >= s.rows {
            return Ok(None);
        }
        let rank = s.shape.len();
        let all = s.indices.slice::<i64>();
        let first = self.entry;
        let row_of = |k: usize| all.get(k * rank).copied();
        while row_of(self.entry) == Some(self.row as i64) {
            self.entry += 1;
        }
        let mut indices = Vec::with_capacity((self.entry - first) * (rank - 1));
        for k in first..self.entry {
            indices.extend_from_slice(&all[k * rank + 1..(k + 1) * rank]);
        }
        let n = self.entry - first;
        self.row += 1;
        Ok(Some(Values::from_iter([
            Tensor::from_slice(&indices, &[n, rank - 1]),
            s.values.rows(first, n),
            Tensor::vector(&s.shape.slice::<i64>()[1..]),
        ])))
    }
}

pub static SPARSE_TENSOR_SLICE_DATASET: OpDef = OpDef {
    name: "SparseTensorSliceDataset",
    doc: "The rows of a sparse tensor as elements: their indices, values and shape.",
    inputs: &[arg_of("indices", DType::I64), arg("values", "Tvalues"), arg_of("dense_shape", DType::I64)],
    attrs: &[type_any("Tvalues")],
    traits: Traits::STATEFUL,
    kernel: Kernel::Plain(|c| {
        let (indices, values, shape) = (c.take(0).into_owned(), c.take(1).into_owned(), c.take(2).into_owned());
        let rank = shape.len();
        let fits = indices.rank() == 2 && values.rank() == 1 && shape.rank() == 1 && rank > 0;
        if !fits || indices.dims() != [values.len(), rank] {
            return Err(Error::invalid(format!(
                "a sparse tensor needs indices [n, rank], values [n] and a shape [rank], got {}, {} and {}",
                shape_text(indices.dims()),
                shape_text(values.dims()),
                shape_text(shape.dims())
            )));
        }
        let rows = usize::try_from(shape.slice::<i64>()[0]).map_err(|_| Error::invalid("a sparse tensor cannot have a negative size"))?;
        let (mut last, sizes) = (0, shape.slice::<i64>());
        for entry in indices.slice::<i64>().chunks_exact(rank) {
            if entry.iter().zip(sizes).any(|(i, n)| i < &0 || i >= n) {
                return Err(Error::invalid(format!("an index of the sparse tensor is outside its shape {}", Shape::of(sizes))));
            }
            if entry[0] < last {
                return Err(Error::unimplemented(
                    "The SparseTensor must be ordered in the batch dimension; handling arbitrarily ordered input is not currently supported.",
                ));
            }
            last = entry[0];
        }
        let (dtype, rest) = (values.dtype(), rank as i64 - 1);
        let shapes = vec![Shape::of(&[-1, rest]), Shape::vector(-1), Shape::vector(rest)];
        let rows = Arc::new(SparseRows { indices, values, shape, rows });
        give_as(c, Arc::new(rows), vec![DType::I64, dtype, DType::I64], shapes, &[])
    }),
    ..DATASET
};

#[derive(Clone, Copy)]
struct Range {
    at: i64,
    stop: i64,
    step: i64,
    dtype: DType,
}

impl Dataset for Range {
    fn iterate(&self) -> Box<dyn Elements> {
        Box::new(*self)
    }
    fn cardinality(&self) -> i64 {
        let (span, step) = (self.stop as i128 - self.at as i128, self.step as i128);
        let n = if span.signum() == step.signum() { (span + step - step.signum()) / step } else { 0 };
        i64::try_from(n).unwrap_or(i64::MAX)
    }
}

impl Elements for Range {
    fn next(&mut self, _: &Env) -> Result<Option<Values>> {
        let ended = if self.step > 0 { self.at >= self.stop } else { self.at <= self.stop };
        if ended {
            return Ok(None);
        }
        let v = self.at;
        self.at = self.at.checked_add(self.step).unwrap_or(self.stop);
        let t = match self.dtype {
            DType::I64 => Tensor::scalar(v),
            d => number(d, v)?,
        };
        Ok(Some(Values::from_iter([t])))
    }
}

/// An integer as a scalar of any number type.
fn number(dtype: DType, v: i64) -> Result<Tensor> {
    Ok(graphpb_kernels::pointwise::cast(&Tensor::scalar(v), dtype)?)
}

pub static RANGE_DATASET: OpDef = OpDef {
    name: "RangeDataset",
    doc: "The numbers from `start` to before `stop` in steps of `step`.",
    inputs: &[arg_of("start", DType::I64), arg_of("stop", DType::I64), arg_of("step", DType::I64)],
    attrs: &[TYPES, SHAPES, METADATA, flag("replicate_on_split", false)],
    traits: Traits::STATEFUL,
    kernel: Kernel::Plain(|c| {
        let (at, stop, step) = (c.int(0)?, c.int(1)?, c.int(2)?);
        if step == 0 {
            return Err(Error::invalid("step must be a non-zero integer."));
        }
        let dtype = stated(c.attrs())?.0[0];
        number(dtype, 0)?;
        give(c, Range { at, stop, step, dtype }, &[])
    }),
    ..DATASET
};
