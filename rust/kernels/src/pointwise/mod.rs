//! Element-wise functions of one, two and three tensors, for every number type, with numpy broadcasting and in place where it can be.

mod binary;
mod cast;
mod compare;
mod complex;
mod fast;
mod integer;
mod real;
mod select;
mod space;
mod special;
mod unary;

pub use binary::{Binary, binary, descend, leaky_relu_grad};
pub use cast::cast;
pub use compare::{Compare, Logical, Predicate, compare, logical, logical_not, predicate};
pub use complex::{ComplexPart, complex, part};
pub use select::{clip, select, select_rows};
pub use space::{Space, broadcast_dims, map_into, zip_into, zip_new};
pub use special::digamma;
pub use unary::{Unary, leaky_relu, unary};

use crate::{DType, KernelError};

fn no_kernel<T>(op: &str, dtype: DType) -> Result<T, KernelError> {
    Err(KernelError::unimplemented(format!("{op} has no kernel for {}", dtype.name())))
}
