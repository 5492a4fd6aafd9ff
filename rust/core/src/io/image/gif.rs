//! GIF animations: each frame drawn over the one before; what no frame has drawn is black.

use std::io::Cursor;

use ::gif::{ColorOutput, DecodeOptions, MemoryLimit};

use super::{Image, Samples, too_large};
use crate::error::{Error, Result};

/// A code of twelve bits makes at most 4,096 pixels.
const PIXELS_PER_BYTE: usize = 4096 * 8 / 12;
/// A frame may draw a small part of its image; images of up to so many pixels are not compared with the length of the file.
const SMALL_IMAGE: usize = 1 << 20;
/// So are animations of up to so many bytes, whose frames may each change a few pixels.
const SMALL_ANIMATION: usize = 256 << 20;

/// All frames, RGB. A file that ends early gives the frames that are whole, if there is one.
pub fn decode(bytes: &[u8]) -> Result<Image> {
    let fail = |what: &dyn std::fmt::Display| Error::invalid(format!("Invalid GIF data (size {}), {what}", bytes.len()));
    let most = bytes.len().saturating_mul(PIXELS_PER_BYTE).max(SMALL_IMAGE);
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::RGBA);
    options.set_memory_limit(MemoryLimit::Bytes((most as u64 * 4).try_into().map_err(|e| fail(&e))?));
    let mut decoder = options.read_info(Cursor::new(bytes)).map_err(|e| fail(&format!("failed to open gif file: {e}")))?;
    let (width, height) = (usize::from(decoder.width()), usize::from(decoder.height()));
    let size = height * width * 3;
    if height * width > most {
        return Err(too_large(height * width, "pixels", bytes.len()));
    }
    let mut samples: Vec<u8> = Vec::new();
    let mut frames = 0;
    let mut canvas = vec![0u8; size];
    loop {
        let frame = match decoder.read_next_frame() {
            Ok(Some(frame)) => frame,
            Ok(None) => break,
            Err(_) if frames > 0 => break,
            Err(e) => return Err(fail(&format!("failed to slurp gif file: {e}"))),
        };
        let (left, top, frame_width) = (usize::from(frame.left), usize::from(frame.top), usize::from(frame.width));
        if left + frame_width > width || top + usize::from(frame.height) > height {
            return Err(fail(&"a frame lies outside the image"));
        }
        for (y, row) in frame.buffer.chunks_exact((frame_width * 4).max(1)).enumerate() {
            let start = ((top + y) * width + left) * 3;
            let Some(target) = canvas.get_mut(start..start + frame_width * 3) else { break };
            for (to, from) in target.chunks_exact_mut(3).zip(row.chunks_exact(4)) {
                if let (&[r, g, b, a], true) = (from, from.last() != Some(&0)) {
                    let _ = a;
                    to.copy_from_slice(&[r, g, b]);
                }
            }
        }
        frames += 1;
        if frames * size > SMALL_ANIMATION.max(most * 3) {
            return Err(too_large(frames * height * width, "pixels in frames", bytes.len()));
        }
        samples.extend_from_slice(&canvas);
    }
    if frames == 0 {
        return Err(fail(&"gif file does not contain any image"));
    }
    Ok(Image { frames, height, width, channels: 3, samples: Samples::U8(samples) })
}
