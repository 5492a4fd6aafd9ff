//! FusedBatchNorm in its three versions, and the gradient ops.

use graphpb_kernels::{DType, Tensor, norm, shape_text};

use super::spatial::{Spatial, copied, narrow};
use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::fact::Shape;
use crate::graph::infer::ShapeCtx;
use crate::graph::node::Out;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::pointwise::cast;

/// The layout of `x`: four or five axes.
fn layout(attrs: &Attrs, rank: usize) -> Result<Spatial> {
    let axes = if attrs.str("data_format")?.len() == 5 { 3 } else { 2 };
    if rank != axes + 2 {
        return Err(Error::invalid(format!("input must be {}-dimensional, but has {rank} axes", axes + 2)));
    }
    let ones = vec![1i64; rank];
    let plain = Attrs::new().with("padding", "VALID").with("data_format", attrs.str("data_format")?);
    Spatial::with_strides(&plain, axes, &ones)
}

fn vector(c: &KernelCtx, i: usize, channels: usize, empty: bool) -> Result<Vec<f32>> {
    let t = c.input(i);
    if t.rank() != 1 || t.len() != channels && !(empty && t.is_empty()) {
        return Err(Error::invalid(format!("input {i} must be a vector of {channels} values, got shape {}", shape_text(t.dims()))));
    }
    Ok(cast(t, DType::F32)?.slice::<f32>().to_vec())
}

fn forward(c: &mut KernelCtx) -> Result<()> {
    let s = layout(c.attrs(), c.input(0).rank())?;
    let dtype = c.input(0).dtype();
    let channels = s.sizes(c.input(0).dims())?.2;
    let training = c.attrs().bool("is_training")?;
    let (epsilon, factor) = (c.attrs().float("epsilon")?, c.attrs().float("exponential_avg_factor")?);
    let (scale, offset) = (vector(c, 1, channels, false)?, vector(c, 2, channels, false)?);
    let old_needed = !training || factor != 1.0;
    let (old_mean, old_variance) = (vector(c, 3, channels, !old_needed)?, vector(c, 4, channels, !old_needed)?);
    let x = s.to_last(&cast(c.input(0), DType::F32)?)?;
    let (mean, variance) = if training { norm::moments(x.slice(), channels) } else { (old_mean.clone(), old_variance.clone()) };
    let factors: Vec<f32> = variance.iter().zip(&scale).map(|(v, s)| s / (v + epsilon).sqrt()).collect();
    let mut y = Tensor::try_scratch(DType::F32, x.dims())?;
    if !y.is_empty() {
        norm::affine(x.slice(), &mean, &factors, &offset, y.slice_mut());
    }
    // The running variance is the unbiased one.
    let rows = x.len() / channels.max(1);
    let bessel = if training { rows as f32 / (rows as f32 - 1.0).max(1.0) } else { 1.0 };
    let blend = |old: &[f32], new: f32, k: usize| {
        if training && factor != 1.0 { (1.0 - factor) * old.get(k).copied().unwrap_or(0.0) + factor * new } else { new }
    };
    let batch_mean: Vec<f32> = mean.iter().enumerate().map(|(k, &m)| blend(&old_mean, m, k)).collect();
    let batch_variance: Vec<f32> = variance.iter().enumerate().map(|(k, &v)| blend(&old_variance, v * bessel, k)).collect();
    c.set(0, narrow(s.from_last(y)?, dtype)?);
    for (i, v) in [batch_mean, batch_variance, mean, variance].iter().enumerate() {
        let t = narrow(Tensor::vector(v), c.output_dtype(1 + i))?;
        c.set(1 + i, t);
    }
    if c.outputs() > 5 {
        let t = Tensor::try_zeros(c.output_dtype(5), &[])?;
        c.set(5, t);
    }
    Ok(())
}

