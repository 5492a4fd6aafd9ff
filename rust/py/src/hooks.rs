//! Objects of the Python package that the extension needs, handed over once by `graphpb.graph.core`.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

/// Classes and functions of the package.
pub struct Hooks {
    pub tensor: Py<PyAny>,
    pub operation: Py<PyAny>,
    /// `shape(dims or None) -> TensorShape`
    pub shape: Py<PyAny>,
    /// `dtype(number) -> DType`; references are numbered + 100
    pub dtype: Py<PyAny>,
    /// `numpy_dtype(number) -> numpy.dtype`
    pub numpy_dtype: Py<PyAny>,
    /// `as_array(value, number or 0) -> ndarray`
    pub as_array: Py<PyAny>,
    /// `status(code, message, node, op, site, hint) -> exception`
    pub status: Py<PyAny>,
    /// `feed(tensor, value) -> ndarray`: a value that needs numpy's conversion, or an error
    pub feed: Py<PyAny>,
    /// `binary(name, x, y, reverse) -> Tensor`: operators whose operands need conversion
    pub binary: Py<PyAny>,
    /// `script(token, arguments) -> list of ndarrays`: call a registered function
    pub script: Py<PyAny>,
    /// `default_graph() -> Graph`
    pub default_graph: Py<PyAny>,
    /// The folder of the package: frames of files below it are never the user's.
    pub folder: String,
    pub getframe: Py<PyAny>,
}

static HOOKS: PyOnceLock<Hooks> = PyOnceLock::new();

/// The hooks; RuntimeError before the package has handed them over.
pub fn hooks(py: Python<'_>) -> PyResult<&Hooks> {
    HOOKS.get(py).ok_or_else(|| pyo3::exceptions::PyRuntimeError::new_err("import graphpb, not graphpb._native"))
}

/// Take the hooks from a dict.
#[pyfunction]
pub fn set_hooks(py: Python<'_>, given: &Bound<'_, PyDict>) -> PyResult<()> {
    let get = |name: &str| -> PyResult<Py<PyAny>> {
        Ok(given.get_item(name)?.ok_or_else(|| pyo3::exceptions::PyKeyError::new_err(name.to_owned()))?.unbind())
    };
    let hooks = Hooks {
        tensor: get("tensor")?,
        operation: get("operation")?,
        shape: get("shape")?,
        dtype: get("dtype")?,
        numpy_dtype: get("numpy_dtype")?,
        as_array: get("as_array")?,
        status: get("status")?,
        feed: get("feed")?,
        binary: get("binary")?,
        script: get("script")?,
        default_graph: get("default_graph")?,
        folder: get("folder")?.extract(py)?,
        getframe: py.import("sys")?.getattr("_getframe")?.unbind(),
    };
    let _ = HOOKS.set(py, hooks);
    Ok(())
}
