//! Colours of images: AdjustContrastv2, AdjustHue, AdjustSaturation, RGBToHSV, HSVToRGB.

use graphpb_kernels::pointwise::cast;
use graphpb_kernels::{DType, Tensor, par, shape_text};

use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::infer::{self, ShapeCtx};
use crate::graph::node::Out;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;

/// Rough cost of one pixel, in ns.
const PIXEL_NS: f64 = 10.0;

/// Hue, saturation and value in [0, 1] of a colour (Smith, 1978).
fn hsv(rgb: [f64; 3]) -> [f64; 3] {
    let [r, g, b] = rgb;
    let value = r.max(g).max(b);
    let range = value - r.min(g).min(b);
    let saturation = if value > 0.0 { range / value } else { 0.0 };
    if range <= 0.0 {
        return [0.0, saturation, value];
    }
    let hue = if r == value {
        (g - b) / range / 6.0
    } else if g == value {
        (b - r) / range / 6.0 + 2.0 / 6.0
    } else {
        (r - g) / range / 6.0 + 4.0 / 6.0
    };
    [if hue < 0.0 { hue + 1.0 } else { hue }, saturation, value]
}

fn rgb(hsv: [f64; 3]) -> [f64; 3] {
    let [h, s, v] = hsv;
    let h = h * 6.0;
    let parts = [(h - 3.0).abs() - 1.0, 2.0 - (h - 2.0).abs(), 2.0 - (h - 4.0).abs()];
    parts.map(|p| (1.0 - s + s * p.clamp(0.0, 1.0)) * v)
}

/// Every pixel through `f`, in double precision.
fn each_pixel(c: &mut KernelCtx, f: impl Fn([f64; 3]) -> [f64; 3] + Sync) -> Result<()> {
    let x = c.input(0);
    let dtype = x.dtype();
    match x.dims().last() {
        Some(3) => {}
        Some(n) => return Err(Error::invalid(format!("input must have 3 channels but instead has {n}."))),
        None => return Err(Error::invalid("input must be at least 1-D, got shape []")),
    }
    let mut wide = cast(x, DType::F64)?;
    if !wide.is_unique() {
        wide = Tensor::from_slice(wide.slice::<f64>(), wide.dims());
    }
    par::rows_mut(wide.slice_mut::<f64>(), 3, PIXEL_NS, |_, pixels| {
        for p in pixels.chunks_exact_mut(3) {
            p.copy_from_slice(&f([p[0], p[1], p[2]]));
        }
    });
    let y = cast(&wide, dtype)?;
    c.set(0, y);
    Ok(())
}

/// The value of a float scalar input.
fn scalar(c: &KernelCtx, i: usize, what: &str) -> Result<f64> {
    match c.input(i).slice::<f32>() {
        [v] if c.input(i).rank() == 0 => Ok(*v as f64),
        _ => Err(Error::invalid(format!("{what} must be scalar: {}", shape_text(c.input(i).dims())))),
    }
}

fn colors_shape(c: &mut ShapeCtx) -> Result<()> {
    let s = c.input(0).with_rank_at_least(1)?;
    if let Some(rank) = s.rank() {
        let three = s.dim(rank - 1);
        if three >= 0 && three != 3 {
            return Err(Error::value(format!("Dimension must be 3 but is {three}")));
        }
        c.set(0, s.with_dim(rank - 1, 3));
    }
    Ok(())
}

const FLOAT_OR_HALF: &[DType] = &[DType::F16, DType::F32];

const NO_GRADIENT: Grad = Grad::Missing("TensorFlow has none");

pub static RGB_TO_HSV: OpDef = OpDef {
    name: "RGBToHSV",
    doc: "Hue, saturation and value, each in [0, 1], of RGB colours along the last axis.",
    inputs: &[arg("images", "T")],
    outputs: &[arg("output", "T")],
    attrs: &[type_in("T", &[DType::F16, DType::BF16, DType::F32, DType::F64]).default_type(DType::F32)],
    traits: Traits::PURE,
    shape: colors_shape,
    kernel: Kernel::Plain(|c| each_pixel(c, hsv)),
    grad: Grad::Rule(hsv_grad),
    sample: Some(|d| {
        let mut dims = d.dims(0, 3);
        dims.push(3);
        Case::new().input(d.tensor_in(&dims, 0.0, 1.0))
    }),
    ..OpDef::BASE
};

