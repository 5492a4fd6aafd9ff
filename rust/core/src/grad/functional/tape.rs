//! The body of a function while it is differentiated: forward nodes and gradient nodes in one graph, then split.

use std::collections::{HashMap, HashSet};

use smallvec::SmallVec;

use super::super::custom::has_custom;
use super::super::{Closed, GradValue, Options, accumulate, gradients};
use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::graph::attr::{Attrs, FuncAttr};
use crate::graph::builder::{Name, NewNode};
use crate::graph::fact::{Fact, Shape};
use crate::graph::function::{Body, instantiate};
use crate::graph::function_export::Export;
use crate::graph::library::Library;
use crate::graph::node::{Node, NodeId, Out};
use crate::registry::Kernel;
use graphpb_kernels::{DType, Tensor};

/// Ops that tell sizes: the forward body runs them, so that only their small results are kept.
const SIZES: &[&str] = &["Shape", "ShapeN", "Size", "Rank", "TensorListLength", "TensorListElementShape", "BroadcastGradientArgs"];

/// Values of at most so many elements are computed again rather than kept.
const SMALL: i64 = 64;

pub struct Tape<'a> {
    pub graph: Graph,
    pub args: Vec<Out>,
    pub results: Vec<Out>,
    pub effects: Vec<NodeId>,
    /// Nodes of the forward function.
    forward: HashSet<NodeId>,
    scope: String,
    function: String,
    closed: Option<Closed<'a>>,
    conditions: Option<HashMap<Out, Conditions>>,
}

/// Predicates with the output of Switch that is alive.
type Conditions = Vec<(Out, usize)>;

/// The conditions of all tensors that have any.
fn conditions(graph: &Graph) -> Result<HashMap<Out, Conditions>> {
    let mut found: HashMap<Out, Conditions> = HashMap::new();
    if !graph.nodes().iter().any(|n| n.op_name() == "Switch") {
        return Ok(found);
    }
    let mut of_node: HashMap<NodeId, Conditions> = HashMap::new();
    for id in graph.topological_order()? {
        let n = graph.node(id);
        let mut all = n.inputs.iter().map(|i| found.get(i).cloned().unwrap_or_default());
        let mut own: Conditions = all.next().unwrap_or_default();
        if n.op_name() == "Merge" {
            for other in all {
                let common = own.iter().zip(&other).take_while(|(a, b)| a == b).count();
                own.truncate(common);
            }
        } else {
            for c in all.chain(n.controls.iter().map(|c| of_node.get(c).cloned().unwrap_or_default())) {
                own.extend(c.iter().filter(|p| !own.contains(p)).copied().collect::<Vec<_>>());
            }
        }
        for k in 0..n.outputs.len() {
            let mut c = own.clone();
            if n.op_name() == "Switch" {
                c.push((n.inputs[1], k));
            }
            if !c.is_empty() {
                found.insert(id.out(k), c);
            }
        }
        if !own.is_empty() {
            of_node.insert(id, own);
        }
    }
    Ok(found)
}

impl Drop for Tape<'_> {
    fn drop(&mut self) {
        if let Some(c) = self.closed.take() {
            (c.keep)(std::mem::take(&mut self.graph));
        }
    }
}

