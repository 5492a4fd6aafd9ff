//! MapDataset and its parallel forms: a function of each element. They run in order, one element at a time.

use super::batch::Batch;
use super::*;
use crate::error::Code;

struct Map {
    input: Source,
    f: Arc<Captured>,
    /// There are as many results as elements.
    keeps: bool,
}

impl Dataset for Map {
    fn iterate(&self) -> Box<dyn Elements> {
        Box::new(MapPass { input: self.input.iterate(), f: self.f.clone(), keeps: self.keeps })
    }
    fn cardinality(&self) -> i64 {
        if self.keeps { self.input.dataset.cardinality() } else { UNKNOWN }
    }
}

struct MapPass {
    input: Box<dyn Elements>,
    f: Arc<Captured>,
    keeps: bool,
}

impl Elements for MapPass {
    fn next(&mut self, env: &Env) -> Result<Option<Values>> {
        let Some(element) = self.input.next(env)? else { return Ok(None) };
        match self.f.call(env, element) {
            Ok(result) => Ok(Some(result)),
            // So a function says that there are no more elements, unless a map has promised as many as its input.
            Err(e) if e.code() == Code::OutOfRange && !self.keeps => Ok(None),
            Err(e) if e.code() == Code::OutOfRange => Err(Error::invalid(format!("Function invocation produced OutOfRangeError: {}", e.message()))),
            Err(e) => Err(e),
        }
    }
}

const F: AttrSpec = attr("f", AttrKind::Func);
const OTHERS: Arg = args_by_types("other_arguments", "Targuments");

fn map(c: &mut KernelCtx, functions: &[Arc<Function>]) -> Result<()> {
    let input = source(c, 0)?;
    let n = captures(c)?;
    let f = Arc::new(captured(c, functions, 1..1 + n)?);
    let keeps = c.attrs().bool("preserve_cardinality")?;
    give(c, Map { input: input.clone(), f, keeps }, &[&input])
}

pub static MAP_DATASET: OpDef = OpDef {
    name: "MapDataset",
    doc: "What `f` makes of each element and `other_arguments`.",
    inputs: &[INPUT, OTHERS],
    attrs: &[
        F,
        ARGUMENTS,
        TYPES,
        SHAPES,
        flag("use_inter_op_parallelism", true),
        flag("preserve_cardinality", false),
        flag("force_synchronous", false),
        METADATA,
    ],
    kernel: Kernel::Calling(map),
    ..DATASET
};

pub static PARALLEL_MAP_DATASET: OpDef = OpDef {
    name: "ParallelMapDataset",
    doc: "MapDataset with a number of calls at a time, which changes nothing here.",
    inputs: &[INPUT, OTHERS, arg_of("num_parallel_calls", DType::I32)],
    attrs: &[
        F,
        ARGUMENTS,
        TYPES,
        SHAPES,
        flag("use_inter_op_parallelism", true),
        flag("sloppy", false),
        flag("preserve_cardinality", false),
        METADATA,
    ],
    kernel: Kernel::Calling(map),
    ..DATASET
};

pub static PARALLEL_MAP_DATASET_V2: OpDef = OpDef {
    name: "ParallelMapDatasetV2",
    doc: "MapDataset with a number of calls at a time, which changes nothing here.",
    inputs: &[INPUT, OTHERS, arg_of("num_parallel_calls", DType::I64)],
    attrs: &[
        F,
        ARGUMENTS,
        TYPES,
        SHAPES,
        flag("use_inter_op_parallelism", true),
        string("deterministic").default_str("default"),
        flag("preserve_cardinality", false),
        flag("use_unbounded_threadpool", false),
        METADATA,
    ],
    kernel: Kernel::Calling(map),
    ..DATASET
};

pub static MAP_AND_BATCH_DATASET: OpDef = OpDef {
    name: "MapAndBatchDataset",
    doc: "MapDataset, then BatchDatasetV2.",
    inputs: &[INPUT, OTHERS, arg_of("batch_size", DType::I64), arg_of("num_parallel_calls", DType::I64), arg_of("drop_remainder", DType::Bool)],
    attrs: &[F, ARGUMENTS, TYPES, SHAPES, flag("preserve_cardinality", false), METADATA],
    kernel: Kernel::Calling(|c, functions| {
        let input = source(c, 0)?;
        let n = captures(c)?;
        let (size, drop_remainder) = (batch::size(c, 1 + n, "batch_size must be greater than zero.")?, truth(c, 3 + n)?);
        let f = Arc::new(captured(c, functions, 1..1 + n)?);
        let keeps = c.attrs().bool("preserve_cardinality")?;
        let (types, shapes) = stated(c.attrs())?;
        let shapes = shapes.iter().map(|s| s.rank().filter(|&r| r > 0).map_or(Shape::UNKNOWN, |r| s.sub(1..r))).collect();
        let mapped = Source { dataset: Arc::new(Map { input: input.clone(), f, keeps }), types, shapes, depth: input.depth + 1 };
        give(c, Batch { input: mapped.clone(), size, drop_remainder }, &[&mapped])
    }),
    ..DATASET
};
