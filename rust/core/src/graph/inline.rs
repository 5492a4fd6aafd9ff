//! Calls of functions replaced by what the functions hold, in a graph as a message.

use std::collections::{HashMap, HashSet};

use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::graph::cut::bare;
use crate::graph::function::instantiate;
use crate::graph::import::ImportOptions;
use crate::graph::node::NodeId;
use crate::proto::attr_value::{ListValue, Value};
use crate::proto::{AttrValue, GraphDef, NodeDef};

/// How deep calls may be nested: a function that calls itself has no end.
const DEPTH: usize = 64;
/// The most nodes that a graph may come to have.
const NODES: usize = 1 << 20;

/// The function that a node calls with its own inputs as arguments.
fn callee(graph: &Graph, id: NodeId) -> Option<&str> {
    let node = graph.node(id);
    match node.op_name() {
        "PartitionedCall" | "StatefulPartitionedCall" => node.attrs.func("f").ok().map(|f| &*f.name),
        op => graph.library.find(op).map(|_| op),
    }
}

/// `def` without calls: every call becomes an IdentityN of its name behind the nodes of the function, which are named below the call.
///
/// Only what results need is kept of a function. INVALID_ARGUMENT for calls nested deeper than 64, RESOURCE_EXHAUSTED beyond 2^20 nodes.
pub fn inline_calls(mut def: GraphDef) -> Result<GraphDef> {
    for _ in 0..DEPTH {
        let mut graph = Graph::new();
        graph.import(def.clone(), ImportOptions { replace_versions: true, ..ImportOptions::default() })?;
        let calls: HashMap<String, NodeId> =
            graph.ids().filter(|id| callee(&graph, *id).is_some()).map(|id| (graph.node(id).name.to_string(), id)).collect();
        if calls.is_empty() {
            return Ok(def);
        }
        let mut taken: HashSet<String> = def.node.iter().map(|n| n.name.clone()).collect();
        let mut nodes = Vec::with_capacity(def.node.len());
        for node in std::mem::take(&mut def.node) {
            match calls.get(&node.name) {
                Some(id) => splice(&graph, *id, node, &mut taken, &mut nodes)?,
                None => nodes.push(node),
            }
            if nodes.len() > NODES {
                return Err(Error::status(
                    graphpb_kernels::Code::ResourceExhausted,
                    format!("The calls of functions stand for more than {NODES} nodes"),
                ));
            }
        }
        def.node = nodes;
    }
    Err(Error::invalid(format!("Calls of functions are nested deeper than {DEPTH}")))
}

fn splice(graph: &Graph, id: NodeId, call: NodeDef, taken: &mut HashSet<String>, nodes: &mut Vec<NodeDef>) -> Result<()> {
    let node = graph.node(id);
    let facts: Vec<_> = node.inputs.iter().map(|o| graph.fact(*o).clone()).collect();
    let function = callee(graph, id).unwrap_or_default();
    let body = instantiate(&graph.library, function, &node.attrs, &facts).map_err(|e| e.at_node(&call.name, &call.op))?;
    let given: Vec<&String> = call.input.iter().filter(|i| !i.starts_with('^')).collect();
    let controls: Vec<&String> = call.input.iter().filter(|i| i.starts_with('^')).collect();
    let mut args: HashMap<String, &String> = HashMap::new();
    for (arg, input) in body.args.iter().zip(given) {
        args.insert(body.graph.node(arg.node).name.to_string(), input);
    }
    // What the results need.
    let mut keep: HashSet<NodeId> = HashSet::new();
    let mut stack: Vec<NodeId> = body.results.iter().map(|r| r.node).collect();
    while let Some(id) = stack.pop() {
        if keep.insert(id) {
            let node = body.graph.node(id);
            stack.extend(node.inputs.iter().map(|o| o.node).chain(node.controls.iter().copied()));
        }
    }
    let mut names: HashMap<String, String> = HashMap::new();
    for id in &keep {
        let own = body.graph.node(*id).name.to_string();
        let mut name = format!("{}/{own}", call.name);
        while !args.contains_key(&own) && !taken.insert(name.clone()) {
            name.push('_');
        }
        names.insert(own, name);
    }
    let renamed = |input: &str| -> String {
        let own = bare(input);
        match (args.get(own), input.starts_with('^')) {
            (Some(outer), true) => format!("^{}", bare(outer)),
            (Some(outer), false) => (*outer).clone(),
            (None, control) => {
                let name = names.get(own).map_or(own, String::as_str);
                let index = input.get(usize::from(control) + own.len()..).unwrap_or_default();
                format!("{}{name}{index}", if control { "^" } else { "" })
            }
        }
    };
    for mut inner in body.graph.to_graph_def(0, false)?.node {
        let Some(name) = names.get(&inner.name).filter(|_| !args.contains_key(&inner.name)) else { continue };
        inner.input = inner.input.iter().map(|i| renamed(i)).collect();
        if inner.input.is_empty() && inner.op != "Const" {
            inner.input.extend(controls.iter().map(|c| (*c).clone()));
        }
        inner.name.clone_from(name);
        // Names of colocated nodes are those of the body.
        inner.attr.remove("_class");
        nodes.push(inner);
    }
    let attr = |value| AttrValue { value: Some(value) };
    let types: Vec<i32> = body.results.iter().map(|r| body.graph.fact(*r).dtype.number()).collect();
    let mut input: Vec<String> = body.results.iter().map(|r| renamed(&body.graph.out_name(*r))).collect();
    input.extend(controls.into_iter().cloned());
    let (op, attrs) = if types.is_empty() {
        ("NoOp", HashMap::new())
    } else {
        let list = ListValue { r#type: types, ..ListValue::default() };
        ("IdentityN", HashMap::from([("T".to_owned(), attr(Value::List(list)))]))
    };
    nodes.push(NodeDef { name: call.name, op: op.into(), input, device: call.device, attr: attrs.into_iter().collect(), ..NodeDef::default() });
    Ok(())
}
