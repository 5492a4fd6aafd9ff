//! From the stored graph to drafts of steps: only what the fetches need, in a fixed order, without identities,
//! constants folded, equal pure nodes merged.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use graphpb_kernels::Tensor;
use smallvec::SmallVec;

use super::fold;
use super::kernel::{Prepare, StepInfo};
use super::program::Run;
use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::graph::attr::Attr;
use crate::graph::builder::arg_len;
use crate::graph::node::{Node, NodeId, Out};
use crate::registry::{Kernel, OpDef};
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
    /// The node it came from, for passes that look at types and attributes.
    pub node: NodeId,
    pub def: &'static OpDef,
}

/// The whole program before memory is assigned.
pub struct Lowered {
    pub drafts: Vec<Draft>,
    pub constants: Vec<Tensor>,
    pub feeds: Vec<ValueId>,
    pub fetches: Vec<Source>,
    pub values: u32,
}

/// The nodes that `fetches` and `targets` need, cut at the feeds, in execution order.
pub fn prune(graph: &Graph, feeds: &[Out], fetches: &[Out], targets: &[NodeId]) -> Result<Vec<NodeId>> {
    let mut needed = vec![false; graph.len()];
    let mut stack: Vec<NodeId> = targets.to_vec();
    stack.extend(fetches.iter().filter(|f| !feeds.contains(f)).map(|f| f.node));
    for id in &stack {
        if id.index() >= graph.len() {
            return Err(Error::internal("fetch is not in the graph"));
        }
    }
    let fed: std::collections::HashSet<Out> = feeds.iter().copied().collect();
    let mut count = 0;
    while let Some(id) = stack.pop() {
        if std::mem::replace(&mut needed[id.index()], true) {
            continue;
        }
        count += 1;
        let n = graph.node(id);
        stack.extend(n.inputs.iter().filter(|i| !fed.contains(i)).map(|i| i.node));
        stack.extend(n.controls.iter().copied());
    }
    order(graph, &needed, count, &fed)
}

