//! Activations, biases, softmax and losses.

pub mod activation;
pub mod activation_grad;
pub mod bias_add;
pub mod cross_entropy;
pub mod l2_loss;
pub mod softmax;
