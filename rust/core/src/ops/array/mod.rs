//! Ops that move elements about and follow indices.

pub mod band_part;
pub mod bitcast;
pub mod broadcast;
pub mod concat;
pub mod cumulative;
pub mod diag;
pub mod dynamic_stitch;
pub mod edit_distance;
pub mod ensure_shape;
pub mod expand_dims;
pub mod fill;
pub mod gather;
pub mod histogram;
pub mod image_patches;
pub mod invert_permutation;
pub mod lin_space;
pub mod matrix_diag;
pub mod one_hot;
pub mod pack;
pub mod pad;
pub mod range;
pub mod reshape;
pub mod reverse;
pub mod scatter_nd;
pub mod segment;
pub mod shape;
pub mod size;
pub mod slice;
pub mod space_to_batch;
pub mod space_to_depth;
pub mod sparse_segment;
pub mod sparse_to_dense;
pub mod split;
pub mod strided_slice;
pub mod tensor_scatter;
pub mod tile;
pub mod top_k;
pub mod transpose;
pub mod unique;
pub mod unsorted_segment;
pub mod where_true;
pub mod zeros_like;

use crate::error::{Error, Result};
use graphpb_kernels::{DType, Tensor};

/// Sizes that came in a tensor.
pub(crate) fn sizes(v: &[i64]) -> Result<Vec<usize>> {
    v.iter().map(|&d| usize::try_from(d).map_err(|_| Error::invalid(format!("Dimension {d} must be >= 0")))).collect()
}

/// A vector of sizes of type int32 or int64.
pub(crate) fn int_tensor(dtype: DType, v: &[usize]) -> Result<Tensor> {
    if dtype == DType::I64 {
        return Ok(Tensor::vector(&v.iter().map(|&d| d as i64).collect::<Vec<_>>()));
    }
    let v: Vec<i32> = v
        .iter()
        .map(|&d| i32::try_from(d).map_err(|_| Error::invalid(format!("Shape output type is 32-bit but dim is {d}"))))
        .collect::<Result<_>>()?;
    Ok(Tensor::vector(&v))
}

/// A count as a scalar of type int32 or int64.
pub(crate) fn int_value(dtype: DType, v: i64) -> Result<Tensor> {
    if dtype == DType::I64 {
        return Ok(Tensor::scalar(v));
    }
    let v = i32::try_from(v).map_err(|_| Error::invalid(format!("Number of elements was larger than representable by 32-bit output type: {v}")))?;
    Ok(Tensor::scalar(v))
}
