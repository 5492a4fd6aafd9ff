//! A state carried from element to element: ScanDataset, ReduceDataset; and what a whole dataset is asked for.

use super::*;
use crate::error::Code;
use crate::session::env::State;

struct Scan {
    input: Source,
    initial: Values,
    f: Arc<Captured>,
    keeps: bool,
}

impl Dataset for Scan {
    fn iterate(&self) -> Box<dyn Elements> {
        Box::new(ScanPass { input: self.input.iterate(), state: self.initial.clone(), f: self.f.clone(), keeps: self.keeps })
    }
    fn cardinality(&self) -> i64 {
        if self.keeps { self.input.dataset.cardinality() } else { UNKNOWN }
    }
}

struct ScanPass {
    input: Box<dyn Elements>,
    state: Values,
    f: Arc<Captured>,
    keeps: bool,
}

impl Elements for ScanPass {
    fn next(&mut self, env: &Env) -> Result<Option<Values>> {
        let Some(element) = self.input.next(env)? else { return Ok(None) };
        match self.f.call(env, self.state.iter().cloned().chain(element)) {
            Ok(mut results) => {
                let n = self.state.len();
                if results.len() < n {
                    return Err(Error::invalid(format!("the function gives {} results, the state has {n}", results.len())));
                }
                let output = results.drain(n..).collect();
                self.state = results;
                Ok(Some(output))
            }
            Err(e) if e.code() == Code::OutOfRange && !self.keeps => Ok(None),
            Err(e) => Err(e),
        }
    }
}

const OTHERS: Arg = args_by_types("other_arguments", "Targuments");
const INITIAL: Arg = args_by_types("initial_state", "Tstate");
const STATE: AttrSpec = attr("Tstate", AttrKind::ListType).at_least(1);

pub static SCAN_DATASET: OpDef = OpDef {
    name: "ScanDataset",
    doc: "What `f` makes of a state and each element, besides the next state.",
    inputs: &[INPUT, INITIAL, OTHERS],
    attrs: &[
        attr("f", AttrKind::Func),
        STATE,
        ARGUMENTS,
        TYPES,
        SHAPES,
        flag("preserve_cardinality", false),
        flag("use_default_device", true),
        METADATA,
    ],
    kernel: Kernel::Calling(|c, functions| {
        let input = source(c, 0)?;
        let (s, n) = (c.attrs().dtypes("Tstate")?.len(), captures(c)?);
        let keeps = c.attrs().bool("preserve_cardinality")?;
        let initial = kept(c, 1..1 + s);
        let f = Arc::new(captured(c, functions, 1 + s..1 + s + n)?);
        give(c, Scan { input: input.clone(), initial, f, keeps }, &[&input])
    }),
    ..DATASET
};

/// The stated shapes of the outputs.
pub(super) fn stated_outputs(c: &mut crate::graph::infer::ShapeCtx) -> Result<()> {
    for (i, s) in c.attrs().shapes("output_shapes")?.iter().enumerate() {
        c.set(i, s.clone());
    }
    Ok(())
}

/// Set the outputs to the tensors of an element, which must be what the attributes state.
pub(super) fn set_element(c: &mut KernelCtx, element: Values) -> Result<()> {
    let (types, shapes) = stated(c.attrs())?;
    check_element(&element, &types, &shapes)?;
    element.into_iter().enumerate().for_each(|(i, t)| c.set(i, t));
    Ok(())
}

pub static REDUCE_DATASET: OpDef = OpDef {
    name: "ReduceDataset",
    doc: "The last state when `f` makes the next one of the state and each element.",
    inputs: &[INPUT, INITIAL, OTHERS],
    outputs: &[args_by_types("components", "output_types")],
    attrs: &[attr("f", AttrKind::Func), STATE, ARGUMENTS, TYPES, SHAPES, flag("use_inter_op_parallelism", true), METADATA],
    traits: Traits::STATEFUL.and(Traits::CALLS_OUT),
    shape: stated_outputs,
    kernel: Kernel::Calling(|c, functions| {
        let input = source(c, 0)?;
        let (s, n) = (c.attrs().dtypes("Tstate")?.len(), captures(c)?);
        let mut state = kept(c, 1..1 + s);
        let f = captured(c, functions, 1 + s..1 + s + n)?;
        let outer = c.env();
        let env = outer.within(Arc::new(outer.beside()));
        let mut pass = input.iterate();
        while let Some(element) = pass.next(&env)? {
            env.check_cancelled()?;
            state = f.call(&env, state.into_iter().chain(element))?;
        }
        set_element(c, state)
    }),
    grad: NO_GRADIENT,
    ..OpDef::BASE
};

/// A pass for one kernel, with states of its own.
fn first_two(input: &Source, env: &Env) -> Result<(Option<Values>, bool)> {
    let local: Arc<State> = Arc::new(env.beside());
    let env = env.within(local);
    let mut pass = input.iterate();
    let first = pass.next(&env)?;
    let more = first.is_some() && pass.next(&env)?.is_some();
    Ok((first, more))
}

pub static DATASET_TO_SINGLE_ELEMENT: OpDef = OpDef {
    name: "DatasetToSingleElement",
    doc: "The only element of a dataset. INVALID_ARGUMENT when there is none, or more than one.",
    inputs: &[arg_of("dataset", DType::Variant)],
    outputs: &[args_by_types("components", "output_types")],
    attrs: &[TYPES, SHAPES, METADATA],
    traits: Traits::STATEFUL.and(Traits::CALLS_OUT),
    shape: stated_outputs,
    kernel: Kernel::Plain(|c| {
        let input = source(c, 0)?;
        let env = c.env();
        match first_two(&input, env)? {
            (Some(e), false) => set_element(c, e),
            (None, _) => Err(Error::invalid("Dataset was empty.")),
            (Some(_), true) => Err(Error::invalid("Dataset had more than one element.")),
        }
    }),
    grad: NO_GRADIENT,
    ..OpDef::BASE
};

pub static DATASET_CARDINALITY: OpDef = OpDef {
    name: "DatasetCardinality",
    doc: "The number of elements; −1: without end, −2: not known without reading them.",
    inputs: &[INPUT],
    outputs: &[arg_of("cardinality", DType::I64)],
    attrs: &[string("cardinality_options").default_str("")],
    shape: crate::graph::infer::scalars,
    kernel: Kernel::Plain(|c| {
        let n = source(c, 0)?.dataset.cardinality();
        c.set(0, Tensor::scalar(n));
        Ok(())
    }),
    grad: NO_GRADIENT,
    ..OpDef::BASE
};
