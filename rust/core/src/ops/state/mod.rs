//! Variables and their updates.

pub mod assign;
pub mod is_variable_initialized;
pub mod variable;
