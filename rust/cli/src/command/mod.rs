//! One file per command.

pub mod convert;
pub mod diff;
pub mod grad;
pub mod info;
pub mod ops;
pub mod run;
pub mod show;
