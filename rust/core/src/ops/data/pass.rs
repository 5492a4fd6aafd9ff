//! Datasets that change how elements are made and not which: prefetching, options, models. All but one pass their input on.

use super::*;
use crate::error::Code;

/// Output 0 is the input with the stated types.
fn pass(c: &mut KernelCtx) -> Result<()> {
    let input = source(c, 0)?;
    let (types, shapes) = stated(c.attrs())?;
    give_as(c, input.dataset.clone(), types, shapes, &[&input])
}

const PASS: OpDef = OpDef { inputs: &[INPUT], attrs: &[TYPES, SHAPES], kernel: Kernel::Plain(pass), ..DATASET };

pub static PREFETCH_DATASET: OpDef = OpDef {
    name: "PrefetchDataset",
    doc: "The elements; `buffer_size` of them need not be made ahead.",
    inputs: &[INPUT, arg_of("buffer_size", DType::I64)],
    attrs: &[TYPES, SHAPES, int("slack_period").default_int(0), flag("legacy_autotune", true), int("buffer_size_min").default_int(0), METADATA],
    kernel: Kernel::Plain(|c| {
        if c.int(1)? < -1 {
            return Err(Error::invalid("buffer_size must be >= 0 or set buffer_size to be -1 for auto-tuning"));
        }
        pass(c)
    }),
    ..DATASET
};

pub static MODEL_DATASET: OpDef = OpDef {
    name: "ModelDataset",
    doc: "The elements; nothing is tuned here.",
    attrs: &[int("algorithm").default_int(0), int("cpu_budget").default_int(0), int("ram_budget").default_int(0), TYPES, SHAPES],
    ..PASS
};

pub static OPTIMIZE_DATASET: OpDef = OpDef {
    name: "OptimizeDataset",
    doc: "The elements; nothing is rewritten here.",
    inputs: &[INPUT, arg_of("optimizations", DType::Str)],
    attrs: &[TYPES, SHAPES, attr("optimization_configs", AttrKind::ListStr).default_empty()],
    ..PASS
};

pub static OPTIMIZE_DATASET_V2: OpDef = OpDef {
    name: "OptimizeDatasetV2",
    doc: "The elements; nothing is rewritten here.",
    inputs: &[
        INPUT,
        arg_of("optimizations_enabled", DType::Str),
        arg_of("optimizations_disabled", DType::Str),
        arg_of("optimizations_default", DType::Str),
    ],
    attrs: &[TYPES, SHAPES, attr("optimization_configs", AttrKind::ListStr).default_empty()],
    ..PASS
};

pub static OPTIONS_DATASET: OpDef = OpDef {
    name: "OptionsDataset",
    doc: "The elements; `serialized_options` are kept and change nothing here.",
    attrs: &[string("serialized_options"), TYPES, SHAPES, METADATA],
    ..PASS
};

pub static MAX_INTRA_OP_PARALLELISM_DATASET: OpDef = OpDef {
    name: "MaxIntraOpParallelismDataset",
    doc: "The elements; the session says how many threads there are.",
    inputs: &[INPUT, arg_of("max_intra_op_parallelism", DType::I64)],
    ..PASS
};

pub static PRIVATE_THREAD_POOL_DATASET: OpDef = OpDef {
    name: "PrivateThreadPoolDataset",
    doc: "The elements; the session says how many threads there are.",
    inputs: &[INPUT, arg_of("num_threads", DType::I64)],
    ..PASS
};

pub static ASSERT_CARDINALITY_DATASET: OpDef = OpDef {
    name: "AssertCardinalityDataset",
    doc: "The elements; FAILED_PRECONDITION when there are not `cardinality` of them.",
    inputs: &[INPUT, arg_of("cardinality", DType::I64)],
    kernel: Kernel::Plain(|c| {
        let (input, expected) = (source(c, 0)?, c.int(1)?);
        give(c, Counted { input: input.clone(), expected }, &[&input])
    }),
    ..PASS
};

struct Counted {
    input: Source,
    expected: i64,
}

impl Dataset for Counted {
    fn iterate(&self) -> Box<dyn Elements> {
        Box::new(CountedPass { input: self.input.iterate(), expected: self.expected, seen: 0 })
    }
    fn cardinality(&self) -> i64 {
        self.expected
    }
}

struct CountedPass {
    input: Box<dyn Elements>,
    expected: i64,
    seen: i64,
}

impl Elements for CountedPass {
    fn next(&mut self, env: &Env) -> Result<Option<Values>> {
        let e = self.input.next(env)?;
        self.seen += i64::from(e.is_some());
        let elements = |n: i64| if n == 1 { "1 element".to_owned() } else { format!("{n} elements") };
        let wrong = match (&e, self.expected) {
            (None, INFINITE) => Some("an infinite number of elements".to_owned()),
            (None, n) if n >= 0 && self.seen != n => Some(elements(n)),
            (Some(_), n) if n >= 0 && self.seen > n => Some(format!("{} but contained at least {}", elements(n), elements(self.seen))),
            _ => None,
        };
        match wrong {
            None => Ok(e),
            Some(text) if e.is_some() => Err(Error::status(Code::FailedPrecondition, format!("Input dataset was expected to contain {text}."))),
            Some(text) => {
                let seen = elements(self.seen);
                Err(Error::status(Code::FailedPrecondition, format!("Input dataset was expected to contain {text} but contained only {seen}.")))
            }
        }
    }
}

struct IgnoreErrors(Source);

impl Dataset for IgnoreErrors {
    fn iterate(&self) -> Box<dyn Elements> {
        Box::new(IgnoreErrorsPass(self.0.iterate()))
    }
}

struct IgnoreErrorsPass(Box<dyn Elements>);

impl Elements for IgnoreErrorsPass {
    fn next(&mut self, env: &Env) -> Result<Option<Values>> {
        loop {
            env.check_cancelled()?;
            match self.0.next(env) {
                Err(e) if !matches!(e.code(), Code::Cancelled | Code::DeadlineExceeded) => {}
                other => return other,
            }
        }
    }
}

pub static IGNORE_ERRORS_DATASET: OpDef = OpDef {
    name: "IgnoreErrorsDataset",
    doc: "The elements that can be made; those that fail are left out.",
    attrs: &[TYPES, SHAPES, flag("log_warning", false)],
    kernel: Kernel::Plain(|c| {
        let input = source(c, 0)?;
        give(c, IgnoreErrors(input.clone()), &[&input])
    }),
    ..PASS
};
