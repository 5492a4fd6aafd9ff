//! Tensors into image files: EncodePng, EncodeJpeg, EncodeJpegVariableQuality.

use crate::error::{Error, Result};
use crate::graph::fact::Shape;
use crate::graph::infer::ShapeCtx;
use crate::io::image::{Image, Samples, jpeg, png};
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::{Bytes, DType, Tensor, shape_text};

pub static ENCODE_PNG: OpDef = OpDef {
    name: "EncodePng",
    doc: "[…, height, width, channels] (1 to 4 channels) as PNG files. `compression` is -1 (the default) or 0 to 9.",
    inputs: &[arg("image", "T")],
    outputs: &[arg_of("contents", DType::Str)],
    attrs: &[int("compression").default_int(-1), type_in("T", &[DType::U8, DType::U16]).default_type(DType::U8)],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| {
        let s = c.input(0).with_rank_at_least(3)?;
        if let Some(rank) = s.rank() {
            c.set(0, s.sub(0..rank.saturating_sub(3)));
        }
        Ok(())
    },
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let compression = c.attrs().int("compression")?;
        let x = c.input(0);
        let [batch @ .., height, width, channels] = x.dims() else {
            return Err(Error::invalid(format!("images must be at least rank 3, got shape {}", shape_text(x.dims()))));
        };
        let (height, width, channels) = (*height, *width, *channels);
        if !(1..=4).contains(&channels) {
            return Err(Error::invalid(format!("image must have 1, 2, 3, or 4 channels, got {channels}")));
        }
        let (n, size) = (batch.iter().product::<usize>(), height * width * channels);
        if size == 0 && n > 0 {
            return Err(Error::invalid(format!("image must not be empty, got shape {}", shape_text(x.dims()))));
        }
        let file = |i: usize| -> Result<Bytes> {
            let part = i * size..(i + 1) * size;
            let samples = match x.dtype() {
                DType::U16 => Samples::U16(x.slice::<u16>().get(part).unwrap_or(&[]).to_vec()),
                _ => Samples::U8(x.slice::<u8>().get(part).unwrap_or(&[]).to_vec()),
            };
            Ok(png::encode(&Image { frames: 1, height, width, channels, samples }, compression)?.into())
        };
        let files = (0..n).map(file).collect::<Result<Vec<_>>>()?;
        let y = Tensor::strings(files, batch);
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| {
        let mut dims = d.full_dims(2, 4);
        dims.push(1 + d.below(4));
        Case::new().input(d.tensor(&dims)).attr("compression", d.below(4) as i64 - 1)
    }),
    ..OpDef::BASE
};

pub static ENCODE_JPEG: OpDef = OpDef {
    name: "EncodeJpeg",
    doc: "[height, width, channels] (1 or 3 channels) as a JPEG file.",
    inputs: &[arg_of("image", DType::U8)],
    outputs: &[arg_of("contents", DType::Str)],
    attrs: &[
        string("format").one_of(&["", "grayscale", "rgb"]).default_str(""),
        int("quality").default_int(95),
        flag("progressive", false),
        flag("optimize_size", false),
        flag("chroma_downsampling", true),
        string("density_unit").one_of(&["in", "cm"]).default_str("in"),
        int("x_density").default_int(300),
        int("y_density").default_int(300),
        string("xmp_metadata").default_str(""),
    ],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| {
        c.input(0).with_rank(3)?;
        c.set(0, Shape::scalar());
        Ok(())
    },
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let attrs = c.attrs();
        let density = |name: &str| -> Result<u16> {
            let v = attrs.int(name)?;
            u16::try_from(v).map_err(|_| Error::invalid(format!("{name} must be 0 to 65535, got {v}")))
        };
        let options = jpeg::Options {
            quality: quality(attrs.int("quality")?)?,
            progressive: attrs.bool("progressive")?,
            optimize: attrs.bool("optimize_size")?,
            downsample: attrs.bool("chroma_downsampling")?,
            density: (density("x_density")?, density("y_density")?),
            per_centimetre: attrs.str("density_unit")? == "cm",
            xmp: attrs.bytes("xmp_metadata")?,
        };
        let x = c.input(0);
        let wrong = |what: &str| Error::invalid(format!("{what} channels, got {}", shape_text(x.dims())));
        match (attrs.str("format")?, x.dims().get(2)) {
            ("grayscale", Some(n)) if *n != 1 => return Err(wrong("format grayscale expects 1")),
            ("rgb", Some(n)) if *n != 3 => return Err(wrong("format rgb expects 3")),
            _ => {}
        }
        let y = encode(x, &options)?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| {
        let dims = [d.size(), d.size(), d.one_of(&[1, 3])];
        Case::new().input(d.tensor_of(DType::U8, &dims, 0.0, 255.0)).attr("quality", d.below(101) as i64).attr("progressive", d.flag())
    }),
    ..OpDef::BASE
};

pub static ENCODE_JPEG_VARIABLE_QUALITY: OpDef = OpDef {
    name: "EncodeJpegVariableQuality",
    doc: "EncodeJpeg with the quality, 0 to 100, as an input.",
    inputs: &[arg_of("images", DType::U8), arg_of("quality", DType::I32)],
    outputs: &[arg_of("contents", DType::Str)],
    attrs: &[],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| {
        c.input(0).with_rank(3)?;
        c.input(1).with_rank(0)?;
        c.set(0, Shape::scalar());
        Ok(())
    },
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let options = jpeg::Options { quality: quality(c.int(1)?)?, ..options() };
        let y = encode(c.input(0), &options)?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| {
        let dims = [d.size(), d.size(), d.one_of(&[1, 3])];
        let quality = Tensor::scalar(d.below(101) as i32);
        Case::new().input(d.tensor_of(DType::U8, &dims, 0.0, 255.0)).input(quality)
    }),
    ..OpDef::BASE
};

/// The op's defaults.
pub(super) fn options() -> jpeg::Options<'static> {
    jpeg::Options { quality: 95, progressive: false, optimize: false, downsample: true, density: (300, 300), per_centimetre: false, xmp: b"" }
}

fn quality(v: i64) -> Result<u8> {
    u8::try_from(v).ok().filter(|q| *q <= 100).ok_or_else(|| Error::invalid(format!("quality must be in [0,100], got {v}")))
}

fn encode(x: &Tensor, options: &jpeg::Options) -> Result<Tensor> {
    let &[height, width, channels] = x.dims() else {
        return Err(Error::invalid(format!("image must be 3-dimensional{}", shape_text(x.dims()))));
    };
    if !matches!(channels, 1 | 3) {
        return Err(Error::invalid(format!("image must have 1 or 3 channels, got {}", shape_text(x.dims()))));
    }
    if height * width == 0 {
        return Err(Error::invalid(format!("image must not be empty, got shape {}", shape_text(x.dims()))));
    }
    Ok(Tensor::string_scalar(&jpeg::encode(x.slice::<u8>(), height, width, channels, options)?))
}
