//! Steps that run other plans: branches and loops.

use graphpb_kernels::{Bool, DType, Tensor};
use smallvec::SmallVec;

use super::kernel::Value;
use super::program::Plan;
use crate::error::{Error, Result};
use crate::session::env::Env;

/// `If` (`by_truth`: plans are else, then) or `Case`.
pub struct Branch {
    pub plans: Vec<Plan>,
    pub by_truth: bool,
}

/// A loop: `cond` on the variables and constants, then `body` while it holds.
pub struct Loop {
    /// Takes the variables, then the constants.
    pub cond: Plan,
    pub body: Plan,
    pub vars: usize,
    /// What each feed of the body is: a variable, a constant (from `vars` on), or `TRUE`.
    pub body_feeds: Vec<usize>,
}

/// Whether a value counts as true: a bool, a number that is not zero, a string that is not empty, a tensor with elements.
pub fn truth(t: &Tensor) -> bool {
    if t.rank() > 0 {
        return !t.is_empty();
    }
    match t.dtype() {
        DType::Bool => t.slice::<Bool>()[0].get(),
        DType::Str => !t.as_strings()[0].is_empty(),
        _ => t.bytes().iter().any(|&b| b != 0),
    }
}

fn tensor(v: Option<Value>) -> Result<Tensor> {
    match v {
        Some(Value::Tensor(t)) => Ok(t),
        Some(Value::Ref(r)) => r.read(),
        _ => Err(Error::invalid("Retval[0] does not have value")),
    }
}

impl Branch {
    pub(super) fn run(&self, inputs: &mut [Option<Value>], env: &Env) -> Result<SmallVec<[Value; 4]>> {
        let index = tensor(inputs[0].take())?;
        let n = self.plans.len();
        let k = if self.by_truth {
            truth(&index) as usize
        } else {
            index.to_i64s().and_then(|v| usize::try_from(*v.first()?).ok()).filter(|&k| k < n).unwrap_or(n - 1)
        };
        let plan = &self.plans[k];
        let mut frame = plan.frame();
        let result = plan.call(&mut frame, env, |i| inputs[i + 1].clone());
        plan.give_back(frame);
        result
    }
}

impl Loop {
    /// In `body_feeds`: the constant true (the pivot seen from inside).
    pub const TRUE: usize = usize::MAX;

    pub(super) fn run(&self, inputs: &mut [Option<Value>], env: &Env) -> Result<SmallVec<[Value; 4]>> {
        let mut vars: SmallVec<[Option<Value>; 8]> = inputs[..self.vars].iter_mut().map(Option::take).collect();
        let constants = &inputs[self.vars..];
        let (mut cond_frame, mut body_frame) = (self.cond.frame(), self.body.frame());
        // The last feed that reads a variable takes it, so that the body may work in place.
        let takes: Vec<bool> = (0..self.body_feeds.len())
            .map(|i| !(i + 1..self.body_feeds.len()).any(|j| self.body_feeds[j] == self.body_feeds[i] && self.body.reads_feed(j)))
            .collect();
        let result = loop {
            if let Err(e) = env.check_cancelled() {
                break Err(e);
            }
            let go = self.cond.call(&mut cond_frame, env, |i| if i < vars.len() { vars[i].clone() } else { constants[i - vars.len()].clone() });
            let go = match go.and_then(|mut v| tensor(v.pop())) {
                Ok(t) => truth(&t),
                Err(e) => break Err(e),
            };
            if !go {
                break vars.into_iter().map(|v| v.ok_or_else(|| Error::internal("a loop variable has no value"))).collect();
            }
            let next = self.body.call(&mut body_frame, env, |i| match self.body_feeds[i] {
                Loop::TRUE => Some(Value::Tensor(Tensor::scalar(Bool::TRUE))),
                k if k >= vars.len() => constants[k - vars.len()].clone(),
                k if takes[i] => vars[k].take(),
                k => vars[k].clone(),
            });
            match next {
                Ok(next) => vars = next.into_iter().map(Some).collect(),
                Err(e) => break Err(e),
            }
        };
        self.cond.give_back(cond_frame);
        self.body.give_back(body_frame);
        result
    }
}
