//! Reverse-mode differentiation, graph to graph: `gradients(ys, xs)` appends nodes; one visit per node.
//!
//! The walk is TensorFlow's (`gradients_util._GradientsHelper`): names, order and rules for what has no gradient.

mod accumulate;
mod context;
mod custom;
mod dataflow;
pub(crate) mod functional;

use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

use smallvec::SmallVec;

use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::graph::builder::{Name, NewNode};
use crate::graph::fact::Shape;
use crate::graph::node::{Node, NodeId, Out, Site};
use crate::registry::Grad;
use graphpb_kernels::{DType, Tensor};

pub use accumulate::Aggregation;
pub use context::GradCtx;
pub(crate) use context::number;
pub use custom::{Closed, Custom};

/// Rows of a gradient: `values[i]` belongs to row `indices[i]` of a tensor with shape `dense_shape`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slices {
    pub values: Out,
    pub indices: Out,
    pub dense_shape: Option<Out>,
}

/// A gradient on its way: a tensor, or some rows of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GradValue {
    Dense(Out),
    Slices(Slices),
}

/// What `gradients` is asked for, besides ys and xs.
#[derive(Clone, Default)]
pub struct Options<'a> {
    /// The scope of the new nodes, with its trailing slash; made unique already.
    pub scope: String,
    /// The name of the gradient call, of which no other call has the same: empty for one made of the scope.
    pub root: String,
    /// The name prefix outside that scope (`""` or `"outer/"`), where zeros for unconnected xs go.
    pub outer: String,
    /// One entry per y, or empty.
    pub grad_ys: Vec<Option<GradValue>>,
    pub stop: Vec<NodeId>,
    /// Gradients of one op wait for each other (`gate_gradients`).
    pub gate: bool,
    pub aggregation: Aggregation,
    /// Put `_class=["loc:@<forward op>"]` on the new nodes.
    pub colocate: bool,
    /// Zeros rather than None for an x that no y depends on.
    pub unconnected_zero: bool,
    /// Op types whose gradient the caller supplies (`tf.RegisterGradient`).
    pub custom_ops: HashSet<String>,
    /// Op types whose gradient the caller declared None (`tf.NotDifferentiable`).
    pub not_differentiable: HashSet<String>,
    /// Who supplies gradients inside the bodies of functions.
    pub custom: Option<Rc<dyn Custom + 'a>>,
    pub site: Option<Site>,
    pub device: String,
}

/// What the caller does next.
pub enum Step {
    /// One entry per x.
    Done(Vec<Option<GradValue>>),
    /// Compute the gradients of `node`'s inputs in the scope `scope` and give them to `Backprop::supply`.
    Custom { node: NodeId, scope: String, grads: Vec<Option<GradValue>> },
}

/// A differentiation in progress.
pub struct Backprop<'a> {
    options: Options<'a>,
    xs: Vec<Out>,
    /// Gradients of outputs, in the order of arrival.
    grads: HashMap<Out, SmallVec<[GradValue; 2]>>,
    /// Sums for the xs.
    totals: HashMap<Out, GradValue>,
    x_set: HashSet<Out>,
    between: Vec<bool>,
    pending: Vec<u32>,
    queue: VecDeque<NodeId>,
    stop: HashSet<NodeId>,
    waiting: Option<(NodeId, String)>,
}

/// `d sum(ys) / d xs` as one call, for callers without gradients of their own.
pub fn gradients(graph: &mut Graph, ys: &[Out], xs: &[Out], options: Options) -> Result<Vec<Option<GradValue>>> {
    let custom = options.custom.clone();
    let mut b = Backprop::new(graph, ys, xs, options)?;
    loop {
        match (b.advance(graph)?, &custom) {
            (Step::Done(r), _) => return Ok(r),
            (Step::Custom { node, scope, grads }, Some(c)) => {
                let found = c.gradient(graph, node, &scope, &grads).map_err(|e| graph.locate(e, node))?;
                b.supply(graph, found)?;
            }
            (Step::Custom { node, .. }, None) => {
                let n = graph.node(node);
                return Err(Error::lookup(format!("the gradient of '{}' ({}) is defined in Python", n.name, n.op_name())));
            }
        }
    }
}

