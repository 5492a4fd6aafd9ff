//! What kernels can reach besides their inputs: the session's variables and node states, and whether the run shall stop.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::session::vars::Variables;
use graphpb_kernels::Code;

/// What outlives a run: one per session.
#[derive(Default)]
pub struct State {
    pub variables: Arc<Variables>,
    states: Mutex<HashMap<u64, Arc<dyn Any + Send + Sync>>>,
    resources: Arc<Mutex<Resources>>,
    closing: Arc<AtomicBool>,
}

type Resources = HashMap<(TypeId, ResourceKey), Arc<dyn Any + Send + Sync>>;

/// What a resource is found by.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum ResourceKey {
    /// The node that made it: nobody else has it.
    Node(u64),
    /// Its shared name: every node with this name has it.
    Shared(Arc<str>),
}

impl State {
    /// The same variables and resources with node states of its own: what the functions of one pass over a dataset see.
    pub fn beside(&self) -> State {
        let (variables, resources) = (self.variables.clone(), self.resources.clone());
        State { variables, states: Mutex::default(), resources, closing: self.closing.clone() }
    }
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

    /// The resource of this type under `key`, made on first use.
    pub fn resource<T: Any + Send + Sync>(&self, key: ResourceKey, init: impl FnOnce() -> T) -> Arc<T> {
        let mut map = self.resources.lock().unwrap_or_else(|e| e.into_inner());
        let entry = (TypeId::of::<T>(), key);
        if let Some(r) = map.get(&entry).and_then(|r| r.clone().downcast::<T>().ok()) {
            return r;
        }
        let r = Arc::new(init());
        map.insert(entry, r.clone());
        r
    }

    /// End the runs that last: the session is being closed.
    pub fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
    }
    pub fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
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

/// The pause between two polls.
const POLL_EVERY: Duration = Duration::from_millis(30);

/// Steps between two looks at the clock.
const POLL_MASK: u32 = 63;
const MOST_STEPS: u32 = 255;

/// The surroundings of the kernels of one run.
#[derive(Default)]
pub struct Env<'p> {
    state: Arc<State>,
    cancel: CancelToken,
    deadline: Option<Instant>,
    poll: Option<Poll<'p>>,
    /// The run that this is a part of, which says when to stop.
    outer: Option<&'p Env<'p>>,
}

/// Something that the calling thread does every 30 ms while a run lasts.
struct Poll<'p> {
    call: &'p (dyn Fn() + Sync),
    start: Instant,
    /// When the last one was, in ns after the start.
    last: AtomicU64,
    /// Steps begun; those whose bits under the mask are zero look at the clock.
    steps: AtomicU32,
    mask: AtomicU32,
    /// When the clock was looked at, in ns after the start.
    seen: AtomicU64,
}

impl Poll<'_> {
    #[cold]
    fn look(&self) {
        let now = self.start.elapsed();
        // Loops inside a step are made of steps of their own: how long they are shows only now.
        let pause = (now.as_nanos() as u64).saturating_sub(self.seen.swap(now.as_nanos() as u64, Ordering::Relaxed));
        let mask = self.mask.load(Ordering::Relaxed);
        match pause {
            0..50_000 if mask < MOST_STEPS => self.mask.store(mask * 2 + 1, Ordering::Relaxed),
            2_000_000.. => self.mask.store(mask / 2, Ordering::Relaxed),
            _ => {}
        }
        if now.saturating_sub(Duration::from_nanos(self.last.load(Ordering::Relaxed))) > POLL_EVERY {
            self.last.store(now.as_nanos() as u64, Ordering::Relaxed);
            (self.call)();
        }
    }
}

impl<'p> Env<'p> {
    pub fn new(state: Arc<State>, cancel: CancelToken, deadline: Option<Instant>) -> Env<'p> {
        Env { state, cancel, deadline, poll: None, outer: None }
    }
    /// The same run with other states.
    pub fn within<'a>(&'a self, state: Arc<State>) -> Env<'a> {
        Env { state, cancel: self.cancel.clone(), deadline: self.deadline, poll: None, outer: Some(self) }
    }
    /// Call `poll` every 30 ms, from the thread that runs the steps, between two of them. `long`: the steps are.
    pub fn polling(mut self, poll: &'p (dyn Fn() + Sync), long: bool) -> Env<'p> {
        let mask = if long { 0 } else { POLL_MASK };
        let (last, seen) = (AtomicU64::new(0), AtomicU64::new(0));
        self.poll = Some(Poll { call: poll, start: Instant::now(), last, steps: AtomicU32::new(0), mask: AtomicU32::new(mask), seen });
        self
    }
    /// CANCELLED or DEADLINE_EXCEEDED when the run shall stop; called between steps, and by long kernels now and then.
    #[inline]
    pub fn check_cancelled(&self) -> Result<()> {
        if let Some(outer) = self.outer {
            return outer.check_cancelled();
        }
        if let Some(p) = &self.poll {
            // Not exact when several threads call this, and need not be.
            let n = p.steps.load(Ordering::Relaxed).wrapping_add(1);
            p.steps.store(n, Ordering::Relaxed);
            if n & p.mask.load(Ordering::Relaxed) == 0 {
                p.look();
            }
        }
        if self.cancel.is_cancelled() || self.state.is_closing() {
            return Err(Error::status(Code::Cancelled, "Step was cancelled"));
        }
        match self.deadline {
            Some(d) if Instant::now() >= d => {
                Err(Error::status(Code::DeadlineExceeded, "Timed out waiting for notification: the run took longer than its timeout_in_ms"))
            }
            _ => Ok(()),
        }
    }
}

impl Deref for Env<'_> {
    type Target = State;
    fn deref(&self) -> &State {
        &self.state
    }
}
