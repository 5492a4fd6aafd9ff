//! TensorFlow-1 style computation graphs: build, differentiate, plan and run.
#![forbid(unsafe_code)]

pub mod io;
pub mod proto;
