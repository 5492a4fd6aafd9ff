//! Iterators: passes over datasets that a session keeps from run to run.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use super::optional::optional;
use super::reduce::{set_element, stated_outputs};
use super::*;
use crate::error::Code;
use crate::session::env::State;

/// A pass over a dataset, with the states of the functions that it calls.
struct Running {
    pass: Box<dyn Elements>,
    state: Arc<State>,
    ended: bool,
}

/// One iterator of a session; without a pass until it is initialised.
struct Iterator {
    /// What stands for it as a string.
    handle: String,
    types: Vec<DType>,
    shapes: Vec<Shape>,
    running: Mutex<Option<Running>>,
}

impl Iterator {
    fn lock(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(|e| e.into_inner())
    }
    fn start(&self, source: &Source, env: &Env) -> Result<()> {
        source.check(&self.types, &self.shapes)?;
        let running = Running { pass: source.iterate(), state: Arc::new(env.beside()), ended: false };
        *self.lock() = Some(running);
        Ok(())
    }
    fn next(&self, env: &Env) -> Result<Option<Values>> {
        let mut guard = self.lock();
        let Some(running) = guard.as_mut() else {
            return Err(Error::status(
                Code::FailedPrecondition,
                "GetNext() failed because the iterator has not been initialized. Ensure that you have run the initializer operation for this iterator before getting the next element.",
            ));
        };
        if running.ended {
            return Ok(None);
        }
        let element = running.pass.next(&env.within(running.state.clone()))?;
        running.ended = element.is_none();
        Ok(element)
    }
    fn resource(self: &Arc<Iterator>) -> Tensor {
        Tensor::handles(DType::Resource, vec![self.clone() as Handle], &[])
    }
}

/// The iterators of a session by their strings.
type Named = HashMap<String, Arc<Iterator>>;

/// The key of the iterators among the states of a session; nodes count from 0.
const NAMED: u64 = u64::MAX;

/// The iterator of a name, made on first use.
fn named(c: &KernelCtx) -> Result<Arc<Iterator>> {
    let attr = |n: &str| c.attrs().str(n).unwrap_or("").to_owned();
    let (shared, container) = (attr("shared_name"), attr("container"));
    let name = if shared.is_empty() { c.name() } else { &shared };
    let handle = format!("{container}/{name}");
    let (types, shapes) = stated(c.attrs())?;
    let all = c.env().state(NAMED, Named::new);
    let mut all = all.lock().unwrap_or_else(|e| e.into_inner());
    if let Some(found) = all.get(&handle) {
        if found.types != types {
            return Err(Error::invalid(format!("the iterator {name} exists with elements of other types")));
        }
        return Ok(found.clone());
    }
    let made = Arc::new(Iterator { handle: handle.clone(), types, shapes, running: Mutex::new(None) });
    all.insert(handle, made.clone());
    Ok(made)
}

/// The iterator that input `i` stands for.
fn iterator(c: &KernelCtx, i: usize) -> Result<Arc<Iterator>> {
    let h = c.input(i).as_handles().first().cloned();
    h.and_then(|h| h.downcast::<Iterator>().ok()).ok_or_else(|| Error::invalid(format!("input {i} is not an iterator")))
}

/// An iterator may wait for Python code, or for another run that does.
const RUNS: Traits = Traits::STATEFUL.and(Traits::CALLS_OUT);

const RESOURCE: Arg = arg_of("handle", DType::Resource);
const ITERATOR_IN: Arg = arg_of("iterator", DType::Resource);

const ITERATOR: OpDef = OpDef {
    name: "IteratorV2",
    doc: "A handle to the iterator called shared_name (or as the node); MakeIterator initialises it.",
    outputs: &[RESOURCE],
    attrs: &[string("shared_name"), string("container"), TYPES, SHAPES],
    traits: Traits::STATEFUL,
    shape: crate::graph::infer::scalars,
    kernel: Kernel::Plain(|c| {
        let it = named(c)?;
        c.set(0, it.resource());
        Ok(())
    }),
    grad: NO_GRADIENT,
    ..OpDef::BASE
};
pub static ITERATOR_V2: OpDef = ITERATOR;
pub static ITERATOR_V1: OpDef = OpDef { name: "Iterator", ..ITERATOR };

pub static ONE_SHOT_ITERATOR: OpDef = OpDef {
    name: "OneShotIterator",
    doc: "An iterator over the dataset that `dataset_factory` makes, once in a session.",
    attrs: &[attr("dataset_factory", AttrKind::Func), TYPES, SHAPES, string("container").default_str(""), string("shared_name").default_str("")],
    traits: RUNS,
    kernel: Kernel::Calling(|c, functions| {
        let it = named(c)?;
        let env = c.env();
        // Of several runs that come first, one makes the dataset; the others wait here.
        let once = c.state(|| false);
        let mut made = once.lock().unwrap_or_else(|e| e.into_inner());
        if !*made {
            let factory = captured(c, functions, 0..0)?;
            let source = factory.dataset(env, [])?;
            it.start(&source, env)?;
            *made = true;
        }
        c.set(0, it.resource());
        Ok(())
    }),
    ..ITERATOR
};

