//! One file per command.

pub mod check;
pub mod ckpt;
pub mod convert;
pub mod diff;
pub mod events;
pub mod extract;
pub mod freeze;
pub mod grad;
pub mod info;
pub mod ops;
pub mod run;
pub mod show;
pub mod train;
