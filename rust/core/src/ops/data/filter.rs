//! FilterDataset and TakeWhileDataset: the elements, or the first elements, for which a predicate holds.

use super::*;

struct Filter {
    input: Source,
    f: Arc<Captured>,
    /// End at the first element that does not pass.
    until: bool,
}

impl Dataset for Filter {
    fn iterate(&self) -> Box<dyn Elements> {
        Box::new(FilterPass { input: Some(self.input.iterate()), f: self.f.clone(), until: self.until })
    }
}

struct FilterPass {
    input: Option<Box<dyn Elements>>,
    f: Arc<Captured>,
    until: bool,
}

impl Elements for FilterPass {
    fn next(&mut self, env: &Env) -> Result<Option<Values>> {
        while let Some(input) = &mut self.input {
            env.check_cancelled()?;
            let Some(e) = input.next(env)? else {
                self.input = None;
                break;
            };
            if self.f.holds(env, e.iter().cloned())? {
                return Ok(Some(e));
            }
            if self.until {
                self.input = None;
            }
        }
        Ok(None)
    }
}

fn filter(c: &mut KernelCtx, functions: &[Arc<Function>], until: bool) -> Result<()> {
    let input = source(c, 0)?;
    let n = captures(c)?;
    let f = Arc::new(captured(c, functions, 1..1 + n)?);
    give(c, Filter { input: input.clone(), f, until }, &[&input])
}

const PREDICATE: AttrSpec = attr("predicate", AttrKind::Func);
const OTHERS: Arg = args_by_types("other_arguments", "Targuments");

pub static FILTER_DATASET: OpDef = OpDef {
    name: "FilterDataset",
    doc: "The elements for which `predicate` gives true.",
    inputs: &[INPUT, OTHERS],
    attrs: &[PREDICATE, ARGUMENTS, TYPES, SHAPES, METADATA],
    kernel: Kernel::Calling(|c, f| filter(c, f, false)),
    ..DATASET
};

pub static PARALLEL_FILTER_DATASET: OpDef = OpDef {
    name: "ParallelFilterDataset",
    doc: "FilterDataset with a number of calls at a time, which changes nothing here.",
    inputs: &[INPUT, OTHERS, arg_of("num_parallel_calls", DType::I64)],
    attrs: &[PREDICATE, string("deterministic").default_str("default"), ARGUMENTS, TYPES, SHAPES, METADATA],
    kernel: Kernel::Calling(|c, f| filter(c, f, false)),
    ..DATASET
};

pub static TAKE_WHILE_DATASET: OpDef = OpDef {
    name: "TakeWhileDataset",
    doc: "The elements before the first one for which `predicate` gives false.",
    inputs: &[INPUT, OTHERS],
    attrs: &[PREDICATE, ARGUMENTS, TYPES, SHAPES, METADATA],
    kernel: Kernel::Calling(|c, f| filter(c, f, true)),
    ..DATASET
};
