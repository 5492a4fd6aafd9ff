//! The generic checks of ops, run by the tests and by `graphpb check`.

pub mod cases;
pub mod checks;
pub mod compare;
pub mod gradients;
pub mod numgrad;
