//! What outlives a run and is reachable from kernels: variables, state of nodes, cancellation.

use std::any::Any;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use crate::error::{Error, Result};
use crate::session::vars::Variables;
use graphpb_kernels::Code;

/// The surroundings of the kernels of one session.
#[derive(Default)]
pub struct Env {
    pub variables: Variables,
    states: Mutex<HashMap<u32, Arc<dyn Any + Send + Sync>>>,
    cancelled: AtomicBool,
}

impl Env {
    /// The state of a node, made on first use.
    pub fn state<T: Any + Send>(&self, node: u32, init: impl FnOnce() -> T) -> Arc<Mutex<T>> {
        let mut map = self.states.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(s) = map.get(&node).and_then(|s| s.clone().downcast::<Mutex<T>>().ok()) {
            return s;
        }
        let s = Arc::new(Mutex::new(init()));
        map.insert(node, s.clone());
        s
    }
    /// Ask the runs in progress to stop at the next step.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }
    pub fn clear_cancel(&self) {
        self.cancelled.store(false, Ordering::Relaxed);
    }
    /// CANCELLED once `cancel` was called; long kernels ask now and then.
    pub fn check_cancelled(&self) -> Result<()> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(Error::status(Code::Cancelled, "Step was cancelled"));
        }
        Ok(())
    }
}
