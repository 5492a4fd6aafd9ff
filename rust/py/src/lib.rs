//! The extension module `graphpb._native`: the Rust graph, registry and sessions as Python objects.

mod array;
mod attrs;
mod backprop;
mod bodies;
mod errors;
mod files;
mod fill;
mod function;
mod graph;
mod hooks;
mod records;
mod registry;
mod scopes;
mod script;
mod session;
mod sites;
mod tensor;

use pyo3::prelude::*;

/// Run the `graphpb` command with these arguments and return its exit code.
#[pyfunction]
fn run_command(py: Python<'_>, args: Vec<String>) -> i32 {
    py.detach(|| graphpb_cli::run(&args))
}

#[pymodule]
fn _native(m: &Bound<'_, PyModule>) -> PyResult<()> {
    graphpb::ops::control::py_func::set_caller(script::call);
    m.add_class::<graph::PyGraph>()?;
    m.add_class::<tensor::PyTensor>()?;
    m.add_class::<tensor::PyOperation>()?;
    m.add_class::<session::PySession>()?;
    m.add_class::<session::PyRun>()?;
    m.add_class::<records::PyRecordWriter>()?;
    m.add_class::<records::PyRecordReader>()?;
    m.add_class::<records::PyEventWriter>()?;
    m.add_class::<files::PyCheckpoint>()?;
    m.add_function(wrap_pyfunction!(files::expand_glob, m)?)?;
    m.add_function(wrap_pyfunction!(hooks::set_hooks, m)?)?;
    m.add_function(wrap_pyfunction!(registry::op_names, m)?)?;
    m.add_function(wrap_pyfunction!(registry::op_def, m)?)?;
    m.add_function(wrap_pyfunction!(registry::has_kernel, m)?)?;
    m.add_function(wrap_pyfunction!(array::decode_tensor, m)?)?;
    m.add_function(wrap_pyfunction!(array::encode_tensor, m)?)?;
    m.add_function(wrap_pyfunction!(backprop::gradients, m)?)?;
    m.add_function(wrap_pyfunction!(function::set_building, m)?)?;
    m.add_function(wrap_pyfunction!(function::inherit_scopes, m)?)?;
    m.add_function(wrap_pyfunction!(function::argument, m)?)?;
    m.add_function(wrap_pyfunction!(function::define_function, m)?)?;
    m.add_function(wrap_pyfunction!(function::define_part, m)?)?;
    m.add_function(wrap_pyfunction!(function::share_library, m)?)?;
    m.add_function(wrap_pyfunction!(files::checkpoint_exists, m)?)?;
    m.add_function(wrap_pyfunction!(run_command, m)?)?;
    m.add("__version__", env!("CARGO_PKG_VERSION"))?;
    Ok(())
}
