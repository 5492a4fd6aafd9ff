//! `_native.Session`: runs of plans, with what is fetched and fed remembered by the identity of the objects.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use graphpb::error::Error;
use graphpb::graph::node::{NodeId, Out};
use graphpb::plan::program::StepTime;
use graphpb::session::env::CancelToken;
use graphpb::session::{Prepared, RunOptions, Session};
use graphpb_kernels::{DType, Tensor};
use pyo3::exceptions::{PyException, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};
use pyo3::{PyTraverseError, PyVisit};
use smallvec::SmallVec;

use crate::array::{result_object, tensor_of};
use crate::errors::raise;
use crate::graph::PyGraph;
use crate::hooks::hooks;
use crate::script;
use crate::tensor::scalar_of;

/// Runs remembered per session; a program that makes up new fetches all the time must not fill the memory.
const MAX_KNOWN: usize = 1024;

/// Feeds, fetches and targets, and the plan for them.
struct Prep {
    feeds: Vec<Out>,
    fetches: Vec<Out>,
    targets: Vec<NodeId>,
    epoch: u64,
    plan: Arc<Prepared>,
    facts: Vec<(DType, bool)>,
}

/// How results become what the caller asked for.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    Single,
    List,
    Tuple,
}

struct Known {
    run: Py<PyRun>,
    form: Form,
    /// For each fetch the number of its result; none for an operation.
    places: SmallVec<[Option<u32>; 4]>,
    /// Keeps the objects alive whose addresses are the key.
    keep: Vec<Py<PyAny>>,
}

type Key = SmallVec<[usize; 8]>;

#[pyclass(subclass, frozen, name = "Session", module = "graphpb._native")]
pub struct PySession {
    session: Session,
    graph: Py<PyGraph>,
    known: Mutex<HashMap<Key, Arc<Known>>>,
    closed: AtomicBool,
}

/// A prepared run; call `run(values)` with one value per feed.
#[pyclass(frozen, name = "Run", module = "graphpb._native")]
pub struct PyRun {
    session: Py<PySession>,
    prep: Mutex<Arc<Prep>>,
}

fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(|e| e.into_inner())
}

/// The exception of a failed run, with its `op`.
fn raise_in(py: Python<'_>, graph: &Bound<'_, PyGraph>, e: Error) -> PyErr {
    let id = e.node().and_then(|(n, _)| graph.get().read().find(n));
    let cause = script::cause(py, e.message());
    if let Some(stop) = cause.as_ref().filter(|c| !c.is_instance_of::<PyException>(py)) {
        return stop.clone_ref(py);
    }
    let exception = raise(py, e);
    if cause.is_some() {
        exception.set_cause(py, cause);
    }
    if let Some(id) = id {
        if let Ok(op) = PyGraph::operation_handle(graph, id) {
            let value = exception.value(py);
            if value.hasattr("_node_def").unwrap_or(false) {
                let _ = value.setattr("_op", op);
            }
        }
    }
    exception
}

fn prepare(session: &Session, graph: &Bound<'_, PyGraph>, feeds: Vec<Out>, fetches: Vec<Out>, targets: Vec<NodeId>) -> PyResult<Prep> {
    let py = graph.py();
    let epoch = graph.get().read().epoch();
    let plan = py.detach(|| session.prepare(&feeds, &fetches, &targets)).map_err(|e| raise_in(py, graph, e))?;
    let facts = plan.feed_facts().map(|f| (f.dtype, f.shape.rank() == Some(0))).collect();
    Ok(Prep { feeds, fetches, targets, epoch, plan, facts })
}

fn execute(
    py: Python<'_>,
    me: &PySession,
    prep: &Prep,
    feeds: &[Tensor],
    timeout: Option<Duration>,
    trace: Option<&mut Vec<StepTime>>,
) -> PyResult<Vec<Tensor>> {
    let options = RunOptions { cancel: CancelToken::default(), timeout };
    let interrupt: Mutex<Option<PyErr>> = Mutex::default();
    let result = {
        let poll = || {
            if let Err(e) = Python::attach(|py| py.check_signals()) {
                lock(&interrupt).get_or_insert(e);
                options.cancel.cancel();
            }
        };
        let session = &me.session;
        if prep.plan.plan.is_long() {
            py.detach(|| session.run_prepared(&prep.plan, feeds, &options, trace, &poll))
        } else {
            session.run_prepared(&prep.plan, feeds, &options, trace, &poll)
        }
    };
    if let Some(e) = interrupt.into_inner().unwrap_or_else(|e| e.into_inner()) {
        return Err(e);
    }
    result.map_err(|e| raise_in(py, me.graph.bind(py), e))
}

