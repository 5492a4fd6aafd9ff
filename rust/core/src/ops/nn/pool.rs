//! Pools of two and three spatial axes and their gradient ops.

use graphpb_kernels::window::{self, Geometry};
use graphpb_kernels::{DType, Tensor, bf16, f16, shape_text};

use super::spatial::*;
use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::attr::{Attr, AttrList};
use crate::graph::fact::Shape;
use crate::graph::infer::ShapeCtx;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};

/// Window and strides: from attributes, or from the two inputs after `inputs`.
fn spec(c: &KernelCtx, axes: usize, inputs: Option<usize>) -> Result<(Spatial, [usize; 3])> {
    let (ksize, strides) = match inputs {
        None => (c.attrs().ints("ksize")?.to_vec(), c.attrs().ints("strides")?.to_vec()),
        Some(i) => (c.ints(i)?, c.ints(i + 1)?),
    };
    let s = Spatial::with_strides(c.attrs(), axes, &strides)?;
    Ok((s, s.window(&ksize, "ksize")?))
}

fn geometry(s: &Spatial, window: [usize; 3], dims: &[usize]) -> Result<Geometry> {
    let (batch, space, channels) = s.sizes(dims)?;
    Ok(Geometry { batch, axes: s.resolve(space, window)?, cin: channels, cout: channels })
}

fn check_dims(s: &Spatial, g: &Geometry, t: &Tensor, what: &str) -> Result<()> {
    let want = s.dims(g.batch, g.axes.map(|a| a.output), g.cin);
    if t.dims() != want {
        return Err(Error::invalid(format!("{what} must have the shape of the pool's output, {}: {}", shape_text(&want), shape_text(t.dims()))));
    }
    Ok(())
}

fn infer_pool(c: &mut ShapeCtx, axes: usize, inputs: bool, outputs: usize) -> Result<()> {
    let (ksize, strides) = if inputs {
        match (c.ints(1), c.ints(2)) {
            (Some(k), Some(s)) => (k, s),
            _ => {
                let s = c.input(0).with_rank(axes + 2)?;
                c.set(0, Shape::of_rank(axes + 2).with_dim(0, s.dim(0)));
                return Ok(());
            }
        }
    } else {
        (c.attrs().ints("ksize")?.to_vec(), c.attrs().ints("strides")?.to_vec())
    };
    let s = Spatial::with_strides(c.attrs(), axes, &strides)?;
    let window = s.window(&ksize, "ksize")?.map(|v| v as i64);
    let input = c.input(0).with_rank(axes + 2)?;
    let out = s.infer(&input, window, s.channels(&input))?;
    for i in 0..outputs {
        c.set(i, out.clone());
    }
    Ok(())
}

/// As `with_number!`, for real numbers only: complex ones have no order.
macro_rules! with_real {
    ($dtype:expr, $T:ident => $body:expr) => {
        with_real!(@ $dtype, $T => $body, F32 f32, F64 f64, F16 f16, BF16 bf16, I8 i8, I16 i16, I32 i32, I64 i64, U8 u8, U16 u16, U32 u32, U64 u64)
    };
    (@ $dtype:expr, $T:ident => $body:expr, $($d:ident $t:ident),*) => {
        match $dtype {
            $(DType::$d => {
                type $T = $t;
                $body
            })*
            d => return Err(Error::unimplemented(format!("no kernel for type {}", d.name()))),
        }
    };
}

fn run_max(c: &mut KernelCtx, axes: usize, inputs: Option<usize>) -> Result<()> {
    let (s, window) = spec(c, axes, inputs)?;
    let x = s.to_last(c.input(0))?;
    let g = geometry(&s, window, c.input(0).dims())?;
    let mut y = s.scratch_last(x.dtype(), g.batch, g.axes.map(|a| a.output), g.cin)?;
    with_real!(x.dtype(), T => window::max::<T>(&g, x.slice(), y.slice_mut()));
    c.set(0, s.from_last(y)?);
    Ok(())
}

