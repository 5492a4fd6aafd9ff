//! Ops that look at values: assertions, checks for NaN, printing.

pub mod assert;
pub mod check_numerics;
pub mod print;
pub mod summarize;
