//! Calls of Python functions from inside a run (`PyFunc`): copies in, copies out, exceptions as errors that remember them.

use std::sync::Mutex;

use graphpb::Error;
use graphpb_kernels::error::Code;
use graphpb_kernels::{DType, Tensor};
use numpy::PyUntypedArray;
use pyo3::exceptions::{PyMemoryError, PyNotImplementedError, PyStopIteration, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::array::{result_object, tensor_of_array};
use crate::hooks::hooks;

/// Exceptions whose errors are on their way to `Session.run`, by the text of the error.
static RAISED: Mutex<Vec<(String, Py<PyAny>)>> = Mutex::new(Vec::new());

/// Errors may be lost on the way (another step failed first); no more than this many exceptions are kept.
const MAX_RAISED: usize = 16;

/// The exception behind the error with this text, once.
pub fn cause(py: Python<'_>, message: &str) -> Option<PyErr> {
    let mut raised = RAISED.lock().unwrap_or_else(|e| e.into_inner());
    let at = raised.iter().position(|(text, _)| text == message)?;
    let exception = raised.swap_remove(at).1;
    drop(raised);
    Some(PyErr::from_value(exception.into_bound(py)))
}

fn code_of(py: Python<'_>, e: &PyErr) -> Code {
    if e.is_instance_of::<PyValueError>(py) || e.is_instance_of::<PyTypeError>(py) {
        Code::InvalidArgument
    } else if e.is_instance_of::<PyStopIteration>(py) {
        Code::OutOfRange
    } else if e.is_instance_of::<PyMemoryError>(py) {
        Code::ResourceExhausted
    } else if e.is_instance_of::<PyNotImplementedError>(py) {
        Code::Unimplemented
    } else {
        Code::Unknown
    }
}

/// The error of an exception: the code that TensorFlow gives its class, and its text with the traceback.
fn error_of(py: Python<'_>, e: PyErr) -> Error {
    let kind = e.get_type(py).name().map_or_else(|_| "Exception".to_owned(), |n| n.to_string());
    let mut text = format!("{kind}: {}", e.value(py).str().map_or_else(|_| String::new(), |s| s.to_string()));
    if let Some(trace) = e.traceback(py).and_then(|t| t.format().ok()) {
        text.push('\n');
        text.push_str(trace.trim_end());
    }
    let code = code_of(py, &e);
    let mut raised = RAISED.lock().unwrap_or_else(|e| e.into_inner());
    if raised.len() >= MAX_RAISED {
        raised.remove(0);
    }
    raised.push((text.clone(), e.into_value(py).into_any()));
    Error::status(code, text)
}

fn run(py: Python<'_>, token: &str, inputs: Vec<Tensor>, expected: &[DType]) -> PyResult<Vec<Tensor>> {
    let arguments = inputs.into_iter().map(|t| result_object(py, t)).collect::<PyResult<Vec<_>>>()?;
    let values = hooks(py)?.script.bind(py).call1((token, PyTuple::new(py, arguments)?))?;
    let mut out = Vec::new();
    for (i, value) in values.try_iter()?.enumerate() {
        out.push(tensor_of_array(&value?.cast_into::<PyUntypedArray>()?, expected.get(i).copied(), false)?);
    }
    Ok(out)
}

/// Call the function of a token; called from the threads of a run, never with Python's lock held.
pub fn call(token: &str, inputs: Vec<Tensor>, expected: &[DType]) -> Result<Vec<Tensor>, Error> {
    Python::attach(|py| run(py, token, inputs, expected).map_err(|e| error_of(py, e)))
}