fn backward(c: &mut KernelCtx) -> Result<()> {
    let s = layout(c.attrs(), c.input(1).rank())?;
    let dtype = c.input(0).dtype();
    if c.input(0).dims() != c.input(1).dims() {
        return Err(Error::invalid(format!(
            "y_backprop and x must have the same shape: {} {}",
            shape_text(c.input(0).dims()),
            shape_text(c.input(1).dims())
        )));
    }
    let channels = s.sizes(c.input(1).dims())?.2;
    let training = c.attrs().bool("is_training")?;
    let epsilon = c.attrs().float("epsilon")?;
    let (scale, mean, variance) = (vector(c, 2, channels, false)?, vector(c, 3, channels, false)?, vector(c, 4, channels, false)?);
    let (g, x) = (s.to_last(&cast(c.input(0), DType::F32)?)?, s.to_last(&cast(c.input(1), DType::F32)?)?);
    let rows = (x.len() / channels.max(1)).max(1) as f64;
    let (sum, product) = norm::grad_sums(g.slice(), x.slice(), &mean);
    let root: Vec<f32> = variance.iter().map(|v| 1.0 / (v + epsilon).sqrt()).collect();
    let factors: Vec<f32> = root.iter().zip(&scale).map(|(r, s)| r * s).collect();
    let scale_grad: Vec<f32> = product.iter().zip(&root).map(|(p, r)| (p * *r as f64) as f32).collect();
    let offset_grad: Vec<f32> = sum.iter().map(|&v| v as f32).collect();
    let (mean_g, slope): (Vec<f32>, Vec<f32>) = if training {
        let slope = |(p, v): (&f64, &f32)| (p / rows / (*v + epsilon) as f64) as f32;
        (sum.iter().map(|v| (v / rows) as f32).collect(), product.iter().zip(&variance).map(slope).collect())
    } else {
        (vec![0.0; channels], vec![0.0; channels])
    };
    let mut dx = Tensor::try_scratch(DType::F32, x.dims())?;
    if !dx.is_empty() {
        norm::grad_input(g.slice(), x.slice(), &mean, &factors, &mean_g, &slope, dx.slice_mut());
    }
    c.set(0, narrow(s.from_last(dx)?, dtype)?);
    for (i, v) in [scale_grad, offset_grad].iter().enumerate() {
        let t = narrow(Tensor::vector(v), c.output_dtype(1 + i))?;
        c.set(1 + i, t);
    }
    for i in 3..5 {
        let t = Tensor::try_zeros(c.output_dtype(i), &[0])?;
        c.set(i, t);
    }
    Ok(())
}

fn channel_axis(attrs: &Attrs) -> Result<usize> {
    let f = attrs.str("data_format")?;
    Ok(if f.starts_with("NC") { 1 } else { f.len() - 1 })
}

fn infer_forward(c: &mut ShapeCtx) -> Result<()> {
    let rank = c.attrs().str("data_format")?.len();
    let x = c.input(0).with_rank(rank)?;
    let axis = channel_axis(c.attrs())?;
    let mut channels = Shape::vector(x.dim(axis));
    let trained = c.attrs().bool("is_training")?;
    for i in 1..if trained { 3 } else { 5 } {
        channels = channels.merge(c.input(i))?;
    }
    c.set(0, x.with_dim(axis, channels.dim(0)));
    for i in 1..c.outputs().min(5) {
        c.set(i, channels.clone());
    }
    Ok(())
}

fn infer_backward(c: &mut ShapeCtx) -> Result<()> {
    let rank = c.attrs().str("data_format")?.len();
    let x = c.input(0).with_rank(rank)?.merge(c.input(1))?;
    let axis = channel_axis(c.attrs())?;
    let mut channels = Shape::vector(x.dim(axis));
    for i in 2..5 {
        channels = channels.merge(c.input(i))?;
    }
    c.set(0, x.with_dim(axis, channels.dim(0)));
    c.set(1, channels.clone());
    c.set(2, channels);
    c.set(3, Shape::vector(0));
    c.set(4, Shape::vector(0));
    Ok(())
}

fn grad(c: &mut GradCtx, op: &str) -> Result<()> {
    let (x, scale, g) = (c.input(0), c.input(1), c.grad(0)?);
    let training = c.attrs().bool("is_training")?;
    // In training the statistics of the batch; else those that were given.
    let (mean, variance) = if training { (c.output(3), c.output(4)) } else { (c.input(3), c.input(4)) };
    let mut inputs = vec![g, x, scale, mean, variance];
    if c.outputs() > 5 {
        inputs.push(c.output(5));
    }
    let attrs = copied(c, &["epsilon", "data_format", "is_training"]);
    let n = c.op_node(op, op, &inputs, attrs)?;
    for i in 0..3 {
        c.set(i, n.out(i));
    }
    Ok(())
}

