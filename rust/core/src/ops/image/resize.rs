//! Resizing of images by nearest neighbour, bilinear and bicubic interpolation, and the gradient ops.

use graphpb_kernels::image::{self, Mapping, Sizes};
use graphpb_kernels::pointwise::cast;
use graphpb_kernels::{DType, Tensor, shape_text, with_width};

use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::fact::Shape;
use crate::graph::infer::ShapeCtx;
use crate::ops::nn::spatial::{copied, narrow};
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;

fn mapping(attrs: &Attrs) -> Result<Mapping> {
    let (align_corners, half_pixel_centers) = (attrs.bool("align_corners")?, attrs.bool("half_pixel_centers")?);
    if align_corners && half_pixel_centers {
        return Err(Error::invalid("If half_pixel_centers is True, align_corners must be False."));
    }
    Ok(Mapping { align_corners, half_pixel_centers })
}

fn image_dims(t: &Tensor, what: &str) -> Result<[usize; 4]> {
    <[usize; 4]>::try_from(t.dims()).map_err(|_| Error::invalid(format!("{what} must be 4-dimensional: {}", shape_text(t.dims()))))
}

/// The size that input `i` asks for.
fn wanted(c: &KernelCtx, i: usize) -> Result<[usize; 2]> {
    match c.ints(i)?.as_slice() {
        &[h, w] if h > 0 && w > 0 && c.input(i).rank() == 1 => Ok([h as usize, w as usize]),
        v => Err(Error::invalid(format!("output dimensions must be positive and two, got {v:?}"))),
    }
}

fn sizes(dims: [usize; 4], output: [usize; 2]) -> Result<Sizes> {
    if dims[1] == 0 || dims[2] == 0 || dims[3] == 0 {
        return Err(Error::invalid("input image must be of non-zero size"));
    }
    Ok(Sizes { batch: dims[0], input: [dims[1], dims[2]], output, channels: dims[3] })
}

fn interpolate(c: &mut KernelCtx, cubic: bool) -> Result<()> {
    let map = mapping(c.attrs())?;
    let dims = image_dims(c.input(0), "images")?;
    let [h, w] = wanted(c, 1)?;
    let s = sizes(dims, [h, w])?;
    let x = cast(c.input(0), DType::F32)?;
    let mut y = Tensor::try_scratch(DType::F32, &[s.batch, h, w, s.channels])?;
    if cubic {
        image::bicubic(&s, map, x.slice(), y.slice_mut())
    } else {
        image::bilinear(&s, map, x.slice(), y.slice_mut())
    }
    c.set(0, y);
    Ok(())
}

fn interpolate_grad(c: &mut KernelCtx, cubic: bool) -> Result<()> {
    let map = mapping(c.attrs())?;
    let (g, image) = (image_dims(c.input(0), "grads")?, image_dims(c.input(1), "original_image")?);
    if g[0] != image[0] || g[3] != image[3] || g[1] == 0 || g[2] == 0 {
        return Err(Error::invalid(format!("grads and original_image must agree in batch and channels: {} {}", shape_text(&g), shape_text(&image))));
    }
    let s = sizes(image, [g[1], g[2]])?;
    let dy = cast(c.input(0), DType::F32)?;
    let mut dx = Tensor::try_scratch(DType::F32, &image)?;
    image::interpolation_grad(&s, map, cubic, dy.slice(), dx.slice_mut());
    let dtype = c.output_dtype(0);
    c.set(0, narrow(dx, dtype)?);
    Ok(())
}

fn infer(c: &mut ShapeCtx) -> Result<()> {
    let x = c.input(0).with_rank(4)?;
    let size = c.shape_value(1);
    c.set(0, Shape::of(&[x.dim(0), size.dim(0), size.dim(1), x.dim(3)]));
    Ok(())
}
fn infer_grad(c: &mut ShapeCtx) -> Result<()> {
    let s = c.input(1).clone();
    c.set(0, s);
    Ok(())
}

