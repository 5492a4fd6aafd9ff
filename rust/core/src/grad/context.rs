//! What a gradient rule sees: the forward node, the incoming gradients, and a builder for new nodes.

use super::{GradValue, Options, Slices, accumulate, same_known};
use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::graph::attr::Attrs;
use crate::graph::builder::{Name, NewNode};
use crate::graph::fact::Shape;
use crate::graph::node::{Node, NodeId, Out};
use graphpb_kernels::{C64, C128, DType, Tensor, bf16, f16};

pub struct GradCtx<'g> {
    graph: &'g mut Graph,
    id: NodeId,
    grads: &'g [Option<GradValue>],
    dense: Vec<Option<Out>>,
    scope: &'g str,
    options: &'g Options<'g>,
    /// Whether the gradient of an input is asked for, directly or on the way to an x.
    wanted: Vec<bool>,
    results: Vec<Option<GradValue>>,
}

/// A scalar of any number type.
pub(crate) fn number(dtype: DType, v: f64) -> Result<Tensor> {
    Ok(match dtype {
        DType::F32 => Tensor::scalar(v as f32),
        DType::F64 => Tensor::scalar(v),
        DType::F16 => Tensor::scalar(f16::from_f64(v)),
        DType::BF16 => Tensor::scalar(bf16::from_f64(v)),
        DType::I32 => Tensor::scalar(v as i32),
        DType::I64 => Tensor::scalar(v as i64),
        DType::I16 => Tensor::scalar(v as i16),
        DType::I8 => Tensor::scalar(v as i8),
        DType::U8 => Tensor::scalar(v as u8),
        DType::U16 => Tensor::scalar(v as u16),
        DType::U32 => Tensor::scalar(v as u32),
        DType::U64 => Tensor::scalar(v as u64),
        DType::C64 => Tensor::scalar(C64::new(v as f32, 0.0)),
        DType::C128 => Tensor::scalar(C128::new(v, 0.0)),
        DType::Bool => Tensor::scalar(graphpb_kernels::Bool::from(v != 0.0)),
        d => return Err(Error::type_error(format!("{} is not a number type", d.name()))),
    })
}

