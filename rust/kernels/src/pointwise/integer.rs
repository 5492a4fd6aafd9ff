//! Arithmetic of the integer types as TensorFlow's: it wraps, division by zero is an error that the caller has ruled out.

use crate::Element;

pub trait Integer: Element + PartialOrd + Eq {
    const ZERO: Self;
    fn of(v: i64) -> Self;
    fn add(self, o: Self) -> Self;
    fn sub(self, o: Self) -> Self;
    fn mul(self, o: Self) -> Self;
    /// Toward zero.
    fn div(self, o: Self) -> Self;
    /// The sign of the dividend.
    fn rem(self, o: Self) -> Self;
    fn floor_div(self, o: Self) -> Self;
    /// The sign of the divisor.
    fn floor_mod(self, o: Self) -> Self;
    fn neg(self) -> Self;
    fn abs(self) -> Self;
    fn sign(self) -> Self;
    fn pow(self, o: Self) -> Self;
    fn and(self, o: Self) -> Self;
    fn or(self, o: Self) -> Self;
    fn xor(self, o: Self) -> Self;
    fn not(self) -> Self;
    /// Shift counts are clamped to the width.
    fn shl(self, o: Self) -> Self;
    fn shr(self, o: Self) -> Self;
}

macro_rules! integers {
    ($($t:ty),*) => { $(
        impl Integer for $t {
            const ZERO: $t = 0;
            #[inline(always)]
            fn of(v: i64) -> $t { v as $t }
            #[inline(always)]
            fn add(self, o: $t) -> $t { self.wrapping_add(o) }
            #[inline(always)]
            fn sub(self, o: $t) -> $t { self.wrapping_sub(o) }
            #[inline(always)]
            fn mul(self, o: $t) -> $t { self.wrapping_mul(o) }
            #[inline(always)]
            fn div(self, o: $t) -> $t { if o == 0 { 0 } else { self.wrapping_div(o) } }
            #[inline(always)]
            fn rem(self, o: $t) -> $t { if o == 0 { 0 } else { self.wrapping_rem(o) } }
            #[inline(always)]
            #[allow(unused_comparisons)]
            fn floor_div(self, o: $t) -> $t {
                let q = self.div(o);
                if (self < 0) != (o < 0) && q.wrapping_mul(o) != self { q.wrapping_sub(1) } else { q }
            }
            #[inline(always)]
            #[allow(unused_comparisons)]
            fn floor_mod(self, o: $t) -> $t {
                let r = self.rem(o);
                if r != 0 && (r < 0) != (o < 0) { r.wrapping_add(o) } else { r }
            }
            #[inline(always)]
            fn neg(self) -> $t { self.wrapping_neg() }
            #[inline(always)]
            #[allow(unused_comparisons)]
            fn abs(self) -> $t { if self < 0 { self.wrapping_neg() } else { self } }
            #[inline(always)]
            #[allow(unused_comparisons)]
            fn sign(self) -> $t {
                if self > 0 { 1 } else if self < 0 { (0 as $t).wrapping_sub(1) } else { 0 }
            }
            fn pow(self, o: $t) -> $t {
                let (mut base, mut e, mut out) = (self, o, 1 as $t);
                while e > 0 {
                    if e & 1 == 1 { out = out.wrapping_mul(base); }
                    base = base.wrapping_mul(base);
                    e >>= 1;
                }
                out
            }
            #[inline(always)]
            fn and(self, o: $t) -> $t { self & o }
            #[inline(always)]
            fn or(self, o: $t) -> $t { self | o }
            #[inline(always)]
            fn xor(self, o: $t) -> $t { self ^ o }
            #[inline(always)]
            fn not(self) -> $t { !self }
            #[inline(always)]
            #[allow(unused_comparisons)]
            fn shl(self, o: $t) -> $t {
                let n = if o < 0 { 0 } else { (o as u64).min(<$t>::BITS as u64 - 1) as u32 };
                self.wrapping_shl(n)
            }
            #[inline(always)]
            #[allow(unused_comparisons)]
            fn shr(self, o: $t) -> $t {
                let n = if o < 0 { 0 } else { (o as u64).min(<$t>::BITS as u64 - 1) as u32 };
                self.wrapping_shr(n)
            }
        }
    )* };
}
integers!(i8, i16, i32, i64, u8, u16, u32, u64);

/// Call an expression with `$T` bound to the integer type of `$d`.
macro_rules! with_integer {
    ($d:expr, $T:ident => $body:expr, else $other:expr) => {
        match $d {
            $crate::DType::I8 => {
                type $T = i8;
                $body
            }
            $crate::DType::I16 => {
                type $T = i16;
                $body
            }
            $crate::DType::I32 => {
                type $T = i32;
                $body
            }
            $crate::DType::I64 => {
                type $T = i64;
                $body
            }
            $crate::DType::U8 => {
                type $T = u8;
                $body
            }
            $crate::DType::U16 => {
                type $T = u16;
                $body
            }
            $crate::DType::U32 => {
                type $T = u32;
                $body
            }
            $crate::DType::U64 => {
                type $T = u64;
                $body
            }
            _ => $other,
        }
    };
}
pub(crate) use with_integer;
