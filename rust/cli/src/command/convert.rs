//! `graphpb convert`: a graph file in the other format, nothing else changed.

use std::path::Path;

use graphpb::io::graphdef::{self, Format};

use crate::args::Spec;
use crate::json::object;
use crate::outcome::{Console, Failure};

const SPEC: Spec = Spec {
    help: "\
Write a graph in the format that the new file's name asks for (.pbtxt: text, otherwise binary).

Usage: graphpb convert FROM TO [--text | --binary]

Options:
  --text, --binary   choose the format whatever the name
  --json             say what was written as JSON

Example:
  graphpb convert model.pb model.pbtxt
",
    values: &[],
    flags: &["text", "binary"],
    positional: (2, 2),
};

pub fn run(args: &[String], console: &mut Console) -> Result<(), Failure> {
    let Some(args) = SPEC.parse(args, console)? else { return Ok(()) };
    let [from, to] = args.positional.as_slice() else { return Err(SPEC.wrong("two files expected")) };
    let to_path = Path::new(to);
    let format = match (args.has("text"), args.has("binary")) {
        (true, true) => return Err(SPEC.wrong("--text or --binary, not both")),
        (true, false) => Format::Text,
        (false, true) => Format::Binary,
        (false, false) => Format::of_name(to_path),
    };
    let (graph, _) = graphdef::read(Path::new(from))?;
    graphdef::write(to_path, &graph, format).map_err(|e| Failure::Run(e.to_string()))?;
    let bytes = std::fs::metadata(to_path).map_or(0, |m| m.len()) as usize;
    let name = format_name(format);
    if args.json {
        let value = object([("file", to.as_str().into()), ("format", name.into()), ("nodes", graph.node.len().into()), ("bytes", bytes.into())]);
        return console.print(&value.text());
    }
    console.say(&format!("{to}: {} nodes, {name}, {bytes} bytes", graph.node.len()));
    Ok(())
}

pub fn format_name(format: Format) -> &'static str {
    match format {
        Format::Binary => "binary",
        Format::Text => "text",
    }
}
