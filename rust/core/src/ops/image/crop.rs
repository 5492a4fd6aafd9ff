//! CropAndResize with its gradient ops, and ResizeArea.

use graphpb_kernels::crop::{Crop, resize_area};
use graphpb_kernels::pointwise::cast;
use graphpb_kernels::{DType, Tensor, shape_text};

use crate::error::{Error, Result};
use crate::graph::attr::Attrs;
use crate::graph::fact::Shape;
use crate::graph::infer::ShapeCtx;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};

const TYPES: &[DType] = &[DType::U8, DType::U16, DType::I8, DType::I16, DType::I32, DType::I64, DType::F16, DType::F32, DType::F64];
const METHOD: AttrSpec = string("method").default_str("bilinear").one_of(&["bilinear", "nearest"]);

fn image_dims(t: &Tensor, what: &str) -> Result<[usize; 4]> {
    match *t.dims() {
        [b, h, w, c] if h > 0 && w > 0 => Ok([b, h, w, c]),
        [_, _, _, _] => Err(Error::invalid(format!("{what} dimensions must be positive: {}", shape_text(t.dims())))),
        _ => Err(Error::invalid(format!("{what} must be 4-D, got shape {}", shape_text(t.dims())))),
    }
}

/// The image of each box; boxes are input `i`, their images input `i + 1`.
fn owners(c: &KernelCtx, i: usize, batch: usize) -> Result<Vec<usize>> {
    let (boxes, of) = (c.input(i), c.input(i + 1));
    match (boxes.dims(), of.dims()) {
        ([n, 4], [m]) if n == m => {}
        ([_, 4], _) => return Err(Error::invalid(format!("boxes and box_index have incompatible shape: {}", shape_text(of.dims())))),
        (d, _) => return Err(Error::invalid(format!("boxes must be [num_boxes, 4], got {}", shape_text(d)))),
    }
    let inside = |v: i64| usize::try_from(v).ok().filter(|&v| v < batch);
    c.ints(i + 1)?
        .into_iter()
        .map(|v| inside(v).ok_or_else(|| Error::status(crate::error::Code::OutOfRange, "box_index has values outside [0, batch_size)")))
        .collect()
}

fn positive_pair(v: &[i64]) -> Option<[usize; 2]> {
    match *v {
        [h, w] if h > 0 && w > 0 => Some([h as usize, w as usize]),
        _ => None,
    }
}

fn forward(c: &mut KernelCtx) -> Result<()> {
    let [batch, h, w, channels] = image_dims(c.input(0), "image")?;
    let of = owners(c, 1, batch)?;
    let sizes = c.ints(3)?;
    let size = positive_pair(&sizes).ok_or_else(|| Error::invalid(format!("crop dimensions must be positive, got {sizes:?}")))?;
    let (outside, nearest) = (c.attrs().float("extrapolation_value")?, c.attrs().str("method")? == "nearest");
    let images = cast(c.input(0), DType::F32)?;
    let mut out = Tensor::try_scratch(DType::F32, &[of.len(), size[0], size[1], channels])?;
    let crop = Crop { image: [h, w], channels, size, nearest };
    crop.forward(images.slice(), c.input(1).slice(), &of, outside, out.slice_mut());
    c.set(0, out);
    Ok(())
}

fn shape(c: &mut ShapeCtx) -> Result<()> {
    let (image, boxes) = (c.input(0).with_rank(4)?, c.input(1).with_rank(2)?);
    c.input(2).with_rank(1)?;
    crate::graph::infer::equal_sizes(boxes.dim(1), 4)?;
    let size = c.shape_value(3);
    c.set(0, Shape::of(&[boxes.dim(0), size.dim(0), size.dim(1), image.dim(3)]));
    Ok(())
}