/// The gradients of the gradient op: those of the same expression in plain ops, as TensorFlow does it.
fn grad_of_grad(c: &mut GradCtx) -> Result<()> {
    let inputs: Vec<Out> = (0..3).map(|i| c.input(i)).collect();
    let grads = [c.grad(0)?, c.grad(1)?, c.grad(2)?];
    let mut own = Vec::new();
    let mut wide = Vec::new();
    for &i in &inputs {
        // Names of their own, so that only this expression counts.
        let o = c.call("Identity", &[i])?;
        own.push(o);
        wide.push(c.cast(o, DType::F32)?);
    }
    let (dy, x, mut scale) = (wide[0], wide[1], wide[2]);
    let format = c.attrs().str("data_format")?.to_owned();
    let (rank, first) = (format.len() as i64, format.starts_with("NC"));
    let axes: Vec<i64> = (0..rank).filter(|&k| k != if first { 1 } else { rank - 1 }).collect();
    let axes = c.int_vector(&axes)?;
    let across: Vec<i64> = (0..rank).map(|k| if k == if first { 1 } else { rank - 1 } { -1 } else { 1 }).collect();
    let across = c.int_vector(&across)?;
    scale = c.reshape(scale, across)?;
    let training = c.attrs().bool("is_training")?;
    let mean_of = |c: &mut GradCtx, v: Out| c.op("Mean", &[v, axes], Attrs::new().with("keep_dims", true));
    let (mean, variance) = if training {
        let mean = mean_of(c, x)?;
        let d = c.sub(x, mean)?;
        let squared = c.mul(d, d)?;
        (mean, mean_of(c, squared)?)
    } else {
        let (mean, variance) = (c.input(3), c.input(4));
        (c.reshape(mean, across)?, c.reshape(variance, across)?)
    };
    let epsilon = c.number(DType::F32, f64::from(c.attrs().float("epsilon")?))?;
    let raised = c.add(variance, epsilon)?;
    let r = c.call("Rsqrt", &[raised])?;
    let centred = c.sub(x, mean)?;
    let normal = c.mul(centred, r)?;
    let product = c.mul(dy, normal)?;
    let mut inner = dy;
    if training {
        let (m, p) = (mean_of(c, dy)?, mean_of(c, product)?);
        inner = c.sub(inner, m)?;
        let along = c.mul(normal, p)?;
        inner = c.sub(inner, along)?;
    }
    let factor = c.mul(scale, r)?;
    let dx = c.mul(factor, inner)?;
    let (ds, db) = (c.sum(product, axes, false)?, c.sum(dy, axes, false)?);
    let grads = [c.cast(grads[0], DType::F32)?, c.cast(grads[1], DType::F32)?, c.cast(grads[2], DType::F32)?];
    for (i, g) in c.partials(&[dx, ds, db], &own, &grads)?.into_iter().enumerate() {
        if let Some(g) = g {
            c.set(i, g);
        }
    }
    Ok(())
}

const NARROW: &[DType] = &[DType::F16, DType::BF16, DType::F32];
const F32: &[DType] = &[DType::F32];
const EPSILON: AttrSpec = float("epsilon").default_float(0.0001);
const FACTOR: AttrSpec = float("exponential_avg_factor").default_float(1.0);
const TRAINING: AttrSpec = flag("is_training", true);
const FORMAT: AttrSpec = super::spatial::FORMAT_2D;
const FORMAT_ANY: AttrSpec = string("data_format").default_str("NHWC").one_of(&["NHWC", "NCHW", "NDHWC", "NCDHW"]);

fn sample(d: &mut crate::testing::cases::Draw) -> Case {
    let dims = d.full_dims(4, 4);
    let first = d.flag();
    let channels = dims[if first { 1 } else { 3 }];
    let vector = |d: &mut crate::testing::cases::Draw, lo: f64, hi: f64| d.tensor_of(DType::F32, &[channels], lo, hi);
    let (scale, offset, mean, variance) = (vector(d, 0.5, 2.0), vector(d, -1.0, 1.0), vector(d, -1.0, 1.0), vector(d, 0.5, 2.0));
    let x = d.tensor_of(d.dtype, &dims, -2.0, 2.0);
    let case = Case::new().input(x).input(scale).input(offset);
    case.input(mean).input(variance).attr("is_training", false).attr("data_format", if first { "NCHW" } else { "NHWC" })
}

