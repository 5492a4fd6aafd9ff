//! The program: an array of steps over numbered slots, and the loop that runs it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Once};
use std::time::Instant;

use graphpb_kernels::error::KernelError;
use graphpb_kernels::{Tensor, par};
use smallvec::SmallVec;

use super::calling::Function;
use super::control::{Branch, Loop, truth};
use super::kernel::{KernelCtx, Prepared, StepInfo, Value};
use crate::error::{Error, Result};
use crate::session::env::Env;
use crate::session::vars::Variable;

/// The slot of a value that nobody reads.
pub const NO_SLOT: u32 = u32::MAX;

/// Runs that took longer than this (ns) let go of Python's lock.
const LONG_NS: u64 = 60_000;

/// Runs that took longer than this (ns) wake a worker beforehand, which costs some µs; in a loop it is awake already.
const WAKE_NS: u64 = 60_000;

/// From this many ns per step on, every step looks at the clock; it costs 30 ns.
const LONG_STEP_NS: u64 = 5_000;

/// How a step does its work.
pub enum Run {
    Plain(fn(&mut KernelCtx) -> Result<()>),
    Prepared(Prepared),
    /// A kernel that calls functions.
    Calling(fn(&mut KernelCtx, &[Arc<Function>]) -> Result<()>, Vec<Arc<Function>>),
    /// Output 0 is input 0, read when it is a reference.
    Alias,
    /// A reference to a variable.
    Variable(Arc<Variable>),
    /// A placeholder that is not fed.
    Fail(Error),
    /// Input 0 to the output that input 1 chooses; the other one is dead.
    Switch,
    /// The input that is alive.
    Merge,
    Branch(Branch),
    Loop(Box<Loop>),
}

/// Where an input comes from.
#[derive(Clone, Copy)]
pub struct Input {
    /// A slot, or the number of a constant.
    pub slot: u32,
    pub constant: bool,
    /// Nobody reads the slot afterwards: the value is moved.
    pub last: bool,
    /// The kernel takes the reference itself.
    pub by_ref: bool,
}

pub struct Step {
    pub info: StepInfo,
    pub run: Run,
    pub inputs: SmallVec<[Input; 4]>,
    pub outputs: SmallVec<[u32; 2]>,
    /// Slots that, when dead, keep the step from running.
    pub guards: SmallVec<[Input; 1]>,
}

impl Step {
    fn calls_out(&self) -> bool {
        match &self.run {
            Run::Branch(b) => b.plans.iter().any(|p| p.calls_out),
            // A loop may have no end: whoever waits must see the signal that stops it.
            Run::Loop(_) => true,
            _ => crate::registry::lookup(self.info.op).is_some_and(|d| d.traits.has(crate::registry::Traits::CALLS_OUT)),
        }
    }
}

/// Values in flight; kept between runs so that a run allocates nothing of its own.
#[derive(Default)]
pub(super) struct Frame {
    slots: Vec<Option<Value>>,
    inputs: Vec<Option<Value>>,
    outputs: Vec<Option<Value>>,
}

/// A program for one set of feeds, fetches and targets.
pub struct Plan {
    steps: Vec<Step>,
    slots: usize,
    feeds: Vec<u32>,
    fetches: Vec<Input>,
    constants: Vec<Tensor>,
    frames: Mutex<Vec<Frame>>,
    /// Duration of the last run, in ns; 0 before the first.
    last_ns: AtomicU64,
    /// The last run had work for other threads.
    shares: AtomicBool,
    /// Some step, of this plan or of one inside it, calls code outside the runtime or may run for ever.
    calls_out: bool,
}

/// What one step cost, for `RunMetadata`.
#[derive(Clone, Debug)]
pub struct StepTime {
    pub node: Arc<str>,
    pub op: &'static str,
    pub start_ns: u64,
    pub end_ns: u64,
}

