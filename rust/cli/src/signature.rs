//! The tags and signatures of a SavedModel or MetaGraph, as lines and as JSON.

use std::collections::BTreeMap;

use graphpb::io::saved_model::Model;
use graphpb::proto::tensor_info::Encoding;
use graphpb::proto::{SignatureDef, TensorInfo};
use graphpb_kernels::DType;

use crate::json::{Json, object};

pub fn tags(model: &Model) -> Vec<String> {
    model.meta.iter().filter_map(|m| m.meta_info_def.as_ref()).flat_map(|i| i.tags.iter().cloned()).collect()
}

fn sorted(model: &Model) -> BTreeMap<&str, &SignatureDef> {
    model.meta.iter().flat_map(|m| &m.signature_def).map(|(k, v)| (k.as_str(), v)).collect()
}

/// The tensor that an entry of a signature names.
pub fn tensor(info: &TensorInfo) -> &str {
    match &info.encoding {
        Some(Encoding::Name(name)) => name,
        Some(Encoding::CooSparse(sparse)) => &sparse.values_tensor_name,
        _ => "?",
    }
}

fn shape(info: &TensorInfo) -> String {
    match info.tensor_shape.as_ref().filter(|s| !s.unknown_rank) {
        None => "<unknown>".into(),
        Some(shape) => {
            let sizes: Vec<String> = shape.dim.iter().map(|d| if d.size < 0 { "?".into() } else { d.size.to_string() }).collect();
            format!("[{}]", sizes.join(","))
        }
    }
}

fn dtype(info: &TensorInfo) -> &'static str {
    DType::from_number(info.dtype).map_or("?", DType::name)
}

/// `name: method  key=tensor type[shape], ... -> key=tensor type[shape]`.
pub fn lines(model: &Model) -> Vec<String> {
    let entries = |map: &BTreeMap<String, TensorInfo>| {
        let mut all: Vec<String> = map.iter().map(|(k, i)| format!("{k}={} {}{}", tensor(i), dtype(i), shape(i))).collect();
        all.sort();
        all.join(", ")
    };
    sorted(model).into_iter().map(|(name, s)| format!("{name}: {}  {} -> {}", s.method_name, entries(&s.inputs), entries(&s.outputs))).collect()
}

pub fn json(model: &Model) -> Json {
    let entries = |map: &BTreeMap<String, TensorInfo>| {
        let one = |i: &TensorInfo| object([("tensor", tensor(i).into()), ("dtype", dtype(i).into()), ("shape", shape(i).into())]);
        Json::Object(map.iter().map(|(k, i)| (k.clone(), one(i))).collect())
    };
    let one =
        |s: &SignatureDef| object([("method", s.method_name.as_str().into()), ("inputs", entries(&s.inputs)), ("outputs", entries(&s.outputs))]);
    Json::Object(sorted(model).into_iter().map(|(name, s)| (name.to_owned(), one(s))).collect())
}

/// The output tensors of a signature, by key.
pub fn outputs(model: &Model, name: &str) -> Option<Vec<String>> {
    let signature = sorted(model).get(name).copied()?;
    Some(signature.outputs.values().map(|i| tensor(i).to_owned()).collect())
}
