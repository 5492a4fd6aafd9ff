//! How far two constants of one type and shape are apart.

use graphpb_kernels::{C64, C128, DType, Dims, Tensor, bf16, f16};

use crate::graph::node::NodeId;

/// Two tensor attributes of one type and shape with different numbers. Norms are Euclidean; a complex number counts as two.
#[derive(Clone, Debug)]
pub struct WeightChange {
    pub before: NodeId,
    pub after: NodeId,
    pub attr: String,
    pub dtype: DType,
    pub dims: Dims,
    pub norm_before: f64,
    pub norm_after: f64,
    /// Norm of the difference.
    pub norm_change: f64,
    /// Largest absolute difference of two elements.
    pub max_change: f64,
    /// How many elements differ.
    pub elements: usize,
}

impl WeightChange {
    /// None when the tensors are not floating or complex numbers of one type and shape, or when they hold one number only.
    pub(super) fn between(nodes: (NodeId, NodeId), attr: &str, p: &Tensor, q: &Tensor) -> Option<WeightChange> {
        if p.dtype() != q.dtype() || p.dims() != q.dims() || p.len() < 2 {
            return None;
        }
        let (mut before, mut after, mut change, mut max_change, mut elements) = (0.0, 0.0, 0.0, 0.0f64, 0);
        for_each_pair(p, q, |v, w| {
            before += v * v;
            after += w * w;
            if v.to_bits() != w.to_bits() {
                change += (v - w) * (v - w);
                // A difference that is no number counts as the largest.
                max_change = if (v - w).is_nan() { f64::NAN } else { max_change.max((v - w).abs()) };
                elements += 1;
            }
        })?;
        Some(WeightChange {
            before: nodes.0,
            after: nodes.1,
            attr: attr.to_owned(),
            dtype: p.dtype(),
            dims: Dims::from_slice(p.dims()),
            norm_before: before.sqrt(),
            norm_after: after.sqrt(),
            norm_change: change.sqrt(),
            max_change,
            elements,
        })
    }

    /// The norm of the difference relative to the norm before; infinite when that was zero.
    pub fn relative(&self) -> f64 {
        self.norm_change / self.norm_before
    }
}

fn for_each_pair(p: &Tensor, q: &Tensor, mut f: impl FnMut(f64, f64)) -> Option<()> {
    match p.dtype() {
        DType::F32 => p.slice::<f32>().iter().zip(q.slice::<f32>()).for_each(|(v, w)| f((*v).into(), (*w).into())),
        DType::F64 => p.slice::<f64>().iter().zip(q.slice::<f64>()).for_each(|(v, w)| f(*v, *w)),
        DType::F16 => p.slice::<f16>().iter().zip(q.slice::<f16>()).for_each(|(v, w)| f(v.to_f64(), w.to_f64())),
        DType::BF16 => p.slice::<bf16>().iter().zip(q.slice::<bf16>()).for_each(|(v, w)| f(v.to_f64(), w.to_f64())),
        DType::C64 => p.slice::<C64>().iter().zip(q.slice::<C64>()).for_each(|(v, w)| {
            f(v.re.into(), w.re.into());
            f(v.im.into(), w.im.into());
        }),
        DType::C128 => p.slice::<C128>().iter().zip(q.slice::<C128>()).for_each(|(v, w)| {
            f(v.re, w.re);
            f(v.im, w.im);
        }),
        _ => return None,
    }
    Some(())
}
