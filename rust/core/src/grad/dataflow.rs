//! Dataflow loops (Enter, Merge, Switch, NextIteration, Exit) that a gradient goes through become While nodes with functions.
//!
//! The Exit nodes stay under their names, as identities of the While's outputs; the other nodes of the frame stay too, but nothing
//! needs them any more. So the loop runs once, for its results and for its gradient.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use smallvec::SmallVec;

use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::graph::attr::{Attr, AttrList, Attrs, FuncAttr};
use crate::graph::builder::{Name, NewNode};
use crate::graph::fact::Shape;
use crate::graph::function_export::Export;
use crate::graph::import::ImportOptions;
use crate::graph::node::{NodeId, OpRef, Out};
use crate::plan::loops::{DataflowLoop, Loops};
use crate::proto;
use crate::registry::lookup;
use graphpb_kernels::DType;

/// Give the outermost loops that one of the nodes `between` leaves the form of a While. Says whether there were any.
///
/// UNIMPLEMENTED, with the node's name, for a loop that cannot be structured.
pub(super) fn structure(graph: &mut Graph, between: impl Fn(NodeId) -> bool) -> Result<bool> {
    let leaves = |graph: &Graph, id: NodeId| graph.node(id).op_name() == "Exit" && between(id);
    if !graph.ids().any(|id| leaves(graph, id)) {
        return Ok(false);
    }
    let loops = Loops::find(graph)?;
    let inside: Vec<HashSet<NodeId>> = loops.all.iter().map(|l| frame(graph, l)).collect();
    let mut found = false;
    for (k, l) in loops.all.iter().enumerate() {
        let asked = l.vars.iter().any(|v| v.exit.is_some_and(&between));
        if asked && !inside.iter().enumerate().any(|(other, nodes)| other != k && nodes.contains(&l.cond)) {
            replace(graph, l).map_err(|e| graph.locate(e, l.cond))?;
            found = true;
        }
    }
    Ok(found)
}

/// A name for a gradient call: `scope`, unless another call, of the file that the graph came from, goes by it. Calls of one name
/// share the arrays of gradients of TensorArrays.
pub(super) fn call_name(graph: &Graph, scope: &str) -> String {
    let mut taken: HashSet<String> = HashSet::new();
    let arrays = graph.nodes().iter().filter(|n| n.op_name() == "TensorArrayGradV3");
    taken.extend(arrays.filter_map(|n| n.attrs.str("source").ok().map(str::to_owned)));
    for n in graph.library.iter().flat_map(|f| &f.node_def).filter(|n| n.op == "TensorArrayGradV3") {
        if let Some(proto::attr_value::Value::S(s)) = n.attr.get("source").and_then(|a| a.value.as_ref()) {
            taken.insert(String::from_utf8_lossy(s).into_owned());
        }
    }
    let mut name = scope.to_owned();
    let mut k = 0;
    while taken.contains(&name) {
        k += 1;
        name = format!("{scope}_{k}");
    }
    name
}

/// The tensors that a loop's condition and next values are, and what must run besides.
fn roots(graph: &Graph, l: &DataflowLoop) -> Result<(Out, Vec<Out>, Vec<NodeId>)> {
    let input = |id: NodeId| graph.node(id).inputs.first().copied().ok_or_else(|| Error::invalid(format!("'{}' has no input", graph.node(id).name)));
    let border: HashSet<NodeId> = l.border().collect();
    let next = l.vars.iter().map(|v| input(v.next)).collect::<Result<Vec<_>>>()?;
    let controls = l.vars.iter().flat_map(|v| graph.node(v.next).controls.iter().copied()).filter(|c| !border.contains(c));
    Ok((input(l.cond)?, next, controls.collect()))
}

/// The nodes upstream of `from` as far as the border of the loop.
fn upstream(graph: &Graph, l: &DataflowLoop, from: impl Iterator<Item = NodeId>) -> HashSet<NodeId> {
    let border: HashSet<NodeId> = l.border().collect();
    let mut seen = HashSet::new();
    let mut stack: Vec<NodeId> = from.filter(|n| !border.contains(n)).collect();
    while let Some(id) = stack.pop() {
        if seen.insert(id) {
            let n = graph.node(id);
            stack.extend(n.inputs.iter().map(|i| i.node).chain(n.controls.iter().copied()).filter(|p| !border.contains(p)));
        }
    }
    seen
}

fn frame(graph: &Graph, l: &DataflowLoop) -> HashSet<NodeId> {
    match roots(graph, l) {
        Ok((cond, next, controls)) => upstream(graph, l, next.iter().map(|o| o.node).chain([cond.node]).chain(controls)),
        Err(_) => HashSet::new(),
    }
}

