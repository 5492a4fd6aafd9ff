//! Samples of classes for losses over many classes: UniformCandidateSampler, LogUniformCandidateSampler, AllCandidateSampler, ComputeAccidentalHits.

use std::collections::{HashMap, HashSet};

use graphpb_kernels::random::{Philox, Stream};
use graphpb_kernels::{DType, Tensor};

use super::{SEEDS, reserve};
use crate::error::{Error, Result};
use crate::graph::fact::Shape;
use crate::graph::infer::ShapeCtx;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;

/// Blocks of four words set aside for each sampled class: TensorFlow reserves 2,048 words.
const BLOCKS: u64 = 2048 / 4;

/// A distribution over classes.
pub(super) trait Law {
    fn draw(&self, words: &mut Stream) -> i64;
    fn probability(&self, class: i64) -> f32;
}

/// The classes below the number, all alike.
struct Uniform(u64);

impl Law for Uniform {
    fn draw(&self, words: &mut Stream) -> i64 {
        below(self.0, words) as i64
    }
    fn probability(&self, _: i64) -> f32 {
        (1.0 / self.0 as f64) as f32
    }
}

/// P(k) = ln((k + 2) / (k + 1)) / ln(range + 1), after Zipf.
struct LogUniform(u64);

impl Law for LogUniform {
    fn draw(&self, words: &mut Stream) -> i64 {
        let v = (words.double() * ((self.0 as f64) + 1.0).ln()).exp() as i64 - 1;
        v % self.0 as i64
    }
    fn probability(&self, class: i64) -> f32 {
        (((class as f64 + 2.0) / (class as f64 + 1.0)).ln() / ((self.0 as f64) + 1.0).ln()) as f32
    }
}

/// A number below `n`, every one with the same probability: draws of the incomplete last stretch are thrown away.
fn below(n: u64, words: &mut Stream) -> u64 {
    let mut draw = || {
        let low = words.word();
        low as u64 | (words.word() as u64) << 32
    };
    if n.is_power_of_two() {
        return draw() & (n - 1);
    }
    let rest = (u64::MAX % n) + 1;
    loop {
        let v = draw();
        if v >= rest {
            return v % n;
        }
    }
}

/// How often a class of probability `p` is expected among `sampled` classes that took `tries` draws.
fn expected(p: f32, sampled: usize, tries: u64) -> f32 {
    if tries == sampled as u64 { p * sampled as f32 } else { -((-p).ln_1p() * tries as f32).exp_m1() }
}

pub(super) fn shape(c: &mut ShapeCtx) -> Result<()> {
    let (sampled, true_) = (c.attrs().int("num_sampled")?, c.attrs().int("num_true")?);
    let batch = c.input(0).with_rank(2)?.dim(0);
    c.set(0, Shape::vector(sampled));
    c.set(1, Shape::of(&[batch, true_]));
    c.set(2, Shape::vector(sampled));
    Ok(())
}

fn attr_size(c: &KernelCtx, name: &str) -> Result<usize> {
    usize::try_from(c.attrs().int(name)?).ok().filter(|&n| n > 0 && n < 1 << 40).ok_or_else(|| Error::invalid(format!("{name} must be positive")))
}

/// The true classes, checked to be a matrix of `num_true` columns.
fn truth(c: &KernelCtx) -> Result<Vec<i64>> {
    let (t, columns) = (c.input(0), attr_size(c, "num_true")?);
    if t.rank() != 2 {
        return Err(Error::invalid("true_classes must be a matrix"));
    }
    if t.dims()[1] != columns {
        return Err(Error::invalid(format!("true_classes must have num_true columns, expected: {} was: {columns}", t.dims()[1])));
    }
    Ok(t.slice::<i64>().to_vec())
}

/// How many classes are sampled, the number of classes, and the true ones.
pub(super) fn wanted(c: &KernelCtx) -> Result<(usize, u64, Vec<i64>)> {
    let (n, range, unique) = (attr_size(c, "num_sampled")?, attr_size(c, "range_max")? as u64, c.attrs().bool("unique")?);
    let classes = truth(c)?;
    if unique && n as u64 > range {
        return Err(Error::invalid("Sampler's range is too small."));
    }
    if let Some(k) = classes.iter().find(|&&k| k < 0 || k as u64 >= range) {
        return Err(Error::invalid(format!("`true_candidate` out of range [0, {range}), received {k}")));
    }
    Ok((n, range, classes))
}

/// Blocks of the generator for `n` classes.
pub(super) fn blocks(n: usize) -> u64 {
    BLOCKS * n as u64
}

/// Draw from `law`, starting with `start`, and set the outputs.
pub(super) fn sample(c: &mut KernelCtx, law: &dyn Law, start: Philox, n: usize, classes: &[i64]) -> Result<()> {
    let mut out = Tensor::try_scratch(DType::I64, &[n])?;
    let mut words = Stream::new(start);
    let mut tries = n as u64;
    if c.attrs().bool("unique")? {
        let mut seen = HashSet::with_capacity(n);
        let mut at = 0;
        tries = 0;
        let drawn = out.slice_mut::<i64>();
        while at < n {
            let class = law.draw(&mut words);
            tries += 1;
            if seen.insert(class) {
                drawn[at] = class;
                at += 1;
            }
            if tries % 4096 == 0 {
                c.env().check_cancelled()?;
                if tries > i32::MAX as u64 {
                    return Err(Error::internal("fewer classes than `num_sampled` have a probability above zero"));
                }
            }
        }
    } else {
        out.slice_mut::<i64>().iter_mut().for_each(|v| *v = law.draw(&mut words));
    }
    let count = |&k: &i64| expected(law.probability(k), n, tries);
    let of_true: Vec<f32> = classes.iter().map(count).collect();
    let of_sampled: Vec<f32> = out.slice::<i64>().iter().map(count).collect();
    let dims = c.input(0).dims().to_vec();
    c.set(0, out);
    c.set(1, Tensor::from_slice(&of_true, &dims));
    c.set(2, Tensor::from_slice(&of_sampled, &[n]));
    Ok(())
}