const KEPT: &[&str] = &["align_corners", "half_pixel_centers"];
const ALIGN: AttrSpec = flag("align_corners", false);
const HALF: AttrSpec = flag("half_pixel_centers", false);
const TYPES: &[DType] = &[DType::I8, DType::U8, DType::I16, DType::U16, DType::I32, DType::I64, DType::BF16, DType::F16, DType::F32, DType::F64];
const IMAGES: [Arg; 2] = [arg("images", "T"), arg_of("size", DType::I32)];

fn grad_to(c: &mut GradCtx, op: &str, types: &[DType]) -> Result<()> {
    let (x, g) = (c.input(0), c.grad(0)?);
    if types.contains(&c.dtype(x)) {
        let dx = c.op(op, &[g, x], copied(c, KEPT))?;
        c.set(0, dx);
    }
    Ok(())
}

fn sample(d: &mut crate::testing::cases::Draw) -> Case {
    let dims = d.full_dims(4, 4);
    let size = [1 + d.below(6), 1 + d.below(6)];
    let (align, half) = d.one_of(&[(false, false), (true, false), (false, true)]);
    // The output is float32 whatever the input: too coarse for central differences.
    Case::new()
        .input(d.tensor(&dims))
        .constant(d.shape_vector(&size))
        .attr("align_corners", align)
        .attr("half_pixel_centers", half)
        .differentiate(&[])
}

fn sample_grad(d: &mut crate::testing::cases::Draw) -> Case {
    let (dims, h, w) = (d.full_dims(4, 4), 1 + d.below(5), 1 + d.below(5));
    let grads = d.tensor_of(DType::F32, &[dims[0], h, w, dims[3]], -2.0, 2.0);
    Case::new().input(grads).input(d.tensor(&dims)).attr("half_pixel_centers", d.flag())
}