/// An image, boxes partly outside of it, and whose they are.
fn draw(d: &mut Draw) -> (Tensor, Tensor, Tensor, [usize; 2]) {
    let dims = [1 + d.below(2), 2 + d.below(3), 2 + d.below(3), d.size()];
    let n = d.size();
    let (low, high) = (d.tensor_of(DType::F32, &[n, 2], -0.2, 0.4), d.tensor_of(DType::F32, &[n, 2], 0.5, 1.3));
    let corners: Vec<f32> = low.slice::<f32>().chunks(2).zip(high.slice::<f32>().chunks(2)).flat_map(|(a, b)| [a[0], a[1], b[0], b[1]]).collect();
    let of: Vec<i32> = (0..n).map(|_| d.below(dims[0]) as i32).collect();
    let size = [1 + d.below(4), 1 + d.below(4)];
    (d.tensor_in(&dims, 0.0, 5.0), Tensor::from_slice(&corners, &[n, 4]), Tensor::vector(&of), size)
}

pub static CROP_AND_RESIZE: OpDef = OpDef {
    name: "CropAndResize",
    doc: "Boxes [y1, x1, y2, x2], in fractions of the size, cut out of images and resized to crop_size.",
    inputs: &[arg("image", "T"), arg_of("boxes", DType::F32), arg_of("box_ind", DType::I32), arg_of("crop_size", DType::I32)],
    outputs: &[arg_of("crops", DType::F32)],
    attrs: &[type_in("T", TYPES), METHOD, float("extrapolation_value").default_float(0.0)],
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(forward),
    grad: Grad::Rule(|c| {
        let (image, boxes, of, g) = (c.input(0), c.input(1), c.input(2), c.grad(0)?);
        let (kind, method) = (c.dtype(image), c.attrs().str("method")?.to_owned());
        if matches!(kind, DType::F16 | DType::F32 | DType::F64) {
            let size = c.shape_tensor(image)?;
            let attrs = Attrs::new().with("T", kind).with("method", method.as_str());
            let gi = c.op("CropAndResizeGradImage", &[g, boxes, of, size], attrs)?;
            c.set(0, gi);
        }
        // TensorFlow differentiates the boxes as if the method were bilinear.
        let gb = c.call("CropAndResizeGradBoxes", &[g, image, boxes, of])?;
        c.set(1, gb);
        Ok(())
    }),
    sample: Some(|d| {
        let (image, boxes, of, size) = draw(d);
        let case = Case::new().input(image).input(boxes).input(of).constant(d.shape_vector(&size));
        case.attr("method", d.one_of(&["bilinear", "nearest"])).attr("extrapolation_value", 1.5f32).differentiate(&[])
    }),
    ..OpDef::BASE
};

pub static CROP_AND_RESIZE_GRAD_IMAGE: OpDef = OpDef {
    name: "CropAndResizeGradImage",
    doc: "The gradient of CropAndResize by its images, of sizes image_size.",
    inputs: &[arg_of("grads", DType::F32), arg_of("boxes", DType::F32), arg_of("box_ind", DType::I32), arg_of("image_size", DType::I32)],
    outputs: &[arg("output", "T")],
    attrs: &[type_in("T", &[DType::F32, DType::F16, DType::F64]), METHOD],
    traits: Traits::PURE,
    shape: |c| {
        let s = c.shape_value(3).with_rank(4)?;
        c.set(0, s);
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let [n, gh, gw, gc] = image_dims(c.input(0), "grads")?;
        let sizes = c.ints(3)?;
        let dims: Vec<usize> = sizes.iter().filter_map(|&v| usize::try_from(v).ok()).collect();
        let [batch, h, w, channels] = dims[..] else {
            return Err(Error::invalid(format!("image_size must have 4 elements, got {sizes:?}")));
        };
        let of = owners(c, 1, batch)?;
        if h == 0 || w == 0 || channels != gc || of.len() != n {
            return Err(Error::invalid(format!("image_size {sizes:?} does not fit grads of shape {}", shape_text(c.input(0).dims()))));
        }
        let nearest = c.attrs().str("method")? == "nearest";
        let mut out = Tensor::try_zeros(DType::F32, &dims)?;
        let crop = Crop { image: [h, w], channels, size: [gh, gw], nearest };
        crop.to_image(c.input(0).slice(), c.input(1).slice(), &of, out.slice_mut());
        let out = cast(&out, c.output_dtype(0))?;
        c.set(0, out);
        Ok(())
    }),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| {
        let kind = d.dtype;
        let (image, boxes, of, size) = draw(d);
        let [batch, h, w, c] = [0, 1, 2, 3].map(|i| image.dims()[i]);
        let grads = d.tensor_of(DType::F32, &[boxes.dims()[0], size[0], size[1], c], -1.0, 1.0);
        let sizes = d.shape_vector(&[batch, h, w, c]);
        Case::new().input(grads).input(boxes).input(of).constant(sizes).attr("T", kind).attr("method", d.one_of(&["bilinear", "nearest"]))
    }),
    ..OpDef::BASE
};

