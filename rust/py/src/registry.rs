//! The op registry as Python data.

use graphpb::graph::builder::default_value;
use graphpb::registry::{self, ArgType, AttrKind};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

use crate::attrs::attr_bytes;
use crate::errors::OrRaise;

/// Whether an op can run here, and is not just loaded and saved.
#[pyfunction]
pub fn has_kernel(name: &str) -> bool {
    registry::lookup(name).is_some_and(|d| !matches!(d.kernel, registry::Kernel::Unsupported))
}

/// The names of all ops.
#[pyfunction]
pub fn op_names() -> Vec<&'static str> {
    registry::all().iter().map(|d| d.name).collect()
}

fn arg<'py>(py: Python<'py>, a: &registry::Arg) -> PyResult<Bound<'py, PyDict>> {
    let d = PyDict::new(py);
    d.set_item("name", a.name)?;
    let (mut ty, mut type_attr, mut list_attr) = (0, None, None);
    match a.ty {
        ArgType::Is(t) => ty = t.number(),
        ArgType::Attr(t) => type_attr = Some(t),
        ArgType::ListAttr(t) => list_attr = Some(t),
    }
    d.set_item("type", ty)?;
    d.set_item("type_attr", type_attr)?;
    d.set_item("type_list_attr", list_attr)?;
    d.set_item("number_attr", a.number)?;
    d.set_item("is_ref", a.is_ref)?;
    Ok(d)
}

/// The description of an op as dicts, or None: name, doc, inputs, outputs, attrs (in the order of the definition).
#[pyfunction]
pub fn op_def<'py>(py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, PyDict>>> {
    let Some(def) = registry::lookup(name) else { return Ok(None) };
    let d = PyDict::new(py);
    d.set_item("name", def.name)?;
    d.set_item("doc", def.doc)?;
    d.set_item("inputs", PyList::new(py, def.inputs.iter().map(|a| arg(py, a)).collect::<PyResult<Vec<_>>>()?)?)?;
    d.set_item("outputs", PyList::new(py, def.outputs.iter().map(|a| arg(py, a)).collect::<PyResult<Vec<_>>>()?)?)?;
    d.set_item("stateful", def.is_stateful())?;
    let attrs = PyList::empty(py);
    for spec in def.attrs {
        let a = PyDict::new(py);
        a.set_item("name", spec.name)?;
        a.set_item("type", spec.kind.text())?;
        a.set_item("allowed_types", spec.types.iter().map(|t| t.number()).collect::<Vec<_>>())?;
        a.set_item("allowed_strings", spec.strings.to_vec())?;
        a.set_item("minimum", spec.minimum)?;
        let default = default_value(spec);
        a.set_item("has_default", default.is_some())?;
        let plain: Option<Bound<'py, PyAny>> = match (&default, spec.kind) {
            (Some(graphpb::graph::attr::Attr::Type(n)), AttrKind::Type) => Some(n.into_pyobject(py)?.into_any()),
            _ => None,
        };
        a.set_item("default_type", plain)?;
        let bytes: Option<Bound<'py, PyBytes>> = default.map(|v| attr_bytes(py, &v).or_raise(py)).transpose()?;
        a.set_item("default", bytes)?;
        attrs.append(a)?;
    }
    d.set_item("attrs", attrs)?;
    Ok(Some(d))
}
