//! WAV files of 16-bit samples.

use crate::error::{Error, Result};

/// Samples from -1 to 1 (others are clipped), channels interleaved, as a WAV file. The rate is rounded to whole hertz, at least 1.
///
/// INVALID_ARGUMENT without samples or channels, or when the sizes do not fit the format's 32-bit fields.
pub fn encode(samples: &[f32], rate: f32, channels: usize) -> Result<Vec<u8>> {
    let too_large = || Error::invalid("Provided channels and/or sample rate do not fit a WAV file");
    if samples.is_empty() || channels == 0 {
        return Err(Error::invalid("num_channels and num_frames must be positive"));
    }
    let rate = (rate.round_ties_even() as u32).max(1);
    let size = u32::try_from(samples.len() * 2).ok().filter(|n| *n <= u32::MAX - 36).ok_or_else(too_large)?;
    let frame = u16::try_from(channels * 2).map_err(|_| too_large())?;
    let per_second = rate.checked_mul(u32::from(frame)).ok_or_else(too_large)?;
    let mut out = Vec::with_capacity(44 + samples.len() * 2);
    out.extend(b"RIFF");
    out.extend((size + 36).to_le_bytes());
    out.extend(b"WAVEfmt ");
    out.extend(16u32.to_le_bytes());
    out.extend(1u16.to_le_bytes());
    out.extend((frame / 2).to_le_bytes());
    out.extend(rate.to_le_bytes());
    out.extend(per_second.to_le_bytes());
    out.extend(frame.to_le_bytes());
    out.extend(16u16.to_le_bytes());
    out.extend(b"data");
    out.extend(size.to_le_bytes());
    for s in samples {
        // TensorFlow scales by 2^15 and saturates.
        out.extend(((s * 32768.0).round() as i16).to_le_bytes());
    }
    Ok(out)
}
