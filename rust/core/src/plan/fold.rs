//! Running a pure node once while the plan is made, and recognising nodes that compute the same.

use std::cell::Cell;
use std::hash::{Hash, Hasher};

use graphpb_kernels::Tensor;

use crate::graph::Graph;
use crate::graph::attr::{Attr, AttrList, Attrs};
use crate::graph::constant::run_alone;
use crate::graph::node::Node;
use crate::plan::kernel::Value;
use crate::plan::program::caught;

/// Folded values larger than this stay computed at run time.
const MAX_BYTES: usize = 64 << 20;

/// What all folding of one plan may take: planning cannot be interrupted.
const NANOSECONDS: f64 = 1e8;
/// Bytes of folded values that one plan may hold.
const TOTAL_BYTES: usize = 256 << 20;

/// What is left of the two limits.
pub(super) struct Budget {
    nanoseconds: Cell<f64>,
    bytes: Cell<usize>,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget { nanoseconds: Cell::new(NANOSECONDS), bytes: Cell::new(TOTAL_BYTES) }
    }
}

impl Budget {
    /// Take `cost` nanoseconds, if they are left.
    fn spend(&self, cost: f64) -> bool {
        let left = self.nanoseconds.get() - cost;
        if left >= 0.0 {
            self.nanoseconds.set(left);
        }
        left >= 0.0
    }
    fn keep(&self, bytes: usize) -> bool {
        let left = self.bytes.get().checked_sub(bytes);
        self.bytes.set(left.unwrap_or(self.bytes.get()));
        left.is_some()
    }
}

/// An estimate of the nanoseconds of one node, from above where its kind is not known.
fn cost(node: &Node, inputs: &[Tensor]) -> f64 {
    let sizes: Vec<f64> = inputs.iter().map(|t| t.len() as f64).collect();
    let read: f64 = sizes.iter().sum();
    let written: f64 = node.outputs.iter().map(|f| f.shape.elements().map_or(read, |n| n as f64)).sum();
    let op = node.op_name();
    let product = || (sizes.iter().take(2).product::<f64>() * written).sqrt();
    let work = if op.contains("MatMul") || op == "Einsum" {
        // √(mk·kn·mn) = mkn.
        product() * 0.1
    } else if op.contains("Conv") || op.contains("Dilation") {
        // Every element of the result meets at most the whole filter.
        written * sizes.iter().skip(1).fold(f64::MAX, |m, v| m.min(*v)).min(1e6)
    } else if op.starts_with("Matrix") || ["Svd", "Qr", "Lu", "Cholesky", "CholeskyGrad", "SelfAdjointEigV2", "LogMatrixDeterminant"].contains(&op) {
        // A stack of matrices costs no more than one of all its elements.
        if op.contains("Diag") || op.contains("Band") { 0.0 } else { 20.0 * read * read.sqrt() }
    } else {
        0.0
    };
    work + 5.0 * (read + written)
}

/// The outputs of a pure node on constant inputs; None when it fails (the run will say why), or they are large or dear.
pub(super) fn evaluate(graph: &Graph, node: &Node, inputs: &[Tensor], budget: &Budget) -> Option<Vec<Tensor>> {
    // A splat of huge size must not be built twice.
    if node.outputs.iter().any(|f| f.shape.elements().is_some_and(|n| n as usize > MAX_BYTES / 4)) {
        return None;
    }
    if node.op_name() == "Fill"
        && inputs.first().and_then(Tensor::to_i64s).is_none_or(|d| d.iter().try_fold(1i64, |n, &v| n.checked_mul(v)).is_none_or(|n| n > 1 << 24))
    {
        return None;
    }
    if !budget.spend(cost(node, inputs)) {
        return None;
    }
    let mut values: Vec<Option<Value>> = inputs.iter().map(|t| Some(Value::Tensor(t.clone()))).collect();
    let out = caught(|| run_alone(graph, node, &mut values)).ok()?.ok()?;
    let out: Vec<Tensor> = out.into_iter().collect::<Option<_>>()?;
    let bytes = out.iter().map(Tensor::nbytes).sum::<usize>();
    (bytes <= MAX_BYTES && budget.keep(bytes)).then_some(out)
}

/// A hash of attributes that agrees with their equality; underscore attributes do not matter for what a node computes.
pub(super) fn hash_attrs(attrs: &Attrs, h: &mut impl Hasher) {
    for (name, v) in attrs.iter().filter(|(n, _)| !n.starts_with('_')) {
        name.hash(h);
        std::mem::discriminant(v).hash(h);
        match v {
            Attr::Int(v) => v.hash(h),
            Attr::Float(v) => v.to_bits().hash(h),
            Attr::Bool(v) => v.hash(h),
            Attr::Str(v) => v.hash(h),
            Attr::Type(v) => v.hash(h),
            Attr::Shape(v) => v.hash(h),
            Attr::List(AttrList::Int(v)) => v.hash(h),
            Attr::List(l) => l.len().hash(h),
            _ => {}
        }
    }
}

/// Whether two nodes with equal inputs compute the same.
pub(super) fn same_attrs(a: &Attrs, b: &Attrs) -> bool {
    let mut x = a.iter().filter(|(n, _)| !n.starts_with('_'));
    let mut y = b.iter().filter(|(n, _)| !n.starts_with('_'));
    loop {
        match (x.next(), y.next()) {
            (None, None) => return true,
            (Some((n, v)), Some((m, w))) if **n == **m && v == w => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::builder::{Name, NewNode};
    use crate::graph::node::Out;

    fn constant(g: &mut Graph, n: usize) -> Out {
        let t = Tensor::zeros(graphpb_kernels::DType::F32, &[n, n]);
        g.add(NewNode::new("Const", Name::Unique("c"), &[]).attr("dtype", t.dtype()).attr("value", t)).unwrap().out(0)
    }

    #[test]
    fn a_chain_of_large_products_is_left_to_the_run() {
        let mut g = Graph::new();
        let budget = Budget::default();
        let mut folded = 0;
        for _ in 0..40 {
            let (a, b) = (constant(&mut g, 256), constant(&mut g, 256));
            let id = g.add(NewNode::new("MatMul", Name::Unique("m"), &[a, b])).unwrap();
            let t = Tensor::zeros(graphpb_kernels::DType::F32, &[256, 256]);
            folded += usize::from(evaluate(&g, g.node(id), &[t.clone(), t], &budget).is_some());
        }
        // 256³ · 0.1 ns and what moves: some fit, not all.
        assert!((10..40).contains(&folded), "{folded} of 40 products were folded");
        let (a, b) = (constant(&mut g, 2000), constant(&mut g, 2000));
        let id = g.add(NewNode::new("MatMul", Name::Unique("m"), &[a, b])).unwrap();
        let t = Tensor::zeros(graphpb_kernels::DType::F32, &[2000, 2000]);
        assert!(evaluate(&g, g.node(id), &[t.clone(), t], &Budget::default()).is_none());
    }

    #[test]
    fn small_values_fold_after_a_dear_one_was_refused() {
        let budget = Budget::default();
        assert!(!budget.spend(1e12) && budget.spend(1e3));
        assert!(!budget.keep(1 << 40) && budget.keep(1 << 10));
    }
}
