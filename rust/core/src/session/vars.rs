//! Variables: named buffers that outlive a run.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use graphpb_kernels::{Code, Tensor};

use crate::error::{Error, Result};

/// One variable of one session.
pub struct Variable {
    pub name: Arc<str>,
    value: Mutex<Option<Tensor>>,
}

impl Variable {
    pub fn new(name: Arc<str>) -> Variable {
        Variable { name, value: Mutex::new(None) }
    }
    fn lock(&self) -> MutexGuard<'_, Option<Tensor>> {
        self.value.lock().unwrap_or_else(|e| e.into_inner())
    }
    pub fn is_initialized(&self) -> bool {
        self.lock().is_some()
    }
    /// A snapshot; FAILED_PRECONDITION when nothing was assigned yet.
    pub fn read(&self) -> Result<Tensor> {
        self.lock().clone().ok_or_else(|| self.uninitialized())
    }
    /// A snapshot, or None when nothing was assigned yet.
    pub fn peek(&self) -> Option<Tensor> {
        self.lock().clone()
    }
    /// Replace the value; foreign memory is copied.
    pub fn assign(&self, value: Tensor) {
        let value = value.into_owned();
        *self.lock() = Some(value);
    }
    /// Change the value, in place when no snapshot of it is alive.
    pub fn update<R>(&self, f: impl FnOnce(&mut Tensor) -> Result<R>) -> Result<R> {
        match self.lock().as_mut() {
            Some(t) => f(t),
            None => Err(self.uninitialized()),
        }
    }
    fn uninitialized(&self) -> Error {
        Error::status(Code::FailedPrecondition, format!("Attempting to use uninitialized value {}", self.name))
            .hint("run tf.global_variables_initializer() first")
    }
}

/// All variables of a session, by name.
#[derive(Default)]
pub struct Variables {
    by_name: Mutex<HashMap<Arc<str>, Arc<Variable>>>,
}

impl Variables {
    /// The variable with this name, made (uninitialised) on first use.
    pub fn get(&self, name: &Arc<str>) -> Arc<Variable> {
        let mut map = self.by_name.lock().unwrap_or_else(|e| e.into_inner());
        map.entry(name.clone()).or_insert_with(|| Arc::new(Variable::new(name.clone()))).clone()
    }
    /// Names and snapshots of all initialised variables, sorted by name.
    pub fn snapshot(&self) -> Vec<(Arc<str>, Tensor)> {
        let map = self.by_name.lock().unwrap_or_else(|e| e.into_inner());
        let mut all: Vec<_> = map.values().filter_map(|v| Some((v.name.clone(), v.peek()?))).collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }
}
