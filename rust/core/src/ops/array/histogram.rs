//! Bincount and HistogramFixedWidth: counts by value and by bin.

use super::sizes;
use crate::error::{Error, Result};
use crate::graph::fact::Shape;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::indexing::counts::{bincount, histogram};
use graphpb_kernels::indexing::number::Real;
use graphpb_kernels::{DType, Tensor, with_real};

const TYPES: &[DType] = &[DType::I32, DType::I64, DType::F32, DType::F64];

pub static BINCOUNT: OpDef = OpDef {
    name: "Bincount",
    doc: "How often each of 0, …, `size`-1 occurs in `arr`, or the sum of its `weights` (none: ones).",
    inputs: &[arg_of("arr", DType::I32), arg_of("size", DType::I32), arg("weights", "T")],
    outputs: &[arg("bins", "T")],
    attrs: &[type_in("T", TYPES)],
    traits: Traits::PURE,
    shape: |c| {
        let n = match c.int(1) {
            Some(n) if n < 0 => return Err(Error::value(format!("size ({n}) must be non-negative"))),
            Some(n) => n,
            None => -1,
        };
        c.set(0, Shape::vector(n));
        Ok(())
    },
    kernel: Kernel::Plain(run_bincount),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| {
        let dims = d.dims(1, 2);
        let n = d.below(5) as i32;
        let weights = if d.flag() { dims.clone() } else { vec![0] };
        Case::new().input(d.integers(DType::I32, &dims, 0, 5)).constant(Tensor::scalar(n)).input(d.tensor(&weights)).differentiate(&[])
    }),
    ..OpDef::BASE
};

pub static HISTOGRAM_FIXED_WIDTH: OpDef = OpDef {
    name: "HistogramFixedWidth",
    doc: "Counts of `values` in `nbins` bins of equal width over `value_range`; values outside go to the outer bins.",
    inputs: &[arg("values", "T"), arg("value_range", "T"), arg_of("nbins", DType::I32)],
    outputs: &[arg("out", "dtype")],
    attrs: &[type_in("T", TYPES), type_index("dtype")],
    traits: Traits::PURE,
    shape: |c| {
        let n = match c.int(2) {
            Some(n) if n <= 0 => return Err(Error::value(format!("Requires nbins > 0: {n}"))),
            Some(n) => n,
            None => -1,
        };
        c.set(0, Shape::vector(n));
        Ok(())
    },
    kernel: Kernel::Plain(run_histogram),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| {
        let dims = d.dims(0, 2);
        let range = match d.dtype {
            DType::I32 => Tensor::vector(&[-3i32, 3]),
            DType::I64 => Tensor::vector(&[-3i64, 3]),
            DType::F32 => Tensor::vector(&[-1f32, 1.5]),
            _ => Tensor::vector(&[-1f64, 1.5]),
        };
        let n = 1 + d.below(5) as i32;
        Case::new().input(d.tensor(&dims)).input(range).constant(Tensor::scalar(n)).differentiate(&[])
    }),
    ..OpDef::BASE
};

fn run_bincount(c: &mut KernelCtx) -> Result<()> {
    let n = c.int(1)?;
    if n < 0 {
        return Err(Error::invalid(format!("size ({n}) must be non-negative")));
    }
    let (n, arr) = (sizes(&[n])?[0], c.input(0).slice::<i32>());
    let w = c.input(2);
    let y = match w.dtype() {
        DType::I32 => bincount(arr, w.slice::<i32>(), n)?,
        DType::I64 => bincount(arr, w.slice::<i64>(), n)?,
        DType::F32 => bincount(arr, w.slice::<f32>(), n)?,
        DType::F64 => bincount(arr, w.slice::<f64>(), n)?,
        d => return Err(Error::invalid(format!("Bincount is not defined for {}", d.name()))),
    };
    c.set(0, y);
    Ok(())
}

fn run_histogram(c: &mut KernelCtx) -> Result<()> {
    let n = c.int(2)?;
    if n <= 0 {
        return Err(Error::invalid(format!("nbins should be a positive number, but got '{n}'")));
    }
    let n = sizes(&[n])?[0];
    // The counts are allocated below: refuse what the result could not hold.
    Tensor::try_scratch(DType::I64, &[n])?;
    let counts = with_real!(c.input(0).dtype(), T => {
        let (v, r) = (c.input(0).slice::<T>(), c.input(1).slice::<T>());
        let (Some(&lo), Some(&hi)) = (r.first(), r.get(1)) else { return Err(Error::invalid("value_range should be a vector of 2 elements.")) };
        let (lo, hi) = (Real::to_f64(lo), Real::to_f64(hi));
        if lo >= hi || lo.is_nan() || hi.is_nan() {
            return Err(Error::invalid(format!("value_range should satisfy value_range[0] < value_range[1], but got '[{lo}, {hi}]'")));
        }
        histogram(v.iter().map(|&x| Real::to_f64(x)), lo, hi, n)?
    }, else return Err(Error::invalid("HistogramFixedWidth is defined for real numbers")));
    let y =
        if c.output_dtype(0) == DType::I64 { Tensor::vector(&counts) } else { Tensor::vector(&counts.iter().map(|&v| v as i32).collect::<Vec<_>>()) };
    c.set(0, y);
    Ok(())
}
