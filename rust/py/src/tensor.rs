//! `_native.Tensor` and `_native.Operation`: light handles, and the operators with a fast path for numbers.

use graphpb::graph::attr::Encoding;
use graphpb::graph::fact::Shape;
use graphpb::graph::node::{NodeId, Out};
use graphpb_kernels::{Bool, C64, C128, DType, Tensor};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyFloat, PyInt, PyList, PyTuple};
use pyo3::{PyTraverseError, PyVisit};

use crate::function::target;
use crate::graph::{Named, PyGraph};
use crate::hooks::hooks;

#[pyclass(subclass, frozen, name = "Tensor", module = "graphpb._native")]
pub struct PyTensor {
    pub graph: Py<PyGraph>,
    pub out: Out,
}

#[pyclass(subclass, frozen, name = "Operation", module = "graphpb._native")]
pub struct PyOperation {
    pub graph: Py<PyGraph>,
    pub id: NodeId,
}

/// A DType object; references are numbered + 100.
pub fn dtype_object<'py>(py: Python<'py>, dtype: DType, is_ref: bool) -> PyResult<Bound<'py, PyAny>> {
    static OBJECTS: [PyOnceLock<Py<PyAny>>; 68] = [const { PyOnceLock::new() }; 68];
    let cell = &OBJECTS[dtype.number() as usize + if is_ref { 34 } else { 0 }];
    let number = dtype.number() + if is_ref { 100 } else { 0 };
    let d = cell.get_or_try_init(py, || hooks(py)?.dtype.bind(py).call1((number,)).map(Bound::unbind))?;
    Ok(d.bind(py).clone())
}

/// A TensorShape.
pub fn shape_object<'py>(py: Python<'py>, s: &Shape) -> PyResult<Bound<'py, PyAny>> {
    let dims = match s.dims() {
        None => py.None().into_bound(py),
        Some(d) => PyTuple::new(py, d.iter().map(|&v| if v < 0 { None } else { Some(v) }))?.into_any(),
    };
    hooks(py)?.shape.bind(py).call1((dims,))
}

/// One Python operator: the scope that TensorFlow opens, and the op.
#[derive(Clone, Copy)]
struct Operator {
    scope: &'static str,
    op: &'static str,
    /// Types for which no conversion of the operands is needed.
    admits: fn(DType) -> bool,
}

const fn operator(scope: &'static str, op: &'static str, admits: fn(DType) -> bool) -> Operator {
    Operator { scope, op, admits }
}

fn number(d: DType) -> bool {
    d.is_floating() || d.is_integer() || d.is_complex()
}
fn real(d: DType) -> bool {
    d.is_floating() || d.is_integer()
}
fn inexact(d: DType) -> bool {
    d.is_floating() || d.is_complex()
}

const ADD: Operator = operator("add", "AddV2", number);
const SUB: Operator = operator("sub", "Sub", number);
const MUL: Operator = operator("mul", "Mul", number);
const TRUEDIV: Operator = operator("truediv", "RealDiv", inexact);
const FLOORDIV: Operator = operator("floordiv", "FloorDiv", real);
const MOD: Operator = operator("mod", "FloorMod", real);
const POW: Operator = operator("pow", "Pow", number);
const LESS: Operator = operator("Less", "Less", real);
const LESS_EQUAL: Operator = operator("LessEqual", "LessEqual", real);
const GREATER: Operator = operator("Greater", "Greater", real);
const GREATER_EQUAL: Operator = operator("GreaterEqual", "GreaterEqual", real);

/// A Python number as a scalar of `dtype`; None when Python code must convert it (or refuse to).
pub fn scalar_of(v: &Bound<'_, PyAny>, dtype: DType) -> Option<Tensor> {
    if v.is_exact_instance_of::<PyFloat>() {
        let x: f64 = v.extract().ok()?;
        return Some(match dtype {
            DType::F32 => Tensor::scalar(x as f32),
            DType::F64 => Tensor::scalar(x),
            DType::F16 => Tensor::scalar(graphpb_kernels::f16::from_f64(x)),
            DType::BF16 => Tensor::scalar(graphpb_kernels::bf16::from_f64(x)),
            DType::C64 => Tensor::scalar(C64::new(x as f32, 0.0)),
            DType::C128 => Tensor::scalar(C128::new(x, 0.0)),
            _ => return None,
        });
    }
    if v.is_exact_instance_of::<PyInt>() || v.is_exact_instance_of::<PyBool>() {
        let x: i64 = v.extract().ok()?;
        return Some(match dtype {
            DType::F16 => Tensor::scalar(graphpb_kernels::f16::from_f64(x as f64)),
            DType::BF16 => Tensor::scalar(graphpb_kernels::bf16::from_f64(x as f64)),
            DType::C64 => Tensor::scalar(C64::new(x as f32, 0.0)),
            DType::C128 => Tensor::scalar(C128::new(x as f64, 0.0)),
            DType::Bool if v.is_exact_instance_of::<PyBool>() => Tensor::scalar(Bool::from(x != 0)),
            DType::F32 => Tensor::scalar(x as f32),
            DType::F64 => Tensor::scalar(x as f64),
            DType::I64 => Tensor::scalar(x),
            DType::I32 => Tensor::scalar(x as i32),
            DType::I16 => Tensor::scalar(x as i16),
            DType::I8 => Tensor::scalar(x as i8),
            DType::U8 => Tensor::scalar(x as u8),
            DType::U16 => Tensor::scalar(x as u16),
            DType::U32 => Tensor::scalar(x as u32),
            _ => return None,
        });
    }
    None
}