impl PyRun {
    /// The plan, made again when the graph was changed under it.
    fn fresh(&self, py: Python<'_>) -> PyResult<Arc<Prep>> {
        let prep = lock(&self.prep).clone();
        let me = self.session.get();
        if prep.epoch == me.graph.get().read().epoch() {
            return Ok(prep);
        }
        let new = prepare(&me.session, me.graph.bind(py), prep.feeds.clone(), prep.fetches.clone(), prep.targets.clone())?;
        let new = Arc::new(new);
        *lock(&self.prep) = new.clone();
        Ok(new)
    }
}

/// A fed value: numbers and fitting arrays here, everything else by numpy's rules.
fn feed_value(v: &Bound<'_, PyAny>, dtype: DType, scalar: bool) -> PyResult<Option<Tensor>> {
    if scalar {
        if let Some(t) = scalar_of(v, dtype).filter(|_| dtype.is_floating()) {
            return Ok(Some(t));
        }
    }
    if let Ok(array) = v.cast::<numpy::PyUntypedArray>() {
        use numpy::PyUntypedArrayMethods;
        if crate::array::dtype_of(v.py(), &array.dtype()) == Some(dtype) {
            return crate::array::tensor_of_array(array, Some(dtype), true).map(Some);
        }
    }
    Ok(None)
}

#[pymethods]
impl PyRun {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.session)
    }
    /// Run with one array (or value of the right type) per feed; returns one object per fetch.
    #[pyo3(signature = (values, timeout_ms=0, trace=None))]
    fn run<'py>(
        &self,
        py: Python<'py>,
        values: &Bound<'py, PyAny>,
        timeout_ms: i64,
        trace: Option<&Bound<'py, PyList>>,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let me = self.session.get();
        if me.closed.load(Ordering::Relaxed) {
            return Err(closed_error());
        }
        let prep = self.fresh(py)?;
        let feeds = values
            .try_iter()?
            .zip(&prep.facts)
            .map(|(v, &(dtype, scalar))| {
                let v = v?;
                match feed_value(&v, dtype, scalar)? {
                    Some(t) => Ok(t),
                    None => tensor_of(&v, Some(dtype), true),
                }
            })
            .collect::<PyResult<Vec<_>>>()?;
        let timeout = u64::try_from(timeout_ms).ok().filter(|&t| t > 0).map(Duration::from_millis);
        let mut times = Vec::new();
        let results = execute(py, me, &prep, &feeds, timeout, trace.is_some().then_some(&mut times))?;
        if let Some(list) = trace {
            for t in times {
                list.append((t.node.to_string(), t.op, t.start_ns, t.end_ns))?;
            }
        }
        drop(feeds);
        results.into_iter().map(|t| result_object(py, t)).collect()
    }
}

fn closed_error() -> PyErr {
    PyRuntimeError::new_err("Attempted to use a closed Session.")
}

/// Addresses of what is fetched and fed.
fn key_of(fetches: &Bound<'_, PyAny>, feed: Option<&Bound<'_, PyDict>>) -> (Key, Form) {
    let mut key = Key::new();
    let form = if let Ok(l) = fetches.cast_exact::<PyList>() {
        key.push(1);
        for x in l.iter() {
            key.push(x.as_ptr() as usize);
        }
        Form::List
    } else if let Ok(t) = fetches.cast_exact::<PyTuple>() {
        key.push(2);
        for x in t.iter_borrowed() {
            key.push(x.as_ptr() as usize);
        }
        Form::Tuple
    } else {
        key.push(0);
        key.push(fetches.as_ptr() as usize);
        Form::Single
    };
    key.push(0);
    if let Some(d) = feed {
        for (k, _) in d.iter() {
            key.push(k.as_ptr() as usize);
        }
    }
    (key, form)
}

