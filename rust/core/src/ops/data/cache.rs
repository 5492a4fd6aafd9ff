//! CacheDataset: the elements of the first complete pass, kept in memory for the later ones.

use std::sync::Mutex;

use super::*;

type Kept = Arc<Mutex<Option<Arc<Vec<Values>>>>>;

struct Cache {
    input: Source,
    kept: Kept,
}

impl Dataset for Cache {
    fn iterate(&self) -> Box<dyn Elements> {
        match &*self.kept.lock().unwrap_or_else(|e| e.into_inner()) {
            Some(all) => Box::new(Replay { all: all.clone(), at: 0 }),
            None => Box::new(Record { input: Some(self.input.iterate()), seen: Vec::new(), kept: self.kept.clone() }),
        }
    }
    fn cardinality(&self) -> i64 {
        self.input.dataset.cardinality()
    }
}

struct Replay {
    all: Arc<Vec<Values>>,
    at: usize,
}

impl Elements for Replay {
    fn next(&mut self, _: &Env) -> Result<Option<Values>> {
        let e = self.all.get(self.at).cloned();
        self.at += usize::from(e.is_some());
        Ok(e)
    }
}

struct Record {
    input: Option<Box<dyn Elements>>,
    seen: Vec<Values>,
    kept: Kept,
}

impl Elements for Record {
    fn next(&mut self, env: &Env) -> Result<Option<Values>> {
        let Some(input) = &mut self.input else { return Ok(None) };
        match input.next(env)? {
            Some(e) => {
                self.seen.push(e.clone());
                Ok(Some(e))
            }
            None => {
                self.input = None;
                *self.kept.lock().unwrap_or_else(|e| e.into_inner()) = Some(Arc::new(std::mem::take(&mut self.seen)));
                Ok(None)
            }
        }
    }
}

pub static CACHE_DATASET: OpDef = OpDef {
    name: "CacheDataset",
    doc: "The elements, kept in memory by the first pass that reaches the end; `filename` must be empty.",
    inputs: &[INPUT, arg_of("filename", DType::Str)],
    attrs: &[TYPES, SHAPES, METADATA],
    kernel: Kernel::Plain(|c| {
        let input = source(c, 0)?;
        if !text(c, 1)?.is_empty() {
            return Err(
                Error::unimplemented("a dataset is cached in memory only here, not in a file").hint("call Dataset.cache() without a file name.")
            );
        }
        give(c, Cache { input: input.clone(), kept: Kept::default() }, &[&input])
    }),
    ..DATASET
};
