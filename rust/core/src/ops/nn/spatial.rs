//! What convolutions and pools share: strides, padding and layout read from attributes, static shapes, channels-last data.

use graphpb_kernels::conv::Axis;
use graphpb_kernels::movement::transpose::transpose;
use graphpb_kernels::pointwise::cast;
use graphpb_kernels::{DType, Tensor};

use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::attr::Attrs;
use crate::graph::fact::Shape;
use crate::registry::*;

pub(super) const FORMAT_2D: AttrSpec = string("data_format").default_str("NHWC").one_of(&["NHWC", "NCHW"]);
pub(super) const FORMAT_3D: AttrSpec = string("data_format").default_str("NDHWC").one_of(&["NDHWC", "NCDHW"]);
pub(super) const PADDING: AttrSpec = string("padding").one_of(&["SAME", "VALID"]);
pub(super) const PADDING_EXPLICIT: AttrSpec = string("padding").one_of(&["SAME", "VALID", "EXPLICIT"]);
pub(super) const EXPLICIT: AttrSpec = attr("explicit_paddings", AttrKind::ListInt).default_empty();

pub(super) const FORMAT_MAX: AttrSpec = string("data_format").default_str("NHWC").one_of(&["NHWC", "NCHW", "NCHW_VECT_C"]);

/// A required list of integers.
pub(super) const fn ints(name: &'static str) -> AttrSpec {
    attr(name, AttrKind::ListInt)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Padding {
    Same,
    Valid,
    Explicit([(usize, usize); 3]),
}

/// Strides, dilations and padding of the two or three spatial axes; a missing depth axis has size one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spatial {
    /// Two or three.
    pub axes: usize,
    channels_first: bool,
    strides: [usize; 3],
    dilations: [usize; 3],
    padding: Padding,
}

