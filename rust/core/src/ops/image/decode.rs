//! Image files into tensors: DecodePng, DecodeJpeg, DecodeAndCropJpeg, DecodeGif, DecodeBmp, DecodeImage, ExtractJpegShape.

use crate::error::{Error, Result};
use crate::graph::fact::Shape;
use crate::graph::infer::ShapeCtx;
use crate::io::image::{Format, Image, Samples, bmp, gif, jpeg, png};
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};
use graphpb_kernels::{DType, Tensor, shape_text};

const CHANNELS: AttrSpec = int("channels").default_int(0);
const NO_GRADIENT: Grad = Grad::Missing("TensorFlow registers none");
const JPEG: [AttrSpec; 6] = [
    CHANNELS,
    int("ratio").default_int(1),
    flag("fancy_upscaling", true),
    flag("try_recover_truncated", false),
    float("acceptable_fraction").default_float(1.0),
    string("dct_method").default_str(""),
];

pub static DECODE_PNG: OpDef = OpDef {
    name: "DecodePng",
    doc: "A PNG file as [height, width, channels]; `channels` 0 takes those of the file. Other formats of still images are decoded too.",
    inputs: &[arg_of("contents", DType::Str)],
    outputs: &[arg("image", "dtype")],
    attrs: &[CHANNELS, type_in("dtype", &[DType::U8, DType::U16]).default_type(DType::U8)],
    traits: Traits::PURE,
    shape: still,
    kernel: Kernel::Plain(|c: &mut KernelCtx| run(c, "DecodePng")),
    grad: NO_GRADIENT,
    sample: Some(|d| {
        let bytes = png_file(d);
        Case::new().input(bytes).attr("channels", d.one_of(&[0i64, 1, 3, 4])).attr("dtype", d.dtype)
    }),
    ..OpDef::BASE
};

pub static DECODE_JPEG: OpDef = OpDef {
    name: "DecodeJpeg",
    doc: "A JPEG file as uint8 [height, width, channels]; `channels` is 0 (those of the file), 1 or 3; `ratio` 2, 4 or 8 makes it smaller.",
    inputs: &[arg_of("contents", DType::Str)],
    outputs: &[arg_of("image", DType::U8)],
    attrs: &JPEG,
    traits: Traits::PURE,
    shape: still,
    kernel: Kernel::Plain(|c: &mut KernelCtx| run(c, "DecodeJpeg")),
    grad: NO_GRADIENT,
    sample: Some(|d| Case::new().input(jpeg_file(d)).attr("channels", d.one_of(&[0i64, 1, 3]))),
    ..OpDef::BASE
};

pub static DECODE_AND_CROP_JPEG: OpDef = OpDef {
    name: "DecodeAndCropJpeg",
    doc: "DecodeJpeg of the part that starts at (`crop_window`[0], `crop_window`[1]) and has `crop_window`[2] rows and `crop_window`[3] columns.",
    inputs: &[arg_of("contents", DType::Str), arg_of("crop_window", DType::I32)],
    outputs: &[arg_of("image", DType::U8)],
    attrs: &JPEG,
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| {
        still(c)?;
        let window = c.input(1).with_rank(1)?;
        if window.dim(0) >= 0 && window.dim(0) != 4 {
            return Err(Error::value(format!("Dimension must be 4 but is {}", window.dim(0))));
        }
        if let Some(&[_, _, height, width]) = c.ints(1).as_deref() {
            let channels = channels_of(c)?;
            c.set(0, Shape::of(&[height, width, channels]));
        }
        Ok(())
    },
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let image = decode(c, "DecodeAndCropJpeg")?;
        let bad = || Error::invalid("jpeg::Uncompress failed. Invalid JPEG data or crop window.");
        let window: Vec<usize> = c.ints(1)?.iter().map(|n| usize::try_from(*n)).collect::<Result<_, _>>().map_err(|_| bad())?;
        let (&[top, left, height, width], Samples::U8(data)) = (window.as_slice(), &image.samples) else { return Err(bad()) };
        if height == 0 || width == 0 || top + height > image.height || left + width > image.width {
            return Err(bad());
        }
        let n = image.channels;
        let rows = (top..top + height).filter_map(|y| data.get((y * image.width + left) * n..(y * image.width + left + width) * n));
        let part: Vec<u8> = rows.flatten().copied().collect();
        c.set(0, Tensor::from_slice(&part, &[height, width, n]));
        Ok(())
    }),
    grad: NO_GRADIENT,
    sample: Some(|d| Case::new().input(jpeg_file(d)).constant(Tensor::vector(&[0i32, 0, 1, 1]))),
    ..OpDef::BASE
};

