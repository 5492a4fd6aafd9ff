//! DecodeCompressed: strings out of gzip or zlib streams.

use std::io::Read;

use flate2::read::{MultiGzDecoder, ZlibDecoder};

use crate::error::{Error, Result};
use crate::graph::infer::{ShapeCtx, same_as_input};
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::{Bytes, DType, Tensor};

pub static DECODE_COMPRESSED: OpDef = OpDef {
    name: "DecodeCompressed",
    doc: "The strings as they were before `compression_type` (\"\", \"ZLIB\" or \"GZIP\"); at most 1032 times as long.",
    inputs: &[arg_of("bytes", DType::Str)],
    outputs: &[arg_of("output", DType::Str)],
    attrs: &[string("compression_type").default_str("")],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| same_as_input(c),
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let kind = c.attrs().str("compression_type")?.to_owned();
        let x = c.input(0);
        let out: Vec<Bytes> = x.as_strings().iter().map(|b| decompress(b, &kind)).collect::<Result<_>>()?;
        let y = Tensor::strings(out, x.dims());
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("strings have no gradient"),
    sample: Some(|_| {
        let zlib = b"\x78\x9c\x4b\x04\x00\x00\x62\x00\x62".as_slice();
        Case::new().input(Tensor::strings(vec![zlib.into()], &[1])).attr("compression_type", "ZLIB")
    }),
    ..OpDef::BASE
};

fn decompress(bytes: &[u8], kind: &str) -> Result<Bytes> {
    let mut out = Vec::new();
    let read = match kind {
        "" => return Ok(bytes.into()),
        _ if bytes.is_empty() => return Ok(bytes.into()),
        "ZLIB" => ZlibDecoder::new(bytes).read_to_end(&mut out),
        "GZIP" => MultiGzDecoder::new(bytes).read_to_end(&mut out),
        other => return Err(Error::invalid(format!("Only ZLIB, GZIP or NONE are supported compressions, not {other:?}"))),
    };
    read.map_err(|e| Error::status(graphpb_kernels::Code::DataLoss, format!("Not a {kind} stream: {e}")))?;
    Ok(out.as_slice().into())
}