fn run_max_grad(c: &mut KernelCtx, axes: usize, inputs: Option<usize>) -> Result<()> {
    let (s, window) = spec(c, axes, inputs)?;
    let g = geometry(&s, window, c.input(0).dims())?;
    check_dims(&s, &g, c.input(1), "orig_output")?;
    check_dims(&s, &g, c.input(2), "grad")?;
    let dtype = c.input(2).dtype();
    let (x, y, dy) = (s.to_last(c.input(0))?, s.to_last(c.input(1))?, s.to_last(c.input(2))?);
    if x.dtype() != dtype || y.dtype() != dtype {
        return Err(Error::unimplemented("a gradient of another type than the input is not available"));
    }
    let mut dx = s.scratch_last(dtype, g.batch, g.axes.map(|a| a.input), g.cin)?;
    with_wrapping(&g, &x, &y, &dy, &mut dx)?;
    c.set(0, s.from_last(dx)?);
    Ok(())
}

/// Sums of integers may not overflow in a debug build: they are made in int64.
fn with_wrapping(g: &Geometry, x: &Tensor, y: &Tensor, dy: &Tensor, dx: &mut Tensor) -> Result<()> {
    match x.dtype() {
        DType::F32 => window::max_grad::<f32>(g, x.slice(), y.slice(), dy.slice(), dx.slice_mut()),
        DType::F64 => window::max_grad::<f64>(g, x.slice(), y.slice(), dy.slice(), dx.slice_mut()),
        DType::F16 => window::max_grad::<f16>(g, x.slice(), y.slice(), dy.slice(), dx.slice_mut()),
        DType::BF16 => window::max_grad::<bf16>(g, x.slice(), y.slice(), dy.slice(), dx.slice_mut()),
        d => {
            let wide = |t: &Tensor| graphpb_kernels::pointwise::cast(t, DType::F64);
            let (x, y, dy) = (wide(x)?, wide(y)?, wide(dy)?);
            let mut out = Tensor::try_scratch(DType::F64, dx.dims())?;
            window::max_grad::<f64>(g, x.slice(), y.slice(), dy.slice(), out.slice_mut());
            *dx = narrow(out, d)?;
        }
    }
    Ok(())
}

fn run_max_grad_grad(c: &mut KernelCtx, axes: usize, inputs: Option<usize>) -> Result<()> {
    let (s, window) = spec(c, axes, inputs)?;
    let g = geometry(&s, window, c.input(0).dims())?;
    check_dims(&s, &g, c.input(1), "orig_output")?;
    if c.input(2).dims() != c.input(0).dims() {
        return Err(Error::invalid(format!(
            "grad must have the shape of orig_input: {} {}",
            shape_text(c.input(2).dims()),
            shape_text(c.input(0).dims())
        )));
    }
    let (x, grad) = (s.to_last(c.input(0))?, s.to_last(c.input(2))?);
    let mut out = s.scratch_last(x.dtype(), g.batch, g.axes.map(|a| a.output), g.cin)?;
    with_real!(x.dtype(), T => window::max_grad_grad::<T>(&g, x.slice(), grad.slice(), out.slice_mut()));
    c.set(0, s.from_last(out)?);
    Ok(())
}

fn run_average(c: &mut KernelCtx, axes: usize) -> Result<()> {
    let (s, window) = spec(c, axes, None)?;
    let dtype = c.input(0).dtype();
    let g = geometry(&s, window, c.input(0).dims())?;
    let x = s.to_last(&widen(c.input(0))?)?;
    let mut y = s.scratch_last(x.dtype(), g.batch, g.axes.map(|a| a.output), g.cin)?;
    with_float!(x.dtype(), T => window::average::<T>(&g, x.slice(), y.slice_mut()));
    c.set(0, s.from_last(narrow(y, dtype)?)?);
    Ok(())
}

fn run_average_grad(c: &mut KernelCtx, axes: usize) -> Result<()> {
    let (s, window) = spec(c, axes, None)?;
    let sizes = size_list(c.input(0), axes + 2)?;
    let g = geometry(&s, window, &sizes)?;
    let dtype = c.input(1).dtype();
    check_dims(&s, &g, c.input(1), "grad")?;
    let dy = s.to_last(&widen(c.input(1))?)?;
    let mut dx = s.scratch_last(dy.dtype(), g.batch, g.axes.map(|a| a.input), g.cin)?;
    with_float!(dy.dtype(), T => window::average_grad::<T>(&g, dy.slice(), dx.slice_mut()));
    c.set(0, s.from_last(narrow(dx, dtype)?)?);
    Ok(())
}

