//! The plan: a graph cut down to what is fetched, constants folded, ordered and lowered to an array of steps.

pub mod calling;
mod columns;
pub mod control;
pub mod fold;
pub mod fuse;
mod fused;
pub mod kernel;
pub mod late_reads;
mod loop_products;
pub mod loops;
pub mod lower;
mod lower_control;
pub mod memory;
pub mod program;
mod sum_to;
mod unread;

pub use program::Plan;
