//! Attribute values and shapes: messages to and from the graph's own types.

use std::sync::Arc;

use crate::error::Result;
use crate::graph::attr::{Attr, AttrList, AttrName, Attrs, FuncAttr, TensorAttr};
use crate::graph::fact::Shape;
use crate::proto::{self, attr_value};
use crate::registry::OpDef;

pub fn shape_from_proto(p: &proto::TensorShapeProto) -> Shape {
    if p.unknown_rank { Shape::UNKNOWN } else { Shape::of(&p.dim.iter().map(|d| d.size).collect::<Vec<_>>()) }
}

pub fn shape_to_proto(s: &Shape) -> proto::TensorShapeProto {
    match s.dims() {
        None => proto::TensorShapeProto { dim: vec![], unknown_rank: true },
        Some(d) => proto::TensorShapeProto {
            dim: d.iter().map(|&size| proto::tensor_shape_proto::Dim { size, name: String::new() }).collect(),
            unknown_rank: false,
        },
    }
}

fn func_from_proto(f: proto::NameAttrList) -> Arc<FuncAttr> {
    Arc::new(FuncAttr { name: f.name.into(), attrs: attrs_from_proto(f.attr, None) })
}

fn func_to_proto(f: &FuncAttr) -> Result<proto::NameAttrList> {
    Ok(proto::NameAttrList { name: f.name.to_string(), attr: attrs_to_proto(&f.attrs)? })
}

fn list_from_proto(l: attr_value::ListValue) -> AttrList {
    if !l.s.is_empty() {
        AttrList::Str(l.s.into_iter().map(Arc::from).collect())
    } else if !l.i.is_empty() {
        AttrList::Int(l.i)
    } else if !l.f.is_empty() {
        AttrList::Float(l.f)
    } else if !l.b.is_empty() {
        AttrList::Bool(l.b)
    } else if !l.r#type.is_empty() {
        AttrList::Type(l.r#type)
    } else if !l.shape.is_empty() {
        AttrList::Shape(l.shape.iter().map(shape_from_proto).collect())
    } else if !l.tensor.is_empty() {
        AttrList::Tensor(l.tensor.into_iter().map(|t| Arc::new(TensorAttr::from_proto(t))).collect())
    } else if !l.func.is_empty() {
        AttrList::Func(l.func.into_iter().map(func_from_proto).collect())
    } else {
        AttrList::Empty
    }
}

pub fn attr_from_proto(v: proto::AttrValue) -> Attr {
    use attr_value::Value;
    match v.value {
        None => Attr::Unset,
        Some(Value::List(l)) => Attr::List(list_from_proto(l)),
        Some(Value::S(s)) => Attr::Str(Arc::from(s)),
        Some(Value::I(i)) => Attr::Int(i),
        Some(Value::F(f)) => Attr::Float(f),
        Some(Value::B(b)) => Attr::Bool(b),
        Some(Value::Type(t)) => Attr::Type(t),
        Some(Value::Shape(s)) => Attr::Shape(shape_from_proto(&s)),
        Some(Value::Tensor(t)) => Attr::Tensor(Arc::new(TensorAttr::from_proto(t))),
        Some(Value::Placeholder(p)) => Attr::Placeholder(p.into()),
        Some(Value::Func(f)) => Attr::Func(func_from_proto(f)),
    }
}

pub fn attr_to_proto(v: &Attr) -> Result<proto::AttrValue> {
    use attr_value::Value;
    let value = match v {
        Attr::Unset => None,
        Attr::Int(i) => Some(Value::I(*i)),
        Attr::Float(f) => Some(Value::F(*f)),
        Attr::Bool(b) => Some(Value::B(*b)),
        Attr::Str(s) => Some(Value::S(s.to_vec())),
        Attr::Type(t) => Some(Value::Type(*t)),
        Attr::Shape(s) => Some(Value::Shape(shape_to_proto(s))),
        Attr::Tensor(t) => Some(Value::Tensor(t.to_proto()?)),
        Attr::Func(f) => Some(Value::Func(func_to_proto(f)?)),
        Attr::Placeholder(p) => Some(Value::Placeholder(p.to_string())),
        Attr::List(l) => {
            let mut out = attr_value::ListValue::default();
            match l {
                AttrList::Empty => {}
                AttrList::Str(v) => out.s = v.iter().map(|s| s.to_vec()).collect(),
                AttrList::Int(v) => out.i = v.clone(),
                AttrList::Float(v) => out.f = v.clone(),
                AttrList::Bool(v) => out.b = v.clone(),
                AttrList::Type(v) => out.r#type = v.clone(),
                AttrList::Shape(v) => out.shape = v.iter().map(shape_to_proto).collect(),
                AttrList::Tensor(v) => out.tensor = v.iter().map(|t| t.to_proto()).collect::<Result<_>>()?,
                AttrList::Func(v) => out.func = v.iter().map(|f| func_to_proto(f)).collect::<Result<_>>()?,
            }
            Some(Value::List(out))
        }
    };
    Ok(proto::AttrValue { value })
}

/// Attributes of a message; names that the op knows are not copied.
pub fn attrs_from_proto(attrs: std::collections::BTreeMap<String, proto::AttrValue>, def: Option<&'static OpDef>) -> Attrs {
    let mut out = Attrs::new();
    for (name, v) in attrs {
        let name = match def.and_then(|d| d.attr_spec(&name)) {
            Some(spec) => AttrName::Static(spec.name),
            None => AttrName::from(name),
        };
        out.set(name, attr_from_proto(v));
    }
    out
}

pub fn attrs_to_proto(attrs: &Attrs) -> Result<std::collections::BTreeMap<String, proto::AttrValue>> {
    attrs.iter().map(|(n, v)| Ok((n.to_string(), attr_to_proto(v)?))).collect()
}
