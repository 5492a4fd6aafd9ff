//! Variables and their updates.

pub mod apply;
pub mod apply_gradient_descent;
pub mod assign;
pub mod assign_add;
pub mod count_up_to;
pub mod is_variable_initialized;
pub mod resource;
pub mod resource_gather;
pub mod scatter;
pub mod strided_slice_assign;
pub mod variable;
