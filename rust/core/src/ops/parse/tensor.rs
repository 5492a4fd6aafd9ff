//! SerializeTensor and ParseTensor: tensors as TensorProto messages.

use prost::Message;

use crate::error::{Error, Result};
use crate::graph::infer::{ShapeCtx, scalars};
use crate::ops::string::base64::encode as base64;
use crate::ops::summary::tensor::content;
use crate::plan::kernel::KernelCtx;
use crate::proto::TensorProto;
use crate::proto::tensor::decode;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::{DType, Tensor, shape_text};

pub static SERIALIZE_TENSOR: OpDef = OpDef {
    name: "SerializeTensor",
    doc: "The tensor as a serialized TensorProto.",
    inputs: &[arg("tensor", "T")],
    outputs: &[arg_of("serialized", DType::Str)],
    attrs: &[type_any("T")],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| scalars(c),
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let bytes = content(c.input(0))?.encode_to_vec();
        c.set(0, Tensor::string_scalar(&bytes));
        Ok(())
    }),
    grad: Grad::NotDifferentiable("strings have no gradient"),
    sample: Some(|d| {
        let dims = d.dims(0, 2);
        Case::new().input(d.tensor(&dims))
    }),
    ..OpDef::BASE
};

pub static PARSE_TENSOR: OpDef = OpDef {
    name: "ParseTensor",
    doc: "The tensor in a serialized TensorProto, whose type must be `out_type`.",
    inputs: &[arg_of("serialized", DType::Str)],
    outputs: &[arg("output", "out_type")],
    attrs: &[type_any("out_type")],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| c.input(0).with_rank(0).map(|_| ()),
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let y = parse(c)?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("strings have no gradient"),
    sample: Some(|d| {
        let dims = d.dims(0, 2);
        let t = d.tensor(&dims);
        let bytes = content(&t).map(|p| p.encode_to_vec()).unwrap_or_default();
        Case::new().input(Tensor::string_scalar(&bytes)).attr("out_type", d.dtype)
    }),
    ..OpDef::BASE
};

fn parse(c: &KernelCtx) -> Result<Tensor> {
    let x = c.input(0);
    let (0, [bytes]) = (x.rank(), x.as_strings()) else {
        return Err(Error::invalid(format!("Expected `serialized` to be a scalar, got shape: {}", shape_text(x.dims()))));
    };
    let wrong = || Error::invalid(format!("Could not parse `serialized` as TensorProto, base64: {}", String::from_utf8_lossy(&base64(bytes, true))));
    let proto = TensorProto::decode(&**bytes).map_err(|_| wrong())?;
    let t = decode(&proto)?;
    let (found, wanted) = (t.dtype(), c.output_dtype(0));
    if found != wanted {
        return Err(Error::invalid(format!("Type mismatch between parsed tensor ({}) and dtype ({})", found.c_name(), wanted.c_name())));
    }
    Ok(t)
}
