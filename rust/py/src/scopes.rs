//! What the `with` blocks around an op add to it: name prefix, control inputs, device, colocation, attributes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use graphpb::graph::attr::{Attr, AttrList, Attrs};
use graphpb::graph::node::{NodeId, Out};
use smallvec::SmallVec;

/// One `control_dependencies` block.
struct Group {
    controls: Vec<NodeId>,
    /// Nodes created inside; an op that consumes one of them waits for the group through it.
    created: HashSet<NodeId>,
}

#[derive(Default)]
pub struct Scopes {
    /// `""` or `"outer/inner/"`.
    pub prefix: String,
    groups: Vec<Group>,
    /// Stacks that `control_dependencies(None)` put aside.
    aside: Vec<Vec<Group>>,
    pub device: String,
    /// Nodes to be placed with; a None entry forgets those before it.
    pub colocate: Vec<Option<Arc<[u8]>>>,
    pub attrs: Vec<(String, Option<Attr>)>,
    /// Op type to the gradient registered under another name.
    pub gradients: HashMap<String, String>,
    pub container: String,
}

impl Scopes {
    /// What a function body that is built here starts with: everything but what names nodes of this graph.
    pub fn for_body(&self) -> Scopes {
        Scopes {
            prefix: self.prefix.clone(),
            device: self.device.clone(),
            attrs: self.attrs.clone(),
            gradients: self.gradients.clone(),
            container: self.container.clone(),
            ..Scopes::default()
        }
    }
    pub fn push_group(&mut self, controls: Vec<NodeId>) {
        self.groups.push(Group { controls, created: HashSet::new() });
    }
    pub fn has_groups(&self) -> bool {
        !self.groups.is_empty()
    }
    pub fn pop_group(&mut self) {
        self.groups.pop();
    }
    pub fn clear_groups(&mut self) {
        let all = std::mem::take(&mut self.groups);
        self.aside.push(all);
    }
    pub fn restore_groups(&mut self) {
        self.groups = self.aside.pop().unwrap_or_default();
    }
    /// The nodes that an op with these inputs must wait for.
    pub fn controls_for(&self, inputs: &[Out]) -> SmallVec<[NodeId; 4]> {
        let mut out = SmallVec::new();
        for g in &self.groups {
            if inputs.iter().any(|i| g.created.contains(&i.node)) {
                continue;
            }
            for &c in &g.controls {
                if !inputs.iter().any(|i| i.node == c) && !out.contains(&c) {
                    out.push(c);
                }
            }
        }
        out
    }
    /// All controls in force, for consumers that are not one op.
    pub fn current_controls(&self) -> Vec<NodeId> {
        let mut out = Vec::new();
        for c in self.groups.iter().flat_map(|g| &g.controls) {
            if !out.contains(c) {
                out.push(*c);
            }
        }
        out
    }
    pub fn created(&mut self, id: NodeId) {
        for g in &mut self.groups {
            g.created.insert(id);
        }
    }
    /// Attributes that the scopes add.
    pub fn decorate(&self, op: &str, attrs: &mut Attrs) {
        if !self.gradients.is_empty() {
            if let Some(g) = self.gradients.get(op) {
                if attrs.get("_gradient_op_type").is_none() {
                    attrs.set("_gradient_op_type", g.as_str());
                }
            }
        }
        for (name, value) in &self.attrs {
            match value {
                Some(v) if attrs.get(name).is_none() => attrs.set(name.clone(), v.clone()),
                _ => {}
            }
        }
        if !self.colocate.is_empty() {
            let start = self.colocate.iter().rposition(Option::is_none).map_or(0, |i| i + 1);
            // What is colocated with an op takes its classes alone, whatever scopes of attributes say.
            let mut classes: Vec<Arc<[u8]>> = Vec::new();
            for c in self.colocate[start..].iter().flatten() {
                if !classes.contains(c) {
                    classes.push(c.clone());
                }
            }
            if !classes.is_empty() {
                classes.sort();
                attrs.set("_class", Attr::List(AttrList::Str(classes)));
            }
        }
    }
}
