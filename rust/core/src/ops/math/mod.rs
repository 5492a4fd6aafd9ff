//! Arithmetic, comparisons, reductions, matrix products.

pub mod add;
