//! CTCLoss and the CTC decoders.

use graphpb_kernels::tensor::filled;
use graphpb_kernels::{DType, Element, Tensor, ctc, shape_text};

use crate::error::{Error, Result};
use crate::graph::attr::Attrs;
use crate::graph::fact::Shape;
use crate::graph::infer::{ShapeCtx, equal_sizes};
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};

const TYPES: &[DType] = &[DType::F32, DType::F64];

pub static CTC_LOSS: OpDef = OpDef {
    name: "CTCLoss",
    doc: "−ln p(labels | softmax(inputs)) of each example [batch] and its derivative [time, batch, classes], for logits of that shape, labels as the \
          indices and values of a sparse matrix, and lengths [batch]. The blank is the last class.",
    inputs: &[arg("inputs", "T"), arg_of("labels_indices", DType::I64), arg_of("labels_values", DType::I32), arg_of("sequence_length", DType::I32)],
    outputs: &[arg("loss", "T"), arg("gradient", "T")],
    attrs: &[
        flag("preprocess_collapse_repeated", false),
        flag("ctc_merge_repeated", true),
        flag("ignore_longer_outputs_than_inputs", false),
        type_in("T", TYPES).default_type(DType::F32),
    ],
    traits: Traits::PURE,
    shape: |c| {
        let x = c.input(0).with_rank(3)?;
        let (indices, values) = (c.input(1).with_rank(2)?, c.input(2).with_rank(1)?);
        equal_sizes(indices.dim(0), values.dim(0))?;
        let batch = equal_sizes(x.dim(1), c.input(3).with_rank(1)?.dim(0))?;
        c.set(0, Shape::vector(batch));
        c.set(1, x.with_dim(1, batch));
        Ok(())
    },
    kernel: Kernel::Plain(|c| if c.input(0).dtype() == DType::F64 { loss::<f64>(c) } else { loss::<f32>(c) }),
    grad: Grad::Rule(|c| {
        let (g, d) = (c.grad(0)?, c.output(1));
        let why =
            "Currently there is no way to take the second  derivative of ctc_loss due to the fused implementation's interaction  with tf.gradients()";
        let d = c.op("PreventGradient", &[d], Attrs::new().with("message", why))?;
        let last = c.int_scalar(-1)?;
        let g = c.call("ExpandDims", &[g, last])?;
        let r = c.mul(g, d)?;
        c.set(0, r);
        Ok(())
    }),
    sample: Some(|d| {
        let (time, batch, classes) = (4 + d.below(3), 1 + d.below(2), 2 + d.below(3));
        let mut indices = Vec::new();
        for b in 0..batch {
            indices.extend((0..1 + d.below(2)).flat_map(|i| [b as i64, i as i64]));
        }
        let n = indices.len() / 2;
        let x = d.tensor(&[time, batch, classes]);
        let values = d.integers(DType::I32, &[n], 0, classes as i64 - 2);
        let lengths = d.integers(DType::I32, &[batch], 4, time as i64);
        // Output 1 has no derivative; output 0 is checked in the kernels' and the Python tests.
        Case::new().input(x).input(Tensor::from_slice(&indices, &[n, 2])).input(values).input(lengths).differentiate(&[])
    }),
    ..OpDef::BASE
};

/// Sizes of the logits, and the lengths, checked.
struct Sequences {
    batch: usize,
    classes: usize,
    lengths: Vec<usize>,
}

impl Sequences {
    fn of(x: &Tensor, lengths: &Tensor) -> Result<Sequences> {
        let &[time, batch, classes] = x.dims() else {
            return Err(Error::invalid("inputs is not a 3-Tensor"));
        };
        if lengths.rank() != 1 {
            return Err(Error::invalid("sequence_length is not a vector"));
        }
        if lengths.len() != batch {
            return Err(Error::invalid(format!("len(sequence_length) != batch_size.  len(sequence_length):  {} batch_size: {batch}", lengths.len())));
        }
        if classes == 0 {
            return Err(Error::invalid("num_classes must be positive"));
        }
        let mut checked = Vec::with_capacity(batch);
        for (b, &n) in lengths.slice::<i32>().iter().enumerate() {
            match usize::try_from(n) {
                Ok(n) if n <= time => checked.push(n),
                _ => return Err(Error::invalid(format!("sequence_length({b}) <= {time}"))),
            }
        }
        Ok(Sequences { batch, classes, lengths: checked })
    }

    /// The logits of step `t` of example `b`.
    fn row<'a, T>(&self, x: &'a [T], t: usize, b: usize) -> &'a [T] {
        let from = (t * self.batch + b) * self.classes;
        &x[from..from + self.classes]
    }
}

