//! Lowering of branches and loops: bodies become plans of their own.

use std::collections::HashSet;
use std::sync::Arc;

use graphpb_kernels::{DType, Tensor};
use smallvec::SmallVec;

use super::control::{Branch, Feed, Loop, Side, Test};
use super::loop_products::{self, Products};
use super::loops::Loops;
use super::lower::{Lowered, Lowering, Request, Source};
use super::program::{Plan, Run};
use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::graph::attr::{Attr, AttrList, FuncAttr};
use crate::graph::fact::Fact;
use crate::graph::function::{self, Body};
use crate::graph::node::{Node, NodeId, Out};
use crate::registry::OpDef;

/// `o` seen through identities.
fn source_of(graph: &Graph, mut o: Out) -> Out {
    while graph.node(o.node).op_name() == "Identity" {
        match graph.node(o.node).inputs.first() {
            Some(&i) => o = i,
            None => break,
        }
    }
    o
}

impl Lowering<'_, '_> {
    fn body(&self, f: &FuncAttr, inputs: &[Fact], results: usize) -> Result<Body> {
        let body = function::instantiate(&self.graph.library, &f.name, &f.attrs, inputs)?;
        if body.results.len() != results {
            return Err(Error::invalid(format!("function {} gives {} results, {results} are needed", f.name, body.results.len())));
        }
        Ok(body)
    }

    /// The plan of a body: of its arguments `feeds` are fed, those of them in `sticky` once; others are `preset`.
    pub(super) fn body_plan(
        &self,
        id: NodeId,
        f: &FuncAttr,
        body: &Body,
        feeds: &[Out],
        fetches: &[Out],
        preset: &[(Out, Tensor)],
        sticky: &[usize],
        find: impl Fn(&mut Lowered) -> Products,
    ) -> Result<(Plan, Products)> {
        let compiler = self.compiler.inner(&format!("{}:{}", self.graph.node(id).name, f.name));
        let request = Request { feeds, fetches, targets: &body.effects, cut: &HashSet::new() };
        let mut lowered = compiler.lowered(&body.graph, &Loops::find(&body.graph)?, &request, preset, sticky)?;
        let products = if compiler.fuse { find(&mut lowered) } else { Products::default() };
        Ok((compiler.finish(lowered), products))
    }

    pub(super) fn branches(
        &mut self,
        id: NodeId,
        def: &'static OpDef,
        branches: &[Arc<FuncAttr>],
        inputs: SmallVec<[Source; 4]>,
        by_truth: bool,
    ) -> Result<()> {
        let node = self.graph.node(id);
        let facts = self.facts(&node.inputs[1..]);
        let mut plans = Vec::new();
        for f in branches {
            let body = self.body(f, &facts, node.outputs.len())?;
            plans.push(self.body_plan(id, f, &body, &body.args, &body.results, &[], &[], |_| Products::default())?.0);
        }
        self.emit(id, def, Run::Branch(Branch { plans, by_truth }), inputs)
    }

    pub(super) fn functional_loop(&mut self, id: NodeId, def: &'static OpDef, inputs: SmallVec<[Source; 4]>) -> Result<()> {
        let node = self.graph.node(id);
        let n = node.inputs.len();
        // Shapes may change from iteration to iteration unless the loop states them.
        let entering = self.facts(&node.inputs);
        let mut facts = function::forget_shapes(&entering);
        for (f, s) in facts.iter_mut().zip(node.attrs.shapes("output_shapes")?) {
            f.shape = s.clone();
        }
        let (cond_fn, body_fn) = (node.attrs.func("cond")?.clone(), node.attrs.func("body")?.clone());
        let mut body = self.body(&body_fn, &facts, n)?;
        let fixed: Vec<bool> = (0..n).map(|i| source_of(&body.graph, body.results[i]) == body.args[i]).collect();
        let mut refined = false;
        for i in (0..n).filter(|&i| fixed[i]) {
            if let Ok(s) = facts[i].shape.merge(&entering[i].shape) {
                refined |= s != facts[i].shape;
                facts[i].shape = s;
            }
        }
        if refined {
            body = self.body(&body_fn, &facts, n)?;
        }
        let cond = self.body(&cond_fn, &facts, 1)?;

        // Variables first, then what does not change; constants of the plan are constants inside.
        let live = live(&cond, &body, |i| self.wanted.as_ref().is_none_or(|w| w.contains(&id.out(i))));
        let vars: Vec<usize> = (0..n).filter(|&i| !fixed[i] && live[i]).collect();
        let preset: Vec<(usize, Tensor)> = (0..n).filter(|&i| fixed[i]).filter_map(|i| Some((i, self.value(inputs[i])?))).collect();
        let constants: Vec<usize> = (0..n).filter(|&i| fixed[i] && !preset.iter().any(|p| p.0 == i)).collect();
        let order: Vec<usize> = vars.iter().chain(&constants).copied().collect();
        let feeds: Vec<Feed> = (0..vars.len()).map(Feed::Var).chain((0..constants.len()).map(Feed::Constant)).collect();
        let sticky: Vec<usize> = (vars.len()..order.len()).collect();
        let args = |b: &Body| -> (Vec<Out>, Vec<(Out, Tensor)>) {
            (order.iter().map(|&i| b.args[i]).collect(), preset.iter().map(|(i, t)| (b.args[*i], t.clone())).collect())
        };
        let tests = comparisons(&cond, &vars, &constants, &preset).unwrap_or_default();
        let (of_cond, set) = args(&cond);
        let (cond, _) = self.body_plan(id, &cond_fn, &cond, &of_cond, &cond.results, &set, &sticky, |_| Products::default())?;
        let results: Vec<Out> = vars.iter().map(|&i| body.results[i]).collect();
        let (of_body, set) = args(&body);
        let tested = |k: usize| cond.reads_feed(k);
        let find = |l: &mut Lowered| loop_products::find(l, vars.len(), &tested);
        let (body, products) = self.body_plan(id, &body_fn, &body, &of_body, &results, &set, &sticky, find)?;
        let run = Loop { cond, body, vars: vars.len(), cond_feeds: feeds.clone(), body_feeds: feeds, products, tests };

        let mut info = self.info(id, def);
        info.outputs = vars.iter().map(|&i| node.outputs[i].dtype).collect();
        let mut outputs = SmallVec::new();
        for (i, &source) in inputs.iter().enumerate() {
            let source = if fixed[i] {
                source
            } else if !live[i] {
                continue;
            } else {
                let v = self.shared.fresh();
                outputs.push(v);
                Source::Value(v)
            };
            self.known.entry(id.out(i)).or_insert(source);
        }
        let inputs = order.iter().map(|&i| inputs[i]).collect();
        let guards = self.guards(id);
        self.push(info, def, Run::Loop(Box::new(run)), inputs, SmallVec::new(), outputs, guards, None);
        Ok(())
    }

