//! Datasets that repeat, cut, skip, choose or join elements as they are.

use super::*;

/// Elements of `input`, `count` times over; without end when it is negative.
struct Repeat {
    input: Source,
    count: i64,
}

impl Dataset for Repeat {
    fn iterate(&self) -> Box<dyn Elements> {
        Box::new(RepeatPass { input: self.input.clone(), pass: None, left: self.count, fresh: true })
    }
    fn cardinality(&self) -> i64 {
        let n = self.input.dataset.cardinality();
        match self.count {
            0 => 0,
            count if count < 0 => {
                if n == 0 {
                    0
                } else {
                    INFINITE
                }
            }
            count => {
                if n < 0 {
                    n
                } else {
                    n.saturating_mul(count)
                }
            }
        }
    }
}

struct RepeatPass {
    input: Source,
    pass: Option<Box<dyn Elements>>,
    left: i64,
    /// The pass gave nothing yet.
    fresh: bool,
}

impl Elements for RepeatPass {
    fn next(&mut self, env: &Env) -> Result<Option<Values>> {
        while self.left != 0 {
            env.check_cancelled()?;
            let pass = self.pass.get_or_insert_with(|| self.input.iterate());
            match pass.next(env)? {
                Some(e) => {
                    self.fresh = false;
                    return Ok(Some(e));
                }
                None => {
                    self.pass = None;
                    // An empty input would be asked for ever.
                    if std::mem::replace(&mut self.fresh, true) && self.left < 0 {
                        self.left = 0;
                    }
                    self.left -= i64::from(self.left > 0);
                }
            }
        }
        Ok(None)
    }
}

const COUNT: Arg = arg_of("count", DType::I64);

pub static REPEAT_DATASET: OpDef = OpDef {
    name: "RepeatDataset",
    doc: "The elements `count` times over; without end when it is negative.",
    inputs: &[INPUT, COUNT],
    attrs: &[TYPES, SHAPES, METADATA],
    kernel: Kernel::Plain(|c| {
        let input = source(c, 0)?;
        let count = c.int(1)?;
        give(c, Repeat { input: input.clone(), count }, &[&input])
    }),
    ..DATASET
};

struct Take {
    input: Source,
    count: i64,
}

impl Dataset for Take {
    fn iterate(&self) -> Box<dyn Elements> {
        Box::new(TakePass { input: self.input.iterate(), left: self.count })
    }
    fn cardinality(&self) -> i64 {
        let n = self.input.dataset.cardinality();
        match (n, self.count) {
            (n, count) if count < 0 => n,
            (_, 0) => 0,
            (INFINITE, count) => count,
            (UNKNOWN, _) => UNKNOWN,
            (n, count) => n.min(count),
        }
    }
}

struct TakePass {
    input: Box<dyn Elements>,
    left: i64,
}

impl Elements for TakePass {
    fn next(&mut self, env: &Env) -> Result<Option<Values>> {
        if self.left == 0 {
            return Ok(None);
        }
        let e = self.input.next(env)?;
        match e {
            Some(_) => self.left -= i64::from(self.left > 0),
            None => self.left = 0,
        }
        Ok(e)
    }
}

pub static TAKE_DATASET: OpDef = OpDef {
    name: "TakeDataset",
    doc: "The first `count` elements; all of them when it is negative.",
    inputs: &[INPUT, COUNT],
    attrs: &[TYPES, SHAPES, METADATA],
    kernel: Kernel::Plain(|c| {
        let input = source(c, 0)?;
        let count = c.int(1)?;
        give(c, Take { input: input.clone(), count }, &[&input])
    }),
    ..DATASET
};

struct Skip {
    input: Source,
    count: i64,
}

impl Dataset for Skip {
    fn iterate(&self) -> Box<dyn Elements> {
        Box::new(SkipPass { input: self.input.iterate(), skip: self.count })
    }
    fn cardinality(&self) -> i64 {
        let n = self.input.dataset.cardinality();
        match self.count {
            count if count < 0 => 0,
            count => {
                if n < 0 {
                    n
                } else {
                    (n - count).max(0)
                }
            }
        }
    }
}

struct SkipPass {
    input: Box<dyn Elements>,
    /// Elements that are still to be left out; −1 for all.
    skip: i64,
}

impl Elements for SkipPass {
    fn next(&mut self, env: &Env) -> Result<Option<Values>> {
        if self.skip < 0 {
            return Ok(None);
        }
        while self.skip > 0 {
            env.check_cancelled()?;
            if self.input.next(env)?.is_none() {
                self.skip = -1;
                return Ok(None);
            }
            self.skip -= 1;
        }
        self.input.next(env)
    }
}

