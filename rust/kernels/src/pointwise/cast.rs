//! Conversion between element types, as TensorFlow on x86-64 does it.

use super::no_kernel;
use super::space::map_new;
use crate::error::Result;
use crate::isa::multiversion;
use crate::par;
use crate::{Bool, C64, C128, DType, Element, Tensor, bf16, f16};

/// A source type: what each class of target needs of it.
trait From_: Element {
    fn f64(self) -> f64;
    fn f32(self) -> f32;
    /// The integer whose low bits the narrower integer types take.
    fn i64(self) -> i64;
    fn i32(self) -> i32;
    fn u64(self) -> u64;
    fn truth(self) -> bool;
    fn imag(self) -> f64 {
        0.0
    }
}

/// The number truncated toward zero; the least i32 for what does not fit (the x86 conversion).
#[inline(always)]
fn int32(v: f64) -> i32 {
    if v > -2_147_483_649.0 && v < 2_147_483_648.0 { v as i32 } else { i32::MIN }
}
#[inline(always)]
fn int64(v: f64) -> i64 {
    const TOP: f64 = 9_223_372_036_854_775_808.0;
    if (-TOP..TOP).contains(&v) { v as i64 } else { i64::MIN }
}
#[inline(always)]
fn uint64(v: f64) -> u64 {
    const TOP: f64 = 9_223_372_036_854_775_808.0;
    if v < TOP { int64(v) as u64 } else { (int64(v - TOP) as u64) ^ (1 << 63) }
}

macro_rules! integers {
    ($($t:ty),*) => { $(
        impl From_ for $t {
            #[inline(always)]
            fn f64(self) -> f64 { self as f64 }
            #[inline(always)]
            fn f32(self) -> f32 { self as f32 }
            #[inline(always)]
            fn i64(self) -> i64 { self as i64 }
            #[inline(always)]
            fn i32(self) -> i32 { self as i32 }
            #[inline(always)]
            fn u64(self) -> u64 { self as u64 }
            #[inline(always)]
            fn truth(self) -> bool { self != 0 }
        }
    )* };
}
integers!(i32, i64, u64);

macro_rules! floats {
    ($($t:ty, $v:ident => $f64:expr, $f32:expr, $truth:expr, $imag:expr);* $(;)?) => { $(
        impl From_ for $t {
            #[inline(always)]
            fn f64(self) -> f64 { let $v = self; $f64 }
            #[inline(always)]
            fn f32(self) -> f32 { let $v = self; $f32 }
            #[inline(always)]
            fn i64(self) -> i64 { int64(self.f64()) }
            #[inline(always)]
            fn i32(self) -> i32 { int32(self.f64()) }
            #[inline(always)]
            fn u64(self) -> u64 { uint64(self.f64()) }
            #[inline(always)]
            fn truth(self) -> bool { let $v = self; $truth }
            #[inline(always)]
            fn imag(self) -> f64 { let $v = self; $imag }
        }
    )* };
}
floats!(
    f32, v => v as f64, v, v != 0.0, { let _ = v; 0.0 };
    f64, v => v, v as f32, v != 0.0, { let _ = v; 0.0 };
    C128, v => v.re, v.re as f32, v.re != 0.0 || v.im != 0.0, v.im;
);

multiversion! {
    /// As [`int32`], which the widening to f64 does not change.
    fn truncate<L>(x: &[f32], out: &mut [i32]) {
        let _ = L::FMA;
        for (o, &v) in out.iter_mut().zip(x) {
            *o = if (-2_147_483_648.0..2_147_483_648.0).contains(&v) { v as i32 } else { i32::MIN };
        }
    }
}

