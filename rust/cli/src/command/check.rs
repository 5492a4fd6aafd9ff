//! `graphpb check`: all problems that stand against a use of a graph, at once.

use std::collections::BTreeSet;

use graphpb::grad::{Options, gradients};
use graphpb::graph::cut;
use graphpb::registry::{Default, lookup};
use graphpb::session::Session;
use graphpb::{Code, Graph, NodeId, Out};

use crate::args::{Args, Spec};
use crate::engine::error_text;
use crate::json::{Json, object};
use crate::load;
use crate::outcome::{Console, Failure};

const SPEC: Spec = Spec {
    help: "\
List everything that stands against a use of a graph; exit code 1 when there is something.

Usage: graphpb check FILE --for run|train|tensorflow [OPTIONS]

  run         ops and structures that cannot run here
  train       the same, and: no variables, no initializers, nothing that updates them, no gradient
  tensorflow  what TensorFlow would refuse: names, ops and attributes that it does not know, size

Options:
  --fetch NAME  the outputs that matter (all when none is given); for train, the loss
  --tags A,B    of a SavedModel, the graph with exactly these tags
  --json        as JSON

Example:
  graphpb check model.pb --for run --fetch probabilities
",
    values: &["for", "fetch", "tags"],
    flags: &[],
    positional: (1, 1),
};

struct Problem {
    kind: &'static str,
    node: Option<String>,
    text: String,
}

impl Problem {
    fn of(kind: &'static str, text: impl Into<String>) -> Problem {
        Problem { kind, node: None, text: text.into() }
    }
    fn at(kind: &'static str, node: &str, text: impl Into<String>) -> Problem {
        Problem { kind, node: Some(node.to_owned()), text: text.into() }
    }
}

pub fn run(args: &[String], console: &mut Console) -> Result<(), Failure> {
    let Some(args) = SPEC.parse(args, console)? else { return Ok(()) };
    let Some(file) = args.positional.first() else { return Err(SPEC.wrong("a file is missing")) };
    let purpose = args.last("for").unwrap_or_default();
    if !["run", "train", "tensorflow"].contains(&purpose) {
        return Err(SPEC.wrong("--for run, --for train or --for tensorflow expected"));
    }
    let loaded = load::tagged(file, args.last("tags"))?;
    let graph = loaded.graph;
    let roots: Vec<NodeId> = args.all("fetch").map(|n| load::node(&graph, n)).collect::<Result<_, _>>()?;
    let nodes = if roots.is_empty() { graph.ids().collect() } else { load::ancestors(&graph, roots.iter().copied(), &[]) };
    let mut problems = Vec::new();
    match purpose {
        "tensorflow" => for_tensorflow(&graph, &nodes, &mut problems)?,
        "run" => for_run(graph, &nodes, &roots, &mut problems),
        _ => for_train(graph, &nodes, &roots, &args, &mut problems)?,
    }
    if args.json {
        let rows = problems
            .iter()
            .map(|p| object([("kind", p.kind.into()), ("node", p.node.as_deref().map_or(Json::Null, Json::from)), ("text", p.text.as_str().into())]));
        console.print(&object([("file", file.as_str().into()), ("for", purpose.into()), ("problems", rows.collect())]).text())?;
    } else {
        for p in &problems {
            let node = p.node.as_ref().map_or(String::new(), |n| format!("{n}: "));
            console.print(&format!("{}: {node}{}\n", p.kind, p.text))?;
        }
        console.say(&format!(
            "{file}: {} for {purpose}",
            if problems.is_empty() { "no problem".into() } else { format!("{} problems", problems.len()) }
        ));
    }
    if problems.is_empty() { Ok(()) } else { Err(Failure::Negative) }
}

fn unsupported(graph: &Graph, nodes: &[NodeId], problems: &mut Vec<Problem>) -> bool {
    let missing = load::unsupported(graph, nodes);
    for (op, count) in &missing {
        let what = if lookup(op).is_some() { "is loaded and saved, but cannot run here" } else { "is not known" };
        problems.push(Problem::of("op", format!("{op} {what} ({count} nodes)")));
    }
    !missing.is_empty()
}

/// What is left when no op is missing: structures that cannot be planned.
fn for_run(graph: Graph, nodes: &[NodeId], roots: &[NodeId], problems: &mut Vec<Problem>) {
    if unsupported(&graph, nodes, problems) {
        return;
    }
    let mut used = vec![false; graph.len()];
    for node in graph.nodes() {
        for o in &node.inputs {
            if let Some(u) = used.get_mut(o.node.index()) {
                *u = true;
            }
        }
    }
    let last = |id: &NodeId| !used.get(id.index()).copied().unwrap_or(false);
    let roots: Vec<NodeId> = if roots.is_empty() { nodes.iter().copied().filter(last).collect() } else { roots.to_vec() };
    let fetches: Vec<Out> = roots.iter().filter(|id| !graph.node(**id).outputs.is_empty()).map(|id| id.out(0)).collect();
    let targets: Vec<NodeId> = roots.iter().copied().filter(|id| graph.node(*id).outputs.is_empty()).collect();
    let session = Session::of(graph);
    // Each alone, so that one problem does not hide the others.
    let mut seen = BTreeSet::new();
    let mut report = |result: Result<(), graphpb::Error>| {
        if let Err(e) = result {
            let (node, text) = (e.node().map(|(n, _)| n.to_owned()), e.message().to_owned());
            if seen.insert((node.clone(), text.clone())) {
                problems.push(Problem { kind: "plan", node, text });
            }
        }
    };
    if session.prepare(&[], &fetches, &targets).is_ok() {
        return;
    }
    for fetch in fetches {
        report(session.prepare(&[], &[fetch], &[]).map(drop));
    }
    for target in targets {
        report(session.prepare(&[], &[], &[target]).map(drop));
    }
}