impl<'a> Tape<'a> {
    pub fn open(library: &Library, f: &FuncAttr, facts: &[Fact]) -> Result<Tape<'a>> {
        let Body { mut graph, args, results, effects } = instantiate(library, &f.name, &f.attrs, facts)?;
        let scope = format!("{}/", graph.names.unique("gradients", true));
        Ok(Tape {
            forward: graph.ids().collect(),
            graph,
            args,
            results,
            effects,
            scope,
            function: f.name.to_string(),
            closed: None,
            conditions: None,
        })
    }

    /// A new argument.
    pub fn placeholder(&mut self, name: &str, dtype: DType, shape: &Shape) -> Result<Out> {
        let new = NewNode::new("Placeholder", Name::Unique(name), &[]).attr("dtype", dtype).attr("shape", shape.clone());
        Ok(self.graph.add(new)?.out(0))
    }
    pub fn add(&mut self, op: &str, inputs: &[Out], attrs: Attrs) -> Result<NodeId> {
        let name = format!("{}{op}", self.scope);
        let mut new = NewNode::new(op, Name::Unique(&name), inputs);
        new.attrs = attrs;
        self.graph.add(new)
    }
    pub fn call(&mut self, op: &str, inputs: &[Out]) -> Result<Out> {
        Ok(self.add(op, inputs, Attrs::new())?.out(0))
    }
    pub fn constant(&mut self, value: Tensor) -> Result<Out> {
        Ok(self.add("Const", &[], Attrs::new().with("dtype", value.dtype()).with("value", value))?.out(0))
    }
    /// Let a node belong to the forward function.
    pub fn to_forward(&mut self, id: NodeId) {
        self.forward.insert(id);
    }

    /// Argument `o` stands for, seen through identities.
    pub fn arg_behind(&self, mut o: Out) -> Option<usize> {
        for _ in 0..64 {
            if let Some(i) = self.args.iter().position(|a| *a == o) {
                return Some(i);
            }
            let n = self.graph.node(o.node);
            if n.op_name() != "Identity" {
                return None;
            }
            o = *n.inputs.first()?;
        }
        None
    }

    /// Gradients of `ys`, of which `dys` arrive, with respect to `xs`, as tensors. `outer` is the graph of the call.
    pub fn differentiate(&mut self, outer: &mut Graph, options: &'a Options, ys: &[Out], dys: &[Out], xs: &[Out]) -> Result<Vec<Option<Out>>> {
        let Some(custom) = options.custom.as_ref().filter(|_| has_custom(options, &self.graph)) else {
            return self.partials(options, ys, dys, xs);
        };
        custom.open(outer, &self.function, &self.graph, &self.args)?;
        let found = self.partials(options, ys, dys, xs);
        self.closed = Some(custom.close(outer)?);
        found
    }

    /// Tensors outside that gradients defined by the caller use, each with the placeholder that stands for it.
    pub fn captures(&self) -> &[(Out, Out)] {
        self.closed.as_ref().map_or(&[], |c| &c.captures)
    }

    fn partials(&mut self, options: &Options, ys: &[Out], dys: &[Out], xs: &[Out]) -> Result<Vec<Option<Out>>> {
        let options = Options {
            scope: self.scope.clone(),
            root: options.root.clone(),
            grad_ys: dys.iter().map(|d| Some(GradValue::Dense(*d))).collect(),
            aggregation: options.aggregation,
            custom_ops: options.custom_ops.clone(),
            not_differentiable: options.not_differentiable.clone(),
            custom: options.custom.clone(),
            ..Options::default()
        };
        let found = gradients(&mut self.graph, ys, xs, options.clone())?;
        let dense: Vec<Option<Out>> = found
            .into_iter()
            .map(|g| match g {
                None => Ok(None),
                Some(GradValue::Dense(o)) => Ok(Some(o)),
                Some(GradValue::Slices(s)) => accumulate::densify(&mut self.graph, &options, &options.scope, s).map(Some),
            })
            .collect::<Result<_>>()?;
        self.settle();
        Ok(dense)
    }

    /// What forward nodes came to need belongs to the forward function, and so do sizes of its tensors.
    fn settle(&mut self) {
        let mut stack: Vec<NodeId> = self.forward.iter().copied().collect();
        while let Some(id) = stack.pop() {
            let n = self.graph.node(id);
            for p in n.inputs.iter().map(|i| i.node).chain(n.controls.iter().copied()) {
                if self.forward.insert(p) {
                    stack.push(p);
                }
            }
        }
        for id in self.graph.ids() {
            let n = self.graph.node(id);
            if SIZES.contains(&n.op_name()) && n.inputs.iter().all(|i| self.forward.contains(&i.node)) {
                self.forward.insert(id);
            }
        }
    }

    /// Zeros like argument `i`, without keeping its value: only its shape.
    pub fn zeros_like_arg(&mut self, i: usize, dtype: DType) -> Result<Out> {
        let a = self.args[i];
        let fact = self.graph.fact(a).clone();
        if fact.dtype == DType::Variant {
            return self.call("ZerosLike", &[a]);
        }
        let shape = match (fact.dtype, fact.shape.to_known()) {
            (DType::Resource, _) => self.call("VariableShape", &[a])?,
            (_, Some(d)) => self.constant(Tensor::vector(&d.iter().map(|&v| v as i32).collect::<Vec<_>>()))?,
            (_, None) => self.call("Shape", &[a])?,
        };
        if self.graph.node(shape.node).op_name() == "Shape" {
            self.forward.insert(shape.node);
        }
        let zero = self.constant(super::super::number(dtype, 0.0)?)?;
        self.call("Fill", &[shape, zero])
    }

    /// Give gradient nodes substitutes for the forward tensors that they read; `outs` are the gradient's results.
    pub fn substitute(&mut self, outs: &mut [Out], values: &mut impl Values) -> Result<()> {
        let mut seen: HashSet<NodeId> = HashSet::new();
        let mut stack: Vec<NodeId> = outs.iter().map(|o| o.node).filter(|n| !self.forward.contains(n)).collect();
        let mut nodes = Vec::new();
        while let Some(id) = stack.pop() {
            if seen.insert(id) {
                nodes.push(id);
                let n = self.graph.node(id);
                let before = n.inputs.iter().map(|i| i.node).chain(n.controls.iter().copied());
                stack.extend(before.filter(|p| !self.forward.contains(p)));
            }
        }
        nodes.sort_unstable();
        let mut known: HashMap<Out, Out> = HashMap::new();
        for id in nodes {
            let inputs: SmallVec<[Out; 4]> = self.graph.node(id).inputs.iter().copied().collect();
            for (i, o) in inputs.into_iter().enumerate().filter(|(_, o)| self.forward.contains(&o.node)).collect::<Vec<_>>() {
                let new = self.substitute_one(o, &mut known, values)?;
                self.graph.node_mut(id).inputs[i] = new;
            }
        }
        for o in outs {
            if self.forward.contains(&o.node) {
                *o = self.substitute_one(*o, &mut known, values)?;
            }
        }
        Ok(())
    }

    fn substitute_one(&mut self, o: Out, known: &mut HashMap<Out, Out>, values: &mut impl Values) -> Result<Out> {
        if let Some(k) = known.get(&o) {
            return Ok(*k);
        }
        let arg = self.args.iter().position(|a| *a == o);
        let at_hand = match arg {
            Some(i) => values.arg(self, i)?,
            None => self.again(o, known, values, 0)?,
        };
        let new = match at_hand {
            Some(n) => n,
            None => self.keep(o, known, values)?,
        };
        known.insert(o, new);
        Ok(new)
    }

    /// A tensor of the forward function, kept. In a conditional of Switch and Merge it may be dead: then something is kept in its
    /// place, and in the gradient it is dead again.
    fn keep(&mut self, o: Out, known: &mut HashMap<Out, Out>, values: &mut impl Values) -> Result<Out> {
        let sides = self.conditions(o)?;
        let mut alive = o;
        for &(pred, side) in sides.iter().rev() {
            let fact = self.graph.fact(o).clone();
            let nothing = super::branch::nothing(self, fact.dtype)?;
            let other = self.add("Switch", &[nothing, pred], Attrs::new())?;
            let merged = self.add("Merge", &[alive, other.out(1 - side)], Attrs::new())?;
            self.to_forward(other);
            self.to_forward(merged);
            alive = merged.out(0);
        }
        let mut new = values.keep(self, alive)?;
        for &(pred, side) in &sides {
            let pred = self.substitute_one(pred, known, values)?;
            let switch = self.add("Switch", &[new, pred], Attrs::new())?;
            new = switch.out(side);
        }
        if !sides.is_empty() {
            let shape = self.graph.shape(o).clone();
            self.graph.merge_shape(new, &shape)?;
        }
        Ok(new)
    }

    /// The predicates, outermost first, that must have these values for `o` to be alive.
    fn conditions(&mut self, o: Out) -> Result<Vec<(Out, usize)>> {
        if self.conditions.is_none() {
            self.conditions = Some(conditions(&self.graph)?);
        }
        let all = self.conditions.as_ref();
        Ok(all.and_then(|c| c.get(&o)).cloned().unwrap_or_default())
    }

    /// The value computed again in the gradient, when that is cheap and needs only what is at hand.
    fn again(&mut self, o: Out, known: &mut HashMap<Out, Out>, values: &mut impl Values, depth: usize) -> Result<Option<Out>> {
        if let Some(k) = known.get(&o) {
            return Ok(Some(*k));
        }
        if let Some(i) = self.args.iter().position(|a| *a == o) {
            return values.arg(self, i);
        }
        let n = self.graph.node(o.node);
        let Some(def) = n.op.def() else { return Ok(None) };
        if matches!(def.name, "Const" | "VarHandleOp") {
            return Ok(Some(o));
        }
        let small = n.outputs.iter().all(|f| f.shape.elements().is_some_and(|e| e <= SMALL));
        let free = matches!(def.kernel, Kernel::Alias) || matches!(def.name, "Reshape" | "ExpandDims");
        let of_handle = def.name == "VariableShape";
        // Gradients that users define belong to the node itself.
        let custom = n.attrs.get("_gradient_op_type").is_some();
        if depth > 8 || custom || n.inputs.is_empty() || !(of_handle || def.is_pure() && (small || free || SIZES.contains(&def.name))) {
            return Ok(None);
        }
        let inputs = n.inputs.clone();
        let mut new: SmallVec<[Out; 3]> = SmallVec::new();
        for i in inputs {
            match self.again(i, known, values, depth + 1)? {
                Some(k) => new.push(k),
                None => return Ok(None),
            }
        }
        let Node { attrs, .. } = self.graph.node(o.node).clone();
        let id = self.add(def.name, &new, attrs)?;
        for k in 0..self.graph.node(id).outputs.len() {
            known.insert(o.node.out(k), id.out(k));
        }
        Ok(Some(id.out(o.index as usize)))
    }

    /// Add the forward function to `target`'s library.
    pub fn export_forward(&mut self, target: &mut Graph, options: &Options, args: &[Out], results: &[Out]) -> Result<String> {
        self.settle();
        target.library.merge(&self.graph.library)?;
        let name = target.unique_function_name(&format!("{}_rewritten", self.function));
        let export = Export { args, results, effects: &self.effects, prune: false };
        let f = self.graph.to_function_of(&name, &export, Some(&self.forward))?;
        target.library.add(f)?;
        target.library.note_sites(&name, &self.graph);
        if let Some(c) = &options.custom {
            c.extended(&self.function, &name);
        }
        Ok(name)
    }

    /// Add the function from `args` to `results` to `target`'s library; says also whether it keeps state.
    pub fn export_gradient(&self, target: &mut Graph, base: &str, args: &[Out], results: &[Out]) -> Result<(String, bool)> {
        target.library.merge(&self.graph.library)?;
        let name = target.unique_function_name(base);
        let ends: HashSet<NodeId> = args.iter().map(|a| a.node).collect();
        let mut keep = HashSet::new();
        let mut stack: Vec<NodeId> = results.iter().map(|r| r.node).collect();
        while let Some(id) = stack.pop() {
            if ends.contains(&id) || !keep.insert(id) {
                continue;
            }
            let n = self.graph.node(id);
            if n.op_name() == "Placeholder" {
                return Err(Error::internal(format!("the gradient of a function needs its argument '{}'", n.name)));
            }
            stack.extend(n.inputs.iter().map(|i| i.node));
            if !self.forward.contains(&id) {
                stack.extend(n.controls.iter().copied().filter(|c| !self.forward.contains(c)));
            }
        }
        let f = self.graph.to_function_of(&name, &Export { args, results, effects: &[], prune: false }, Some(&keep))?;
        let stateful = f.signature.as_ref().is_some_and(|s| s.is_stateful);
        target.library.add(f)?;
        target.library.note_sites(&name, &self.graph);
        Ok((name, stateful))
    }
}

/// Where a gradient gets forward tensors from.
pub trait Values {
    /// Argument `i`, when the gradient can have it without keeping it.
    fn arg(&mut self, tape: &mut Tape, i: usize) -> Result<Option<Out>>;
    /// A forward tensor that must be kept.
    fn keep(&mut self, tape: &mut Tape, o: Out) -> Result<Out>;
}

/// The number of a shape as a TensorList's element shape: a vector, or −1.
pub fn element_shape(s: &Shape) -> Tensor {
    match s.dims() {
        Some(d) => Tensor::vector(&d.iter().map(|&v| i32::try_from(v).unwrap_or(-1)).collect::<Vec<_>>()),
        None => Tensor::scalar(-1i32),
    }
}
