//! Equality of tensors, exact and approximate, with a message that says where they part.

use graphpb_kernels::{C64, C128, DType, Tensor, bf16, f16, shape_text};

/// Every number of a tensor as double precision (complex: real and imaginary parts in turn; bool: 0 and 1); None for strings and handles.
pub fn doubles(t: &Tensor) -> Option<Vec<f64>> {
    Some(match t.dtype() {
        DType::F32 => t.slice::<f32>().iter().map(|&v| v as f64).collect(),
        DType::F64 => t.slice::<f64>().to_vec(),
        DType::F16 => t.slice::<f16>().iter().map(|v| v.to_f64()).collect(),
        DType::BF16 => t.slice::<bf16>().iter().map(|v| v.to_f64()).collect(),
        DType::C64 => t.slice::<C64>().iter().flat_map(|v| [v.re as f64, v.im as f64]).collect(),
        DType::C128 => t.slice::<C128>().iter().flat_map(|v| [v.re, v.im]).collect(),
        DType::Bool => t.slice::<graphpb_kernels::Bool>().iter().map(|v| v.get() as u8 as f64).collect(),
        DType::U64 => t.slice::<u64>().iter().map(|&v| v as f64).collect(),
        _ => t.to_i64s()?.iter().map(|&v| v as f64).collect(),
    })
}

fn same_form(a: &Tensor, b: &Tensor) -> Result<(), String> {
    if a.dtype() != b.dtype() {
        return Err(format!("types {} and {}", a.dtype().name(), b.dtype().name()));
    }
    if a.dims() != b.dims() {
        return Err(format!("shapes {} and {}", shape_text(a.dims()), shape_text(b.dims())));
    }
    Ok(())
}

/// Ok when type, shape and every bit agree.
pub fn same_bits(a: &Tensor, b: &Tensor) -> Result<(), String> {
    same_form(a, b)?;
    if a.dtype() == DType::Str {
        return if a.as_strings() == b.as_strings() { Ok(()) } else { Err("strings differ".into()) };
    }
    if a.bytes() == b.bytes() {
        return Ok(());
    }
    // NaNs may differ in their payload.
    close(a, b, 0.0, 0.0)
}

/// Ok when |a − b| ≤ atol + rtol·|b| everywhere; NaN equals NaN.
pub fn close(a: &Tensor, b: &Tensor, rtol: f64, atol: f64) -> Result<(), String> {
    same_form(a, b)?;
    let (Some(x), Some(y)) = (doubles(a), doubles(b)) else { return same_bits(a, b) };
    for (i, (x, y)) in x.iter().zip(&y).enumerate() {
        let equal = x == y || x.is_nan() && y.is_nan() || (x - y).abs() <= atol + rtol * y.abs();
        if !equal {
            return Err(format!("element {i}: {x} and {y}"));
        }
    }
    Ok(())
}
