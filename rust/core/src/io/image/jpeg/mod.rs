//! JPEG files. Decoders differ by a few levels (inverse transform, colour, upsampling); this one stays close to libjpeg's.

use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, PixelDensity, PixelDensityUnit, SamplingFactor};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::{Image, Samples, check_bits};
use crate::error::{Error, Result};

mod scale;
mod scans;

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

/// Decode to `channels` (0: those of the file) at one `ratio`th (1, 2, 4, 8) of the size. A file that is cut short is refused, unless
/// `recover` asks for what is there.
pub fn decode(bytes: &[u8], channels: usize, ratio: usize, recover: bool) -> Result<Image> {
    let [height, width, own] = shape(bytes).map_err(|_| invalid())?;
    let channels = if channels == 0 { own.min(3) } else { channels };
    check_bits(height.div_ceil(8) * width.div_ceil(8), "blocks of 64 pixels", bytes.len())?;
    let data = if scans::is_separate(bytes) {
        let unknown =
            || Error::unimplemented("JPEG files with several scans, of which one has two components of different resolutions, are not supported");
        scans::decode(bytes, channels).ok_or_else(unknown)?
    } else {
        let space = if channels == 1 { ColorSpace::Luma } else { ColorSpace::RGB };
        let options = options().jpeg_set_out_colorspace(space).set_strict_mode(!recover);
        JpegDecoder::new_with_options(ZCursor::new(bytes), options).decode().map_err(|_| invalid())?
    };
    if data.len() != height * width * channels {
        return Err(invalid());
    }
    let (data, height, width) = if ratio > 1 { scale::reduce(&data, [height, width, channels], ratio) } else { (data, height, width) };
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
