//! Arithmetic, comparisons, reductions, matrix products.

pub mod add_n;
pub mod arg_extreme;
pub mod batch_mat_mul;
pub mod binary;
pub mod bucketize;
pub mod cast;
pub mod clip_by_value;
pub mod compare;
pub mod complex;
pub mod mat_mul;
pub mod predicate;
pub mod reduce;
pub mod select;
pub(crate) mod types;
pub mod unary;
pub mod unary_grad;
