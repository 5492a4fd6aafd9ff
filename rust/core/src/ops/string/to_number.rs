//! StringToNumber: text as numbers.

use crate::error::{Error, Result};
use crate::graph::infer::same_as_input;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::{Bytes, DType, Element, Tensor};

pub static STRING_TO_NUMBER: OpDef = OpDef {
    name: "StringToNumber",
    doc: "Each string as a number; white space around it is skipped. INVALID_ARGUMENT for text that is no number of the type.",
    inputs: &[arg_of("string_tensor", DType::Str)],
    outputs: &[arg("output", "out_type")],
    attrs: &[type_in("out_type", &[DType::F32, DType::F64, DType::I32, DType::I64, DType::U32, DType::U64]).default_type(DType::F32)],
    traits: Traits::PURE,
    shape: same_as_input,
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let x = c.input(0);
        let y = match c.output_dtype(0) {
            DType::F32 => numbers(x, |t| real(t).map(|v| v.0))?,
            DType::F64 => numbers(x, |t| real(t).map(|v| v.1))?,
            DType::I32 => numbers(x, |t| t.parse::<i32>().ok())?,
            DType::I64 => numbers(x, |t| t.parse::<i64>().ok())?,
            DType::U32 => numbers(x, |t| t.parse::<u32>().ok())?,
            DType::U64 => numbers(x, |t| t.parse::<u64>().ok())?,
            d => return Err(Error::invalid(format!("StringToNumber to {}", d.name()))),
        };
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("strings have no gradient"),
    sample: Some(|d| {
        let dims = d.dims(0, 2);
        let n: usize = dims.iter().product();
        let words: Vec<Bytes> = (0..n).map(|_| format!(" {} ", d.below(100)).into_bytes().into()).collect();
        Case::new().input(Tensor::strings(words, &dims)).attr("out_type", d.dtype)
    }),
    ..OpDef::BASE
};

fn numbers<T: Element>(x: &Tensor, parse: impl Fn(&str) -> Option<T>) -> Result<Tensor> {
    let v: Vec<T> = x
        .as_strings()
        .iter()
        .map(|s| {
            std::str::from_utf8(s)
                .ok()
                .and_then(|t| parse(t.trim_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c'])))
                .ok_or_else(|| Error::invalid(format!("StringToNumberOp could not correctly convert string: {}", String::from_utf8_lossy(s))))
        })
        .collect::<Result<_>>()?;
    Ok(Tensor::from_slice(&v, x.dims()))
}

/// As C's strtod: decimal, hexadecimal, `inf`, `nan`; the value in both precisions, each rounded once.
pub(crate) fn real(t: &str) -> Option<(f32, f64)> {
    let (sign, rest) = match t.strip_prefix('-') {
        Some(r) => (-1.0, r),
        None => (1.0, t.strip_prefix('+').unwrap_or(t)),
    };
    if let Some(hex) = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X")) {
        let v = sign * hexadecimal(hex)?;
        return Some((v as f32, v));
    }
    if rest.starts_with(['+', '-']) {
        return None;
    }
    Some((sign as f32 * rest.parse::<f32>().ok()?, sign * rest.parse::<f64>().ok()?))
}

fn hexadecimal(t: &str) -> Option<f64> {
    let (digits, exponent) = match t.split_once(['p', 'P']) {
        Some((d, e)) => (d, e.parse::<i32>().ok()?),
        None => (t, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut v = 0f64;
    for c in whole.chars().chain(fraction.chars()) {
        v = v * 16.0 + f64::from(c.to_digit(16)?);
    }
    Some(v * 2f64.powi(exponent.saturating_sub(4 * fraction.len() as i32)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_as_strtod_reads_it() {
        for (t, want) in [("1", 1.0), ("-3.5e2", -350.0), ("0x10", 16.0), ("+.5", 0.5), ("0x1.8p1", 3.0), ("inf", f64::INFINITY)] {
            assert_eq!(real(t).map(|v| v.1), Some(want), "{t}");
        }
        assert!(real("nan").is_some_and(|v| v.1.is_nan()));
        for bad in ["", "x", "1.5.2", "--1", "0x", "1 2"] {
            assert_eq!(real(bad), None, "{bad}");
        }
        assert_eq!(real("1e50").map(|v| v.0), Some(f32::INFINITY));
    }
}
