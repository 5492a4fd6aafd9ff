//! Reads of reference variables, repeated for users that the graph orders after a write.
//!
//! In TensorFlow 1 an `Identity` of a variable shares the variable's buffer, so what is built under
//! `control_dependencies([update])` sees the new value even through a read that was made long before: moving averages and
//! lagged target networks rest on it. Without such an order a read keeps the value that it saw.

use std::collections::{HashMap, HashSet};

use super::lower::Source;
use crate::graph::Graph;
use crate::graph::node::{NodeId, Out};
use crate::proto;
use crate::proto::attr_value::Value;
use crate::registry::lookup;

/// A set of writes, by number.
type Set = Vec<u64>;

#[derive(Clone)]
struct Read {
    variable: Source,
    /// The identity that reads.
    node: NodeId,
}

#[derive(Default)]
pub struct LateReads {
    /// The variable that each write changes.
    writes: Vec<Source>,
    /// The writes that a node comes after, itself included; only nodes with any.
    after: HashMap<NodeId, Set>,
    reads: HashMap<Out, Read>,
}

impl LateReads {
    /// Note a node before it is lowered: which writes it comes after.
    pub fn visit(&mut self, graph: &Graph, id: NodeId) {
        if self.writes.is_empty() {
            return;
        }
        let node = graph.node(id);
        let mut set = Set::new();
        for p in node.inputs.iter().map(|o| &o.node).chain(&node.controls) {
            if let Some(s) = self.after.get(p) {
                set.resize(set.len().max(s.len()), 0);
                set.iter_mut().zip(s).for_each(|(a, b)| *a |= b);
            }
        }
        if !set.is_empty() {
            self.after.insert(id, set);
        }
    }

    /// Note that `id` changes `variable`.
    pub fn write(&mut self, id: NodeId, variable: Source) {
        let k = self.writes.len();
        self.writes.push(variable);
        let set = self.after.entry(id).or_default();
        set.resize(set.len().max(k / 64 + 1), 0);
        set[k / 64] |= 1 << (k % 64);
    }

    /// Note that `out` of the identity `node` is the value of `variable`.
    pub fn read(&mut self, out: Out, variable: Source, node: NodeId) {
        self.reads.insert(out, Read { variable, node });
    }

    /// Note what a node that calls functions changes: inside, variables are those of the same shared name.
    pub fn call(&mut self, graph: &Graph, id: NodeId) {
        if self.reads.is_empty() {
            return;
        }
        let names = written_by_functions(graph, graph.node(id).functions());
        if names.is_empty() {
            return;
        }
        let named = |r: &Read| graph.node(r.node).inputs.first().is_some_and(|v| names.contains(shared_name(graph, v.node)));
        let changed: HashSet<Source> = self.reads.values().filter(|r| named(r)).map(|r| r.variable).collect();
        changed.into_iter().for_each(|v| self.write(id, v));
    }

    /// Note that `to` is another name for `from`.
    pub fn alias(&mut self, to: Out, from: Out) {
        if let Some(r) = self.reads.get(&from).cloned() {
            self.reads.insert(to, r);
        }
    }

    /// The variable to read again, and the identity that reads it, when `user` comes after a write that the read of `out` does not.
    pub fn stale(&self, user: NodeId, out: Out) -> Option<(Source, NodeId)> {
        let set = self.after.get(&user)?;
        let read = self.reads.get(&out)?;
        let seen = self.after.get(&read.node);
        let newer = |k: usize| {
            let bit = |s: &Set| s.get(k / 64).is_some_and(|w| w >> (k % 64) & 1 == 1);
            bit(set) && !seen.is_some_and(bit)
        };
        let stale = self.writes.iter().enumerate().any(|(k, v)| *v == read.variable && newer(k));
        stale.then_some((read.variable, read.node))
    }
}

fn shared_name(graph: &Graph, variable: NodeId) -> &str {
    let n = graph.node(variable);
    n.attrs.str("shared_name").ok().filter(|s| !s.is_empty()).unwrap_or(&n.name)
}

/// The shared names of the reference variables that functions, and those that they call, change.
fn written_by_functions(graph: &Graph, mut todo: Vec<String>) -> HashSet<String> {
    let mut names = HashSet::new();
    let mut seen: HashSet<String> = HashSet::new();
    while let Some(function) = todo.pop() {
        let Some(f) = graph.library.find(&function).filter(|_| !seen.contains(&function)) else { continue };
        for n in &f.node_def {
            todo.extend(n.attr.values().flat_map(functions_of));
            todo.push(n.op.clone());
            if !lookup(&n.op).is_some_and(|d| !d.is_pure() && d.inputs.first().is_some_and(|a| a.is_ref)) {
                continue;
            }
            let Some(variable) = n.input.first().and_then(|i| i.split(':').next()) else { continue };
            let variable = f.node_def.iter().find(|v| v.name == variable);
            if let Some(Value::S(name)) = variable.and_then(|v| v.attr.get("shared_name")).and_then(|a| a.value.as_ref()) {
                names.insert(String::from_utf8_lossy(name).into_owned());
            }
        }
        seen.insert(function);
    }
    names
}

fn functions_of(v: &proto::AttrValue) -> Vec<String> {
    match &v.value {
        Some(Value::Func(f)) => vec![f.name.clone()],
        Some(Value::List(l)) => l.func.iter().map(|f| f.name.clone()).collect(),
        _ => Vec::new(),
    }
}