fn loss<T: Element + ctc::Float>(c: &mut KernelCtx) -> Result<()> {
    let (x, indices, values) = (c.input(0), c.input(1), c.input(2));
    let s = Sequences::of(x, c.input(3))?;
    if indices.rank() != 2 {
        return Err(Error::invalid("labels_indices is not a matrix"));
    }
    if indices.dims()[1] < 2 && indices.dims()[0] > 0 {
        return Err(Error::invalid("labels_indices second dimension must be >= 2"));
    }
    if values.rank() != 1 {
        return Err(Error::invalid("labels_values is not a vector"));
    }
    if indices.dims()[0] != values.len() {
        return Err(Error::invalid(format!(
            "labels_indices and labels_values must contain the same number of rows, but saw shapes: {} vs. {}",
            shape_text(indices.dims()),
            shape_text(values.dims())
        )));
    }
    if s.batch == 0 {
        return Err(Error::invalid("batch_size must not be 0"));
    }
    let mut labels: Vec<Vec<i32>> = vec![Vec::new(); s.batch];
    let width = indices.dims()[1].max(1);
    for (at, &value) in indices.slice::<i64>().chunks_exact(width).zip(values.slice::<i32>()) {
        let b = at.first().copied().unwrap_or(-1);
        let Some(row) = usize::try_from(b).ok().and_then(|b| labels.get_mut(b)) else {
            return Err(Error::invalid(format!("labels batch index must be between 0 and {} but saw: {b}", s.batch)));
        };
        row.push(value);
    }
    let settings = ctc::Settings {
        collapse_repeated: c.attrs().bool("preprocess_collapse_repeated")?,
        merge_repeated: c.attrs().bool("ctc_merge_repeated")?,
        ignore_longer: c.attrs().bool("ignore_longer_outputs_than_inputs")?,
    };
    let mut checked = Vec::with_capacity(s.batch);
    for (b, row) in labels.iter().enumerate() {
        checked.push(ctc::Labels::new(row, b, s.classes, s.lengths[b], settings)?);
    }
    let (mut losses, mut gradient) = (Tensor::try_zeros(x.dtype(), &[s.batch])?, Tensor::try_zeros(x.dtype(), x.dims())?);
    let logits = x.slice::<T>();
    for (b, row) in checked.iter().enumerate() {
        let own: Vec<T> = (0..s.lengths[b]).flat_map(|t| s.row(logits, t, b).iter().copied()).collect();
        let mut derivative = own.clone();
        derivative.fill(T::zero());
        losses.slice_mut::<T>()[b] = ctc::loss(row, &own, s.classes, settings, &mut derivative);
        for (t, d) in derivative.chunks_exact(s.classes).enumerate() {
            let from = (t * s.batch + b) * s.classes;
            gradient.slice_mut::<T>()[from..from + s.classes].copy_from_slice(d);
        }
    }
    c.set(0, losses);
    c.set(1, gradient);
    Ok(())
}

pub static CTC_GREEDY_DECODER: OpDef = OpDef {
    name: "CTCGreedyDecoder",
    doc: "The best class of every step of logits [time, batch, classes], without blanks and, with merge_repeated, repetitions: a sparse matrix \
          of labels, and the negated sum of the best logits [batch, 1].",
    inputs: &[arg("inputs", "T"), arg_of("sequence_length", DType::I32)],
    outputs: &[
        arg_of("decoded_indices", DType::I64),
        arg_of("decoded_values", DType::I64),
        arg_of("decoded_shape", DType::I64),
        arg("log_probability", "T"),
    ],
    attrs: &[flag("merge_repeated", false), int("blank_index").default_int(-1), type_in("T", TYPES).default_type(DType::F32)],
    traits: Traits::PURE,
    shape: |c| decoded_shapes(c, 1, 1),
    kernel: Kernel::Plain(|c| if c.input(0).dtype() == DType::F64 { greedy::<f64>(c) } else { greedy::<f32>(c) }),
    grad: Grad::NotDifferentiable("labels are integers"),
    sample: Some(|d| decoder_sample(d).attr("merge_repeated", d.flag())),
    ..OpDef::BASE
};

