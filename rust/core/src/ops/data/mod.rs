//! Datasets: sequences of elements as variant values, the ops that make and change them, and iterators over them.

pub mod batch;
pub mod cache;
pub mod files;
pub mod filter;
pub mod flat_map;
pub mod generator;
pub mod group;
pub mod iterator;
pub mod map;
pub mod optional;
pub mod padded_batch;
pub mod pass;
pub mod reduce;
pub mod sequence;
pub mod shuffle;
pub mod tensors;
pub mod window;
pub mod zip;

use std::sync::Arc;

use graphpb_kernels::{Bool, DType, Handle, Tensor};

use crate::error::{Error, Result};
use crate::graph::attr::Attrs;
use crate::graph::fact::Shape;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::session::env::Env;

pub use crate::plan::calling::{Function, Values};

/// Datasets are nested at most this deep: an element is asked for through all of them.
const MAX_DEPTH: u32 = 500;

/// A number of elements without end.
pub const INFINITE: i64 = -1;
/// A number of elements that only a pass over them shows.
pub const UNKNOWN: i64 = -2;

/// A sequence that can be passed over any number of times.
pub trait Dataset: Send + Sync {
    /// A pass from the start.
    fn iterate(&self) -> Box<dyn Elements>;
    /// The number of elements, `INFINITE` or `UNKNOWN`.
    fn cardinality(&self) -> i64 {
        UNKNOWN
    }
}

/// One pass over a dataset.
pub trait Elements: Send {
    /// The next element; None at the end, and after it.
    fn next(&mut self, env: &Env) -> Result<Option<Values>>;
}

/// A dataset as a value, with what is known of its elements.
#[derive(Clone)]
pub struct Source {
    pub dataset: Arc<dyn Dataset>,
    pub types: Vec<DType>,
    pub shapes: Vec<Shape>,
    depth: u32,
}

impl Source {
    pub fn iterate(&self) -> Box<dyn Elements> {
        self.dataset.iterate()
    }
    /// The dataset that a variant holds.
    pub fn of(t: &Tensor) -> Result<&Source> {
        let found = if t.dtype() == DType::Variant { t.as_handles().first() } else { None };
        let source = found.filter(|_| t.rank() == 0).and_then(|h| h.downcast_ref::<Source>());
        source.ok_or_else(|| Error::invalid("Input must be a dataset: a scalar variant that a dataset op made"))
    }
    pub fn into_tensor(self) -> Tensor {
        Tensor::handles(DType::Variant, vec![Arc::new(self) as Handle], &[])
    }

    /// INVALID_ARGUMENT when the elements are not what an iterator or a function expects.
    pub fn check(&self, types: &[DType], shapes: &[Shape]) -> Result<()> {
        if self.types.len() != types.len() {
            return Err(Error::invalid(format!("Number of components does not match: expected {} types but got {}.", types.len(), self.types.len())));
        }
        for (i, (want, got)) in types.iter().zip(&self.types).enumerate() {
            if want != got {
                return Err(Error::invalid(format!("Data type mismatch at component {i}: expected {} but got {}.", want.c_name(), got.c_name())));
            }
        }
        for (i, (want, got)) in shapes.iter().zip(&self.shapes).enumerate() {
            if !want.is_compatible(got) {
                return Err(Error::invalid(format!("Incompatible shapes at component {i}: expected {want} but got {got}.")));
            }
        }
        Ok(())
    }
}

/// INVALID_ARGUMENT when an element is not what was promised of it.
pub(super) fn check_element(element: &Values, types: &[DType], shapes: &[Shape]) -> Result<()> {
    if element.len() != types.len() {
        return Err(Error::invalid(format!("An element has {} components where {} are expected", element.len(), types.len())));
    }
    for (i, (t, want)) in element.iter().zip(types).enumerate() {
        if t.dtype() != *want {
            return Err(Error::invalid(format!("Data type mismatch at component {i}: expected {} but got {}.", want.c_name(), t.dtype().c_name())));
        }
        if let Some(s) = shapes.get(i).filter(|s| !s.admits(t.dims())) {
            let got = Shape::known(t.dims());
            return Err(Error::invalid(format!("Incompatible shapes at component {i}: expected {s} but got {got}.")));
        }
    }
    Ok(())
}

