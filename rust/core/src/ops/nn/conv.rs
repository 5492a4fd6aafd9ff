//! Convolutions of two and three spatial axes, dense and depthwise, and their gradient ops.

use graphpb_kernels::conv::{self, Geometry};
use graphpb_kernels::{DType, Tensor, shape_text};

use super::spatial::*;
use crate::error::{Error, Result};
use crate::grad::GradCtx;
use crate::graph::attr::{Attr, AttrList, Attrs};
use crate::graph::fact::Shape;
use crate::graph::infer::ShapeCtx;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};

/// One family of convolution ops.
#[derive(Clone, Copy)]
struct Kind {
    axes: usize,
    depthwise: bool,
    forward: &'static str,
    input: &'static str,
    filter: &'static str,
}

const DENSE_2D: Kind = Kind { axes: 2, depthwise: false, forward: "Conv2D", input: "Conv2DBackpropInput", filter: "Conv2DBackpropFilter" };
const DEPTHWISE: Kind = Kind {
    axes: 2,
    depthwise: true,
    forward: "DepthwiseConv2dNative",
    input: "DepthwiseConv2dNativeBackpropInput",
    filter: "DepthwiseConv2dNativeBackpropFilter",
};
const DENSE_3D: Kind = Kind { axes: 3, depthwise: false, forward: "Conv3D", input: "Conv3DBackpropInputV2", filter: "Conv3DBackpropFilterV2" };

const KEPT: &[&str] = &["strides", "use_cudnn_on_gpu", "padding", "explicit_paddings", "data_format", "dilations"];

impl Kind {
    /// The sizes for an input and a filter shape, and the number of groups of channels.
    fn geometry(&self, s: &Spatial, input: &[usize], filter: &[usize]) -> Result<(Geometry, usize)> {
        let (batch, space, cin) = s.sizes(input)?;
        let [kernel @ .., fin, fout] = filter else { return Err(self.bad_filter(filter)) };
        if kernel.len() != self.axes {
            return Err(self.bad_filter(filter));
        }
        let mut window = [1; 3];
        window[3 - self.axes..].copy_from_slice(kernel);
        let groups = match cin.checked_rem(*fin) {
            _ if cin == *fin => 1,
            Some(0) if self.axes == 2 && !self.depthwise => cin / fin,
            _ if self.axes == 3 => return Err(Error::invalid(format!("input and filter must have the same depth: {cin} vs {fin}"))),
            _ => return Err(Error::invalid(format!("input depth must be evenly divisible by filter depth: {cin} vs {fin}"))),
        };
        if fout % groups.max(1) != 0 {
            return Err(Error::invalid(format!("output depth must be evenly divisible by number of groups: {fout} vs {groups}")));
        }
        let cout = if self.depthwise { fin.saturating_mul(*fout) } else { *fout };
        Ok((Geometry { batch, axes: s.resolve(space, window)?, cin, cout }, groups))
    }
    fn bad_filter(&self, dims: &[usize]) -> Error {
        Error::invalid(format!("filter must be {}-dimensional: {}", self.axes + 2, shape_text(dims)))
    }
    fn output_sizes(&self, g: &Geometry) -> (usize, [usize; 3], usize) {
        (g.batch, g.axes.map(|a| a.output), g.cout)
    }
    fn check_output(&self, s: &Spatial, g: &Geometry, dy: &Tensor) -> Result<()> {
        let (batch, space, channels) = self.output_sizes(g);
        let want = s.dims(batch, space, channels);
        if dy.dims() != want {
            return Err(Error::invalid(format!(
                "{}: out_backprop has shape {}, the convolution gives {}",
                self.forward,
                shape_text(dy.dims()),
                shape_text(&want)
            )));
        }
        Ok(())
    }

