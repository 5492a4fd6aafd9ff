//! Image files: PNG, JPEG, GIF and BMP, decoded as TensorFlow's ops do; PNG and JPEG encoded.

pub mod bmp;
pub mod gif;
pub mod jpeg;
pub mod png;

use crate::error::{Error, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Png,
    Jpeg,
    Gif,
    Bmp,
}

impl Format {
    /// The format that the first bytes announce.
    pub fn of(bytes: &[u8]) -> Option<Format> {
        match bytes {
            [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some(Format::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Format::Jpeg),
            [b'G', b'I', b'F', b'8', ..] => Some(Format::Gif),
            [b'B', b'M', ..] => Some(Format::Bmp),
            _ => None,
        }
    }
    pub fn name(self) -> &'static str {
        match self {
            Format::Png => "PNG",
            Format::Jpeg => "JPEG",
            Format::Gif => "GIF",
            Format::Bmp => "BMP",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Samples {
    U8(Vec<u8>),
    U16(Vec<u16>),
}

/// One image, or several of one size: samples in row-major [frame, height, width, channel] order.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// 1 except for animations.
    pub frames: usize,
    pub height: usize,
    pub width: usize,
    pub channels: usize,
    pub samples: Samples,
}

/// INVALID_ARGUMENT when there are fewer bits in a file of `length` bytes than `count` things of which each takes at least one.
fn check_bits(count: usize, what: &str, length: usize) -> Result<()> {
    if count <= length.saturating_mul(8) {
        return Ok(());
    }
    Err(too_large(count, what, length))
}

fn too_large(count: usize, what: &str, length: usize) -> Error {
    Error::invalid(format!("Image size is too large for the file: {length} bytes cannot hold {count} {what}"))
}