pub static CROP_AND_RESIZE_GRAD_BOXES: OpDef = OpDef {
    name: "CropAndResizeGradBoxes",
    doc: "The gradient of CropAndResize by its boxes.",
    inputs: &[arg_of("grads", DType::F32), arg("image", "T"), arg_of("boxes", DType::F32), arg_of("box_ind", DType::I32)],
    outputs: &[arg_of("output", DType::F32)],
    attrs: &[type_in("T", TYPES), string("method").default_str("bilinear").one_of(&["bilinear"])],
    traits: Traits::PURE,
    shape: |c| {
        let s = c.input(2).with_rank(2)?;
        c.set(0, s);
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let [n, gh, gw, gc] = image_dims(c.input(0), "grads")?;
        let [batch, h, w, channels] = image_dims(c.input(1), "image")?;
        let of = owners(c, 2, batch)?;
        if channels != gc || of.len() != n {
            return Err(Error::invalid(format!("image depth and boxes must fit grads of shape {}", shape_text(c.input(0).dims()))));
        }
        let images = cast(c.input(1), DType::F32)?;
        let mut out = Tensor::try_zeros(DType::F32, &[n, 4])?;
        let crop = Crop { image: [h, w], channels, size: [gh, gw], nearest: false };
        crop.to_boxes(c.input(0).slice(), images.slice(), c.input(2).slice(), &of, out.slice_mut());
        c.set(0, out);
        Ok(())
    }),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| {
        let (image, boxes, of, size) = draw(d);
        let grads = d.tensor_of(DType::F32, &[boxes.dims()[0], size[0], size[1], image.dims()[3]], -1.0, 1.0);
        Case::new().input(grads).input(image).input(boxes).input(of)
    }),
    ..OpDef::BASE
};

pub static RESIZE_AREA: OpDef = OpDef {
    name: "ResizeArea",
    doc: "Images resized by averaging the area that each output pixel covers; float32.",
    inputs: &[arg("images", "T"), arg_of("size", DType::I32)],
    outputs: &[arg_of("resized_images", DType::F32)],
    attrs: &[
        type_in("T", &[DType::I8, DType::U8, DType::I16, DType::U16, DType::I32, DType::I64, DType::F16, DType::F32, DType::F64, DType::BF16]),
        flag("align_corners", false),
    ],
    traits: Traits::PURE,
    shape: |c| {
        let x = c.input(0).with_rank(4)?;
        let size = c.shape_value(1);
        c.set(0, Shape::of(&[x.dim(0), size.dim(0), size.dim(1), x.dim(3)]));
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let [batch, h, w, channels] = image_dims(c.input(0), "input image")?;
        let sizes = c.ints(1)?;
        let size = positive_pair(&sizes).ok_or_else(|| Error::invalid(format!("output dimensions must be positive, got {sizes:?}")))?;
        let align = c.attrs().bool("align_corners")?;
        let scale = |input: usize, output: usize| {
            if align && output > 1 { (input as f32 - 1.0) / (output as f32 - 1.0) } else { input as f32 / output as f32 }
        };
        let images = cast(c.input(0), DType::F32)?;
        let mut out = Tensor::try_scratch(DType::F32, &[batch, size[0], size[1], channels])?;
        let scales = [scale(h, size[0]), scale(w, size[1])];
        resize_area(images.slice(), [h, w], size, channels, scales, out.slice_mut());
        c.set(0, out);
        Ok(())
    }),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| {
        let dims = d.full_dims(4, 4);
        let size = [1 + d.below(6), 1 + d.below(6)];
        let x = d.tensor(&dims);
        Case::new().input(x).constant(d.shape_vector(&size)).attr("align_corners", d.flag())
    }),
    ..OpDef::BASE
};