    fn infer_forward(&self, c: &mut ShapeCtx) -> Result<()> {
        let s = Spatial::read(c.attrs(), self.axes)?;
        let filter = c.input(1).with_rank(self.axes + 2)?;
        let mut window = [1; 3];
        for i in 0..self.axes {
            window[3 - self.axes + i] = filter.dim(i);
        }
        let input = c.input(0).with_rank(self.axes + 2)?;
        let (fin, fout) = (filter.dim(self.axes), filter.dim(self.axes + 1));
        let cin = s.channels(&input);
        if cin > 0 && fin > 0 && cin % fin != 0 {
            return Err(Error::value(format!(
                "Dimensions must be equal, but are {cin} and {fin}: depth of input ({cin}) is not a multiple of input depth of filter ({fin})"
            )));
        }
        if !self.depthwise && cin > 0 && fin > 0 && fout >= 0 && fout % (cin / fin) != 0 {
            return Err(Error::value(format!("Depth of output ({fout}) is not a multiple of the number of groups ({})", cin / fin)));
        }
        let channels = if !self.depthwise {
            fout
        } else if fin >= 0 && fout >= 0 {
            fin * fout
        } else {
            -1
        };
        let out = s.infer(&input, window, channels)?;
        c.set(0, out);
        Ok(())
    }
    fn infer_sizes(&self, c: &mut ShapeCtx, i: usize) -> Result<()> {
        let out = c.shape_value(i).merge(&Shape::of_rank(self.axes + 2))?;
        c.set(0, out);
        Ok(())
    }

    fn run_forward(&self, c: &mut KernelCtx) -> Result<()> {
        let s = Spatial::read(c.attrs(), self.axes)?;
        let dtype = c.input(0).dtype();
        let (g, groups) = self.geometry(&s, c.input(0).dims(), c.input(1).dims())?;
        let (x, f) = (s.to_last(&widen(c.input(0))?)?, widen(c.input(1))?);
        let (batch, space, channels) = self.output_sizes(&g);
        let mut y = s.scratch_last(x.dtype(), batch, space, channels)?;
        with_float!(x.dtype(), T => {
            if self.depthwise {
                conv::depthwise::<T>(&g, x.slice(), f.slice(), y.slice_mut())
            } else {
                conv::forward_in_groups::<T>(&g, groups, x.slice(), f.slice(), y.slice_mut())
            }
        });
        c.set(0, s.from_last(narrow(y, dtype)?)?);
        Ok(())
    }
    fn run_input(&self, c: &mut KernelCtx) -> Result<()> {
        let s = Spatial::read(c.attrs(), self.axes)?;
        let dtype = c.input(1).dtype();
        let sizes = self.full_sizes(&s, c.input(0), c.input(2))?;
        let (g, groups) = self.geometry(&s, &sizes, c.input(1).dims())?;
        self.check_output(&s, &g, c.input(2))?;
        let (f, dy) = (widen(c.input(1))?, s.to_last(&widen(c.input(2))?)?);
        let mut dx = s.scratch_last(f.dtype(), g.batch, g.axes.map(|a| a.input), g.cin)?;
        with_float!(f.dtype(), T => {
            if self.depthwise {
                conv::depthwise_backprop_input::<T>(&g, f.slice(), dy.slice(), dx.slice_mut())
            } else {
                conv::backprop_input_in_groups::<T>(&g, groups, f.slice(), dy.slice(), dx.slice_mut())
            }
        });
        c.set(0, s.from_last(narrow(dx, dtype)?)?);
        Ok(())
    }
    /// The input's shape: a vector of all sizes, or of the spatial ones.
    fn full_sizes(&self, s: &Spatial, sizes: &Tensor, dy: &Tensor) -> Result<Vec<usize>> {
        if sizes.len() == self.axes {
            return Err(Error::unimplemented(format!("input_sizes of {} values are not supported: give all {}", self.axes, self.axes + 2)));
        }
        s.sizes(dy.dims())?;
        size_list(sizes, self.axes + 2)
    }
    fn run_filter(&self, c: &mut KernelCtx) -> Result<()> {
        let s = Spatial::read(c.attrs(), self.axes)?;
        let dtype = c.input(0).dtype();
        let filter = size_list(c.input(1), self.axes + 2)?;
        let (g, groups) = self.geometry(&s, c.input(0).dims(), &filter)?;
        self.check_output(&s, &g, c.input(2))?;
        let (x, dy) = (s.to_last(&widen(c.input(0))?)?, s.to_last(&widen(c.input(2))?)?);
        let mut df = Tensor::try_scratch(x.dtype(), &filter)?;
        with_float!(x.dtype(), T => {
            if self.depthwise {
                conv::depthwise_backprop_filter::<T>(&g, x.slice(), dy.slice(), df.slice_mut())
            } else {
                conv::backprop_filter_in_groups::<T>(&g, groups, x.slice(), dy.slice(), df.slice_mut())
            }
        });
        c.set(0, narrow(df, dtype)?);
        Ok(())
    }

