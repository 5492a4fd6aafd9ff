//! The plan: a graph cut down to what is fetched, ordered and lowered to an array of steps.

pub mod kernel;
