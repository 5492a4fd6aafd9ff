//! ImageSummary: pictures as PNG files.

use super::{entry, numbered, scalar_tag, set};
use crate::error::{Error, Result};
use crate::graph::infer::{ShapeCtx, scalars};
use crate::io::image::{Image, Samples, png};
use crate::plan::kernel::KernelCtx;
use crate::proto::summary;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::{DType, Tensor, f16, shape_text};

pub static IMAGE_SUMMARY: OpDef = OpDef {
    name: "ImageSummary",
    doc: "A Summary message with up to `max_images` pictures of `tensor`, [batch, height, width, channels] with 1, 3 or 4 channels. \
          uint8 is taken as it is; floats are scaled to 0…255, around 128 when some are negative, and pixels that are not finite get `bad_color`.",
    inputs: &[arg_of("tag", DType::Str), arg("tensor", "T")],
    outputs: &[arg_of("summary", DType::Str)],
    attrs: &[
        int("max_images").default_int(3).at_least(1),
        type_in("T", &[DType::U8, DType::F32, DType::F16, DType::F64]).default_type(DType::F32),
        attr("bad_color", AttrKind::Tensor).default_of(Default::Bytes(&[255, 0, 0, 255])),
    ],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| scalars(c),
    kernel: Kernel::Plain(run),
    grad: Grad::NotDifferentiable("a summary is a string"),
    sample: Some(|d| {
        let mut dims = d.full_dims(3, 3);
        dims.push(d.one_of(&[1, 3, 4]));
        Case::new().input(Tensor::string_scalar(b"i")).input(d.tensor(&dims)).attr("max_images", 1 + d.below(3) as i64)
    }),
    ..OpDef::BASE
};

fn run(c: &mut KernelCtx) -> Result<()> {
    let tag = scalar_tag(c, 0, "Tags must be a scalar")?;
    let (most, bad) = (c.attrs().int("max_images")?, c.attrs().tensor("bad_color")?);
    let x = c.input(1);
    let &[batch, height, width, channels @ (1 | 3 | 4)] = x.dims() else {
        return Err(Error::invalid(format!("Tensor must be 4-D with last dim 1, 3, or 4, not {}", shape_text(x.dims()))));
    };
    if batch > 0 && height * width == 0 {
        let sizes: Vec<String> = x.dims().iter().map(usize::to_string).collect();
        return Err(Error::invalid(format!("input tensor must have non-zero dims. Found: [{}].", sizes.join(", "))));
    }
    if bad.dtype() != DType::U8 {
        return Err(Error::invalid(format!("bad_color must be uint8, got {}", bad.dtype().c_name())));
    }
    let bad = bad.slice::<u8>();
    if bad.len() < channels {
        return Err(Error::invalid(format!("expected depth <= bad_color.size, got depth = {channels}, bad_color.size = {}", bad.len())));
    }
    let size = height * width * channels;
    let mut value = Vec::new();
    for i in 0..batch.min(usize::try_from(most).unwrap_or(0)) {
        let part = i * size..(i + 1) * size;
        let pixels = match x.dtype() {
            DType::U8 => x.slice::<u8>()[part].to_vec(),
            DType::F32 => scaled(&x.slice::<f32>()[part], channels, bad, |v| v, |v, scale, offset| (v * scale + offset) as u8),
            DType::F64 => {
                scaled(&x.slice::<f64>()[part], channels, bad, |v| v as f32, |v, scale, offset| (v * f64::from(scale) + f64::from(offset)) as u8)
            }
            _ => scaled(&x.slice::<f16>()[part], channels, bad, f16::to_f32, |v, scale, offset| {
                (v * f16::from_f32(scale) + f16::from_f32(offset)).to_f32() as u8
            }),
        };
        let picture = Image { frames: 1, height, width, channels, samples: Samples::U8(pixels) };
        let image = summary::Image {
            height: height as i32,
            width: width as i32,
            colorspace: channels as i32,
            encoded_image_string: png::encode(&picture, -1)?,
        };
        value.push(entry(numbered(&tag, "image", most, i), summary::value::Value::Image(image)));
    }
    set(c, value);
    Ok(())
}

/// Values scaled to bytes: by 255 / max, or by 127 / max|v| around 128 when one is negative. Pixels with a value that is not
/// finite do not count, and become `bad`.
fn scaled<T: Copy>(values: &[T], channels: usize, bad: &[u8], single: impl Fn(T) -> f32, affine: impl Fn(T, f32, f32) -> u8) -> Vec<u8> {
    let finite = |pixel: &[T]| pixel.iter().all(|v| single(*v).is_finite());
    let (mut least, mut most) = (f32::INFINITY, f32::NEG_INFINITY);
    for v in values.chunks_exact(channels).filter(|p| finite(p)).flatten() {
        least = least.min(single(*v));
        most = most.max(single(*v));
    }
    let range = |span: f32, most: f32| if most < 1e-6 { 0.0 } else { span / most };
    let (scale, offset) = if least < 0.0 { (range(127.0, least.abs().max(most.abs())), 128.0) } else { (range(255.0, most), 0.0) };
    let mut out = Vec::with_capacity(values.len());
    for pixel in values.chunks_exact(channels) {
        if finite(pixel) {
            out.extend(pixel.iter().map(|v| affine(*v, scale, offset)));
        } else {
            out.extend_from_slice(&bad[..channels]);
        }
    }
    out
}
