//! EncodeBase64 and DecodeBase64: the web-safe alphabet of RFC 4648.

use super::map;
use crate::error::{Error, Result};
use crate::graph::infer::same_as_input;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::{Bytes, DType, Tensor};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

pub static ENCODE_BASE64: OpDef = OpDef {
    name: "EncodeBase64",
    doc: "Web-safe base64 of each string, with `=` at the end when `pad` is set.",
    inputs: &[arg_of("input", DType::Str)],
    outputs: &[arg_of("output", DType::Str)],
    attrs: &[flag("pad", false)],
    traits: Traits::PURE,
    shape: same_as_input,
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let pad = c.attrs().bool("pad")?;
        let y = map(c.input(0), |s| Ok(encode(s, pad).into()))?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("strings have no gradient"),
    sample: Some(|d| {
        let dims = d.dims(0, 2);
        let pad = d.flag();
        Case::new().input(d.tensor_of(DType::Str, &dims, 0.0, 0.0)).attr("pad", pad)
    }),
    ..OpDef::BASE
};

pub static DECODE_BASE64: OpDef = OpDef {
    name: "DecodeBase64",
    doc: "The bytes that web-safe base64 stands for; padding may be missing.",
    inputs: &[arg_of("input", DType::Str)],
    outputs: &[arg_of("output", DType::Str)],
    traits: Traits::PURE,
    shape: same_as_input,
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let y = map(c.input(0), decode)?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("strings have no gradient"),
    sample: Some(|d| {
        let n = d.below(4);
        let words = (0..n).map(|_| encode(format!("{}", d.below(10_000)).as_bytes(), d.flag()).into()).collect();
        Case::new().input(Tensor::strings(words, &[n]))
    }),
    ..OpDef::BASE
};

pub(crate) fn encode(s: &[u8], pad: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(s.len().div_ceil(3) * 4);
    for c in s.chunks(3) {
        let word = c.iter().fold(0u32, |w, &b| w << 8 | u32::from(b)) << (8 * (3 - c.len()));
        for k in 0..=c.len() {
            out.push(ALPHABET[(word >> (18 - 6 * k) & 63) as usize]);
        }
        if pad {
            out.extend(std::iter::repeat_n(b'=', 3 - c.len()));
        }
    }
    out
}

pub(crate) fn decode(s: &[u8]) -> Result<Bytes> {
    let end = s.len() - s.iter().rev().take(2).take_while(|&&b| b == b'=').count();
    let s = &s[..end];
    if s.len() % 4 == 1 {
        return Err(Error::invalid("Base64 string length cannot be 1 modulo 4."));
    }
    let mut out = Vec::with_capacity(s.len() / 4 * 3 + 2);
    for c in s.chunks(4) {
        let mut word = 0u32;
        for &b in c {
            let v = ALPHABET.iter().position(|&a| a == b).ok_or_else(|| Error::invalid("Invalid character found in base64."))?;
            word = word << 6 | v as u32;
        }
        word <<= 6 * (4 - c.len());
        out.extend(&word.to_be_bytes()[1..c.len()]);
    }
    Ok(out.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_tensorflows() {
        assert_eq!(encode(b"\xff\xfe\xfdab", false), b"__79YWI");
        assert_eq!(encode(b"\xff\xfe\xfdab", true), b"__79YWI=");
        assert_eq!(encode(b"a", true), b"YQ==");
        for (t, want) in [(&b"__79YWI"[..], &b"\xff\xfe\xfdab"[..]), (b"YQ==", b"a"), (b"YQ", b"a"), (b"", b"")] {
            assert_eq!(&*decode(t).unwrap(), want);
        }
        assert_eq!(decode(b"*").unwrap_err().message(), "Base64 string length cannot be 1 modulo 4.");
        assert!(decode(b"a*b=").is_err());
    }
}
