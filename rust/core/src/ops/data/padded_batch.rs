//! PaddedBatchDataset: elements of different sizes, padded to one size and stacked.

use super::*;
use crate::error::Code;
use graphpb_kernels::with_width;

/// A component of the batch: the sizes that it must have (None: those of the largest element), and what fills the rest.
#[derive(Clone)]
struct Padding {
    sizes: Vec<Option<usize>>,
    value: Tensor,
}

struct PaddedBatch {
    input: Source,
    size: usize,
    drop_remainder: bool,
    paddings: Arc<Vec<Padding>>,
}

impl Dataset for PaddedBatch {
    fn iterate(&self) -> Box<dyn Elements> {
        let (size, drop_remainder, paddings) = (self.size, self.drop_remainder, self.paddings.clone());
        Box::new(PaddedBatchPass { input: Some(self.input.iterate()), size, drop_remainder, paddings })
    }
}

struct PaddedBatchPass {
    input: Option<Box<dyn Elements>>,
    size: usize,
    drop_remainder: bool,
    paddings: Arc<Vec<Padding>>,
}

/// Copy a block of sizes `from` to the corner of a block of sizes `to`.
fn place<T: Clone>(source: &[T], from: &[usize], target: &mut [T], to: &[usize]) {
    match (from, to) {
        ([_, inner @ ..], [_, wide @ ..]) if !inner.is_empty() => {
            let (step, stride) = (inner.iter().product::<usize>(), wide.iter().product::<usize>());
            if step > 0 && stride > 0 {
                source.chunks_exact(step).zip(target.chunks_exact_mut(stride)).for_each(|(s, t)| place(s, inner, t, wide));
            }
        }
        _ => target.iter_mut().zip(source).for_each(|(t, s)| *t = s.clone()),
    }
}

fn padded(elements: &[Values], k: usize, padding: &Padding) -> Result<Tensor> {
    let rank = padding.sizes.len();
    let mut sizes: Vec<usize> = padding.sizes.iter().map(|s| s.unwrap_or(0)).collect();
    for e in elements {
        let t = &e[k];
        if t.dtype() != padding.value.dtype() {
            let (want, got) = (padding.value.dtype().c_name(), t.dtype().c_name());
            return Err(Error::invalid(format!("Cannot pad component {k}: its values are {got}, the padding is {want}.")));
        }
        if t.rank() != rank {
            return Err(Error::invalid(format!(
                "All elements in a batch must have the same rank as the padded shape for component{k}: expected rank {rank} but got element with rank {}",
                t.rank()
            )));
        }
        for ((size, fixed), &d) in sizes.iter_mut().zip(&padding.sizes).zip(t.dims()) {
            match fixed {
                Some(limit) if d > *limit => {
                    return Err(Error::status(Code::DataLoss, "Attempted to pad to a smaller size than the input element."));
                }
                Some(_) => {}
                None => *size = (*size).max(d),
            }
        }
    }
    let dims = [&[elements.len()], &sizes[..]].concat();
    let mut out = Tensor::try_scratch(padding.value.dtype(), &dims)?;
    let row = sizes.iter().product::<usize>();
    if out.is_empty() {
        return Ok(out);
    }
    if out.dtype() == DType::Str {
        let fill = padding.value.as_strings()[0].clone();
        let all = out.as_strings_mut();
        all.iter_mut().for_each(|s| *s = fill.clone());
        all.chunks_exact_mut(row).zip(elements).for_each(|(target, e)| place(e[k].as_strings(), e[k].dims(), target, &sizes));
    } else {
        let dtype = out.dtype();
        with_width!(dtype, W => {
            let all = out.raw_mut::<W>();
            all.fill(padding.value.raw::<W>()[0]);
            all.chunks_exact_mut(row).zip(elements).for_each(|(target, e)| place(e[k].raw::<W>(), e[k].dims(), target, &sizes));
        }, else { return Err(Error::unimplemented(format!("elements of type {} cannot be padded", dtype.c_name()))) });
    }
    Ok(out)
}

impl Elements for PaddedBatchPass {
    fn next(&mut self, env: &Env) -> Result<Option<Values>> {
        let elements = batch::collect(&mut self.input, self.size, self.drop_remainder, env)?;
        let Some(first) = elements.first() else { return Ok(None) };
        if first.len() != self.paddings.len() {
            return Err(Error::invalid(format!("Elements have {} components, {} padded shapes are given", first.len(), self.paddings.len())));
        }
        let all = self.paddings.iter().enumerate().map(|(k, p)| padded(&elements, k, p)).collect::<Result<_>>()?;
        Ok(Some(all))
    }
}

fn padded_batch(c: &mut KernelCtx, with_remainder: bool) -> Result<()> {
    let input = source(c, 0)?;
    let size = batch::size(c, 1, "Batch size must be greater than zero.")?;
    let n = usize::try_from(c.attrs().int("N")?).unwrap_or(0);
    let drop_remainder = if with_remainder { truth(c, 2 + 2 * n)? } else { false };
    let mut paddings = Vec::new();
    for k in 0..n {
        let sizes = c.ints(2 + k)?.iter().map(|&d| usize::try_from(d).ok()).collect();
        let value = c.take(2 + n + k).into_owned();
        if value.rank() != 0 {
            return Err(Error::invalid("All padding values must be scalars"));
        }
        paddings.push(Padding { sizes, value });
    }
    if c.attrs().dtypes("Toutput_types")?.len() != n {
        return Err(Error::invalid("padded_shapes and padding_values differ in number"));
    }
    give(c, PaddedBatch { input: input.clone(), size, drop_remainder, paddings: Arc::new(paddings) }, &[&input])
}

const SIZE: Arg = arg_of("batch_size", DType::I64);
const PADDED: Arg = args_of("padded_shapes", "N", DType::I64);
const FILL: Arg = args_by_types("padding_values", "Toutput_types");

pub static PADDED_BATCH_DATASET: OpDef = OpDef {
    name: "PaddedBatchDataset",
    doc: "Each `batch_size` elements padded to one size and stacked; the last batch may be smaller.",
    inputs: &[INPUT, SIZE, PADDED, FILL],
    attrs: &[INPUT_TYPES, SHAPES, count("N"), METADATA],
    kernel: Kernel::Plain(|c| padded_batch(c, false)),
    ..DATASET
};

pub static PADDED_BATCH_DATASET_V2: OpDef = OpDef {
    name: "PaddedBatchDatasetV2",
    doc: "Each `batch_size` elements padded to one size and stacked; a smaller last batch is left out with `drop_remainder`.",
    inputs: &[INPUT, SIZE, PADDED, FILL, arg_of("drop_remainder", DType::Bool)],
    attrs: &[flag("parallel_copy", false), INPUT_TYPES, SHAPES, count("N"), METADATA],
    kernel: Kernel::Plain(|c| padded_batch(c, true)),
    ..DATASET
};
