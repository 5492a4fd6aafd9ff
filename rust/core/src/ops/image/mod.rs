//! Images.

pub mod resize;