impl Spatial {
    /// Read `strides`, `padding`, `data_format` and, where they are there, `dilations` and `explicit_paddings`.
    pub fn read(attrs: &Attrs, axes: usize) -> Result<Spatial> {
        Self::with_strides(attrs, axes, attrs.ints("strides")?)
    }
    pub fn with_strides(attrs: &Attrs, axes: usize, strides: &[i64]) -> Result<Spatial> {
        let format = attrs.str("data_format").unwrap_or("NHWC");
        if format == "NCHW_VECT_C" {
            return Err(Error::unimplemented("data_format NCHW_VECT_C is for int8 on GPUs"));
        }
        let mut s = Spatial { axes, channels_first: format.starts_with("NC"), strides: [1; 3], dilations: [1; 3], padding: Padding::Valid };
        s.strides = s.window(strides, "strides")?;
        if attrs.get("dilations").is_some() {
            s.dilations = s.window(attrs.ints("dilations")?, "dilations")?;
        }
        s.padding = match attrs.str("padding")? {
            "SAME" => Padding::Same,
            "VALID" => Padding::Valid,
            "EXPLICIT" => {
                let list = attrs.ints("explicit_paddings")?;
                if list.len() != 2 * (axes + 2) || list.iter().any(|&p| !(0..=1 << 30).contains(&p)) {
                    return Err(Error::invalid(format!("explicit_paddings attribute must contain {} non-negative values", 2 * (axes + 2))));
                }
                let mut pads = [(0, 0); 3];
                for i in 0..axes {
                    let at = 2 * s.position(i);
                    pads[3 - axes + i] = (list[at] as usize, list[at + 1] as usize);
                }
                Padding::Explicit(pads)
            }
            p => return Err(Error::invalid(format!("unknown padding {p}"))),
        };
        Ok(s)
    }
    /// Where spatial axis `i` stands in a shape.
    fn position(&self, i: usize) -> usize {
        i + if self.channels_first { 2 } else { 1 }
    }
    fn channel_position(&self) -> usize {
        if self.channels_first { 1 } else { self.axes + 1 }
    }
    /// The spatial entries of a list with one entry for each axis; those of batch and channels must be one.
    pub fn window(&self, list: &[i64], what: &str) -> Result<[usize; 3]> {
        if list.len() != self.axes + 2 {
            return Err(Error::invalid(format!("{what} must specify {} dimensions, but got {}", self.axes + 2, list.len())));
        }
        if list[0] != 1 || list[self.channel_position()] != 1 {
            return Err(Error::unimplemented(format!("{what} other than 1 in the batch and depth dimensions are not supported: {list:?}")));
        }
        let mut out = [1; 3];
        for i in 0..self.axes {
            let v = list[self.position(i)];
            if !(1..=1 << 30).contains(&v) {
                return Err(Error::invalid(format!("{what} must be positive: {list:?}")));
            }
            out[3 - self.axes + i] = v as usize;
        }
        Ok(out)
    }
    /// The output size of axis `i` (of three), or −1 when a size is unknown.
    fn output(&self, i: usize, input: i64, kernel: i64) -> Result<i64> {
        if input < 0 || kernel < 0 {
            return Ok(-1);
        }
        let stride = self.strides[i] as i64;
        let effective = (kernel - 1).max(0) * self.dilations[i] as i64 + 1;
        let out = match self.padding {
            Padding::Same => (input + stride - 1) / stride,
            Padding::Valid => (input - effective + stride) / stride,
            Padding::Explicit(p) => (input + (p[i].0 + p[i].1) as i64 - effective + stride) / stride,
        };
        if out < 0 || self.padding != Padding::Same && input - effective + stride + self.explicit(i) < 0 {
            return Err(Error::invalid(format!(
                "Computed output size would be negative: {out} [input_size: {input}, effective_filter_size: {effective}, stride: {stride}]"
            )));
        }
        Ok(out)
    }
    fn explicit(&self, i: usize) -> i64 {
        if let Padding::Explicit(p) = self.padding { (p[i].0 + p[i].1) as i64 } else { 0 }
    }
    /// The three axes of an input and a window, the padding resolved.
    pub fn resolve(&self, input: [usize; 3], kernel: [usize; 3]) -> Result<[Axis; 3]> {
        let mut axes = [Axis::ONE; 3];
        for i in 0..3 {
            let output = self.output(i, input[i] as i64, kernel[i] as i64)? as usize;
            let effective = (kernel[i].max(1) - 1) * self.dilations[i] + 1;
            let before = match self.padding {
                Padding::Valid => 0,
                Padding::Same => (output.saturating_sub(1) * self.strides[i] + effective).saturating_sub(input[i]) / 2,
                Padding::Explicit(p) => p[i].0,
            };
            axes[i] = Axis { input: input[i], kernel: kernel[i], output, stride: self.strides[i], dilation: self.dilations[i], before };
        }
        Ok(axes)
    }
    /// The static output shape for an input, a window (−1: unknown) and output channels.
    pub fn infer(&self, input: &Shape, kernel: [i64; 3], channels: i64) -> Result<Shape> {
        let input = input.with_rank(self.axes + 2)?;
        let mut out = vec![-1; self.axes + 2];
        out[0] = input.dim(0);
        out[self.channel_position()] = channels;
        for i in 0..self.axes {
            let at = self.position(i);
            let (k, size, window) = (3 - self.axes + i, input.dim(at), kernel[3 - self.axes + i]);
            out[at] = self.output(k, size, window).map_err(Error::into_value)?;
            let (effective, size) = ((window - 1).saturating_mul(self.dilations[k] as i64).saturating_add(1), size + self.explicit(k));
            if out[at] >= 0 && self.padding != Padding::Same && effective > size {
                return Err(Error::value(format!("Negative dimension size caused by subtracting {effective} from {size}")));
            }
        }
        Ok(Shape::of(&out))
    }
    /// The channels of an input shape of known or unknown rank.
    pub fn channels(&self, s: &Shape) -> i64 {
        s.dim(self.channel_position())
    }
    /// Batch, spatial sizes and channels of a tensor in its own layout.
    pub fn sizes(&self, dims: &[usize]) -> Result<(usize, [usize; 3], usize)> {
        if dims.len() != self.axes + 2 {
            return Err(Error::invalid(format!("input must be {}-dimensional, got {}", self.axes + 2, graphpb_kernels::shape_text(dims))));
        }
        let mut space = [1; 3];
        for i in 0..self.axes {
            space[3 - self.axes + i] = dims[self.position(i)];
        }
        Ok((dims[0], space, dims[self.channel_position()]))
    }
    /// The dimensions of a tensor in its own layout.
    pub fn dims(&self, batch: usize, space: [usize; 3], channels: usize) -> Vec<usize> {
        let mut out = vec![batch];
        if self.channels_first {
            out.push(channels);
        }
        out.extend_from_slice(&space[3 - self.axes..]);
        if !self.channels_first {
            out.push(channels);
        }
        out
    }
    /// `t` with the channels last.
    pub fn to_last(&self, t: &Tensor) -> Result<Tensor> {
        self.sizes(t.dims())?;
        if !self.channels_first {
            return Ok(t.clone());
        }
        let perm: Vec<usize> = [0].into_iter().chain(2..self.axes + 2).chain([1]).collect();
        Ok(transpose(t, &perm)?)
    }
    /// `t`, whose channels are last, in the layout of the op.
    pub fn from_last(&self, t: Tensor) -> Result<Tensor> {
        if !self.channels_first {
            return Ok(t);
        }
        let perm: Vec<usize> = [0, self.axes + 1].into_iter().chain(1..self.axes + 1).collect();
        Ok(transpose(&t, &perm)?)
    }
    /// A tensor for a channels-last result.
    pub fn scratch_last(&self, dtype: DType, batch: usize, space: [usize; 3], channels: usize) -> Result<Tensor> {
        let mut dims = vec![batch];
        dims.extend_from_slice(&space[3 - self.axes..]);
        dims.push(channels);
        Ok(Tensor::try_scratch(dtype, &dims)?)
    }
}

