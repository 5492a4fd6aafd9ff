//! Samples of classes by how often they occur: FixedUnigramCandidateSampler (counts given), LearnedUnigramCandidateSampler and
//! ThreadUnsafeUnigramCandidateSampler (counts of the true classes seen so far).

use std::path::Path;

use graphpb_kernels::random::{Philox, Stream};

use super::candidates::{LOG_UNIFORM_CANDIDATE_SAMPLER, Law, blocks, sample, wanted};
use super::{SEEDS, first_generator};
use crate::error::{Error, Result};
use crate::io::files;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;

/// The largest file of counts that is read.
const LIMIT: u64 = 1 << 32;

/// A number below `n`, every one with the same probability.
fn below(n: u32, words: &mut Stream) -> u32 {
    if n.is_power_of_two() {
        return words.word() & (n - 1);
    }
    let rest = (u32::MAX % n) + 1;
    loop {
        let v = words.word();
        if v >= rest {
            return v % n;
        }
    }
}

/// Given weights, drawn from by the alias method (Walker, 1977; Vose, 1991).
struct Fixed {
    weights: Vec<f32>,
    total: f32,
    /// The probability of keeping each class, and the one taken instead.
    table: Vec<(f32, u32)>,
}

impl Fixed {
    fn new(weights: Vec<f32>, total: f32) -> Fixed {
        let sum: f64 = weights.iter().map(|&w| w as f64).sum();
        let mut share: Vec<f64> = weights.iter().map(|&w| (w * weights.len() as f32) as f64 / sum).collect();
        let mut table: Vec<(f32, u32)> = (0..weights.len() as u32).map(|i| (0.0, i)).collect();
        let (mut low, mut high): (Vec<usize>, Vec<usize>) = (0..share.len()).partition(|&i| share[i] < 1.0);
        while let (Some(&l), Some(&h)) = (low.last(), high.last()) {
            low.pop();
            high.pop();
            table[l].1 = h as u32;
            share[h] -= 1.0 - share[l];
            if share[h] < 1.0 { low.push(h) } else { high.push(h) }
        }
        for (entry, &p) in table.iter_mut().zip(&share) {
            entry.0 = p as f32;
        }
        // What rounding left over is near one.
        for i in low.into_iter().chain(high) {
            table[i] = (1.0, i as u32);
        }
        Fixed { weights, total, table }
    }

    fn read(c: &KernelCtx, range: u64) -> Result<Fixed> {
        let a = c.attrs();
        let (file, unigrams) = (a.str("vocab_file")?, a.floats("unigrams")?);
        let distortion = a.float("distortion")?;
        let (reserved, shards, shard) = (a.int("num_reserved_ids")?, a.int("num_shards")?.max(1), a.int("shard")?);
        let given: Vec<f32> = match (file.is_empty(), unigrams.is_empty()) {
            (true, true) => return Err(Error::invalid("Must provide either vocab_file or unigrams.")),
            (false, false) => return Err(Error::invalid("Must only provide one of vocab_file and unigrams.")),
            (true, false) => unigrams.to_vec(),
            (false, true) => counts_of(&files::read(Path::new(file), LIMIT)?)?,
        };
        if reserved < 0 || reserved as u64 > range {
            return Err(Error::invalid(format!("range is {range} must be equal to weights size {reserved}")));
        }
        let own = |id: &i64| id % shards == shard;
        let mut weights = vec![0f32; (0..reserved).filter(own).count()];
        let first = weights.len() as i64;
        let mut total = 0f32;
        for (_, w) in (first..).zip(given).filter(|(id, _)| own(id)) {
            let w = w.powf(distortion);
            total += w;
            weights.push(w);
        }
        if weights.len() as u64 != range {
            return Err(Error::invalid(format!("range is {range} must be equal to weights size  {}", weights.len())));
        }
        Ok(Fixed::new(weights, total))
    }
}

/// The last column of each line of a file of comma-separated values.
fn counts_of(bytes: &[u8]) -> Result<Vec<f32>> {
    let text = String::from_utf8_lossy(bytes);
    let number = |line: &str| {
        let last = line.rsplit(',').next().unwrap_or_default();
        last.trim().parse().map_err(|_| Error::invalid(format!("Wrong vocabulary format at line: {line}")))
    };
    text.lines().filter(|l| !l.is_empty()).map(number).collect()
}

impl Law for Fixed {
    fn draw(&self, words: &mut Stream) -> i64 {
        let r = words.single();
        let i = below(self.table.len() as u32, words) as usize;
        let (keep, other) = self.table[i];
        if r < keep { i as i64 } else { other as i64 }
    }
    fn probability(&self, class: i64) -> f32 {
        self.weights.get(class as usize).map_or(0.0, |w| w / self.total)
    }
}

