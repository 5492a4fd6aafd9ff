//! `_native.Graph`: the graph behind a lock, its scopes, and the Python handles of its nodes and tensors.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

use graphpb::error::Error;
use graphpb::graph::Graph;
use graphpb::graph::attr::{Attr, AttrList, Attrs, Encoding, TensorAttr};
use graphpb::graph::builder::{Name, NewNode};
use graphpb::graph::name::is_valid_scope_name;
use graphpb::graph::node::{NodeId, Out, Site};
use graphpb::registry::lookup;
use graphpb_kernels::Tensor;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};
use pyo3::{PyTraverseError, PyVisit};

use crate::array::{array_object, tensor_of};
use crate::attrs::{attr_bytes, attr_of, known_dtype, loose_attr, shape_of};
use crate::errors::OrRaise;
use crate::hooks::hooks;
use crate::scopes::Scopes;
use crate::sites::{GraphCodes, caller};
use crate::tensor::{PyOperation, PyTensor};

/// Python handles of one node, made when first asked for.
#[derive(Default)]
struct Handles {
    operation: Option<Py<PyAny>>,
    first: Option<Py<PyAny>>,
    more: Vec<Option<Py<PyAny>>>,
}

#[derive(Default)]
pub struct State {
    handles: Vec<Handles>,
    pub scopes: Scopes,
    codes: GraphCodes,
}

#[pyclass(subclass, frozen, name = "Graph", module = "graphpb._native")]
pub struct PyGraph {
    pub graph: Arc<RwLock<Graph>>,
    pub state: Mutex<State>,
    /// Whether this is the body of a function: nodes are added to it only while it is built.
    pub is_body: AtomicBool,
}

/// Name of a node to be made.
pub enum Named {
    /// Unique and complete already.
    Exact(String),
    /// Below the current scope, made unique.
    Scoped(String),
}

impl Named {
    /// TensorFlow's reading of a `name=` argument: a trailing slash asks for exactly that name.
    pub fn of(name: Option<&str>, default: &str) -> Named {
        match name {
            None | Some("") => Named::Scoped(default.to_owned()),
            Some(n) => match n.strip_suffix('/') {
                Some(exact) => Named::Exact(exact.to_owned()),
                None => Named::Scoped(n.to_owned()),
            },
        }
    }
}