/// `t` in a type that kernels compute in: half precisions as float32, int32 as float64.
pub(in crate::ops) fn widen(t: &Tensor) -> Result<Tensor> {
    match t.dtype() {
        DType::F32 | DType::F64 => Ok(t.clone()),
        DType::F16 | DType::BF16 => Ok(cast(t, DType::F32)?),
        _ => Ok(cast(t, DType::F64)?),
    }
}

/// A result of [`widen`]ed inputs, rounded to `dtype`.
pub(in crate::ops) fn narrow(t: Tensor, dtype: DType) -> Result<Tensor> {
    match dtype {
        d if t.dtype() == d => Ok(t),
        // Integers wrap.
        DType::I32 => Ok(cast(&cast(&t, DType::I64)?, dtype)?),
        _ => Ok(cast(&t, dtype)?),
    }
}

/// Run `$body` with `$T` as float32 or float64, whichever `$dtype` is.
macro_rules! with_float {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            graphpb_kernels::DType::F32 => {
                type $T = f32;
                $body
            }
            graphpb_kernels::DType::F64 => {
                type $T = f64;
                $body
            }
            d => return Err(crate::error::Error::unimplemented(format!("no kernel for type {}", d.name()))),
        }
    };
}
pub(super) use with_float;

/// A tensor of sizes as a list, checked to be `rank` non-negative numbers.
pub(super) fn size_list(t: &Tensor, rank: usize) -> Result<Vec<usize>> {
    let v = t.to_i64s().ok_or_else(|| Error::invalid("sizes must be integers"))?;
    if v.len() != rank || t.rank() != 1 {
        return Err(Error::invalid(format!("sizes must be a vector of {rank} values, got shape {}", graphpb_kernels::shape_text(t.dims()))));
    }
    v.iter().map(|&d| usize::try_from(d).map_err(|_| Error::invalid(format!("sizes must not be negative: {v:?}")))).collect()
}

/// The attributes called `names` of the forward node, as far as it has them.
pub(in crate::ops) fn copied(c: &GradCtx, names: &[&'static str]) -> Attrs {
    let mut out = Attrs::new();
    for &n in names {
        if let Some(v) = c.attrs().get(n) {
            out.set(n, v.clone());
        }
    }
    out
}