fn slow<'py>(x: &Bound<'py, PyTensor>, y: &Bound<'py, PyAny>, o: Operator, reverse: bool) -> PyResult<Bound<'py, PyAny>> {
    hooks(x.py())?.binary.bind(x.py()).call1((o.scope, x, y, reverse))
}

/// `x o y` (or `y o x` when `reverse`).
fn binary<'py>(x: &Bound<'py, PyTensor>, y: &Bound<'py, PyAny>, o: Operator, reverse: bool) -> PyResult<Bound<'py, PyAny>> {
    let py = x.py();
    let me = x.get();
    let graph = &target(me.graph.bind(py))?;
    let g = graph.get();
    let dtype = me.graph.get().read().fact(me.out).dtype;
    if !(o.admits)(dtype) {
        return slow(x, y, o, reverse);
    }
    if let Ok(t) = y.cast::<PyTensor>() {
        if reverse || t.get().graph.get().read().fact(t.get().out).dtype != dtype {
            return slow(x, y, o, reverse);
        }
        let inputs = [PyGraph::out_of(graph, x)?, PyGraph::out_of(graph, t)?];
        let id = g.create(py, o.op, Named::Scoped(o.scope.to_owned()), &inputs, Default::default(), &[])?;
        return PyGraph::tensor_handle(graph, id.out(0));
    }
    let mine = PyGraph::out_of(graph, x)?;
    let Some(value) = scalar_of(y, dtype) else { return slow(x, y, o, reverse) };
    let full = g.claim(o.scope);
    let name = format!("{full}/{}", if reverse { 'x' } else { 'y' });
    // The operand's name lies in a scope that is new, but an exact name may have been given before.
    let name = g.write().names.unique(&name, true);
    let constant = g.create_const(py, Named::Exact(name), value, Encoding::Full)?.out(0);
    let inputs = if reverse { [constant, mine] } else { [mine, constant] };
    let id = g.create(py, o.op, Named::Exact(full), &inputs, Default::default(), &[])?;
    PyGraph::tensor_handle(graph, id.out(0))
}

