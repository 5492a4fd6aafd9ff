//! From the stored graph to drafts of steps: only what the fetches need, in a fixed order, without identities,
//! constants folded, equal pure nodes merged.

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use graphpb_kernels::Tensor;
use smallvec::SmallVec;

use super::fold;
use super::kernel::{Prepare, StepInfo};
use super::late_reads::LateReads;
use super::loops::Loops;
use super::program::{Plan, Run};
use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::graph::attr::{Attr, Attrs};
use crate::graph::builder::arg_len;
use crate::graph::fact::Fact;
use crate::graph::function;
use crate::graph::node::{Node, NodeId, OpRef, Out};
use crate::registry::{Kernel, OpDef, Traits};
use crate::session::env::State;

/// A value of the plan: written by one step (or fed), read by others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValueId(pub u32);

/// Where a step's input comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    Value(ValueId),
    /// An entry of the plan's constants.
    Constant(u32),
}

/// A step before memory is assigned.
pub struct Draft {
    pub info: StepInfo,
    pub run: Run,
    /// Inputs, and whether a reference is passed on as it is (`Assign`) or read first.
    pub inputs: SmallVec<[(Source, bool); 4]>,
    pub outputs: SmallVec<[ValueId; 2]>,
    /// Values that, when dead, keep the step from running (control inputs inside a conditional).
    pub guards: SmallVec<[ValueId; 1]>,
    pub def: &'static OpDef,
    pub input_facts: SmallVec<[Fact; 3]>,
    pub output_facts: SmallVec<[Fact; 1]>,
    /// Whether an input may be dead: such a step is not fused.
    pub may_die: bool,
    /// `Reshape(Sum(x, axes), shape)` in one, with the inputs x, axes, shape: mostly it has nothing to do (see `sum_to`).
    pub sum_to: bool,
}

impl Draft {
    /// Whether it runs by itself and always: no input or control input can be dead.
    pub fn is_certain(&self) -> bool {
        !self.may_die && self.guards.is_empty()
    }
}

/// The whole program before memory is assigned.
#[derive(Default)]
pub struct Lowered {
    /// Feeds that stay in their slots from call to call: what does not change in a loop.
    pub sticky: Vec<ValueId>,
    pub drafts: Vec<Draft>,
    pub constants: Vec<Tensor>,
    pub feeds: Vec<ValueId>,
    pub fetches: Vec<Source>,
    pub values: u32,
}

impl Lowered {
    pub fn fresh(&mut self) -> ValueId {
        self.values += 1;
        ValueId(self.values - 1)
    }
    /// The integers of a constant.
    pub fn integers(&self, s: Source) -> Option<Vec<i64>> {
        if let Source::Constant(k) = s { self.constants.get(k as usize)?.to_i64s() } else { None }
    }
    pub fn is_fetched(&self, v: ValueId) -> bool {
        self.fetches.contains(&Source::Value(v))
    }
    /// How often a value is read, fetches included.
    pub fn uses(&self, v: ValueId) -> usize {
        let of = |d: &Draft| d.inputs.iter().filter(|(s, _)| *s == Source::Value(v)).count() + d.guards.iter().filter(|g| **g == v).count();
        self.drafts.iter().map(of).sum::<usize>() + self.fetches.iter().filter(|f| **f == Source::Value(v)).count()
    }
    /// The draft that makes a value.
    pub fn maker(&self, v: ValueId) -> Option<usize> {
        self.drafts.iter().position(|d| d.outputs.contains(&v))
    }
}

/// What a plan is made for.
pub struct Request<'a> {
    pub feeds: &'a [Out],
    pub fetches: &'a [Out],
    pub targets: &'a [NodeId],
    /// Nodes that count as done: the borders of the loop whose inside is planned.
    pub cut: &'a HashSet<NodeId>,
}

