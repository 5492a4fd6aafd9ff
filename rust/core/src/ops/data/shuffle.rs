//! ShuffleDataset and ShuffleAndRepeatDataset: elements drawn at random from a buffer, in TensorFlow's order for equal seeds.

use std::collections::VecDeque;
use std::sync::Mutex;

use super::*;
use crate::ops::random::entropy;
use graphpb_kernels::random::{Philox, Stream};

/// What seeds the draws of each pass.
enum Seeds {
    /// The same pair each time.
    Fixed(u64, u64),
    /// The next two words of a generator: another order each time.
    Drawn(Mutex<Stream>),
}

impl Seeds {
    fn next(&self) -> Stream {
        let (a, b) = match self {
            Seeds::Fixed(a, b) => (*a, *b),
            Seeds::Drawn(s) => {
                let mut s = s.lock().unwrap_or_else(|e| e.into_inner());
                (u64::from(s.word()), u64::from(s.word()))
            }
        };
        Stream::new(Philox::new(a, b))
    }
}

struct Shuffle {
    input: Source,
    size: usize,
    seeds: Arc<Seeds>,
    /// Passes over the input; negative: without end.
    count: i64,
}

impl Dataset for Shuffle {
    fn iterate(&self) -> Box<dyn Elements> {
        Box::new(ShufflePass {
            input: self.input.clone(),
            pass: None,
            size: self.size,
            seeds: self.seeds.clone(),
            draws: self.seeds.next(),
            left: self.count,
            buffer: Vec::new(),
            epochs: VecDeque::new(),
            filled: 0,
            fruitful: false,
        })
    }
    fn cardinality(&self) -> i64 {
        let n = self.input.dataset.cardinality();
        match (n, self.count) {
            (n, 1) => n,
            (0, _) => 0,
            (_, count) if count < 0 => INFINITE,
            (n, _) if n < 0 => n,
            (n, count) => n.saturating_mul(count),
        }
    }
}

/// The part of the buffer that one pass over the input fills: places `start..end`, counted on and on.
struct Epoch {
    start: usize,
    end: usize,
    complete: bool,
}

struct ShufflePass {
    input: Source,
    pass: Option<Box<dyn Elements>>,
    size: usize,
    seeds: Arc<Seeds>,
    draws: Stream,
    left: i64,
    /// A ring of at most `size` places.
    buffer: Vec<Option<Values>>,
    epochs: VecDeque<Epoch>,
    filled: usize,
    /// The pass gave an element.
    fruitful: bool,
}

/// Passes that may stand in the buffer together.
const MOST_EPOCHS: usize = 3;

impl ShufflePass {
    fn fill(&mut self, env: &Env) -> Result<()> {
        while self.filled < self.size && !(self.epochs.len() > MOST_EPOCHS && self.filled > 0) {
            env.check_cancelled()?;
            if self.pass.is_none() {
                if self.left == 0 {
                    return Ok(());
                }
                self.left -= i64::from(self.left > 0);
                self.pass = Some(self.input.iterate());
                let at = self.epochs.back().map_or(0, |e| e.end);
                self.epochs.push_back(Epoch { start: at, end: at, complete: false });
                self.fruitful = false;
            }
            let (Some(pass), Some(epoch)) = (&mut self.pass, self.epochs.back_mut()) else { return Ok(()) };
            match pass.next(env)? {
                Some(e) => {
                    let place = epoch.end % self.size;
                    match self.buffer.get_mut(place) {
                        Some(slot) => *slot = Some(e),
                        None => self.buffer.push(Some(e)),
                    }
                    epoch.end += 1;
                    self.filled += 1;
                    self.fruitful = true;
                }
                None => {
                    epoch.complete = true;
                    self.pass = None;
                    // An empty input would be asked for ever.
                    if !self.fruitful && self.left < 0 {
                        self.left = 0;
                    }
                }
            }
        }
        Ok(())
    }
}

impl Elements for ShufflePass {
    fn next(&mut self, env: &Env) -> Result<Option<Values>> {
        self.fill(env)?;
        if self.filled == 0 {
            return Ok(None);
        }
        while self.epochs.front().is_some_and(|e| e.start == e.end && e.complete) {
            self.epochs.pop_front();
            self.draws = self.seeds.next();
        }
        let Some(epoch) = self.epochs.front_mut() else { return Ok(None) };
        let span = epoch.end - epoch.start;
        let offset = self.draws.word() as usize % span.max(1);
        let (chosen, first) = ((epoch.start + offset) % self.size, epoch.start % self.size);
        epoch.start += 1;
        self.filled -= 1;
        self.buffer.swap(chosen, first);
        self.buffer[first].take().map(Some).ok_or_else(|| Error::internal("the shuffle buffer has a gap"))
    }
}

fn shuffle(c: &mut KernelCtx, count: i64) -> Result<()> {
    let input = source(c, 0)?;
    let size = match c.int(1)? {
        // As many as there are.
        -2 => usize::MAX,
        n => usize::try_from(n)
            .ok()
            .filter(|&n| n > 0)
            .ok_or_else(|| Error::invalid("buffer_size must be greater than zero or UNKNOWN_CARDINALITY"))?,
    };
    let (seed, seed2) = match (c.int(2)?, c.int(3)?) {
        (0, 0) => (entropy(), entropy()),
        (a, b) => (a as u64, b as u64),
    };
    let seeds = match c.attrs().bool("reshuffle_each_iteration")? {
        true => Seeds::Drawn(Mutex::new(Stream::new(Philox::new(seed, seed2)))),
        false => Seeds::Fixed(seed, seed2),
    };
    give(c, Shuffle { input: input.clone(), size, seeds: Arc::new(seeds), count }, &[&input])
}

const BUFFER_SIZE: Arg = arg_of("buffer_size", DType::I64);
const SEED: Arg = arg_of("seed", DType::I64);
const SEED2: Arg = arg_of("seed2", DType::I64);

pub static SHUFFLE_DATASET: OpDef = OpDef {
    name: "ShuffleDataset",
    doc: "The elements in the order in which they are drawn from a buffer of the next `buffer_size` of them.",
    inputs: &[INPUT, BUFFER_SIZE, SEED, SEED2],
    attrs: &[flag("reshuffle_each_iteration", true), TYPES, SHAPES, METADATA],
    kernel: Kernel::Plain(|c| shuffle(c, 1)),
    ..DATASET
};

pub static SHUFFLE_AND_REPEAT_DATASET: OpDef = OpDef {
    name: "ShuffleAndRepeatDataset",
    doc: "ShuffleDataset, then RepeatDataset; the buffer is filled with elements of the next pass in time.",
    inputs: &[INPUT, BUFFER_SIZE, SEED, SEED2, arg_of("count", DType::I64)],
    attrs: &[TYPES, SHAPES, flag("reshuffle_each_iteration", true), METADATA],
    kernel: Kernel::Plain(|c| {
        let count = c.int(4)?;
        if count < -1 || count == 0 {
            return Err(Error::invalid("count must be greater than zero or equal to -1."));
        }
        shuffle(c, count)
    }),
    ..DATASET
};
