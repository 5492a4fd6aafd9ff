//! Attribute values: Python objects in, serialized `AttrValue` messages out.

use std::sync::Arc;

use graphpb::error::Error;
use graphpb::graph::attr::{Attr, AttrList, Encoding, FuncAttr, TensorAttr};
use graphpb::graph::fact::Shape;
use graphpb::proto::convert::{attr_from_proto, attr_to_proto};
use graphpb::registry::{AttrKind, AttrSpec};
use graphpb_kernels::DType;
use prost::Message;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyList, PyString, PyTuple};

use crate::array::tensor_of;

/// The number of a DType object, an int or anything with `as_datatype_enum`.
pub fn dtype_number(v: &Bound<'_, PyAny>) -> PyResult<i32> {
    if let Ok(n) = v.extract::<i32>() {
        return Ok(n);
    }
    v.getattr("as_datatype_enum")?.extract()
}

/// A shape from None, an int sequence (None and −1 unknown), a TensorShape or a TensorShapeProto.
pub fn shape_of(v: &Bound<'_, PyAny>) -> PyResult<Shape> {
    if v.is_none() {
        return Ok(Shape::UNKNOWN);
    }
    let list = if v.is_instance_of::<PyList>() || v.is_instance_of::<PyTuple>() {
        v.clone()
    } else if v.hasattr("ndims")? {
        if v.getattr("ndims")?.is_none() {
            return Ok(Shape::UNKNOWN);
        }
        v.call_method0("as_list")?
    } else if v.hasattr("unknown_rank")? {
        let p = graphpb::proto::TensorShapeProto::decode(v.call_method0("SerializeToString")?.cast::<PyBytes>()?.as_bytes())
            .map_err(|e| PyValueError::new_err(e.to_string()))?;
        return Ok(graphpb::proto::convert::shape_from_proto(&p));
    } else if let Ok(n) = v.extract::<i64>() {
        return Ok(Shape::of(&[n]));
    } else {
        v.clone()
    };
    let mut dims = Vec::new();
    for d in list.try_iter()? {
        let d = d?;
        dims.push(if d.is_none() {
            -1
        } else if let Ok(n) = d.extract::<i64>() {
            n
        } else {
            let value = d.getattr("value")?;
            if value.is_none() { -1 } else { value.extract()? }
        });
    }
    Ok(Shape::of(&dims))
}

fn bytes_of(v: &Bound<'_, PyAny>) -> PyResult<Arc<[u8]>> {
    if let Ok(s) = v.cast::<PyString>() {
        Ok(s.to_cow()?.as_bytes().into())
    } else {
        Ok(v.cast::<PyBytes>().map_err(|_| PyTypeError::new_err(format!("{v:?} is not a string")))?.as_bytes().into())
    }
}

fn tensor_attr(v: &Bound<'_, PyAny>) -> PyResult<Arc<TensorAttr>> {
    if v.hasattr("tensor_shape")? {
        let p = graphpb::proto::TensorProto::decode(v.call_method0("SerializeToString")?.cast::<PyBytes>()?.as_bytes())
            .map_err(|e| PyValueError::new_err(e.to_string()))?;
        return Ok(Arc::new(TensorAttr::from_proto(p)));
    }
    Ok(Arc::new(TensorAttr::from_value(tensor_of(v, None, false)?, Encoding::Full)))
}

fn func_attr(v: &Bound<'_, PyAny>) -> PyResult<Arc<FuncAttr>> {
    if let Ok(s) = v.cast::<PyString>() {
        return Ok(Arc::new(FuncAttr { name: s.to_cow()?.as_ref().into(), attrs: Default::default() }));
    }
    if v.hasattr("SerializeToString")? {
        let data = v.call_method0("SerializeToString")?;
        let p = graphpb::proto::NameAttrList::decode(data.cast::<PyBytes>()?.as_bytes()).map_err(|e| PyValueError::new_err(e.to_string()))?;
        let attrs = graphpb::proto::convert::attrs_from_proto(p.attr, None);
        return Ok(Arc::new(FuncAttr { name: p.name.into(), attrs }));
    }
    Ok(Arc::new(FuncAttr { name: v.getattr("name")?.extract::<String>()?.into(), attrs: Default::default() }))
}

fn list<T>(v: &Bound<'_, PyAny>, f: impl Fn(&Bound<'_, PyAny>) -> PyResult<T>) -> PyResult<Vec<T>> {
    v.try_iter()?.map(|i| f(&i?)).collect()
}

fn int_of(v: &Bound<'_, PyAny>) -> PyResult<i64> {
    match v.extract::<i64>() {
        Ok(n) => Ok(n),
        // Dimension, numpy integers
        Err(e) => v.call_method0("__int__").and_then(|n| n.extract()).map_err(|_| e),
    }
}