/// The nodes that `fetches` and `targets` need, cut at the feeds, in execution order.
pub fn prune(graph: &Graph, request: &Request, loops: &Loops) -> Result<Vec<NodeId>> {
    let fed: HashSet<Out> = request.feeds.iter().copied().collect();
    let producers = |id: NodeId| -> SmallVec<[NodeId; 6]> {
        let mut p: SmallVec<[NodeId; 6]> = SmallVec::new();
        // A value that leaves a loop needs what enters it; the loop's inside is planned separately.
        match loops.of_exit(id) {
            Some(l) => l.enters().for_each(|e| {
                p.extend(graph.node(e).inputs.iter().filter(|i| !fed.contains(i)).map(|i| i.node).chain(graph.node(e).controls.iter().copied()))
            }),
            None => {
                let n = graph.node(id);
                p.extend(n.inputs.iter().filter(|i| !fed.contains(i)).map(|i| i.node));
                p.extend(n.controls.iter().copied());
            }
        }
        p.retain(|n| !request.cut.contains(n));
        p
    };
    let mut needed = vec![false; graph.len()];
    let mut stack: Vec<NodeId> = request.targets.to_vec();
    stack.extend(request.fetches.iter().filter(|f| !fed.contains(f)).map(|f| f.node));
    if stack.iter().any(|id| id.index() >= graph.len()) {
        return Err(Error::internal("fetch is not in the graph"));
    }
    stack.retain(|n| !request.cut.contains(n));
    let mut count = 0;
    while let Some(id) = stack.pop() {
        if std::mem::replace(&mut needed[id.index()], true) {
            continue;
        }
        count += 1;
        stack.extend(producers(id));
    }
    order(graph, &needed, count, producers)
}

/// Topological order of the needed nodes; among those that are ready, the one created first, and those that wait for others last.
fn order(graph: &Graph, needed: &[bool], count: usize, producers: impl Fn(NodeId) -> SmallVec<[NodeId; 6]>) -> Result<Vec<NodeId>> {
    let ids = || graph.ids().filter(|id| needed[id.index()]);
    let late = |id: NodeId| matches!(graph.node(id).op, OpRef::Known(d) if d.traits.has(Traits::TAKES));
    if ids().all(|id| producers(id).iter().all(|p| *p < id) && !late(id)) {
        return Ok(ids().collect());
    }
    let mut waiting = vec![0u32; graph.len()];
    let mut users: Vec<SmallVec<[NodeId; 2]>> = vec![SmallVec::new(); graph.len()];
    for id in ids() {
        for p in producers(id) {
            waiting[id.index()] += 1;
            users[p.index()].push(id);
        }
    }
    let mut ready: std::collections::BinaryHeap<_> =
        ids().filter(|id| waiting[id.index()] == 0).map(|id| std::cmp::Reverse((late(id), id))).collect();
    let mut out = Vec::with_capacity(count);
    while let Some(std::cmp::Reverse((_, id))) = ready.pop() {
        out.push(id);
        for &u in &users[id.index()] {
            waiting[u.index()] -= 1;
            if waiting[u.index()] == 0 {
                ready.push(std::cmp::Reverse((late(u), u)));
            }
        }
    }
    if out.len() < count {
        let first = ids().find(|id| waiting[id.index()] > 0).map_or("?".into(), |id| graph.node(id).name.clone());
        return Err(Error::invalid(format!("Graph is invalid, contains a cycle with {} nodes, including: {first}", count - out.len())));
    }
    Ok(out)
}

/// Op types among `nodes` that cannot run here, with how often each occurs, sorted by name.
pub fn unsupported(graph: &Graph, nodes: &[NodeId]) -> Vec<(String, usize)> {
    let mut found: std::collections::BTreeMap<String, usize> = Default::default();
    for &id in nodes {
        let n = graph.node(id);
        let known = n.op.def().map_or_else(|| graph.library.find(n.op_name()).is_some(), |d| !matches!(d.kernel, Kernel::Unsupported));
        if !known {
            *found.entry(n.op_name().to_owned()).or_default() += 1;
        }
    }
    found.into_iter().collect()
}

/// Functions nest at most this deep; a recursive one has no end.
const MAX_DEPTH: usize = 64;

/// A plan for the request.
///
/// UNIMPLEMENTED names every op that cannot run, or the node of a loop that cannot be structured.
pub fn compile(graph: &Graph, state: &State, request: &Request, fuse: bool) -> Result<Plan> {
    let budget = fold::Budget::default();
    Compiler { state, fuse, path: String::new(), depth: 0, budget: &budget }.plan(graph, &Loops::find(graph)?, request)
}

