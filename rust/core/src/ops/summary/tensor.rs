//! TensorSummary and TensorSummaryV2: whole tensors, with what a plugin needs to show them.

use prost::Message;

use super::{entry, scalar_tag, set};
use crate::error::{Error, Result};
use crate::graph::infer::{ShapeCtx, scalars};
use crate::plan::kernel::KernelCtx;
use crate::proto::tensor::{Encoding, encode};
use crate::proto::{SummaryMetadata, TensorProto, summary};
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::{DType, Tensor};

pub static TENSOR_SUMMARY: OpDef = OpDef {
    name: "TensorSummary",
    doc: "A Summary message with a tensor under the name of the node.",
    inputs: &[arg("tensor", "T")],
    outputs: &[arg_of("summary", DType::Str)],
    attrs: &[
        type_any("T"),
        string("description").default_str(""),
        attr("labels", AttrKind::ListStr).default_empty(),
        string("display_name").default_str(""),
    ],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| scalars(c),
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let tensor = content(c.input(0))?;
        let node_name = c.name().to_owned();
        set(c, vec![summary::Value { node_name, ..entry(String::new(), summary::value::Value::Tensor(tensor)) }]);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("a summary is a string"),
    sample: Some(|d| {
        let dims = d.dims(0, 2);
        Case::new().input(d.tensor(&dims))
    }),
    ..OpDef::BASE
};

pub static TENSOR_SUMMARY_V2: OpDef = OpDef {
    name: "TensorSummaryV2",
    doc: "A Summary message with a tensor and a serialized SummaryMetadata.",
    inputs: &[arg_of("tag", DType::Str), arg("tensor", "T"), arg_of("serialized_summary_metadata", DType::Str)],
    outputs: &[arg_of("summary", DType::Str)],
    attrs: &[type_any("T")],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| scalars(c),
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let tag = scalar_tag(c, 0, "tag must be scalar")?;
        let [metadata] = c.input(2).as_strings() else {
            return Err(Error::invalid("serialized_summary_metadata must be scalar"));
        };
        let metadata = SummaryMetadata::decode(&**metadata).map_err(|e| Error::invalid(format!("Could not parse the summary metadata: {e}")))?;
        let tensor = content(c.input(1))?;
        set(c, vec![summary::Value { metadata: Some(metadata), ..entry(tag, summary::value::Value::Tensor(tensor)) }]);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("a summary is a string"),
    sample: Some(|d| {
        let dims = d.dims(0, 2);
        let metadata = Tensor::string_scalar(b"\x0a\x06\x0a\x04text");
        Case::new().input(Tensor::string_scalar(b"t")).input(d.tensor(&dims)).input(metadata)
    }),
    ..OpDef::BASE
};

/// The tensor as a message, values as bytes (strings one by one), as TensorFlow's `AsProtoTensorContent`.
pub(crate) fn content(t: &Tensor) -> Result<TensorProto> {
    let proto = encode(t, Encoding::Full)?;
    if !t.dtype().is_plain() {
        return Ok(proto);
    }
    let tensor_content = t.bytes().to_vec().into();
    Ok(TensorProto { dtype: proto.dtype, tensor_shape: proto.tensor_shape, tensor_content, ..TensorProto::default() })
}