/// Counts, as a tree of sums (Fenwick, 1994).
struct Learned {
    counts: Vec<u32>,
    sums: Vec<u32>,
    total: u32,
}

impl Learned {
    fn new(range: usize) -> Learned {
        let sums = (0..=range as u32).map(|i| i & i.wrapping_neg()).collect();
        Learned { counts: vec![1; range], sums, total: range as u32 }
    }
    fn count(&mut self, class: i64) {
        let Some(n) = self.counts.get_mut(class as usize) else { return };
        *n += 1;
        self.total += 1;
        let mut i = class as usize + 1;
        while let Some(s) = self.sums.get_mut(i) {
            *s += 1;
            i += i & i.wrapping_neg();
        }
    }
}

impl Law for Learned {
    /// The first class up to which there are more than a number drawn below the total.
    fn draw(&self, words: &mut Stream) -> i64 {
        let mut left = below(self.total, words);
        let mut at = 0;
        for step in (0..usize::BITS - self.counts.len().leading_zeros()).rev().map(|b| 1usize << b) {
            if let Some(&s) = self.sums.get(at + step).filter(|&&s| s <= left) {
                left -= s;
                at += step;
            }
        }
        at as i64
    }
    fn probability(&self, class: i64) -> f32 {
        self.counts.get(class as usize).map_or(0.0, |&n| n as f32 / self.total as f32)
    }
}

/// Draw from the node's own `L`, made by `init` when it first runs; `after` sees it and the true classes at the end.
fn run<L: Law + Send + 'static>(
    c: &mut KernelCtx,
    init: impl FnOnce(&KernelCtx, u64) -> Result<L>,
    after: impl FnOnce(&mut L, &[i64]),
) -> Result<()> {
    let (n, range, classes) = wanted(c)?;
    let state = c.state(|| None::<(Philox, L)>);
    let mut state = state.lock().unwrap_or_else(|e| e.into_inner());
    if state.is_none() {
        *state = Some((first_generator(c)?, init(c, range)?));
    }
    let Some((generator, law)) = state.as_mut() else { return Err(Error::internal("the sampler has no state")) };
    let start = *generator;
    generator.skip(blocks(n));
    sample(c, law, start, n, &classes)?;
    after(law, &classes);
    Ok(())
}

pub static FIXED_UNIGRAM_CANDIDATE_SAMPLER: OpDef = OpDef {
    name: "FixedUnigramCandidateSampler",
    doc: "As UniformCandidateSampler, with probabilities in proportion to `unigrams`, or to the last column of `vocab_file`, to the power of `distortion`.",
    attrs: &[
        count("num_true"),
        count("num_sampled"),
        attr("unique", AttrKind::Bool),
        count("range_max"),
        string("vocab_file").default_str(""),
        float("distortion").default_float(1.0),
        int("num_reserved_ids").default_int(0),
        int("num_shards").default_int(1).at_least(1),
        int("shard").default_int(0).at_least(0),
        attr("unigrams", AttrKind::ListFloat).default_empty(),
        SEEDS[0],
        SEEDS[1],
    ],
    kernel: Kernel::Plain(|c| run(c, Fixed::read, |_, _| {})),
    ..LOG_UNIFORM_CANDIDATE_SAMPLER
};

pub static LEARNED_UNIGRAM_CANDIDATE_SAMPLER: OpDef = OpDef {
    name: "LearnedUnigramCandidateSampler",
    doc: "As UniformCandidateSampler, with probabilities in proportion to one more than how often the node has seen each class as a true one.",
    kernel: Kernel::Plain(|c| {
        let init = |_: &KernelCtx, range: u64| match usize::try_from(range) {
            Ok(n) if n < i32::MAX as usize => Ok(Learned::new(n)),
            _ => Err(Error::invalid(format!("Expected range <= kint32max. Got range: {range}"))),
        };
        run(c, init, |law, classes| {
            let room = (i32::MAX as u32).saturating_sub(law.total) as usize;
            classes.iter().take(room).for_each(|&k| law.count(k));
        })
    }),
    ..LOG_UNIFORM_CANDIDATE_SAMPLER
};

pub static THREAD_UNSAFE_UNIGRAM_CANDIDATE_SAMPLER: OpDef =
    OpDef { name: "ThreadUnsafeUnigramCandidateSampler", doc: "The same as LearnedUnigramCandidateSampler.", ..LEARNED_UNIGRAM_CANDIDATE_SAMPLER };
