//! A session: variables and cached plans.

pub mod env;
pub mod vars;
