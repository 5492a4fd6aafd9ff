//! Record files and event files as Python objects: bytes in, bytes out.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};

use graphpb::Error;
use graphpb::io::events::EventWriter;
use graphpb::io::files::FileError;
use graphpb::io::records::{Compression, FileReader, FileWriter};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::raise;

fn file_error(py: Python<'_>, e: &FileError) -> PyErr {
    raise(py, Error::status(e.code, e.to_string()))
}

fn compression(name: &str) -> PyResult<Compression> {
    Compression::parse(name).ok_or_else(|| PyValueError::new_err(format!("Not a valid compression type: {name:?}; it is '', 'GZIP' or 'ZLIB'")))
}

fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(|e| e.into_inner())
}

/// Writes a TFRecord file.
#[pyclass(frozen, name = "RecordWriter", module = "graphpb._native")]
pub struct PyRecordWriter(Mutex<FileWriter>);

#[pymethods]
impl PyRecordWriter {
    #[new]
    #[pyo3(signature = (path, compression_type="", level=None))]
    fn new(py: Python<'_>, path: PathBuf, compression_type: &str, level: Option<u32>) -> PyResult<Self> {
        let kind = compression(compression_type)?;
        FileWriter::create(&path, kind, level).map(|w| PyRecordWriter(Mutex::new(w))).map_err(|e| file_error(py, &e))
    }
    fn write(&self, py: Python<'_>, record: &[u8]) -> PyResult<()> {
        lock(&self.0).write(record).map_err(|e| file_error(py, &e))
    }
    fn flush(&self, py: Python<'_>) -> PyResult<()> {
        lock(&self.0).flush().map_err(|e| file_error(py, &e))
    }
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        lock(&self.0).close().map_err(|e| file_error(py, &e))
    }
}

/// Iterates over the records of a TFRecord file.
#[pyclass(frozen, name = "RecordReader", module = "graphpb._native")]
pub struct PyRecordReader(Mutex<FileReader>);

#[pymethods]
impl PyRecordReader {
    #[new]
    #[pyo3(signature = (path, compression_type=""))]
    fn new(py: Python<'_>, path: PathBuf, compression_type: &str) -> PyResult<Self> {
        let kind = compression(compression_type)?;
        FileReader::open(&path, kind).map(|r| PyRecordReader(Mutex::new(r))).map_err(|e| file_error(py, &e))
    }
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }
    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        match lock(&self.0).next() {
            None => Ok(None),
            Some(Ok(record)) => Ok(Some(PyBytes::new(py, &record))),
            Some(Err(e)) => Err(file_error(py, &e)),
        }
    }
}

/// Writes serialized events into files of a folder.
#[pyclass(frozen, name = "EventWriter", module = "graphpb._native")]
pub struct PyEventWriter(Mutex<EventWriter>);

#[pymethods]
impl PyEventWriter {
    #[new]
    #[pyo3(signature = (folder, suffix=""))]
    fn new(py: Python<'_>, folder: PathBuf, suffix: &str) -> PyResult<Self> {
        EventWriter::new(&folder, suffix).map(|w| PyEventWriter(Mutex::new(w))).map_err(|e| file_error(py, &e))
    }
    /// The path of the file being written; None before the first event.
    #[getter]
    fn path(&self) -> Option<PathBuf> {
        lock(&self.0).path().map(ToOwned::to_owned)
    }
    fn write(&self, py: Python<'_>, event: &[u8]) -> PyResult<()> {
        lock(&self.0).write_bytes(event).map_err(|e| file_error(py, &e))
    }
    /// Make the file when there is none yet, and hand everything to the system.
    fn flush(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| lock(&self.0).flush()).map_err(|e| file_error(py, &e))
    }
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| lock(&self.0).close()).map_err(|e| file_error(py, &e))
    }
}