pub static CTC_BEAM_SEARCH_DECODER: OpDef = OpDef {
    name: "CTCBeamSearchDecoder",
    doc: "The top_paths likeliest label sequences of logits [time, batch, classes] by a search that keeps beam_width prefixes: sparse matrices of \
          labels, and their log probabilities [batch, top_paths].",
    inputs: &[arg("inputs", "T"), arg_of("sequence_length", DType::I32)],
    outputs: &[
        args_of("decoded_indices", "top_paths", DType::I64),
        args_of("decoded_values", "top_paths", DType::I64),
        args_of("decoded_shape", "top_paths", DType::I64),
        arg("log_probability", "T"),
    ],
    attrs: &[int("beam_width").at_least(1), int("top_paths").at_least(1), flag("merge_repeated", true), type_in("T", TYPES).default_type(DType::F32)],
    traits: Traits::PURE,
    shape: |c| {
        let paths = c.attrs().int("top_paths")?;
        decoded_shapes(c, (c.outputs() - 1) / 3, paths)
    },
    kernel: Kernel::Plain(|c| if c.input(0).dtype() == DType::F64 { beam::<f64>(c) } else { beam::<f32>(c) }),
    grad: Grad::NotDifferentiable("labels are integers"),
    sample: Some(|d| decoder_sample(d).attr("beam_width", 4i64).attr("top_paths", 2i64).attr("merge_repeated", d.flag())),
    ..OpDef::BASE
};

fn decoder_sample(d: &mut Draw) -> Case {
    let (time, batch, classes) = (2 + d.below(4), 1 + d.below(3), 3 + d.below(2));
    let x = d.tensor(&[time, batch, classes]);
    let lengths = d.integers(DType::I32, &[batch], 2, time as i64);
    Case::new().input(x).input(lengths)
}

fn decoded_shapes(c: &mut ShapeCtx, paths: usize, columns: i64) -> Result<()> {
    let batch = equal_sizes(c.input(0).with_rank(3)?.dim(1), c.input(1).with_rank(1)?.dim(0))?;
    for i in 0..paths {
        c.set(i, Shape::of(&[-1, 2]));
        c.set(paths + i, Shape::vector(-1));
        c.set(2 * paths + i, Shape::vector(2));
    }
    c.set(3 * paths, Shape::of(&[batch, columns]));
    Ok(())
}

fn greedy<T: Element + ctc::Float>(c: &mut KernelCtx) -> Result<()> {
    let x = c.input(0);
    let s = Sequences::of(x, c.input(1))?;
    let merge = c.attrs().bool("merge_repeated")?;
    let given = c.attrs().int("blank_index")?;
    let index = if given < 0 { given.saturating_add(s.classes as i64) } else { given };
    let blank = usize::try_from(index).ok().filter(|&i| i < s.classes);
    let blank = blank.ok_or_else(|| Error::invalid(format!("blank_index expected to be between {} and {}", -(s.classes as i64), s.classes - 1)))?;
    let logits = x.slice::<T>();
    let (mut paths, mut sums) = (Vec::new(), Vec::new());
    for (b, &n) in s.lengths.iter().enumerate() {
        let (path, sum) = ctc::greedy(n, |t| s.row(logits, t, b), blank, merge);
        paths.push(path);
        sums.push(sum);
    }
    let sums = Tensor::from_slice(&sums, &[s.batch, 1]);
    let [indices, values, shape] = sparse(&paths);
    c.set(0, indices);
    c.set(1, values);
    c.set(2, shape);
    c.set(3, sums);
    Ok(())
}

fn beam<T: Element + ctc::Float>(c: &mut KernelCtx) -> Result<()> {
    let x = c.input(0);
    let s = Sequences::of(x, c.input(1))?;
    let (width, count) = (c.attrs().int("beam_width")? as usize, c.attrs().int("top_paths")? as usize);
    if count > width {
        return Err(Error::invalid("requested more paths than the beam width."));
    }
    let merge = c.attrs().bool("merge_repeated")?;
    let logits = x.slice::<T>();
    let (mut paths, mut likely) = (filled(count, Vec::new())?, Vec::new());
    for (b, &n) in s.lengths.iter().enumerate() {
        let found = ctc::beam_search(n, |t| s.row(logits, t, b), width, count, merge);
        let found = found.ok_or_else(|| Error::invalid("Less leaves in the beam search than requested."))?;
        for (list, (path, log_p)) in paths.iter_mut().zip(found) {
            list.push(path);
            likely.push(log_p);
        }
    }
    let likely = Tensor::from_slice(&likely, &[s.batch, count]);
    for (i, list) in paths.iter().enumerate() {
        for (k, t) in sparse(list).into_iter().enumerate() {
            c.set(k * count + i, t);
        }
    }
    c.set(3 * count, likely);
    Ok(())
}

/// Label sequences as a sparse matrix: indices, values, shape.
fn sparse(paths: &[Vec<i64>]) -> [Tensor; 3] {
    let values: Vec<i64> = paths.iter().flatten().copied().collect();
    let indices: Vec<i64> = paths.iter().enumerate().flat_map(|(b, p)| (0..p.len()).flat_map(move |i| [b as i64, i as i64])).collect();
    let longest = paths.iter().map(Vec::len).max().unwrap_or(0);
    [Tensor::from_slice(&indices, &[values.len(), 2]), Tensor::vector(&values), Tensor::vector(&[paths.len() as i64, longest as i64])]
}
