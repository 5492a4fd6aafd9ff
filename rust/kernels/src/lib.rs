//! Tensors, memory, threads and numeric loops. Knows no graph, no protobuf, no Python.

pub mod axes;
pub mod buffer;
pub mod conv;
pub mod crop;
pub mod ctc;
pub mod dtype;
pub mod error;
pub mod gemm;
pub mod hash;
pub mod image;
pub mod indexing;
pub mod isa;
pub mod linalg;
pub mod movement;
pub mod norm;
pub mod optimize;
mod pages;
pub mod par;
pub mod pointwise;
pub mod pool;
pub mod product;
pub mod random;
pub mod scatter;
mod team;
pub mod tensor;
pub mod tile;
pub mod vmath;
pub mod window;

pub use dtype::{Bool, C64, C128, Complex, DType, Element, bf16, f16};
pub use error::{Code, KernelError};
pub use tensor::{Bytes, Dims, Handle, Tensor, shape_text};
