//! `graphpb extract`: the part of a graph that some outputs need.

use std::path::Path;

use graphpb::graph::cut;
use graphpb::io::graphdef::{self, Format};

use crate::args::Spec;
use crate::engine::error_text;
use crate::json::object;
use crate::load;
use crate::outcome::{Console, Failure};
use crate::signature;

const SPEC: Spec = Spec {
    help: "\
Write the part of a graph that some outputs need.

Usage: graphpb extract FILE --fetch NAME... --out FILE [OPTIONS]

Options:
  --fetch NAME      output to keep, name or name:0; may be repeated
  --input NAME      cut here: the node becomes a placeholder; may be repeated
  --signature NAME  keep the outputs of a SavedModel's signature
  --tags A,B        of a SavedModel, the graph with exactly these tags
  --out FILE        the new graph (.pbtxt: text)
  --json            say what was written as JSON

Example:
  graphpb extract model.pb --input features --fetch logits --out head.pb
",
    values: &["fetch", "input", "signature", "tags", "out"],
    flags: &[],
    positional: (1, 1),
};

pub fn run(args: &[String], console: &mut Console) -> Result<(), Failure> {
    let Some(args) = SPEC.parse(args, console)? else { return Ok(()) };
    let Some(file) = args.positional.first() else { return Err(SPEC.wrong("a file is missing")) };
    let Some(out) = args.last("out") else { return Err(SPEC.wrong("--out is missing")) };
    let loaded = load::tagged(file, args.last("tags"))?;
    let mut outputs: Vec<String> = args.all("fetch").map(str::to_owned).collect();
    if let Some(name) = args.last("signature") {
        outputs.extend(signature::outputs(&loaded.model, name).ok_or_else(|| Failure::Usage(format!("{file}: there is no signature {name:?}")))?);
    }
    if outputs.is_empty() {
        return Err(SPEC.wrong("--fetch is missing"));
    }
    let inputs: Vec<String> = args.all("input").map(str::to_owned).collect();
    for name in outputs.iter().chain(&inputs) {
        load::node(&loaded.graph, name)?;
    }
    let def = loaded.graph.to_graph_def(0, false).map_err(|e| Failure::Run(error_text(&e)))?;
    let cut = cut::extract(&def, &loaded.graph, &outputs, &inputs).map_err(|e| Failure::Usage(e.message().to_owned()))?;
    let path = Path::new(out);
    graphdef::write(path, &cut, Format::of_name(path)).map_err(|e| Failure::Run(e.to_string()))?;
    if args.json {
        return console.print(&object([("file", out.into()), ("nodes", cut.node.len().into()), ("of", def.node.len().into())]).text());
    }
    console.say(&format!("{out}: {} of {} nodes", cut.node.len(), def.node.len()));
    Ok(())
}
