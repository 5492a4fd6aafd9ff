//! Reads of reference variables, repeated for users that the graph orders after a write.
//!
//! In TensorFlow 1 an `Identity` of a variable shares the variable's buffer, so what is built under
//! `control_dependencies([update])` sees the new value even through a read that was made long before: moving averages and
//! lagged target networks rest on it. Without such an order a read keeps the value that it saw.

use std::collections::HashMap;

use super::lower::Source;
use crate::graph::Graph;
use crate::graph::node::{NodeId, Out};

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