/// The arguments of a loop's functions.
struct Arguments {
    /// One per variable and constant: its name, and the tensor that enters.
    args: Vec<(String, Out)>,
    /// What stands for a tensor at the border.
    stands: HashMap<Out, String>,
    /// Variables whose references enter: repeated inside under their names.
    references: Vec<NodeId>,
}

fn arguments(graph: &Graph, l: &DataflowLoop) -> Result<Arguments> {
    let mut a = Arguments { args: Vec::new(), stands: HashMap::new(), references: Vec::new() };
    let mut name = |what: &str, entering: Out| {
        let mut name = format!("{what}_{}", a.args.len());
        while graph.find(&name).is_some() {
            name.push('_');
        }
        a.args.push((name.clone(), entering));
        name
    };
    let entering = |e: NodeId| graph.node(e).inputs.first().copied().ok_or_else(|| Error::invalid(format!("'{}' has no input", graph.node(e).name)));
    for v in &l.vars {
        if graph.node(v.enter).op_name() != "Enter" {
            return Err(Error::unimplemented(format!("'{}' is a loop variable by reference", graph.node(v.enter).name)));
        }
        let text = name("loop_var", entering(v.enter)?);
        a.stands.insert(v.merge.out(0), text.clone());
        if let Some(s) = v.switch {
            a.stands.insert(s.out(1), text);
        }
    }
    for &e in &l.constants {
        let from = entering(e)?;
        if graph.node(e).op_name() == "Enter" {
            let text = name("loop_constant", from);
            a.stands.insert(e.out(0), text);
        } else if matches!(graph.node(from.node).op_name(), "VariableV2" | "Variable") {
            a.stands.insert(e.out(0), graph.node(from.node).name.to_string());
            a.references.push(from.node);
        } else {
            return Err(Error::unimplemented(format!("'{}' brings a reference that is no variable into the loop", graph.node(e).name)));
        }
    }
    Ok(a)
}

/// The function from the loop's arguments to `results`, added to the library.
fn function(graph: &mut Graph, l: &DataflowLoop, a: &Arguments, base: &str, results: &[Out], effects: &[NodeId]) -> Result<String> {
    let nodes = upstream(graph, l, results.iter().map(|r| r.node).chain(effects.iter().copied()));
    let border: HashSet<NodeId> = l.border().collect();
    let truth = {
        let mut name = "loop_goes_on".to_owned();
        while graph.find(&name).is_some() {
            name.push('_');
        }
        name
    };
    let text = |o: Out| -> Result<String> {
        if let Some(t) = a.stands.get(&o) {
            return Ok(t.clone());
        }
        if o == l.cond.out(0) {
            return Ok(truth.clone());
        }
        let n = graph.node(o.node);
        if border.contains(&o.node) {
            return Err(Error::unimplemented(format!("'{}' is read inside of the loop", graph.out_name(o))));
        }
        Ok(if o.index == 0 { n.name.to_string() } else { format!("{}:{}", n.name, o.index) })
    };
    let mut def =
        proto::GraphDef { versions: Some(proto::VersionDef { producer: crate::graph::PRODUCER, ..Default::default() }), ..Default::default() };
    let plain = |name: &str, op: &str, attrs: &Attrs| -> Result<proto::NodeDef> {
        Ok(proto::NodeDef { name: name.to_owned(), op: op.to_owned(), attr: crate::proto::convert::attrs_to_proto(attrs)?, ..Default::default() })
    };
    for (name, o) in &a.args {
        let fact = graph.fact(*o);
        let mut attrs = Attrs::new().with("dtype", fact.dtype).with("shape", Shape::UNKNOWN);
        if let Some((dtype, shape)) = graph.handle(*o).filter(|_| fact.dtype == DType::Resource) {
            attrs.set("_handle_dtypes", Attr::List(AttrList::Type(vec![dtype.number()])));
            attrs.set("_handle_shapes", Attr::List(AttrList::Shape(vec![shape])));
        }
        def.node.push(plain(name, "Placeholder", &attrs)?);
    }
    let yes = graphpb_kernels::Tensor::scalar(graphpb_kernels::Bool::TRUE);
    def.node.push(plain(&truth, "Const", &Attrs::new().with("dtype", DType::Bool).with("value", yes))?);
    let mut all: Vec<NodeId> = nodes.iter().copied().chain(a.references.iter().copied().filter(|r| !nodes.contains(r))).collect();
    all.sort_unstable();
    for id in all {
        let n = graph.node(id);
        if n.op_name() == "Placeholder" {
            return Err(Error::unimplemented(format!("'{}' is used in the loop without an Enter", n.name)));
        }
        let mut node = graph.node_def(id, false)?;
        node.input = n.inputs.iter().map(|&i| text(i)).collect::<Result<_>>()?;
        node.input.extend(n.controls.iter().filter(|c| nodes.contains(c)).map(|&c| format!("^{}", graph.node(c).name)));
        // State is found by name: that of the node outside.
        if n.op.def().is_some_and(|d| d.attr_spec("shared_name").is_some()) && n.attrs.str("shared_name").unwrap_or("").is_empty() {
            let name = crate::proto::convert::attr_to_proto(&Attr::from(&*n.name))?;
            node.attr.insert("shared_name".into(), name);
        }
        def.node.push(node);
    }
    let results: Vec<String> = results.iter().map(|&r| text(r)).collect::<Result<_>>()?;
    let effects: Vec<String> = effects.iter().map(|&e| graph.node(e).name.to_string()).collect();
    let mut body = Graph::new();
    body.library = graph.library.clone();
    body.import(def, ImportOptions::default())?;
    structure(&mut body, |_| true)?;
    let find = |body: &Graph, t: &str| body.find_out(t).ok_or_else(|| Error::internal(format!("'{t}' is not in the body")));
    let args: Vec<Out> = a.args.iter().map(|(t, _)| find(&body, t)).collect::<Result<_>>()?;
    let results: Vec<Out> = results.iter().map(|t| find(&body, t)).collect::<Result<_>>()?;
    let effects: Vec<NodeId> = effects.iter().filter_map(|t| body.find(t)).collect();
    graph.add_function(base, &body, &Export { args: &args, results: &results, effects: &effects, prune: true })
}

