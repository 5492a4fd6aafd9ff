//! A node, its edges, and where the user created it.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::graph::attr::{Attr, AttrList, Attrs};
use crate::graph::fact::Fact;
use crate::proto;
use crate::registry::OpDef;

/// The number of a node: its position in creation order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

impl NodeId {
    #[inline]
    pub fn index(self) -> usize {
        self.0 as usize
    }
    /// Output `i` of the node.
    pub fn out(self, i: usize) -> Out {
        Out { node: self, index: i as u32 }
    }
}

/// One output of a node: a tensor of the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Out {
    pub node: NodeId,
    pub index: u32,
}

impl Out {
    pub fn new(node: NodeId, index: usize) -> Out {
        Out { node, index: index as u32 }
    }
}

/// The op type of a node.
#[derive(Clone, Debug)]
pub enum OpRef {
    Known(&'static OpDef),
    /// A function of the graph's library, or an op that the registry does not know.
    Other(Arc<str>),
}

impl OpRef {
    pub fn name(&self) -> &str {
        match self {
            OpRef::Known(d) => d.name,
            OpRef::Other(n) => n,
        }
    }
    pub fn def(&self) -> Option<&'static OpDef> {
        match self {
            OpRef::Known(d) => Some(d),
            OpRef::Other(_) => None,
        }
    }
}

/// Where a node was created: an entry of `Graph::codes` and a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site {
    pub code: u32,
    pub line: u32,
}

#[derive(Clone, Debug)]
pub struct Node {
    pub name: Arc<str>,
    pub op: OpRef,
    pub inputs: SmallVec<[Out; 3]>,
    /// Nodes that must have run before; in the order of the file or of creation.
    pub controls: SmallVec<[NodeId; 1]>,
    pub attrs: Attrs,
    pub device: Arc<str>,
    pub outputs: SmallVec<[Fact; 1]>,
    pub site: Option<Site>,
    /// Fields of the NodeDef that nothing here interprets.
    pub extra: Option<Box<NodeExtra>>,
}

#[derive(Clone, Debug, Default)]
pub struct NodeExtra {
    pub debug_info: Option<proto::node_def::ExperimentalDebugInfo>,
    pub full_type: Option<proto::FullTypeDef>,
}

impl Node {
    /// The op type.
    pub fn op_name(&self) -> &str {
        self.op.name()
    }
    /// The functions that the node calls: those in its attributes, and the one that its op is.
    pub fn functions(&self) -> Vec<String> {
        let mut found = Vec::new();
        if self.op.def().is_none() {
            found.push(self.op_name().to_owned());
        }
        for (_, a) in self.attrs.iter() {
            match a {
                Attr::Func(f) => found.push(f.name.to_string()),
                Attr::List(AttrList::Func(v)) => found.extend(v.iter().map(|f| f.name.to_string())),
                _ => {}
            }
        }
        found
    }
}
