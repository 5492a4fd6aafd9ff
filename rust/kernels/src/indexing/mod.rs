//! Kernels driven by index tensors: gathering, scattering, segments, search.

pub mod counts;
pub mod gather;
pub mod number;
pub mod one_hot;
pub mod scan;
pub mod scatter;
pub mod segment;
pub mod top_k;
pub mod unique;

use crate::error::{KernelError, Result};
use crate::tensor::Tensor;

/// The integers of an index tensor.
pub(crate) fn indices(t: &Tensor) -> Result<Vec<i64>> {
    t.to_i64s().ok_or_else(|| KernelError::invalid(format!("indices must be integers, not {}", t.dtype().name())))
}

/// `indices[3,1]` for element `i` of a tensor with these sizes; `indices` alone for a scalar.
pub(crate) fn element_name(what: &str, dims: &[usize], mut i: usize) -> String {
    if dims.is_empty() {
        return what.to_owned();
    }
    let mut ix = vec![0; dims.len()];
    for k in (0..dims.len()).rev() {
        ix[k] = i % dims[k].max(1);
        i /= dims[k].max(1);
    }
    format!("{what}[{}]", ix.iter().map(usize::to_string).collect::<Vec<_>>().join(","))
}