/// Add the While that computes what the loop does, and let the loop's Exits take its outputs.
fn replace(graph: &mut Graph, l: &DataflowLoop) -> Result<()> {
    let a = arguments(graph, l)?;
    let (pred, mut next, effects) = roots(graph, l)?;
    let scope = graph.node(l.cond).name.rsplit_once('/').map_or(String::new(), |(s, _)| format!("{s}/"));
    let base = if scope.is_empty() { "while_".to_owned() } else { scope.replace('/', "_") };
    let cond = function(graph, l, &a, &format!("{base}cond"), &[pred], &[])?;
    next.extend(l.constants.iter().map(|e| e.out(0)).filter(|o| graph.node(o.node).op_name() == "Enter"));
    let body = function(graph, l, &a, &format!("{base}body"), &next, &effects)?;
    let inputs: Vec<Out> = a.args.iter().map(|(_, o)| *o).collect();
    let stated = |k: usize, o: Out| match l.vars.get(k) {
        _ if graph.fact(o).dtype == DType::Resource => Shape::scalar(),
        Some(v) => graph.shape(v.merge.out(0)).clone(),
        None => graph.shape(o).clone(),
    };
    let shapes = inputs.iter().enumerate().map(|(k, &o)| stated(k, o)).collect();
    let call = |name: &str| Attr::Func(Arc::new(FuncAttr { name: name.into(), attrs: Attrs::new() }));
    let types = inputs.iter().map(|&o| graph.fact(o).dtype.number()).collect();
    let stateful = [&cond, &body].iter().any(|f| graph.library.signature(f).is_some_and(|s| s.is_stateful));
    let parallel = l.vars.first().and_then(|v| graph.node(v.enter).attrs.int("parallel_iterations").ok()).unwrap_or(10);
    let mut controls: SmallVec<[NodeId; 4]> = SmallVec::new();
    for c in l.enters().flat_map(|e| graph.node(e).controls.iter().copied()) {
        if !controls.contains(&c) {
            controls.push(c);
        }
    }
    let name = format!("{scope}While");
    let mut new = NewNode::new(if stateful { "While" } else { "StatelessWhile" }, Name::Unique(&name), &inputs);
    new.attrs = Attrs::new()
        .with("T", Attr::List(AttrList::Type(types)))
        .with("cond", call(&cond))
        .with("body", call(&body))
        .with("output_shapes", Attr::List(AttrList::Shape(shapes)))
        .with("parallel_iterations", parallel);
    new.controls = &controls;
    new.site = graph.node(l.cond).site;
    let id = graph.add(new)?;
    let identity = lookup("Identity").ok_or_else(|| Error::internal("Identity is unknown"))?;
    for (k, v) in l.vars.iter().enumerate() {
        let Some(exit) = v.exit else { continue };
        let node = graph.node_mut(exit);
        node.op = OpRef::Known(identity);
        node.inputs = SmallVec::from_slice(&[id.out(k)]);
    }
    graph.mark_changed();
    Ok(())
}
