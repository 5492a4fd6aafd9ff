//! `graphpb freeze`: variables into constants.

use std::collections::HashMap;
use std::path::Path;

use graphpb::graph::cut;
use graphpb::graph::inline::inline_calls;
use graphpb::io::checkpoint::Checkpoint;
use graphpb::io::graphdef::{self, Format};
use graphpb::proto::{GraphDef, NodeDef, attr_value::Value};
use graphpb::{Error, Graph, Out};
use graphpb_kernels::Tensor;

use crate::args::Spec;
use crate::engine::{Engine, error_text};
use crate::json::object;
use crate::load;
use crate::outcome::{Console, Failure};
use crate::restore::Restore;
use crate::signature;
use crate::weights;

const SPEC: Spec = Spec {
    help: "\
Write what some outputs need, with every variable replaced by a constant of its value.

Usage: graphpb freeze FILE --fetch NAME... --out FILE [OPTIONS]

Options:
  --fetch NAME       output to keep, name or name:0; may be repeated
  --signature NAME   keep the outputs of a SavedModel's signature (serving_default when there is no --fetch)
  --checkpoint CKPT  where the values are; a SavedModel and a MetaGraph beside its checkpoint have their own
  --tags A,B         of a SavedModel, the graph with exactly these tags
  --out FILE         the new graph (.pbtxt: text)
  --json             say what was written as JSON

Example:
  graphpb freeze train/model.ckpt-1000.meta --fetch softmax --out frozen.pb
",
    values: &["fetch", "signature", "checkpoint", "tags", "out"],
    flags: &[],
    positional: (1, 1),
};

pub fn run(args: &[String], console: &mut Console) -> Result<(), Failure> {
    let Some(args) = SPEC.parse(args, console)? else { return Ok(()) };
    let Some(file) = args.positional.first() else { return Err(SPEC.wrong("a file is missing")) };
    let Some(out) = args.last("out") else { return Err(SPEC.wrong("--out is missing")) };
    let load::Loaded { graph, model, .. } = load::tagged(file, args.last("tags"))?;
    let mut outputs: Vec<String> = args.all("fetch").map(str::to_owned).collect();
    let wanted = args.last("signature").or_else(|| (outputs.is_empty() && model.meta.is_some()).then_some("serving_default"));
    if let Some(name) = wanted {
        match signature::outputs(&model, name) {
            Some(names) => outputs.extend(names),
            None if args.last("signature").is_some() => return Err(Failure::Usage(format!("{file}: there is no signature {name:?}"))),
            None => {}
        }
    }
    if outputs.is_empty() {
        return Err(SPEC.wrong("--fetch is missing"));
    }
    for name in &outputs {
        load::node(&graph, name)?;
    }
    let whole = graph.to_graph_def(0, false).map_err(|e| Failure::Run(error_text(&e)))?;
    let part = cut::extract(&whole, &graph, &outputs, &[]).map_err(|e| Failure::Usage(e.message().to_owned()))?;
    // Functions take handles of variables as arguments.
    let part = inline_calls(part).map_err(|e| Failure::Run(error_text(&e)))?;
    let mut part = cut::extract(&part, &graph, &outputs, &[]).map_err(|e| Failure::Run(error_text(&e)))?;
    let variables: Vec<&NodeDef> = part.node.iter().filter(|n| cut::is_variable(&n.op)).collect();
    let values = if variables.is_empty() {
        HashMap::new()
    } else {
        let restore = Restore::find(&graph, &model, file, args.last("checkpoint"));
        match (restore, args.last("checkpoint")) {
            (Ok(Some(restore)), _) => restored(graph, &variables, &restore)?,
            // A graph without a saver: by name.
            (_, Some(checkpoint)) => by_name(&variables, checkpoint)?,
            (Err(failure), None) => return Err(failure),
            (Ok(None), None) => return Err(SPEC.wrong("the graph has variables: --checkpoint is missing")),
        }
    };
    let missing = |name: &str| Error::not_found(format!("{name} has no value in the checkpoint"));
    let frozen = cut::freeze(&mut part, &mut |node| values.get(&node.name).cloned().ok_or_else(|| missing(&node.name)));
    let frozen = frozen.map_err(|e| Failure::Run(error_text(&e)))?;
    write(out, &part)?;
    if args.json {
        return console.print(&object([("file", out.into()), ("nodes", part.node.len().into()), ("variables", frozen.into())]).text());
    }
    console.say(&format!("{out}: {} nodes, {frozen} variables became constants", part.node.len()));
    Ok(())
}

fn write(out: &str, def: &GraphDef) -> Result<(), Failure> {
    let path = Path::new(out);
    graphdef::write(path, def, Format::of_name(path)).map_err(|e| Failure::Run(e.to_string()))
}

/// The values after the graph's own saver restored them.
fn restored(graph: Graph, variables: &[&NodeDef], restore: &Restore) -> Result<HashMap<String, Tensor>, Failure> {
    let mut fetches: Vec<Out> = Vec::new();
    for node in variables {
        let Some(id) = graph.find(&node.name) else { continue };
        let read = if node.op == "VarHandleOp" {
            graph.ids().find(|r| graph.node(*r).op_name() == "ReadVariableOp" && graph.node(*r).inputs.first().is_some_and(|i| i.node == id))
        } else {
            Some(id)
        };
        let Some(read) = read else { return Err(Failure::Run(format!("{}: nothing in the graph reads this variable", node.name))) };
        fetches.push(read.out(0));
    }
    let engine = Engine::new(graph);
    restore.run(&engine)?;
    let values = engine.run(&[], &fetches, &[])?;
    Ok(variables.iter().map(|n| n.name.clone()).zip(values).collect())
}

fn by_name(variables: &[&NodeDef], path: &str) -> Result<HashMap<String, Tensor>, Failure> {
    let unreadable = |e: Error| Failure::Unreadable(format!("{path}: {}", error_text(&e)));
    let checkpoint = Checkpoint::open(&weights::resolve(path)?).map_err(unreadable)?;
    let mut out = HashMap::new();
    let mut missing = Vec::new();
    for node in variables {
        let shared = match node.attr.get("shared_name").and_then(|a| a.value.as_ref()) {
            Some(Value::S(name)) if !name.is_empty() && node.op == "VarHandleOp" => String::from_utf8_lossy(name).into_owned(),
            _ => node.name.clone(),
        };
        if checkpoint.info(&shared).is_none() {
            missing.push(shared);
            continue;
        }
        out.insert(node.name.clone(), checkpoint.tensor(&shared).map_err(unreadable)?);
    }
    if missing.is_empty() {
        Ok(out)
    } else {
        Err(Failure::Unreadable(format!("{path}: variables that are not in the checkpoint: {}", missing.join(", "))))
    }
}
