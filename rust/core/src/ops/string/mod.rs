//! Ops on string tensors. Strings are bytes; the UTF-8 forms count code points.

pub mod as_string;
pub mod base64;
pub mod case;
pub mod decode_raw;
pub mod format;
pub mod hash_bucket;
pub mod join;
pub mod length;
pub mod number_text;
pub mod regex;
pub mod split;
pub mod to_number;

use crate::error::Result;
use crate::graph::attr::Attrs;
use graphpb_kernels::{Bytes, Tensor};

/// Apply `f` to every string.
pub(crate) fn map(x: &Tensor, mut f: impl FnMut(&[u8]) -> Result<Bytes>) -> Result<Tensor> {
    let out = x.as_strings().iter().map(|s| f(s)).collect::<Result<Vec<Bytes>>>()?;
    Ok(Tensor::strings(out, x.dims()))
}

/// Whether the `unit` attribute counts code points rather than bytes.
pub(crate) fn counts_chars(attrs: &Attrs) -> Result<bool> {
    Ok(attrs.str("unit")? == "UTF8_CHAR")
}

/// Whether a byte starts a code point.
pub(crate) fn starts_char(b: u8) -> bool {
    b & 0xc0 != 0x80
}
