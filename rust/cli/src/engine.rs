//! Running a graph from a file, with failures sorted into exit codes.

use std::collections::BTreeMap;

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