#[pymethods]
impl PySession {
    #[new]
    #[pyo3(signature = (graph, *_args, **_kwargs))]
    fn new(graph: Py<PyGraph>, _args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> PySession {
        let session = Session::new(graph.get().graph.clone());
        PySession { session, graph, known: Mutex::default(), closed: AtomicBool::new(false) }
    }
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.graph)?;
        // While another thread holds the lock, everything here is in use.
        if let Ok(known) = self.known.try_lock() {
            for entry in known.values() {
                visit.call(&entry.run)?;
                for o in &entry.keep {
                    visit.call(o)?;
                }
            }
        }
        Ok(())
    }
    fn __clear__(&self) {
        let known = self.known.try_lock().map(|mut k| std::mem::take(&mut *k));
        drop(known);
    }
    #[getter]
    fn graph(&self, py: Python<'_>) -> Py<PyGraph> {
        self.graph.clone_ref(py)
    }
    #[getter]
    fn _closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }
    fn _close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        self.session.close();
        let known = std::mem::take(&mut *lock(&self.known));
        drop(known);
    }
    /// A plan for these tensors and operations.
    fn _prepare(slf: &Bound<'_, PySession>, feeds: &Bound<'_, PyAny>, fetches: &Bound<'_, PyAny>, targets: &Bound<'_, PyAny>) -> PyResult<PyRun> {
        let me = slf.get();
        let graph = me.graph.bind(slf.py());
        let prep = prepare(&me.session, graph, PyGraph::outs_of(graph, feeds)?, PyGraph::outs_of(graph, fetches)?, PyGraph::nodes_of(targets)?)?;
        Ok(PyRun { session: slf.clone().unbind(), prep: Mutex::new(Arc::new(prep)) })
    }
    /// Remember a run: from now on `_run_known` does it. `places` has the result number of every fetch (None: an operation).
    fn _remember(&self, fetches: &Bound<'_, PyAny>, feed: Option<&Bound<'_, PyDict>>, run: Py<PyRun>, places: Vec<Option<u32>>) -> PyResult<()> {
        let (key, form) = key_of(fetches, feed);
        let mut keep: Vec<Py<PyAny>> = Vec::new();
        match form {
            Form::Single => keep.push(fetches.clone().unbind()),
            _ => {
                for f in fetches.try_iter()? {
                    keep.push(f?.unbind());
                }
            }
        }
        if let Some(d) = feed {
            keep.extend(d.keys().iter().map(Bound::unbind));
        }
        let entry = Arc::new(Known { run, form, places: places.into_iter().collect(), keep });
        let mut known = lock(&self.known);
        let old = if known.len() >= MAX_KNOWN { std::mem::take(&mut *known) } else { HashMap::new() };
        known.insert(key, entry);
        drop(known);
        drop(old);
        Ok(())
    }
    /// Do a remembered run; NotImplemented when it is not known.
    #[pyo3(signature = (fetches, feed=None))]
    fn _run_known<'py>(&self, py: Python<'py>, fetches: &Bound<'py, PyAny>, feed: Option<&Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        let unknown = || Ok(py.NotImplemented().into_bound(py));
        let feed = match feed.filter(|f| !f.is_none()) {
            None => None,
            Some(f) => match f.cast_exact::<PyDict>() {
                Ok(d) => Some(d),
                Err(_) => return unknown(),
            },
        };
        if self.closed.load(Ordering::Relaxed) {
            return Err(closed_error());
        }
        let (key, _) = key_of(fetches, feed);
        let Some(entry) = lock(&self.known).get(&key).cloned() else { return unknown() };
        let run = entry.run.get();
        let prep = run.fresh(py)?;
        let mut feeds: SmallVec<[Tensor; 4]> = SmallVec::new();
        if let Some(d) = feed {
            for ((k, v), (&(dtype, scalar), fact)) in d.iter().zip(prep.facts.iter().zip(prep.plan.feed_facts())) {
                match feed_value(&v, dtype, scalar)? {
                    Some(t) if fact.shape.admits(t.dims()) => feeds.push(t),
                    // Numpy's conversion, or the error that says what is wrong.
                    _ => feeds.push(tensor_of(&hooks(py)?.feed.bind(py).call1((k, v))?, Some(dtype), true)?),
                }
            }
        }
        let results = execute(py, self, &prep, &feeds, None, None)?;
        drop(feeds);
        match entry.form {
            Form::Single => match results.into_iter().next() {
                Some(t) if entry.places.first().is_some_and(Option::is_some) => result_object(py, t),
                _ => Ok(py.None().into_bound(py)),
            },
            form => {
                let objects = results.into_iter().map(|t| result_object(py, t)).collect::<PyResult<Vec<_>>>()?;
                let placed = entry.places.iter().map(|p| match p.and_then(|i| objects.get(i as usize)) {
                    Some(o) => o.clone(),
                    None => py.None().into_bound(py),
                });
                let placed: Vec<_> = placed.collect();
                if form == Form::List { Ok(PyList::new(py, placed)?.into_any()) } else { Ok(PyTuple::new(py, placed)?.into_any()) }
            }
        }
    }
}
