//! Activations, biases, convolutions, pools, normalisation, softmax and losses.

pub mod activation;
pub mod activation_grad;
pub mod batch_norm;
pub mod bias_add;
pub mod block_cells;
pub mod block_lstm;
pub mod conv;
pub mod cross_entropy;
pub mod ctc;
pub mod dilation2d;
pub mod l2_loss;
pub mod lrn;
pub mod max_pool_argmax;
pub mod pool;
pub mod softmax;
pub(super) mod spatial;
