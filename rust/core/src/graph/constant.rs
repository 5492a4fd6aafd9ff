//! Values that are known before the graph runs: constants, shapes of known shape, small pure sub-graphs of them.

use graphpb_kernels::{DType, Tensor};
use smallvec::SmallVec;

use crate::error::Result;
use crate::graph::Graph;
use crate::graph::fact::Shape;
use crate::graph::infer::Values;
use crate::graph::node::{Node, Out};
use crate::plan::kernel::{KernelCtx, Prepare, StepInfo, Value};
use crate::plan::program::caught;
use crate::registry::Kernel;
use crate::session::env::Env;

/// Folding while a graph is built stops at values with more elements than this.
const MAX_ELEMENTS: i64 = 4096;
const MAX_DEPTH: usize = 48;

impl Graph {
    /// The value of `out`, when it depends on constants and known shapes alone and is small.
    pub fn constant_value(&self, out: Out) -> Option<Tensor> {
        self.fold(out, 0)
    }

    fn fold(&self, out: Out, depth: usize) -> Option<Tensor> {
        let node = self.node(out.node);
        let def = node.op.def()?;
        if def.name == "Const" {
            return node.attrs.tensor("value").ok().cloned();
        }
        // The commonest producers can never be constant.
        if !def.is_pure() || depth > MAX_DEPTH {
            return None;
        }
        if let Some(known) = self.folded.lock().ok()?.get(&out) {
            return known.clone();
        }
        let value = self.evaluate(node, def.name, out, depth);
        self.folded.lock().ok()?.insert(out, value.clone());
        value
    }

    fn evaluate(&self, node: &Node, op: &'static str, out: Out, depth: usize) -> Option<Tensor> {
        match op {
            "Shape" | "ShapeN" => {
                let dims = self.shape(*node.inputs.get(out.index as usize)?).to_known()?;
                return Some(int_vector(&dims, self.fact(out).dtype));
            }
            "Size" => {
                let n = self.shape(*node.inputs.first()?).elements()?;
                return Some(int_scalar(n, self.fact(out).dtype));
            }
            "Rank" => return Some(int_scalar(self.shape(*node.inputs.first()?).rank()? as i64, DType::I32)),
            _ => {}
        }
        if node.outputs.iter().any(|f| f.shape.elements().is_none_or(|n| n > MAX_ELEMENTS)) {
            return None;
        }
        let mut inputs: SmallVec<[Option<Value>; 4]> = SmallVec::new();
        for &i in &node.inputs {
            if self.fact(i).shape.elements().is_some_and(|n| n > MAX_ELEMENTS) {
                return None;
            }
            inputs.push(Some(Value::Tensor(self.fold(i, depth + 1)?)));
        }
        // A panic here would reach the caller who builds the graph; the run reports it.
        caught(|| run_alone(self, node, &mut inputs)).ok()?.ok()?.into_iter().nth(out.index as usize)?
    }

    /// `out` read as a shape, as far as it is known; −1 entries are unknown sizes.
    pub fn shape_value(&self, out: Out) -> Shape {
        self.partial(out, 0)
    }

