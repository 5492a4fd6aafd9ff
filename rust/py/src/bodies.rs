//! Bodies of functions while they are differentiated, as graphs in which gradient functions of Python may work.

use std::cell::RefCell;
use std::sync::RwLockWriteGuard;

use graphpb::error::{Error, Result};
use graphpb::grad::{Closed, Custom, GradValue};
use graphpb::graph::Graph;
use graphpb::graph::node::{NodeId, Out};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::backprop::{grad_object, grad_of};
use crate::graph::PyGraph;
use crate::tensor::PyTensor;

/// The graph that `gradients` was called with, and the bodies that are open.
///
/// Whoever differentiates a graph holds it; for as long as a body of it is open it is put where Python finds it.
pub struct Bodies<'a, 'py> {
    root: &'a Bound<'py, PyGraph>,
    /// The lock of the root's graph while Rust holds the graph.
    lock: RefCell<Option<RwLockWriteGuard<'a, Graph>>>,
    open: RefCell<Vec<Bound<'py, PyGraph>>>,
    /// `custom(operation, scope, grads)` gives the gradients of an operation's inputs.
    custom: &'a Bound<'py, PyAny>,
    /// `enter(outer, function, nodes, args)` makes the Python graph of a body.
    enter: &'a Bound<'py, PyAny>,
    /// `extended(from, to)`: a function has the nodes of another.
    extended: &'a Bound<'py, PyAny>,
    /// Such pairs that Python has not heard of: it runs only while no lock is held.
    news: RefCell<Vec<(String, String)>>,
    raised: RefCell<Option<PyErr>>,
}

impl<'a, 'py> Bodies<'a, 'py> {
    pub fn new(
        root: &'a Bound<'py, PyGraph>,
        custom: &'a Bound<'py, PyAny>,
        enter: &'a Bound<'py, PyAny>,
        extended: &'a Bound<'py, PyAny>,
    ) -> Bodies<'a, 'py> {
        Bodies {
            root,
            lock: RefCell::default(),
            open: RefCell::default(),
            custom,
            enter,
            extended,
            news: RefCell::default(),
            raised: RefCell::default(),
        }
    }

    /// Run `f` on the graph of the root. Nobody else sees the graph meanwhile, unless a body is open.
    pub fn with_root<T>(&self, f: impl FnOnce(&mut Graph) -> T) -> T {
        let mut held = Held { bodies: self, graph: Graph::new() };
        self.take(&mut held.graph);
        f(&mut held.graph)
    }

    /// What Python raised since the last time, or else the error.
    pub fn error(&self, e: Error) -> PyErr {
        let py = self.root.py();
        self.raised.borrow_mut().take().unwrap_or_else(|| crate::errors::raise(py, e))
    }

    /// Tell Python which functions have the nodes of others.
    pub fn tell(&self) -> PyResult<()> {
        let news = self.news.take();
        news.into_iter().try_for_each(|pair| self.extended.call1(pair).map(|_| ()))
    }

    /// Ask Python for the gradients of the inputs of a node.
    pub fn ask(&self, graph: &Bound<'py, PyGraph>, node: NodeId, scope: &str, grads: &[Option<GradValue>]) -> PyResult<Vec<Option<GradValue>>> {
        let op = PyGraph::operation_handle(graph, node)?;
        let given = grads.iter().map(|g| grad_object(graph, *g)).collect::<PyResult<Vec<_>>>()?;
        let answer = self.custom.call1((op, scope, given))?;
        let answer = answer.cast::<PyList>().map_err(|_| PyTypeError::new_err("a gradient function must return a list"))?;
        answer.iter().map(|g| grad_of(graph, &g)).collect()
    }

    fn innermost(&self) -> Bound<'py, PyGraph> {
        self.open.borrow().last().unwrap_or(self.root).clone()
    }
    /// Put the graph of the innermost body, or of the root, where Python finds it.
    fn put(&self, graph: &mut Graph) {
        let graph = std::mem::take(graph);
        match self.lock.borrow_mut().take() {
            Some(mut lock) => *lock = graph,
            None => *self.innermost().get().write() = graph,
        }
    }
    /// Take it back.
    fn take(&self, graph: &mut Graph) {
        if self.open.borrow().is_empty() {
            let mut lock = self.root.get().write();
            *graph = std::mem::take(&mut lock);
            *self.lock.borrow_mut() = Some(lock);
        } else {
            *graph = std::mem::take(&mut self.innermost().get().write());
        }
    }
    fn failed(&self, e: PyErr) -> Error {
        let text = format!("a gradient function failed: {e}");
        self.raised.borrow_mut().get_or_insert(e);
        Error::internal(text)
    }
}

/// The root's graph; goes back in any case.
struct Held<'b, 'a, 'py> {
    bodies: &'b Bodies<'a, 'py>,
    graph: Graph,
}

impl Drop for Held<'_, '_, '_> {
    fn drop(&mut self) {
        // Without the lock the graph is with Python: a body was open when something panicked.
        if let Some(mut lock) = self.bodies.lock.borrow_mut().take() {
            *lock = std::mem::take(&mut self.graph);
        }
    }
}

impl<'py> Custom for Bodies<'_, 'py> {
    fn open(&self, outer: &mut Graph, function: &str, body: &Graph, args: &[Out]) -> Result<()> {
        let around = self.innermost();
        self.put(outer);
        let args: Vec<u32> = args.iter().map(|a| a.node.0).collect();
        let made = self.tell().and_then(|()| Ok(self.enter.call1((around, function, body.len(), args))?.cast_into::<PyGraph>()?));
        match made {
            Ok(g) => {
                self.open.borrow_mut().push(g);
                Ok(())
            }
            Err(e) => {
                self.take(outer);
                Err(self.failed(e))
            }
        }
    }

    fn gradient(&self, body: &mut Graph, node: NodeId, scope: &str, grads: &[Option<GradValue>]) -> Result<Vec<Option<GradValue>>> {
        let graph = self.innermost();
        self.put(body);
        let found = self.ask(&graph, node, scope, grads);
        self.take(body);
        found.map_err(|e| self.failed(e))
    }

    fn close(&self, outer: &mut Graph) -> Result<Closed<'_>> {
        let body = self.open.borrow_mut().pop();
        let around = self.innermost();
        let captures = body.as_ref().map_or(Ok(Vec::new()), |body| {
            let pairs: Vec<(Bound<'py, PyTensor>, Bound<'py, PyTensor>)> = body.getattr("captures")?.extract()?;
            Ok(pairs.into_iter().filter(|(o, _)| o.get().graph.is(&around)).map(|(o, i)| (o.get().out, i.get().out)).collect())
        });
        self.take(outer);
        let body = body.ok_or_else(|| Error::internal("no body is open"))?;
        let captures = captures.map_err(|e: PyErr| self.failed(e))?;
        Ok(Closed { captures, keep: Box::new(move |graph| *body.get().write() = graph) })
    }

    fn extended(&self, from: &str, to: &str) {
        self.news.borrow_mut().push((from.to_owned(), to.to_owned()));
    }
}