/// With the masks of the largest and the smallest colour (of equal ones as TensorFlow chooses them) hue, saturation and value are
/// n/d/6, 1 − min/max and max, where d = max − min and n is a difference of two colours. Quotients by zero count as zero.
fn hsv_grad(c: &mut GradCtx) -> Result<()> {
    let (x, g) = (c.input(0), c.grad(0)?);
    let kind = c.dtype(x);
    let thirds = |c: &mut GradCtx, t: Out| -> Result<[Out; 3]> {
        let axis = c.int_scalar(-1)?;
        let n = c.op_node("Split", "Split", &[axis, t], Attrs::new().with("num_split", 3i64))?;
        Ok([n.out(0), n.out(1), n.out(2)])
    };
    let joined = |c: &mut GradCtx, t: [Out; 3]| -> Result<Out> {
        let axis = c.int_scalar(-1)?;
        c.op("ConcatV2", &[t[0], t[1], t[2], axis], Attrs::new().with("N", 3i64))
    };
    let total = |c: &mut GradCtx, t: Out| -> Result<Out> {
        let axis = c.int_scalar(-1)?;
        c.op("Sum", &[t, axis], Attrs::new().with("keep_dims", true))
    };
    // 1 where both comparisons hold.
    let both = |c: &mut GradCtx, p: (&str, Out, Out), q: (&str, Out, Out)| -> Result<Out> {
        let (a, b) = (c.call(p.0, &[p.1, p.2])?, c.call(q.0, &[q.1, q.2])?);
        let all = c.call("LogicalAnd", &[a, b])?;
        c.cast(all, kind)
    };
    let positive = |c: &mut GradCtx, t: Out| -> Result<Out> {
        let zero = c.number(kind, 0.0)?;
        let above = c.call("Greater", &[t, zero])?;
        c.cast(above, kind)
    };
    let [red, green, blue] = thirds(c, x)?;
    let [for_hue, for_saturation, for_value] = thirds(c, g)?;
    let largest = [
        both(c, ("GreaterEqual", red, blue), ("GreaterEqual", red, green))?,
        both(c, ("Greater", green, red), ("GreaterEqual", green, blue))?,
        both(c, ("Greater", blue, red), ("Greater", blue, green))?,
    ];
    let smallest = [
        both(c, ("Less", red, blue), ("Less", red, green))?,
        both(c, ("LessEqual", green, red), ("Less", green, blue))?,
        both(c, ("LessEqual", blue, red), ("LessEqual", blue, green))?,
    ];
    let turned = [c.sub(largest[2], largest[1])?, c.sub(largest[0], largest[2])?, c.sub(largest[1], largest[0])?];
    let differences = [c.sub(green, blue)?, c.sub(blue, red)?, c.sub(red, green)?];
    let (differences, slopes) = (joined(c, differences)?, joined(c, turned)?);
    let (largest, smallest) = (joined(c, largest)?, joined(c, smallest)?);
    let (above, below, chosen) = (c.mul(largest, x)?, c.mul(smallest, x)?, c.mul(largest, differences)?);
    let (max, min, n) = (total(c, above)?, total(c, below)?, total(c, chosen)?);
    let d = c.sub(max, min)?;
    let quotient = |c: &mut GradCtx, a: Out, b: Out| c.call("DivNoNan", &[a, b]);
    // Hue: (n′ − n·d′/d) / d / 6.
    let widths = c.sub(largest, smallest)?;
    let ratio = quotient(c, n, d)?;
    let by_width = c.mul(ratio, widths)?;
    let inner = c.sub(slopes, by_width)?;
    let hue = quotient(c, inner, d)?;
    let lit = positive(c, max)?;
    let hue = c.mul(hue, lit)?;
    let hue = c.scale(hue, 1.0 / 6.0)?;
    // Saturation: (min·max′/max − min′) / max.
    let ratio = quotient(c, min, max)?;
    let by_max = c.mul(ratio, largest)?;
    let inner = c.sub(by_max, smallest)?;
    let saturation = quotient(c, inner, max)?;
    let lit = positive(c, x)?;
    let saturation = c.mul(saturation, lit)?;
    let (h, s, v) = (c.mul(for_hue, hue)?, c.mul(for_saturation, saturation)?, c.mul(for_value, largest)?);
    let sum = c.add(h, s)?;
    let r = c.add(sum, v)?;
    c.set(0, r);
    Ok(())
}

