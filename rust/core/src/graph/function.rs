//! A function of the library as a graph of its own: arguments are placeholders, results are tensors.

use std::collections::HashMap;

use graphpb_kernels::DType;

use crate::error::{Error, Result};
use crate::grad::{GradValue, Options, gradients};
use crate::graph::Graph;
use crate::graph::attr::{Attr, AttrList, Attrs};
use crate::graph::builder::{Name, NewNode, arg_len};
use crate::graph::fact::{Fact, Shape};
use crate::graph::import::ImportOptions;
use crate::graph::library::Library;
use crate::graph::node::{NodeId, Out};
use crate::proto::convert::{attr_to_proto, attrs_from_proto, attrs_to_proto, shape_from_proto};
use crate::proto::{self, attr_value};
use crate::registry::lookup;

/// The body of a function for one call.
pub struct Body {
    pub graph: Graph,
    pub args: Vec<Out>,
    pub results: Vec<Out>,
    /// Nodes that must run besides those that the results need.
    pub effects: Vec<NodeId>,
}

/// Replace the placeholders of an attribute by the values of the call.
fn substitute(v: proto::AttrValue, values: &Attrs) -> Result<proto::AttrValue> {
    match v.value {
        Some(attr_value::Value::Placeholder(p)) => match values.get(&p) {
            Some(a) => attr_to_proto(a),
            None => Err(Error::invalid(format!("the call gives no value for attr '{p}'"))),
        },
        Some(attr_value::Value::Func(f)) => {
            let attr = f.attr.into_iter().map(|(k, v)| Ok((k, substitute(v, values)?))).collect::<Result<_>>()?;
            Ok(proto::AttrValue { value: Some(attr_value::Value::Func(proto::NameAttrList { name: f.name, attr })) })
        }
        value => Ok(proto::AttrValue { value }),
    }
}

/// Output arguments of a body node: name and first flat index.
fn outputs_of(op: &str, attrs: &Attrs, library: &Library) -> Result<Vec<(String, usize)>> {
    let mut at = 0;
    if let Some(def) = lookup(op) {
        let mut out = Vec::new();
        for a in def.outputs {
            out.push((a.name.to_owned(), at));
            at += arg_len(a, attrs)?;
        }
        return Ok(out);
    }
    let f = library.find(op).ok_or_else(|| Error::unimplemented(format!("op '{op}' is neither known nor a function")))?;
    let args = f.signature.iter().flat_map(|s| &s.output_arg);
    Ok(args.enumerate().map(|(i, a)| (a.name.clone(), i)).collect())
}

/// `name`, `name:arg:i` of a function body as an input of a graph.
fn graph_input(text: &str, outputs: &HashMap<&str, Vec<(String, usize)>>) -> Result<String> {
    if text.starts_with('^') {
        return Ok(text.to_owned());
    }
    let mut parts = text.split(':');
    let node = parts.next().unwrap_or("");
    let Some(args) = outputs.get(node) else {
        return Ok(node.to_owned()); // an argument; `arg:0` is the same
    };
    let arg = parts.next().ok_or_else(|| Error::invalid(format!("'{text}' names no output of node '{node}'")))?;
    let index: usize = match parts.next() {
        Some(i) => i.parse().map_err(|_| Error::invalid(format!("bad input '{text}'")))?,
        None => 0,
    };
    let first = args.iter().find(|(n, _)| n == arg).map(|(_, i)| *i).ok_or_else(|| Error::invalid(format!("'{node}' has no output '{arg}'")))?;
    Ok(format!("{node}:{}", first.saturating_add(index)))
}

/// The body of `function` for inputs with these facts.
///
/// `attrs` are the attributes of the call. INVALID_ARGUMENT when the function is malformed.
pub fn instantiate(library: &Library, function: &str, attrs: &Attrs, inputs: &[Fact]) -> Result<Body> {
    let f = library.find(function).ok_or_else(|| Error::not_found(format!("Function {function} is not defined.")))?;
    build(library, f, attrs, inputs).map_err(|e| Error::status(e.code(), format!("function {function}: {e}")))
}

