//! Gradients that the caller defines (Python's registered ones), for nodes inside the bodies of functions.

use std::collections::HashSet;

use super::{GradValue, Options};
use crate::error::Result;
use crate::graph::Graph;
use crate::graph::node::{NodeId, Out};

/// Supplies gradients of nodes in bodies. `open` and `close` enclose the differentiation of one body; bodies inside it open
/// before it closes.
pub trait Custom {
    /// The body of `function`, with arguments `args`, is about to be differentiated for a node of `outer`.
    fn open(&self, outer: &mut Graph, function: &str, body: &Graph, args: &[Out]) -> Result<()>;
    /// The gradients of the inputs of `node`, which is in the body opened last.
    fn gradient(&self, body: &mut Graph, node: NodeId, scope: &str, grads: &[Option<GradValue>]) -> Result<Vec<Option<GradValue>>>;
    /// The body opened last is done; `outer` is usable again.
    fn close(&self, outer: &mut Graph) -> Result<Closed<'_>>;
    /// The function `to` has the nodes of `from`, and its arguments come first.
    fn extended(&self, from: &str, to: &str);
}

/// What remains of a body that was open.
pub struct Closed<'a> {
    /// Tensors of the graph outside that supplied gradients use, each with the placeholder that stands for it.
    pub captures: Vec<(Out, Out)>,
    /// Takes the body in the end: handles of its nodes may be around.
    pub keep: Box<dyn FnOnce(Graph) + 'a>,
}

/// Whether the caller supplies the gradient of some node of a body, or of a body that it calls.
pub(super) fn has_custom(options: &Options, body: &Graph) -> bool {
    let mut todo: Vec<String> = Vec::new();
    for id in body.ids() {
        let n = body.node(id);
        if options.is_custom(n) {
            return true;
        }
        todo.extend(n.functions());
    }
    let mut seen: HashSet<String> = HashSet::new();
    while let Some(name) = todo.pop() {
        let Some(f) = body.library.find(&name).filter(|_| !seen.contains(&name)) else { continue };
        for n in &f.node_def {
            if n.attr.contains_key("_gradient_op_type") || options.custom_ops.contains(&n.op) {
                return true;
            }
            for v in n.attr.values() {
                use crate::proto::attr_value::Value;
                match &v.value {
                    Some(Value::Func(f)) => todo.push(f.name.clone()),
                    Some(Value::List(l)) => todo.extend(l.func.iter().map(|f| f.name.clone())),
                    _ => {}
                }
            }
            todo.push(n.op.clone());
        }
        seen.insert(name);
    }
    false
}
