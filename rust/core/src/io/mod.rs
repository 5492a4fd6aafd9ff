//! Files: graphs in binary and text form, checkpoints, arrays, records, events, images.

pub mod bundle;
pub mod checkpoint;
mod checkpoint_v1;
pub mod checkpoint_v1_write;
pub mod crc32c;
pub mod events;
pub mod files;
pub mod glob;
pub mod graphdef;
pub mod image;
pub mod json;
pub mod npy;
mod npy_header;
pub mod npz;
pub mod records;
pub mod region;
pub mod safetensors;
pub mod saved_model;
pub mod table;
pub mod text;
pub mod wav;

#[cfg(test)]
mod npy_tests;
#[cfg(test)]
mod records_tests;