pub static DECODE_GIF: OpDef = OpDef {
    name: "DecodeGif",
    doc: "All frames of a GIF file as uint8 [frames, height, width, 3]; a still image of another format gives one frame.",
    inputs: &[arg_of("contents", DType::Str)],
    outputs: &[arg_of("image", DType::U8)],
    attrs: &[],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| {
        c.input(0).with_rank(0)?;
        c.set(0, Shape::of(&[-1, -1, -1, 3]));
        Ok(())
    },
    kernel: Kernel::Plain(|c: &mut KernelCtx| run(c, "DecodeGif")),
    grad: NO_GRADIENT,
    sample: Some(|_| Case::new().input(Tensor::string_scalar(TINY_GIF))),
    ..OpDef::BASE
};

/// One red pixel.
const TINY_GIF: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\xff\0\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

pub static DECODE_BMP: OpDef = OpDef {
    name: "DecodeBmp",
    doc: "An uncompressed BMP file as uint8 [height, width, channels].",
    inputs: &[arg_of("contents", DType::Str)],
    outputs: &[arg_of("image", DType::U8)],
    attrs: &[CHANNELS],
    traits: Traits::PURE,
    shape: still,
    kernel: Kernel::Plain(|c: &mut KernelCtx| run(c, "DecodeBmp")),
    grad: NO_GRADIENT,
    sample: Some(|d| {
        let mut bytes = b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x02\0\0\0\x01\0\0\0\x01\0\x18\0".to_vec();
        bytes.resize(54, 0);
        bytes.extend((0..8).map(|_| d.below(256) as u8));
        Case::new().input(Tensor::string_scalar(&bytes))
    }),
    ..OpDef::BASE
};

pub static DECODE_IMAGE: OpDef = OpDef {
    name: "DecodeImage",
    doc: "A BMP, GIF, JPEG or PNG file as a tensor: [height, width, channels], or [frames, height, width, 3] for a GIF if `expand_animations`. \
          float32 is 0 to 1.",
    inputs: &[arg_of("contents", DType::Str)],
    outputs: &[arg("image", "dtype")],
    attrs: &[CHANNELS, type_in("dtype", &[DType::U8, DType::U16, DType::F32]).default_type(DType::U8), flag("expand_animations", true)],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| {
        if c.attrs().bool("expand_animations")? {
            c.input(0).with_rank(0)?;
            return Ok(());
        }
        still(c)
    },
    kernel: Kernel::Plain(|c: &mut KernelCtx| run(c, "DecodeImage")),
    grad: NO_GRADIENT,
    sample: Some(|d| {
        let file = if d.flag() { png_file(d) } else { jpeg_file(d) };
        Case::new().input(file).attr("dtype", d.dtype).attr("expand_animations", d.flag())
    }),
    ..OpDef::BASE
};

pub static EXTRACT_JPEG_SHAPE: OpDef = OpDef {
    name: "ExtractJpegShape",
    doc: "Height, width and channels that a JPEG file's header states.",
    inputs: &[arg_of("contents", DType::Str)],
    outputs: &[arg("image_shape", "output_type")],
    attrs: &[type_index("output_type")],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| {
        c.input(0).with_rank(0)?;
        c.set(0, Shape::vector(3));
        Ok(())
    },
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let shape = jpeg::shape(contents(c)?)?;
        let y = match c.output_dtype(0) {
            DType::I64 => Tensor::vector(&shape.map(|n| n as i64)),
            _ => Tensor::vector(&shape.map(|n| n as i32)),
        };
        c.set(0, y);
        Ok(())
    }),
    grad: NO_GRADIENT,
    sample: Some(|d| Case::new().input(jpeg_file(d)).attr("output_type", d.dtype)),
    ..OpDef::BASE
};

fn picture(d: &mut Draw) -> Image {
    let (height, width, channels) = (d.size(), d.size(), d.one_of(&[1usize, 3]));
    let data = (0..height * width * channels).map(|_| d.below(256) as u8).collect();
    Image { frames: 1, height, width, channels, samples: Samples::U8(data) }
}

fn png_file(d: &mut Draw) -> Tensor {
    Tensor::string_scalar(&png::encode(&picture(d), -1).unwrap_or_default())
}

fn jpeg_file(d: &mut Draw) -> Tensor {
    let (image, options) = (picture(d), super::encode::options());
    let Samples::U8(data) = &image.samples else { return Tensor::string_scalar(b"") };
    Tensor::string_scalar(&jpeg::encode(data, image.height, image.width, image.channels, &options).unwrap_or_default())
}

/// The attribute as a static size: -1 for "those of the file".
fn channels_of(c: &ShapeCtx) -> Result<i64> {
    match c.attrs().int("channels")? {
        n if n < 0 => Err(Error::value(format!("channels must be non-negative, got {n}"))),
        0 => Ok(-1),
        n => Ok(n),
    }
}

fn still(c: &mut ShapeCtx) -> Result<()> {
    c.input(0).with_rank(0)?;
    let channels = channels_of(c)?;
    c.set(0, Shape::of(&[-1, -1, channels]));
    Ok(())
}

fn contents<'a>(c: &'a KernelCtx) -> Result<&'a [u8]> {
    let x = c.input(0);
    match (x.rank(), x.as_strings()) {
        (0, [bytes]) => Ok(bytes),
        _ => Err(Error::invalid(format!("`contents` must be scalar but got shape{}", shape_text(x.dims())))),
    }
}

