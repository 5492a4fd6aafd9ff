//! Local response normalisation and its gradient op.

use graphpb_kernels::norm::Response;
use graphpb_kernels::{DType, Tensor, shape_text};

use super::spatial::{copied, narrow};
use crate::error::{Error, Result};
use crate::graph::attr::Attrs;
use crate::graph::infer;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::pointwise::cast;

fn response(attrs: &Attrs) -> Result<Response> {
    let radius = usize::try_from(attrs.int("depth_radius")?).map_err(|_| Error::invalid("depth_radius must not be negative"))?;
    Ok(Response { radius: radius.min(1 << 30), bias: attrs.float("bias")?, alpha: attrs.float("alpha")?, beta: attrs.float("beta")? })
}

const ATTRS: [AttrSpec; 5] = [
    int("depth_radius").default_of(Default::Int(5)),
    float("bias").default_float(1.0),
    float("alpha").default_float(1.0),
    float("beta").default_float(0.5),
    type_in("T", &[DType::F16, DType::BF16, DType::F32]).default_type(DType::F32),
];

pub static LRN: OpDef = OpDef {
    name: "LRN",
    doc: "x · (bias + alpha · Σ x²)^−beta, the sum over the channels within depth_radius.",
    inputs: &[arg("input", "T")],
    outputs: &[arg("output", "T")],
    attrs: &ATTRS,
    traits: Traits::PURE,
    shape: |c| {
        let s = c.input(0).with_rank(4)?;
        c.set(0, s);
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let dtype = c.input(0).dtype();
        let x = cast(c.input(0), DType::F32)?;
        if x.rank() != 4 {
            return Err(Error::invalid("in must be 4-dimensional"));
        }
        let mut y = Tensor::try_scratch(DType::F32, x.dims())?;
        response(c.attrs())?.forward(x.slice(), x.dims()[3], y.slice_mut());
        c.set(0, narrow(y, dtype)?);
        Ok(())
    }),
    grad: Grad::Rule(|c| {
        let (x, y, g) = (c.input(0), c.output(0), c.grad(0)?);
        let attrs = copied(c, &["depth_radius", "bias", "alpha", "beta"]);
        let dx = c.op("LRNGrad", &[g, x, y], attrs)?;
        c.set(0, dx);
        Ok(())
    }),
    sample: Some(|d| {
        let dims = d.dims(4, 4);
        Case::new().input(d.tensor(&dims)).attr("depth_radius", 1).attr("beta", 0.75f32)
    }),
    ..OpDef::BASE
};

pub static LRN_GRAD: OpDef = OpDef {
    name: "LRNGrad",
    doc: "The gradient of LRN.",
    inputs: &[arg("input_grads", "T"), arg("input_image", "T"), arg("output_image", "T")],
    outputs: &[arg("output", "T")],
    attrs: &ATTRS,
    traits: Traits::PURE,
    shape: infer::all_same,
    kernel: Kernel::Plain(|c| {
        let dims = c.input(0).dims().to_vec();
        if dims.len() != 4 || c.input(1).dims() != dims || c.input(2).dims() != dims {
            return Err(Error::invalid(format!(
                "input_grads, input_image and output_image must be 4-dimensional and of one shape: {}",
                shape_text(&dims)
            )));
        }
        let dtype = c.input(0).dtype();
        let (g, x, y) = (cast(c.input(0), DType::F32)?, cast(c.input(1), DType::F32)?, cast(c.input(2), DType::F32)?);
        let mut dx = Tensor::try_scratch(DType::F32, &dims)?;
        response(c.attrs())?.grad(g.slice(), x.slice(), y.slice(), dims[3], dx.slice_mut());
        c.set(0, narrow(dx, dtype)?);
        Ok(())
    }),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| {
        let dims = d.dims(4, 4);
        Case::new().input(d.tensor(&dims)).input(d.tensor(&dims)).input(d.tensor(&dims)).attr("depth_radius", 1)
    }),
    ..OpDef::BASE
};