    /// A loop of Enter, Merge, Switch, NextIteration and Exit nodes.
    pub(super) fn dataflow_loop(&mut self, k: usize) -> Result<()> {
        let l = &self.loops.all[k];
        let graph = self.graph;
        let constants: Vec<Out> = l.constants.iter().map(|e| e.out(0)).collect();
        let merges: Vec<Out> = l.vars.iter().map(|v| v.merge.out(0)).collect();
        let cut: HashSet<NodeId> = l.border().collect();
        let constant_feeds = || (0..constants.len()).map(Feed::Constant);
        let cond_args: Vec<Out> = merges.iter().chain(&constants).copied().collect();
        let cond_feeds: Vec<Feed> = (0..merges.len()).map(Feed::Var).chain(constant_feeds()).collect();
        let compiler = self.compiler.inner(&l.frame);
        let pred = graph.node(l.cond).inputs[0];
        let request = Request { feeds: &cond_args, fetches: &[pred], targets: &[], cut: &cut };
        let cond = compiler.plan_with(graph, self.loops, &request, &[], &fixed_feeds(&cond_feeds))?;
        // The body sees a variable after its Switch, some see it before; both are the value of this iteration.
        let switched: Vec<(usize, Out)> = l.vars.iter().enumerate().filter_map(|(i, v)| Some((i, v.switch?.out(1)))).collect();
        let mut feeds: Vec<Out> = switched.iter().map(|s| s.1).collect();
        let mut body_feeds: Vec<Feed> = switched.iter().map(|s| Feed::Var(s.0)).collect();
        feeds.extend(&merges);
        body_feeds.extend((0..merges.len()).map(Feed::Var));
        feeds.push(l.cond.out(0));
        body_feeds.push(Feed::True);
        feeds.extend(&constants);
        body_feeds.extend(constant_feeds());
        let mut fetches = Vec::new();
        let mut targets: Vec<NodeId> = Vec::new();
        for v in &l.vars {
            let next = graph.node(v.next);
            fetches.push(next.inputs[0]);
            targets.extend(next.controls.iter().filter(|c| !cut.contains(c)));
        }
        let request = Request { feeds: &feeds, fetches: &fetches, targets: &targets, cut: &cut };
        let body = compiler.plan_with(graph, self.loops, &request, &[], &fixed_feeds(&body_feeds))?;
        let entering: Vec<NodeId> = l.vars.iter().map(|v| v.enter).chain(l.constants.iter().copied()).collect();
        let inputs: SmallVec<[Source; 4]> = entering.iter().map(|e| self.source(graph.node(*e).inputs[0])).collect::<Result<_>>()?;
        let by_ref: SmallVec<[bool; 4]> = entering.iter().map(|e| graph.node(*e).op_name() == "RefEnter").collect();
        let mut outputs = SmallVec::new();
        for v in &l.vars {
            let value = self.shared.fresh();
            outputs.push(value);
            if let Some(exit) = v.exit {
                self.known.entry(exit.out(0)).or_insert(Source::Value(value));
            }
        }
        let def = graph.node(l.cond).op.def().ok_or_else(|| Error::internal("LoopCond is unknown"))?;
        let vars = l.vars.len();
        let mut info = self.info(l.cond, def);
        info.outputs = l.vars.iter().map(|v| graph.fact(v.merge.out(0)).dtype).collect();
        self.push(
            info,
            def,
            Run::Loop(Box::new(Loop { cond, body, vars, cond_feeds, body_feeds, products: Products::default(), tests: SmallVec::new() })),
            inputs,
            by_ref,
            outputs,
            SmallVec::new(),
            None,
        );
        Ok(())
    }
}

