//! Steps that run other plans: branches and loops.

use graphpb_kernels::{Bool, DType, Tensor};
use smallvec::SmallVec;

use super::kernel::Value;
use super::loop_products::Products;
use super::program::{Frame, Plan};
use crate::error::{Error, Result};
use crate::session::env::Env;

/// `If` (`by_truth`: plans are else, then) or `Case`.
pub struct Branch {
    pub plans: Vec<Plan>,
    pub by_truth: bool,
}

/// What a feed of a loop's plans is.
#[derive(Clone, Copy, PartialEq)]
pub enum Feed {
    /// A loop variable.
    Var(usize),
    /// An input that does not change: fed once.
    Constant(usize),
    /// The pivot of a dataflow loop, seen from inside.
    True,
}

/// A side of a comparison of integers.
#[derive(Clone, Copy)]
pub enum Side {
    Var(usize),
    Constant(usize),
    Is(i64),
}

/// A comparison of two integers. A condition that is one, or several that must all hold, is decided without running its plan.
#[derive(Clone, Copy)]
pub struct Test {
    pub holds: fn(&i64, &i64) -> bool,
    pub left: Side,
    pub right: Side,
}

/// The integer that a value is, when it is one.
fn integer(v: Option<&Option<Value>>) -> Option<i64> {
    match v {
        Some(Some(Value::Tensor(t))) if t.rank() == 0 => match t.dtype() {
            DType::I32 => Some(i64::from(t.slice::<i32>()[0])),
            DType::I64 => Some(t.slice::<i64>()[0]),
            _ => None,
        },
        _ => None,
    }
}

impl Test {
    /// With the constants' values put in; None when one is no integer.
    fn fixed(self, constants: &[Option<Value>]) -> Option<Test> {
        let fix = |s: Side| if let Side::Constant(k) = s { integer(constants.get(k)).map(Side::Is) } else { Some(s) };
        Some(Test { left: fix(self.left)?, right: fix(self.right)?, ..self })
    }
    fn decide(&self, vars: &[Option<Value>]) -> Option<bool> {
        let value = |s: Side| match s {
            Side::Var(k) => integer(vars.get(k)),
            Side::Is(v) => Some(v),
            Side::Constant(_) => None,
        };
        Some((self.holds)(&value(self.left)?, &value(self.right)?))
    }
}

/// A loop: `cond` on the variables and constants, then `body` while it holds.
pub struct Loop {
    pub cond: Plan,
    pub body: Plan,
    /// Inputs of the step that are loop variables; constants follow.
    pub vars: usize,
    pub cond_feeds: Vec<Feed>,
    pub body_feeds: Vec<Feed>,
    pub products: Products,
    /// The comparisons that the condition is made of; empty when it is anything else.
    pub tests: SmallVec<[Test; 2]>,
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
    pub(super) fn run(&self, inputs: &mut [Option<Value>], outputs: &mut [Option<Value>], env: &Env) -> Result<()> {
        let index = tensor(inputs[0].take())?;
        let n = self.plans.len();
        let k = if self.by_truth {
            truth(&index) as usize
        } else {
            index.to_i64s().and_then(|v| usize::try_from(*v.first()?).ok()).filter(|&k| k < n).unwrap_or(n - 1)
        };
        let plan = &self.plans[k];
        let mut frame = plan.frame();
        for (i, v) in inputs[1..].iter_mut().enumerate() {
            plan.put(&mut frame, i, v.take());
        }
        let mut results = Vec::with_capacity(outputs.len());
        let done = plan.call(&mut frame, env, &mut results);
        plan.give_back(frame);
        outputs.iter_mut().zip(results).for_each(|(o, r)| *o = r);
        done
    }
}

impl Loop {
    pub(super) fn run(&self, inputs: &mut [Option<Value>], outputs: &mut [Option<Value>], env: &Env) -> Result<()> {
        let (mut cond_frame, mut body_frame) = (self.cond.frame(), self.body.frame());
        let done = self.iterate(inputs, outputs, env, &mut cond_frame, &mut body_frame);
        self.cond.give_back(cond_frame);
        self.body.give_back(body_frame);
        done
    }

    fn iterate(
        &self,
        inputs: &mut [Option<Value>],
        outputs: &mut [Option<Value>],
        env: &Env,
        cond_frame: &mut Frame,
        body_frame: &mut Frame,
    ) -> Result<()> {
        let (vars, constants) = inputs.split_at_mut(self.vars);
        let fixed = |f: &Feed| match f {
            Feed::Constant(k) => Some(constants[*k].clone()),
            Feed::True => Some(Some(Value::Tensor(Tensor::scalar(Bool::TRUE)))),
            Feed::Var(_) => None,
        };
        for (i, v) in self.cond_feeds.iter().enumerate().filter_map(|(i, f)| Some((i, fixed(f)?))) {
            self.cond.put(cond_frame, i, v);
        }
        for (i, v) in self.body_feeds.iter().enumerate().filter_map(|(i, f)| Some((i, fixed(f)?))) {
            self.body.put(body_frame, i, v);
        }
        let mut sums = self.products.begin(vars);
        let mut packed = false;
        let tests: Option<SmallVec<[Test; 2]>> = self.tests.iter().map(|t| t.fixed(constants)).collect();
        let tests = tests.unwrap_or_default();
        let changing = |plan: &Plan, feeds: &[Feed]| -> SmallVec<[(usize, usize); 8]> {
            let vars = feeds.iter().enumerate().filter_map(|(i, f)| if let Feed::Var(k) = f { Some((i, *k)) } else { None });
            vars.filter(|(i, _)| plan.reads_feed(*i)).collect()
        };
        let tested = changing(&self.cond, &self.cond_feeds);
        // The last feed that reads a variable takes it, so that the body may work in place.
        let used = changing(&self.body, &self.body_feeds);
        let used: SmallVec<[(usize, usize, bool); 8]> =
            used.iter().enumerate().map(|(at, &(i, k))| (i, k, !used[at + 1..].iter().any(|u| u.1 == k))).collect();
        let mut vars: Vec<Option<Value>> = vars.iter_mut().map(Option::take).collect();
        let (mut next, mut go) = (Vec::with_capacity(vars.len()), Vec::with_capacity(1));
        loop {
            env.check_cancelled()?;
            let goes_on = match tests.iter().map(|t| t.decide(&vars)).reduce(|a, b| Some(a? && b?)).flatten() {
                Some(b) => b,
                None => {
                    for &(i, k) in &tested {
                        self.cond.put(cond_frame, i, vars[k].clone());
                    }
                    self.cond.call(cond_frame, env, &mut go)?;
                    truth(&tensor(go.pop().flatten())?)
                }
            };
            if !goes_on {
                break;
            }
            if !packed {
                for (i, v) in self.products.pack(constants, self.body_feeds.len())? {
                    self.body.put(body_frame, i, Some(v));
                }
                constants.iter_mut().for_each(|c| *c = None);
                packed = true;
            }
            for &(i, k, last) in &used {
                self.body.put(body_frame, i, if last { vars[k].take() } else { vars[k].clone() });
            }
            // What the body does not read goes before it runs.
            vars.clear();
            self.body.call(body_frame, env, &mut next)?;
            sums.collect(&mut next)?;
            std::mem::swap(&mut vars, &mut next);
        }
        sums.end(&mut vars)?;
        outputs.iter_mut().zip(vars).for_each(|(o, v)| *o = v);
        Ok(())
    }
}
