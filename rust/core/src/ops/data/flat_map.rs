//! FlatMapDataset and the interleaving datasets: a dataset made of each element, read one after the other or in turns.

use super::*;

/// The turns taken when nothing is said: fixed, so that the order is the same on every machine.
const USUAL_CYCLE: usize = 4;

struct Interleave {
    input: Source,
    f: Arc<Captured>,
    /// Datasets that are open at a time.
    cycle: usize,
    /// Elements taken from one before it is the next one's turn.
    block: usize,
}

impl Dataset for Interleave {
    fn iterate(&self) -> Box<dyn Elements> {
        Box::new(InterleavePass {
            input: Some(self.input.iterate()),
            f: self.f.clone(),
            cycle: self.cycle,
            block: self.block,
            open: Vec::new(),
            turn: 0,
            taken: 0,
        })
    }
}

struct InterleavePass {
    input: Option<Box<dyn Elements>>,
    f: Arc<Captured>,
    cycle: usize,
    block: usize,
    /// The datasets whose turns it is; grows up to `cycle`.
    open: Vec<Option<Box<dyn Elements>>>,
    turn: usize,
    taken: usize,
}

impl InterleavePass {
    fn advance(&mut self) {
        self.taken = 0;
        self.turn += 1;
        // Turns that were never filled stay empty once the input has ended.
        if self.turn >= self.cycle || (self.input.is_none() && self.turn >= self.open.len()) {
            self.turn = 0;
        }
    }
}

impl Elements for InterleavePass {
    fn next(&mut self, env: &Env) -> Result<Option<Values>> {
        loop {
            env.check_cancelled()?;
            if let Some(Some(pass)) = self.open.get_mut(self.turn) {
                match pass.next(env)? {
                    Some(e) => {
                        self.taken += 1;
                        if self.taken == self.block {
                            self.advance();
                        }
                        return Ok(Some(e));
                    }
                    None => {
                        self.open[self.turn] = None;
                        self.advance();
                    }
                }
            } else if let Some(input) = &mut self.input {
                match input.next(env)? {
                    Some(e) => {
                        let pass = Some(self.f.dataset(env, e)?.iterate());
                        match self.open.get_mut(self.turn) {
                            Some(slot) => *slot = pass,
                            None => self.open.push(pass),
                        }
                    }
                    None => self.input = None,
                }
            } else if self.open.iter().any(Option::is_some) {
                self.advance();
            } else {
                return Ok(None);
            }
        }
    }
}

const F: AttrSpec = attr("f", AttrKind::Func);
const OTHERS: Arg = args_by_types("other_arguments", "Targuments");
const CYCLE: Arg = arg_of("cycle_length", DType::I64);
const BLOCK: Arg = arg_of("block_length", DType::I64);
const PARALLEL: Arg = arg_of("num_parallel_calls", DType::I64);
const BUFFER: Arg = arg_of("buffer_output_elements", DType::I64);
const PREFETCH: Arg = arg_of("prefetch_input_elements", DType::I64);
const SLOPPY: Arg = arg_of("sloppy", DType::Bool);
const DETERMINISTIC: AttrSpec = string("deterministic").default_str("default");

pub static FLAT_MAP_DATASET: OpDef = OpDef {
    name: "FlatMapDataset",
    doc: "The elements of the datasets that `f` makes of the elements, one dataset after the other.",
    inputs: &[INPUT, OTHERS],
    attrs: &[F, ARGUMENTS, TYPES, SHAPES, METADATA],
    kernel: Kernel::Calling(|c, functions| {
        let input = source(c, 0)?;
        let n = captures(c)?;
        let f = Arc::new(captured(c, functions, 1..1 + n)?);
        give(c, Interleave { input: input.clone(), f, cycle: 1, block: usize::MAX }, &[&input])
    }),
    ..DATASET
};

fn interleave(c: &mut KernelCtx, functions: &[Arc<Function>]) -> Result<()> {
    let input = source(c, 0)?;
    let n = captures(c)?;
    let cycle = match c.int(1 + n)? {
        // The value of tf.data.experimental.AUTOTUNE.
        -1 => USUAL_CYCLE,
        _ => batch::size(c, 1 + n, "`cycle_length` must be > 0")?,
    };
    let block = batch::size(c, 2 + n, "`block_length` must be > 0")?;
    let f = Arc::new(captured(c, functions, 1..1 + n)?);
    give(c, Interleave { input: input.clone(), f, cycle, block }, &[&input])
}

const INTERLEAVE: OpDef = OpDef {
    name: "InterleaveDataset",
    doc: "The elements of the datasets that `f` makes, `block_length` at a time from `cycle_length` of them in turns.",
    inputs: &[INPUT, OTHERS, CYCLE, BLOCK],
    attrs: &[F, ARGUMENTS, TYPES, SHAPES, METADATA],
    kernel: Kernel::Calling(interleave),
    ..DATASET
};
pub static INTERLEAVE_DATASET: OpDef = INTERLEAVE;

pub static PARALLEL_INTERLEAVE_DATASET: OpDef = OpDef {
    name: "ParallelInterleaveDataset",
    doc: "InterleaveDataset; `sloppy`, which would give up the order, changes nothing here.",
    inputs: &[INPUT, OTHERS, CYCLE, BLOCK, SLOPPY, BUFFER, PREFETCH],
    ..INTERLEAVE
};

pub static PARALLEL_INTERLEAVE_DATASET_V2: OpDef = OpDef {
    name: "ParallelInterleaveDatasetV2",
    doc: "InterleaveDataset with a number of calls at a time, which changes nothing here.",
    inputs: &[INPUT, OTHERS, CYCLE, BLOCK, PARALLEL],
    attrs: &[F, ARGUMENTS, TYPES, SHAPES, flag("sloppy", false), METADATA],
    ..INTERLEAVE
};

pub static PARALLEL_INTERLEAVE_DATASET_V3: OpDef = OpDef {
    name: "ParallelInterleaveDatasetV3",
    doc: "InterleaveDataset with a number of calls at a time, which changes nothing here.",
    inputs: &[INPUT, OTHERS, CYCLE, BLOCK, PARALLEL],
    attrs: &[F, DETERMINISTIC, ARGUMENTS, TYPES, SHAPES, METADATA],
    ..INTERLEAVE
};

pub static PARALLEL_INTERLEAVE_DATASET_V4: OpDef = OpDef {
    name: "ParallelInterleaveDatasetV4",
    doc: "InterleaveDataset with a number of calls at a time and buffers, which change nothing here.",
    inputs: &[INPUT, OTHERS, CYCLE, BLOCK, BUFFER, PREFETCH, PARALLEL],
    attrs: &[F, DETERMINISTIC, ARGUMENTS, TYPES, SHAPES, METADATA],
    ..INTERLEAVE
};

pub static LEGACY_PARALLEL_INTERLEAVE_DATASET_V2: OpDef = OpDef {
    name: "LegacyParallelInterleaveDatasetV2",
    doc: "InterleaveDataset with buffers, which change nothing here.",
    inputs: &[INPUT, OTHERS, CYCLE, BLOCK, BUFFER, PREFETCH],
    attrs: &[F, DETERMINISTIC, ARGUMENTS, TYPES, SHAPES, METADATA],
    ..INTERLEAVE
};