/// What stays the same for a plan and the plans inside it.
pub(super) struct Compiler<'a> {
    pub state: &'a State,
    pub fuse: bool,
    /// The calls that lead to the graph in hand; with a node's number it identifies its state.
    pub path: String,
    pub depth: usize,
    /// What folding may still cost, here and in the plans inside.
    pub budget: &'a fold::Budget,
}

impl Compiler<'_> {
    pub(super) fn plan(&self, graph: &Graph, loops: &Loops, request: &Request) -> Result<Plan> {
        self.plan_with(graph, loops, request, &[], &[])
    }

    /// A plan in which `preset` tensors are constants, and the feeds numbered `sticky` are fed once for many calls.
    pub(super) fn plan_with(&self, graph: &Graph, loops: &Loops, request: &Request, preset: &[(Out, Tensor)], sticky: &[usize]) -> Result<Plan> {
        Ok(self.finish(self.lowered(graph, loops, request, preset, sticky)?))
    }

    /// The plan of a program whose steps are settled.
    pub(super) fn finish(&self, lowered: Lowered) -> Plan {
        super::memory::assign(if self.fuse { super::fuse::fuse(lowered) } else { lowered })
    }

    pub(super) fn lowered(&self, graph: &Graph, loops: &Loops, request: &Request, preset: &[(Out, Tensor)], sticky: &[usize]) -> Result<Lowered> {
        if self.depth > MAX_DEPTH {
            return Err(Error::invalid(format!("functions are nested more than {MAX_DEPTH} deep; is one recursive?")));
        }
        let nodes = prune(graph, request, loops)?;
        check_supported(graph, &nodes)?;
        let mut shared = Shared::default();
        let mut known = HashMap::new();
        for &f in request.feeds {
            let v = shared.fresh();
            shared.out.feeds.push(v);
            known.insert(f, Source::Value(v));
        }
        for (o, t) in preset {
            shared.out.constants.push(t.clone());
            known.insert(*o, Source::Constant(shared.out.constants.len() as u32 - 1));
        }
        shared.out.sticky = sticky.iter().map(|&i| shared.out.feeds[i]).collect();
        let wanted = wanted(graph, &nodes, loops, request.fetches);
        let mut l = Lowering { graph, compiler: self, loops, known, dead: HashMap::new(), late: LateReads::default(), wanted, shared: &mut shared };
        l.all(&nodes)?;
        let fetches = request.fetches.iter().map(|f| l.source(*f)).collect::<Result<_>>()?;
        let asked = request.targets.iter().flat_map(|&t| (0..graph.node(t).outputs.len()).map(move |i| t.out(i)));
        let asked: Vec<Source> = asked.filter_map(|o| l.known.get(&o).copied()).collect();
        shared.out.fetches = fetches;
        super::unread::drop_unread(&mut shared.out, &asked);
        Ok(shared.out)
    }

    pub(super) fn inner(&self, name: &str) -> Compiler<'_> {
        Compiler { state: self.state, fuse: self.fuse, path: format!("{}/{name}", self.path), depth: self.depth + 1, budget: self.budget }
    }

    /// The number under which a node keeps its state.
    fn state_key(&self, id: NodeId) -> u64 {
        if self.path.is_empty() {
            return u64::from(id.0);
        }
        let mut h = DefaultHasher::new();
        self.path.hash(&mut h);
        (h.finish() << 32) | u64::from(id.0)
    }
}

fn check_supported(graph: &Graph, nodes: &[NodeId]) -> Result<()> {
    let missing = unsupported(graph, nodes);
    if missing.is_empty() {
        return Ok(());
    }
    let list: Vec<String> = missing.iter().map(|(op, n)| format!("{op} ({n})")).collect();
    Err(Error::unimplemented(format!("the graph needs ops that cannot run here: {}", list.join(", "))))
}

/// What a plan and the calls inlined into it have in common.
#[derive(Default)]
pub(super) struct Shared {
    out: Lowered,
    /// Pure drafts by the hash of what they compute.
    pure: HashMap<u64, SmallVec<[u32; 1]>>,
    /// How many conditionals a value is inside of: such a value may be dead.
    depth: HashMap<ValueId, u32>,
}