fn first_shape(c: &mut ShapeCtx) -> Result<()> {
    let s = c.input(0).clone();
    c.set(0, s);
    Ok(())
}
fn second_shape(c: &mut ShapeCtx) -> Result<()> {
    let s = c.input(1).clone();
    c.set(0, s);
    Ok(())
}

const KEPT: &[&str] = &["ksize", "strides", "padding", "explicit_paddings", "data_format"];
/// The gradient ops do not have this one.
const KEPT_IMPLICIT: &[&str] = &["ksize", "strides", "padding", "data_format"];

fn grad_of_max(c: &mut GradCtx, op: &str, more: usize) -> Result<()> {
    let (x, y, g) = (c.input(0), c.output(0), c.grad(0)?);
    let mut inputs = vec![x, y, g];
    inputs.extend((0..more).map(|i| c.input(1 + i)));
    let dx = c.op(op, &inputs, copied(c, KEPT))?;
    c.set(0, dx);
    Ok(())
}

/// The gradient of a gradient op `(orig_input, orig_output, grad, …)`: `op` on the incoming gradient, zeros for the others.
fn grad_of_max_grad(c: &mut GradCtx, op: &str, more: usize) -> Result<()> {
    let (x, y, g) = (c.input(0), c.input(1), c.grad(0)?);
    let mut inputs = vec![x, y, g];
    inputs.extend((0..more).map(|i| c.input(3 + i)));
    let (zx, zy) = (c.zeros_like(x)?, c.zeros_like(y)?);
    let d = c.op(op, &inputs, copied(c, KEPT_IMPLICIT))?;
    c.set(0, zx);
    c.set(1, zy);
    c.set(2, d);
    Ok(())
}

/// A small input with attributes; values do not tie.
pub(super) fn draw(d: &mut Draw, axes: usize, with_attrs: bool) -> (Tensor, [usize; 3], Case) {
    let padding = d.one_of(&["SAME", "VALID"]);
    let (window, stride) = (1 + d.below(3), 1 + d.below(2));
    let first = with_attrs && d.below(3) == 0;
    let channels = 1 + d.below(3);
    let space: Vec<usize> = (0..axes).map(|_| window + d.below(3)).collect();
    let output: Vec<usize> = space.iter().map(|&i| if padding == "SAME" { i.div_ceil(stride) } else { (i - window) / stride + 1 }).collect();
    let batch = 1 + d.below(2);
    let dims = if first { [&[batch, channels], space.as_slice()].concat() } else { [&[batch], space.as_slice(), &[channels]].concat() };
    let mut out = [1; 3];
    out[3 - axes..].copy_from_slice(&output);
    let list = |v: usize| {
        let mut l = vec![v as i64; axes + 2];
        l[0] = 1;
        l[if first { 1 } else { axes + 1 }] = 1;
        Attr::List(AttrList::Int(l))
    };
    let format = match (axes, first) {
        (2, false) => "NHWC",
        (2, true) => "NCHW",
        (_, false) => "NDHWC",
        (_, true) => "NCDHW",
    };
    let n: usize = dims.iter().product();
    // Distinct values far enough apart for central differences.
    let mut order: Vec<usize> = (0..n).collect();
    for i in (1..n).rev() {
        order.swap(i, d.below(i + 1));
    }
    let values = Tensor::from_slice(&order.iter().map(|&v| v as f64 * 0.05 - 1.0).collect::<Vec<_>>(), &dims);
    let x = graphpb_kernels::pointwise::cast(&values, d.dtype).unwrap_or(values);
    let case = Case::new().attr("padding", padding).attr("data_format", format).attr("ksize", list(window)).attr("strides", list(stride));
    (x, out, case)
}

fn draw_pool(d: &mut Draw, axes: usize) -> Case {
    let (x, _, case) = draw(d, axes, true);
    case.input(x)
}

/// Input, output and a third tensor of the gradient ops: of the output's shape, or of the input's (`second`).
fn draw_max_grad(d: &mut Draw, axes: usize, second: bool) -> Case {
    let (x, out, case) = draw(d, axes, false);
    let n = x.rank();
    let dims = [&x.dims()[..1], &out[3 - axes..], &x.dims()[n - 1..]].concat();
    let y = largest(&x, &case, axes).unwrap_or_else(|_| d.tensor(&dims));
    let third = if second { d.tensor(x.dims()) } else { d.tensor(&dims) };
    case.input(x).input(y).input(third).differentiate(&[2])
}

