//! Errors of the Rust crates as the Python exceptions that TensorFlow raises.

use graphpb::error::{Class, Error};
use pyo3::exceptions::{PyKeyError, PyLookupError, PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;

use crate::hooks::hooks;

/// The exception of an error; its text carries the node, the user's line and the hint.
pub fn raise(py: Python<'_>, e: Error) -> PyErr {
    let text = e.to_string();
    match e.class() {
        Class::Value => PyValueError::new_err(text),
        Class::Type => PyTypeError::new_err(text),
        Class::Lookup => PyLookupError::new_err(text),
        Class::Key => PyKeyError::new_err(text),
        Class::Runtime => PyRuntimeError::new_err(text),
        Class::Status => {
            let (node, op) = e.node().map_or((None, None), |(n, o)| (Some(n), Some(o)));
            let made = hooks(py).and_then(|h| h.status.bind(py).call1((e.code() as i32, text, e.message(), node, op)));
            match made {
                Ok(exception) => PyErr::from_value(exception),
                Err(e) => e,
            }
        }
    }
}

/// `?` for results of the core inside methods that have a `py`.
pub trait OrRaise<T> {
    fn or_raise(self, py: Python<'_>) -> PyResult<T>;
}
impl<T> OrRaise<T> for Result<T, Error> {
    fn or_raise(self, py: Python<'_>) -> PyResult<T> {
        self.map_err(|e| raise(py, e))
    }
}