impl Shared {
    pub(super) fn fresh(&mut self) -> ValueId {
        self.out.values += 1;
        ValueId(self.out.values - 1)
    }
    fn depth(&self, s: Source) -> u32 {
        match s {
            Source::Value(v) => self.depth.get(&v).copied().unwrap_or(0),
            Source::Constant(_) => 0,
        }
    }
}

pub(super) struct Lowering<'a, 'g> {
    pub(super) graph: &'g Graph,
    pub(super) compiler: &'a Compiler<'a>,
    pub(super) loops: &'a Loops,
    /// What each output of the stored graph became.
    pub(super) known: HashMap<Out, Source>,
    /// Values whose death means that the node did not run; filled only inside conditionals.
    dead: HashMap<NodeId, SmallVec<[ValueId; 1]>>,
    late: LateReads,
    /// Outputs that somebody reads; None when that is not known.
    pub(super) wanted: Option<HashSet<Out>>,
    pub(super) shared: &'a mut Shared,
}

/// What `nodes` read, and `results`; None inside of dataflow loops, or with one among the nodes.
fn wanted(graph: &Graph, nodes: &[NodeId], loops: &Loops, results: &[Out]) -> Option<HashSet<Out>> {
    let any = nodes.iter().any(|&id| matches!(graph.node(id).op_name(), "While" | "StatelessWhile"));
    (any && loops.all.is_empty()).then(|| nodes.iter().flat_map(|&id| &graph.node(id).inputs).chain(results).copied().collect())
}

impl Lowering<'_, '_> {
    fn all(&mut self, nodes: &[NodeId]) -> Result<()> {
        for &id in nodes {
            self.late.visit(self.graph, id);
            self.node(id).map_err(|e| self.graph.locate(e, id))?;
            if !self.shared.depth.is_empty() {
                self.note_death(id);
            }
        }
        Ok(())
    }

    pub(super) fn source(&self, out: Out) -> Result<Source> {
        self.known.get(&out).copied().ok_or_else(|| Error::internal(format!("{} was not computed", self.graph.out_name(out))))
    }

    pub(super) fn sources(&self, outs: &[Out]) -> Result<SmallVec<[Source; 4]>> {
        outs.iter().map(|o| self.source(*o)).collect()
    }

    fn constant(&mut self, t: Tensor) -> Source {
        self.shared.out.constants.push(t);
        Source::Constant(self.shared.out.constants.len() as u32 - 1)
    }

    /// The value of a constant source.
    pub(super) fn value(&self, s: Source) -> Option<Tensor> {
        match s {
            Source::Constant(k) => self.shared.out.constants.get(k as usize).cloned(),
            Source::Value(_) => None,
        }
    }

    /// Values whose death keeps the node from running, from its control inputs.
    pub(super) fn guards(&self, id: NodeId) -> SmallVec<[ValueId; 1]> {
        let mut g: SmallVec<[ValueId; 1]> = SmallVec::new();
        if !self.shared.depth.is_empty() {
            for c in &self.graph.node(id).controls {
                for v in self.dead.get(c).into_iter().flatten() {
                    if !g.contains(v) {
                        g.push(*v);
                    }
                }
            }
        }
        g
    }

    fn note_death(&mut self, id: NodeId) {
        let node = self.graph.node(id);
        let mut d = SmallVec::new();
        match self.known.get(&id.out(0)).filter(|_| !node.outputs.is_empty()) {
            Some(s) => {
                if let (Source::Value(v), true) = (*s, self.shared.depth(*s) > 0) {
                    d.push(v);
                }
            }
            None => {
                d = self.guards(id);
                for i in &node.inputs {
                    if let Some(s @ Source::Value(v)) = self.known.get(i).copied() {
                        if self.shared.depth(s) > 0 {
                            d.push(v);
                        }
                    }
                }
            }
        }
        if !d.is_empty() {
            self.dead.insert(id, d);
        }
    }

