//! ZipDataset: elements of several datasets side by side.

use super::*;

struct Zip(Vec<Source>);

impl Dataset for Zip {
    fn iterate(&self) -> Box<dyn Elements> {
        Box::new(ZipPass(self.0.iter().map(Source::iterate).collect()))
    }
    fn cardinality(&self) -> i64 {
        let all = || self.0.iter().map(|s| s.dataset.cardinality());
        if all().any(|n| n == UNKNOWN) {
            return UNKNOWN;
        }
        all().filter(|&n| n != INFINITE).min().unwrap_or(INFINITE)
    }
}

struct ZipPass(Vec<Box<dyn Elements>>);

impl Elements for ZipPass {
    fn next(&mut self, env: &Env) -> Result<Option<Values>> {
        let mut all = Values::new();
        for pass in &mut self.0 {
            match pass.next(env)? {
                Some(e) => all.extend(e),
                None => {
                    self.0.clear();
                    return Ok(None);
                }
            }
        }
        Ok((!self.0.is_empty()).then_some(all))
    }
}

pub static ZIP_DATASET: OpDef = OpDef {
    name: "ZipDataset",
    doc: "The elements of several datasets side by side, as long as all have one.",
    inputs: &[args_of("input_datasets", "N", DType::Variant)],
    attrs: &[TYPES, SHAPES, count("N"), METADATA],
    kernel: Kernel::Plain(|c| {
        let inputs: Vec<Source> = (0..c.inputs()).map(|i| source(c, i)).collect::<Result<_>>()?;
        let all: Vec<&Source> = inputs.iter().collect();
        give(c, Zip(inputs.clone()), &all)
    }),
    ..DATASET
};
