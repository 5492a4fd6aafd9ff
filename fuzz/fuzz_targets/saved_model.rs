//! Any bytes as a SavedModel: decode, choose a graph, look at assets and signatures, import, plan the restoring. Seeds:
//! `tests/data/fixtures/saved_model_*/saved_model.pb`.
#![no_main]

use std::path::PathBuf;

use graphpb::Graph;
use graphpb::graph::cut;
use graphpb::graph::import::ImportOptions;
use graphpb::io::saved_model::{self, Model};
use graphpb::proto::{MetaGraphDef, SavedModel};
use graphpb::session::Session;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = saved_model::parse::<MetaGraphDef>(bytes.to_vec(), "MetaGraph");
    let Ok((saved, format)) = saved_model::parse::<SavedModel>(bytes.to_vec(), "SavedModel") else { return };
    let Ok(mut meta) = saved_model::select(saved, None) else { return };
    let def = meta.graph_def.take().unwrap_or_default();
    let restore = meta.saver_def.as_ref().map(|s| s.restore_op_name.clone()).unwrap_or_default();
    let model = Model { graph: Default::default(), meta: Some(meta), format, folder: Some(PathBuf::from("no-such-folder")) };
    for (_, path) in model.assets().unwrap_or_default() {
        assert!(path.starts_with("no-such-folder/assets"));
    }
    let init = model.init_op().map(str::to_owned);
    let mut graph = Graph::new();
    let options = ImportOptions { replace_versions: true, ..ImportOptions::default() };
    if graph.import(def.clone(), options).is_err() {
        return;
    }
    let names: Vec<String> = graph.nodes().iter().rev().take(2).map(|n| n.name.to_string()).collect();
    if let Ok(mut part) = cut::extract(&def, &graph, &names, &[]) {
        let _ = cut::freeze(&mut part, &mut |_| Ok(graphpb_kernels::Tensor::scalar(1f32)));
    }
    let targets: Vec<_> = init.iter().chain([&restore]).filter_map(|n| graph.find(n)).collect();
    let session = Session::of(graph);
    for target in targets {
        let _ = session.prepare(&[], &[], &[target]);
    }
});
