//! What distinguishes two graphs: nodes added, removed and renamed, what changed in nodes that both have.
//!
//! Meaning counts, not spelling: the order of nodes, attributes and control inputs, `n:0` for `n`, defaults left out and
//! the encoding of constants make no difference.

mod matching;
mod weights;

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::Graph;
use crate::graph::attr::{Attr, AttrList};
use crate::graph::node::NodeId;
use matching::Matching;
pub use weights::WeightChange;

/// One attribute that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct AttrChange {
    pub name: String,
    pub before: Option<Attr>,
    pub after: Option<Attr>,
}

/// One input that differs, as the two graphs write it.
#[derive(Clone, Debug, PartialEq)]
pub struct InputChange {
    pub index: usize,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// A node of both graphs that is not the same in both.
#[derive(Clone, Debug)]
pub struct Change {
    pub before: NodeId,
    pub after: NodeId,
    pub op: Option<(String, String)>,
    pub device: Option<(String, String)>,
    pub attrs: Vec<AttrChange>,
    pub inputs: Vec<InputChange>,
    pub controls_removed: Vec<String>,
    pub controls_added: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionChange {
    Added,
    Removed,
    Changed,
}

/// The difference of two graphs, `before` and `after`.
#[derive(Clone, Debug, Default)]
pub struct Diff {
    /// Nodes of `after`.
    pub added: Vec<NodeId>,
    /// Nodes of `before`.
    pub removed: Vec<NodeId>,
    /// Nodes that are at the same place in the structure under another name; they may also be in `changed`.
    pub renamed: Vec<(NodeId, NodeId)>,
    pub changed: Vec<Change>,
    /// Constants of the same type and shape whose numbers differ.
    pub weights: Vec<WeightChange>,
    pub functions: BTreeMap<String, FunctionChange>,
}

impl Diff {
    /// Whether the graphs mean the same.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty()
            && self.removed.is_empty()
            && self.renamed.is_empty()
            && self.changed.is_empty()
            && self.weights.is_empty()
            && self.functions.is_empty()
    }
}

/// The difference from `before` to `after`; in time linear in their sizes.
pub fn diff(before: &Graph, after: &Graph) -> Diff {
    let matching = Matching::of(before, after);
    let mut out = Diff {
        added: after.ids().filter(|id| matching.before_of(*id).is_none()).collect(),
        removed: before.ids().filter(|id| matching.after_of(*id).is_none()).collect(),
        functions: function_changes(before, after),
        ..Diff::default()
    };
    for a in before.ids() {
        let Some(b) = matching.after_of(a) else { continue };
        if before.node(a).name != after.node(b).name {
            out.renamed.push((a, b));
        }
        compare(before, after, &matching, (a, b), &mut out);
    }
    out
}

fn compare(before: &Graph, after: &Graph, matching: &Matching, (a, b): (NodeId, NodeId), out: &mut Diff) {
    let (x, y) = (before.node(a), after.node(b));
    let differs = |p: &str, q: &str| (p != q).then(|| (p.to_owned(), q.to_owned()));
    let mut change = Change {
        before: a,
        after: b,
        op: differs(x.op_name(), y.op_name()),
        device: differs(&x.device, &y.device),
        attrs: Vec::new(),
        inputs: Vec::new(),
        controls_removed: Vec::new(),
        controls_added: Vec::new(),
    };

    let names: BTreeSet<&str> = x.attrs.iter().chain(y.attrs.iter()).map(|(name, _)| &**name).collect();
    for name in names.into_iter().filter(|n| *n != "_output_shapes") {
        let (p, q) = (x.attrs.get(name), y.attrs.get(name));
        if p == q || name == "_class" && same_class(before, after, matching, p, q) {
            continue;
        }
        if let (Some(Attr::Tensor(p)), Some(Attr::Tensor(q))) = (p, q)
            && let (Ok(p), Ok(q)) = (p.tensor(), q.tensor())
            && let Some(weights) = WeightChange::between((a, b), name, p, q)
        {
            out.weights.push(weights);
            continue;
        }
        change.attrs.push(AttrChange { name: name.to_owned(), before: p.cloned(), after: q.cloned() });
    }

    for index in 0..x.inputs.len().max(y.inputs.len()) {
        let (p, q) = (x.inputs.get(index), y.inputs.get(index));
        let same = p.zip(q).is_some_and(|(p, q)| matching.after_of(p.node) == Some(q.node) && p.index == q.index);
        if !same {
            let text = |g: &Graph, o: Option<&crate::graph::node::Out>| o.map(|o| g.input_text(*o));
            change.inputs.push(InputChange { index, before: text(before, p), after: text(after, q) });
        }
    }
    let gone = |c: &&NodeId| !matching.after_of(**c).is_some_and(|c| y.controls.contains(&c));
    let new = |c: &&NodeId| !matching.before_of(**c).is_some_and(|c| x.controls.contains(&c));
    change.controls_removed = x.controls.iter().filter(gone).map(|c| before.node(*c).name.to_string()).collect();
    change.controls_added = y.controls.iter().filter(new).map(|c| after.node(*c).name.to_string()).collect();

    let changed = change.op.is_some()
        || change.device.is_some()
        || !change.attrs.is_empty()
        || !change.inputs.is_empty()
        || !change.controls_removed.is_empty()
        || !change.controls_added.is_empty();
    if changed {
        out.changed.push(change);
    }
}

/// Whether two `_class` lists name the same nodes to be placed with.
fn same_class(before: &Graph, after: &Graph, matching: &Matching, p: Option<&Attr>, q: Option<&Attr>) -> bool {
    let (Some(Attr::List(AttrList::Str(p))), Some(Attr::List(AttrList::Str(q)))) = (p, q) else { return false };
    let target = |g: &Graph, text: &[u8]| g.find(std::str::from_utf8(text.strip_prefix(b"loc:@")?).ok()?);
    p.len() == q.len()
        && p.iter()
            .zip(q)
            .all(|(p, q)| p == q || target(before, p).and_then(|a| matching.after_of(a)).zip(target(after, q)).is_some_and(|(a, b)| a == b))
}

fn function_changes(before: &Graph, after: &Graph) -> BTreeMap<String, FunctionChange> {
    let by_name = |g: &Graph| -> BTreeMap<String, crate::proto::FunctionDef> {
        g.library.iter().map(|f| (f.signature.as_ref().map_or(String::new(), |s| s.name.clone()), f.clone())).collect()
    };
    let (old, new) = (by_name(before), by_name(after));
    let mut out = BTreeMap::new();
    for (name, f) in &old {
        match new.get(name) {
            None => out.insert(name.clone(), FunctionChange::Removed),
            Some(g) if g != f => out.insert(name.clone(), FunctionChange::Changed),
            Some(_) => None,
        };
    }
    for name in new.keys().filter(|n| !old.contains_key(*n)) {
        out.insert(name.clone(), FunctionChange::Added);
    }
    out
}

#[cfg(test)]
mod tests;