fn build(library: &Library, f: &proto::FunctionDef, attrs: &Attrs, inputs: &[Fact]) -> Result<Body> {
    let signature = f.signature.as_ref().ok_or_else(|| Error::invalid("no signature"))?;
    if signature.input_arg.len() != inputs.len() {
        return Err(Error::invalid(format!("takes {} arguments, got {}", signature.input_arg.len(), inputs.len())));
    }
    let mut def = proto::GraphDef { versions: Some(proto::VersionDef { producer: super::PRODUCER, ..Default::default() }), ..Default::default() };
    for (a, fact) in signature.input_arg.iter().zip(inputs) {
        let declared = match attrs.get(&a.type_attr) {
            Some(Attr::Type(t)) if !a.type_attr.is_empty() => *t,
            _ => a.r#type,
        };
        if declared != 0 && DType::from_number(declared) != Some(fact.dtype) {
            let want = DType::from_number(declared).map_or("?", |d| d.name());
            return Err(Error::invalid(format!("argument '{}' is {want}, got {}", a.name, fact.dtype.name())));
        }
        let mut attr = Attrs::new().with("dtype", fact.dtype).with("shape", fact.shape.clone());
        if !a.handle_data.is_empty() {
            let shapes = a.handle_data.iter().map(|h| h.shape.as_ref().map_or(Shape::UNKNOWN, shape_from_proto)).collect();
            attr.set("_handle_dtypes", Attr::List(AttrList::Type(a.handle_data.iter().map(|h| h.dtype).collect())));
            attr.set("_handle_shapes", Attr::List(AttrList::Shape(shapes)));
        }
        def.node.push(proto::NodeDef { name: a.name.clone(), op: "Placeholder".into(), attr: attrs_to_proto(&attr)?, ..Default::default() });
    }
    let mut nodes = Vec::with_capacity(f.node_def.len());
    for n in &f.node_def {
        let mut n = n.clone();
        n.attr = n.attr.into_iter().map(|(k, v)| Ok((k, substitute(v, attrs)?))).collect::<Result<_>>()?;
        if let Some(d) = lookup(&n.op) {
            for spec in d.attrs {
                if let (false, Some(v)) = (n.attr.contains_key(spec.name), super::builder::default_value(spec)) {
                    n.attr.insert(spec.name.to_owned(), attr_to_proto(&v)?);
                }
            }
        }
        nodes.push(n);
    }
    let mut outputs: HashMap<&str, Vec<(String, usize)>> = HashMap::new();
    for n in &nodes {
        let a = attrs_from_proto(n.attr.clone(), lookup(&n.op));
        outputs.insert(&n.name, outputs_of(&n.op, &a, library).map_err(|e| e.at_node(&n.name, &n.op))?);
    }
    let inputs_of: Vec<Vec<String>> =
        nodes.iter().map(|n| n.input.iter().map(|i| graph_input(i, &outputs)).collect::<Result<_>>()).collect::<Result<_>>()?;
    let mut results = Vec::new();
    for o in &signature.output_arg {
        let text = f.ret.get(&o.name).ok_or_else(|| Error::invalid(format!("no value for result '{}'", o.name)))?;
        results.push(graph_input(text, &outputs)?);
    }
    drop(outputs);
    for (n, input) in nodes.iter_mut().zip(inputs_of) {
        n.input = input;
    }
    def.node.extend(nodes);
    let mut graph = Graph { library: library.clone(), ..Graph::new() };
    graph.import(def, ImportOptions::default())?;
    library.place(&signature.name, &mut graph);
    let out = |text: &str| graph.find_out(text).ok_or_else(|| Error::invalid(format!("'{text}' is not in the body")));
    let args = signature.input_arg.iter().map(|a| out(&a.name)).collect::<Result<_>>()?;
    let results = results.iter().map(|r| out(r)).collect::<Result<_>>()?;
    let mut effects: Vec<NodeId> = Vec::new();
    for name in f.control_ret.values() {
        effects.push(graph.find(name).ok_or_else(|| Error::invalid(format!("control result '{name}' is not in the body")))?);
    }
    // Effects run even when nothing in the signature names them.
    effects.extend(graph.ids().filter(|&id| has_effect(&graph, id) && !effects.contains(&id)).collect::<Vec<_>>());
    Ok(Body { graph, args, results, effects })
}

