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
    /// Forget the value.
    pub fn clear(&self) {
        *self.lock() = None;
    }
    fn uninitialized(&self) -> Error {
        Error::status(Code::FailedPrecondition, format!("Attempting to use uninitialized value {}", self.name))
            .hint("run tf.global_variables_initializer() first")
    }
}

/// Change several variables together, each in place when no snapshot of it is alive.
///
/// INVALID_ARGUMENT when one is named twice; FAILED_PRECONDITION when one has no value.
pub fn update_all<R>(vars: &[Arc<Variable>], f: impl FnOnce(&mut [&mut Tensor]) -> Result<R>) -> Result<R> {
    // Locks are taken in one order everywhere, so that two runs never wait for each other.
    let mut order: Vec<usize> = (0..vars.len()).collect();
    order.sort_by_key(|&i| Arc::as_ptr(&vars[i]) as usize);
    if let Some(w) = order.windows(2).find(|w| Arc::ptr_eq(&vars[w[0]], &vars[w[1]])) {
        return Err(Error::invalid(format!("variable {} is given twice", vars[w[0]].name)));
    }
    let mut guards: Vec<(usize, MutexGuard<'_, Option<Tensor>>)> = order.into_iter().map(|i| (i, vars[i].lock())).collect();
    guards.sort_by_key(|g| g.0);
    let mut tensors = Vec::with_capacity(vars.len());
    for (var, (_, guard)) in vars.iter().zip(&mut guards) {
        tensors.push(guard.as_mut().ok_or_else(|| var.uninitialized())?);
    }
    f(&mut tensors)
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