fn largest(x: &Tensor, case: &Case, axes: usize) -> Result<Tensor> {
    let s = Spatial::read(&case.attrs, axes)?;
    let g = geometry(&s, s.window(case.attrs.ints("ksize")?, "ksize")?, x.dims())?;
    let mut y = s.scratch_last(x.dtype(), g.batch, g.axes.map(|a| a.output), g.cin)?;
    with_real!(x.dtype(), T => window::max::<T>(&g, x.slice(), y.slice_mut()));
    Ok(y)
}

/// The case of an op that takes window and strides as inputs.
fn as_inputs(mut case: Case) -> Case {
    for name in ["ksize", "strides"] {
        if let Some(Attr::List(AttrList::Int(v))) = case.attrs.remove(name) {
            case = case.constant(Tensor::vector(&v.iter().map(|&v| v as i32).collect::<Vec<_>>()));
        }
    }
    case
}

fn draw_average_grad(d: &mut Draw, axes: usize) -> Case {
    let (x, out, case) = draw(d, axes, false);
    let n = x.rank();
    let dims = [&x.dims()[..1], &out[3 - axes..], &x.dims()[n - 1..]].concat();
    let shape = d.shape_vector(x.dims());
    let g = d.tensor(&dims);
    case.constant(shape).input(g)
}

const MAX_TYPES: &[DType] = &[DType::F16, DType::BF16, DType::F32, DType::F64, DType::I32, DType::I64, DType::U8, DType::I16, DType::I8, DType::U16];
const MAX_T: AttrSpec = type_in("T", MAX_TYPES).default_type(DType::F32);
const REAL_T: AttrSpec = type_in("T", REALS);
const NARROW: &[DType] = &[DType::F16, DType::BF16, DType::F32];
const KSIZE: AttrSpec = ints("ksize").at_least(4);
const STRIDES: AttrSpec = ints("strides").at_least(4);
const KSIZE_3D: AttrSpec = ints("ksize").at_least(5);
const STRIDES_3D: AttrSpec = ints("strides").at_least(5);
const V2: [Arg; 2] = [arg_of("ksize", DType::I32), arg_of("strides", DType::I32)];
const ORIG: [Arg; 3] = [arg("orig_input", "T"), arg("orig_output", "T"), arg("grad", "T")];
const OUTPUT: &[Arg] = &[arg("output", "T")];