impl PyGraph {
    pub fn read(&self) -> RwLockReadGuard<'_, Graph> {
        self.graph.read().unwrap_or_else(|e| e.into_inner())
    }
    pub fn write(&self) -> RwLockWriteGuard<'_, Graph> {
        self.graph.write().unwrap_or_else(|e| e.into_inner())
    }
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }
    /// The full name that a scope of this name gets; it is used up.
    pub fn claim(&self, name: &str) -> String {
        let st = self.state();
        let full = format!("{}{name}", st.scopes.prefix);
        drop(st);
        self.write().names.unique(&full, true)
    }
    /// The user's place, known to the graph.
    pub fn site_here(&self, py: Python<'_>) -> Option<Site> {
        let at = caller(py);
        let mut st = self.state();
        st.codes.site(py, &mut self.write(), at)
    }
    pub fn device_here(&self) -> String {
        self.state().scopes.device.clone()
    }
    /// Add a node; scopes, device and creation site come from the surroundings.
    pub fn create(&self, py: Python<'_>, op: &str, name: Named, inputs: &[Out], mut attrs: Attrs, extra: &[NodeId]) -> PyResult<NodeId> {
        let at = caller(py);
        let mut st = self.state();
        let mut graph = self.write();
        let site = st.codes.site(py, &mut graph, at);
        let mut controls = st.scopes.controls_for(inputs);
        for &c in extra {
            if !controls.contains(&c) {
                controls.push(c);
            }
        }
        st.scopes.decorate(op, &mut attrs);
        let device = place_with_references(&graph, op, inputs, &mut attrs).unwrap_or_else(|| st.scopes.device.clone());
        if !st.scopes.container.is_empty() && attrs.get("container").is_none() && lookup(op).is_some_and(|d| d.attr_spec("container").is_some()) {
            attrs.set("container", st.scopes.container.as_str());
        }
        let full;
        let name = match &name {
            Named::Exact(n) => Name::Exact(n),
            Named::Scoped(n) => {
                full = if st.scopes.prefix.is_empty() { n.clone() } else { format!("{}{n}", st.scopes.prefix) };
                Name::Unique(&full)
            }
        };
        let added = graph.add(NewNode { op, name, inputs, controls: &controls, attrs, device: &device, site });
        drop(graph);
        if let Ok(id) = &added {
            st.scopes.created(*id);
        }
        drop(st);
        added.or_raise(py)
    }
    /// A `Const` node.
    pub fn create_const(&self, py: Python<'_>, name: Named, value: Tensor, encoding: Encoding) -> PyResult<NodeId> {
        let attrs = Attrs::new().with("dtype", value.dtype()).with("value", Attr::Tensor(Arc::new(TensorAttr::from_value(value, encoding))));
        self.create(py, "Const", name, &[], attrs, &[])
    }
    /// The handle of a tensor; always the same object.
    pub fn tensor_handle<'py>(slf: &Bound<'py, PyGraph>, out: Out) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let i = out.node.index();
        {
            let st = slf.get().state();
            if let Some(h) = st.handles.get(i) {
                let known = if out.index == 0 { h.first.as_ref() } else { h.more.get(out.index as usize - 1).and_then(Option::as_ref) };
                if let Some(t) = known {
                    return Ok(t.bind(py).clone());
                }
            }
        }
        if !slf.get().read().has(out) {
            return Err(PyValueError::new_err(format!("node {} has no output {}", out.node.0, out.index)));
        }
        let made = hooks(py)?.tensor.bind(py).call1((slf, out.node.0, out.index))?;
        let mut st = slf.get().state();
        if st.handles.len() <= i {
            st.handles.resize_with(i + 1, Handles::default);
        }
        let h = &mut st.handles[i];
        if out.index == 0 {
            h.first = Some(made.clone().unbind());
        } else {
            let k = out.index as usize - 1;
            if h.more.len() <= k {
                h.more.resize_with(k + 1, || None);
            }
            h.more[k] = Some(made.clone().unbind());
        }
        Ok(made)
    }
    /// The handle of a node; always the same object.
    pub fn operation_handle<'py>(slf: &Bound<'py, PyGraph>, id: NodeId) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        if let Some(o) = slf.get().state().handles.get(id.index()).and_then(|h| h.operation.as_ref()) {
            return Ok(o.bind(py).clone());
        }
        if id.index() >= slf.get().read().len() {
            return Err(PyValueError::new_err(format!("the graph has no node number {}", id.0)));
        }
        let made = hooks(py)?.operation.bind(py).call1((slf, id.0))?;
        let mut st = slf.get().state();
        if st.handles.len() <= id.index() {
            st.handles.resize_with(id.index() + 1, Handles::default);
        }
        st.handles[id.index()].operation = Some(made.clone().unbind());
        Ok(made)
    }
    /// The output that a tensor handle stands for. A tensor of another graph is captured where this one is the body of a
    /// function inside the other; otherwise it is a ValueError.
    pub fn out_of(slf: &Bound<'_, PyGraph>, t: &Bound<'_, PyAny>) -> PyResult<Out> {
        let h = t.cast::<PyTensor>().map_err(|_| PyTypeError::new_err(format!("{t:?} is not a tensor")))?;
        if h.get().graph.is(slf) {
            return Ok(h.get().out);
        }
        let inner = slf.call_method1("_capture", (t,))?;
        let inner = inner.cast::<PyTensor>().map_err(|_| PyTypeError::new_err("a captured value must be a tensor"))?;
        if inner.get().graph.is(slf) { Ok(inner.get().out) } else { Err(PyValueError::new_err("a captured tensor must be of the graph")) }
    }
    pub fn outs_of(slf: &Bound<'_, PyGraph>, list: &Bound<'_, PyAny>) -> PyResult<Vec<Out>> {
        list.try_iter()?.map(|t| PyGraph::out_of(slf, &t?)).collect()
    }
    pub fn nodes_of(list: &Bound<'_, PyAny>) -> PyResult<Vec<NodeId>> {
        list.try_iter()?
            .map(|o| {
                let o = o?;
                Ok(o.cast::<PyOperation>().map_err(|_| PyTypeError::new_err(format!("{o:?} is not an operation")))?.get().id)
            })
            .collect()
    }
    fn attrs_of(op: &str, given: Option<&Bound<'_, PyDict>>) -> PyResult<Attrs> {
        let mut attrs = Attrs::new();
        let Some(given) = given else { return Ok(attrs) };
        let def = lookup(op);
        for (k, v) in given {
            let key: String = k.extract()?;
            match def.and_then(|d| d.attr_spec(&key)) {
                Some(spec) => attrs.set(spec.name, attr_of(spec, &v, op)?),
                None => attrs.set(key, loose_attr(&v)?),
            }
        }
        Ok(attrs)
    }
    fn node(&self, id: u32) -> PyResult<NodeId> {
        if (id as usize) < self.read().len() { Ok(NodeId(id)) } else { Err(PyValueError::new_err(format!("the graph has no node number {id}"))) }
    }
}

