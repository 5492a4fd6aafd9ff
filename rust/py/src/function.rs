//! Graphs that are bodies of functions: which one is being built, capture of outer tensors, and export to a library.

use std::cell::RefCell;
use std::sync::atomic::Ordering;

use graphpb::graph::attr::{Attr, AttrList, Attrs};
use graphpb::graph::builder::{Name, NewNode};
use graphpb::graph::function_export::Export;
use graphpb::graph::node::Out;
use graphpb_kernels::DType;
use pyo3::prelude::*;

use crate::attrs::shape_of;
use crate::errors::OrRaise;
use crate::graph::PyGraph;
use crate::hooks::hooks;

thread_local! {
    static BUILDING: RefCell<Option<Py<PyGraph>>> = const { RefCell::new(None) };
}

/// Let all new nodes of this thread go to `graph`, wherever their inputs are (None: to the graph of their inputs).
/// Returns what it was.
#[pyfunction]
#[pyo3(signature = (graph))]
pub fn set_building(graph: Option<Py<PyGraph>>) -> Option<Py<PyGraph>> {
    BUILDING.with(|b| b.replace(graph))
}

/// The graph that a node with inputs of `graph` goes to. To a body that is finished nothing is added: its tensors cannot be used.
pub fn target<'py>(graph: &Bound<'py, PyGraph>) -> PyResult<Bound<'py, PyGraph>> {
    let py = graph.py();
    if let Some(g) = BUILDING.with(|b| b.borrow().as_ref().map(|g| g.bind(py).clone())) {
        return Ok(g);
    }
    if graph.get().is_body.load(Ordering::Relaxed) {
        return Ok(hooks(py)?.default_graph.bind(py).call0()?.cast_into::<PyGraph>()?);
    }
    Ok(graph.clone())
}

/// Make `graph` the body of a function that is built inside `outer`, in whose scopes (prefix, device, container, attributes,
/// gradient overrides) it starts.
#[pyfunction]
pub fn inherit_scopes(graph: &Bound<'_, PyGraph>, outer: &Bound<'_, PyGraph>) {
    let taken = outer.get().state().scopes.for_body();
    graph.get().state().scopes = taken;
    graph.get().is_body.store(true, Ordering::Relaxed);
}

/// A new `Placeholder` of the type of `like`, a tensor of any graph, and of its shape unless `shape` (a list of one) is given:
/// an argument of the function whose body this graph is.
#[pyfunction]
#[pyo3(signature = (slf, like, name, shape=None))]
pub fn argument<'py>(
    slf: &Bound<'py, PyGraph>,
    like: &Bound<'py, crate::tensor::PyTensor>,
    name: &str,
    shape: Option<Vec<Bound<'py, PyAny>>>,
) -> PyResult<Bound<'py, PyAny>> {
    let out = like.get().out;
    let (fact, handle) = {
        let g = like.get().graph.get().read();
        (g.fact(out).clone(), g.handle(out))
    };
    let dims = match shape.as_deref() {
        Some([s, ..]) => shape_of(s)?,
        _ => fact.shape,
    };
    let mut attrs = Attrs::new().with("dtype", fact.dtype).with("shape", dims);
    if let (DType::Resource, Some((dtype, dims))) = (fact.dtype, handle) {
        attrs.set("_handle_dtypes", Attr::List(AttrList::Type(vec![dtype.number()])));
        attrs.set("_handle_shapes", Attr::List(AttrList::Shape(vec![dims])));
    }
    let made =
        slf.get().write().add(NewNode { op: "Placeholder", name: Name::Unique(name), inputs: &[], controls: &[], attrs, device: "", site: None });
    PyGraph::tensor_handle(slf, made.or_raise(slf.py())?.out(0))
}

/// Add the body graph as a function; returns its name, and whether it has effects or depends on state.
///
/// Only what the results and effects need becomes part of it.
#[pyfunction]
pub fn define_function(
    py: Python<'_>,
    graph: &Bound<'_, PyGraph>,
    base: &str,
    body: &Bound<'_, PyGraph>,
    args: &Bound<'_, PyAny>,
    results: &Bound<'_, PyAny>,
    effects: &Bound<'_, PyAny>,
) -> PyResult<(String, bool)> {
    let args: Vec<Out> = PyGraph::outs_of(body, args)?;
    let results: Vec<Out> = PyGraph::outs_of(body, results)?;
    let effects = PyGraph::nodes_of(effects)?;
    let export = Export { args: &args, results: &results, effects: &effects, prune: true };
    let inner = body.get().read();
    let mut graph = graph.get().write();
    let name = graph.add_function(base, &inner, &export).or_raise(py)?;
    let stateful = graph.library.signature(&name).is_some_and(|s| s.is_stateful);
    Ok((name, stateful))
}

/// Add what the tensors `results` need of the graph as a function of its library, without arguments; returns its name.
#[pyfunction]
pub fn define_part(py: Python<'_>, graph: &Bound<'_, PyGraph>, base: &str, results: &Bound<'_, PyAny>) -> PyResult<String> {
    let results: Vec<Out> = PyGraph::outs_of(graph, results)?;
    graph.get().write().add_part(base, &results).or_raise(py)
}

/// Take over the functions of another graph's library.
#[pyfunction]
pub fn share_library(graph: &Bound<'_, PyGraph>, other: &Bound<'_, PyGraph>) {
    let theirs = other.get().read().library.clone();
    graph.get().write().library = theirs;
}