const HANDLE: Arg = arg_of("handle", DType::Variant);
const INPUT: Arg = arg_of("input_dataset", DType::Variant);
const TYPES: AttrSpec = attr("output_types", AttrKind::ListType).at_least(1);
const INPUT_TYPES: AttrSpec = attr("Toutput_types", AttrKind::ListType).at_least(1);
const SHAPES: AttrSpec = attr("output_shapes", AttrKind::ListShape).at_least(1);
const METADATA: AttrSpec = string("metadata").default_str("");
const ARGUMENTS: AttrSpec = attr("Targuments", AttrKind::ListType).at_least(0);
const NO_GRADIENT: Grad = Grad::NotDifferentiable("datasets have no gradient");

/// What dataset ops have in common.
const DATASET: OpDef = OpDef { outputs: &[HANDLE], shape: crate::graph::infer::scalars, grad: NO_GRADIENT, ..OpDef::BASE };

/// Dataset input `i`.
fn source(c: &KernelCtx, i: usize) -> Result<Source> {
    Source::of(c.input(i)).cloned()
}

/// Element types and shapes that the attributes state.
fn stated(attrs: &Attrs) -> Result<(Vec<DType>, Vec<Shape>)> {
    let types = if attrs.get("output_types").is_some() { attrs.dtypes("output_types")? } else { attrs.dtypes("Toutput_types")? };
    let shapes = attrs.shapes("output_shapes")?.to_vec();
    if types.len() != shapes.len() {
        return Err(Error::invalid(format!("output_types has {} entries, output_shapes {}", types.len(), shapes.len())));
    }
    Ok((types, shapes))
}

/// Let output 0 be a dataset whose elements are what the attributes state; `inputs` are those that it reads.
fn give(c: &mut KernelCtx, dataset: impl Dataset + 'static, inputs: &[&Source]) -> Result<()> {
    let (types, shapes) = stated(c.attrs())?;
    give_as(c, Arc::new(dataset), types, shapes, inputs)
}

fn give_as(c: &mut KernelCtx, dataset: Arc<dyn Dataset>, types: Vec<DType>, shapes: Vec<Shape>, inputs: &[&Source]) -> Result<()> {
    let depth = inputs.iter().map(|s| s.depth).max().unwrap_or(0) + 1;
    if depth > MAX_DEPTH {
        return Err(Error::invalid(format!("datasets are nested more than {MAX_DEPTH} deep")));
    }
    c.set(0, Source { dataset, types, shapes, depth }.into_tensor());
    Ok(())
}

/// The value of a bool input.
fn truth(c: &KernelCtx, i: usize) -> Result<bool> {
    match c.input(i).slice::<Bool>() {
        [b] => Ok(b.get()),
        _ => Err(Error::invalid(format!("input {i} must be a scalar"))),
    }
}

/// The text of a string input.
fn text(c: &KernelCtx, i: usize) -> Result<String> {
    match c.input(i).as_strings() {
        [s] => Ok(String::from_utf8_lossy(s).into_owned()),
        _ => Err(Error::invalid(format!("input {i} must be a scalar"))),
    }
}

/// The inputs of a range, as tensors that outlive the run.
fn kept(c: &mut KernelCtx, range: std::ops::Range<usize>) -> Values {
    range.map(|i| c.take(i).into_owned()).collect()
}

/// A function with the values that it captured.
struct Captured {
    function: Arc<Function>,
    values: Values,
}

impl Captured {
    fn call(&self, env: &Env, args: impl IntoIterator<Item = Tensor>) -> Result<Values> {
        self.function.call(env, args.into_iter().chain(self.values.iter().cloned()))
    }
    /// Whether the single result is true.
    fn holds(&self, env: &Env, args: impl IntoIterator<Item = Tensor>) -> Result<bool> {
        let got = self.call(env, args)?;
        match got.as_slice() {
            [t] if t.dtype() == DType::Bool && t.len() == 1 => Ok(t.slice::<Bool>()[0].get()),
            _ => Err(Error::invalid("Predicate function must return a scalar bool.")),
        }
    }
    /// The dataset that the function makes.
    fn dataset(&self, env: &Env, args: impl IntoIterator<Item = Tensor>) -> Result<Source> {
        let got = self.call(env, args)?;
        match got.as_slice() {
            [t] => Source::of(t).cloned(),
            _ => Err(Error::invalid("Function must return a single scalar of dtype DT_VARIANT.")),
        }
    }
}

/// The function of a node that has one, with the inputs of `range` captured.
fn captured(c: &mut KernelCtx, functions: &[Arc<Function>], range: std::ops::Range<usize>) -> Result<Captured> {
    let function = functions.first().cloned().ok_or_else(|| Error::internal("the function was not planned"))?;
    Ok(Captured { function, values: kept(c, range) })
}

/// The number of captured values, from their types.
fn captures(c: &KernelCtx) -> Result<usize> {
    Ok(c.attrs().dtypes("Targuments")?.len())
}