/// An op that takes references carries the colocation class of what they refer to, and has the device (the result) of that.
fn place_with_references(graph: &Graph, op: &str, inputs: &[Out], attrs: &mut Attrs) -> Option<String> {
    let def = lookup(op).filter(|d| d.inputs.iter().any(|a| a.is_ref))?;
    let mut device = String::new();
    let mut classes: Vec<Arc<[u8]>> = match attrs.get("_class") {
        Some(Attr::List(AttrList::Str(v))) => v.clone(),
        _ => Vec::new(),
    };
    for (_, out) in def.inputs.iter().zip(inputs).filter(|(a, o)| a.is_ref && graph.has(**o)) {
        let node = graph.node(out.node);
        if !node.device.is_empty() {
            device = node.device.to_string();
        }
        match node.attrs.strs("_class") {
            Ok(groups) => classes.extend(groups.iter().cloned()),
            Err(_) => classes.push(format!("loc:@{}", node.name).into_bytes().into()),
        }
    }
    classes.sort();
    classes.dedup();
    attrs.set("_class", Attr::List(AttrList::Str(classes)));
    Some(device)
}

#[pymethods]
impl PyGraph {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> PyGraph {
        PyGraph { graph: Arc::new(RwLock::new(Graph::new())), state: Mutex::default(), is_body: AtomicBool::default() }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Ok(st) = self.state.try_lock() {
            for h in &st.handles {
                if let Some(o) = &h.operation {
                    visit.call(o)?;
                }
                if let Some(o) = &h.first {
                    visit.call(o)?;
                }
                for o in h.more.iter().flatten() {
                    visit.call(o)?;
                }
            }
        }
        Ok(())
    }
    fn __clear__(&self) {
        let taken = self.state.try_lock().map(|mut st| std::mem::take(&mut st.handles));
        drop(taken);
    }

    fn __len__(&self) -> usize {
        self.read().len()
    }
    fn __bool__(&self) -> bool {
        true
    }

    /// Add a node and return its number. `name` ending in a slash is exact, otherwise it is made unique below the current scope.
    #[pyo3(signature = (op, inputs, attrs=None, name=None, controls=None))]
    fn add_node(
        slf: &Bound<'_, PyGraph>,
        op: &str,
        inputs: &Bound<'_, PyAny>,
        attrs: Option<&Bound<'_, PyDict>>,
        name: Option<&str>,
        controls: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<u32> {
        let outs = PyGraph::outs_of(slf, inputs)?;
        let attrs = PyGraph::attrs_of(op, attrs)?;
        let controls = controls.map(PyGraph::nodes_of).transpose()?.unwrap_or_default();
        Ok(slf.get().create(slf.py(), op, Named::of(name, op), &outs, attrs, &controls)?.0)
    }

    /// Add a node all of whose inputs are tensors of this graph and return its first output.
    #[pyo3(signature = (op, inputs, attrs=None, name=None))]
    fn apply<'py>(
        slf: &Bound<'py, PyGraph>,
        op: &str,
        inputs: &Bound<'py, PyTuple>,
        attrs: Option<&Bound<'py, PyDict>>,
        name: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let slf = &crate::function::target(slf)?;
        let outs = PyGraph::outs_of(slf, inputs.as_any())?;
        let attrs = PyGraph::attrs_of(op, attrs)?;
        let id = slf.get().create(slf.py(), op, Named::of(name, op), &outs, attrs, &[])?;
        PyGraph::tensor_handle(slf, id.out(0))
    }

