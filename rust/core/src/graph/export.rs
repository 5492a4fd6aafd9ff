//! The graph as a `GraphDef` message: nodes in creation order, nothing lost.

use crate::error::Result;
use crate::graph::Graph;
use crate::graph::attr::{Attr, AttrList, Attrs};
use crate::graph::node::{NodeId, Out};
use crate::proto;
use crate::proto::convert::attrs_to_proto;

impl Graph {
    /// How a GraphDef writes this tensor as an input: `n` for output 0, `n:k` for others.
    pub fn input_text(&self, out: Out) -> String {
        let name = &self.node(out.node).name;
        if out.index == 0 { name.to_string() } else { format!("{name}:{}", out.index) }
    }

    pub fn node_def(&self, id: NodeId, add_shapes: bool) -> Result<proto::NodeDef> {
        let n = self.node(id);
        let mut input: Vec<String> = n.inputs.iter().map(|&o| self.input_text(o)).collect();
        let mut controls: Vec<String> = n.controls.iter().map(|&c| format!("^{}", self.node(c).name)).collect();
        // TensorFlow writes control inputs sorted by name.
        controls.sort_unstable();
        input.extend(controls);
        let with_shapes: Attrs;
        let attrs = if add_shapes && !n.outputs.is_empty() {
            let shapes = n.outputs.iter().map(|f| f.shape.clone()).collect();
            with_shapes = n.attrs.clone().with("_output_shapes", Attr::List(AttrList::Shape(shapes)));
            &with_shapes
        } else {
            &n.attrs
        };
        Ok(proto::NodeDef {
            name: n.name.to_string(),
            op: n.op_name().to_owned(),
            input,
            device: n.device.to_string(),
            attr: attrs_to_proto(attrs)?,
            experimental_debug_info: n.extra.as_ref().and_then(|e| e.debug_info.clone()),
            experimental_type: n.extra.as_ref().and_then(|e| e.full_type.clone()),
        })
    }

    /// The whole graph from node number `from` on. Equal graphs give equal messages.
    pub fn to_graph_def(&self, from: usize, add_shapes: bool) -> Result<proto::GraphDef> {
        Ok(proto::GraphDef {
            node: self.ids().skip(from).map(|id| self.node_def(id, add_shapes)).collect::<Result<_>>()?,
            library: self.library.to_proto(),
            versions: self.versions.clone(),
            debug_info: self.debug_info.clone(),
            ..Default::default()
        })
    }
}
