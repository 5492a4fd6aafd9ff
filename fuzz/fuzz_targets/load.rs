//! Any bytes as a graph file: decode, import, export, print, plan. Seeds: `tests/data/fixtures/*.pb`.
#![no_main]

use graphpb::graph::import::ImportOptions;
use graphpb::io::{graphdef, text};
use graphpb::session::Session;
use graphpb::{Graph, Out};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok((def, _)) = graphdef::parse(bytes.to_vec()) else { return };
    let mut graph = Graph::new();
    let options = ImportOptions { replace_versions: true, ..ImportOptions::default() };
    if graph.import(def, options).is_err() {
        return;
    }
    let Ok(def) = graph.to_graph_def(0, true) else { return };
    let _ = text::to_text(&def);
    let fetches: Vec<Out> = graph.ids().filter(|id| !graph.node(*id).outputs.is_empty()).map(|id| id.out(0)).collect();
    let session = Session::of(graph);
    for fetch in fetches {
        let _ = session.prepare(&[], &[fetch], &[]);
    }
});