impl<'a> Backprop<'a> {
    pub fn new(graph: &mut Graph, ys: &[Out], xs: &[Out], mut options: Options<'a>) -> Result<Backprop<'a>> {
        if !options.grad_ys.is_empty() && options.grad_ys.len() != ys.len() {
            return Err(Error::value(format!("Length mismatch. Passed {} grad_ys for {} ys", options.grad_ys.len(), ys.len())));
        }
        if let Some(bad) = ys.iter().chain(xs).find(|&&o| !graph.has(o)) {
            return Err(Error::internal(format!("{bad:?} is not in the graph")));
        }
        let paths = |graph: &Graph| upstream_of(graph, ys, &reached_from(graph, xs));
        let mut between = paths(graph);
        if dataflow::structure(graph, |id| between.get(id.index()).copied().unwrap_or(false))? {
            between = paths(graph);
        }
        if options.root.is_empty() {
            options.root = dataflow::call_name(graph, options.scope.trim_end_matches('/'));
        }
        let n = graph.len();
        let mut pending = vec![0u32; n];
        for id in graph.ids().filter(|id| between[id.index()]) {
            for i in &graph.node(id).inputs {
                if between[i.node.index()] {
                    pending[i.node.index()] += 1;
                }
            }
        }
        let mut b = Backprop {
            xs: xs.to_vec(),
            x_set: xs.iter().copied().collect(),
            grads: HashMap::new(),
            totals: HashMap::new(),
            queue: VecDeque::new(),
            stop: HashSet::new(),
            waiting: None,
            between,
            pending,
            options,
        };
        b.seed(graph, ys)?;
        let mut queued = HashSet::new();
        for y in ys {
            if b.pending[y.node.index()] == 0 && queued.insert(y.node) {
                b.queue.push_back(y.node);
            }
        }
        b.find_stops(graph);
        Ok(b)
    }

    /// The incoming gradients: those given, or ones.
    fn seed(&mut self, graph: &mut Graph, ys: &[Out]) -> Result<()> {
        for (i, &y) in ys.iter().enumerate() {
            let fact = graph.fact(y).clone();
            let given = self.options.grad_ys.get(i).copied().flatten();
            let value = match given {
                Some(g) => {
                    if let GradValue::Dense(o) = g {
                        let d = graph.fact(o).dtype;
                        if d != fact.dtype && fact.dtype.is_floating() && !d.is_floating() {
                            return Err(Error::type_error(format!(
                                "Gradient type {} generated for real tensor {} with type {} must be real",
                                d.name(),
                                graph.out_name(y),
                                fact.dtype.name()
                            )));
                        }
                        GradValue::Dense(self.plain(graph, "Identity", &format!("grad_ys_{i}"), &[o], y.node)?)
                    } else {
                        g
                    }
                }
                None => {
                    if fact.dtype.is_complex() {
                        return Err(Error::type_error(format!(
                            "Gradients of complex tensors ({}) must set grad_ys (y.dtype = {})",
                            graph.out_name(y),
                            fact.dtype.name()
                        )));
                    }
                    GradValue::Dense(self.ones(graph, y, i)?)
                }
            };
            self.grads.entry(y).or_default().push(value);
        }
        Ok(())
    }

    fn ones(&mut self, graph: &mut Graph, y: Out, i: usize) -> Result<Out> {
        let fact = graph.fact(y).clone();
        let shape = match fact.shape.to_known() {
            Some(d) => self.constant(graph, "Shape", Tensor::vector(&d.iter().map(|&v| v as i32).collect::<Vec<_>>()), y.node)?,
            None => self.plain(graph, "Shape", "Shape", &[y], y.node)?,
        };
        if !fact.dtype.is_trainable() && !fact.dtype.is_integer() && fact.dtype != DType::Bool {
            return Err(Error::type_error(format!("{} has no gradient: its type is {}", graph.out_name(y), fact.dtype.name())));
        }
        let one = context::number(fact.dtype, 1.0)?;
        let one = self.constant(graph, &format!("grad_ys_{i}/Const"), one, y.node)?;
        self.plain(graph, "Fill", &format!("grad_ys_{i}"), &[shape, one], y.node)
    }

    /// A node directly in the scope.
    fn plain(&self, graph: &mut Graph, op: &str, name: &str, inputs: &[Out], forward: NodeId) -> Result<Out> {
        let full = format!("{}{name}", self.options.scope);
        let mut new = NewNode::new(op, Name::Unique(&full), inputs);
        self.options.decorate(graph, &mut new.attrs, forward);
        new.site = self.options.site;
        new.device = &self.options.device;
        Ok(graph.add(new)?.out(0))
    }

    fn constant(&self, graph: &mut Graph, name: &str, value: Tensor, forward: NodeId) -> Result<Out> {
        let full = format!("{}{name}", self.options.scope);
        let mut new = NewNode::new("Const", Name::Unique(&full), &[]).attr("dtype", value.dtype()).attr("value", value);
        self.options.decorate(graph, &mut new.attrs, forward);
        new.site = self.options.site;
        Ok(graph.add(new)?.out(0))
    }

    /// Xs without another x upstream, and the ops that the caller named, are not differentiated further.
    fn find_stops(&mut self, graph: &Graph) {
        self.stop.extend(self.options.stop.iter().copied());
        let x_nodes: HashSet<NodeId> = self.xs.iter().map(|x| x.node).collect();
        for &x in &x_nodes {
            let fed_by_x = graph.node(x).inputs.iter().any(|i| self.between[i.node.index()]);
            if !fed_by_x {
                self.stop.insert(x);
            }
        }
    }

    /// Differentiate until done, or until the caller has to supply a gradient.
    pub fn advance(&mut self, graph: &mut Graph) -> Result<Step> {
        while let Some(id) = self.queue.pop_front() {
            let outputs = graph.node(id).outputs.len();
            let mut grads: Vec<Option<GradValue>> = Vec::with_capacity(outputs);
            for i in 0..outputs {
                let out = id.out(i);
                let total = match self.grads.remove(&out) {
                    Some(parts) => Some(accumulate::sum(graph, &parts, &self.options, id)?),
                    None => None,
                };
                if let (Some(t), true) = (total, self.x_set.contains(&out)) {
                    self.totals.insert(out, t);
                }
                grads.push(total);
            }
            if grads.iter().all(Option::is_none) || self.stop.contains(&id) {
                self.finish(graph, id, Vec::new())?;
                continue;
            }
            let node = graph.node(id);
            let op = node.op_name();
            if self.options.is_custom(node) {
                let scope = self.op_scope(graph, id);
                self.waiting = Some((id, scope.clone()));
                return Ok(Step::Custom { node: id, scope, grads });
            }
            if self.options.not_differentiable.contains(op) {
                self.finish(graph, id, Vec::new())?;
                continue;
            }
            match node.op.def().map(|d| d.grad) {
                Some(Grad::NotDifferentiable(_)) => self.finish(graph, id, Vec::new())?,
                Some(Grad::Rule(rule)) => {
                    let scope = self.op_scope(graph, id);
                    let wanted = graph.node(id).inputs.iter().map(|i| self.between.get(i.node.index()).copied().unwrap_or(false)).collect();
                    let mut ctx = GradCtx::new(graph, id, &grads, &scope, &self.options, wanted);
                    let ruled = rule(&mut ctx);
                    let results = ctx.into_results();
                    ruled.map_err(|e| graph.locate(e, id))?;
                    let results = self.gate(graph, id, &scope, results)?;
                    self.finish(graph, id, results)?;
                }
                _ => {
                    let e = Error::lookup(format!(
                        "No gradient defined for operation'{}' (op type: {op}). In general every operation must have an associated `@tf.RegisterGradient` for correct autodiff, \
                         which this op is lacking. If you want to pretend this operation is a constant in your program, you may insert `tf.stop_gradient`. This can be useful to \
                         silence the error in cases where you know gradients are not needed, e.g. the forward pass of tf.custom_gradient.",
                        node.name
                    ));
                    return Err(e.at_site(graph.site_text(id)));
                }
            }
        }
        self.results(graph).map(Step::Done)
    }

    /// The gradients of the inputs of the node that `Step::Custom` named.
    pub fn supply(&mut self, graph: &mut Graph, grads: Vec<Option<GradValue>>) -> Result<()> {
        let Some((id, scope)) = self.waiting.take() else { return Err(Error::internal("no gradient was asked for")) };
        let inputs = graph.node(id).inputs.len();
        if grads.len() != inputs {
            return Err(Error::value(format!(
                "Num gradients {} generated for op {} do not match num inputs {inputs}",
                grads.len(),
                graph.node(id).name
            )));
        }
        let grads = self.gate(graph, id, &scope, grads)?;
        self.finish(graph, id, grads)
    }

    fn op_scope(&self, graph: &mut Graph, id: NodeId) -> String {
        let base = format!("{}{}_grad", self.options.scope, graph.node(id).name);
        let mut s = graph.names.unique(&base, true);
        s.push('/');
        s
    }

    /// Let the gradients of one op wait for each other, when asked to and when there are several.
    fn gate(&self, graph: &mut Graph, id: NodeId, scope: &str, grads: Vec<Option<GradValue>>) -> Result<Vec<Option<GradValue>>> {
        if !self.options.gate || grads.iter().flatten().count() < 2 {
            return Ok(grads);
        }
        let mut controls: SmallVec<[NodeId; 4]> = SmallVec::new();
        for g in grads.iter().flatten() {
            let nodes: SmallVec<[NodeId; 2]> = match g {
                GradValue::Dense(o) => SmallVec::from_slice(&[o.node]),
                GradValue::Slices(s) => SmallVec::from_slice(&[s.values.node, s.indices.node]),
            };
            for n in nodes {
                if !controls.contains(&n) {
                    controls.push(n);
                }
            }
        }
        let name = format!("{scope}tuple/group_deps");
        let mut group = NewNode::new("NoOp", Name::Unique(&name), &[]);
        group.controls = &controls;
        group.site = self.options.site;
        self.options.decorate(graph, &mut group.attrs, id);
        let group = [graph.add(group)?];
        let mut gated = |o: Out| -> Result<Out> {
            let name = format!("{scope}tuple/control_dependency");
            let inputs = [o];
            let mut new = NewNode::new("Identity", Name::Unique(&name), &inputs);
            new.controls = &group;
            new.site = self.options.site;
            // As TensorFlow: an identity is placed with what it passes on.
            let class = format!("loc:@{}", graph.node(o.node).name);
            new.attrs.set("_class", crate::graph::attr::Attr::List(crate::graph::attr::AttrList::Str(vec![class.into_bytes().into()])));
            Ok(graph.add(new)?.out(0))
        };
        grads
            .into_iter()
            .map(|g| {
                Ok(match g {
                    None => None,
                    Some(GradValue::Dense(o)) => Some(GradValue::Dense(gated(o)?)),
                    Some(GradValue::Slices(s)) => Some(GradValue::Slices(Slices { values: gated(s.values)?, ..s })),
                })
            })
            .collect()
    }

    /// Hand the gradients to the inputs, and queue producers that wait for nobody else.
    fn finish(&mut self, graph: &mut Graph, id: NodeId, grads: Vec<Option<GradValue>>) -> Result<()> {
        let inputs = graph.node(id).inputs.clone();
        for (i, (&input, g)) in inputs.iter().zip(grads).enumerate() {
            let Some(g) = g else { continue };
            if let GradValue::Dense(o) = g {
                let want = graph.shape(input).clone();
                if !matches!(graph.fact(input).dtype, DType::Resource | DType::Variant) {
                    let got = graph.shape(o).clone();
                    if graph.merge_shape(o, &want).is_err() {
                        let e = Error::value(format!(
                            "Incompatible shapes between op input and calculated input gradient. Forward operation: {}. Input index: {i}. Original input shape: {}. \
                             Calculated input gradient shape: {}",
                            graph.node(id).name,
                            want.python_text(),
                            got.python_text()
                        ));
                        return Err(graph.locate(e, id));
                    }
                }
            }
            if self.between.get(input.node.index()).copied().unwrap_or(false) {
                self.grads.entry(input).or_default().push(g);
            }
        }
        for input in inputs {
            let i = input.node.index();
            if self.between.get(i).copied().unwrap_or(false) && self.pending[i] > 0 {
                self.pending[i] -= 1;
                if self.pending[i] == 0 {
                    self.queue.push_back(input.node);
                }
            }
        }
        Ok(())
    }

    fn results(&mut self, graph: &mut Graph) -> Result<Vec<Option<GradValue>>> {
        let mut out = Vec::with_capacity(self.xs.len());
        for x in self.xs.clone() {
            let found = match self.totals.get(&x) {
                Some(g) => Some(*g),
                // A y that is an x and feeds nothing else was never popped.
                None => match self.grads.remove(&x) {
                    Some(parts) => Some(accumulate::sum(graph, &parts, &self.options, x.node)?),
                    None => None,
                },
            };
            out.push(match found {
                None if self.options.unconnected_zero => {
                    let full = format!("{}zeros_like", self.options.outer);
                    let inputs = [x];
                    let new = NewNode::new("ZerosLike", Name::Unique(&full), &inputs);
                    Some(GradValue::Dense(graph.add(new)?.out(0)))
                }
                f => f,
            });
        }
        Ok(out)
    }
}

impl Options<'_> {
    /// Whether the caller supplies the gradient of a node.
    pub(crate) fn is_custom(&self, node: &Node) -> bool {
        node.attrs.get("_gradient_op_type").is_some() || self.custom_ops.contains(node.op_name())
    }
    fn decorate(&self, graph: &Graph, attrs: &mut crate::graph::attr::Attrs, forward: NodeId) {
        if self.colocate {
            let class = format!("loc:@{}", graph.node(forward).name);
            attrs.set("_class", crate::graph::attr::Attr::List(crate::graph::attr::AttrList::Str(vec![class.into_bytes().into()])));
        }
    }
}

