//! What kernels can reach besides their inputs: the session's variables and node states, and whether the run shall stop.

use std::any::Any;
use std::collections::HashMap;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use crate::error::{Error, Result};
use crate::session::vars::Variables;
use graphpb_kernels::Code;

/// What outlives a run: one per session.
#[derive(Default)]
pub struct State {
    pub variables: Variables,
    states: Mutex<HashMap<u64, Arc<dyn Any + Send + Sync>>>,
}

impl State {
    /// The state of a node, made on first use.
    pub fn state<T: Any + Send>(&self, node: u64, init: impl FnOnce() -> T) -> Arc<Mutex<T>> {
        let mut map = self.states.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(s) = map.get(&node).and_then(|s| s.clone().downcast::<Mutex<T>>().ok()) {
            return s;
        }
        let s = Arc::new(Mutex::new(init()));
        map.insert(node, s.clone());
        s
    }
}

/// Stops one run from outside.
#[derive(Clone, Default)]
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The surroundings of the kernels of one run.
#[derive(Default)]
pub struct Env {
    state: Arc<State>,
    cancel: CancelToken,
    deadline: Option<Instant>,
}

impl Env {
    pub fn new(state: Arc<State>, cancel: CancelToken, deadline: Option<Instant>) -> Env {
        Env { state, cancel, deadline }
    }
    /// CANCELLED or DEADLINE_EXCEEDED when the run shall stop; called between steps, and by long kernels now and then.
    #[inline]
    pub fn check_cancelled(&self) -> Result<()> {
        if self.cancel.is_cancelled() {
            return Err(Error::status(Code::Cancelled, "Step was cancelled"));
        }
        match self.deadline {
            Some(d) if Instant::now() >= d => {
                Err(Error::status(Code::DeadlineExceeded, "Timed out: the run took longer than RunOptions.timeout_in_ms"))
            }
            _ => Ok(()),
        }
    }
}

impl Deref for Env {
    type Target = State;
    fn deref(&self) -> &State {
        &self.state
    }
}
