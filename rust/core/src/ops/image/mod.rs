//! Images.

pub mod color;
pub mod resize;