pub static MAX_POOL: OpDef = OpDef {
    name: "MaxPool",
    doc: "The largest element of each window.",
    inputs: &[arg("input", "T")],
    outputs: OUTPUT,
    attrs: &[MAX_T, KSIZE, STRIDES, PADDING_EXPLICIT, EXPLICIT, FORMAT_MAX],
    traits: Traits::PURE,
    shape: |c| infer_pool(c, 2, false, 1),
    kernel: Kernel::Plain(|c| run_max(c, 2, None)),
    grad: Grad::Rule(|c| grad_of_max(c, "MaxPoolGrad", 0)),
    sample: Some(|d| draw_pool(d, 2)),
    ..OpDef::BASE
};
pub static MAX_POOL_V2: OpDef = OpDef {
    name: "MaxPoolV2",
    doc: "As MaxPool, with window and strides as inputs.",
    inputs: &[arg("input", "T"), V2[0], V2[1]],
    outputs: OUTPUT,
    attrs: &[MAX_T, PADDING, FORMAT_MAX],
    traits: Traits::PURE,
    shape: |c| infer_pool(c, 2, true, 1),
    kernel: Kernel::Plain(|c| run_max(c, 2, Some(1))),
    grad: Grad::Rule(|c| grad_of_max(c, "MaxPoolGradV2", 2)),
    sample: Some(|d| as_inputs(draw_pool(d, 2))),
    ..OpDef::BASE
};
pub static MAX_POOL_GRAD: OpDef = OpDef {
    name: "MaxPoolGrad",
    doc: "The gradient of MaxPool: each output's goes to the first largest element of its window.",
    inputs: &ORIG,
    outputs: OUTPUT,
    attrs: &[KSIZE, STRIDES, PADDING_EXPLICIT, EXPLICIT, FORMAT_2D, type_in("T", REALS).default_type(DType::F32)],
    traits: Traits::PURE,
    shape: first_shape,
    kernel: Kernel::Plain(|c| run_max_grad(c, 2, None)),
    grad: Grad::Rule(|c| grad_of_max_grad(c, "MaxPoolGradGrad", 0)),
    sample: Some(|d| draw_max_grad(d, 2, false)),
    ..OpDef::BASE
};
pub static MAX_POOL_GRAD_V2: OpDef = OpDef {
    name: "MaxPoolGradV2",
    doc: "As MaxPoolGrad, with window and strides as inputs.",
    inputs: &[ORIG[0], ORIG[1], ORIG[2], V2[0], V2[1]],
    outputs: OUTPUT,
    attrs: &[PADDING, FORMAT_2D, type_in("T", REALS).default_type(DType::F32)],
    traits: Traits::PURE,
    shape: first_shape,
    kernel: Kernel::Plain(|c| run_max_grad(c, 2, Some(3))),
    grad: Grad::Rule(|c| grad_of_max_grad(c, "MaxPoolGradGradV2", 2)),
    sample: Some(|d| as_inputs(draw_max_grad(d, 2, false))),
    ..OpDef::BASE
};
pub static MAX_POOL_GRAD_GRAD: OpDef = OpDef {
    name: "MaxPoolGradGrad",
    doc: "The gradient of MaxPoolGrad with respect to its incoming gradient.",
    inputs: &ORIG,
    outputs: OUTPUT,
    attrs: &[KSIZE, STRIDES, PADDING, FORMAT_2D, REAL_T],
    traits: Traits::PURE,
    shape: second_shape,
    kernel: Kernel::Plain(|c| run_max_grad_grad(c, 2, None)),
    grad: Grad::Rule(|c| grad_of_max_grad(c, "MaxPoolGrad", 0)),
    sample: Some(|d| draw_max_grad(d, 2, true)),
    ..OpDef::BASE
};
pub static MAX_POOL_GRAD_GRAD_V2: OpDef = OpDef {
    name: "MaxPoolGradGradV2",
    doc: "As MaxPoolGradGrad, with window and strides as inputs.",
    inputs: &[ORIG[0], ORIG[1], ORIG[2], V2[0], V2[1]],
    outputs: OUTPUT,
    attrs: &[PADDING, FORMAT_2D, REAL_T],
    traits: Traits::PURE,
    shape: second_shape,
    kernel: Kernel::Plain(|c| run_max_grad_grad(c, 2, Some(3))),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| as_inputs(draw_max_grad(d, 2, true))),
    ..OpDef::BASE
};
pub static AVG_POOL: OpDef = OpDef {
    name: "AvgPool",
    doc: "The mean of each window; positions outside the input do not count.",
    inputs: &[arg("value", "T")],
    outputs: OUTPUT,
    attrs: &[KSIZE, STRIDES, PADDING, FORMAT_2D, type_in("T", FLOATS)],
    traits: Traits::PURE,
    shape: |c| infer_pool(c, 2, false, 1),
    kernel: Kernel::Plain(|c| run_average(c, 2)),
    grad: Grad::Rule(|c| grad_of_average(c, "AvgPoolGrad")),
    sample: Some(|d| draw_pool(d, 2)),
    ..OpDef::BASE
};
pub static AVG_POOL_GRAD: OpDef = OpDef {
    name: "AvgPoolGrad",
    doc: "The gradient of AvgPool.",
    inputs: &[arg_of("orig_input_shape", DType::I32), arg("grad", "T")],
    outputs: OUTPUT,
    attrs: &[KSIZE, STRIDES, PADDING, FORMAT_2D, type_in("T", FLOATS)],
    traits: Traits::PURE,
    shape: |c| infer_sizes(c, 4),
    kernel: Kernel::Plain(|c| run_average_grad(c, 2)),
    grad: Grad::Rule(|c| grad_of_average_grad(c, "AvgPool")),
    sample: Some(|d| draw_average_grad(d, 2)),
    ..OpDef::BASE
};
pub static MAX_POOL3D: OpDef = OpDef {
    name: "MaxPool3D",
    doc: "The largest element of each window of three spatial axes.",
    inputs: &[arg("input", "T")],
    outputs: OUTPUT,
    attrs: &[KSIZE_3D, STRIDES_3D, PADDING, FORMAT_3D, type_in("T", NARROW)],
    traits: Traits::PURE,
    shape: |c| infer_pool(c, 3, false, 1),
    kernel: Kernel::Plain(|c| run_max(c, 3, None)),
    grad: Grad::Rule(|c| grad_of_max(c, "MaxPool3DGrad", 0)),
    sample: Some(|d| draw_pool(d, 3)),
    ..OpDef::BASE
};
pub static MAX_POOL3D_GRAD: OpDef = OpDef {
    name: "MaxPool3DGrad",
    doc: "The gradient of MaxPool3D.",
    inputs: &[arg("orig_input", "TInput"), arg("orig_output", "TInput"), arg("grad", "T")],
    outputs: OUTPUT,
    attrs: &[
        KSIZE_3D,
        STRIDES_3D,
        PADDING,
        FORMAT_3D,
        type_in("T", NARROW).default_type(DType::F32),
        type_in("TInput", NARROW).default_type(DType::F32),
    ],
    traits: Traits::PURE,
    shape: first_shape,
    kernel: Kernel::Plain(|c| run_max_grad(c, 3, None)),
    grad: Grad::Rule(|c| grad_of_max_grad(c, "MaxPool3DGradGrad", 0)),
    sample: Some(|d| draw_max_grad(d, 3, false)),
    ..OpDef::BASE
};
pub static MAX_POOL3D_GRAD_GRAD: OpDef = OpDef {
    name: "MaxPool3DGradGrad",
    doc: "The gradient of MaxPool3DGrad with respect to its incoming gradient.",
    inputs: &ORIG,
    outputs: OUTPUT,
    attrs: &[KSIZE_3D, STRIDES_3D, PADDING, FORMAT_3D, REAL_T],
    traits: Traits::PURE,
    shape: second_shape,
    kernel: Kernel::Plain(|c| run_max_grad_grad(c, 3, None)),
    grad: Grad::Rule(|c| grad_of_max_grad(c, "MaxPool3DGrad", 0)),
    // Its gradient op has no float64 form, in which gradients are checked.
    sample: Some(|d| draw_max_grad(d, 3, true).differentiate(&[])),
    ..OpDef::BASE
};
pub static AVG_POOL3D: OpDef = OpDef {
    name: "AvgPool3D",
    doc: "The mean of each window of three spatial axes.",
    inputs: &[arg("input", "T")],
    outputs: OUTPUT,
    attrs: &[KSIZE_3D, STRIDES_3D, PADDING, FORMAT_3D, type_in("T", FLOATS)],
    traits: Traits::PURE,
    shape: |c| infer_pool(c, 3, false, 1),
    kernel: Kernel::Plain(|c| run_average(c, 3)),
    grad: Grad::Rule(|c| grad_of_average(c, "AvgPool3DGrad")),
    sample: Some(|d| draw_pool(d, 3)),
    ..OpDef::BASE
};
pub static AVG_POOL3D_GRAD: OpDef = OpDef {
    name: "AvgPool3DGrad",
    doc: "The gradient of AvgPool3D.",
    inputs: &[arg_of("orig_input_shape", DType::I32), arg("grad", "T")],
    outputs: OUTPUT,
    attrs: &[KSIZE_3D, STRIDES_3D, PADDING, FORMAT_3D, type_in("T", FLOATS)],
    traits: Traits::PURE,
    shape: |c| infer_sizes(c, 5),
    kernel: Kernel::Plain(|c| run_average_grad(c, 3)),
    grad: Grad::Rule(|c| grad_of_average_grad(c, "AvgPool3D")),
    sample: Some(|d| draw_average_grad(d, 3)),
    ..OpDef::BASE
};

fn infer_sizes(c: &mut ShapeCtx, rank: usize) -> Result<()> {
    let s = c.shape_value(0).merge(&Shape::of_rank(rank))?;
    c.set(0, s);
    Ok(())
}

fn grad_of_average(c: &mut GradCtx, op: &str) -> Result<()> {
    let (x, g) = (c.input(0), c.grad(0)?);
    let shape = c.shape_tensor(x)?;
    let dx = c.op(op, &[shape, g], copied(c, KEPT_IMPLICIT))?;
    c.set(0, dx);
    Ok(())
}

fn grad_of_average_grad(c: &mut GradCtx, op: &str) -> Result<()> {
    let g = c.grad(0)?;
    let d = c.op(op, &[g], copied(c, KEPT_IMPLICIT))?;
    c.set(1, d);
    Ok(())
}
