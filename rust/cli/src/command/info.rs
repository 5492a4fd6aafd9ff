//! `graphpb info`: what a graph takes, gives, holds and needs.

use std::collections::BTreeMap;

use graphpb::graph::attr::Attr;
use graphpb::{Graph, NodeId, Out};
use graphpb_kernels::DType;

use crate::args::Spec;
use crate::command::convert::format_name;
use crate::command::show::shape_json;
use crate::json::{Json, object};
use crate::load;
use crate::outcome::{Console, Failure};
use crate::signature;

const SPEC: Spec = Spec {
    help: "\
Summarise a graph: likely inputs and outputs, operations to run, variables, parameters, op counts, signatures.

Usage: graphpb info FILE [--tags A,B] [--json]

FILE may be a SavedModel's folder (--tags chooses among its graphs) or a MetaGraph.

Example:
  graphpb info model.pb
",
    values: &["tags"],
    flags: &[],
    positional: (1, 1),
};

/// How many names of a kind the text form shows.
const SHOWN: usize = 20;

struct Summary {
    inputs: Vec<Out>,
    outputs: Vec<NodeId>,
    targets: Vec<NodeId>,
    variables: Vec<Out>,
    /// Elements of variables, or of floating-point constants in a frozen graph.
    parameters: i64,
    ops: BTreeMap<String, usize>,
    unsupported: BTreeMap<String, usize>,
}

fn is_variable(op: &str) -> bool {
    matches!(op, "Variable" | "VariableV2" | "VarHandleOp")
}

fn summarise(graph: &Graph) -> Summary {
    let mut used = vec![false; graph.len()];
    for node in graph.nodes() {
        for producer in node.inputs.iter().map(|o| o.node).chain(node.controls.iter().copied()) {
            if let Some(u) = used.get_mut(producer.index()) {
                *u = true;
            }
        }
    }
    let nodes: Vec<NodeId> = graph.ids().collect();
    let mut out = Summary {
        inputs: Vec::new(),
        outputs: Vec::new(),
        targets: Vec::new(),
        variables: Vec::new(),
        parameters: 0,
        ops: BTreeMap::new(),
        unsupported: load::unsupported(graph, &nodes),
    };
    for id in nodes {
        let node = graph.node(id);
        let op = node.op_name();
        *out.ops.entry(op.to_owned()).or_default() += 1;
        let last = !used.get(id.index()).copied().unwrap_or(false);
        if matches!(op, "Placeholder" | "PlaceholderV2" | "PlaceholderWithDefault") {
            // A default that the graph itself supplies to its saver is no input of the model.
            if op != "PlaceholderWithDefault" || !node.name.starts_with("save") {
                out.inputs.push(id.out(0));
            }
        } else if is_variable(op) {
            out.variables.push(id.out(0));
        } else if last && op != "Const" && !node.name.contains("gradients/") {
            let changes_state = node.outputs.iter().any(|f| f.is_ref) || node.op.def().is_some_and(|d| d.is_stateful() || d.outputs.is_empty());
            if changes_state { out.targets.push(id) } else { out.outputs.push(id) }
        }
    }
    out.parameters = if out.variables.is_empty() {
        graph.ids().filter(|id| graph.node(*id).op_name() == "Const").filter_map(|id| constant_elements(graph, id)).sum()
    } else {
        out.variables.iter().filter_map(|v| variable_shape(graph, *v).elements()).fold(0, i64::saturating_add)
    };
    out
}

/// Elements of a floating-point constant that looks like a weight: more than one.
fn constant_elements(graph: &Graph, id: NodeId) -> Option<i64> {
    let fact = graph.node(id).outputs.first()?;
    let elements = fact.shape.elements()?;
    ((fact.dtype.is_floating() || fact.dtype.is_complex()) && elements > 1).then_some(elements)
}

/// The shape of a variable's value; a handle has its own.
fn variable_shape(graph: &Graph, out: Out) -> graphpb::graph::fact::Shape {
    match graph.node(out.node).attrs.get("shape") {
        Some(Attr::Shape(shape)) => shape.clone(),
        _ => graph.shape(out).clone(),
    }
}

fn variable_dtype(graph: &Graph, out: Out) -> DType {
    graph.node(out.node).attrs.dtype("dtype").unwrap_or(graph.fact(out).dtype)
}

