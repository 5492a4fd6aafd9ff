//! TensorFlow-1 style computation graphs: build, differentiate, plan and run.
#![forbid(unsafe_code)]

pub mod error;
pub mod grad;
pub mod graph;
pub mod io;
pub mod ops;
pub mod plan;
pub mod proto;
pub mod registry;
pub mod session;
pub mod testing;

pub use error::{Class, Code, Error, Result};
pub use graph::Graph;
pub use graph::node::{NodeId, Out};
