//! JPEG files. Decoders differ by a few levels (inverse transform, colour, upsampling); this one stays close to libjpeg's.

use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, PixelDensity, PixelDensityUnit, SamplingFactor};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::{Image, Samples, checked_size};
use crate::error::{Error, Result};

/// A block of 64 pixels takes at least one bit.
const RATIO: usize = 64 * 8 * 3;

fn invalid() -> Error {
    Error::invalid("jpeg::Uncompress failed. Invalid JPEG data or crop window.")
}

/// Height, width and channels (1, 3, or 4 for CMYK) that the header states.
pub fn shape(bytes: &[u8]) -> Result<[usize; 3]> {
    let wrong = || Error::invalid(format!("Invalid JPEG data, size {}", bytes.len()));
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options());
    decoder.decode_headers().map_err(|_| wrong())?;
    let info = decoder.info().ok_or_else(wrong)?;
    Ok([usize::from(info.height), usize::from(info.width), usize::from(info.components)])
}

fn options() -> DecoderOptions {
    DecoderOptions::default().set_max_width(usize::from(u16::MAX)).set_max_height(usize::from(u16::MAX))
}

/// Whether the components of a sequential file stand in scans of their own and have different resolutions: the decoder gets those wrong.
fn has_separate_scans(bytes: &[u8]) -> bool {
    let (mut at, mut scans, mut sequential, mut uneven) = (2, 0, false, false);
    while let Some(&[0xff, marker, ..]) = bytes.get(at..) {
        match marker {
            // Fill bytes, restarts, the end.
            0xff => at += 1,
            0x01 | 0xd0..=0xd8 => at += 2,
            0xd9 => break,
            _ => {
                let Some(&[high, low]) = bytes.get(at + 2..at + 4) else { break };
                let body = bytes.get(at + 4..at + 2 + usize::from(u16::from_be_bytes([high, low]))).unwrap_or(&[]);
                if matches!(marker, 0xc0 | 0xc1) {
                    sequential = true;
                    uneven = body.get(6..).unwrap_or(&[]).chunks_exact(3).any(|c| c.get(1) != body.get(7));
                }
                at += 4 + body.len();
                if marker == 0xda {
                    scans += 1;
                    // The coded data ends at the next marker that is no restart.
                    let rest = bytes.get(at..).unwrap_or(&[]);
                    let end = rest.windows(2).position(|w| matches!(w, [0xff, m] if !matches!(m, 0 | 0xd0..=0xd7 | 0xff)));
                    at += end.unwrap_or(rest.len());
                }
            }
        }
    }
    sequential && uneven && scans > 1
}

/// Decode to `channels` (0: those of the file). A file that is cut short is refused, unless `recover` asks for what is there.
pub fn decode(bytes: &[u8], channels: usize, recover: bool) -> Result<Image> {
    let [height, width, own] = shape(bytes).map_err(|_| invalid())?;
    let channels = if channels == 0 { own.min(3) } else { channels };
    let size = checked_size(&[height, width, channels], bytes.len(), RATIO)?;
    if has_separate_scans(bytes) {
        return Err(Error::unimplemented("sequential JPEG files with a scan for each component and subsampled colours are not supported"));
    }
    let space = if channels == 1 { ColorSpace::Luma } else { ColorSpace::RGB };
    let options = options().jpeg_set_out_colorspace(space).set_strict_mode(!recover);
    let data = JpegDecoder::new_with_options(ZCursor::new(bytes), options).decode().map_err(|_| invalid())?;
    if data.len() != size {
        return Err(invalid());
    }
    Ok(Image { frames: 1, height, width, channels, samples: Samples::U8(data) })
}

/// How to encode.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    /// 0 to 100.
    pub quality: u8,
    pub progressive: bool,
    /// Make tables for this image; not done for subsampled colours.
    pub optimize: bool,
    /// Store colour at half the resolution.
    pub downsample: bool,
    /// Pixels per inch, or per centimetre.
    pub density: (u16, u16),
    pub per_centimetre: bool,
    pub xmp: &'a [u8],
}

/// Encode 8-bit samples of 1 or 3 channels. INVALID_ARGUMENT beyond 65,535 pixels a side.
pub fn encode(data: &[u8], height: usize, width: usize, channels: usize, options: &Options) -> Result<Vec<u8>> {
    let fail = |e: &dyn std::fmt::Display| Error::invalid(format!("JPEG encoding failed: {e}"));
    let (w, h) = (u16::try_from(width).map_err(|e| fail(&e))?, u16::try_from(height).map_err(|e| fail(&e))?);
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, options.quality.max(1));
    encoder.set_progressive(options.progressive);
    // With its own tables the encoder gives every component a scan, which not every decoder takes when colours are subsampled.
    encoder.set_optimized_huffman_tables(options.progressive || (options.optimize && !(options.downsample && channels == 3)));
    encoder.set_sampling_factor(if options.downsample { SamplingFactor::F_2_2 } else { SamplingFactor::F_1_1 });
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    let unit = if options.per_centimetre { PixelDensityUnit::Centimeters } else { PixelDensityUnit::Inches };
    encoder.set_density(PixelDensity { density: options.density, unit });
    if !options.xmp.is_empty() {
        let segment = [b"http://ns.adobe.com/xap/1.0/\0".as_slice(), options.xmp].concat();
        encoder.add_app_segment(1, segment).map_err(|e| fail(&e))?;
    }
    encoder.encode(data, w, h, if channels == 1 { ColorType::Luma } else { ColorType::Rgb }).map_err(|e| fail(&e))?;
    Ok(out)
}
