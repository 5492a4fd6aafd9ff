//! BatchDataset and UnbatchDataset: consecutive elements stacked into one, and the reverse.

use super::*;
use graphpb_kernels::movement::concat::pack;
use graphpb_kernels::shape_text;

pub(super) struct Batch {
    pub input: Source,
    pub size: usize,
    pub drop_remainder: bool,
}

impl Dataset for Batch {
    fn iterate(&self) -> Box<dyn Elements> {
        Box::new(BatchPass { input: Some(self.input.iterate()), size: self.size, drop_remainder: self.drop_remainder })
    }
    fn cardinality(&self) -> i64 {
        let n = self.input.dataset.cardinality();
        let size = i64::try_from(self.size).unwrap_or(i64::MAX);
        if n < 0 { n } else { n / size + i64::from(!self.drop_remainder && n % size > 0) }
    }
}

struct BatchPass {
    /// None after the end.
    input: Option<Box<dyn Elements>>,
    size: usize,
    drop_remainder: bool,
}

/// The elements of one batch, collected: memory is taken for those that exist only. Empty at the end.
pub(super) fn collect(input: &mut Option<Box<dyn Elements>>, size: usize, drop_remainder: bool, env: &Env) -> Result<Vec<Values>> {
    let mut elements = Vec::new();
    while elements.len() < size {
        env.check_cancelled()?;
        let Some(pass) = input else { break };
        match pass.next(env)? {
            Some(e) => elements.push(e),
            None => *input = None,
        }
    }
    if drop_remainder && elements.len() < size {
        elements.clear();
    }
    if let Some(bad) = elements.iter().find(|e| e.len() != elements[0].len()) {
        return Err(Error::invalid(format!("Cannot batch elements of {} and of {} components", elements[0].len(), bad.len())));
    }
    Ok(elements)
}

/// The tensors of component `k`, stacked along a new first axis.
pub(super) fn stack(elements: &[Values], k: usize) -> Result<Tensor> {
    let parts: Vec<&Tensor> = elements.iter().map(|e| &e[k]).collect();
    let first = parts[0];
    for (i, t) in parts.iter().enumerate() {
        if t.dtype() != first.dtype() {
            let (a, b) = (first.dtype().c_name(), t.dtype().c_name());
            return Err(Error::invalid(format!("Cannot batch tensors of different types in component {k}: {a} and {b}.")));
        }
        if t.len() != first.len() {
            return Err(Error::invalid(format!(
                "Cannot add tensor to the batch: number of elements does not match. Shapes are: [tensor]: {}, [batch]: {}",
                shape_text(t.dims()),
                shape_text(first.dims())
            ))
            .hint("pad the elements with Dataset.padded_batch, or give them one shape in Dataset.map."));
        }
        if t.dims() != first.dims() {
            return Err(Error::invalid(format!(
                "Cannot batch tensors with different shapes in component {k}. First element had shape {} and element {i} had shape {}.",
                shape_text(first.dims()),
                shape_text(t.dims())
            )));
        }
    }
    Ok(pack(&parts, 0)?)
}

impl Elements for BatchPass {
    fn next(&mut self, env: &Env) -> Result<Option<Values>> {
        let elements = collect(&mut self.input, self.size, self.drop_remainder, env)?;
        let Some(first) = elements.first() else { return Ok(None) };
        let stacked = (0..first.len()).map(|k| stack(&elements, k)).collect::<Result<_>>()?;
        Ok(Some(stacked))
    }
}

/// Input `i` as a positive number of elements.
pub(super) fn size(c: &KernelCtx, i: usize, message: &str) -> Result<usize> {
    usize::try_from(c.int(i)?).ok().filter(|&n| n > 0).ok_or_else(|| Error::invalid(message))
}

pub static BATCH_DATASET: OpDef = OpDef {
    name: "BatchDataset",
    doc: "Each `batch_size` elements stacked; the last batch may be smaller.",
    inputs: &[INPUT, arg_of("batch_size", DType::I64)],
    attrs: &[TYPES, SHAPES, METADATA],
    kernel: Kernel::Plain(|c| {
        let input = source(c, 0)?;
        let size = size(c, 1, "Batch size must be greater than zero.")?;
        give(c, Batch { input: input.clone(), size, drop_remainder: false }, &[&input])
    }),
    ..DATASET
};

fn batch(c: &mut KernelCtx, drop_at: usize) -> Result<()> {
    let input = source(c, 0)?;
    let size = size(c, 1, "Batch size must be greater than zero.")?;
    let drop_remainder = truth(c, drop_at)?;
    give(c, Batch { input: input.clone(), size, drop_remainder }, &[&input])
}

pub static BATCH_DATASET_V2: OpDef = OpDef {
    name: "BatchDatasetV2",
    doc: "Each `batch_size` elements stacked; a smaller last batch is left out with `drop_remainder`.",
    inputs: &[INPUT, arg_of("batch_size", DType::I64), arg_of("drop_remainder", DType::Bool)],
    attrs: &[flag("parallel_copy", false), TYPES, SHAPES, METADATA],
    kernel: Kernel::Plain(|c| batch(c, 2)),
    ..DATASET
};

pub static PARALLEL_BATCH_DATASET: OpDef = OpDef {
    name: "ParallelBatchDataset",
    doc: "BatchDatasetV2 with a number of batches at a time, which changes nothing here.",
    inputs: &[INPUT, arg_of("batch_size", DType::I64), arg_of("num_parallel_calls", DType::I64), arg_of("drop_remainder", DType::Bool)],
    attrs: &[flag("parallel_copy", false), TYPES, SHAPES, string("deterministic").default_str("default"), METADATA],
    kernel: Kernel::Plain(|c| batch(c, 3)),
    ..DATASET
};

struct Unbatch(Source);

impl Dataset for Unbatch {
    fn iterate(&self) -> Box<dyn Elements> {
        Box::new(UnbatchPass { input: self.0.iterate(), batch: Values::new(), rows: 0, at: 0 })
    }
}

struct UnbatchPass {
    input: Box<dyn Elements>,
    batch: Values,
    rows: usize,
    at: usize,
}

impl Elements for UnbatchPass {
    fn next(&mut self, env: &Env) -> Result<Option<Values>> {
        while self.at >= self.rows {
            env.check_cancelled()?;
            let Some(batch) = self.input.next(env)? else { return Ok(None) };
            let mut rows = None;
            for t in &batch {
                let Some(&n) = t.dims().first() else {
                    return Err(Error::invalid("Input element must have a non-scalar value in each component."));
                };
                if *rows.get_or_insert(n) != n {
                    return Err(Error::invalid(format!(
                        "Input element must have the same batch size in each component. Component 0 had size {} but component 1 had size {n}.",
                        rows.unwrap_or(0)
                    )));
                }
            }
            (self.batch, self.rows, self.at) = (batch, rows.unwrap_or(0), 0);
        }
        self.at += 1;
        let row = |t: &Tensor| t.rows(self.at - 1, 1).reshaped(t.dims().get(1..).unwrap_or(&[]));
        Ok(Some(self.batch.iter().map(row).collect()))
    }
}

const UNBATCH: OpDef = OpDef {
    name: "UnbatchDataset",
    doc: "The rows of the elements as elements.",
    inputs: &[INPUT],
    attrs: &[TYPES, SHAPES, METADATA],
    kernel: Kernel::Plain(|c| {
        let input = source(c, 0)?;
        give(c, Unbatch(input.clone()), &[&input])
    }),
    ..DATASET
};
pub static UNBATCH_DATASET: OpDef = UNBATCH;