/// The value of an attribute of a known op.
pub fn attr_of(spec: &AttrSpec, v: &Bound<'_, PyAny>, op: &str) -> PyResult<Attr> {
    if let Some(a) = message_attr(v)? {
        return Ok(a);
    }
    let expected = |what: &str| {
        let kind = v.get_type().name().map_or_else(|_| String::new(), |n| n.to_string());
        let value = v.repr().map_or_else(|_| String::new(), |r| r.to_string());
        PyTypeError::new_err(format!("Expected {what} for argument '{}' of '{op}', got {value} of type '{kind}'.", spec.name))
    };
    Ok(match spec.kind {
        AttrKind::Int => {
            if v.is_instance_of::<PyFloat>() || v.is_instance_of::<PyString>() {
                return Err(expected("int"));
            }
            Attr::Int(int_of(v).map_err(|_| expected("int"))?)
        }
        AttrKind::Float => Attr::Float(v.extract::<f64>().map_err(|_| expected("float"))? as f32),
        AttrKind::Bool => {
            if v.is_instance_of::<PyString>() || v.is_none() {
                return Err(expected("bool"));
            }
            Attr::Bool(v.is_truthy()?)
        }
        AttrKind::Str => Attr::Str(bytes_of(v).map_err(|_| expected("string"))?),
        AttrKind::Type => Attr::Type(base_number(dtype_number(v)?)),
        AttrKind::Shape => Attr::Shape(shape_of(v)?),
        AttrKind::Tensor => Attr::Tensor(tensor_attr(v)?),
        AttrKind::Func => Attr::Func(func_attr(v)?),
        AttrKind::ListInt => Attr::List(AttrList::Int(list(v, int_of).map_err(|_| expected("list of ints"))?)),
        AttrKind::ListFloat => Attr::List(AttrList::Float(list(v, |i| Ok(i.extract::<f64>()? as f32))?)),
        AttrKind::ListBool => Attr::List(AttrList::Bool(list(v, |i| i.is_truthy())?)),
        AttrKind::ListStr => Attr::List(AttrList::Str(list(v, bytes_of)?)),
        AttrKind::ListType => Attr::List(AttrList::Type(list(v, |i| Ok(base_number(dtype_number(i)?)))?)),
        AttrKind::ListShape => Attr::List(AttrList::Shape(list(v, shape_of)?)),
        AttrKind::ListTensor => Attr::List(AttrList::Tensor(list(v, tensor_attr)?)),
        AttrKind::ListFunc => Attr::List(AttrList::Func(list(v, func_attr)?)),
    })
}

fn base_number(n: i32) -> i32 {
    if n > 100 { n - 100 } else { n }
}

/// An AttrValue message, recognised by its `WhichOneof`.
fn message_attr(v: &Bound<'_, PyAny>) -> PyResult<Option<Attr>> {
    if v.is_instance_of::<PyInt>() || v.is_instance_of::<PyString>() || v.is_none() || v.is_instance_of::<PyList>() {
        return Ok(None);
    }
    if !v.hasattr("WhichOneof")? || !v.hasattr("placeholder")? {
        return Ok(None);
    }
    let data = v.call_method0("SerializeToString")?;
    attr_from_bytes(data.cast::<PyBytes>()?.as_bytes()).map(Some)
}

/// A serialized AttrValue.
pub fn attr_from_bytes(data: &[u8]) -> PyResult<Attr> {
    let p = graphpb::proto::AttrValue::decode(data).map_err(|e| PyValueError::new_err(e.to_string()))?;
    Ok(attr_from_proto(p))
}

/// Any attribute, whose kind follows from the Python value (underscore attributes).
pub fn loose_attr(v: &Bound<'_, PyAny>) -> PyResult<Attr> {
    if let Some(a) = message_attr(v)? {
        return Ok(a);
    }
    Ok(if v.is_instance_of::<PyBool>() {
        Attr::Bool(v.extract()?)
    } else if v.is_instance_of::<PyInt>() {
        Attr::Int(v.extract()?)
    } else if v.is_instance_of::<PyFloat>() {
        Attr::Float(v.extract::<f64>()? as f32)
    } else if v.is_instance_of::<PyString>() || v.is_instance_of::<PyBytes>() {
        Attr::Str(bytes_of(v)?)
    } else if v.hasattr("as_datatype_enum")? {
        Attr::Type(dtype_number(v)?)
    } else if let Ok(items) = list(v, loose_attr) {
        match items.first() {
            None => Attr::List(AttrList::Empty),
            Some(Attr::Str(_)) => {
                Attr::List(AttrList::Str(items.into_iter().filter_map(|a| if let Attr::Str(s) = a { Some(s) } else { None }).collect()))
            }
            Some(Attr::Int(_)) => {
                Attr::List(AttrList::Int(items.into_iter().filter_map(|a| if let Attr::Int(s) = a { Some(s) } else { None }).collect()))
            }
            _ => return Err(PyTypeError::new_err(format!("{v:?} is not an attribute value"))),
        }
    } else {
        return Err(PyTypeError::new_err(format!("{v:?} is not an attribute value")));
    })
}

/// The attribute as the bytes of an AttrValue.
pub fn attr_bytes<'py>(py: Python<'py>, a: &Attr) -> Result<Bound<'py, PyBytes>, Error> {
    Ok(PyBytes::new(py, &attr_to_proto(a)?.encode_to_vec()))
}

/// The base type with this number; ValueError otherwise.
pub fn known_dtype(number: i32) -> PyResult<DType> {
    DType::from_number(number).ok_or_else(|| PyValueError::new_err(format!("unknown data type {number}")))
}
