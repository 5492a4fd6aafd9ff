//! BMP files: uncompressed, 8 (gray), 24 or 32 bits a pixel, rows from the bottom or from the top.

use super::{Image, Samples};
use crate::error::{Error, Result};

/// Decode; `channels` must be 0 or what the file has.
///
/// INVALID_ARGUMENT when the file is cut short, compressed, or of another depth.
pub fn decode(bytes: &[u8], channels: usize) -> Result<Image> {
    if bytes.len() < 32 {
        return Err(Error::invalid(format!(
            "Incomplete bmp content, requires at least 32 bytes to find the header size, width, height, and bpp, got {} bytes",
            bytes.len()
        )));
    }
    let word = |at: usize| bytes.get(at..at + 4).map_or(0, |b| i32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    let (start, width, height, bits, compression) = (word(10), word(18), word(22), word(28) & 0xffff, word(30));
    let top_down = height < 0;
    let positive = |n: i64, what: &str| usize::try_from(n).ok().filter(|n| *n > 0).ok_or_else(|| Error::invalid(format!("{what} must be positive")));
    let (width, height) = (positive(width.into(), "Width")?, positive(i64::from(height).abs(), "Height")?);
    let own = match bits {
        8 => 1,
        24 => 3,
        32 => 4,
        _ => return Err(Error::invalid(format!("Number of channels inherent in the image must be 1, 3 or 4, was {}", bits / 8))),
    };
    if channels != 0 && channels != own {
        return Err(Error::invalid(format!("channels attribute {channels} does not match bits per pixel from file {own}")));
    }
    // 3: masks, of which only the usual byte order is common.
    if compression != 0 && !(compression == 3 && bits == 32) {
        return Err(Error::unimplemented(format!("BMP compression {compression} is not supported")));
    }
    let cut = || Error::invalid("Incomplete bmp content: fewer bytes than the header's sizes need");
    let row = width.checked_mul(own).and_then(|n| n.checked_add(3)).map(|n| n / 4 * 4).ok_or_else(cut)?;
    let start = usize::try_from(start).map_err(|_| cut())?;
    let end = row.checked_mul(height).and_then(|n| n.checked_add(start)).ok_or_else(cut)?;
    // The last row's padding may be missing.
    let padding = row - width * own;
    let body = bytes.get(start..end.min(bytes.len())).filter(|b| b.len() + padding >= end - start).ok_or_else(cut)?;
    let mut out = Vec::with_capacity(width * height * own);
    for y in 0..height {
        let from = if top_down { y } else { height - 1 - y } * row;
        for pixel in body.get(from..from + width * own).ok_or_else(cut)?.chunks_exact(own) {
            match *pixel {
                [b, g, r] => out.extend([r, g, b]),
                [b, g, r, a] => out.extend([r, g, b, a]),
                _ => out.extend(pixel),
            }
        }
    }
    Ok(Image { frames: 1, height, width, channels: own, samples: Samples::U8(out) })
}
