//! A session: the variables of one graph, and plans kept from run to run.

pub mod env;
pub mod vars;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};

use graphpb_kernels::{Tensor, shape_text};

use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::graph::fact::Fact;
use crate::graph::node::{NodeId, Out};
use crate::plan::program::StepTime;
use crate::plan::{Plan, lower};
use env::{CancelToken, Env, State};
use vars::Variables;

/// Plans kept per session.
const MAX_PLANS: usize = 512;

/// How one run differs from the usual.
#[derive(Clone, Default)]
pub struct RunOptions {
    pub cancel: CancelToken,
    pub timeout: Option<Duration>,
}

#[derive(PartialEq, Eq, Hash)]
struct Key {
    epoch: u64,
    feeds: Vec<Out>,
    fetches: Vec<Out>,
    targets: Vec<NodeId>,
}

/// A prepared run: a plan, and what its feeds must look like.
pub struct Prepared {
    pub plan: Plan,
    feeds: Vec<(Out, Fact, String)>,
}

impl Prepared {
    /// Type and static shape of each feed.
    pub fn feed_facts(&self) -> impl Iterator<Item = &Fact> {
        self.feeds.iter().map(|f| &f.1)
    }
}

pub struct Session {
    graph: Arc<RwLock<Graph>>,
    state: Arc<State>,
    plans: Mutex<HashMap<Key, Arc<Prepared>>>,
    fuse: bool,
}

impl Session {
    pub fn new(graph: Arc<RwLock<Graph>>) -> Session {
        Session { graph, state: Arc::default(), plans: Mutex::default(), fuse: true }
    }
    /// A session of a graph that nobody else holds.
    pub fn of(graph: Graph) -> Session {
        Session::new(Arc::new(RwLock::new(graph)))
    }
    /// Run every node by itself (for tests that compare).
    pub fn without_fusion(mut self) -> Session {
        self.fuse = false;
        self
    }
    pub fn graph(&self) -> &Arc<RwLock<Graph>> {
        &self.graph
    }
    /// End the runs that wait for an element of a queue, with CANCELLED.
    pub fn close(&self) {
        self.state.close();
    }
    pub fn variables(&self) -> &Variables {
        &self.state.variables
    }

    /// The plan for these feeds, fetches and targets; made on first use.
    ///
    /// UNIMPLEMENTED names every op that cannot run.
    pub fn prepare(&self, feeds: &[Out], fetches: &[Out], targets: &[NodeId]) -> Result<Arc<Prepared>> {
        let graph = self.graph.read().unwrap_or_else(|e| e.into_inner());
        let key = Key { epoch: graph.epoch(), feeds: feeds.to_vec(), fetches: fetches.to_vec(), targets: targets.to_vec() };
        if let Some(p) = self.plans.lock().unwrap_or_else(|e| e.into_inner()).get(&key) {
            return Ok(p.clone());
        }
        if let Some(bad) = feeds.iter().chain(fetches).find(|&&o| !graph.has(o)) {
            return Err(Error::internal(format!("{bad:?} is not in the graph")));
        }
        let request = lower::Request { feeds, fetches, targets, cut: &HashSet::new() };
        let plan = lower::compile(&graph, &self.state, &request, self.fuse)?;
        let feeds = feeds.iter().map(|&f| (f, graph.fact(f).clone(), graph.out_name(f))).collect();
        let prepared = Arc::new(Prepared { plan, feeds });
        let mut plans = self.plans.lock().unwrap_or_else(|e| e.into_inner());
        if plans.len() >= MAX_PLANS {
            plans.clear();
        }
        plans.insert(key, prepared.clone());
        Ok(prepared)
    }

    /// Run a prepared plan with one tensor per feed; gives one tensor per fetch.
    ///
    /// The calling thread calls `poll` between steps, every 30 ms or so while the run lasts (to see Ctrl-C and cancel the token).
    /// INVALID_ARGUMENT when a feed has another type, or a shape that the graph rules out.
    pub fn run_prepared(
        &self,
        prepared: &Prepared,
        feeds: &[Tensor],
        options: &RunOptions,
        trace: Option<&mut Vec<StepTime>>,
        poll: &(dyn Fn() + Sync),
    ) -> Result<Vec<Tensor>> {
        for ((_, fact, name), t) in prepared.feeds.iter().zip(feeds) {
            if fact.dtype != t.dtype() {
                return Err(Error::invalid(format!("{name} has type {}, but a value of type {} was fed", fact.dtype.name(), t.dtype().name())));
            }
            if !fact.shape.admits(t.dims()) {
                return Err(Error::invalid(format!(
                    "Cannot feed value of shape {} for Tensor {name}, which has shape {}",
                    shape_text(t.dims()),
                    fact.shape.python_text()
                )));
            }
        }
        let env = Env::new(self.state.clone(), options.cancel.clone(), options.timeout.map(|t| Instant::now() + t));
        prepared.plan.run(feeds, &env.polling(poll, prepared.plan.has_long_steps()), trace)
    }

    /// Compute `fetches` and run `targets`.
    pub fn run(&self, feeds: &[(Out, Tensor)], fetches: &[Out], targets: &[NodeId]) -> Result<Vec<Tensor>> {
        let (outs, tensors): (Vec<Out>, Vec<Tensor>) = feeds.iter().cloned().unzip();
        let prepared = self.prepare(&outs, fetches, targets)?;
        self.run_prepared(&prepared, &tensors, &RunOptions::default(), None, &|| {})
    }
}
