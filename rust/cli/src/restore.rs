//! Restoring a graph's variables from a checkpoint by the graph's own saver, and running a SavedModel's initialization.

use std::path::{Path, PathBuf};

use graphpb::io::checkpoint;
use graphpb::io::saved_model::Model;
use graphpb::{Graph, NodeId, Out};
use graphpb_kernels::Tensor;

use crate::engine::Engine;
use crate::load;
use crate::outcome::Failure;
use crate::weights;

/// Ops that restoring must not run: they write files, or call Python.
const WRITERS: [&str; 12] = [
    "WriteFile",
    "SaveV2",
    "Save",
    "SaveSlices",
    "MergeV2Checkpoints",
    "PyFunc",
    "PyFuncStateless",
    "EagerPyFunc",
    "CreateSummaryFileWriter",
    "CreateSummaryDbWriter",
    "WriteSummary",
    "WriteGraphSummary",
];

/// What to run before a model is ready.
pub struct Restore {
    /// The restore operation, the tensor that takes the checkpoint's name, and that name.
    variables: Option<(NodeId, Out, String)>,
    /// The initialization, and the paths of its assets.
    init: Option<(NodeId, Vec<(Out, Tensor)>)>,
}

impl Restore {
    /// The saver of a model; of a plain graph, the operation `save/restore_all`. `checkpoint` replaces the model's own.
    ///
    /// None when there is nothing to restore. A usage error when a checkpoint is given but the graph has no saver; an
    /// unreadable file when there is no checkpoint, or an asset lies outside of its folder.
    pub fn find(graph: &Graph, model: &Model, path: &str, given: Option<&str>) -> Result<Option<Restore>, Failure> {
        let saver = model.meta.as_ref().and_then(|m| m.saver_def.as_ref());
        let (restore, file) = saver.map_or(("save/restore_all", "save/Const:0"), |s| (s.restore_op_name.as_str(), s.filename_tensor_name.as_str()));
        let variables = match (graph.find(restore), graph.find_out(file)) {
            (Some(op), Some(file)) => {
                let given = given.map(weights::resolve).transpose()?.map(PathBuf::from);
                let prefix = given.or_else(|| model.checkpoint(Path::new(path)));
                let Some(prefix) = prefix else { return Err(Failure::Usage(format!("{path}: which checkpoint? Give --checkpoint"))) };
                let prefix = prefix.to_string_lossy().into_owned();
                if !checkpoint::exists(&prefix) {
                    return Err(Failure::Unreadable(format!("{prefix}: No such checkpoint")));
                }
                refuse_writers(graph, path, op)?;
                Some((op, file, prefix))
            }
            _ if given.is_some() => {
                return Err(Failure::Usage(format!("{path}: the graph has no saver, so it cannot restore a checkpoint by itself")));
            }
            _ => None,
        };
        let assets = model.assets()?;
        let mut init = None;
        if let Some(name) = model.init_op() {
            let op = load::node(graph, name)?;
            refuse_writers(graph, path, op)?;
            let mut feeds = Vec::new();
            for (tensor, asset) in assets {
                feeds.push((load::tensor(graph, &tensor)?, Tensor::string_scalar(asset.to_string_lossy().as_bytes())));
            }
            init = Some((op, feeds));
        }
        Ok((variables.is_some() || init.is_some()).then_some(Restore { variables, init }))
    }

    pub fn run(&self, engine: &Engine) -> Result<(), Failure> {
        if let Some((op, file, prefix)) = &self.variables {
            engine.run(&[(*file, Tensor::string_scalar(prefix.as_bytes()))], &[], &[*op])?;
        }
        if let Some((op, feeds)) = &self.init {
            engine.run(feeds, &[], &[*op])?;
        }
        Ok(())
    }
}

fn refuse_writers(graph: &Graph, path: &str, op: NodeId) -> Result<(), Failure> {
    let nodes = load::ancestors(graph, [op], &[]);
    match load::ops_where(graph, &nodes, &|op| WRITERS.contains(&op)).into_keys().next() {
        Some(writer) => {
            let name = &graph.node(op).name;
            Err(Failure::Unreadable(format!(
                "{path}: the operation {name:?} that makes the model ready depends on {writer}, which writes files or calls Python; it is not run"
            )))
        }
        None => Ok(()),
    }
}