/// Nodes that depend on an x through outputs of trainable type (and the xs' own nodes).
fn reached_from(graph: &Graph, xs: &[Out]) -> Vec<bool> {
    let mut reached = vec![false; graph.len()];
    for x in xs {
        reached[x.node.index()] = true;
    }
    // One pass in topological order; with the back edges of stored loops, until nothing changes.
    let mut users: Vec<SmallVec<[u32; 2]>> = vec![SmallVec::new(); graph.len()];
    for (i, n) in graph.nodes().iter().enumerate() {
        for o in &n.inputs {
            if graph.has(*o) && graph.fact(*o).dtype.is_trainable() {
                users[o.node.index()].push(i as u32);
            }
        }
    }
    let mut stack: Vec<u32> = xs.iter().map(|x| x.node.0).collect();
    while let Some(i) = stack.pop() {
        for &u in &users[i as usize] {
            if !reached[u as usize] {
                reached[u as usize] = true;
                stack.push(u);
            }
        }
    }
    reached
}

/// Reached nodes that some y depends on.
fn upstream_of(graph: &Graph, ys: &[Out], reached: &[bool]) -> Vec<bool> {
    let mut between = vec![false; graph.len()];
    let mut stack: Vec<NodeId> = Vec::new();
    for y in ys {
        if reached[y.node.index()] && !between[y.node.index()] {
            between[y.node.index()] = true;
            stack.push(y.node);
        }
    }
    while let Some(id) = stack.pop() {
        for i in &graph.node(id).inputs {
            let k = i.node.index();
            if reached[k] && !between[k] {
                between[k] = true;
                stack.push(i.node);
            }
        }
    }
    between
}

/// Shapes that are both known and equal need no broadcasting reduction.
pub(crate) fn same_known(a: &Shape, b: &Shape) -> bool {
    a.is_fully_known() && a == b
}
