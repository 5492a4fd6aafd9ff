//! AudioSummary and AudioSummaryV2: clips as 16-bit WAV files.

use super::{entry, numbered, scalar_tag, set};
use crate::error::{Error, Result};
use crate::graph::infer::{ShapeCtx, scalars};
use crate::io::wav;
use crate::plan::kernel::KernelCtx;
use crate::proto::summary;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};
use graphpb_kernels::{DType, Tensor, shape_text};

const MOST: AttrSpec = int("max_outputs").default_int(3).at_least(1);

pub static AUDIO_SUMMARY: OpDef = OpDef {
    name: "AudioSummary",
    doc: "A Summary message with up to `max_outputs` clips of `tensor`, [clips, frames] or [clips, frames, channels], values -1 to 1.",
    inputs: &[arg_of("tag", DType::Str), arg_of("tensor", DType::F32)],
    outputs: &[arg_of("summary", DType::Str)],
    attrs: &[float("sample_rate"), MOST],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| scalars(c),
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let rate = c.attrs().float("sample_rate")?;
        run(c, rate)
    }),
    grad: Grad::NotDifferentiable("a summary is a string"),
    sample: Some(|d| clips(d).attr("sample_rate", 8000.0f32)),
    deprecated: Some(15),
    ..OpDef::BASE
};

pub static AUDIO_SUMMARY_V2: OpDef = OpDef {
    name: "AudioSummaryV2",
    doc: "AudioSummary with the sample rate, in hertz, as an input.",
    inputs: &[arg_of("tag", DType::Str), arg_of("tensor", DType::F32), arg_of("sample_rate", DType::F32)],
    outputs: &[arg_of("summary", DType::Str)],
    attrs: &[MOST],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| scalars(c),
    kernel: Kernel::Plain(|c: &mut KernelCtx| match c.input(2).slice::<f32>() {
        &[rate] => run(c, rate),
        _ => Err(Error::invalid("sample_rate must be a scalar")),
    }),
    grad: Grad::NotDifferentiable("a summary is a string"),
    sample: Some(|d| clips(d).input(Tensor::scalar(8000f32))),
    ..OpDef::BASE
};

fn clips(d: &mut Draw) -> Case {
    let dims = d.full_dims(2, 3);
    Case::new().input(Tensor::string_scalar(b"a")).input(d.tensor_of(DType::F32, &dims, -1.2, 1.2)).attr("max_outputs", 1 + d.below(3) as i64)
}

fn run(c: &mut KernelCtx, rate: f32) -> Result<()> {
    let tag = scalar_tag(c, 0, "tag must be a scalar")?;
    let most = c.attrs().int("max_outputs")?;
    let x = c.input(1);
    let (clips, frames, channels) = match *x.dims() {
        [b, n] => (b, n, 1),
        [b, n, c] => (b, n, c),
        _ => return Err(Error::invalid(format!("Tensor must be 3-D or 2-D, got: {}", shape_text(x.dims())))),
    };
    if !(rate > 0.0) {
        return Err(Error::invalid("sample_rate must be > 0"));
    }
    let mut value = Vec::new();
    let samples = frames * channels;
    for i in 0..clips.min(usize::try_from(most).unwrap_or(0)) {
        let clip = x.slice::<f32>().get(i * samples..(i + 1) * samples).unwrap_or(&[]);
        let audio = summary::Audio {
            sample_rate: rate,
            num_channels: channels as i64,
            length_frames: frames as i64,
            encoded_audio_string: wav::encode(clip, rate, channels)?,
            content_type: "audio/wav".into(),
        };
        value.push(entry(numbered(&tag, "audio", most, i), summary::value::Value::Audio(audio)));
    }
    set(c, value);
    Ok(())
}