/// Whether a node of a body must run although no result needs it.
fn has_effect(graph: &Graph, id: NodeId) -> bool {
    let n = graph.node(id);
    match n.op.def() {
        Some(d) => {
            d.is_stateful() && !matches!(d.name, "VarHandleOp" | "ReadVariableOp" | "Placeholder" | "VariableV2") && !d.name.starts_with("Random")
        }
        None => false,
    }
}

/// The facts of a call's inputs, with shapes that are not certain forgotten.
pub fn forget_shapes(facts: &[Fact]) -> Vec<Fact> {
    facts.iter().map(|f| Fact { shape: Shape::UNKNOWN, ..f.clone() }).collect()
}

/// The gradients of a function's results with respect to its arguments, as a body that takes the arguments and then the
/// gradients of the results (`SymbolicGradient`).
pub fn gradient(library: &Library, function: &str, attrs: &Attrs, inputs: &[Fact]) -> Result<Body> {
    let signature = library.signature(function);
    let n = signature.ok_or_else(|| Error::not_found(format!("Function {function} is not defined.")))?.input_arg.len();
    let (args, dys) =
        inputs.split_at_checked(n).ok_or_else(|| Error::invalid(format!("function {function} takes {n} arguments, got {}", inputs.len())))?;
    let mut body = instantiate(library, function, attrs, args)?;
    if dys.len() != body.results.len() {
        return Err(Error::invalid(format!("function {function} gives {} results, got {} gradients", body.results.len(), dys.len())));
    }
    let mut grad_ys = Vec::new();
    let arguments = body.args.clone();
    for (i, f) in dys.iter().enumerate() {
        let name = format!("gradient_of_result_{i}");
        let new = NewNode::new("Placeholder", Name::Unique(&name), &[]).attr("dtype", f.dtype).attr("shape", f.shape.clone());
        let dy = body.graph.add(new)?.out(0);
        body.args.push(dy);
        grad_ys.push(Some(GradValue::Dense(dy)));
    }
    let options = Options { scope: "gradients/".into(), grad_ys, unconnected_zero: true, ..Default::default() };
    let found = gradients(&mut body.graph, &body.results, &arguments, options)?;
    body.results = Vec::new();
    for g in found {
        match g {
            Some(GradValue::Dense(o)) => body.results.push(o),
            _ => return Err(Error::unimplemented(format!("the gradient of function {function} has rows for an argument"))),
        }
    }
    Ok(body)
}

/// What a function's signature says of its arguments.
///
/// INVALID_ARGUMENT when an argument's type depends on an attribute that the call does not give.
pub fn declared(library: &Library, function: &str, attrs: &Attrs) -> Result<Vec<Fact>> {
    let f = library.find(function).ok_or_else(|| Error::not_found(format!("Function {function} is not defined.")))?;
    let signature = f.signature.as_ref().ok_or_else(|| Error::invalid(format!("function {function} has no signature")))?;
    let fact = |(i, a): (usize, &proto::op_def::ArgDef)| {
        let number = match attrs.get(&a.type_attr) {
            Some(Attr::Type(t)) if !a.type_attr.is_empty() => *t,
            _ => a.r#type,
        };
        let dtype = DType::from_number(number);
        let dtype = dtype.ok_or_else(|| Error::invalid(format!("function {function}: the type of argument '{}' is not known", a.name)))?;
        let shapes = f.arg_attr.get(&(i as u32)).and_then(|a| a.attr.get("_output_shapes"));
        let shape = match shapes.and_then(|v| v.value.as_ref()) {
            Some(attr_value::Value::List(l)) if l.shape.len() == 1 => l.shape.first().map_or(Shape::UNKNOWN, shape_from_proto),
            _ => Shape::UNKNOWN,
        };
        Ok(Fact { dtype, shape, is_ref: false })
    };
    signature.input_arg.iter().enumerate().map(fact).collect()
}