    fn node(&mut self, id: NodeId) -> Result<()> {
        let graph = self.graph;
        let node = graph.node(id);
        if let Some(k) = self.loops.index_of_exit(id) {
            return if self.known.contains_key(&id.out(0)) { Ok(()) } else { self.dataflow_loop(k) };
        }
        let Some(def) = node.op.def() else {
            self.late.call(graph, id);
            return self.call(id, node.op_name(), &node.attrs);
        };
        // A pure node all of whose outputs are fed has nothing to do.
        if !node.outputs.is_empty() && (0..node.outputs.len()).all(|i| self.known.contains_key(&id.out(i))) && def.is_pure() {
            return Ok(());
        }
        let guards = self.guards(id);
        if def.name == "Const" && guards.is_empty() {
            let s = self.constant(node.attrs.tensor("value")?.clone());
            self.known.entry(id.out(0)).or_insert(s);
            return Ok(());
        }
        let inputs = self.current_sources(id)?;
        match def.kernel {
            // A reference is read where the identity stands; any other alias is just another name.
            Kernel::Alias if guards.is_empty() && (!graph.fact(node.inputs[0]).is_ref || def.outputs[0].is_ref) => {
                self.known.entry(id.out(0)).or_insert(inputs[0]);
                self.late.alias(id.out(0), node.inputs[0]);
                return Ok(());
            }
            Kernel::Alias if graph.fact(node.inputs[0]).is_ref => self.late.read(id.out(0), inputs[0], id),
            Kernel::Control => {
                self.late.call(graph, id);
                return self.control(id, def, inputs);
            }
            Kernel::Calling(kernel) => return self.calling(id, def, kernel, inputs),
            _ => {}
        }
        if def.is_pure() && guards.is_empty() {
            if let Some(values) = self.fold(node, &inputs) {
                for (i, t) in values.into_iter().enumerate() {
                    let s = self.constant(t);
                    self.known.entry(id.out(i)).or_insert(s);
                }
                return Ok(());
            }
            if let Some(twin) = self.twin(id, def, &inputs) {
                let outputs = self.shared.out.drafts[twin].outputs.clone();
                for (i, v) in outputs.into_iter().enumerate() {
                    self.known.entry(id.out(i)).or_insert(Source::Value(v));
                }
                return Ok(());
            }
        }
        let run = self.kernel(node, def, &inputs)?;
        if !def.is_pure() {
            if let (Some(a), Some(&variable)) = (def.inputs.first(), inputs.first()) {
                if a.is_ref {
                    self.late.write(id, variable);
                }
            }
        }
        self.emit(id, def, run, inputs)
    }

    /// The inputs of a node, with variables read again where the node comes after a write that the first read did not.
    fn current_sources(&mut self, id: NodeId) -> Result<SmallVec<[Source; 4]>> {
        let graph = self.graph;
        let mut sources = self.sources(&graph.node(id).inputs)?;
        for (s, &out) in sources.iter_mut().zip(&graph.node(id).inputs) {
            let Some((variable, read)) = self.late.stale(id, out) else { continue };
            let Some(def) = graph.node(read).op.def() else { continue };
            let value = self.shared.fresh();
            let guards = self.guards(id);
            self.push(
                self.info(read, def),
                def,
                Run::Alias,
                SmallVec::from_slice(&[variable]),
                SmallVec::new(),
                SmallVec::from_slice(&[value]),
                guards,
                Some(read),
            );
            *s = Source::Value(value);
        }
        Ok(sources)
    }

    fn fold(&self, node: &Node, inputs: &[Source]) -> Option<Vec<Tensor>> {
        let values: Option<Vec<Tensor>> = inputs.iter().map(|s| self.value(*s)).collect();
        fold::evaluate(self.graph, node, &values?, self.compiler.budget)
    }

