//! Running a pure node once while the plan is made, and recognising nodes that compute the same.

use std::hash::{Hash, Hasher};

use graphpb_kernels::Tensor;

use crate::graph::Graph;
use crate::graph::attr::{Attr, AttrList, Attrs};
use crate::graph::constant::run_alone;
use crate::graph::node::Node;
use crate::plan::kernel::Value;

/// Folded values larger than this stay computed at run time.
const MAX_BYTES: usize = 64 << 20;

/// The outputs of a pure node on constant inputs; None when it fails (the run will say why) or they are large.
pub(super) fn evaluate(graph: &Graph, node: &Node, inputs: &[Tensor]) -> Option<Vec<Tensor>> {
    // A splat of huge size must not be built twice.
    if node.outputs.iter().any(|f| f.shape.elements().is_some_and(|n| n as usize > MAX_BYTES / 4)) {
        return None;
    }
    if node.op_name() == "Fill"
        && inputs.first().and_then(Tensor::to_i64s).is_none_or(|d| d.iter().try_fold(1i64, |n, &v| n.checked_mul(v)).is_none_or(|n| n > 1 << 24))
    {
        return None;
    }
    let mut values: Vec<Option<Value>> = inputs.iter().map(|t| Some(Value::Tensor(t.clone()))).collect();
    let out = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run_alone(graph, node, &mut values).ok())).ok()??;
    let out: Vec<Tensor> = out.into_iter().collect::<Option<_>>()?;
    (out.iter().map(Tensor::nbytes).sum::<usize>() <= MAX_BYTES).then_some(out)
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