impl Plan {
    pub(super) fn new(steps: Vec<Step>, slots: usize, feeds: Vec<u32>, fetches: Vec<Input>, constants: Vec<Tensor>) -> Plan {
        let calls_out = steps.iter().any(Step::calls_out);
        Plan {
            steps,
            slots,
            feeds,
            fetches,
            constants,
            frames: Mutex::default(),
            last_ns: AtomicU64::new(0),
            shares: AtomicBool::new(true),
            calls_out,
        }
    }
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }
    /// Duration of the last run, in ns; 0 before the first.
    pub fn last_ns(&self) -> u64 {
        self.last_ns.load(Ordering::Relaxed)
    }

    /// Whether a run is likely to be worth letting go of Python's lock, which code outside the runtime may want.
    pub fn is_long(&self) -> bool {
        let last = self.last_ns();
        let endless = |s: &Step| matches!(s.run, Run::Loop(_) | Run::Branch(_));
        self.calls_out || last > LONG_NS || (last == 0 && (self.steps.len() > 2 || self.steps.iter().any(endless)))
    }
    /// Whether looking at the clock costs little beside the average step.
    pub fn has_long_steps(&self) -> bool {
        let last = self.last_ns();
        last == 0 || last > LONG_STEP_NS * self.steps.len() as u64
    }

    pub(super) fn frame(&self) -> Frame {
        let mut frame = self.frames.lock().unwrap_or_else(|e| e.into_inner()).pop().unwrap_or_default();
        frame.slots.resize_with(self.slots, || None);
        frame
    }
    pub(super) fn give_back(&self, mut frame: Frame) {
        frame.slots.iter_mut().for_each(|s| *s = None);
        frame.inputs.clear();
        frame.outputs.clear();
        let mut pool = self.frames.lock().unwrap_or_else(|e| e.into_inner());
        if pool.len() < 4 {
            pool.push(frame);
        }
    }
    /// Whether feed `i` is used at all.
    pub(super) fn reads_feed(&self, i: usize) -> bool {
        self.feeds[i] != NO_SLOT
    }

    /// Set feed `i`.
    pub(super) fn put(&self, frame: &mut Frame, i: usize, v: Option<Value>) {
        let slot = self.feeds[i];
        if slot != NO_SLOT {
            frame.slots[slot as usize] = v;
        }
    }
    /// Run as part of another plan, once the feeds are set; `out` gets the results.
    pub(super) fn call(&self, frame: &mut Frame, env: &Env, out: &mut Vec<Option<Value>>) -> Result<()> {
        let current = AtomicUsize::new(0);
        self.run_steps(frame, env, &current, None, Instant::now)?;
        out.clear();
        for f in &self.fetches {
            out.push(Some(self.fetch(&mut frame.slots, f)?));
        }
        Ok(())
    }

    fn fetch(&self, slots: &mut [Option<Value>], f: &Input) -> Result<Value> {
        if f.constant {
            return Ok(Value::Tensor(self.constants[f.slot as usize].clone()));
        }
        let slot = &mut slots[f.slot as usize];
        match if f.last { slot.take() } else { slot.clone() } {
            Some(v) => Ok(v),
            None => Err(Error::internal("a fetch has no value")),
        }
    }

    /// Run with one tensor per feed; gives one tensor per fetch.
    pub fn run(&self, feeds: &[Tensor], env: &Env, trace: Option<&mut Vec<StepTime>>) -> Result<Vec<Tensor>> {
        if feeds.len() != self.feeds.len() {
            return Err(Error::internal(format!("the plan takes {} feeds, got {}", self.feeds.len(), feeds.len())));
        }
        let mut frame = self.frame();
        for (&slot, t) in self.feeds.iter().zip(feeds) {
            if slot != NO_SLOT {
                frame.slots[slot as usize] = Some(Value::Tensor(t.clone()));
            }
        }
        let start = Instant::now();
        let current = AtomicUsize::new(0);
        if self.last_ns() > WAKE_NS && self.shares.load(Ordering::Relaxed) {
            par::wake();
        }
        let jobs = par::shared_jobs();
        // The frame is cleared below after a panic, so no half-done state is seen.
        let work = || par::install(|| self.execute(&mut frame, env, &current, trace, start));
        let result = match caught(work) {
            Ok(r) => r,
            Err(e) => Err(self.steps.get(current.load(Ordering::Relaxed)).map_or_else(|| e.clone(), |s| s.info.locate(e.clone()))),
        };
        self.shares.store(par::shared_jobs() != jobs, Ordering::Relaxed);
        let took = start.elapsed().as_nanos() as u64;
        // A long first run (page faults, packing) must not decide for ever: move halfway.
        let last = self.last_ns();
        self.last_ns.store(if last == 0 { took } else { (last + took) / 2 }.max(1), Ordering::Relaxed);
        self.give_back(frame);
        result
    }

    fn execute(&self, frame: &mut Frame, env: &Env, current: &AtomicUsize, trace: Option<&mut Vec<StepTime>>, t0: Instant) -> Result<Vec<Tensor>> {
        self.run_steps(frame, env, current, trace, || t0)?;
        // References are read when all is done, as TensorFlow's fetches do.
        let read = |f: &Input| match self.fetch(&mut frame.slots, f)? {
            Value::Tensor(t) => Ok(t),
            Value::Ref(v) => v.read(),
            Value::Dead => Err(Error::invalid("Retval[0] does not have value")),
        };
        self.fetches.iter().map(read).collect()
    }

    fn run_steps(
        &self,
        frame: &mut Frame,
        env: &Env,
        current: &AtomicUsize,
        mut trace: Option<&mut Vec<StepTime>>,
        t0: impl Fn() -> Instant,
    ) -> Result<()> {
        let Frame { slots, inputs, outputs } = frame;
        for (at, step) in self.steps.iter().enumerate() {
            current.store(at, Ordering::Relaxed);
            env.check_cancelled()?;
            let started = trace.is_some().then(|| t0().elapsed().as_nanos() as u64);
            inputs.clear();
            let mut dead = false;
            for i in &step.inputs {
                let v = if i.constant {
                    Value::Tensor(self.constants[i.slot as usize].clone())
                } else {
                    let slot = &mut slots[i.slot as usize];
                    let v = if i.last { slot.take() } else { slot.clone() };
                    match v {
                        Some(Value::Ref(var)) if !i.by_ref => Value::Tensor(var.read().map_err(|e| step.info.locate(e))?),
                        Some(v) => v,
                        None => return Err(step.info.locate(Error::internal("an input has no value"))),
                    }
                };
                dead |= matches!(v, Value::Dead);
                inputs.push(Some(v));
            }
            outputs.clear();
            outputs.resize_with(step.outputs.len(), || None);
            for g in &step.guards {
                let slot = &mut slots[g.slot as usize];
                dead |= matches!(if g.last { slot.take() } else { slot.clone() }, Some(Value::Dead));
            }
            if dead && !matches!(step.run, Run::Merge) {
                outputs.iter_mut().for_each(|o| *o = Some(Value::Dead));
            } else {
                step.execute(inputs, outputs, env).map_err(|e| step.info.locate(e))?;
            }
            for (v, &slot) in outputs.drain(..).zip(&step.outputs) {
                if slot != NO_SLOT {
                    if v.is_none() {
                        return Err(step.info.locate(Error::internal("the kernel set no output")));
                    }
                    slots[slot as usize] = v;
                }
            }
            if let (Some(trace), Some(start_ns)) = (trace.as_deref_mut(), started) {
                trace.push(StepTime { node: step.info.name.clone(), op: step.info.op, start_ns, end_ns: t0().elapsed().as_nanos() as u64 });
            }
        }
        Ok(())
    }
}

