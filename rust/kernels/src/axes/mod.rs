//! Functions along axes: reductions, positions of extremes, softmax and its cross entropies.

mod arg;
mod reduce;
mod softmax;

pub use arg::arg_extreme;
pub use reduce::{Reduce, half_sum_of_squares, reduce};
pub use softmax::{cross_entropy, log_softmax, softmax, sparse_cross_entropy};
