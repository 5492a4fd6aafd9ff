//! Range: an arithmetic progression.

use crate::error::{Error, Result};
use crate::graph::fact::Shape;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::indexing::number::Number;
use graphpb_kernels::{DType, Tensor, bf16, f16, par};

pub static RANGE: OpDef = OpDef {
    name: "Range",
    doc: "`start`, `start + delta`, … up to, and without, `limit`.",
    inputs: &[arg("start", "Tidx"), arg("limit", "Tidx"), arg("delta", "Tidx")],
    outputs: &[arg("output", "Tidx")],
    attrs: &[type_in(
        "Tidx",
        &[DType::BF16, DType::F16, DType::F32, DType::F64, DType::I8, DType::I16, DType::I32, DType::I64, DType::U16, DType::U32, DType::U64],
    )
    .default_type(DType::I32)],
    traits: Traits::PURE,
    shape: |c| {
        for (i, name) in ["start", "limit", "delta"].iter().enumerate() {
            if let Some(r) = c.input(i).rank().filter(|&r| r != 0) {
                return Err(Error::value(format!("Shape must be rank 0 but is rank {r} ({name} of Range)")));
            }
        }
        let n = match (c.value(0), c.value(1), c.value(2)) {
            (Some(a), Some(b), Some(d)) => count(&a, &b, &d).map_err(Error::into_value)? as i64,
            _ => -1,
        };
        c.set(0, Shape::vector(n));
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let y = progression(c.input(0), c.input(1), c.input(2))?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("TensorFlow has none: the arguments are counts"),
    sample: Some(|d| {
        let (start, step) = (d.below(4) as i64, 1 + d.below(3) as i64);
        let limit = start + d.below(9) as i64;
        let t = |v: i64| crate::grad::number(d.dtype, v as f64).unwrap_or_else(|_| Tensor::scalar(0i32));
        Case::new().constant(t(start)).constant(t(limit)).constant(t(step)).differentiate(&[])
    }),
    ..OpDef::BASE
};

fn check(positive: bool, zero: bool, ascending: bool, descending: bool, text: impl Fn() -> (String, String)) -> Result<()> {
    let (start, limit) = text();
    if zero {
        return Err(Error::invalid("Requires delta != 0: 0"));
    }
    if positive && !ascending {
        return Err(Error::invalid(format!("Requires start <= limit when delta > 0: {start}/{limit}")));
    }
    if !positive && !descending {
        return Err(Error::invalid(format!("Requires start >= limit when delta < 0: {start}/{limit}")));
    }
    Ok(())
}

fn counted(n: f64) -> Result<usize> {
    if n.is_nan() || n > (1u64 << 40) as f64 {
        return Err(Error::invalid(format!("Requires ((limit - start) / delta) <= {}", 1u64 << 40)));
    }
    Ok(n.max(0.0) as usize)
}

/// Calls `$integers!(type)` or `$floats!(type, wide type, to wide, from index)` by the type of `$x`.
macro_rules! by_type {
    ($x:expr, $integers:ident, $floats:ident) => {
        match $x.dtype() {
            DType::I32 => $integers!(i32),
            DType::I64 => $integers!(i64),
            DType::I8 => $integers!(i8),
            DType::I16 => $integers!(i16),
            DType::U16 => $integers!(u16),
            DType::U32 => $integers!(u32),
            DType::U64 => $integers!(u64),
            DType::F32 => $floats!(f32, f32, |v: f32| v, |i: usize| i as f32),
            DType::F64 => $floats!(f64, f64, |v: f64| v, |i: usize| i as f64),
            DType::F16 => $floats!(f16, f32, f16::to_f32, |i: usize| f16::from_f64(i as f64)),
            DType::BF16 => $floats!(bf16, f32, bf16::to_f32, |i: usize| bf16::from_f64(i as f64)),
            d => Err(Error::invalid(format!("Range is not defined for {}", d.name()))),
        }
    };
}

/// How many numbers there are.
fn count(start: &Tensor, limit: &Tensor, delta: &Tensor) -> Result<usize> {
    if start.len() != 1 || limit.len() != 1 || delta.len() != 1 {
        return Err(Error::invalid("start, limit and delta must be scalars"));
    }
    macro_rules! integers {
        ($t:ty) => {{
            let (a, b, d) = (start.slice::<$t>()[0], limit.slice::<$t>()[0], delta.slice::<$t>()[0]);
            check(d > 0, d == 0, a <= b, a >= b, || (a.to_string(), b.to_string()))?;
            let (wa, wb, wd) = (a as i128, b as i128, d as i128);
            let exact = ((wb - wa).unsigned_abs()).div_ceil(wd.unsigned_abs());
            counted(exact as f64)?;
            usize::try_from(exact).map_err(|_| Error::invalid("Range is too long"))
        }};
    }
    macro_rules! floats {
        ($t:ty, $wide:ty, $to:expr, $from:expr) => {{
            let (a, b, d) = (start.slice::<$t>()[0], limit.slice::<$t>()[0], delta.slice::<$t>()[0]);
            let (wa, wb, wd): ($wide, $wide, $wide) = ($to(a), $to(b), $to(d));
            check(wd > 0.0, wd == 0.0, wa <= wb, wa >= wb, || (wa.to_string(), wb.to_string()))?;
            counted((((wb - wa) / wd).abs().ceil()) as f64)
        }};
    }
    by_type!(start, integers, floats)
}

fn progression(start: &Tensor, limit: &Tensor, delta: &Tensor) -> Result<Tensor> {
    let n = count(start, limit, delta)?;
    let mut y = Tensor::try_scratch(start.dtype(), &[n])?;
    macro_rules! integers {
        ($t:ty) => {{
            let (a, d) = (start.slice::<$t>()[0], delta.slice::<$t>()[0]);
            par::rows_mut(y.slice_mut::<$t>(), 1, 0.5, |first, part| {
                for (i, o) in part.iter_mut().enumerate() {
                    *o = a.wrapping_add(((first + i) as $t).wrapping_mul(d));
                }
            });
            Ok(())
        }};
    }
    macro_rules! floats {
        ($t:ty, $wide:ty, $to:expr, $from:expr) => {{
            let (a, d) = (start.slice::<$t>()[0], delta.slice::<$t>()[0]);
            par::rows_mut(y.slice_mut::<$t>(), 1, 1.0, |first, part| {
                for (i, o) in part.iter_mut().enumerate() {
                    *o = Number::add(a, Number::mul($from(first + i), d));
                }
            });
            Ok(())
        }};
    }
    by_type!(start, integers, floats)?;
    Ok(y)
}
