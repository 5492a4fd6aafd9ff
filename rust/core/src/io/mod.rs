//! Files: graphs in binary and text form, arrays.

pub mod crc32c;
pub mod files;
pub mod graphdef;
pub mod npy;
mod npy_header;
pub mod npz;
pub mod text;

#[cfg(test)]
mod npy_tests;