pub fn run(args: &[String], console: &mut Console) -> Result<(), Failure> {
    let Some(args) = SPEC.parse(args, console)? else { return Ok(()) };
    let Some(file) = args.positional.first() else { return Err(SPEC.wrong("a file is missing")) };
    let loaded = load::tagged(file, args.last("tags"))?;
    let graph = &loaded.graph;
    let summary = summarise(graph);
    let bytes = std::fs::metadata(file).map_or(0, |m| m.len()) as usize;
    let producer = graph.versions.as_ref().map_or(0, |v| i64::from(v.producer));
    let functions = graph.library.len();
    // What an unknown op gives is not known either.
    let outputs: Vec<Out> = summary.outputs.iter().flat_map(|id| (0..graph.node(*id).outputs.len().max(1)).map(|i| id.out(i))).collect();
    if args.json {
        let value = object([
            ("file", file.as_str().into()),
            ("format", format_name(loaded.format).into()),
            ("bytes", bytes.into()),
            ("producer", producer.into()),
            ("nodes", graph.len().into()),
            ("functions", functions.into()),
            ("inputs", tensors_json(graph, &summary.inputs)),
            ("outputs", tensors_json(graph, &outputs)),
            ("targets", summary.targets.iter().map(|id| graph.node(*id).name.to_string()).collect()),
            ("variables", summary.variables.iter().map(|v| variable_json(graph, *v)).collect()),
            ("parameters", summary.parameters.into()),
            ("ops", counts_json(&summary.ops)),
            ("unsupported", counts_json(&summary.unsupported)),
            ("tags", signature::tags(&loaded.model).into_iter().collect()),
            ("signatures", signature::json(&loaded.model)),
        ]);
        return console.print(&value.text());
    }
    console.print(&format!(
        "{file}: {} nodes, {functions} functions, {}, {bytes} bytes, producer {producer}\n",
        graph.len(),
        format_name(loaded.format)
    ))?;
    let fact = |out: &Out| {
        let fact = if graph.has(*out) { graph.fact_text(*out) } else { "unknown".into() };
        format!("{}  {fact}", graph.out_name(*out))
    };
    section(console, "inputs", summary.inputs.iter().map(fact))?;
    section(console, "outputs", outputs.iter().map(fact))?;
    section(console, "targets", summary.targets.iter().map(|id| format!("{}  {}", graph.node(*id).name, graph.node(*id).op_name())))?;
    let variable = |out: &Out| {
        let (dtype, shape) = (variable_dtype(graph, *out), variable_shape(graph, *out));
        format!("{}  {}{shape}", graph.node(out.node).name, dtype.name())
    };
    section(console, "variables", summary.variables.iter().map(variable))?;
    let whose = if summary.variables.is_empty() { "in constants" } else { "in variables" };
    console.print(&format!("parameters: {} {whose}\n", summary.parameters))?;
    let mut ops: Vec<(&String, &usize)> = summary.ops.iter().collect();
    ops.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), name.as_str()));
    section(console, "ops", ops.into_iter().map(|(name, count)| format!("{count:>6}  {name}")))?;
    section(console, "tags", signature::tags(&loaded.model).into_iter())?;
    section(console, "signatures", signature::lines(&loaded.model).into_iter())?;
    section(console, "ops that cannot run here", summary.unsupported.iter().map(|(name, count)| format!("{count:>6}  {name}")))
}

fn section(console: &mut Console, title: &str, lines: impl ExactSizeIterator<Item = String>) -> Result<(), Failure> {
    let left = lines.len().saturating_sub(SHOWN);
    if lines.len() == 0 {
        return Ok(());
    }
    console.print(&format!("{title}:\n"))?;
    for line in lines.take(SHOWN) {
        console.print(&format!("  {line}\n"))?;
    }
    if left > 0 {
        console.print(&format!("  … {left} more (--json has all)\n"))?;
    }
    Ok(())
}

fn tensors_json(graph: &Graph, tensors: &[Out]) -> Json {
    let one = |out: &Out| {
        let fact = graph.has(*out).then(|| graph.fact(*out));
        object([
            ("name", graph.out_name(*out).into()),
            ("dtype", fact.map_or(Json::Null, |f| f.dtype.name().into())),
            ("shape", fact.map_or(Json::Null, |f| shape_json(&f.shape))),
        ])
    };
    tensors.iter().map(one).collect()
}

fn variable_json(graph: &Graph, out: Out) -> Json {
    let shape = variable_shape(graph, out);
    object([
        ("name", graph.node(out.node).name.to_string().into()),
        ("dtype", variable_dtype(graph, out).name().into()),
        ("shape", shape_json(&shape)),
        ("elements", shape.elements().map_or(Json::Null, Json::from)),
    ])
}

fn counts_json(counts: &BTreeMap<String, usize>) -> Json {
    Json::Object(counts.iter().map(|(name, count)| (name.clone(), (*count).into())).collect())
}
