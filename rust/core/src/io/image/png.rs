//! PNG files, with libpng's conversions between channels and bit depths.

use std::io::Cursor;

use ::png::{BitDepth, ColorType, Compression, Decoder, DeflateCompression, Encoder, Limits, Transformations};

use super::{Image, Samples, too_large};
use crate::error::{Error, Result};

/// Deflate makes at most this many bytes of one.
const RATIO: u128 = 1032;

/// Decode to `channels` (0: those of the file) of 16 bits if `wide`, else of 8.
pub fn decode(bytes: &[u8], channels: usize, wide: bool) -> Result<Image> {
    read(bytes, channels, wide).ok_or_else(|| Error::invalid(format!("Invalid PNG data, size {}", bytes.len())))?
}

fn read(bytes: &[u8], channels: usize, wide: bool) -> Option<Result<Image>> {
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: usize::MAX });
    decoder.set_transformations(Transformations::EXPAND);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let mut reader = decoder.read_info().ok()?;
    let info = reader.info();
    let depth = info.bit_depth as u32;
    let (width, height, is_palette, has_trns) =
        (info.width as usize, info.height as usize, info.color_type == ColorType::Indexed, info.trns.is_some());
    let own = if is_palette { if has_trns { 4 } else { 3 } } else { info.color_type.samples() };
    let channels = if channels == 0 { own } else { channels };
    let pixels = width.checked_mul(height)?;
    // Rows as they are stored, each with the byte that names its filter.
    let stored = (info.raw_row_length() as u128).saturating_mul(height as u128);
    if stored > (bytes.len() as u128).saturating_mul(RATIO) {
        return Some(Err(too_large(pixels, "pixels", bytes.len())));
    }
    let mut raw = vec![0; reader.output_buffer_size()?];
    let out = reader.next_frame(&mut raw).ok()?;
    let given = out.color_type.samples();
    let samples = match out.bit_depth {
        BitDepth::Sixteen => {
            let words: Vec<u16> = raw.chunks_exact(2).map(|b| u16::from_be_bytes([b[0], b[1]])).collect();
            let v = convert(&words, given, channels, u16::MAX, |r, g, b| ((9798 * r + 19235 * g + 3735 * b + 16384) >> 15) as u16);
            if wide { Samples::U16(v) } else { Samples::U8(v.iter().map(|v| (v >> 8) as u8).collect()) }
        }
        _ => {
            // Of the file's own depth, as libpng fills in alpha: 1 for one bit a pixel.
            let opaque = ((1u32 << depth.min(8)) - 1) as u8;
            let v = convert(&raw, given, channels, opaque, |r, g, b| ((9798 * r + 19235 * g + 3735 * b) >> 15) as u8);
            if wide { Samples::U16(v.iter().map(|v| u16::from(*v) * 257).collect()) } else { Samples::U8(v) }
        }
    };
    let count = match &samples {
        Samples::U8(v) => v.len(),
        Samples::U16(v) => v.len(),
    };
    (count == pixels * channels).then_some(Ok(Image { frames: 1, height, width, channels, samples }))
}

/// Pixels of `from` channels (gray, gray+alpha, RGB, RGBA) as pixels of `to`.
fn convert<T: Copy + Into<u32> + PartialEq>(values: &[T], from: usize, to: usize, opaque: T, gray: impl Fn(u32, u32, u32) -> T) -> Vec<T> {
    if from == to {
        return values.to_vec();
    }
    let mut out = Vec::with_capacity(values.len() / from.max(1) * to);
    for pixel in values.chunks_exact(from) {
        let (color, alpha) = match *pixel {
            [v] => ([v, v, v], opaque),
            [v, a] => ([v, v, v], a),
            [r, g, b] => ([r, g, b], opaque),
            [r, g, b, a] => ([r, g, b], a),
            _ => continue,
        };
        let [r, g, b] = color;
        if to < 3 {
            out.push(if r == g && g == b { r } else { gray(r.into(), g.into(), b.into()) });
        } else {
            out.extend(color);
        }
        if to % 2 == 0 {
            out.push(alpha);
        }
    }
    out
}

/// Encode one image; `compression` is -1 (the default) or 0 to 9.
///
/// INVALID_ARGUMENT for sizes that PNG does not have.
pub fn encode(image: &Image, compression: i64) -> Result<Vec<u8>> {
    let fail = |e: &dyn std::fmt::Display| Error::invalid(format!("PNG encoding failed: {e}"));
    let size = |n: usize| u32::try_from(n).map_err(|e| fail(&e));
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, size(image.width)?, size(image.height)?);
    encoder.set_color(match image.channels {
        1 => ColorType::Grayscale,
        2 => ColorType::GrayscaleAlpha,
        3 => ColorType::Rgb,
        _ => ColorType::Rgba,
    });
    match u8::try_from(compression) {
        Err(_) => encoder.set_compression(Compression::Balanced),
        Ok(0) => encoder.set_compression(Compression::NoCompression),
        Ok(level) => encoder.set_deflate_compression(DeflateCompression::Level(level.min(9))),
    }
    let wide;
    let (depth, data) = match &image.samples {
        Samples::U8(v) => (BitDepth::Eight, v.as_slice()),
        Samples::U16(v) => {
            wide = v.iter().flat_map(|v| v.to_be_bytes()).collect::<Vec<u8>>();
            (BitDepth::Sixteen, wide.as_slice())
        }
    };
    encoder.set_depth(depth);
    let mut writer = encoder.write_header().map_err(|e| fail(&e))?;
    writer.write_image_data(data).map_err(|e| fail(&e))?;
    writer.finish().map_err(|e| fail(&e))?;
    Ok(out)
}
