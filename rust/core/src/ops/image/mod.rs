//! Images.

pub mod color;
pub mod decode;
pub mod encode;
pub mod resize;
