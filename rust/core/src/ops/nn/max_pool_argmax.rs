//! MaxPoolWithArgmax and its gradient ops.

use graphpb_kernels::window::{self, Geometry};
use graphpb_kernels::{DType, Tensor, bf16, f16, shape_text};

use super::pool::draw;
use super::spatial::*;
use crate::error::{Error, Result};
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};

fn spec(c: &KernelCtx, dims: &[usize]) -> Result<Geometry> {
    let s = Spatial::read(c.attrs(), 2)?;
    let window = s.window(c.attrs().ints("ksize")?, "ksize")?;
    let (batch, space, channels) = s.sizes(dims)?;
    Ok(Geometry { batch, axes: s.resolve(space, window)?, cin: channels, cout: channels })
}

fn output_dims(g: &Geometry) -> [usize; 4] {
    [g.batch, g.axes[1].output, g.axes[2].output, g.cin]
}

/// The indices as a function of the output element.
fn indices(t: &Tensor) -> Box<dyn Fn(usize) -> i64 + Sync + '_> {
    match t.dtype() {
        DType::I32 => {
            let v = t.slice::<i32>();
            Box::new(move |i| v.get(i).map_or(-1, |&v| v as i64))
        }
        _ => {
            let v = t.slice::<i64>();
            Box::new(move |i| v.get(i).copied().unwrap_or(-1))
        }
    }
}

macro_rules! with_float_or_int {
    ($t:expr, $T:ident => $body:expr) => {
        match $t {
            DType::F32 => {
                type $T = f32;
                $body
            }
            DType::F64 => {
                type $T = f64;
                $body
            }
            DType::F16 => {
                type $T = f16;
                $body
            }
            DType::BF16 => {
                type $T = bf16;
                $body
            }
            DType::I32 => {
                type $T = i32;
                $body
            }
            DType::I64 => {
                type $T = i64;
                $body
            }
            DType::I16 => {
                type $T = i16;
                $body
            }
            DType::I8 => {
                type $T = i8;
                $body
            }
            DType::U8 => {
                type $T = u8;
                $body
            }
            DType::U16 => {
                type $T = u16;
                $body
            }
            DType::U32 => {
                type $T = u32;
                $body
            }
            DType::U64 => {
                type $T = u64;
                $body
            }
            d => return Err(Error::unimplemented(format!("no kernel for type {}", d.name()))),
        }
    };
}

/// Input, output gradient (or its gradient) and indices, checked.
fn checked(c: &KernelCtx, grad_of_input: bool) -> Result<Geometry> {
    let g = spec(c, c.input(0).dims())?;
    let out = output_dims(&g);
    let want: &[usize] = if grad_of_input { c.input(0).dims() } else { &out };
    if c.input(1).dims() != want || c.input(2).dims() != out {
        return Err(Error::invalid(format!(
            "grad and argmax have shapes {} and {}, expected {} and {}",
            shape_text(c.input(1).dims()),
            shape_text(c.input(2).dims()),
            shape_text(want),
            shape_text(&out)
        )));
    }
    Ok(g)
}

/// Input, gradient (of the output, or of the input where `second`) and indices.
fn draw_grad(d: &mut Draw, second: bool) -> Case {
    let (x, out, mut case) = draw(d, 2, false);
    case.attrs.remove("data_format");
    let dims = [x.dims()[0], out[1], out[2], x.dims()[3]];
    let image = x.dims()[1..].iter().product::<usize>() as i64;
    let grad = if second { d.tensor(x.dims()) } else { d.tensor(&dims) };
    let at = d.integers(DType::I64, &dims, 0, image - 1);
    case.input(x).input(grad).input(at)
}

const ARGMAX: AttrSpec = type_index("Targmax").default_type(DType::I64);
const IN_BATCH: AttrSpec = flag("include_batch_in_index", false);