pub static SKIP_DATASET: OpDef = OpDef {
    name: "SkipDataset",
    doc: "The elements after the first `count`; none when it is negative.",
    inputs: &[INPUT, COUNT],
    attrs: &[TYPES, SHAPES, METADATA],
    kernel: Kernel::Plain(|c| {
        let input = source(c, 0)?;
        let count = c.int(1)?;
        give(c, Skip { input: input.clone(), count }, &[&input])
    }),
    ..DATASET
};

struct Shard {
    input: Source,
    shards: i64,
    index: i64,
    even: bool,
}

impl Dataset for Shard {
    fn iterate(&self) -> Box<dyn Elements> {
        Box::new(ShardPass { input: self.input.iterate(), shards: self.shards, index: self.index, even: self.even, at: 0 })
    }
    fn cardinality(&self) -> i64 {
        let n = self.input.dataset.cardinality();
        if n < 0 { n } else { n / self.shards + i64::from(self.index < n % self.shards) }
    }
}

struct ShardPass {
    input: Box<dyn Elements>,
    shards: i64,
    index: i64,
    even: bool,
    at: i64,
}

impl Elements for ShardPass {
    fn next(&mut self, env: &Env) -> Result<Option<Values>> {
        loop {
            env.check_cancelled()?;
            let Some(e) = self.input.next(env)? else {
                if self.even && self.at < self.shards {
                    let hint = "Consider reducing the number of shards or using a dataset with more elements.";
                    return Err(Error::invalid(format!(
                        "Dataset does not have enough data for one shard: {} elements for {} shards. {hint}",
                        self.at, self.shards
                    )));
                }
                return Ok(None);
            };
            let mine = self.at % self.shards == self.index;
            self.at += 1;
            if mine {
                return Ok(Some(e));
            }
        }
    }
}

pub static SHARD_DATASET: OpDef = OpDef {
    name: "ShardDataset",
    doc: "Every `num_shards`-th element, from number `index` on.",
    inputs: &[INPUT, arg_of("num_shards", DType::I64), arg_of("index", DType::I64)],
    attrs: &[flag("require_non_empty", false), TYPES, SHAPES, METADATA],
    kernel: Kernel::Plain(|c| {
        let input = source(c, 0)?;
        let (shards, index) = (c.int(1)?, c.int(2)?);
        if shards <= 0 {
            return Err(Error::invalid(format!("Number of shards must be greater than zero (currently num_shards = {shards}).")));
        }
        if index < 0 || index >= shards {
            return Err(Error::invalid(format!("Index must be between 0 and {} (currently index = {index}).", shards - 1)));
        }
        let even = c.attrs().bool("require_non_empty")?;
        give(c, Shard { input: input.clone(), shards, index, even }, &[&input])
    }),
    ..DATASET
};

struct Concatenate(Source, Source);

impl Dataset for Concatenate {
    fn iterate(&self) -> Box<dyn Elements> {
        Box::new(ConcatenatePass { pass: self.0.iterate(), then: Some(self.1.clone()) })
    }
    fn cardinality(&self) -> i64 {
        match (self.0.dataset.cardinality(), self.1.dataset.cardinality()) {
            (INFINITE, _) | (_, INFINITE) => INFINITE,
            (UNKNOWN, _) | (_, UNKNOWN) => UNKNOWN,
            (a, b) => a.saturating_add(b),
        }
    }
}

struct ConcatenatePass {
    pass: Box<dyn Elements>,
    then: Option<Source>,
}

impl Elements for ConcatenatePass {
    fn next(&mut self, env: &Env) -> Result<Option<Values>> {
        loop {
            match (self.pass.next(env)?, &self.then) {
                (Some(e), _) => return Ok(Some(e)),
                (None, None) => return Ok(None),
                (None, Some(then)) => {
                    self.pass = then.iterate();
                    self.then = None;
                }
            }
        }
    }
}

pub static CONCATENATE_DATASET: OpDef = OpDef {
    name: "ConcatenateDataset",
    doc: "The elements of one dataset, then those of another.",
    inputs: &[INPUT, arg_of("another_dataset", DType::Variant)],
    attrs: &[TYPES, SHAPES, METADATA],
    kernel: Kernel::Plain(|c| {
        let (a, b) = (source(c, 0)?, source(c, 1)?);
        if a.types != b.types {
            return Err(Error::invalid("input dataset and dataset to concatenate have different output_types"));
        }
        give(c, Concatenate(a.clone(), b.clone()), &[&a, &b])
    }),
    ..DATASET
};
