//! The generic checks of ops, run by the tests and by `graphpb check`.

pub mod cases;
