//! HistogramSummary: counts in TensorFlow's exponential buckets.

use std::sync::OnceLock;

use super::{doubles, entry, scalar_tag, set};
use crate::error::Error;
use crate::graph::infer::{ShapeCtx, scalars};
use crate::plan::kernel::KernelCtx;
use crate::proto::{HistogramProto, summary};
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::{DType, Tensor};

pub static HISTOGRAM_SUMMARY: OpDef = OpDef {
    name: "HistogramSummary",
    doc: "A Summary message with the histogram of all `values`. INVALID_ARGUMENT when one is not finite.",
    inputs: &[arg_of("tag", DType::Str), arg("values", "T")],
    outputs: &[arg_of("summary", DType::Str)],
    attrs: &[type_in("T", REALS).default_type(DType::F32)],
    traits: Traits::PURE,
    shape: |c: &mut ShapeCtx| scalars(c),
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let tag = scalar_tag(c, 0, "tags must be scalar")?;
        let values = doubles(c.input(1))?;
        let values = values.slice::<f64>();
        if let Some(bad) = values.iter().find(|v| !v.is_finite()) {
            return Err(Error::invalid(match bad.is_nan() {
                true => format!("Nan in summary histogram for: {}", c.name()),
                false => format!("Infinity in Histogram for: {}", c.name()),
            }));
        }
        let value = summary::value::Value::Histo(histogram(values));
        set(c, vec![entry(tag, value)]);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("a summary is a string"),
    sample: Some(|d| {
        let dims = d.dims(0, 3);
        Case::new().input(Tensor::string_scalar(b"h")).input(d.tensor(&dims))
    }),
    ..OpDef::BASE
};

/// The upper limits of the buckets: 1e-12 growing by tenths to 1e20, their negatives, zero, and the largest number.
fn limits() -> &'static [f64] {
    static LIMITS: OnceLock<Vec<f64>> = OnceLock::new();
    LIMITS.get_or_init(|| {
        let mut positive = Vec::new();
        let mut v = 1e-12;
        while v < 1e20 {
            positive.push(v);
            v *= 1.1;
        }
        positive.push(f64::MAX);
        positive.iter().rev().map(|v| -v).chain([0.0]).chain(positive.iter().copied()).collect()
    })
}

/// The histogram of finite values; a run of empty buckets is written as one.
pub fn histogram(values: &[f64]) -> HistogramProto {
    let limits = limits();
    let mut counts = vec![0.0; limits.len()];
    let mut h = HistogramProto { min: f64::MAX, max: -f64::MAX, num: values.len() as f64, ..HistogramProto::default() };
    for &v in values {
        let bucket = limits.partition_point(|limit| *limit <= v).min(limits.len() - 1);
        if let Some(count) = counts.get_mut(bucket) {
            *count += 1.0;
        }
        h.min = h.min.min(v);
        h.max = h.max.max(v);
        h.sum += v;
        h.sum_squares += v * v;
    }
    let mut pairs = limits.iter().zip(&counts).peekable();
    while let Some((limit, count)) = pairs.next() {
        let mut last = limit;
        while *count == 0.0 && pairs.peek().is_some_and(|(_, c)| **c == 0.0) {
            last = pairs.next().map_or(last, |(limit, _)| limit);
        }
        h.bucket_limit.push(*last);
        h.bucket.push(*count);
    }
    h
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_buckets_as_in_tensorflow() {
        assert_eq!(limits().len(), 1551);
    }

    #[test]
    fn empty_buckets_are_joined() {
        let h = histogram(&[1.0]);
        assert_eq!(h.bucket_limit, [0.917246389039776, 1.0089710279437536, f64::MAX]);
        assert_eq!(h.bucket, [0.0, 1.0, 0.0]);
        let none = histogram(&[]);
        assert_eq!((none.bucket_limit, none.bucket, none.min), (vec![f64::MAX], vec![0.0], f64::MAX));
        let largest = histogram(&[f64::MAX]);
        assert_eq!(largest.bucket.iter().sum::<f64>(), 1.0);
    }
}
