//! Arithmetic that scattering and segment kernels need of an element: integers wrap, as in C.

use crate::dtype::{C64, C128, DType, Element, bf16, f16};

/// A number of any tensor type.
pub trait Number: Element + PartialEq {
    fn zero() -> Self;
    fn one() -> Self;
    fn add(self, o: Self) -> Self;
    fn sub(self, o: Self) -> Self;
    fn mul(self, o: Self) -> Self;
    /// Divided by a count; integers truncate.
    fn over(self, n: usize) -> Self;
    /// Multiplied by a real factor (used with floating types).
    fn scaled(self, f: f64) -> Self;
}

/// A real number.
pub trait Real: Number + PartialOrd {
    const LOWEST: Self;
    const HIGHEST: Self;
    fn greater(self, o: Self) -> Self {
        if self < o { o } else { self }
    }
    fn lesser(self, o: Self) -> Self {
        if o < self { o } else { self }
    }
    fn to_f64(self) -> f64;
    fn is_nan(self) -> bool {
        self.partial_cmp(&self).is_none()
    }
}

macro_rules! integers {
    ($($t:ty),*) => { $(
        impl Number for $t {
            #[inline(always)]
            fn zero() -> $t { 0 }
            #[inline(always)]
            fn one() -> $t { 1 }
            #[inline(always)]
            fn add(self, o: $t) -> $t { self.wrapping_add(o) }
            #[inline(always)]
            fn sub(self, o: $t) -> $t { self.wrapping_sub(o) }
            #[inline(always)]
            fn mul(self, o: $t) -> $t { self.wrapping_mul(o) }
            #[inline(always)]
            fn over(self, n: usize) -> $t { (self as i128 / n.max(1) as i128) as $t }
            #[inline(always)]
            fn scaled(self, f: f64) -> $t { (self as f64 * f) as $t }
        }
        impl Real for $t {
            const LOWEST: $t = <$t>::MIN;
            const HIGHEST: $t = <$t>::MAX;
            fn to_f64(self) -> f64 { self as f64 }
        }
    )* };
}
integers!(i8, i16, i32, i64, u8, u16, u32, u64);

macro_rules! floats {
    ($($t:ty, $to:expr, $from:expr);*) => { $(
        impl Number for $t {
            #[inline(always)]
            fn zero() -> $t { $from(0.0) }
            #[inline(always)]
            fn one() -> $t { $from(1.0) }
            #[inline(always)]
            fn add(self, o: $t) -> $t { self + o }
            #[inline(always)]
            fn sub(self, o: $t) -> $t { self - o }
            #[inline(always)]
            fn mul(self, o: $t) -> $t { self * o }
            #[inline(always)]
            fn over(self, n: usize) -> $t { self / $from(n as f64) }
            #[inline(always)]
            fn scaled(self, f: f64) -> $t { self * $from(f) }
        }
        impl Real for $t {
            const LOWEST: $t = <$t>::MIN;
            const HIGHEST: $t = <$t>::MAX;
            fn to_f64(self) -> f64 { $to(self) }
        }
    )* };
}
floats!(f32, |v: f32| v as f64, |v: f64| v as f32; f64, |v: f64| v, |v: f64| v; f16, f16::to_f64, f16::from_f64; bf16, bf16::to_f64, bf16::from_f64);

macro_rules! complex {
    ($($t:ident, $r:ty);*) => { $(
        impl Number for $t {
            #[inline(always)]
            fn zero() -> $t { $t::new(0.0, 0.0) }
            #[inline(always)]
            fn one() -> $t { $t::new(1.0, 0.0) }
            #[inline(always)]
            fn add(self, o: $t) -> $t { self + o }
            #[inline(always)]
            fn sub(self, o: $t) -> $t { self - o }
            #[inline(always)]
            fn mul(self, o: $t) -> $t { self * o }
            #[inline(always)]
            fn over(self, n: usize) -> $t { self / (n as $r) }
            #[inline(always)]
            fn scaled(self, f: f64) -> $t { self * (f as $r) }
        }
    )* };
}
complex!(C64, f32; C128, f64);

/// The integer type that stores a quantized type; others as they are.
pub fn storage(d: DType) -> DType {
    match d {
        DType::QI8 => DType::I8,
        DType::QU8 => DType::U8,
        DType::QI16 => DType::I16,
        DType::QU16 => DType::U16,
        DType::QI32 => DType::I32,
        d => d,
    }
}

/// Like `with_number!` for the 12 real types.
#[macro_export]
macro_rules! with_real {
    ($d:expr, $T:ident => $body:expr, else $other:expr) => {
        match $d {
            $crate::DType::C64 | $crate::DType::C128 => $other,
            d => $crate::with_real!(@list d, $T, $body, $other, F32 f32, F64 f64, I32 i32, I64 i64, U8 u8, I8 i8, I16 i16, U16 u16, U32 u32, U64 u64, F16 $crate::f16, BF16 $crate::bf16),
        }
    };
    (@list $d:ident, $T:ident, $body:expr, $other:expr, $($name:ident $t:ty),*) => {
        match $d {
            $( $crate::DType::$name => {
                type $T = $t;
                $body
            } )*
            _ => $other,
        }
    };
}