/// Topological order of the needed nodes; among those that are ready, the one created first.
fn order(graph: &Graph, needed: &[bool], count: usize, fed: &std::collections::HashSet<Out>) -> Result<Vec<NodeId>> {
    let ids = || graph.ids().filter(|id| needed[id.index()]);
    let producers = |id: NodeId| {
        let n = graph.node(id);
        n.inputs.iter().filter(|i| !fed.contains(i)).map(|i| i.node).chain(n.controls.iter().copied())
    };
    if ids().all(|id| producers(id).all(|p| p < id)) {
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
    let mut ready: std::collections::BinaryHeap<_> = ids().filter(|id| waiting[id.index()] == 0).map(std::cmp::Reverse).collect();
    let mut out = Vec::with_capacity(count);
    while let Some(std::cmp::Reverse(id)) = ready.pop() {
        out.push(id);
        for &u in &users[id.index()] {
            waiting[u.index()] -= 1;
            if waiting[u.index()] == 0 {
                ready.push(std::cmp::Reverse(u));
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
        if n.op.def().is_none_or(|d| matches!(d.kernel, Kernel::Unsupported)) {
            *found.entry(n.op_name().to_owned()).or_default() += 1;
        }
    }
    found.into_iter().collect()
}

struct Lowering<'a> {
    graph: &'a Graph,
    state: &'a State,
    /// What each output of the stored graph became.
    known: HashMap<Out, Source>,
    constants: Vec<Tensor>,
    drafts: Vec<Draft>,
    values: u32,
    /// Pure drafts by the hash of what they compute.
    pure: HashMap<u64, SmallVec<[u32; 1]>>,
}

/// Lower `nodes` (from `prune`) for the given feeds and fetches.
pub fn lower(graph: &Graph, state: &State, nodes: &[NodeId], feeds: &[Out], fetches: &[Out]) -> Result<Lowered> {
    let missing = unsupported(graph, nodes);
    if !missing.is_empty() {
        let list: Vec<String> = missing.iter().map(|(op, n)| format!("{op} ({n})")).collect();
        return Err(Error::unimplemented(format!("the graph needs ops that cannot run here: {}", list.join(", "))));
    }
    let mut l = Lowering { graph, state, known: HashMap::new(), constants: Vec::new(), drafts: Vec::new(), values: 0, pure: HashMap::new() };
    let mut feed_values = Vec::with_capacity(feeds.len());
    for &f in feeds {
        let v = l.fresh();
        feed_values.push(v);
        l.known.insert(f, Source::Value(v));
    }
    for &id in nodes {
        l.node(id).map_err(|e| graph.locate(e, id))?;
    }
    let fetches = fetches.iter().map(|f| l.source(*f)).collect::<Result<_>>()?;
    Ok(Lowered { drafts: l.drafts, constants: l.constants, feeds: feed_values, fetches, values: l.values })
}

impl Lowering<'_> {
    fn fresh(&mut self) -> ValueId {
        self.values += 1;
        ValueId(self.values - 1)
    }

    fn source(&self, out: Out) -> Result<Source> {
        self.known.get(&out).copied().ok_or_else(|| Error::internal(format!("{} was not computed", self.graph.out_name(out))))
    }

    fn constant(&mut self, t: Tensor) -> Source {
        self.constants.push(t);
        Source::Constant(self.constants.len() as u32 - 1)
    }

    fn node(&mut self, id: NodeId) -> Result<()> {
        let node = self.graph.node(id);
        let Some(def) = node.op.def() else { return Err(Error::unimplemented(format!("op '{}' cannot run here", node.op_name()))) };
        // Outputs that are fed keep their fed value; a node all of whose outputs are fed still runs for its effect only.
        if !node.outputs.is_empty() && (0..node.outputs.len()).all(|i| self.known.contains_key(&id.out(i))) && def.is_pure() {
            return Ok(());
        }
        if def.name == "Const" {
            let value = node.attrs.tensor("value")?.clone();
            let s = self.constant(value);
            self.known.entry(id.out(0)).or_insert(s);
            return Ok(());
        }
        let inputs: SmallVec<[Source; 4]> = node.inputs.iter().map(|i| self.source(*i)).collect::<Result<_>>()?;
        match def.kernel {
            // A reference is read where the identity stands; any other alias is just another name.
            Kernel::Alias if !self.graph.fact(node.inputs[0]).is_ref || def.outputs[0].is_ref => {
                self.known.entry(id.out(0)).or_insert(inputs[0]);
                return Ok(());
            }
            Kernel::Control => return self.control(id, def),
            _ => {}
        }
        if def.is_pure() {
            if let Some(values) = self.fold(node, &inputs) {
                for (i, t) in values.into_iter().enumerate() {
                    let s = self.constant(t);
                    self.known.entry(id.out(i)).or_insert(s);
                }
                return Ok(());
            }
            if let Some(twin) = self.twin(id, def, &inputs) {
                let outputs = self.drafts[twin].outputs.clone();
                for (i, v) in outputs.into_iter().enumerate() {
                    self.known.entry(id.out(i)).or_insert(Source::Value(v));
                }
                return Ok(());
            }
        }
        let run = self.kernel(node, def, &inputs)?;
        self.emit(id, def, run, inputs)
    }

    fn fold(&self, node: &Node, inputs: &[Source]) -> Option<Vec<Tensor>> {
        let values: Option<Vec<Tensor>> = inputs
            .iter()
            .map(|s| match s {
                Source::Constant(k) => self.constants.get(*k as usize).cloned(),
                Source::Value(_) => None,
            })
            .collect();
        fold::evaluate(self.graph, node, &values?)
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
        let found = self.pure.get(&key).and_then(|all| {
            all.iter().map(|&i| i as usize).find(|&i| {
                let d = &self.drafts[i];
                std::ptr::eq(d.def, def) && d.inputs.iter().map(|(s, _)| s).eq(inputs) && fold::same_attrs(&d.info.attrs, &node.attrs)
            })
        });
        if found.is_none() {
            self.pure.entry(key).or_default().push(self.drafts.len() as u32);
        }
        found
    }

    fn kernel(&self, node: &Node, def: &'static OpDef, inputs: &[Source]) -> Result<Run> {
        Ok(match def.kernel {
            Kernel::Plain(f) => Run::Plain(f),
            Kernel::Alias => Run::Alias,
            Kernel::Prepared(prepare) => {
                let facts: Vec<_> = node.inputs.iter().map(|&i| self.graph.fact(i).clone()).collect();
                let constants: Vec<Option<Tensor>> = inputs
                    .iter()
                    .map(|s| match s {
                        Source::Constant(k) => self.constants.get(*k as usize).cloned(),
                        Source::Value(_) => None,
                    })
                    .collect();
                Run::Prepared(prepare(&Prepare {
                    name: &node.name,
                    attrs: &node.attrs,
                    inputs: &facts,
                    outputs: &node.outputs,
                    constants: &constants,
                })?)
            }
            Kernel::Control | Kernel::Unsupported => return Err(Error::unimplemented(format!("op '{}' cannot run here", def.name))),
        })
    }

    /// Ops that the plan itself runs.
    fn control(&mut self, id: NodeId, def: &'static OpDef) -> Result<()> {
        let node = self.graph.node(id);
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
                let var = self.state.variables.get(&name);
                self.emit(id, def, Run::Variable(var), SmallVec::new())
            }
            other => Err(Error::unimplemented(format!("op '{other}' cannot run here"))),
        }
    }

    fn emit(&mut self, id: NodeId, def: &'static OpDef, run: Run, inputs: SmallVec<[Source; 4]>) -> Result<()> {
        let node = self.graph.node(id);
        let mut by_ref: SmallVec<[bool; 4]> = SmallVec::new();
        for a in def.inputs {
            by_ref.extend(std::iter::repeat_n(a.is_ref, arg_len(a, &node.attrs)?));
        }
        let outputs: SmallVec<[ValueId; 2]> = (0..node.outputs.len())
            .map(|i| {
                let v = self.fresh();
                self.known.entry(id.out(i)).or_insert(Source::Value(v));
                v
            })
            .collect();
        self.drafts.push(Draft {
            info: StepInfo {
                name: node.name.clone(),
                op: def.name,
                attrs: node.attrs.clone(),
                outputs: node.outputs.iter().map(|f| f.dtype).collect(),
                node: id.0,
                site: self.graph.site(id).map(|(c, line)| (c.file.clone(), line)),
            },
            run,
            inputs: inputs.into_iter().enumerate().map(|(i, s)| (s, by_ref.get(i).copied().unwrap_or(false))).collect(),
            outputs,
            node: id,
            def,
        });
        Ok(())
    }
}