    fn grad_forward(&self, c: &mut GradCtx) -> Result<()> {
        let (x, f, g) = (c.input(0), c.input(1), c.grad(0)?);
        let (sx, sf) = (c.shape_tensor(x)?, c.shape_tensor(f)?);
        let dx = c.op(self.input, &[sx, f, g], copied(c, KEPT))?;
        let df = c.op(self.filter, &[x, sf, g], copied(c, KEPT))?;
        c.set(0, dx);
        c.set(1, df);
        Ok(())
    }
    fn grad_input(&self, c: &mut GradCtx) -> Result<()> {
        let (f, dy, g) = (c.input(1), c.input(2), c.grad(0)?);
        let sf = c.shape_tensor(f)?;
        let df = c.op(self.filter, &[g, sf, dy], copied(c, KEPT))?;
        let ddy = c.op(self.forward, &[g, f], copied(c, KEPT))?;
        c.set(1, df);
        c.set(2, ddy);
        Ok(())
    }
    fn grad_filter(&self, c: &mut GradCtx) -> Result<()> {
        let (x, dy, g) = (c.input(0), c.input(2), c.grad(0)?);
        let sx = c.shape_tensor(x)?;
        let dx = c.op(self.input, &[sx, g, dy], copied(c, KEPT))?;
        let ddy = c.op(self.forward, &[x, g], copied(c, KEPT))?;
        c.set(0, dx);
        c.set(2, ddy);
        Ok(())
    }

    /// Input, filter and output gradient of a small case, with its attributes.
    fn draw(&self, d: &mut Draw) -> ([Tensor; 3], Attrs) {
        let padding = d.one_of(&["SAME", "VALID"]);
        let (stride, dilation) = if d.flag() { (1 + d.below(2), 1) } else { (1, 1 + d.below(2)) };
        let (batch, cin, mul) = (1 + d.below(2), 1 + d.below(3), 1 + d.below(3));
        let first = d.below(3) == 0;
        let kernel: Vec<usize> = (0..self.axes).map(|_| 1 + d.below(3)).collect();
        let input: Vec<usize> = kernel.iter().map(|k| (k - 1) * dilation + 1 + d.below(3)).collect();
        let output: Vec<usize> = input
            .iter()
            .zip(&kernel)
            .map(|(&i, k)| if padding == "SAME" { i.div_ceil(stride) } else { (i - (k - 1) * dilation - 1) / stride + 1 })
            .collect();
        let whole = |space: &[usize], channels: usize| match first {
            true => [&[batch, channels], space].concat(),
            false => [&[batch], space, &[channels]].concat(),
        };
        let list = |v: usize| {
            let mut l = vec![v as i64; self.axes + 2];
            l[0] = 1;
            l[if first { 1 } else { self.axes + 1 }] = 1;
            Attr::List(AttrList::Int(l))
        };
        let format = match (self.axes, first) {
            (2, false) => "NHWC",
            (2, true) => "NCHW",
            (_, false) => "NDHWC",
            (_, true) => "NCDHW",
        };
        let attrs = Attrs::new().with("strides", list(stride)).with("dilations", list(dilation)).with("padding", padding).with("data_format", format);
        let groups = if self.axes == 2 && !self.depthwise && d.below(3) == 0 { 2 } else { 1 };
        let (filter_out, cout) = if self.depthwise { (mul, cin * mul) } else { (groups * mul, groups * mul) };
        let filter = [kernel.as_slice(), &[cin, filter_out]].concat();
        let tensors = [d.tensor(&whole(&input, groups * cin)), d.tensor(&filter), d.tensor(&whole(&output, cout))];
        (tensors, attrs)
    }
    fn case(&self, d: &mut Draw, build: impl Fn(&mut Draw, [Tensor; 3]) -> Case) -> Case {
        let (t, attrs) = self.draw(d);
        let mut case = build(d, t);
        case.attrs = attrs;
        case
    }
}

const FLOATS_I32: &[DType] = &[DType::F16, DType::BF16, DType::F32, DType::F64, DType::I32];
const CUDNN: AttrSpec = flag("use_cudnn_on_gpu", true);
const DILATIONS: AttrSpec = ints("dilations").default_ints(&[1, 1, 1, 1]);
const DILATIONS_3D: AttrSpec = ints("dilations").default_ints(&[1, 1, 1, 1, 1]);
const STRIDES_3D: AttrSpec = ints("strides").at_least(5);
const SIZES: Arg = arg_of("input_sizes", DType::I32);
const FILTER_SIZES: Arg = arg_of("filter_sizes", DType::I32);