    fn partial(&self, out: Out, depth: usize) -> Shape {
        if depth > MAX_DEPTH {
            return Shape::UNKNOWN;
        }
        if let Some(v) = self.fold(out, depth) {
            // A scalar −1 stands for a shape of unknown rank.
            return match v.to_i64s() {
                Some(d) if v.rank() == 1 => Shape::of(&d),
                _ => Shape::UNKNOWN,
            };
        }
        let node = self.node(out.node);
        let rank_only = || match self.shape(out).dims() {
            Some([n]) if *n >= 0 && *n < 255 => Shape::of_rank(*n as usize),
            _ => Shape::UNKNOWN,
        };
        let known = match node.op_name() {
            "Shape" => node.inputs.first().map(|&i| self.shape(i).clone()),
            "VariableShape" => node.inputs.first().and_then(|&i| self.handle(i)).map(|(_, s)| s),
            "ShapeN" => node.inputs.get(out.index as usize).map(|&i| self.shape(i).clone()),
            "Pack" if node.attrs.int("axis").is_ok_and(|a| a == 0) => {
                Some(Shape::of(&node.inputs.iter().map(|&i| self.scalar_value(i, depth)).collect::<Vec<_>>()))
            }
            "ConcatV2" | "Concat" => {
                let parts = if node.op_name() == "ConcatV2" {
                    &node.inputs[..node.inputs.len().saturating_sub(1)]
                } else {
                    node.inputs.get(1..).unwrap_or(&[])
                };
                Some(parts.iter().fold(Shape::scalar(), |s, &p| s.concat(&self.partial(p, depth + 1))))
            }
            "Cast" | "Identity" | "StopGradient" => node.inputs.first().map(|&i| self.partial(i, depth + 1)),
            "StridedSlice" => self.partial_slice(node, depth),
            "GatherV2" | "Gather" => {
                let src = node.inputs.first().map(|&i| self.partial(i, depth + 1));
                let idx = node.inputs.get(1).and_then(|&i| self.fold(i, depth + 1)).filter(|t| t.rank() == 1).and_then(|t| t.to_i64s());
                match (src.as_ref().and_then(Shape::dims), idx) {
                    (Some(d), Some(ix)) => Some(Shape::of(
                        &ix.iter().map(|&k| usize::try_from(k).ok().and_then(|k| d.get(k)).copied().unwrap_or(-1)).collect::<Vec<_>>(),
                    )),
                    _ => None,
                }
            }
            _ => None,
        };
        match known {
            Some(s) if s.rank().is_some() => s,
            _ => rank_only(),
        }
    }

    /// The value of a scalar, −1 when unknown; sees through `shape(x)[i]`.
    fn scalar_value(&self, out: Out, depth: usize) -> i64 {
        if let Some(v) = self.fold(out, depth + 1).and_then(|t| t.to_i64s()) {
            return if v.len() == 1 { v[0] } else { -1 };
        }
        let node = self.node(out.node);
        match node.op_name() {
            "StridedSlice" if node.attrs.int("shrink_axis_mask").is_ok_and(|m| m == 1) => {
                let src = node.inputs.first().map(|&i| self.partial(i, depth + 1));
                let begin = node.inputs.get(1).and_then(|&i| self.fold(i, depth + 1)).and_then(|t| t.to_i64s());
                match (src.as_ref().and_then(Shape::dims), begin.as_deref()) {
                    (Some(d), Some([b])) => {
                        let i = if *b < 0 { *b + d.len() as i64 } else { *b };
                        usize::try_from(i).ok().and_then(|i| d.get(i)).copied().unwrap_or(-1)
                    }
                    _ => -1,
                }
            }
            "Cast" | "Identity" if depth < MAX_DEPTH => node.inputs.first().map_or(-1, |&i| self.scalar_value(i, depth + 1)),
            _ => -1,
        }
    }

    fn partial_slice(&self, node: &Node, depth: usize) -> Option<Shape> {
        let src = self.partial(*node.inputs.first()?, depth + 1);
        let d = src.dims()?;
        let at = |i: usize| -> Option<i64> {
            match self.fold(*node.inputs.get(i)?, depth + 1)?.to_i64s()?.as_slice() {
                [v] => Some(*v),
                _ => None,
            }
        };
        let mask = |name: &str| node.attrs.int(name).unwrap_or(0);
        if mask("ellipsis_mask") != 0 || mask("new_axis_mask") != 0 || mask("shrink_axis_mask") != 0 {
            return None;
        }
        let (n, stride) = (d.len() as i64, at(3)?);
        if stride == 0 {
            return None;
        }
        let clamp = |v: i64| (if v < 0 { v + n } else { v }).clamp(if stride < 0 { -1 } else { 0 }, if stride < 0 { n - 1 } else { n });
        let begin = if mask("begin_mask") & 1 == 1 { if stride < 0 { n - 1 } else { 0 } } else { clamp(at(1)?) };
        let end = if mask("end_mask") & 1 == 1 { if stride < 0 { -1 } else { n } } else { clamp(at(2)?) };
        let (mut i, mut out) = (begin, Vec::new());
        while (stride > 0 && i < end) || (stride < 0 && i > end) {
            out.push(d[i as usize]);
            i += stride;
        }
        Some(Shape::of(&out))
    }
}

