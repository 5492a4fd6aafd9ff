//! Summaries: ops whose result is a serialized `Summary` message, for event files.

pub mod audio;
pub mod histogram;
pub mod image;
pub mod merge;
pub mod scalar;
pub mod tensor;

use prost::Message;

use crate::error::{Error, Result};
use crate::plan::kernel::KernelCtx;
use crate::proto::{Summary, summary};
use graphpb_kernels::pointwise::cast;
use graphpb_kernels::{Bytes, DType, Tensor};

/// The serialized form of `values`, as output 0.
fn set(c: &mut KernelCtx, value: Vec<summary::Value>) {
    let bytes: Bytes = Summary { value }.encode_to_vec().into();
    c.set(0, Tensor::strings(vec![bytes], &[]));
}

/// One value without metadata.
fn entry(tag: String, value: summary::value::Value) -> summary::Value {
    summary::Value { tag, value: Some(value), ..summary::Value::default() }
}

/// Bytes as the text of a tag; what is not UTF-8 is replaced.
fn tag_text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The scalar string in input `i`.
fn scalar_tag(c: &KernelCtx, i: usize, message: &str) -> Result<String> {
    match (c.input(i).rank(), c.input(i).as_strings()) {
        (0, [tag]) => Ok(tag_text(tag)),
        _ => Err(Error::invalid(message)),
    }
}

/// The elements of any number type as float64.
fn doubles(t: &Tensor) -> Result<Tensor> {
    Ok(cast(t, DType::F64)?)
}

/// Tags of the entries of one batch: `tag/kind` for a single one, `tag/kind/0`, `tag/kind/1`, … for several allowed ones.
fn numbered(tag: &str, kind: &str, most: i64, i: usize) -> String {
    if most > 1 { format!("{tag}/{kind}/{i}") } else { format!("{tag}/{kind}") }
}