const fn dense(types: &'static [DType]) -> [AttrSpec; 7] {
    [type_in("T", types), ints("strides"), CUDNN, PADDING_EXPLICIT, EXPLICIT, FORMAT_2D, DILATIONS]
}
static DENSE_ATTRS: [AttrSpec; 7] = dense(FLOATS_I32);
static DENSE_FILTER_ATTRS: [AttrSpec; 7] = dense(FLOATS);
static DEPTHWISE_ATTRS: [AttrSpec; 6] = [type_in("T", FLOATS), ints("strides"), PADDING_EXPLICIT, EXPLICIT, FORMAT_2D, DILATIONS];
static ATTRS_3D: [AttrSpec; 5] = [type_in("T", FLOATS), STRIDES_3D, PADDING, FORMAT_3D, DILATIONS_3D];

macro_rules! family {
    ($kind:ident: $forward:ident $doc:literal $attrs:expr; $input:ident $input_sizes:expr, $input_attrs:expr; $filter:ident $filter_attrs:expr;) => {
        pub static $forward: OpDef = OpDef {
            name: $kind.forward,
            doc: $doc,
            inputs: &[arg("input", "T"), arg("filter", "T")],
            outputs: &[arg("output", "T")],
            attrs: $attrs,
            traits: Traits::PURE,
            shape: |c| $kind.infer_forward(c),
            kernel: Kernel::Plain(|c| $kind.run_forward(c)),
            grad: Grad::Rule(|c| $kind.grad_forward(c)),
            sample: Some(|d| $kind.case(d, |_, [x, f, _]| Case::new().input(x).input(f))),
            ..OpDef::BASE
        };
        pub static $input: OpDef = OpDef {
            name: $kind.input,
            doc: "The gradient of the convolution with respect to its input, whose shape is input_sizes.",
            inputs: &[$input_sizes, arg("filter", "T"), arg("out_backprop", "T")],
            outputs: &[arg("output", "T")],
            attrs: $input_attrs,
            traits: Traits::PURE,
            shape: |c| $kind.infer_sizes(c, 0),
            kernel: Kernel::Plain(|c| $kind.run_input(c)),
            grad: Grad::Rule(|c| $kind.grad_input(c)),
            sample: Some(|d| $kind.case(d, |d, [x, f, dy]| Case::new().constant(d.shape_vector(x.dims())).input(f).input(dy))),
            ..OpDef::BASE
        };
        pub static $filter: OpDef = OpDef {
            name: $kind.filter,
            doc: "The gradient of the convolution with respect to its filter, whose shape is filter_sizes.",
            inputs: &[arg("input", "T"), FILTER_SIZES, arg("out_backprop", "T")],
            outputs: &[arg("output", "T")],
            attrs: $filter_attrs,
            traits: Traits::PURE,
            shape: |c| $kind.infer_sizes(c, 1),
            kernel: Kernel::Plain(|c| $kind.run_filter(c)),
            grad: Grad::Rule(|c| $kind.grad_filter(c)),
            sample: Some(|d| $kind.case(d, |d, [x, f, dy]| Case::new().input(x).constant(d.shape_vector(f.dims())).input(dy))),
            ..OpDef::BASE
        };
    };
}

family! { DENSE_2D:
CONV2D "A convolution: input [batch, height, width, in] (or NCHW), filter [height, width, in, out]." &DENSE_ATTRS;
CONV2D_BACKPROP_INPUT SIZES, &DENSE_ATTRS; CONV2D_BACKPROP_FILTER &DENSE_FILTER_ATTRS; }
family! { DEPTHWISE:
DEPTHWISE_CONV2D_NATIVE "A convolution of each channel with filters of its own: filter [height, width, in, multiplier]." &DEPTHWISE_ATTRS;
DEPTHWISE_CONV2D_NATIVE_BACKPROP_INPUT SIZES, &DEPTHWISE_ATTRS; DEPTHWISE_CONV2D_NATIVE_BACKPROP_FILTER &DEPTHWISE_ATTRS; }
family! { DENSE_3D:
CONV3D "A convolution: input [batch, depth, height, width, in] (or NCDHW), filter [depth, height, width, in, out]." &ATTRS_3D;
CONV3D_BACKPROP_INPUT_V2 arg("input_sizes", "Tshape"), &[ATTRS_3D_T, STRIDES_3D, PADDING, FORMAT_3D, DILATIONS_3D, type_index("Tshape")];
CONV3D_BACKPROP_FILTER_V2 &ATTRS_3D; }

const ATTRS_3D_T: AttrSpec = type_in("T", FLOATS);
