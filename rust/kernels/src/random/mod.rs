//! Random numbers, bit for bit TensorFlow's: a counter-based generator and the distributions drawn from it.
//!
//! Every value is a function of (seeds, position), so the work splits over threads and vector lanes without changing it.

mod discrete;
mod fill;
mod gamma;
mod gamma_grad;
mod libm;
mod philox;
mod truncated;

pub use discrete::{multinomial, shuffle};
pub use fill::{
    Distribution, Narrow, Normal, NormalF64, Uniform, UniformBits, UniformBits64, UniformF64, UniformI64, UniformInt, fill, narrow, truncated_normal,
    truncated_normal_f64, uniform_narrow,
};
pub use gamma::{gamma, poisson};
pub use gamma_grad::gamma_derivative;
pub use philox::{Philox, Stream};
pub use truncated::{Bounded, NoSample};

#[cfg(test)]
mod tests;