impl Step {
    #[inline]
    fn execute(&self, inputs: &mut [Option<Value>], outputs: &mut [Option<Value>], env: &Env) -> Result<()> {
        match &self.run {
            Run::Plain(f) => f(&mut KernelCtx::new(&self.info, inputs, outputs, env))?,
            Run::Prepared(f) => f(&mut KernelCtx::new(&self.info, inputs, outputs, env))?,
            Run::Calling(f, functions) => f(&mut KernelCtx::new(&self.info, inputs, outputs, env), functions)?,
            Run::Alias => outputs[0] = inputs[0].take(),
            Run::Variable(v) => outputs[0] = Some(Value::Ref(v.clone())),
            Run::Fail(e) => return Err(e.clone()),
            Run::Switch => {
                let chosen = match &inputs[1] {
                    Some(Value::Tensor(t)) => truth(t) as usize,
                    _ => return Err(Error::invalid("the predicate has no value")),
                };
                outputs[1 - chosen] = Some(Value::Dead);
                outputs[chosen] = inputs[0].take();
            }
            Run::Merge => {
                let alive = inputs.iter().position(|v| !matches!(v, None | Some(Value::Dead)));
                outputs[0] = Some(alive.and_then(|i| inputs[i].take()).unwrap_or(Value::Dead));
                outputs[1] = Some(alive.map_or(Value::Dead, |i| Value::Tensor(Tensor::scalar(i as i32))));
            }
            Run::Branch(b) => b.run(inputs, outputs, env)?,
            Run::Loop(l) => l.run(inputs, outputs, env)?,
        }
        Ok(())
    }
}

/// Call `work`; a panic in it is an error, and prints nothing.
pub(crate) fn caught<R>(work: impl FnOnce() -> R) -> Result<R> {
    quiet_panics();
    let _in_run = InRun::enter();
    catch_unwind(AssertUnwindSafe(work)).map_err(|p| panic_error(&p))
}

/// What a panic means: a kernel error that could not be returned, or a defect.
fn panic_error(p: &Box<dyn std::any::Any + Send>) -> Error {
    if let Some(e) = p.downcast_ref::<KernelError>() {
        return e.clone().into();
    }
    let text = p.downcast_ref::<String>().map(String::as_str).or_else(|| p.downcast_ref::<&str>().copied());
    Error::internal(format!("kernel failed: {}", text.unwrap_or("panic")))
}

static RUNS: AtomicU64 = AtomicU64::new(0);

struct InRun;
impl InRun {
    fn enter() -> InRun {
        RUNS.fetch_add(1, Ordering::Relaxed);
        InRun
    }
}
impl Drop for InRun {
    fn drop(&mut self) {
        RUNS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A panic inside a run becomes an INTERNAL error; it must not also print a backtrace.
fn quiet_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if RUNS.load(Ordering::Relaxed) == 0 {
                previous(info);
            }
        }));
    });
}