    /// An earlier draft that computes the same.
    fn twin(&mut self, id: NodeId, def: &'static OpDef, inputs: &[Source]) -> Option<usize> {
        let node = self.graph.node(id);
        if node.inputs.iter().any(|i| self.graph.fact(*i).is_ref) || node.attrs.iter().any(|(_, v)| matches!(v, Attr::Func(_) | Attr::Tensor(_))) {
            return None;
        }
        let mut h = DefaultHasher::new();
        def.name.hash(&mut h);
        inputs.hash(&mut h);
        fold::hash_attrs(&node.attrs, &mut h);
        let key = h.finish();
        let drafts = &self.shared.out.drafts;
        let found = self.shared.pure.get(&key).and_then(|all| {
            all.iter().map(|&i| i as usize).find(|&i| {
                let d = &drafts[i];
                std::ptr::eq(d.def, def) && d.inputs.iter().map(|(s, _)| s).eq(inputs) && fold::same_attrs(&d.info.attrs, &node.attrs)
            })
        });
        if found.is_none() {
            let at = drafts.len() as u32;
            self.shared.pure.entry(key).or_default().push(at);
        }
        found
    }

    fn kernel(&self, node: &Node, def: &'static OpDef, inputs: &[Source]) -> Result<Run> {
        Ok(match def.kernel {
            Kernel::Plain(f) => Run::Plain(f),
            Kernel::Alias => Run::Alias,
            Kernel::Prepared(prepare) => {
                let facts: Vec<_> = node.inputs.iter().map(|&i| self.graph.fact(i).clone()).collect();
                let constants: Vec<Option<Tensor>> = inputs.iter().map(|s| self.value(*s)).collect();
                let p = Prepare { name: &node.name, attrs: &node.attrs, inputs: &facts, outputs: &node.outputs, constants: &constants };
                Run::Prepared(prepare(&p)?)
            }
            Kernel::Calling(_) | Kernel::Control | Kernel::Unsupported => {
                return Err(Error::unimplemented(format!("op '{}' cannot run here", def.name)));
            }
        })
    }

    /// Ops that the plan itself runs.
    fn control(&mut self, id: NodeId, def: &'static OpDef, inputs: SmallVec<[Source; 4]>) -> Result<()> {
        let graph = self.graph;
        let node = graph.node(id);
        match def.name {
            "NoOp" | "ControlTrigger" => Ok(()),
            "Placeholder" => {
                if self.known.contains_key(&id.out(0)) {
                    return Ok(());
                }
                let f = &node.outputs[0];
                let shape = if f.shape.rank().is_some() { format!(" and shape {}", f.shape) } else { String::new() };
                let message = format!("You must feed a value for placeholder tensor '{}' with dtype {}{shape}", node.name, f.dtype.c_name());
                self.emit(id, def, Run::Fail(Error::invalid(message)), SmallVec::new())
            }
            "VariableV2" | "Variable" => {
                let shared = node.attrs.str("shared_name").unwrap_or("");
                let name: Arc<str> = if shared.is_empty() { node.name.clone() } else { shared.into() };
                let var = self.compiler.state.variables.get(&name);
                self.emit(id, def, Run::Variable(var), SmallVec::new())
            }
            "Switch" | "RefSwitch" => self.emit(id, def, Run::Switch, inputs),
            "Merge" | "RefMerge" => self.emit(id, def, Run::Merge, inputs),
            "PartitionedCall" | "StatefulPartitionedCall" => {
                let f = node.attrs.func("f")?.clone();
                self.call(id, &f.name, &f.attrs)
            }
            "SymbolicGradient" => {
                let f = node.attrs.func("f")?.clone();
                let facts = self.facts(&node.inputs);
                let body = function::gradient(&graph.library, &f.name, &f.attrs, &facts)?;
                self.inline(id, body)
            }
            "If" | "StatelessIf" => {
                let branches = [node.attrs.func("else_branch")?.clone(), node.attrs.func("then_branch")?.clone()];
                self.branches(id, def, &branches, inputs, true)
            }
            "Case" | "StatelessCase" => {
                let branches = node.attrs.funcs("branches")?.to_vec();
                self.branches(id, def, &branches, inputs, false)
            }
            "While" | "StatelessWhile" => self.functional_loop(id, def, inputs),
            other => Err(crate::ops::control::switch::stray(other)),
        }
    }

    pub(super) fn facts(&self, outs: &[Out]) -> Vec<Fact> {
        outs.iter().map(|o| Fact { is_ref: false, ..self.graph.fact(*o).clone() }).collect()
    }

