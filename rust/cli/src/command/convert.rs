//! `graphpb convert`: a graph file, a MetaGraph or a SavedModel's file in the other format, nothing else changed.

use std::path::Path;

use graphpb::io::graphdef::{self, Format};
use graphpb::io::{files, saved_model, text};
use graphpb::proto::{MetaGraphDef, SavedModel};
use prost::{Message, Name};

use crate::args::Spec;
use crate::json::object;
use crate::load;
use crate::outcome::{Console, Failure};

const SPEC: Spec = Spec {
    help: "\
Write a graph in the format that the new file's name asks for (.pbtxt: text, otherwise binary). A file that ends in .meta
is a MetaGraph, one called saved_model.pb or .pbtxt a SavedModel; each is kept as a whole.

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
    let path = Path::new(from);
    let (data, nodes) = if path.file_stem().is_some_and(|s| s == "saved_model") {
        let (message, _) = saved_model::message::<SavedModel>(path, "SavedModel")?;
        (encoded(&message, format, to)?, message.meta_graphs.iter().map(|m| m.graph_def.as_ref().map_or(0, |g| g.node.len())).sum())
    } else if path.extension().is_some_and(|e| e == "meta") {
        let (message, _) = saved_model::message::<MetaGraphDef>(path, "MetaGraph")?;
        (encoded(&message, format, to)?, message.graph_def.as_ref().map_or(0, |g| g.node.len()))
    } else {
        let (message, _) = graphdef::read(path).map_err(|e| load::explained(from, e))?;
        (encoded(&message, format, to)?, message.node.len())
    };
    files::write(to_path, &data).map_err(|e| Failure::Run(e.to_string()))?;
    let bytes = data.len();
    let name = format_name(format);
    if args.json {
        let value = object([("file", to.as_str().into()), ("format", name.into()), ("nodes", nodes.into()), ("bytes", bytes.into())]);
        return console.print(&value.text());
    }
    console.say(&format!("{to}: {nodes} nodes, {name}, {bytes} bytes"));
    Ok(())
}

fn encoded<M: Message + Name>(message: &M, format: Format, to: &str) -> Result<Vec<u8>, Failure> {
    match format {
        Format::Binary if message.encoded_len() as u64 > graphdef::BINARY_LIMIT => {
            Err(Failure::Run(format!("{to}: larger than 2 GiB, more than a protobuf file may hold")))
        }
        Format::Binary => Ok(message.encode_to_vec()),
        Format::Text => text::to_text(message).map(String::into_bytes).map_err(|e| Failure::Run(format!("{to}: {e}"))),
    }
}

pub fn format_name(format: Format) -> &'static str {
    match format {
        Format::Binary => "binary",
        Format::Text => "text",
    }
}
