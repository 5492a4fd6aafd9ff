//! The graph: an arena of nodes in creation order, their names, and the functions they call.

pub mod attr;
pub mod builder;
pub mod constant;
pub mod cut;
pub mod describe;
pub mod diff;
pub mod export;
pub mod fact;
pub mod function;
pub mod function_export;
pub mod import;
pub mod infer;
pub mod inline;
pub mod library;
pub mod name;
pub mod node;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use graphpb_kernels::Tensor;

use crate::error::{Error, Result};
use crate::proto;
use attr::Attr;
use fact::{Fact, Shape};
use library::Library;
use name::UniqueNames;
use node::{Node, NodeId, Out};

/// The GraphDef version that new graphs carry; between 24 and 134 every TensorFlow reads it alike.
pub const PRODUCER: i32 = 134;

/// A place in the user's program: file and function of a code object.
#[derive(Clone, Debug)]
pub struct Code {
    pub file: Arc<str>,
    pub function: Arc<str>,
}

pub struct Graph {
    nodes: Vec<Node>,
    by_name: HashMap<Arc<str>, NodeId>,
    pub names: UniqueNames,
    codes: Vec<Code>,
    /// Function library, as it came.
    pub library: Library,
    pub versions: Option<proto::VersionDef>,
    pub debug_info: Option<proto::GraphDebugInfo>,
    finalized: bool,
    /// Grows with every change that can make a cached plan stale (not with new nodes).
    epoch: u64,
    devices: HashMap<Box<str>, Arc<str>>,
    /// Values of outputs that are constant, found so far.
    pub(crate) folded: Mutex<HashMap<Out, Option<Tensor>>>,
}

impl Default for Graph {
    fn default() -> Graph {
        Graph {
            nodes: Vec::new(),
            by_name: HashMap::new(),
            names: UniqueNames::default(),
            codes: Vec::new(),
            library: Library::default(),
            versions: Some(proto::VersionDef { producer: PRODUCER, ..Default::default() }),
            debug_info: None,
            finalized: false,
            epoch: 0,
            devices: HashMap::new(),
            folded: Mutex::default(),
        }
    }
}

