//! `gradients` with rules that Python defines: the walk in Rust, asking Python where it must.

use std::rc::Rc;

use graphpb::grad::{Aggregation, Backprop, GradValue, Options, Slices, Step};
use graphpb::graph::node::{NodeId, Out};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use crate::bodies::Bodies;
use crate::graph::PyGraph;

/// None, a tensor, or `(values, indices, dense_shape or None)`.
pub fn grad_of(graph: &Bound<'_, PyGraph>, v: &Bound<'_, PyAny>) -> PyResult<Option<GradValue>> {
    if v.is_none() {
        return Ok(None);
    }
    if let Ok(t) = v.cast::<PyTuple>() {
        let shape = t.get_item(2)?;
        let dense_shape = if shape.is_none() { None } else { Some(PyGraph::out_of(graph, &shape)?) };
        let slices = Slices { values: PyGraph::out_of(graph, &t.get_item(0)?)?, indices: PyGraph::out_of(graph, &t.get_item(1)?)?, dense_shape };
        return Ok(Some(GradValue::Slices(slices)));
    }
    Ok(Some(GradValue::Dense(PyGraph::out_of(graph, v)?)))
}

pub fn grad_object<'py>(graph: &Bound<'py, PyGraph>, g: Option<GradValue>) -> PyResult<Bound<'py, PyAny>> {
    let py = graph.py();
    let handle = |o: Out| PyGraph::tensor_handle(graph, o);
    Ok(match g {
        None => py.None().into_bound(py),
        Some(GradValue::Dense(o)) => handle(o)?,
        Some(GradValue::Slices(s)) => {
            let shape = match s.dense_shape {
                Some(o) => handle(o)?,
                None => py.None().into_bound(py),
            };
            PyTuple::new(py, [handle(s.values)?, handle(s.indices)?, shape])?.into_any()
        }
    })
}

/// The gradients of the sum of `ys` with respect to `xs`: for each x None, a tensor, or `(values, indices, dense_shape)`.
///
/// `custom(operation, scope, grads)` is called for the op types in `custom_ops` and for nodes with `_gradient_op_type`, those in
/// bodies of functions too: for such a body `enter` makes a graph, and `extended` learns of functions with the same nodes.
#[pyfunction]
#[pyo3(signature = (graph, ys, xs, grad_ys, stop, scope, outer, gate, tree, colocate, unconnected_zero, custom_ops, not_differentiable, custom, enter, extended))]
pub fn gradients<'py>(
    graph: &Bound<'py, PyGraph>,
    ys: &Bound<'py, PyAny>,
    xs: &Bound<'py, PyAny>,
    grad_ys: &Bound<'py, PyAny>,
    stop: &Bound<'py, PyAny>,
    scope: String,
    outer: String,
    gate: bool,
    tree: bool,
    colocate: bool,
    unconnected_zero: bool,
    custom_ops: Vec<String>,
    not_differentiable: Vec<String>,
    custom: &Bound<'py, PyAny>,
    enter: &Bound<'py, PyAny>,
    extended: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyList>> {
    let py = graph.py();
    let me = graph.get();
    let ys = PyGraph::outs_of(graph, ys)?;
    let xs = PyGraph::outs_of(graph, xs)?;
    let grad_ys = grad_ys.try_iter()?.map(|g| grad_of(graph, &g?)).collect::<PyResult<Vec<_>>>()?;
    let start = me.read().len();
    let bodies = Rc::new(Bodies::new(graph, custom, enter, extended));
    let options = Options {
        scope,
        outer,
        root: String::new(),
        grad_ys,
        stop: PyGraph::nodes_of(stop)?,
        gate,
        aggregation: if tree { Aggregation::Tree } else { Aggregation::AddN },
        colocate,
        unconnected_zero,
        custom_ops: custom_ops.into_iter().collect(),
        not_differentiable: not_differentiable.into_iter().collect(),
        custom: Some(bodies.clone()),
        site: me.site_here(py),
        device: me.device_here(),
    };
    let mut walk = bodies.with_root(|g| Backprop::new(g, &ys, &xs, options)).map_err(|e| bodies.error(e))?;
    let mut done = start;
    loop {
        let step = bodies.with_root(|g| walk.advance(g)).map_err(|e| bodies.error(e))?;
        me.adopt(done);
        match step {
            Step::Done(found) => {
                bodies.tell()?;
                let all = found.into_iter().map(|g| grad_object(graph, g)).collect::<PyResult<Vec<_>>>()?;
                return PyList::new(py, all);
            }
            Step::Custom { node, scope, grads } => {
                let answer = bodies.ask(graph, node, &scope, &grads)?;
                // Nodes that Python made took their surroundings into account already.
                done = me.read().len();
                bodies.with_root(|g| walk.supply(g, answer)).map_err(|e| bodies.error(e))?;
            }
        }
    }
}

impl PyGraph {
    /// Give nodes that Rust appended the control inputs of the `with` blocks around; returns the new length.
    pub fn adopt(&self, from: usize) -> usize {
        let mut st = self.state();
        let mut g = self.write();
        let n = g.len();
        if st.scopes.has_groups() {
            for i in from..n {
                let id = NodeId(i as u32);
                let inputs = g.node(id).inputs.clone();
                let controls = st.scopes.controls_for(&inputs);
                if !controls.is_empty() {
                    // The graph is not finalized: nodes were just added to it.
                    let _ = g.add_controls(id, &controls);
                }
                st.scopes.created(id);
            }
        }
        n
    }
}