fn sample_grad(d: &mut crate::testing::cases::Draw, more: bool) -> Case {
    let dims = d.full_dims(4, 4);
    let first = d.flag();
    let channels = dims[if first { 1 } else { 3 }];
    let training = d.flag();
    let (g, x) = (d.tensor(&dims), d.tensor(&dims));
    let mut vector = |lo: f64, hi: f64| d.tensor_of(DType::F32, &[channels], lo, hi);
    let case = Case::new().input(g).input(x).input(vector(0.5, 2.0)).input(vector(-1.0, 1.0)).input(vector(0.5, 2.0));
    let case = if more { case.input(Tensor::vector::<f32>(&[])) } else { case };
    case.attr("is_training", training).attr("data_format", if first { "NCHW" } else { "NHWC" })
}

macro_rules! batch_norm {
    ($forward:ident $name:literal, $backward:ident $grad:literal, $u:literal, $scale:expr, forward_attrs: [$($fa:expr),*], backward_attrs: [$($ba:expr),*],
     more: [$($more_out:expr),*] [$($more_in:expr),*], last: $r1:literal $r2:literal) => {
        pub static $forward: OpDef = OpDef {
            name: $name,
            doc: "(x − mean)·scale/√(variance + ε) + offset per channel; in training with the mean and variance of the batch.",
            inputs: &[arg("x", "T"), arg("scale", $u), arg("offset", $u), arg("mean", $u), arg("variance", $u)],
            outputs: &[arg("y", "T"), arg("batch_mean", $u), arg("batch_variance", $u), arg("reserve_space_1", $u), arg("reserve_space_2", $u) $(, $more_out)*],
            attrs: &[$($fa),*],
            traits: Traits::PURE,
            shape: infer_forward,
            kernel: Kernel::Plain(forward),
            grad: Grad::Rule(|c| grad(c, $grad)),
            sample: Some(sample),
            ..OpDef::BASE
        };
        pub static $backward: OpDef = OpDef {
            name: $grad,
            doc: "The gradients of batch normalisation with respect to x, scale and offset.",
            inputs: &[arg("y_backprop", "T"), arg("x", "T"), $scale, arg("reserve_space_1", $u), arg("reserve_space_2", $u) $(, $more_in)*],
            outputs: &[arg("x_backprop", "T"), arg("scale_backprop", $u), arg("offset_backprop", $u), arg($r1, $u), arg($r2, $u)],
            attrs: &[$($ba),*],
            traits: Traits::PURE,
            shape: infer_backward,
            kernel: Kernel::Plain(backward),
            sample: Some(|d| sample_grad(d, !<[Arg]>::is_empty(&[$($more_in),*]))),
            grad: Grad::Rule(grad_of_grad),
            ..OpDef::BASE
        };
    };
}
batch_norm! { FUSED_BATCH_NORM "FusedBatchNorm", FUSED_BATCH_NORM_GRAD "FusedBatchNormGrad", "T", arg("scale", "T"),
forward_attrs: [type_in("T", F32), EPSILON, FACTOR, FORMAT, TRAINING], backward_attrs: [type_in("T", F32), EPSILON, FORMAT, TRAINING],
more: [] [], last: "reserve_space_3" "reserve_space_4" }
batch_norm! { FUSED_BATCH_NORM_V2 "FusedBatchNormV2", FUSED_BATCH_NORM_GRAD_V2 "FusedBatchNormGradV2", "U", arg_of("scale", DType::F32),
forward_attrs: [type_in("T", NARROW), type_in("U", F32), EPSILON, FACTOR, FORMAT, TRAINING],
backward_attrs: [type_in("T", NARROW), type_in("U", F32), EPSILON, FORMAT, TRAINING],
more: [] [], last: "reserve_space_3" "reserve_space_4" }
batch_norm! { FUSED_BATCH_NORM_V3 "FusedBatchNormV3", FUSED_BATCH_NORM_GRAD_V3 "FusedBatchNormGradV3", "U", arg_of("scale", DType::F32),
forward_attrs: [type_in("T", NARROW), type_in("U", &[DType::BF16, DType::F32]), EPSILON, FACTOR, FORMAT_ANY, TRAINING],
backward_attrs: [type_in("T", NARROW), type_in("U", F32), EPSILON, FORMAT_ANY, TRAINING],
more: [arg("reserve_space_3", "U")] [arg("reserve_space_3", "U")], last: "reserve_space_4" "reserve_space_5" }