impl Graph {
    pub fn new() -> Graph {
        Graph::default()
    }
    pub fn len(&self) -> usize {
        self.nodes.len()
    }
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }
    pub fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes.len() as u32).map(NodeId)
    }
    /// The node. Ids come from this graph, so they are in range.
    #[inline]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }
    /// The node named `name`.
    pub fn find(&self, name: &str) -> Option<NodeId> {
        self.by_name.get(name).copied()
    }
    #[inline]
    pub fn fact(&self, out: Out) -> &Fact {
        &self.nodes[out.node.index()].outputs[out.index as usize]
    }
    pub fn shape(&self, out: Out) -> &Shape {
        &self.fact(out).shape
    }
    pub fn has(&self, out: Out) -> bool {
        self.nodes.get(out.node.index()).is_some_and(|n| (out.index as usize) < n.outputs.len())
    }
    /// The tensor's name: `node:index`.
    pub fn out_name(&self, out: Out) -> String {
        format!("{}:{}", self.node(out.node).name, out.index)
    }
    /// The tensor named `name:index` (or `name`, meaning index 0).
    pub fn find_out(&self, name: &str) -> Option<Out> {
        let (node, index) = match name.rsplit_once(':') {
            Some((n, i)) => (n, i.parse::<u32>().ok()?),
            None => (name, 0),
        };
        let out = Out { node: self.find(node)?, index };
        self.has(out).then_some(out)
    }

    pub fn epoch(&self) -> u64 {
        self.epoch
    }
    pub fn is_finalized(&self) -> bool {
        self.finalized
    }
    pub fn finalize(&mut self) {
        self.finalized = true;
    }
    pub fn unfinalize(&mut self) {
        self.finalized = false;
    }
    fn check_mutable(&self) -> Result<()> {
        if self.finalized { Err(Error::runtime("Graph is finalized and cannot be modified.")) } else { Ok(()) }
    }

    /// Register a code object of the user's program; the number goes into `Site::code`.
    pub fn add_code(&mut self, file: &str, function: &str) -> u32 {
        self.codes.push(Code { file: file.into(), function: function.into() });
        self.codes.len() as u32 - 1
    }
    /// Where the node was created: file, line, function.
    pub fn site(&self, id: NodeId) -> Option<(&Code, u32)> {
        let s = self.node(id).site?;
        Some((self.codes.get(s.code as usize)?, s.line))
    }
    /// `file:line` of the node's creation.
    pub fn site_text(&self, id: NodeId) -> Option<String> {
        self.site(id).map(|(c, line)| format!("{}:{line}", c.file))
    }
    /// `e`, naming the node and the user's line.
    pub fn locate(&self, e: Error, id: NodeId) -> Error {
        let n = self.node(id);
        e.at_node(&n.name, n.op_name()).at_site(self.site_text(id))
    }

    /// One shared copy of a device string.
    pub fn intern_device(&mut self, device: &str) -> Arc<str> {
        if let Some(d) = self.devices.get(device) {
            return d.clone();
        }
        let d: Arc<str> = device.into();
        self.devices.insert(device.into(), d.clone());
        d
    }

    /// Append a finished node. The caller has checked it.
    pub(crate) fn push(&mut self, node: Node) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        self.by_name.insert(node.name.clone(), id);
        self.nodes.push(node);
        id
    }

    /// Refine the static shape of a tensor; an error when it contradicts what is known.
    pub fn merge_shape(&mut self, out: Out, shape: &Shape) -> Result<()> {
        let merged = self.shape(out).merge(shape)?;
        self.nodes[out.node.index()].outputs[out.index as usize].shape = merged;
        Ok(())
    }
    pub(crate) fn set_facts(&mut self, id: NodeId, facts: impl IntoIterator<Item = Fact>) {
        self.nodes[id.index()].outputs = facts.into_iter().collect();
    }
    pub(crate) fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.index()]
    }
    /// Set an attribute (an underscore attribute, or one of the op's).
    pub fn set_attr(&mut self, id: NodeId, name: &str, value: Attr) -> Result<()> {
        self.check_mutable()?;
        self.nodes[id.index()].attrs.set(name.to_owned(), value);
        self.changed();
        Ok(())
    }
    pub fn clear_attr(&mut self, id: NodeId, name: &str) -> Result<()> {
        self.check_mutable()?;
        self.nodes[id.index()].attrs.remove(name);
        self.changed();
        Ok(())
    }
    pub fn set_device(&mut self, id: NodeId, device: &str) {
        let d = self.intern_device(device);
        self.nodes[id.index()].device = d;
    }
    /// Add control inputs (those already there are kept once).
    pub fn add_controls(&mut self, id: NodeId, controls: &[NodeId]) -> Result<()> {
        self.check_mutable()?;
        for &c in controls {
            if !self.nodes[id.index()].controls.contains(&c) {
                self.nodes[id.index()].controls.push(c);
            }
        }
        self.changed();
        Ok(())
    }
    pub fn clear_controls(&mut self, id: NodeId) -> Result<()> {
        self.check_mutable()?;
        self.nodes[id.index()].controls.clear();
        self.changed();
        Ok(())
    }
    /// Let input `i` of a node be another tensor of the same type.
    pub fn update_input(&mut self, id: NodeId, i: usize, out: Out) -> Result<()> {
        self.check_mutable()?;
        let new = self.fact(out).dtype;
        let old = *self.nodes[id.index()].inputs.get(i).ok_or_else(|| Error::value(format!("node has no input {i}")))?;
        if self.fact(old).dtype != new {
            return Err(Error::type_error(format!("Cannot convert input {i} from {} to {}", self.fact(old).dtype.name(), new.name())));
        }
        self.nodes[id.index()].inputs[i] = out;
        self.changed();
        Ok(())
    }
    pub(crate) fn mark_changed(&mut self) {
        self.changed();
    }
    fn changed(&mut self) {
        self.epoch += 1;
        self.folded.get_mut().unwrap_or_else(|e| e.into_inner()).clear();
    }

    /// Nodes ordered so that inputs and controls come first, ties in creation order. A `NextIteration` feeding a
    /// `Merge` may close a cycle; any other cycle is an error that names a node on it.
    pub fn topological_order(&self) -> Result<Vec<NodeId>> {
        // In a graph built op by op the creation order is one already.
        let in_order =
            self.nodes.iter().enumerate().all(|(i, n)| n.inputs.iter().map(|o| o.node).chain(n.controls.iter().copied()).all(|p| p.index() < i));
        if in_order {
            return Ok(self.ids().collect());
        }
        let n = self.nodes.len();
        let is_back_edge = |from: NodeId, to: usize| {
            matches!(self.nodes[to].op_name(), "Merge" | "RefMerge") && matches!(self.node(from).op_name(), "NextIteration" | "RefNextIteration")
        };
        let mut waiting = vec![0u32; n];
        let mut users: Vec<Vec<u32>> = vec![Vec::new(); n];
        for (i, node) in self.nodes.iter().enumerate() {
            for p in node.inputs.iter().map(|o| o.node).chain(node.controls.iter().copied()) {
                if !is_back_edge(p, i) {
                    waiting[i] += 1;
                    users[p.index()].push(i as u32);
                }
            }
        }
        let mut ready: std::collections::BinaryHeap<std::cmp::Reverse<u32>> =
            (0..n).filter(|&i| waiting[i] == 0).map(|i| std::cmp::Reverse(i as u32)).collect();
        let mut order = Vec::with_capacity(n);
        while let Some(std::cmp::Reverse(i)) = ready.pop() {
            order.push(NodeId(i));
            for &u in &users[i as usize] {
                waiting[u as usize] -= 1;
                if waiting[u as usize] == 0 {
                    ready.push(std::cmp::Reverse(u));
                }
            }
        }
        if order.len() < n {
            let first = (0..n).find(|&i| waiting[i] > 0).unwrap_or(0);
            return Err(Error::invalid(format!(
                "Graph is invalid, contains a cycle with {} nodes, including: {}",
                n - order.len(),
                self.nodes[first].name
            )));
        }
        Ok(order)
    }
}
