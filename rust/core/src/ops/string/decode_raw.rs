//! DecodeRaw and DecodePaddedRaw: the bytes of strings as numbers.

use crate::error::{Error, Result};
use crate::graph::fact::Shape;
use crate::graph::infer::ShapeCtx;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::{Bytes, DType, Tensor};

pub static DECODE_RAW: OpDef = OpDef {
    name: "DecodeRaw",
    doc: "The bytes of each string as a vector of numbers: a new innermost axis. All strings have one length.",
    inputs: &[arg_of("bytes", DType::Str)],
    outputs: &[arg("output", "out_type")],
    attrs: &[
        type_in(
            "out_type",
            &[
                DType::F16,
                DType::F32,
                DType::F64,
                DType::I32,
                DType::U16,
                DType::U8,
                DType::I16,
                DType::I8,
                DType::I64,
                DType::C64,
                DType::C128,
                DType::Bool,
                DType::BF16,
            ],
        ),
        flag("little_endian", true),
    ],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| {
        let s = c.input(0).concat(&Shape::of_rank(1));
        c.set(0, s);
        Ok(())
    },
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let (little, to) = (c.attrs().bool("little_endian")?, c.output_dtype(0));
        let s = c.input(0).as_strings();
        let n = s.first().map_or(0, |s| s.len());
        for (i, e) in s.iter().enumerate() {
            if e.len() != n {
                return Err(Error::invalid(format!(
                    "DecodeRaw requires input strings to all be the same size, but element {i} has size {n} != {}",
                    e.len()
                )));
            }
        }
        if !n.is_multiple_of(to.size()) {
            return Err(Error::invalid(format!(
                "Input to DecodeRaw has length {n} that is not a multiple of {}, the size of {}",
                to.size(),
                to.c_name()
            )));
        }
        let mut dims = c.input(0).dims().to_vec();
        dims.push(n / to.size());
        let y = numbers(s.iter().map(|b| &**b), to, little, &dims)?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("strings have no gradient"),
    sample: Some(|d| {
        let dims = d.dims(0, 2);
        let (n, width) = (dims.iter().product::<usize>(), d.dtype.size() * d.below(4));
        let words: Vec<Bytes> = (0..n).map(|_| (0..width).map(|_| d.below(2) as u8).collect::<Vec<_>>().into()).collect();
        let little = d.flag();
        Case::new().input(Tensor::strings(words, &dims)).attr("out_type", d.dtype).attr("little_endian", little)
    }),
    ..OpDef::BASE
};

pub static DECODE_PADDED_RAW: OpDef = OpDef {
    name: "DecodePaddedRaw",
    doc: "DecodeRaw of strings that are first cut, or filled with zeros, to `fixed_length` bytes.",
    inputs: &[arg_of("input_bytes", DType::Str), arg_of("fixed_length", DType::I32)],
    outputs: &[arg("output", "out_type")],
    attrs: &[
        type_in("out_type", &[DType::F16, DType::F32, DType::F64, DType::I32, DType::U16, DType::U8, DType::I16, DType::I8, DType::I64, DType::BF16]),
        flag("little_endian", true),
    ],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| {
        let size = c.attrs().dtype("out_type")?.size().max(1) as i64;
        let n = c.int(1).filter(|n| *n >= 0).map_or(-1, |n| n / size);
        let s = c.input(0).concat(&Shape::vector(n));
        c.set(0, s);
        Ok(())
    },
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let (little, to, n) = (c.attrs().bool("little_endian")?, c.output_dtype(0), c.int(1)?);
        if n <= 0 || n % to.size() as i64 != 0 {
            return Err(Error::invalid(format!("fixed_length ({n}) must be a positive multiple of the size of out_type ({})", to.size())));
        }
        let n = n as usize;
        let mut dims = c.input(0).dims().to_vec();
        dims.push(n / to.size());
        // Refuses lengths that memory cannot hold before they are built.
        Tensor::try_scratch(to, &dims)?;
        let fitted: Vec<Vec<u8>> = c
            .input(0)
            .as_strings()
            .iter()
            .map(|s| {
                let mut v = s[..s.len().min(n)].to_vec();
                v.resize(n, 0);
                v
            })
            .collect();
        let y = numbers(fitted.iter().map(|b| &**b), to, little, &dims)?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("strings have no gradient"),
    sample: Some(|d| {
        let dims = d.dims(0, 2);
        let n = (d.dtype.size() * (1 + d.below(2))) as i32;
        let count: usize = dims.iter().product();
        let words: Vec<Bytes> = (0..count).map(|_| (0..d.below(9)).map(|_| 1u8).collect::<Vec<_>>().into()).collect();
        Case::new().input(Tensor::strings(words, &dims)).constant(Tensor::scalar(n)).attr("out_type", d.dtype)
    }),
    ..OpDef::BASE
};

/// The strings one after the other as elements of type `to`.
fn numbers<'a>(strings: impl Iterator<Item = &'a [u8]>, to: DType, little: bool, dims: &[usize]) -> Result<Tensor> {
    let mut y = Tensor::try_scratch(DType::U8, &[dims.iter().product::<usize>() * to.size()])?;
    let out = y.slice_mut::<u8>();
    let mut at = 0;
    for s in strings {
        out[at..at + s.len()].copy_from_slice(s);
        at += s.len();
    }
    let word = if to.is_complex() { to.size() / 2 } else { to.size() };
    if little != cfg!(target_endian = "little") && word > 1 {
        out.chunks_exact_mut(word).for_each(<[u8]>::reverse);
    }
    let buffer = y.buffer().cloned().ok_or_else(|| Error::internal("bytes have a buffer"))?;
    Ok(Tensor::from_buffer(to, dims, buffer))
}
