//! Images.

pub mod boxes;
pub mod color;
pub mod crop;
pub mod decode;
pub mod encode;
pub mod resize;