fn int_vector(dims: &[usize], dtype: DType) -> Tensor {
    match dtype {
        DType::I64 => Tensor::vector(&dims.iter().map(|&d| d as i64).collect::<Vec<_>>()),
        _ => Tensor::vector(&dims.iter().map(|&d| d as i32).collect::<Vec<_>>()),
    }
}
fn int_scalar(v: i64, dtype: DType) -> Tensor {
    match dtype {
        DType::I64 => Tensor::scalar(v),
        _ => Tensor::scalar(v as i32),
    }
}

/// Run one pure node on given inputs, outside any session.
pub(crate) fn run_alone(graph: &Graph, node: &Node, inputs: &mut [Option<Value>]) -> Result<Vec<Option<Tensor>>> {
    let def = node.op.def().ok_or_else(|| crate::error::Error::unimplemented("unknown op"))?;
    let step = StepInfo {
        name: node.name.clone(),
        op: def.name,
        attrs: node.attrs.clone(),
        outputs: node.outputs.iter().map(|f| f.dtype).collect(),
        node: u64::MAX,
        site: None,
    };
    let env = Env::default();
    let mut outputs: Vec<Option<Value>> = vec![None; node.outputs.len()];
    let constants: Vec<Option<Tensor>> = inputs.iter().map(|v| if let Some(Value::Tensor(t)) = v { Some(t.clone()) } else { None }).collect();
    match def.kernel {
        Kernel::Plain(f) => f(&mut KernelCtx::new(&step, inputs, &mut outputs, &env))?,
        Kernel::Prepared(prepare) => {
            let facts: Vec<_> = node.inputs.iter().map(|&i| graph.fact(i).clone()).collect();
            let k = prepare(&Prepare { name: &node.name, attrs: &node.attrs, inputs: &facts, outputs: &node.outputs, constants: &constants })?;
            k(&mut KernelCtx::new(&step, inputs, &mut outputs, &env))?;
        }
        Kernel::Alias => outputs[0] = inputs[0].take(),
        Kernel::Calling(_) | Kernel::Control | Kernel::Unsupported => return Err(crate::error::Error::unimplemented("op cannot be folded")),
    }
    Ok(outputs.into_iter().map(|v| if let Some(Value::Tensor(t)) = v { Some(t) } else { None }).collect())
}

/// The constant inputs of a node that is being built.
pub(crate) struct GraphValues<'a> {
    pub graph: &'a Graph,
    pub inputs: &'a [Out],
}

impl Values for GraphValues<'_> {
    fn value(&self, i: usize) -> Option<Tensor> {
        self.graph.constant_value(*self.inputs.get(i)?)
    }
    fn shape_value(&self, i: usize) -> Shape {
        self.inputs.get(i).map_or(Shape::UNKNOWN, |&o| self.graph.shape_value(o))
    }
    fn handle(&self, i: usize) -> Option<(DType, Shape)> {
        self.graph.handle(*self.inputs.get(i)?)
    }
}

impl Graph {
    /// Type and shape of the variable (of a table: of one value) that `out`, a resource, stands for: followed to the node that makes it or the argument of a function.
    pub fn handle(&self, mut out: Out) -> Option<(DType, Shape)> {
        for _ in 0..MAX_DEPTH {
            let node = self.node(out.node);
            match node.op_name() {
                "VarHandleOp" => return Some((node.attrs.dtype("dtype").ok()?, node.attrs.shape("shape").ok()?.clone())),
                "HashTableV2" | "MutableHashTableV2" => return Some((node.attrs.dtype("value_dtype").ok()?, Shape::scalar())),
                "MutableHashTableOfTensorsV2" | "MutableDenseHashTableV2" => {
                    return Some((node.attrs.dtype("value_dtype").ok()?, node.attrs.shape("value_shape").ok()?.clone()));
                }
                "Placeholder" => {
                    let dtype = *node.attrs.dtypes("_handle_dtypes").ok()?.first()?;
                    return Some((dtype, node.attrs.shapes("_handle_shapes").ok()?.first()?.clone()));
                }
                "Identity" | "Enter" | "Switch" | "Exit" | "NextIteration" | "StopGradient" => out = *node.inputs.first()?,
                _ => return None,
            }
        }
        None
    }
}
