//! Files: graphs in binary and text form, arrays.

pub mod files;
pub mod graphdef;
pub mod text;
