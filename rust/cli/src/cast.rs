//! Fed numbers in the type that the graph wants, as numpy converts them.

use graphpb::graph::describe::{Scalar, scalar};
use graphpb_kernels::{Bool, C64, C128, DType, Element, Tensor, bf16, f16};

/// `tensor` as `dtype`; None between numbers and strings, and for types without arithmetic.
pub fn cast(tensor: &Tensor, dtype: DType) -> Option<Tensor> {
    if tensor.dtype() == dtype {
        return Some(tensor.clone());
    }
    Some(match dtype {
        DType::F32 => map(tensor, |v| real(v) as f32)?,
        DType::F64 => map(tensor, real)?,
        DType::F16 => map(tensor, |v| f16::from_f64(real(v)))?,
        DType::BF16 => map(tensor, |v| bf16::from_f64(real(v)))?,
        DType::I8 => map(tensor, |v| integer(v) as i8)?,
        DType::U8 => map(tensor, |v| integer(v) as u8)?,
        DType::I16 => map(tensor, |v| integer(v) as i16)?,
        DType::U16 => map(tensor, |v| integer(v) as u16)?,
        DType::I32 => map(tensor, |v| integer(v) as i32)?,
        DType::U32 => map(tensor, |v| integer(v) as u32)?,
        DType::I64 => map(tensor, |v| integer(v) as i64)?,
        DType::U64 => map(tensor, |v| integer(v) as u64)?,
        DType::Bool => map(tensor, |v| Bool::from(real(v) != 0.0))?,
        DType::C64 => map(tensor, |v| C64::new(real(v.clone()) as f32, imaginary(v) as f32))?,
        DType::C128 => map(tensor, |v| C128::new(real(v.clone()), imaginary(v)))?,
        _ => return None,
    })
}

fn map<T: Element>(tensor: &Tensor, f: impl Fn(Scalar) -> T) -> Option<Tensor> {
    if !tensor.dtype().is_plain() || matches!(scalar(tensor, 0), Some(Scalar::Opaque(_))) {
        return None;
    }
    let mut out = Tensor::try_scratch(T::DTYPE, tensor.dims()).ok()?;
    for (i, o) in out.slice_mut::<T>().iter_mut().enumerate() {
        *o = f(scalar(tensor, i)?);
    }
    Some(out)
}

fn real(v: Scalar) -> f64 {
    match v {
        Scalar::Int(v) => v as f64,
        Scalar::Single(v) => v.into(),
        Scalar::Double(v) | Scalar::Complex(v, _) => v,
        Scalar::Bool(v) => f64::from(u8::from(v)),
        Scalar::Str(_) | Scalar::Opaque(_) => f64::NAN,
    }
}

fn imaginary(v: Scalar) -> f64 {
    if let Scalar::Complex(_, im) = v { im } else { 0.0 }
}

fn integer(v: Scalar) -> i128 {
    match v {
        Scalar::Int(v) => v,
        other => real(other) as i128,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_change_type_and_strings_do_not() {
        let t = Tensor::vector(&[1.9f64, -1.0, 300.0]);
        assert_eq!(cast(&t, DType::I32).unwrap().slice::<i32>(), [1, -1, 300]);
        assert_eq!(cast(&t, DType::U8).unwrap().slice::<u8>(), [1, 255, 44]);
        assert_eq!(cast(&Tensor::vector(&[3i64]), DType::F32).unwrap().slice::<f32>(), [3.0]);
        assert_eq!(cast(&Tensor::scalar(u64::MAX), DType::U64).unwrap().slice::<u64>(), [u64::MAX]);
        assert!(cast(&Tensor::string_scalar(b"1"), DType::F32).is_none());
        assert!(cast(&t, DType::Str).is_none());
    }
}