/// Decode input 0 for the op called `op`, whatever the format, where the op takes it.
fn decode(c: &KernelCtx, op: &str) -> Result<Image> {
    let attrs = c.attrs();
    let channels = if attrs.get("channels").is_some() { attrs.int("channels")? } else { 3 };
    if !matches!(channels, 0 | 1 | 3 | 4) {
        return Err(Error::invalid(format!("`channels` must be 0, 1, 3 or 4 but got {channels}")));
    }
    let channels = channels as usize;
    let (mut recover, mut ratio) = (false, 1);
    if attrs.get("dct_method").is_some() {
        ratio = match attrs.int("ratio")? {
            ratio @ (1 | 2 | 4 | 8) => ratio as usize,
            ratio => return Err(Error::invalid(format!("ratio must be 1, 2, 4, or 8, got {ratio}"))),
        };
        if !matches!(attrs.str("dct_method")?, "" | "INTEGER_FAST" | "INTEGER_ACCURATE") {
            return Err(Error::invalid("dct_method must be one of {'', 'INTEGER_FAST', 'INTEGER_ACCURATE'}"));
        }
        recover = attrs.bool("try_recover_truncated")?;
    }
    let bytes = contents(c)?;
    if bytes.is_empty() {
        return Err(Error::invalid("Input is empty."));
    }
    let unknown = || Error::invalid("Unknown image file format. One of JPEG, JPEG XL, PNG, GIF, BMP, WebP required.");
    let format = Format::of(bytes).ok_or_else(unknown)?;
    let any = op == "DecodeImage";
    let wrong =
        |use_: &str| Error::invalid(format!("Trying to decode {} format using {op} op. Use `{use_}` or `decode_image` instead.", format.name()));
    let image = match format {
        Format::Bmp if op == "DecodeBmp" || any => bmp::decode(bytes, channels)?,
        Format::Bmp => {
            return Err(Error::invalid(format!(
                "Trying to decode BMP format using a wrong op. Use `decode_bmp` or `decode_image` instead. Op used: {op}"
            )));
        }
        Format::Png if op == "DecodeBmp" || op == "DecodeAndCropJpeg" => return Err(wrong("decode_png")),
        Format::Jpeg if op == "DecodeBmp" => return Err(wrong("decode_jpeg")),
        Format::Gif if op == "DecodeBmp" || op == "DecodeAndCropJpeg" => return Err(wrong("decode_gif")),
        Format::Png => png::decode(bytes, channels, wide(c))?,
        Format::Jpeg if channels == 4 => return Err(Error::invalid("JPEG does not support 4 channels")),
        Format::Jpeg => jpeg::decode(bytes, channels, ratio, recover)?,
        Format::Gif => {
            if !matches!(channels, 0 | 3) {
                return Err(Error::invalid(format!("channels must be 0 or 3 for GIF, but got {channels}")));
            }
            let image = gif::decode(bytes)?;
            if image.frames > 1 && op != "DecodeGif" && !any {
                return Err(Error::invalid(format!(
                    "Got {} frames, but animated gifs can only be decoded by tf.io.decode_gif or tf.io.decode_image",
                    image.frames
                )));
            }
            image
        }
    };
    Ok(image)
}

/// Whether 16 bits a sample are wanted of a PNG file.
fn wide(c: &KernelCtx) -> bool {
    c.output_dtype(0) != DType::U8
}

fn run(c: &mut KernelCtx, op: &str) -> Result<()> {
    let image = decode(c, op)?;
    let animation = Format::of(contents(c)?) == Some(Format::Gif);
    let frames = match op {
        "DecodeGif" => true,
        "DecodeImage" => animation && c.attrs().bool("expand_animations")?,
        _ => false,
    };
    let mut dims = vec![image.height, image.width, image.channels];
    if frames {
        dims.insert(0, image.frames);
    }
    let size: usize = dims.iter().product();
    let y = match (image.samples, c.output_dtype(0)) {
        (Samples::U8(v), DType::U8) => Tensor::from_slice(v.get(..size).unwrap_or(&[]), &dims),
        (Samples::U16(v), DType::U16) => Tensor::from_slice(&v, &dims),
        (Samples::U8(v), DType::U16) => Tensor::from_slice(&v.iter().take(size).map(|v| u16::from(*v) * 256).collect::<Vec<_>>(), &dims),
        (Samples::U8(v), _) => Tensor::from_slice(&v.iter().take(size).map(|v| f32::from(*v) * (1.0 / 255.0)).collect::<Vec<_>>(), &dims),
        (Samples::U16(v), DType::U8) => Tensor::from_slice(&v.iter().map(|v| (v >> 8) as u8).collect::<Vec<_>>(), &dims),
        (Samples::U16(v), _) => Tensor::from_slice(&v.iter().map(|v| f32::from(*v) * (1.0 / 65535.0)).collect::<Vec<_>>(), &dims),
    };
    c.set(0, y);
    Ok(())
}