pub static RESIZE_BILINEAR: OpDef = OpDef {
    name: "ResizeBilinear",
    doc: "Images [batch, height, width, channels] resized to size [height, width] by bilinear interpolation; float32.",
    inputs: &IMAGES,
    outputs: &[arg_of("resized_images", DType::F32)],
    attrs: &[type_in("T", TYPES), ALIGN, HALF],
    traits: Traits::PURE,
    shape: infer,
    kernel: Kernel::Plain(|c| interpolate(c, false)),
    grad: Grad::Rule(|c| grad_to(c, "ResizeBilinearGrad", FLOATS)),
    sample: Some(sample),
    ..OpDef::BASE
};
pub static RESIZE_BICUBIC: OpDef = OpDef {
    name: "ResizeBicubic",
    doc: "Images resized by bicubic interpolation; float32.",
    inputs: &IMAGES,
    outputs: &[arg_of("resized_images", DType::F32)],
    attrs: &[type_in("T", TYPES), ALIGN, HALF],
    traits: Traits::PURE,
    shape: infer,
    kernel: Kernel::Plain(|c| interpolate(c, true)),
    grad: Grad::Rule(|c| grad_to(c, "ResizeBicubicGrad", &[DType::F32, DType::F64])),
    sample: Some(sample),
    ..OpDef::BASE
};
pub static RESIZE_BILINEAR_GRAD: OpDef = OpDef {
    name: "ResizeBilinearGrad",
    doc: "The gradient of ResizeBilinear.",
    inputs: &[arg_of("grads", DType::F32), arg("original_image", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[type_in("T", FLOATS), ALIGN, HALF],
    traits: Traits::PURE,
    shape: infer_grad,
    kernel: Kernel::Plain(|c| interpolate_grad(c, false)),
    grad: Grad::NotDifferentiable("TensorFlow gives it none"),
    sample: Some(|d| sample_grad(d)),
    ..OpDef::BASE
};
pub static RESIZE_BICUBIC_GRAD: OpDef = OpDef {
    name: "ResizeBicubicGrad",
    doc: "The gradient of ResizeBicubic.",
    inputs: &[arg_of("grads", DType::F32), arg("original_image", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[type_in("T", &[DType::F32, DType::F64]), ALIGN, HALF],
    traits: Traits::PURE,
    shape: infer_grad,
    kernel: Kernel::Plain(|c| interpolate_grad(c, true)),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| sample_grad(d)),
    ..OpDef::BASE
};
pub static RESIZE_NEAREST_NEIGHBOR: OpDef = OpDef {
    name: "ResizeNearestNeighbor",
    doc: "Images resized by taking the nearest pixel.",
    inputs: &IMAGES,
    outputs: &[arg("resized_images", "T")],
    attrs: &[type_in("T", TYPES), ALIGN, HALF],
    traits: Traits::PURE,
    shape: infer,
    kernel: Kernel::Plain(|c| {
        let map = mapping(c.attrs())?;
        let [h, w] = wanted(c, 1)?;
        let s = sizes(image_dims(c.input(0), "images")?, [h, w])?;
        let x = c.input(0);
        let mut y = Tensor::try_scratch(x.dtype(), &[s.batch, h, w, s.channels])?;
        with_width!(x.dtype(), W => image::nearest(&s, map, x.raw::<W>(), y.raw_mut::<W>()), else {});
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let (x, g) = (c.input(0), c.grad(0)?);
        // Height and width: a constant where they are known.
        let dims = c.shape_of(x).clone();
        let size = match (dims.dim(1), dims.dim(2)) {
            (h, w) if h >= 0 && w >= 0 => c.int_vector(&[h, w])?,
            _ => {
                let shape = c.shape_tensor(x)?;
                let (one, three, step) = (c.int_vector(&[1])?, c.int_vector(&[3])?, c.int_vector(&[1])?);
                c.op("StridedSlice", &[shape, one, three, step], Attrs::new())?
            }
        };
        let dx = c.op("ResizeNearestNeighborGrad", &[g, size], copied(c, KEPT))?;
        c.set(0, dx);
        Ok(())
    }),
    sample: Some(|d| {
        let case = sample(d);
        Case { differentiate: None, ..case }
    }),
    ..OpDef::BASE
};
pub static RESIZE_NEAREST_NEIGHBOR_GRAD: OpDef = OpDef {
    name: "ResizeNearestNeighborGrad",
    doc: "The gradient of ResizeNearestNeighbor; size is that of the original images.",
    inputs: &[arg("grads", "T"), arg_of("size", DType::I32)],
    outputs: &[arg("output", "T")],
    attrs: &[type_in("T", &[DType::U8, DType::I8, DType::I32, DType::F16, DType::F32, DType::F64, DType::BF16]), ALIGN, HALF],
    traits: Traits::PURE,
    shape: infer,
    kernel: Kernel::Plain(|c| {
        let map = mapping(c.attrs())?;
        let g = image_dims(c.input(0), "grads")?;
        let [h, w] = wanted(c, 1)?;
        let s = sizes([g[0], h, w, g[3]], [g[1], g[2]])?;
        let dtype = c.input(0).dtype();
        // Integer sums are made in double, so that they do not overflow on the way.
        let wide = if dtype.is_integer() { cast(c.input(0), DType::F64)? } else { c.input(0).clone() };
        let mut dx = Tensor::try_scratch(wide.dtype(), &[s.batch, h, w, s.channels])?;
        match wide.dtype() {
            DType::F32 => image::nearest_grad::<f32>(&s, map, wide.slice(), dx.slice_mut()),
            DType::F16 => image::nearest_grad::<graphpb_kernels::f16>(&s, map, wide.slice(), dx.slice_mut()),
            DType::BF16 => image::nearest_grad::<graphpb_kernels::bf16>(&s, map, wide.slice(), dx.slice_mut()),
            _ => image::nearest_grad::<f64>(&s, map, wide.slice(), dx.slice_mut()),
        }
        c.set(0, narrow(dx, dtype)?);
        Ok(())
    }),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| sample(d)),
    ..OpDef::BASE
};
