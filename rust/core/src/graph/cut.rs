//! Parts of stored graphs: what some outputs need, cut off at chosen inputs, with variables replaced by constants.

use std::collections::{HashMap, HashSet};

use graphpb_kernels::{DType, Tensor};

use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::proto::attr_value::Value;
use crate::proto::tensor::{Encoding, encode, shape_of};
use crate::proto::{AttrValue, GraphDef, NodeDef, TensorProto};

pub(super) fn bare(input: &str) -> &str {
    let name = input.trim_start_matches('^');
    match name.rsplit_once(':') {
        Some((node, index)) if index.bytes().all(|b| b.is_ascii_digit()) => node,
        _ => name,
    }
}

/// The nodes that `outputs` need; a node of `inputs` becomes a placeholder of its type and shape in `graph`.
///
/// NOT_FOUND for names that are not in the graph.
pub fn extract(def: &GraphDef, graph: &Graph, outputs: &[String], inputs: &[String]) -> Result<GraphDef> {
    let by_name: HashMap<&str, &NodeDef> = def.node.iter().map(|n| (n.name.as_str(), n)).collect();
    let cut: HashSet<&str> = inputs.iter().map(|i| bare(i)).collect();
    for name in outputs.iter().map(|o| bare(o)).chain(cut.iter().copied()) {
        if !by_name.contains_key(name) {
            return Err(Error::not_found(format!("{name} is not in graph")));
        }
    }
    let mut keep: HashSet<&str> = HashSet::new();
    let mut stack: Vec<&str> = outputs.iter().map(|o| bare(o)).collect();
    while let Some(name) = stack.pop() {
        if keep.insert(name)
            && !cut.contains(name)
            && let Some(node) = by_name.get(name)
        {
            stack.extend(node.input.iter().map(|i| bare(i)));
        }
    }
    let mut out = GraphDef { versions: def.versions.clone(), library: def.library.clone(), ..GraphDef::default() };
    for node in def.node.iter().filter(|n| keep.contains(n.name.as_str())) {
        out.node.push(if cut.contains(node.name.as_str()) { placeholder(node, graph)? } else { node.clone() });
    }
    Ok(out)
}

fn placeholder(node: &NodeDef, graph: &Graph) -> Result<NodeDef> {
    let fact = graph.find(&node.name).filter(|id| graph.node(*id).outputs.len() == 1).map(|id| graph.fact(id.out(0)));
    let Some(fact) = fact else {
        return Err(Error::invalid(format!("{} has not exactly one output and cannot become a placeholder", node.name)));
    };
    let shape = Value::Shape(crate::proto::convert::shape_to_proto(&fact.shape));
    Ok(NodeDef {
        name: node.name.clone(),
        op: "Placeholder".into(),
        device: node.device.clone(),
        attr: [("dtype".to_owned(), attr(Value::Type(fact.dtype.number()))), ("shape".to_owned(), attr(shape))].into(),
        ..NodeDef::default()
    })
}

fn attr(value: Value) -> AttrValue {
    AttrValue { value: Some(value) }
}

/// Whether an op makes a variable.
pub fn is_variable(op: &str) -> bool {
    matches!(op, "Variable" | "VariableV2" | "VarHandleOp")
}

/// Replace every variable by a constant of the value that `value` gives for its node.
///
/// INVALID_ARGUMENT when a handle is used by an op that has no form for constants; all of these are named.
pub fn freeze(def: &mut GraphDef, value: &mut dyn FnMut(&NodeDef) -> Result<Tensor>) -> Result<usize> {
    let mut handles: HashMap<String, i32> = HashMap::new();
    let mut frozen = 0;
    for node in def.node.iter_mut().filter(|n| is_variable(&n.op)) {
        let tensor = value(node)?;
        if node.op == "VarHandleOp" {
            handles.insert(node.name.clone(), tensor.dtype().number());
        }
        let proto = encode(&tensor, Encoding::Full)?;
        node.attr = [("dtype".to_owned(), attr(Value::Type(tensor.dtype().number()))), ("value".to_owned(), attr(Value::Tensor(proto)))].into();
        node.op = "Const".into();
        node.input.retain(|i| i.starts_with('^'));
        frozen += 1;
    }
    let mut axes = Vec::new();
    let mut wrong = Vec::new();
    for node in &mut def.node {
        let Some(dtype) = node.input.first().and_then(|i| handles.get(bare(i))).copied().filter(|_| !node.input.iter().all(|i| i.starts_with('^')))
        else {
            if node.input.iter().any(|i| !i.starts_with('^') && handles.contains_key(bare(i))) {
                wrong.push(format!("{} ({})", node.name, node.op));
            }
            continue;
        };
        match node.op.as_str() {
            "ReadVariableOp" => {
                node.op = "Identity".into();
                node.attr.retain(|k, _| k == "_class" || k == "_output_shapes");
                node.attr.insert("T".into(), attr(Value::Type(dtype)));
            }
            "ResourceGather" => {
                let axis = format!("{}/axis", node.name);
                node.op = "GatherV2".into();
                let indices = node.attr.remove("Tindices").unwrap_or_else(|| attr(Value::Type(DType::I32.number())));
                let batch_dims = node.attr.remove("batch_dims").unwrap_or_else(|| attr(Value::I(0)));
                let at = node.input.iter().position(|i| i.starts_with('^')).unwrap_or(node.input.len());
                node.input.insert(at, axis.clone());
                node.attr.retain(|k, _| k == "_class" || k == "_output_shapes");
                for (key, value) in [
                    ("Tparams", attr(Value::Type(dtype))),
                    ("Tindices", indices),
                    ("Taxis", attr(Value::Type(DType::I32.number()))),
                    ("batch_dims", batch_dims),
                ] {
                    node.attr.insert(key.into(), value);
                }
                axes.push(axis);
            }
            "VariableShape" => {
                node.op = "Shape".into();
                node.attr.insert("T".into(), attr(Value::Type(dtype)));
            }
            _ => wrong.push(format!("{} ({})", node.name, node.op)),
        }
    }
    if !wrong.is_empty() {
        return Err(Error::invalid(format!("These operations use variables in ways that constants do not allow: {}", wrong.join(", ")))
            .hint("name outputs that do not change variables, or extract that part first"));
    }
    for name in axes {
        let proto = TensorProto { dtype: DType::I32.number(), tensor_shape: Some(shape_of(&[])), int_val: vec![0], ..TensorProto::default() };
        def.node.push(NodeDef {
            name,
            op: "Const".into(),
            attr: [("dtype".to_owned(), attr(Value::Type(DType::I32.number()))), ("value".to_owned(), attr(Value::Tensor(proto)))].into(),
            ..NodeDef::default()
        });
    }
    // Names of colocated nodes may be gone.
    let names: HashSet<String> = def.node.iter().map(|n| format!("loc:@{}", n.name)).collect();
    for node in &mut def.node {
        let stale = matches!(node.attr.get("_class").and_then(|a| a.value.as_ref()), Some(Value::List(l)) if l.s.iter().any(|s| !names.contains(&*String::from_utf8_lossy(s))));
        if stale {
            node.attr.remove("_class");
        }
    }
    Ok(frozen)
}
