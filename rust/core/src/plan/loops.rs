//! Finding TensorFlow 1's dataflow loops: the frames of Enter, Merge, Switch, NextIteration and Exit around a LoopCond.

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::graph::node::NodeId;

/// One loop variable.
pub struct Var {
    pub enter: NodeId,
    pub merge: NodeId,
    /// Absent when the body does not read the variable.
    pub switch: Option<NodeId>,
    pub next: NodeId,
    pub exit: Option<NodeId>,
}

/// One loop: a frame.
pub struct DataflowLoop {
    pub frame: Arc<str>,
    pub cond: NodeId,
    pub vars: Vec<Var>,
    /// Enter nodes of values that do not change.
    pub constants: Vec<NodeId>,
}

impl DataflowLoop {
    /// All Enter nodes.
    pub fn enters(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.vars.iter().map(|v| v.enter).chain(self.constants.iter().copied())
    }
    /// The nodes between the loop and its surroundings: never run themselves.
    pub fn border(&self) -> impl Iterator<Item = NodeId> + '_ {
        let of_var = |v: &Var| [Some(v.enter), Some(v.merge), v.switch, Some(v.next)].into_iter().flatten();
        self.vars.iter().flat_map(of_var).chain(self.constants.iter().copied()).chain([self.cond])
    }
}

/// All loops of a graph, nested ones too.
#[derive(Default)]
pub struct Loops {
    pub all: Vec<DataflowLoop>,
    exits: HashMap<NodeId, usize>,
}

fn is(graph: &Graph, id: NodeId, ops: &[&str]) -> bool {
    ops.contains(&graph.node(id).op_name())
}

impl Loops {
    /// UNIMPLEMENTED, with the node's name, for a frame that is not a structured loop.
    pub fn find(graph: &Graph) -> Result<Loops> {
        let mut loops = Loops::default();
        if !graph.ids().any(|id| is(graph, id, &["LoopCond"])) {
            return Ok(loops);
        }
        let mut users: HashMap<NodeId, Vec<NodeId>> = HashMap::new();
        let mut constants: HashMap<&str, Vec<NodeId>> = HashMap::new();
        for id in graph.ids() {
            let n = graph.node(id);
            for i in &n.inputs {
                users.entry(i.node).or_default().push(id);
            }
            if is(graph, id, &["Enter", "RefEnter"]) && n.attrs.bool("is_constant")? {
                constants.entry(n.attrs.str("frame_name")?).or_default().push(id);
            }
        }
        for cond in graph.ids().filter(|&id| is(graph, id, &["LoopCond"])) {
            let l = structure(graph, cond, &users, &constants).map_err(|e| graph.locate(e, cond))?;
            for v in &l.vars {
                if let Some(exit) = v.exit {
                    loops.exits.insert(exit, loops.all.len());
                }
            }
            loops.all.push(l);
        }
        Ok(loops)
    }

    /// The loop that a node leaves.
    pub fn of_exit(&self, id: NodeId) -> Option<&DataflowLoop> {
        self.all.get(*self.exits.get(&id)?)
    }
    pub fn index_of_exit(&self, id: NodeId) -> Option<usize> {
        self.exits.get(&id).copied()
    }
}

fn structure(graph: &Graph, cond: NodeId, users: &HashMap<NodeId, Vec<NodeId>>, constants: &HashMap<&str, Vec<NodeId>>) -> Result<DataflowLoop> {
    let bad = |what: &str| Error::unimplemented(format!("this loop cannot be structured: {what}"));
    let of = |id: NodeId| users.get(&id).map_or(&[][..], Vec::as_slice);
    let mut merges: Vec<(NodeId, NodeId)> = Vec::new();
    for &s in of(cond) {
        if is(graph, s, &["Switch", "RefSwitch"]) && graph.node(s).inputs.get(1).is_some_and(|p| p.node == cond) {
            let m = graph.node(s).inputs[0].node;
            if !is(graph, m, &["Merge", "RefMerge"]) {
                return Err(bad(&format!("Switch '{}' takes '{}', which is no Merge", graph.node(s).name, graph.node(m).name)));
            }
            merges.push((m, s));
        }
    }
    let mut frame: Option<&str> = None;
    let mut vars = Vec::new();
    for (merge, switch) in merges {
        let inputs = &graph.node(merge).inputs;
        let find = |ops: &[&str]| inputs.iter().map(|i| i.node).find(|&n| is(graph, n, ops));
        let (Some(enter), Some(next)) = (find(&["Enter", "RefEnter"]), find(&["NextIteration", "RefNextIteration"])) else {
            return Err(bad(&format!("Merge '{}' does not join an Enter and a NextIteration", graph.node(merge).name)));
        };
        let name = graph.node(enter).attrs.str("frame_name")?;
        if *frame.get_or_insert(name) != name {
            return Err(bad(&format!("'{}' enters the frame '{name}', others enter '{}'", graph.node(enter).name, frame.unwrap_or(""))));
        }
        let exit = of(switch).iter().copied().find(|&e| is(graph, e, &["Exit", "RefExit"]));
        vars.push(Var { enter, merge, switch: Some(switch), next, exit });
    }
    let frame = frame.ok_or_else(|| bad("no Switch reads its LoopCond"))?;
    Ok(DataflowLoop { frame: frame.into(), cond, vars, constants: constants.get(frame).cloned().unwrap_or_default() })
}