/// The loop variables whose values matter: read after the loop, by the condition, by what the body does besides, or by another
/// one that matters.
fn live(cond: &Body, body: &Body, wanted: impl Fn(usize) -> bool) -> Vec<bool> {
    let n = body.args.len();
    let mut live: Vec<bool> = (0..n).map(wanted).collect();
    let reached = |b: &Body, roots: Vec<NodeId>, seen: &mut Vec<bool>| -> Vec<usize> {
        let mut stack = roots;
        while let Some(id) = stack.pop() {
            if !std::mem::replace(&mut seen[id.index()], true) {
                let node = b.graph.node(id);
                stack.extend(node.inputs.iter().map(|i| i.node).chain(node.controls.iter().copied()));
            }
        }
        (0..n).filter(|&i| b.args.get(i).is_some_and(|a| seen[a.node.index()])).collect()
    };
    let decides = cond.results.iter().map(|r| r.node).chain(cond.effects.iter().copied()).collect();
    for i in reached(cond, decides, &mut vec![false; cond.graph.len()]) {
        live[i] = true;
    }
    let (mut seen, mut roots) = (vec![false; body.graph.len()], body.effects.clone());
    loop {
        roots.extend((0..n).filter(|&i| live[i]).map(|i| body.results[i].node));
        let more = reached(body, std::mem::take(&mut roots), &mut seen);
        let before = live.clone();
        more.into_iter().for_each(|i| live[i] = true);
        if live == before {
            // What only the others need must be without effect.
            for i in (0..n).filter(|&i| !before[i]) {
                let mut others = seen.clone();
                reached(body, vec![body.results[i].node], &mut others);
                live[i] = body.graph.ids().any(|id| others[id.index()] && !seen[id.index()] && !is_plain(&body.graph, id));
            }
            if live == before {
                return live;
            }
        }
    }
}

/// Whether nothing is lost when a node whose outputs nobody reads is not run.
fn is_plain(graph: &Graph, id: NodeId) -> bool {
    let node = graph.node(id);
    let calls = node.attrs.iter().any(|(_, a)| matches!(a, Attr::Func(_) | Attr::List(AttrList::Func(_))));
    !calls && node.op.def().is_some_and(|d| (!d.is_stateful() || d.name == "Placeholder") && !d.inputs.iter().chain(d.outputs).any(|a| a.is_ref))
}

/// The comparisons of integers that the condition is made of, when it is no more than that.
fn comparisons(cond: &Body, vars: &[usize], constants: &[usize], preset: &[(usize, Tensor)]) -> Option<SmallVec<[Test; 2]>> {
    /// More than this is better left to the plan.
    const MOST: usize = 4;
    if !cond.effects.is_empty() {
        return None;
    }
    let g = &cond.graph;
    let (mut tests, mut open) = (SmallVec::new(), vec![*cond.results.first()?]);
    while let Some(o) = open.pop() {
        let node = g.node(source_of(g, o).node);
        if !node.controls.is_empty() || tests.len() + open.len() >= MOST {
            return None;
        }
        match node.op_name() {
            "LogicalAnd" => open.extend(node.inputs.iter().rev()),
            _ => tests.push(comparison(cond, node, vars, constants, preset)?),
        }
    }
    Some(tests)
}

fn comparison(cond: &Body, node: &Node, vars: &[usize], constants: &[usize], preset: &[(usize, Tensor)]) -> Option<Test> {
    let g = &cond.graph;
    let holds: fn(&i64, &i64) -> bool = match node.op_name() {
        "Less" => i64::lt,
        "LessEqual" => i64::le,
        "Greater" => i64::gt,
        "GreaterEqual" => i64::ge,
        _ => return None,
    };
    let number = |t: &Tensor| t.to_i64s().filter(|_| t.rank() == 0).and_then(|v| v.first().copied()).map(Side::Is);
    let side = |o: Out| -> Option<Side> {
        let o = source_of(g, o);
        if !matches!(g.fact(o).dtype, DType::I32 | DType::I64) {
            return None;
        }
        let Some(arg) = cond.args.iter().position(|a| *a == o) else { return number(&g.constant_value(o)?) };
        if let Some((_, t)) = preset.iter().find(|p| p.0 == arg) {
            return number(t);
        }
        let var = vars.iter().position(|&v| v == arg).map(Side::Var);
        var.or_else(|| constants.iter().position(|&c| c == arg).map(Side::Constant))
    };
    Some(Test { holds, left: side(*node.inputs.first()?)?, right: side(*node.inputs.get(1)?)? })
}

/// The feeds that are set once.
fn fixed_feeds(feeds: &[Feed]) -> Vec<usize> {
    feeds.iter().enumerate().filter(|(_, f)| !matches!(f, Feed::Var(_))).map(|(i, _)| i).collect()
}