pub static MAKE_ITERATOR: OpDef = OpDef {
    name: "MakeIterator",
    doc: "Starts an iterator over a dataset, also one that has started before.",
    inputs: &[arg_of("dataset", DType::Variant), ITERATOR_IN],
    traits: RUNS,
    kernel: Kernel::Plain(|c| iterator(c, 1)?.start(&source(c, 0)?, c.env())),
    grad: NO_GRADIENT,
    ..OpDef::BASE
};

const GET_NEXT: OpDef = OpDef {
    name: "IteratorGetNext",
    doc: "The next element. OUT_OF_RANGE at the end; FAILED_PRECONDITION when the iterator is not initialised.",
    inputs: &[ITERATOR_IN],
    outputs: &[args_by_types("components", "output_types")],
    attrs: &[TYPES, SHAPES],
    traits: RUNS,
    shape: stated_outputs,
    kernel: Kernel::Plain(|c| match iterator(c, 0)?.next(c.env())? {
        Some(e) => set_element(c, e),
        None => Err(Error::status(Code::OutOfRange, "End of sequence")),
    }),
    grad: NO_GRADIENT,
    ..OpDef::BASE
};
pub static ITERATOR_GET_NEXT: OpDef = GET_NEXT;
pub static ITERATOR_GET_NEXT_SYNC: OpDef = OpDef { name: "IteratorGetNextSync", ..GET_NEXT };

pub static ITERATOR_GET_NEXT_AS_OPTIONAL: OpDef = OpDef {
    name: "IteratorGetNextAsOptional",
    doc: "The next element as an optional, without a value at the end.",
    outputs: &[arg_of("optional", DType::Variant)],
    shape: crate::graph::infer::scalars,
    kernel: Kernel::Plain(|c| {
        let (types, shapes) = stated(c.attrs())?;
        let element = iterator(c, 0)?.next(c.env())?;
        if let Some(e) = &element {
            check_element(e, &types, &shapes)?;
        }
        c.set(0, optional(element));
        Ok(())
    }),
    ..GET_NEXT
};

pub static ITERATOR_TO_STRING_HANDLE: OpDef = OpDef {
    name: "IteratorToStringHandle",
    doc: "A string that stands for an iterator in its session.",
    inputs: &[arg_of("resource_handle", DType::Resource)],
    outputs: &[arg_of("string_handle", DType::Str)],
    traits: Traits::STATEFUL,
    shape: crate::graph::infer::scalars,
    kernel: Kernel::Plain(|c| {
        let it = iterator(c, 0)?;
        c.set(0, Tensor::string_scalar(it.handle.as_bytes()));
        Ok(())
    }),
    grad: NO_GRADIENT,
    ..OpDef::BASE
};

const FROM_STRING: OpDef = OpDef {
    name: "IteratorFromStringHandleV2",
    doc: "The iterator that a string stands for. INVALID_ARGUMENT when there is none, or when its elements have other types.",
    inputs: &[arg_of("string_handle", DType::Str)],
    outputs: &[arg_of("resource_handle", DType::Resource)],
    attrs: &[
        attr("output_types", AttrKind::ListType).default_empty().at_least(0),
        attr("output_shapes", AttrKind::ListShape).default_empty().at_least(0),
    ],
    traits: Traits::STATEFUL,
    shape: crate::graph::infer::scalars,
    kernel: Kernel::Plain(|c| {
        let handle = text(c, 0)?;
        let all = c.env().state(NAMED, Named::new);
        let found = all.lock().unwrap_or_else(|e| e.into_inner()).get(&handle).cloned();
        let it = found.ok_or_else(|| {
            Error::invalid(format!("The string '{handle}' is not the handle of an iterator of this session"))
                .hint("run iterator.string_handle() in the same session, and feed what it gives.")
        })?;
        let (types, shapes) = stated(c.attrs())?;
        if !types.is_empty() {
            let source = Source { dataset: Arc::new(Nothing), types: it.types.clone(), shapes: it.shapes.clone(), depth: 0 };
            source.check(&types, &shapes)?;
        }
        c.set(0, it.resource());
        Ok(())
    }),
    grad: NO_GRADIENT,
    ..OpDef::BASE
};
pub static ITERATOR_FROM_STRING_HANDLE_V2: OpDef = FROM_STRING;
pub static ITERATOR_FROM_STRING_HANDLE: OpDef = OpDef { name: "IteratorFromStringHandle", ..FROM_STRING };

/// The dataset without elements.
struct Nothing;

impl Dataset for Nothing {
    fn iterate(&self) -> Box<dyn Elements> {
        Box::new(Nothing)
    }
    fn cardinality(&self) -> i64 {
        0
    }
}

impl Elements for Nothing {
    fn next(&mut self, _: &Env) -> Result<Option<Values>> {
        Ok(None)
    }
}