fn for_train(mut graph: Graph, nodes: &[NodeId], roots: &[NodeId], args: &Args, problems: &mut Vec<Problem>) -> Result<(), Failure> {
    let name = |id: &NodeId| graph.node(*id).name.to_string();
    let variables: Vec<NodeId> = graph.ids().filter(|id| cut::is_variable(graph.node(*id).op_name())).collect();
    if variables.is_empty() {
        problems.push(Problem::of("variables", "there are none: the graph is frozen or has no parameters"));
    }
    let consumers = |variable: NodeId, wanted: &dyn Fn(&str) -> bool| {
        graph.ids().any(|id| wanted(graph.node(id).op_name()) && graph.node(id).inputs.iter().any(|i| i.node == variable))
    };
    for v in &variables {
        if !consumers(*v, &|op| matches!(op, "Assign" | "AssignVariableOp")) {
            problems.push(Problem::at("initializer", &name(v), "nothing gives this variable a first value"));
        }
    }
    let updates = |op: &str| {
        op.starts_with("Apply")
            || op.starts_with("SparseApply")
            || op.starts_with("ResourceApply")
            || op.starts_with("ResourceSparseApply")
            || op.starts_with("AssignSub")
            || op.starts_with("ScatterSub")
            || op.starts_with("ResourceScatterSub")
    };
    let trains = graph.ids().any(|id| updates(graph.node(id).op_name()));
    if !trains && args.last("fetch").is_none() {
        problems.push(Problem::of("optimizer", "nothing updates variables; name the loss with --fetch to see whether it can be differentiated"));
    }
    for loss in roots {
        let node = graph.node(*loss);
        let Some(fact) = node.outputs.first().filter(|f| f.dtype.is_floating() || f.dtype.is_complex()) else {
            problems.push(Problem::at("loss", &node.name.clone(), "is no tensor of a floating-point type"));
            continue;
        };
        if fact.shape.rank().is_some_and(|r| r > 0) {
            problems.push(Problem::at(
                "loss",
                &node.name.clone(),
                format!("has the shape {}; a loss is a scalar (its sum is differentiated)", fact.shape),
            ));
        }
    }
    let losses: Vec<Out> =
        roots.iter().filter(|id| graph.node(**id).outputs.first().is_some_and(|f| f.dtype.is_floating())).map(|id| id.out(0)).collect();
    let all: Vec<NodeId> = nodes.to_vec();
    if !losses.is_empty() && !variables.is_empty() {
        let names: Vec<String> = variables.iter().map(name).collect();
        let xs: Vec<Out> = variables.iter().map(|v| v.out(0)).collect();
        let scope = format!("{}/", graph.names.unique("gradients", true));
        match gradients(&mut graph, &losses, &xs, Options { scope, ..Options::default() }) {
            Ok(grads) => {
                if grads.iter().all(Option::is_none) {
                    problems.push(Problem::of("gradient", format!("the loss does not depend on any variable ({})", names.join(", "))));
                }
            }
            Err(e) if e.code() == Code::Internal => return Err(Failure::Run(error_text(&e))),
            Err(e) => problems.push(Problem { kind: "gradient", node: e.node().map(|(n, _)| n.to_owned()), text: e.message().to_owned() }),
        }
    }
    for_run(graph, &all, roots, problems);
    Ok(())
}

/// TensorFlow's rule for the names of imported nodes; Python's is wider.
fn is_importable(name: &str) -> bool {
    name.split('>').all(|part| {
        let mut chars = part.chars();
        chars.next().is_some_and(|c| c.is_ascii_alphanumeric() || c == '.') && chars.all(|c| c.is_ascii_alphanumeric() || "_./-".contains(c))
    })
}

fn for_tensorflow(graph: &Graph, nodes: &[NodeId], problems: &mut Vec<Problem>) -> Result<(), Failure> {
    let functions: BTreeSet<&str> = graph.library.iter().filter_map(|f| Some(f.signature.as_ref()?.name.as_str())).collect();
    let producer = graph.versions.as_ref().map_or(0, |v| v.producer);
    for id in nodes {
        let node = graph.node(*id);
        if !is_importable(&node.name) {
            problems.push(Problem::at(
                "name",
                &node.name,
                "TensorFlow accepts letters, digits and _ . / - only, beginning with a letter, a digit or a point",
            ));
        }
        let Some(def) = lookup(node.op_name()) else {
            if !functions.contains(node.op_name()) {
                problems.push(Problem::at("op", &node.name, format!("{} is not known here; TensorFlow may know it", node.op_name())));
            }
            continue;
        };
        if def.deprecated.is_some_and(|version| producer >= version) {
            problems.push(Problem::at(
                "op",
                &node.name,
                format!("TensorFlow no longer accepts {} in graphs of producer version {producer}", def.name),
            ));
        }
        for (attr, _) in node.attrs.iter() {
            let attr: &str = attr;
            if !attr.starts_with('_') && def.attr_spec(attr).is_none() {
                problems.push(Problem::at("attribute", &node.name, format!("{} has no attribute {attr:?}", def.name)));
            }
        }
        for spec in def.attrs {
            if matches!(spec.default, Default::Required) && node.attrs.get(spec.name).is_none() {
                problems.push(Problem::at("attribute", &node.name, format!("{} needs the attribute {:?}", def.name, spec.name)));
            }
        }
    }
    let def = graph.to_graph_def(0, false).map_err(|e| Failure::Run(error_text(&e)))?;
    let bytes = graphpb::io::graphdef::to_bytes(&def, graphpb::io::graphdef::Format::Binary);
    if let Err((_, text)) = bytes {
        problems.push(Problem::of("size", text));
    }
    Ok(())
}
