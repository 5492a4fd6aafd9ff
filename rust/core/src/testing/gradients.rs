//! Gradients against central differences in double precision, first and second order.

use graphpb_kernels::{DType, Tensor};

use crate::error::{Class, Error, Result};
use crate::grad::{GradValue, Options, gradients};
use crate::graph::Graph;
use crate::graph::builder::{Name, NewNode};
use crate::graph::node::Out;
use crate::registry::OpDef;
use crate::session::Session;
use crate::testing::cases::{Case, Draw};
use crate::testing::checks::{Built, Known, build};
use crate::testing::numgrad::central_difference;

/// Elements of one input that are checked.
const ELEMENTS: usize = 10;
const FIRST: f64 = 1e-6;
const SECOND: f64 = 1e-5;

fn constant(graph: &mut Graph, t: Tensor) -> Result<Out> {
    Ok(graph.add(NewNode::new("Const", Name::Unique("weights"), &[]).attr("dtype", t.dtype()).attr("value", t))?.out(0))
}

/// A gradient as a tensor of `x`'s shape.
fn dense(graph: &mut Graph, g: GradValue, rows: usize) -> Result<Out> {
    match g {
        GradValue::Dense(o) => Ok(o),
        GradValue::Slices(s) => {
            let n = constant(graph, Tensor::scalar(rows as i32))?;
            let inputs = [s.values, s.indices, n];
            Ok(graph.add(NewNode::new("UnsortedSegmentSum", Name::Unique("dense"), &inputs))?.out(0))
        }
    }
}

/// Gradients of Σ weights·ys, as tensors.
fn differentiate(graph: &mut Graph, scope: &str, ys: &[Out], weights: &[Tensor], xs: &[Out], rows: &[usize]) -> Result<Vec<Option<Out>>> {
    let grad_ys = weights.iter().map(|w| Ok(Some(GradValue::Dense(constant(graph, w.clone())?)))).collect::<Result<Vec<_>>>()?;
    let found = gradients(graph, ys, xs, Options { scope: scope.into(), grad_ys, ..Options::default() })?;
    found.into_iter().zip(rows).map(|(g, &n)| g.map(|g| dense(graph, g, n)).transpose()).collect()
}

fn weighted(values: &[Tensor], weights: &[Tensor]) -> f64 {
    // Values at the end of the range (the maximum of nothing) are constants.
    let finite = |a: f64, b: f64| if a.abs() < 1e300 { a * b } else { 0.0 };
    values.iter().zip(weights).map(|(y, w)| y.slice::<f64>().iter().zip(w.slice::<f64>()).map(|(&a, &b)| finite(a, b)).sum::<f64>()).sum()
}

/// Compare the gradients of one case; gives the number of first and second derivatives that agreed.
pub fn check(def: &'static OpDef, case: &Case, known: Known, seed: u64) -> Result<(usize, usize)> {
    let Built { mut graph, inputs, feeds, init, node } = build(def, case, known, seed, &mut |_, o| Ok(o))?;
    if !init.is_empty() {
        return Ok((0, 0));
    }
    let ys: Vec<Out> = (0..graph.node(node).outputs.len()).map(|i| node.out(i)).filter(|&o| graph.fact(o).dtype == DType::F64).collect();
    let wanted: Vec<usize> = match &case.differentiate {
        Some(list) => list.clone(),
        None => (0..case.inputs.len()).filter(|i| case.inputs[*i].dtype() == DType::F64 && !case.constants.contains(i)).collect(),
    };
    if ys.is_empty() || wanted.is_empty() {
        return Ok((0, 0));
    }
    let xs: Vec<Out> = wanted.iter().map(|&i| inputs[i]).collect();
    let rows: Vec<usize> = wanted.iter().map(|&i| case.inputs[i].dims().first().copied().unwrap_or(1)).collect();
    let mut d = Draw::new(seed ^ 0x77, DType::F64);
    // The values of ys give the shapes of the weights.
    let session = Session::of(std::mem::take(&mut graph));
    let values = session.run(&feeds, &ys, &[])?;
    let weights: Vec<Tensor> = values.iter().map(|y| d.tensor(y.dims())).collect();
    let (first, second) = {
        let mut g = session.graph().write().unwrap_or_else(|e| e.into_inner());
        let first = differentiate(&mut g, "gradients/", &ys, &weights, &xs, &rows)?;
        let firsts: Vec<Out> = first.iter().flatten().copied().collect();
        let shapes: Vec<Tensor> = wanted.iter().zip(&first).filter(|(_, g)| g.is_some()).map(|(&i, _)| d.tensor(case.inputs[i].dims())).collect();
        // A rule that TensorFlow lacks ends the second order there.
        let second = match differentiate(&mut g, "gradients_1/", &firsts, &shapes, &xs, &rows) {
            Ok(s) => Some((firsts, shapes, s)),
            Err(e) if e.class() == Class::Lookup => None,
            Err(e) => return Err(e),
        };
        (first, second)
    };
    let positions: Vec<usize> = wanted
        .iter()
        .map(|&i| feeds.iter().position(|f| f.0 == inputs[i]).ok_or_else(|| Error::internal("an input to differentiate is not fed")))
        .collect::<Result<_>>()?;
    let run = |tensors: &[Tensor], outs: &[Out]| -> Result<Vec<Tensor>> {
        let fed: Vec<(Out, Tensor)> = feeds.iter().map(|f| f.0).zip(tensors.iter().cloned()).collect();
        session.run(&fed, outs, &[])
    };
    let tensors: Vec<Tensor> = feeds.iter().map(|f| f.1.clone()).collect();
    let mut compare = |order: &str, ys: &[Out], weights: &[Tensor], grads: &[Option<Out>], tolerance: f64| -> Result<usize> {
        let mut count = 0;
        let mut f = |t: &[Tensor]| -> Result<f64> { Ok(weighted(&run(t, ys)?, weights)) };
        for (k, &i) in wanted.iter().enumerate() {
            let x = &case.inputs[i];
            let got = match grads[k] {
                Some(o) => run(&tensors, &[o])?.remove(0),
                None => Tensor::zeros(DType::F64, x.dims()),
            };
            if got.dims() != x.dims() {
                return Err(Error::internal(format!("{order} derivative of input {i} has the shape {:?}, not {:?}", got.dims(), x.dims())));
            }
            for _ in 0..x.len().min(ELEMENTS) {
                let e = d.below(x.len());
                let want = central_difference(&mut f, &tensors, positions[k], e)?;
                let g = got.slice::<f64>()[e];
                if (g - want).abs() > tolerance * (1.0 + want.abs().max(g.abs())) || g.is_nan() != want.is_nan() {
                    return Err(Error::internal(format!("{order} derivative of input {i}[{e}] is {g}, central difference {want}")));
                }
                count += 1;
            }
        }
        Ok(count)
    };
    let n = compare("first", &ys, &weights, &first, FIRST)?;
    let m = match &second {
        Some((ys, weights, grads)) => compare("second", ys, weights, grads, SECOND)?,
        None => 0,
    };
    Ok((n, m))
}
