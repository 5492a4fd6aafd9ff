//! Sums of the gradients that arrive at one tensor.

use super::{GradValue, Options, Slices};
use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::graph::builder::{Name, NewNode};
use crate::graph::node::{NodeId, Out};
use graphpb_kernels::Tensor;

/// `tf.AggregationMethod`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aggregation {
    #[default]
    AddN,
    /// Pairs, left to right.
    Tree,
}

fn add(graph: &mut Graph, options: &Options, op: &str, name: &str, inputs: &[Out], forward: NodeId) -> Result<Out> {
    let mut new = NewNode::new(op, Name::Unique(name), inputs);
    options.decorate(graph, &mut new.attrs, forward);
    new.site = options.site;
    Ok(graph.add(new)?.out(0))
}

fn constant(graph: &mut Graph, options: &Options, name: &str, value: Tensor) -> Result<Out> {
    let mut new = NewNode::new("Const", Name::Unique(name), &[]).attr("dtype", value.dtype()).attr("value", value);
    new.site = options.site;
    Ok(graph.add(new)?.out(0))
}

/// The tensor that rows stand for. ValueError when its shape is not known.
pub(super) fn densify(graph: &mut Graph, options: &Options, scope: &str, s: Slices) -> Result<Out> {
    let Some(shape) = s.dense_shape else {
        return Err(Error::value("Tensor conversion requested for IndexedSlices without dense_shape"));
    };
    let scope = {
        let mut u = graph.names.unique(&format!("{scope}IndexedSlices"), true);
        u.push('/');
        u
    };
    let axis = constant(graph, options, &format!("{scope}strided_slice/stack"), Tensor::vector(&[0i32]))?;
    let end = constant(graph, options, &format!("{scope}strided_slice/stack_1"), Tensor::vector(&[1i32]))?;
    let step = constant(graph, options, &format!("{scope}strided_slice/stack_2"), Tensor::vector(&[1i32]))?;
    let name = format!("{scope}strided_slice");
    let inputs = [shape, axis, end, step];
    let mut new = NewNode::new("StridedSlice", Name::Unique(&name), &inputs).attr("shrink_axis_mask", 1i64);
    new.site = options.site;
    let rows = graph.add(new)?.out(0);
    add(graph, options, "UnsortedSegmentSum", &format!("{scope}UnsortedSegmentSum"), &[s.values, s.indices, rows], s.values.node)
}

/// The sum of `parts`, in the order of arrival; rows stay rows while all are rows.
pub(super) fn sum(graph: &mut Graph, parts: &[GradValue], options: &Options, forward: NodeId) -> Result<GradValue> {
    if let [one] = parts {
        return Ok(*one);
    }
    let slices: Vec<Slices> = parts.iter().filter_map(|p| if let GradValue::Slices(s) = p { Some(*s) } else { None }).collect();
    if slices.len() == parts.len() {
        return concat_slices(graph, options, &slices, forward);
    }
    let scope = options.scope.clone();
    let mut dense = Vec::with_capacity(parts.len());
    for p in parts {
        dense.push(match p {
            GradValue::Dense(o) => *o,
            GradValue::Slices(s) => densify(graph, options, &scope, *s)?,
        });
    }
    if options.aggregation == Aggregation::Tree {
        let tree = {
            let mut u = graph.names.unique(&format!("{scope}{}_gradient_sum", graph.node(forward).name), true);
            u.push('/');
            u
        };
        let mut total = dense[0];
        for &d in &dense[1..] {
            total = add(graph, options, "AddN", &format!("{tree}AddN"), &[total, d], forward)?;
        }
        return Ok(GradValue::Dense(total));
    }
    let first = dense[0].node;
    Ok(GradValue::Dense(add(graph, options, "AddN", &format!("{scope}AddN"), &dense, first)?))
}

fn concat_slices(graph: &mut Graph, options: &Options, slices: &[Slices], forward: NodeId) -> Result<GradValue> {
    let scope = options.scope.clone();
    let mut concat = |parts: Vec<Out>| -> Result<Out> {
        let base = {
            let mut u = graph.names.unique(&format!("{scope}concat"), true);
            u.push('/');
            u
        };
        let axis = constant(graph, options, &format!("{base}axis"), Tensor::scalar(0i32))?;
        let mut inputs = parts;
        inputs.push(axis);
        let name = base.trim_end_matches('/').to_owned();
        let mut new = NewNode::new("ConcatV2", Name::Exact(&name), &inputs);
        options.decorate(graph, &mut new.attrs, forward);
        new.site = options.site;
        Ok(graph.add(new)?.out(0))
    };
    let values = concat(slices.iter().map(|s| s.values).collect())?;
    let indices = concat(slices.iter().map(|s| s.indices).collect())?;
    Ok(GradValue::Slices(Slices { values, indices, dense_shape: slices[0].dense_shape }))
}