impl<'g> GradCtx<'g> {
    pub(super) fn new(
        graph: &'g mut Graph,
        id: NodeId,
        grads: &'g [Option<GradValue>],
        scope: &'g str,
        options: &'g Options<'g>,
        wanted: Vec<bool>,
    ) -> GradCtx<'g> {
        let inputs = graph.node(id).inputs.len();
        GradCtx { graph, id, grads, dense: vec![None; grads.len()], scope, options, wanted, results: vec![None; inputs] }
    }
    pub(super) fn id(&self) -> NodeId {
        self.id
    }
    pub(super) fn options(&self) -> &'g Options<'g> {
        self.options
    }
    /// Whether the gradient of input `i` is of use to anyone.
    pub fn wanted(&self, i: usize) -> bool {
        self.wanted.get(i).copied().unwrap_or(false)
    }
    pub(super) fn into_results(self) -> Vec<Option<GradValue>> {
        self.results
    }

    pub fn graph(&mut self) -> &mut Graph {
        self.graph
    }
    /// The forward node.
    pub fn node(&self) -> &Node {
        self.graph.node(self.id)
    }
    pub fn attrs(&self) -> &Attrs {
        &self.graph.node(self.id).attrs
    }
    /// The number of inputs of the forward node.
    pub fn inputs(&self) -> usize {
        self.results.len()
    }
    /// The number of outputs of the forward node.
    pub fn outputs(&self) -> usize {
        self.grads.len()
    }
    /// Input `i` of the forward node.
    pub fn input(&self, i: usize) -> Out {
        self.graph.node(self.id).inputs[i]
    }
    /// Output `i` of the forward node.
    pub fn output(&self, i: usize) -> Out {
        self.id.out(i)
    }
    /// Whether a gradient arrives at output `i`.
    pub fn has_grad(&self, i: usize) -> bool {
        self.grads.get(i).is_some_and(Option::is_some)
    }
    /// The gradient of output `i` as it came: dense, or rows.
    pub fn raw_grad(&self, i: usize) -> Option<GradValue> {
        self.grads.get(i).copied().flatten()
    }
    /// The gradient of output `i` as a tensor; zeros when none arrives.
    pub fn grad(&mut self, i: usize) -> Result<Out> {
        if let Some(o) = self.dense[i] {
            return Ok(o);
        }
        let o = match self.grads[i] {
            Some(GradValue::Dense(o)) => o,
            Some(GradValue::Slices(s)) => accumulate::densify(self.graph, self.options, self.scope, s)?,
            None => {
                let y = self.output(i);
                self.zeros_like(y)?
            }
        };
        self.dense[i] = Some(o);
        Ok(o)
    }
    /// Let the gradient of input `i` be `g`.
    pub fn set(&mut self, i: usize, g: Out) {
        self.results[i] = Some(GradValue::Dense(g));
    }
    /// Let the gradient of input `i` be rows.
    pub fn set_slices(&mut self, i: usize, s: Slices) {
        self.results[i] = Some(GradValue::Slices(s));
    }
    /// Let the gradient of input `i` be that of an output, unchanged.
    pub fn pass(&mut self, i: usize, output: usize) {
        self.results[i] = self.grads[output];
    }

    /// The name of this gradient call; in the body of a function that of the call outside.
    pub fn scope_root(&self) -> String {
        self.options.root.clone()
    }

    pub fn shape_of(&self, o: Out) -> &Shape {
        self.graph.shape(o)
    }
    pub fn dtype(&self, o: Out) -> DType {
        self.graph.fact(o).dtype
    }
    /// The value of `o`, when it is known before the graph runs.
    pub fn value(&self, o: Out) -> Option<Tensor> {
        self.graph.constant_value(o)
    }

    /// Add a node named after its op type.
    pub fn op(&mut self, op: &str, inputs: &[Out], attrs: Attrs) -> Result<Out> {
        Ok(self.op_node(op, op, inputs, attrs)?.out(0))
    }
    /// Add a node named `name` (made unique in the scope of this gradient).
    pub fn op_node(&mut self, op: &str, name: &str, inputs: &[Out], attrs: Attrs) -> Result<NodeId> {
        let full = format!("{}{name}", self.scope);
        let mut new = NewNode::new(op, Name::Unique(&full), inputs);
        new.attrs = attrs;
        new.site = self.options.site;
        new.device = &self.options.device;
        self.options.decorate(self.graph, &mut new.attrs, self.id);
        self.graph.add(new)
    }
    /// Add a node without attributes to be given.
    pub fn call(&mut self, op: &str, inputs: &[Out]) -> Result<Out> {
        self.op(op, inputs, Attrs::new())
    }
    pub fn constant(&mut self, name: &str, value: Tensor) -> Result<Out> {
        let attrs = Attrs::new().with("dtype", value.dtype()).with("value", value);
        Ok(self.op_node("Const", name, &[], attrs)?.out(0))
    }
    /// An int32 vector.
    pub fn int_vector(&mut self, v: &[i64]) -> Result<Out> {
        let v: Vec<i32> = v.iter().map(|&x| x as i32).collect();
        self.constant("Const", Tensor::vector(&v))
    }
    pub fn int_scalar(&mut self, v: i64) -> Result<Out> {
        self.constant("Const", Tensor::scalar(v as i32))
    }
    /// A scalar of type `dtype`.
    pub fn number(&mut self, dtype: DType, v: f64) -> Result<Out> {
        let t = number(dtype, v)?;
        self.constant("Const", t)
    }

    pub fn add(&mut self, a: Out, b: Out) -> Result<Out> {
        self.op_node("AddV2", "add", &[a, b], Attrs::new()).map(|n| n.out(0))
    }
    pub fn sub(&mut self, a: Out, b: Out) -> Result<Out> {
        self.op_node("Sub", "sub", &[a, b], Attrs::new()).map(|n| n.out(0))
    }
    pub fn mul(&mut self, a: Out, b: Out) -> Result<Out> {
        self.call("Mul", &[a, b])
    }
    pub fn div(&mut self, a: Out, b: Out) -> Result<Out> {
        self.op_node("RealDiv", "truediv", &[a, b], Attrs::new()).map(|n| n.out(0))
    }
    pub fn neg(&mut self, a: Out) -> Result<Out> {
        self.call("Neg", &[a])
    }
    /// `a · c` for a constant `c`.
    pub fn scale(&mut self, a: Out, c: f64) -> Result<Out> {
        let c = self.number(self.dtype(a), c)?;
        self.mul(a, c)
    }
    /// The complex conjugate; `a` itself for real types.
    pub fn conj(&mut self, a: Out) -> Result<Out> {
        if self.dtype(a).is_complex() { self.call("Conj", &[a]) } else { Ok(a) }
    }
    pub fn zeros_like(&mut self, a: Out) -> Result<Out> {
        self.op_node("ZerosLike", "zeros_like", &[a], Attrs::new()).map(|n| n.out(0))
    }
    pub fn select(&mut self, c: Out, a: Out, b: Out) -> Result<Out> {
        self.call("SelectV2", &[c, a, b])
    }
    pub fn cast(&mut self, a: Out, to: DType) -> Result<Out> {
        if self.dtype(a) == to {
            return Ok(a);
        }
        self.op("Cast", &[a], Attrs::new().with("DstT", to))
    }
    pub fn reshape(&mut self, a: Out, shape: Out) -> Result<Out> {
        self.call("Reshape", &[a, shape])
    }
    /// The shape of `a` as an int32 vector: a constant when it is known.
    pub fn shape_tensor(&mut self, a: Out) -> Result<Out> {
        match self.shape_of(a).to_known() {
            Some(d) => self.constant("Shape", Tensor::vector(&d.iter().map(|&v| v as i32).collect::<Vec<_>>())),
            None => self.call("Shape", &[a]),
        }
    }
    /// `a` with the shape of `like`, always as a node of this gradient: users find gradients by their scope.
    pub fn reshape_like(&mut self, a: Out, like: Out) -> Result<Out> {
        let s = self.shape_tensor(like)?;
        self.reshape(a, s)
    }
    pub fn matmul(&mut self, a: Out, b: Out, transpose_a: bool, transpose_b: bool) -> Result<Out> {
        self.op("MatMul", &[a, b], Attrs::new().with("transpose_a", transpose_a).with("transpose_b", transpose_b))
    }
    /// The sum of `a` over `axes` (an int32 vector).
    pub fn sum(&mut self, a: Out, axes: Out, keep_dims: bool) -> Result<Out> {
        self.op("Sum", &[a, axes], Attrs::new().with("keep_dims", keep_dims))
    }

    /// The gradients of `ys`, given theirs, by `xs`: a derivative inside of a rule. `xs` are outputs that nothing else uses.
    pub fn partials(&mut self, ys: &[Out], xs: &[Out], grad_ys: &[Out]) -> Result<Vec<Option<Out>>> {
        let options = Options {
            scope: format!("{}partials/", self.scope),
            root: self.options.root.clone(),
            grad_ys: grad_ys.iter().map(|&g| Some(GradValue::Dense(g))).collect(),
            site: self.options.site,
            device: self.options.device.clone(),
            ..Options::default()
        };
        let found = super::gradients(self.graph, ys, xs, options)?;
        found
            .into_iter()
            .map(|g| match g {
                None => Ok(None),
                Some(GradValue::Dense(o)) => Ok(Some(o)),
                Some(GradValue::Slices(s)) => accumulate::densify(self.graph, self.options, self.scope, s).map(Some),
            })
            .collect()
    }

    /// Undo broadcasting: the gradients `ga`, `gb` of the broadcast inputs `a`, `b` of a binary op, summed to their shapes.
    pub fn unbroadcast_pair(&mut self, a: Out, b: Out, ga: Option<Out>, gb: Option<Out>) -> Result<(Option<Out>, Option<Out>)> {
        if same_known(self.shape_of(a), self.shape_of(b)) {
            return Ok((ga, gb));
        }
        let full = self.shape_of(a).broadcast(self.shape_of(b)).unwrap_or(Shape::UNKNOWN);
        let (sa, sb) = (self.shape_of(a).clone(), self.shape_of(b).clone());
        // Axes are known when every size that could be 1 against something else is known.
        let axes_a = static_axes(&sa, &sb, &full);
        let axes_b = static_axes(&sb, &sa, &full);
        if let (Some(xa), Some(xb)) = (axes_a, axes_b) {
            let ra = ga.map(|g| self.sum_to(g, &xa, a)).transpose()?;
            let rb = gb.map(|g| self.sum_to(g, &xb, b)).transpose()?;
            return Ok((ra, rb));
        }
        let (s0, s1) = (self.shape_tensor(a)?, self.shape_tensor(b)?);
        let args = self.op_node("BroadcastGradientArgs", "BroadcastGradientArgs", &[s0, s1], Attrs::new())?;
        let mut reduce = |g: Option<Out>, axes: Out, shape: Out| -> Result<Option<Out>> {
            let Some(g) = g else { return Ok(None) };
            let s = self.sum(g, axes, false)?;
            self.reshape(s, shape).map(Some)
        };
        Ok((reduce(ga, args.out(0), s0)?, reduce(gb, args.out(1), s1)?))
    }

    /// Set the gradients of a broadcasting binary op.
    pub fn set_broadcast(&mut self, ga: Option<Out>, gb: Option<Out>) -> Result<()> {
        let (a, b) = (self.input(0), self.input(1));
        let (ga, gb) = self.unbroadcast_pair(a, b, ga, gb)?;
        if let Some(g) = ga {
            self.set(0, g);
        }
        if let Some(g) = gb {
            self.set(1, g);
        }
        Ok(())
    }

    fn sum_to(&mut self, g: Out, axes: &[i64], like: Out) -> Result<Out> {
        if axes.is_empty() {
            return Ok(g);
        }
        let ax = self.int_vector(axes)?;
        let keeps = self.shape_of(like).rank() == self.shape_of(g).rank();
        let s = self.sum(g, ax, keeps)?;
        // Equal ranks: only axes that `like` lacks were dropped.
        if self.shape_of(s).rank() == self.shape_of(like).rank() {
            return Ok(s);
        }
        let shape = self.shape_tensor(like)?;
        self.reshape(s, shape)
    }
}

/// The axes of `full` along which `mine` was repeated; None when that depends on unknown sizes.
fn static_axes(mine: &Shape, other: &Shape, full: &Shape) -> Option<Vec<i64>> {
    let (m, o, f) = (mine.dims()?, other.dims()?, full.dims()?);
    let at = |d: &[i64], i: usize| if i + d.len() < f.len() { 1 } else { d[i + d.len() - f.len()] };
    let mut axes = Vec::new();
    for i in 0..f.len() {
        match (at(m, i), at(o, i)) {
            // A leading axis that `mine` lacks is always summed.
            _ if i + m.len() < f.len() => axes.push(i as i64),
            (1, 1) => {}
            (1, _) => axes.push(i as i64),
            (x, 1) if x != -1 => {}
            (-1, 1) => {}
            (x, y) if x == y && x >= 0 => {}
            (x, y) if x >= 0 && y >= 0 => {}
            // Both unknown, or one unknown against a size above 1: `mine` may be 1.
            (-1, _) => return None,
            (_, _) => {}
        }
    }
    Some(axes)
}
