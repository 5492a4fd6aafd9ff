//! Which node of one graph is which node of the other: by name, else by its place in the structure.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::graph::Graph;
use crate::graph::attr::{Attr, AttrList};
use crate::graph::node::NodeId;

pub struct Matching {
    to_after: Vec<Option<NodeId>>,
    to_before: Vec<Option<NodeId>>,
}

/// What a structural hash looks at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    /// Every attribute with its value.
    Exact,
    /// Tensors by type and shape only, so that retrained weights still fit.
    ShapesOnly,
}

impl Matching {
    pub fn of(before: &Graph, after: &Graph) -> Matching {
        let mut m = Matching { to_after: vec![None; before.len()], to_before: vec![None; after.len()] };
        for a in before.ids() {
            if let Some(b) = after.find(&before.node(a).name) {
                m.join(a, b);
            }
        }
        for detail in [Detail::Exact, Detail::ShapesOnly] {
            if m.is_complete() {
                break;
            }
            m.by_structure(before, after, detail);
            m.by_consumers(before, after);
        }
        m
    }

    pub fn after_of(&self, before: NodeId) -> Option<NodeId> {
        self.to_after.get(before.index()).copied().flatten()
    }
    pub fn before_of(&self, after: NodeId) -> Option<NodeId> {
        self.to_before.get(after.index()).copied().flatten()
    }

    fn join(&mut self, a: NodeId, b: NodeId) {
        self.to_after[a.index()] = Some(b);
        self.to_before[b.index()] = Some(a);
    }

    /// Whether one of the graphs has no unmatched node.
    fn is_complete(&self) -> bool {
        self.to_after.iter().all(Option::is_some) || self.to_before.iter().all(Option::is_some)
    }

    /// Match nodes with equal ops, attributes and inputs, all the way down. Among equals, in order of creation.
    fn by_structure(&mut self, before: &Graph, after: &Graph, detail: Detail) {
        let old = hashes(before, detail, |id| self.after_of(id));
        let new = hashes(after, detail, |id| self.before_of(id).map(|_| id));
        let mut waiting: HashMap<u64, Vec<NodeId>> = HashMap::new();
        for b in after.ids().filter(|b| self.before_of(*b).is_none()).collect::<Vec<_>>().into_iter().rev() {
            waiting.entry(new[b.index()]).or_default().push(b);
        }
        for a in before.ids().filter(|a| self.after_of(*a).is_none()).collect::<Vec<_>>() {
            if let Some(b) = waiting.get_mut(&old[a.index()]).and_then(Vec::pop) {
                self.join(a, b);
            }
        }
    }

    /// Match inputs that nodes which are matched already have at the same place, when their op is the same.
    fn by_consumers(&mut self, before: &Graph, after: &Graph) {
        let mut todo: Vec<(NodeId, NodeId)> = before.ids().filter_map(|a| Some((a, self.after_of(a)?))).collect();
        while let Some((a, b)) = todo.pop() {
            let (x, y) = (before.node(a), after.node(b));
            if x.op_name() != y.op_name() || x.inputs.len() != y.inputs.len() {
                continue;
            }
            for (p, q) in x.inputs.iter().zip(&y.inputs) {
                let free = self.after_of(p.node).is_none() && self.before_of(q.node).is_none();
                if free && p.index == q.index && before.node(p.node).op_name() == after.node(q.node).op_name() {
                    self.join(p.node, q.node);
                    todo.push((p.node, q.node));
                }
            }
        }
    }
}

/// A hash of every node; `anchor` gives the node of `after` that a matched node is.
fn hashes(graph: &Graph, detail: Detail, anchor: impl Fn(NodeId) -> Option<NodeId>) -> Vec<u64> {
    let mut out = vec![0u64; graph.len()];
    let order = graph.topological_order().unwrap_or_else(|_| graph.ids().collect());
    for id in order {
        let mut h = DefaultHasher::new();
        match anchor(id) {
            Some(b) => b.0.hash(&mut h),
            None => {
                let node = graph.node(id);
                node.op_name().hash(&mut h);
                for (name, value) in node.attrs.iter() {
                    // Names of other nodes, or of this one.
                    if !matches!(&**name, "_class" | "_output_shapes" | "shared_name") {
                        (**name).hash(&mut h);
                        hash_attr(value, detail, &mut h);
                    }
                }
                // A back edge of a loop finds a zero here, in both graphs.
                for input in &node.inputs {
                    (out[input.node.index()], input.index).hash(&mut h);
                }
                let mut controls: Vec<u64> = node.controls.iter().map(|c| out[c.index()]).collect();
                controls.sort_unstable();
                controls.hash(&mut h);
            }
        }
        out[id.index()] = h.finish();
    }
    out
}

fn hash_attr(value: &Attr, detail: Detail, h: &mut DefaultHasher) {
    match value {
        Attr::Tensor(t) => match t.tensor() {
            Ok(t) => {
                t.dtype().hash(h);
                t.dims().hash(h);
                if detail == Detail::Exact {
                    t.bytes().hash(h);
                    if t.dtype() == graphpb_kernels::DType::Str {
                        t.as_strings().hash(h);
                    }
                }
            }
            Err(e) => e.message().hash(h),
        },
        Attr::List(AttrList::Tensor(list)) => list.iter().for_each(|t| hash_attr(&Attr::Tensor(t.clone()), detail, h)),
        Attr::Func(f) => f.name.hash(h),
        other => format!("{other:?}").hash(h),
    }
}