    /// A `Const` of an array or Python value. `number` is its type (0: inferred); with `dims`, one value fills that shape.
    #[pyo3(signature = (value, number=0, name=None, dims=None))]
    fn constant<'py>(
        slf: &Bound<'py, PyGraph>,
        value: &Bound<'py, PyAny>,
        number: i32,
        name: Option<&str>,
        dims: Option<Vec<usize>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let want = if number == 0 { None } else { Some(known_dtype(number)?) };
        let mut t = tensor_of(value, want, false)?;
        let mut encoding = Encoding::Full;
        if let Some(dims) = dims {
            let given = t.len();
            t = crate::fill::extend(t, &dims).or_raise(py)?;
            if given != t.len() {
                encoding = Encoding::Leading(given);
            }
        }
        let id = slf.get().create_const(py, Named::of(name, "Const"), t, encoding)?;
        PyGraph::tensor_handle(slf, id.out(0))
    }

    fn tensor<'py>(slf: &Bound<'py, PyGraph>, node: u32, index: u32) -> PyResult<Bound<'py, PyAny>> {
        PyGraph::tensor_handle(slf, Out { node: NodeId(node), index })
    }
    fn operation<'py>(slf: &Bound<'py, PyGraph>, node: u32) -> PyResult<Bound<'py, PyAny>> {
        PyGraph::operation_handle(slf, NodeId(node))
    }
    /// The node named `name`, or None.
    fn find<'py>(slf: &Bound<'py, PyGraph>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        let found = slf.get().read().find(name);
        found.map(|id| PyGraph::operation_handle(slf, id)).transpose()
    }
    #[pyo3(signature = (start=0))]
    fn operations<'py>(slf: &Bound<'py, PyGraph>, start: u32) -> PyResult<Bound<'py, PyList>> {
        let n = slf.get().read().len() as u32;
        let ops = (start..n).map(|i| PyGraph::operation_handle(slf, NodeId(i))).collect::<PyResult<Vec<_>>>()?;
        PyList::new(slf.py(), ops)
    }

    #[getter]
    fn prefix(&self) -> String {
        self.state().scopes.prefix.clone()
    }
    #[setter]
    fn set_prefix(&self, prefix: String) {
        self.state().scopes.prefix = prefix;
    }
    /// `name` below the current scope, made unique; marked as used when `mark` is set.
    #[pyo3(signature = (name, mark=true))]
    fn full_unique_name(&self, name: &str, mark: bool) -> String {
        let full = format!("{}{name}", self.state().scopes.prefix);
        self.write().names.unique(&full, mark)
    }
    /// Enter a scope whose name is not exact; returns its full name with a slash, and the prefix before.
    fn enter_scope(&self, name: &str) -> PyResult<(String, String)> {
        let mut st = self.state();
        let root = st.scopes.prefix.is_empty();
        if !is_valid_scope_name(name, root) {
            let (kind, pattern) = if root { ("root scope", "^[A-Za-z0-9.][A-Za-z0-9_.\\\\/>-]*$") } else { ("scope", "^[A-Za-z0-9_.\\\\/>-]*$") };
            let article = if root { "A root scope" } else { "A scope" };
            return Err(PyValueError::new_err(format!(
                "'{name}' is not a valid {kind} name. {article} name has to match the following pattern: {pattern}"
            )));
        }
        let mut full = self.write().names.unique(&format!("{}{name}", st.scopes.prefix), true);
        full.push('/');
        let old = std::mem::replace(&mut st.scopes.prefix, full.clone());
        Ok((full, old))
    }
    fn mark_name(&self, name: &str) {
        self.write().names.mark(name);
    }
    fn has_name(&self, name: &str) -> bool {
        self.read().names.contains(name)
    }

    fn push_controls(&self, ops: &Bound<'_, PyAny>) -> PyResult<()> {
        let nodes = PyGraph::nodes_of(ops)?;
        self.state().scopes.push_group(nodes);
        Ok(())
    }
    fn pop_controls(&self) {
        self.state().scopes.pop_group();
    }
    fn clear_controls(&self) {
        self.state().scopes.clear_groups();
    }
    fn restore_controls(&self) {
        self.state().scopes.restore_groups();
    }
    fn current_controls<'py>(slf: &Bound<'py, PyGraph>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let nodes = slf.get().state().scopes.current_controls();
        nodes.into_iter().map(|n| PyGraph::operation_handle(slf, n)).collect()
    }
    /// Push colocation groups (`b"loc:@name"`), or None to forget those before; returns how many entries to pop.
    fn push_colocation(&self, groups: Option<Vec<Vec<u8>>>) -> usize {
        let mut st = self.state();
        match groups {
            None => {
                st.scopes.colocate.push(None);
                1
            }
            Some(g) => {
                let n = g.len();
                st.scopes.colocate.extend(g.into_iter().map(|b| Some(b.into())));
                n
            }
        }
    }
    fn pop_colocation(&self, n: usize) {
        let mut st = self.state();
        let keep = st.scopes.colocate.len().saturating_sub(n);
        st.scopes.colocate.truncate(keep);
    }
    /// The colocation entries in force, to be put back later.
    fn take_colocation(&self) -> Vec<Option<Vec<u8>>> {
        std::mem::take(&mut self.state().scopes.colocate).into_iter().map(|c| c.map(|b| b.to_vec())).collect()
    }
    fn put_colocation(&self, entries: Vec<Option<Vec<u8>>>) {
        self.state().scopes.colocate = entries.into_iter().map(|c| c.map(Into::into)).collect();
    }
    #[getter]
    fn scope_device(&self) -> String {
        self.state().scopes.device.clone()
    }
    #[setter]
    fn set_scope_device(&self, device: String) {
        self.state().scopes.device = device;
    }
    #[getter]
    fn scope_container(&self) -> String {
        self.state().scopes.container.clone()
    }
    #[setter]
    fn set_scope_container(&self, container: String) {
        self.state().scopes.container = container;
    }
    fn push_attr(&self, name: String, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let value = if value.is_none() { None } else { Some(loose_attr(value)?) };
        self.state().scopes.attrs.insert(0, (name, value));
        Ok(())
    }
    fn pop_attr(&self) {
        let mut st = self.state();
        if !st.scopes.attrs.is_empty() {
            st.scopes.attrs.remove(0);
        }
    }
    /// Map an op type to the name of another registered gradient (None: no longer); returns what it was.
    fn map_gradient(&self, op: String, name: Option<String>) -> Option<String> {
        let mut st = self.state();
        match name {
            Some(n) => st.scopes.gradients.insert(op, n),
            None => st.scopes.gradients.remove(&op),
        }
    }

    #[getter]
    fn epoch(&self) -> u64 {
        self.read().epoch()
    }
    #[getter]
    fn finalized(&self) -> bool {
        self.read().is_finalized()
    }
    fn finalize(&self) {
        self.write().finalize();
    }
    fn unfinalize(&self) {
        self.write().unfinalize();
    }
    fn check_not_finalized(&self) -> PyResult<()> {
        if self.read().is_finalized() {
            return Err(pyo3::exceptions::PyRuntimeError::new_err("Graph is finalized and cannot be modified."));
        }
        Ok(())
    }

    /// The value of a tensor that depends on constants and known shapes alone, or None.
    fn constant_value<'py>(slf: &Bound<'py, PyGraph>, t: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let out = PyGraph::out_of(slf, t)?;
        let value = slf.get().read().constant_value(out);
        value.map(|v| array_object(slf.py(), v)).transpose()
    }
    /// A tensor read as a shape, as far as it is known.
    fn shape_value<'py>(slf: &Bound<'py, PyGraph>, t: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let out = PyGraph::out_of(slf, t)?;
        let s = slf.get().read().shape_value(out);
        crate::tensor::shape_object(slf.py(), &s)
    }
    fn merge_shape(slf: &Bound<'_, PyGraph>, t: &Bound<'_, PyAny>, dims: &Bound<'_, PyAny>) -> PyResult<()> {
        let out = PyGraph::out_of(slf, t)?;
        let shape = shape_of(dims)?;
        slf.get().write().merge_shape(out, &shape).or_raise(slf.py())
    }

    /// The bytes of an attribute's AttrValue, or None.
    fn attr<'py>(&self, py: Python<'py>, node: u32, name: &str) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let id = self.node(node)?;
        let value = self.read().node(id).attrs.get(name).cloned();
        value.map(|a| attr_bytes(py, &a).or_raise(py)).transpose()
    }
    fn attr_names(&self, node: u32) -> PyResult<Vec<String>> {
        let id = self.node(node)?;
        Ok(self.read().node(id).attrs.iter().map(|(n, _)| n.to_string()).collect())
    }
    fn set_attr(&self, py: Python<'_>, node: u32, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let id = self.node(node)?;
        let a = loose_attr(value)?;
        self.write().set_attr(id, name, a).or_raise(py)
    }
    fn clear_attr(&self, py: Python<'_>, node: u32, name: &str) -> PyResult<()> {
        let id = self.node(node)?;
        self.write().clear_attr(id, name).or_raise(py)
    }
    fn set_device(&self, node: u32, device: &str) -> PyResult<()> {
        let id = self.node(node)?;
        self.write().set_device(id, device);
        Ok(())
    }
    fn add_controls(&self, py: Python<'_>, node: u32, ops: &Bound<'_, PyAny>) -> PyResult<()> {
        let id = self.node(node)?;
        let nodes = PyGraph::nodes_of(ops)?;
        self.write().add_controls(id, &nodes).or_raise(py)
    }
    fn remove_controls(&self, py: Python<'_>, node: u32) -> PyResult<()> {
        let id = self.node(node)?;
        self.write().clear_controls(id).or_raise(py)
    }
    fn update_input(slf: &Bound<'_, PyGraph>, node: u32, i: usize, t: &Bound<'_, PyAny>) -> PyResult<()> {
        let id = slf.get().node(node)?;
        let out = PyGraph::out_of(slf, t)?;
        slf.get().write().update_input(id, i, out).or_raise(slf.py())
    }

    /// The serialized NodeDef of a node.
    fn node_def<'py>(&self, py: Python<'py>, node: u32) -> PyResult<Bound<'py, PyBytes>> {
        let id = self.node(node)?;
        let def = self.read().node_def(id, false).or_raise(py)?;
        Ok(PyBytes::new(py, &prost::Message::encode_to_vec(&def)))
    }
    /// The serialized GraphDef from node number `start` on.
    #[pyo3(signature = (start=0, add_shapes=false))]
    fn graph_def<'py>(&self, py: Python<'py>, start: usize, add_shapes: bool) -> PyResult<Bound<'py, PyBytes>> {
        let def = self.read().to_graph_def(start, add_shapes).or_raise(py)?;
        Ok(PyBytes::new(py, &prost::Message::encode_to_vec(&def)))
    }
    /// Add the nodes of a serialized GraphDef; returns the number of the first one.
    #[pyo3(signature = (data, prefix, input_map, controls))]
    fn import_def(
        slf: &Bound<'_, PyGraph>,
        data: &[u8],
        prefix: String,
        input_map: &Bound<'_, PyDict>,
        controls: &Bound<'_, PyAny>,
    ) -> PyResult<usize> {
        let py = slf.py();
        let def = <graphpb::proto::GraphDef as prost::Message>::decode(data)
            .map_err(|e| Error::invalid(format!("Error parsing message with type 'graphpb.GraphDef': {e}")))
            .or_raise(py)?;
        let mut options = graphpb::graph::import::ImportOptions { prefix, controls: PyGraph::nodes_of(controls)?, ..Default::default() };
        for (k, v) in input_map {
            let key: String = k.extract()?;
            let out = match v.cast::<PyOperation>() {
                Ok(op) => op.get().id.out(0),
                Err(_) => PyGraph::out_of(slf, &v)?,
            };
            options.input_map.insert(key, out);
        }
        let at = caller(py);
        let me = slf.get();
        let mut st = me.state();
        options.device = st.scopes.device.clone();
        let mut graph = me.write();
        options.site = st.codes.site(py, &mut graph, at);
        options.replace_versions = graph.is_empty() && options.prefix.is_empty();
        let first = graph.len();
        let done = graph.import(def, options);
        drop(graph);
        if let Ok(ids) = &done {
            for &id in ids {
                st.scopes.created(id);
            }
        }
        drop(st);
        done.or_raise(py)?;
        Ok(first)
    }
    #[getter]
    fn versions(&self) -> (i32, i32, Vec<i32>) {
        let g = self.read();
        g.versions.as_ref().map_or((0, 0, vec![]), |v| (v.producer, v.min_consumer, v.bad_consumers.clone()))
    }
    /// Add the serialized FunctionDefLibrary's functions.
    fn add_functions(&self, py: Python<'_>, data: &[u8]) -> PyResult<()> {
        let library = <graphpb::proto::FunctionDefLibrary as prost::Message>::decode(data).map_err(|e| Error::invalid(e.to_string())).or_raise(py)?;
        let def = graphpb::proto::GraphDef { library: Some(library), ..Default::default() };
        self.write().import(def, Default::default()).or_raise(py)?;
        Ok(())
    }
}
