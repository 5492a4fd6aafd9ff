//! Files: graphs in binary and text form, arrays.

pub mod text;
