//! Image files: PNG, JPEG, GIF and BMP, decoded as TensorFlow's ops do; PNG and JPEG encoded.

pub mod bmp;
pub mod gif;
pub mod jpeg;
pub mod png;

use crate::error::{Error, Result};

/// The largest image, in bytes, that is decoded from a file that could not hold as many bytes by its size.
const SMALL: usize = 256 << 20;

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

/// The number of samples; INVALID_ARGUMENT when a file of `length` bytes cannot mean so many and they are not few either.
/// `ratio` is the most samples that the format makes of one byte.
fn checked_size(sizes: &[usize], length: usize, ratio: usize) -> Result<usize> {
    let limit = length.saturating_mul(ratio).max(SMALL);
    let size = sizes.iter().try_fold(1usize, |a, b| a.checked_mul(*b)).filter(|n| *n <= limit);
    size.ok_or_else(|| Error::invalid(format!("Image size {sizes:?} is too large for a file of {length} bytes")))
}
