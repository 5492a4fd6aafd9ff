//! Files: graphs in binary and text form, arrays, records, events.

pub mod crc32c;
pub mod events;
pub mod files;
pub mod graphdef;
pub mod npy;
mod npy_header;
pub mod npz;
pub mod records;
pub mod text;

#[cfg(test)]
mod npy_tests;
#[cfg(test)]
mod records_tests;