/// The tensor with elements of type `to`: floats are truncated toward zero for integers, integers wrap, complex loses
/// its imaginary part, bool is 0 or 1 and "not zero". UNIMPLEMENTED for other types.
pub fn cast(x: &Tensor, to: DType) -> Result<Tensor> {
    if x.dtype() == to {
        return Ok(x.clone());
    }
    match x.dtype() {
        DType::F32 if to == DType::I32 => {
            let mut out = Tensor::scratch(to, x.dims());
            let from = x.slice::<f32>();
            par::rows_mut(out.slice_mut::<i32>(), 1, 0.2, |first, chunk| truncate(&from[first..first + chunk.len()], chunk));
            Ok(out)
        }
        DType::F32 => from::<f32>(x, to),
        DType::F64 => from::<f64>(x, to),
        DType::C128 => from::<C128>(x, to),
        DType::I32 => from::<i32>(x, to),
        DType::I64 => from::<i64>(x, to),
        DType::U64 => from::<u64>(x, to),
        // The other types go through a wider one that holds them exactly.
        DType::F16 if to != DType::F32 => cast(&cast(x, DType::F32)?, to),
        DType::BF16 if to != DType::F32 => cast(&cast(x, DType::F32)?, to),
        DType::C64 if to != DType::C128 => cast(&cast(x, DType::C128)?, to),
        DType::F16 => Ok(map_new(x, 2.0, |v: f16| v.to_f32())),
        DType::BF16 => Ok(map_new(x, 1.0, |v: bf16| v.to_f32())),
        DType::C64 => Ok(map_new(x, NS, |v: C64| C128::new(v.re as f64, v.im as f64))),
        DType::U8 if to == DType::F32 => Ok(map_new(x, NS, |v: u8| v as f32)),
        DType::Bool if to == DType::F32 => Ok(map_new(x, NS, |v: Bool| v.get() as u8 as f32)),
        DType::Bool if to != DType::I32 => cast(&cast(x, DType::I32)?, to),
        DType::Bool => Ok(map_new(x, NS, |v: Bool| v.get() as i32)),
        DType::I8 if to != DType::I32 => cast(&cast(x, DType::I32)?, to),
        DType::I8 => Ok(map_new(x, NS, |v: i8| v as i32)),
        DType::I16 if to != DType::I32 => cast(&cast(x, DType::I32)?, to),
        DType::I16 => Ok(map_new(x, NS, |v: i16| v as i32)),
        DType::U8 if to != DType::I32 => cast(&cast(x, DType::I32)?, to),
        DType::U8 => Ok(map_new(x, NS, |v: u8| v as i32)),
        DType::U16 if to != DType::I32 => cast(&cast(x, DType::I32)?, to),
        DType::U16 => Ok(map_new(x, NS, |v: u16| v as i32)),
        DType::U32 if to != DType::I64 => cast(&cast(x, DType::I64)?, to),
        DType::U32 => Ok(map_new(x, NS, |v: u32| v as i64)),
        d => no_kernel(&format!("Cast to {}", to.name()), d),
    }
}

const NS: f64 = 0.6;

fn from<S: From_>(x: &Tensor, to: DType) -> Result<Tensor> {
    Ok(match to {
        DType::F32 => map_new(x, NS, |v: S| v.f32()),
        DType::F64 => map_new(x, NS, |v: S| v.f64()),
        DType::F16 => map_new(x, 2.0, |v: S| f16::from_f64(v.f64())),
        DType::BF16 => map_new(x, 2.0, |v: S| bf16::from_f64(v.f64())),
        DType::C64 => map_new(x, NS, |v: S| C64::new(v.f32(), v.imag() as f32)),
        DType::C128 => map_new(x, NS, |v: S| C128::new(v.f64(), v.imag())),
        DType::Bool => map_new(x, NS, |v: S| Bool::from(v.truth())),
        DType::I8 => map_new(x, NS, |v: S| v.i32() as i8),
        DType::I16 => map_new(x, NS, |v: S| v.i32() as i16),
        DType::I32 => map_new(x, NS, |v: S| v.i32()),
        DType::I64 => map_new(x, NS, |v: S| v.i64()),
        DType::U8 => map_new(x, NS, |v: S| v.i32() as u8),
        DType::U16 => map_new(x, NS, |v: S| v.i32() as u16),
        DType::U32 => map_new(x, NS, |v: S| v.i64() as u32),
        DType::U64 => map_new(x, NS, |v: S| v.u64()),
        d => return no_kernel(&format!("Cast from {}", x.dtype().name()), d),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_become_integers_as_on_x86() {
        let x = Tensor::vector(&[1.9f64, -1.9, f64::NAN, 3e9, -3e9, 300.0]);
        assert_eq!(cast(&x, DType::I32).unwrap().slice::<i32>(), [1, -1, i32::MIN, i32::MIN, i32::MIN, 300]);
        let narrow = cast(&cast(&x, DType::F32).unwrap(), DType::I32).unwrap();
        assert_eq!(narrow.slice::<i32>(), [1, -1, i32::MIN, i32::MIN, i32::MIN, 300]);
        assert_eq!(cast(&x, DType::U8).unwrap().slice::<u8>(), [1, 255, 0, 0, 0, 44]);
        assert_eq!(cast(&x, DType::I64).unwrap().slice::<i64>(), [1, -1, i64::MIN, 3_000_000_000, -3_000_000_000, 300]);
        assert_eq!(cast(&Tensor::vector(&[1e19f64]), DType::U64).unwrap().slice::<u64>(), [10_000_000_000_000_000_000]);
        assert_eq!(cast(&Tensor::vector(&[300i64, -1]), DType::U8).unwrap().slice::<u8>(), [44, 255]);
        assert_eq!(cast(&Tensor::vector(&[0.5f32, 0.0, f32::NAN]), DType::Bool).unwrap().slice::<Bool>(), [Bool::TRUE, Bool::FALSE, Bool::TRUE]);
    }
}
