//! Sources, identities and ordering.

pub mod constant;
pub mod functional;
pub mod identity;
pub mod loops;
pub mod no_op;
pub mod placeholder;
pub mod placeholder_with_default;
pub mod prevent_gradient;
pub mod py_func;
pub mod stack;
pub mod stop_gradient;
pub mod switch;
pub mod tensor_array;
pub mod tensor_list;
pub mod tensor_list_parts;