pub static UNIFORM_CANDIDATE_SAMPLER: OpDef = OpDef {
    name: "UniformCandidateSampler",
    doc: "`num_sampled` classes below `range_max`, uniformly; how often each true and each sampled class is expected among them.",
    inputs: &[arg_of("true_classes", DType::I64)],
    outputs: &[arg_of("sampled_candidates", DType::I64), arg_of("true_expected_count", DType::F32), arg_of("sampled_expected_count", DType::F32)],
    attrs: &[count("num_true"), count("num_sampled"), attr("unique", AttrKind::Bool), count("range_max"), SEEDS[0], SEEDS[1]],
    traits: Traits::STATEFUL,
    shape,
    kernel: Kernel::Plain(|c| {
        let (n, range, classes) = wanted(c)?;
        let start = reserve(c, blocks(n))?;
        sample(c, &Uniform(range), start, n, &classes)
    }),
    grad: Grad::NotDifferentiable("the outputs are drawn at random"),
    ..OpDef::BASE
};

pub static LOG_UNIFORM_CANDIDATE_SAMPLER: OpDef = OpDef {
    name: "LogUniformCandidateSampler",
    doc: "As UniformCandidateSampler, with P(k) = ln((k + 2) / (k + 1)) / ln(range_max + 1).",
    kernel: Kernel::Plain(|c| {
        let (n, range, classes) = wanted(c)?;
        let start = reserve(c, blocks(n))?;
        sample(c, &LogUniform(range), start, n, &classes)
    }),
    ..UNIFORM_CANDIDATE_SAMPLER
};

pub static ALL_CANDIDATE_SAMPLER: OpDef = OpDef {
    name: "AllCandidateSampler",
    doc: "All classes below `num_sampled`, each expected once.",
    attrs: &[count("num_true"), count("num_sampled"), attr("unique", AttrKind::Bool), SEEDS[0], SEEDS[1]],
    kernel: Kernel::Plain(|c| {
        let n = attr_size(c, "num_sampled")?;
        let ones = vec![1.0f32; truth(c)?.len()];
        let dims = c.input(0).dims().to_vec();
        let mut all = Tensor::try_scratch(DType::I64, &[n])?;
        all.slice_mut::<i64>().iter_mut().enumerate().for_each(|(i, v)| *v = i as i64);
        let mut each = Tensor::try_scratch(DType::F32, &[n])?;
        each.slice_mut::<f32>().fill(1.0);
        c.set(0, all);
        c.set(1, Tensor::from_slice(&ones, &dims));
        c.set(2, each);
        Ok(())
    }),
    ..UNIFORM_CANDIDATE_SAMPLER
};

pub static COMPUTE_ACCIDENTAL_HITS: OpDef = OpDef {
    name: "ComputeAccidentalHits",
    doc: "The sampled classes that are true ones: row, place among the sampled, and the weight −FLT_MAX of each.",
    inputs: &[arg_of("true_classes", DType::I64), arg_of("sampled_candidates", DType::I64)],
    outputs: &[arg_of("indices", DType::I32), arg_of("ids", DType::I64), arg_of("weights", DType::F32)],
    attrs: &[int("num_true"), SEEDS[0], SEEDS[1]],
    traits: Traits::PURE,
    shape: |c| {
        c.input(0).with_rank(2)?;
        c.input(1).with_rank(1)?;
        for i in 0..3 {
            c.set(i, Shape::vector(-1));
        }
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let classes = truth(c)?;
        if c.input(1).rank() != 1 {
            return Err(Error::invalid("sampled_candidates must be a vector, which is typically an output from CandidateSampler"));
        }
        let columns = attr_size(c, "num_true")?;
        let places: HashMap<i64, i64> = c.input(1).slice::<i64>().iter().enumerate().map(|(i, &k)| (k, i as i64)).collect();
        let (mut rows, mut ids) = (Vec::new(), Vec::new());
        for (i, k) in classes.iter().enumerate() {
            if let Some(&at) = places.get(k) {
                rows.push((i / columns) as i32);
                ids.push(at);
            }
        }
        let weights = vec![-f32::MAX; ids.len()];
        c.set(0, Tensor::vector(&rows));
        c.set(1, Tensor::vector(&ids));
        c.set(2, Tensor::vector(&weights));
        Ok(())
    }),
    grad: Grad::NotDifferentiable("the outputs are places"),
    sample: Some(|d| {
        let (rows, columns, n) = (1 + d.below(3), 1 + d.below(2), d.below(5));
        Case::new().input(d.integers(DType::I64, &[rows, columns], 0, 6)).input(d.integers(DType::I64, &[n], 0, 6)).attr("num_true", columns as i64)
    }),
    ..OpDef::BASE
};
