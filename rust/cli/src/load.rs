//! Graph files into graphs, names into tensors.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use graphpb::graph::attr::{Attr, AttrList};
use graphpb::graph::import::ImportOptions;
use graphpb::io::files::FileError;
use graphpb::io::graphdef::Format;
use graphpb::io::saved_model::{self, Model};
use graphpb::registry::{Kernel, lookup};
use graphpb::{Graph, NodeId, Out};
use graphpb_kernels::Code;

use crate::outcome::{Failure, nearest};

/// A graph, the format of its file, and the rest of its SavedModel or MetaGraph.
pub struct Loaded {
    pub graph: Graph,
    pub format: Format,
    /// Without its graph.
    pub model: Model,
}

/// The graph in the file or SavedModel folder at `path`.
pub fn graph(path: &str) -> Result<Loaded, Failure> {
    tagged(path, None)
}

/// As `graph`; of a SavedModel, the graph with exactly these tags, separated by commas.
pub fn tagged(path: &str, tags: Option<&str>) -> Result<Loaded, Failure> {
    let tags: Option<Vec<&str>> = tags.map(|t| t.split(',').filter(|t| !t.is_empty()).collect());
    let mut model = saved_model::read(Path::new(path), tags.as_deref()).map_err(|e| explained(path, e))?;
    let graph = import(path, std::mem::take(&mut model.graph))?;
    Ok(Loaded { graph, format: model.format, model })
}

/// An error about a graph file, with what the path is instead where that is known.
pub fn explained(path: &str, e: FileError) -> Failure {
    let hint = if e.code == Code::NotFound && Path::new(&format!("{path}.meta")).is_file() {
        format!("this is the prefix of a checkpoint; its graph is in {path}.meta")
    } else if e.message == "Is a directory" {
        "a graph file, or the folder of a SavedModel is expected".into()
    } else if Path::new(path).is_file() && e.code == Code::DataLoss {
        match path.rsplit_once('.').map(|(_, extension)| extension) {
            Some("index" | "npz" | "safetensors") => "this is a file of tensors, which graphpb ckpt reads".into(),
            _ if path.contains("tfevents") => "this is an event file, which graphpb events reads".into(),
            _ => return e.into(),
        }
    } else {
        return e.into();
    };
    Failure::Unreadable(format!("{e}\n\nHint: {hint}"))
}

/// A graph from its message.
pub fn import(path: &str, def: graphpb::proto::GraphDef) -> Result<Graph, Failure> {
    let mut graph = Graph::new();
    let options = ImportOptions { replace_versions: true, ..ImportOptions::default() };
    graph.import(def, options).map_err(|e| Failure::Unreadable(format!("{path}: Not a valid graph: {e}")))?;
    Ok(graph)
}

/// The tensor called `name` or `name:0`.
pub fn tensor(graph: &Graph, name: &str) -> Result<Out, Failure> {
    if let Some(out) = graph.find_out(name) {
        return Ok(out);
    }
    let node_name = name.rsplit_once(':').filter(|(_, i)| i.bytes().all(|b| b.is_ascii_digit())).map_or(name, |(n, _)| n);
    if let Some(id) = graph.find(node_name).filter(|id| graph.node(*id).op.def().is_none()) {
        let missing = unsupported(graph, &ancestors(graph, [id], &[]));
        if !missing.is_empty() {
            return Err(Failure::Unsupported(missing));
        }
    }
    Err(Failure::Usage(match graph.find(node_name) {
        Some(id) => match graph.node(id).outputs.len() {
            0 => format!("{node_name:?} is an operation without outputs; run it with --target"),
            n => format!("{node_name:?} has {n} outputs; there is no tensor {name:?}"),
        },
        None => no_node(graph, node_name),
    }))
}

/// The node called `name` (an output index is ignored).
pub fn node(graph: &Graph, name: &str) -> Result<NodeId, Failure> {
    graph.find(name).or_else(|| graph.find_out(name).map(|o| o.node)).ok_or_else(|| Failure::Usage(no_node(graph, name)))
}

fn no_node(graph: &Graph, name: &str) -> String {
    // In a large graph the search for a similar name would take longer than it helps.
    let near = (graph.len() <= 100_000).then(|| nearest(name, graph.nodes().iter().map(|n| &*n.name))).flatten();
    let hint = near.map_or(String::new(), |n| format!("; did you mean {n:?}?"));
    format!("there is no node {name:?} in the graph{hint}")
}

/// Everything that `roots` depend on, themselves included; a tensor that is fed depends on nothing.
pub fn ancestors(graph: &Graph, roots: impl IntoIterator<Item = NodeId>, fed: &[Out]) -> Vec<NodeId> {
    let fed: HashSet<Out> = fed.iter().copied().collect();
    let mut seen = vec![false; graph.len()];
    let mut todo: Vec<NodeId> = roots.into_iter().collect();
    while let Some(id) = todo.pop() {
        if let Some(here) = seen.get_mut(id.index())
            && !std::mem::replace(here, true)
        {
            let node = graph.node(id);
            todo.extend(node.inputs.iter().filter(|o| !fed.contains(o)).map(|o| o.node).chain(node.controls.iter().copied()));
        }
    }
    graph.ids().filter(|id| seen.get(id.index()).copied().unwrap_or(false)).collect()
}

/// Op types among `nodes`, and in the functions that they call, which cannot run; with their number of nodes.
pub fn unsupported(graph: &Graph, nodes: &[NodeId]) -> BTreeMap<String, usize> {
    ops_where(graph, nodes, &|op| !lookup(op).is_some_and(|d| !matches!(d.kernel, Kernel::Unsupported)))
}

/// Op types among `nodes`, and in the functions that they call, for which `wanted` holds; with their number of nodes.
pub fn ops_where(graph: &Graph, nodes: &[NodeId], wanted: &dyn Fn(&str) -> bool) -> BTreeMap<String, usize> {
    let functions: BTreeMap<&str, &graphpb::proto::FunctionDef> =
        graph.library.iter().filter_map(|f| Some((f.signature.as_ref()?.name.as_str(), f))).collect();
    let mut out = BTreeMap::new();
    let mut called: Vec<String> = Vec::new();
    for id in nodes {
        let node = graph.node(*id);
        if functions.contains_key(node.op_name()) {
            called.push(node.op_name().to_owned());
        } else if wanted(node.op_name()) {
            *out.entry(node.op_name().to_owned()).or_default() += 1;
        }
        for (_, value) in node.attrs.iter() {
            match value {
                Attr::Func(f) => called.push(f.name.to_string()),
                Attr::List(AttrList::Func(list)) => called.extend(list.iter().map(|f| f.name.to_string())),
                _ => {}
            }
        }
    }
    let mut seen: HashSet<String> = HashSet::new();
    while let Some(name) = called.pop() {
        let Some(function) = functions.get(name.as_str()) else { continue };
        if !seen.insert(name) {
            continue;
        }
        for node in &function.node_def {
            if functions.contains_key(node.op.as_str()) {
                called.push(node.op.clone());
            } else if wanted(&node.op) {
                *out.entry(node.op.clone()).or_default() += 1;
            }
            for value in node.attr.values() {
                if let Some(graphpb::proto::attr_value::Value::Func(f)) = &value.value {
                    called.push(f.name.clone());
                }
            }
        }
    }
    out
}