    /// A call: the body's nodes become part of this plan.
    fn call(&mut self, id: NodeId, name: &str, attrs: &Attrs) -> Result<()> {
        let node = self.graph.node(id);
        let body = function::instantiate(&self.graph.library, name, attrs, &self.facts(&node.inputs))?;
        self.inline(id, body)
    }

    fn inline(&mut self, id: NodeId, body: function::Body) -> Result<()> {
        let node = self.graph.node(id);
        let compiler = self.compiler.inner(&node.name);
        if compiler.depth > MAX_DEPTH {
            return Err(Error::invalid(format!("functions are nested more than {MAX_DEPTH} deep; is one recursive?")));
        }
        let loops = Loops::find(&body.graph)?;
        let request = Request { feeds: &body.args, fetches: &body.results, targets: &body.effects, cut: &HashSet::new() };
        let nodes = prune(&body.graph, &request, &loops)?;
        check_supported(&body.graph, &nodes)?;
        let known = body.args.iter().copied().zip(self.sources(&node.inputs)?).collect();
        let (late, wanted) = (LateReads::default(), wanted(&body.graph, &nodes, &loops, &body.results));
        let mut inner =
            Lowering { graph: &body.graph, compiler: &compiler, loops: &loops, known, dead: HashMap::new(), late, wanted, shared: &mut *self.shared };
        inner.all(&nodes)?;
        let results = inner.sources(&body.results)?;
        for (i, s) in results.into_iter().enumerate() {
            self.known.entry(id.out(i)).or_insert(s);
        }
        Ok(())
    }

    pub(super) fn info(&self, id: NodeId, def: &'static OpDef) -> StepInfo {
        let node = self.graph.node(id);
        StepInfo {
            name: node.name.clone(),
            op: def.name,
            attrs: node.attrs.clone(),
            outputs: node.outputs.iter().map(|f| f.dtype).collect(),
            node: self.compiler.state_key(id),
            site: self.graph.site(id).map(|(c, line)| (c.file.clone(), line)),
        }
    }

    pub(super) fn emit(&mut self, id: NodeId, def: &'static OpDef, run: Run, inputs: SmallVec<[Source; 4]>) -> Result<()> {
        let node = self.graph.node(id);
        let mut by_ref: SmallVec<[bool; 4]> = SmallVec::new();
        for a in def.inputs {
            by_ref.extend(std::iter::repeat_n(a.is_ref, arg_len(a, &node.attrs)?));
        }
        let outputs: SmallVec<[ValueId; 2]> = (0..node.outputs.len())
            .map(|i| {
                let v = self.shared.fresh();
                self.known.entry(id.out(i)).or_insert(Source::Value(v));
                v
            })
            .collect();
        let guards = self.guards(id);
        self.push(self.info(id, def), def, run, inputs, by_ref, outputs, guards, Some(id));
        Ok(())
    }

    pub(super) fn push(
        &mut self,
        info: StepInfo,
        def: &'static OpDef,
        run: Run,
        inputs: SmallVec<[Source; 4]>,
        by_ref: SmallVec<[bool; 4]>,
        outputs: SmallVec<[ValueId; 2]>,
        guards: SmallVec<[ValueId; 1]>,
        id: Option<NodeId>,
    ) {
        let inside =
            inputs.iter().map(|s| self.shared.depth(*s)).chain(guards.iter().map(|v| self.shared.depth(Source::Value(*v)))).max().unwrap_or(0);
        let depth = match run {
            Run::Switch => inside + 1,
            Run::Merge => inside.saturating_sub(1),
            _ => inside,
        };
        if depth > 0 {
            self.shared.depth.extend(outputs.iter().map(|v| (*v, depth)));
        }
        let facts = |outs: &[Out]| outs.iter().map(|o| self.graph.fact(*o).clone()).collect();
        self.shared.out.drafts.push(Draft {
            input_facts: id.map(|id| facts(&self.graph.node(id).inputs)).unwrap_or_default(),
            output_facts: id.map(|id| self.graph.node(id).outputs.clone()).unwrap_or_default(),
            info,
            run,
            inputs: inputs.into_iter().enumerate().map(|(i, s)| (s, by_ref.get(i).copied().unwrap_or(false))).collect(),
            outputs,
            guards,
            def,
            may_die: inside > 0,
            sum_to: false,
        });
    }
}
