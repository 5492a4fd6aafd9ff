//! Running a graph from a file, with failures sorted into exit codes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use graphpb::io::bundle::BundleWriter;
use graphpb::io::checkpoint::Checkpoint;
use graphpb::io::files;
use graphpb::session::Session;
use graphpb::{Code, Error, Graph, NodeId, Out};
use graphpb_kernels::Tensor;

use crate::load;
use crate::outcome::Failure;

pub struct Engine {
    session: Session,
}

impl Engine {
    pub fn new(graph: Graph) -> Engine {
        Engine { session: Session::of(graph) }
    }

    /// Compute `fetches` and run `targets`; ops that cannot run are all named before anything is computed.
    pub fn run(&self, feeds: &[(Out, Tensor)], fetches: &[Out], targets: &[NodeId]) -> Result<Vec<Tensor>, Failure> {
        self.session.run(feeds, fetches, targets).map_err(|e| self.failure(e, feeds, fetches, targets))
    }

    /// Write all variables to a checkpoint, and name it in the folder's `checkpoint` file; how many there are.
    pub fn save(&self, prefix: &str) -> Result<usize, Failure> {
        let failed = |e: Error| Failure::Run(error_text(&e));
        let variables = self.session.variables().snapshot();
        let path = Path::new(prefix);
        let Some(name) = path.file_name().map(|n| n.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\"")) else {
            return Err(Failure::Usage(format!("--save {prefix}: a file name is missing")));
        };
        let mut writer = BundleWriter::create(path).map_err(failed)?;
        for (name, value) in &variables {
            writer.add(name, value).map_err(failed)?;
        }
        writer.finish().map_err(failed)?;
        let state = format!("model_checkpoint_path: \"{name}\"\nall_model_checkpoint_paths: \"{name}\"\n");
        files::write(&path.with_file_name("checkpoint"), state.as_bytes()).map_err(|e| Failure::Run(e.to_string()))?;
        Ok(variables.len())
    }

    /// Give the variables of the graph the values of a checkpoint, which must have all of them.
    pub fn restore(&self, prefix: &str) -> Result<(), Failure> {
        let unreadable = |e: Error| Failure::Unreadable(format!("{prefix}: {e}"));
        let checkpoint = Checkpoint::open(prefix).map_err(unreadable)?;
        let graph = self.session.graph().read().unwrap_or_else(|e| e.into_inner());
        for id in graph.ids() {
            let node = graph.node(id);
            if !matches!(node.op_name(), "VariableV2" | "Variable" | "VarHandleOp") {
                continue;
            }
            let shared = node.attrs.str("shared_name").unwrap_or("");
            let name: Arc<str> = if shared.is_empty() { node.name.clone() } else { shared.into() };
            let value = checkpoint.tensor(&name).map_err(unreadable)?;
            let (dtype, shape) = (node.attrs.dtype("dtype").map_err(unreadable)?, node.attrs.shape("shape").map_err(unreadable)?);
            if value.dtype() != dtype || !shape.admits(value.dims()) {
                let given = format!("{}{}", value.dtype().name(), graphpb_kernels::shape_text(value.dims()));
                return Err(Failure::Unreadable(format!("{prefix}: {name} is {given}, the graph has {}{shape}", dtype.name())));
            }
            self.session.variables().get(&name).assign(value);
        }
        Ok(())
    }

    fn failure(&self, e: Error, feeds: &[(Out, Tensor)], fetches: &[Out], targets: &[NodeId]) -> Failure {
        if e.code() == Code::Unimplemented {
            let graph = self.session.graph().read().unwrap_or_else(|e| e.into_inner());
            let fed: Vec<Out> = feeds.iter().map(|(out, _)| *out).collect();
            let roots = fetches.iter().filter(|o| !fed.contains(o)).map(|o| o.node).chain(targets.iter().copied());
            let nodes = load::ancestors(&graph, roots, &fed);
            let mut ops = load::unsupported(&graph, &nodes);
            if let Some((_, op)) = e.node().filter(|_| ops.is_empty()) {
                ops = BTreeMap::from([(op.to_owned(), nodes.iter().filter(|id| graph.node(**id).op_name() == op).count())]);
            }
            if !ops.is_empty() {
                return Failure::Unsupported(ops);
            }
        }
        Failure::Run(error_text(&e))
    }
}

/// The status code and everything the error knows.
pub fn error_text(e: &Error) -> String {
    format!("{}: {e}", code_name(e.code()))
}

fn code_name(code: Code) -> &'static str {
    match code {
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