#[pymethods]
impl PyTensor {
    #[new]
    fn new(graph: Py<PyGraph>, node: u32, index: u32) -> PyTensor {
        PyTensor { graph, out: Out { node: NodeId(node), index } }
    }
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.graph)
    }
    fn __hash__(slf: &Bound<'_, PyTensor>) -> isize {
        (slf.as_ptr() as isize) >> 4
    }

    #[getter]
    fn graph(&self, py: Python<'_>) -> Py<PyGraph> {
        self.graph.clone_ref(py)
    }
    #[getter]
    fn op<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        PyGraph::operation_handle(self.graph.bind(py), self.out.node)
    }
    #[getter]
    fn value_index(&self) -> u32 {
        self.out.index
    }
    /// The number of the node that computes this tensor.
    #[getter]
    fn _node(&self) -> u32 {
        self.out.node.0
    }
    #[getter]
    fn name(&self) -> String {
        self.graph.get().read().out_name(self.out)
    }
    #[getter]
    fn dtype<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let (d, r) = {
            let g = self.graph.get().read();
            let f = g.fact(self.out);
            (f.dtype, f.is_ref)
        };
        dtype_object(py, d, r)
    }
    #[getter(shape)]
    fn static_shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let s = self.graph.get().read().shape(self.out).clone();
        shape_object(py, &s)
    }
    /// The static shape as a tuple with None for what is unknown, or None for an unknown rank.
    #[getter]
    fn _dims<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let s = self.graph.get().read().shape(self.out).clone();
        match s.dims() {
            None => Ok(py.None().into_bound(py)),
            Some(d) => Ok(PyTuple::new(py, d.iter().map(|&v| if v < 0 { None } else { Some(v) }))?.into_any()),
        }
    }
    /// The static shape as TensorFlow prints it: `(?, 3)`.
    #[getter]
    fn _shape_text(&self) -> String {
        self.graph.get().read().shape(self.out).python_text()
    }
    fn get_shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.static_shape(py)
    }
    fn consumers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let graph = self.graph.bind(py);
        let ids: Vec<NodeId> = {
            let g = graph.get().read();
            g.ids().filter(|&i| g.node(i).inputs.contains(&self.out)).collect()
        };
        let ops = ids.into_iter().map(|i| PyGraph::operation_handle(graph, i)).collect::<PyResult<Vec<_>>>()?;
        PyList::new(py, ops)
    }

    fn __add__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf, other, ADD, false)
    }
    fn __radd__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf, other, ADD, true)
    }
    fn __sub__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf, other, SUB, false)
    }
    fn __rsub__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf, other, SUB, true)
    }
    fn __mul__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf, other, MUL, false)
    }
    fn __rmul__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf, other, MUL, true)
    }
    fn __truediv__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf, other, TRUEDIV, false)
    }
    fn __rtruediv__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf, other, TRUEDIV, true)
    }
    fn __floordiv__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf, other, FLOORDIV, false)
    }
    fn __rfloordiv__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf, other, FLOORDIV, true)
    }
    fn __mod__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf, other, MOD, false)
    }
    fn __rmod__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf, other, MOD, true)
    }
    fn __pow__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>, _modulo: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf, other, POW, false)
    }
    fn __rpow__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>, _modulo: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf, other, POW, true)
    }
    fn __lt__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf, other, LESS, false)
    }
    fn __le__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf, other, LESS_EQUAL, false)
    }
    fn __gt__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf, other, GREATER, false)
    }
    fn __ge__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf, other, GREATER_EQUAL, false)
    }
}

#[pymethods]
impl PyOperation {
    #[new]
    fn new(graph: Py<PyGraph>, node: u32) -> PyOperation {
        PyOperation { graph, id: NodeId(node) }
    }
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.graph)
    }
    #[getter]
    fn graph(&self, py: Python<'_>) -> Py<PyGraph> {
        self.graph.clone_ref(py)
    }
    /// The number of the node: its position in creation order.
    #[getter]
    fn _id(&self) -> u32 {
        self.id.0
    }
    #[getter]
    fn name(&self) -> String {
        self.graph.get().read().node(self.id).name.to_string()
    }
    #[getter]
    fn r#type(&self) -> String {
        self.graph.get().read().node(self.id).op_name().to_owned()
    }
    #[getter]
    fn device(&self) -> String {
        self.graph.get().read().node(self.id).device.to_string()
    }
    #[getter]
    fn outputs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let graph = self.graph.bind(py);
        let n = graph.get().read().node(self.id).outputs.len();
        let all = (0..n).map(|i| PyGraph::tensor_handle(graph, self.id.out(i))).collect::<PyResult<Vec<_>>>()?;
        PyList::new(py, all)
    }
    /// Output `i`.
    fn output<'py>(&self, py: Python<'py>, i: usize) -> PyResult<Bound<'py, PyAny>> {
        PyGraph::tensor_handle(self.graph.bind(py), self.id.out(i))
    }
    #[getter]
    fn _num_outputs(&self) -> usize {
        self.graph.get().read().node(self.id).outputs.len()
    }
    #[getter]
    fn _inputs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let graph = self.graph.bind(py);
        let outs = graph.get().read().node(self.id).inputs.clone();
        let all = outs.into_iter().map(|o| PyGraph::tensor_handle(graph, o)).collect::<PyResult<Vec<_>>>()?;
        PyTuple::new(py, all)
    }
    #[getter]
    fn control_inputs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let graph = self.graph.bind(py);
        let ids = graph.get().read().node(self.id).controls.clone();
        let all = ids.into_iter().map(|o| PyGraph::operation_handle(graph, o)).collect::<PyResult<Vec<_>>>()?;
        PyList::new(py, all)
    }
    /// Where the user created it: (file, line, function), or None.
    #[getter]
    fn _site(&self) -> Option<(String, u32, String)> {
        let g = self.graph.get().read();
        g.site(self.id).map(|(c, line)| (c.file.to_string(), line, c.function.to_string()))
    }
}
