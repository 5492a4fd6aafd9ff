//! Checkpoints as Python objects.

use graphpb::io::checkpoint::{self, Checkpoint};
use pyo3::prelude::*;

use crate::array::result_object;
use crate::errors::OrRaise;

/// An open checkpoint of format V2 or V1.
#[pyclass(frozen, name = "Checkpoint", module = "graphpb._native")]
pub struct PyCheckpoint {
    checkpoint: Checkpoint,
}

#[pymethods]
impl PyCheckpoint {
    #[new]
    fn new(py: Python<'_>, prefix: &str) -> PyResult<Self> {
        let checkpoint = py.detach(|| Checkpoint::open(prefix)).or_raise(py)?;
        Ok(PyCheckpoint { checkpoint })
    }

    /// Name, number of the dtype and shape of each tensor, sorted by name.
    fn entries(&self) -> Vec<(String, i32, Vec<usize>)> {
        let names = self.checkpoint.names();
        names.into_iter().filter_map(|n| self.checkpoint.info(n).map(|i| (n.to_owned(), i.dtype.number(), i.dims.clone()))).collect()
    }

    /// The value of a tensor; NotFoundError for an unknown name.
    fn tensor<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        let tensor = py.detach(|| self.checkpoint.tensor(name)).or_raise(py)?;
        result_object(py, tensor)
    }
}

/// Whether there is a checkpoint with this prefix.
#[pyfunction]
pub fn checkpoint_exists(prefix: &str) -> bool {
    checkpoint::exists(prefix)
}

/// The existing paths that match a pattern, sorted.
#[pyfunction]
pub fn expand_glob(py: Python<'_>, pattern: &str) -> Vec<String> {
    py.detach(|| graphpb::io::glob::expand(pattern).into_iter().map(|p| p.to_string_lossy().into_owned()).collect())
}