pub static HSV_TO_RGB: OpDef = OpDef {
    name: "HSVToRGB",
    doc: "RGB colours of hue, saturation and value, each in [0, 1], along the last axis.",
    kernel: Kernel::Plain(|c| each_pixel(c, rgb)),
    grad: Grad::NotDifferentiable("TensorFlow gives it none"),
    ..RGB_TO_HSV
};

fn draw_colors(d: &mut crate::testing::cases::Draw) -> Case {
    let dims = [1 + d.below(2), 1 + d.below(3), 1 + d.below(3), 3];
    Case::new().input(d.tensor_in(&dims, 0.0, 1.0)).input(Tensor::scalar(d.uniform(0.0, 0.5) as f32))
}

pub static ADJUST_HUE: OpDef = OpDef {
    name: "AdjustHue",
    doc: "RGB images with the hue turned by `delta` of the circle.",
    inputs: &[arg("images", "T"), arg_of("delta", DType::F32)],
    outputs: &[arg("output", "T")],
    attrs: &[type_in("T", FLOAT_OR_HALF).default_type(DType::F32)],
    traits: Traits::PURE,
    shape: adjusted_shape,
    kernel: Kernel::Plain(|c| {
        let delta = scalar(c, 1, "delta")?;
        each_pixel(c, |p| {
            let [h, s, v] = hsv(p);
            rgb([(h + delta).rem_euclid(1.0), s, v])
        })
    }),
    grad: NO_GRADIENT,
    sample: Some(draw_colors),
    ..OpDef::BASE
};

pub static ADJUST_SATURATION: OpDef = OpDef {
    name: "AdjustSaturation",
    doc: "RGB images with the saturation multiplied by `scale`, up to 1.",
    inputs: &[arg("images", "T"), arg_of("scale", DType::F32)],
    kernel: Kernel::Plain(|c| {
        let scale = scalar(c, 1, "scale")?;
        each_pixel(c, |p| {
            let [h, s, v] = hsv(p);
            rgb([h, (s * scale).clamp(0.0, 1.0), v])
        })
    }),
    ..ADJUST_HUE
};

fn adjusted_shape(c: &mut ShapeCtx) -> Result<()> {
    c.input(0).with_rank_at_least(3)?;
    if c.input(1).rank().is_some_and(|r| r != 0) {
        return Err(Error::value(format!("Shape must be rank 0 but is rank {}", c.input(1).rank().unwrap_or(0))));
    }
    infer::same_as_input(c)
}

pub static ADJUST_CONTRAST_V2: OpDef = OpDef {
    name: "AdjustContrastv2",
    doc: "(x − mean) · factor + mean, with the mean of each channel of each image.",
    inputs: &[arg("images", "T"), arg_of("contrast_factor", DType::F32)],
    kernel: Kernel::Plain(|c| {
        let factor = scalar(c, 1, "contrast_factor")?;
        let dtype = c.input(0).dtype();
        let dims = c.input(0).dims().to_vec();
        let [.., height, width, channels] = dims[..] else {
            return Err(Error::invalid(format!("input must be at least 3-D, got shape{}", shape_text(&dims))));
        };
        let pixels = height * width;
        let mut wide = cast(c.input(0), DType::F64)?;
        if !wide.is_empty() {
            par::rows_mut(wide.slice_mut::<f64>(), pixels * channels, PIXEL_NS * pixels as f64, |_, images| {
                for image in images.chunks_exact_mut(pixels * channels) {
                    for channel in 0..channels {
                        let mean = image.iter().skip(channel).step_by(channels).sum::<f64>() / pixels as f64;
                        image.iter_mut().skip(channel).step_by(channels).for_each(|v| *v = (*v - mean) * factor + mean);
                    }
                }
            });
        }
        let y = cast(&wide, dtype)?;
        c.set(0, y);
        Ok(())
    }),
    ..ADJUST_HUE
};