pub static MAX_POOL_WITH_ARGMAX: OpDef = OpDef {
    name: "MaxPoolWithArgmax",
    doc: "The largest element of each window, and its index (y · width + x) · channels + channel in its image.",
    inputs: &[arg("input", "T")],
    outputs: &[arg("output", "T"), arg("argmax", "Targmax")],
    attrs: &[ints("ksize").at_least(4), ints("strides").at_least(4), ARGMAX, PADDING, IN_BATCH, type_in("T", REALS)],
    traits: Traits::PURE,
    shape: |c| {
        let s = Spatial::read(c.attrs(), 2)?;
        let window = s.window(c.attrs().ints("ksize")?, "ksize")?.map(|v| v as i64);
        let input = c.input(0).with_rank(4)?;
        let out = s.infer(&input, window, s.channels(&input))?;
        c.set(0, out.clone());
        c.set(1, out);
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let x = c.input(0).clone();
        let g = spec(c, x.dims())?;
        let mut y = Tensor::try_scratch(x.dtype(), &output_dims(&g))?;
        let mut at = Tensor::try_scratch(c.output_dtype(1), &output_dims(&g))?;
        let in_batch = c.attrs().bool("include_batch_in_index")?;
        with_float_or_int!(x.dtype(), T => match at.dtype() {
            DType::I32 => window::max_arg::<T, i32>(&g, x.slice(), y.slice_mut(), at.slice_mut(), in_batch, |i| i as i32),
            _ => window::max_arg::<T, i64>(&g, x.slice(), y.slice_mut(), at.slice_mut(), in_batch, |i| i as i64),
        });
        c.set(0, y);
        c.set(1, at);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let (x, at, g) = (c.input(0), c.output(1), c.grad(0)?);
        let attrs = copied(c, &["ksize", "strides", "padding", "include_batch_in_index"]);
        let dx = c.op("MaxPoolGradWithArgmax", &[x, g, at], attrs)?;
        c.set(0, dx);
        Ok(())
    }),
    sample: Some(|d| {
        let (x, _, mut case) = draw(d, 2, false);
        case.attrs.remove("data_format");
        case.input(x)
    }),
    ..OpDef::BASE
};

const GRAD_ATTRS: [AttrSpec; 6] =
    [ints("ksize").at_least(4), ints("strides").at_least(4), PADDING, IN_BATCH, type_in("Targmax", INDEX), type_in("T", REALS)];

pub static MAX_POOL_GRAD_WITH_ARGMAX: OpDef = OpDef {
    name: "MaxPoolGradWithArgmax",
    doc: "The gradient of MaxPoolWithArgmax.",
    inputs: &[arg("input", "T"), arg("grad", "T"), arg("argmax", "Targmax")],
    outputs: &[arg("output", "T")],
    attrs: &GRAD_ATTRS,
    traits: Traits::PURE,
    shape: crate::graph::infer::same_as_input,
    kernel: Kernel::Plain(|c| {
        let g = checked(c, false)?;
        let (image, out) = (g.pixels_in() * g.cin, g.pixels_out() * g.cin);
        let dtype = c.input(1).dtype();
        // Integer sums are made in double, so that they do not overflow on the way.
        let dy = widen(c.input(1))?;
        let mut dx = Tensor::try_scratch(dy.dtype(), c.input(0).dims())?;
        let in_batch = c.attrs().bool("include_batch_in_index")?;
        let at = indices(c.input(2));
        with_float!(dy.dtype(), T => window::max_arg_grad::<T>(image, out, dy.slice(), &at, in_batch, dx.slice_mut()));
        drop(at);
        c.set(0, narrow(dx, dtype)?);
        Ok(())
    }),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| draw_grad(d, false)),
    ..OpDef::BASE
};

pub static MAX_POOL_GRAD_GRAD_WITH_ARGMAX: OpDef = OpDef {
    name: "MaxPoolGradGradWithArgmax",
    doc: "The gradient of MaxPoolGradWithArgmax with respect to its incoming gradient.",
    inputs: &[arg("input", "T"), arg("grad", "T"), arg("argmax", "Targmax")],
    outputs: &[arg("output", "T")],
    attrs: &GRAD_ATTRS,
    traits: Traits::PURE,
    shape: |c| {
        let s = c.input(2).clone();
        c.set(0, s);
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let g = checked(c, true)?;
        let (image, out) = (g.pixels_in() * g.cin, g.pixels_out() * g.cin);
        let grad = c.input(1);
        let mut dy = Tensor::try_scratch(grad.dtype(), &output_dims(&g))?;
        let in_batch = c.attrs().bool("include_batch_in_index")?;
        let at = indices(c.input(2));
        with_float_or_int!(grad.dtype(), T => window::max_arg_grad_grad::<T>(image, out.max(1), grad.slice(), &at, in_batch, dy.slice_mut()));
        drop(at);
        c.set(0, dy);
        Ok(())
    }),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| draw_grad(d, true)),
    ..OpDef::BASE
};
