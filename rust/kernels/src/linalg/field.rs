//! The number types that factorizations are written for.

use std::ops::Neg;

use faer::traits::{ComplexField, Conjugate};
use num_traits::{Float, NumAssign};

use crate::dtype::Element;
use crate::gemm::{gemm, gemm_plain};
use crate::{C64, C128};

/// A real or complex float.
pub trait Field: Element + NumAssign + Neg<Output = Self> + ComplexField<Real: Float + NumAssign + Element> + Conjugate<Canonical = Self> {
    const IS_COMPLEX: bool;
    /// The type of the same kind with 64 bits a part.
    type Wide: Field<Real = f64>;
    fn wide(self) -> Self::Wide;
    fn narrow(w: Self::Wide) -> Self;
    fn narrow_real(w: f64) -> Self::Real;
    fn conj(self) -> Self;
    fn re(self) -> Self::Real;
    fn real(r: Self::Real) -> Self;
    /// |x|².
    fn norm2(self) -> Self::Real;
    /// The distance of one to the next float.
    fn ulp() -> Self::Real {
        <Self::Real as Float>::epsilon()
    }
    /// |x|.
    fn modulus(self) -> Self::Real;
    fn scaled(self, r: Self::Real) -> Self {
        self * Self::real(r)
    }
    /// c = a·b, with (row, column) strides of a and b; c is contiguous.
    fn product(m: usize, n: usize, k: usize, a: &[Self], sa: (usize, usize), b: &[Self], sb: (usize, usize), c: &mut [Self]);
}

macro_rules! real {
    ($t:ty) => {
        impl Field for $t {
            const IS_COMPLEX: bool = false;
            type Wide = f64;
            fn wide(self) -> f64 {
                self as f64
            }
            fn narrow(w: f64) -> $t {
                w as $t
            }
            fn narrow_real(w: f64) -> $t {
                w as $t
            }
            fn conj(self) -> $t {
                self
            }
            fn re(self) -> $t {
                self
            }
            fn real(r: $t) -> $t {
                r
            }
            fn norm2(self) -> $t {
                self * self
            }
            fn modulus(self) -> $t {
                self.abs()
            }
            fn product(m: usize, n: usize, k: usize, a: &[$t], sa: (usize, usize), b: &[$t], sb: (usize, usize), c: &mut [$t]) {
                gemm(m, n, k, a, sa, b, sb, c, false);
            }
        }
    };
}
real!(f32);
real!(f64);

macro_rules! complex {
    ($t:ty, $r:ty) => {
        impl Field for $t {
            const IS_COMPLEX: bool = true;
            type Wide = C128;
            fn wide(self) -> C128 {
                C128::new(self.re as f64, self.im as f64)
            }
            fn narrow(w: C128) -> $t {
                <$t>::new(w.re as $r, w.im as $r)
            }
            fn narrow_real(w: f64) -> $r {
                w as $r
            }
            fn conj(self) -> $t {
                <$t>::new(self.re, -self.im)
            }
            fn re(self) -> $r {
                self.re
            }
            fn real(r: $r) -> $t {
                <$t>::new(r, 0.0)
            }
            fn norm2(self) -> $r {
                self.re * self.re + self.im * self.im
            }
            fn modulus(self) -> $r {
                self.re.hypot(self.im)
            }
            fn product(m: usize, n: usize, k: usize, a: &[$t], sa: (usize, usize), b: &[$t], sb: (usize, usize), c: &mut [$t]) {
                gemm_plain(m, n, k, a, sa, b, sb, c, false, <$t>::new(0.0, 0.0), |s, x, y| s + x * y);
            }
        }
    };
}
complex!(C64, f32);
complex!(C128, f64);

/// Call a generic expression with `$T` bound to the Rust type of a real or complex `DType` of 32 or 64 bits a part.
#[macro_export]
macro_rules! with_field {
    ($d:expr, $T:ident => $body:expr, else $other:expr) => {
        match $d {
            $crate::DType::F32 => {
                type $T = f32;
                $body
            }
            $crate::DType::F64 => {
                type $T = f64;
                $body
            }
            $crate::DType::C64 => {
                type $T = $crate::C64;
                $body
            }
            $crate::DType::C128 => {
                type $T = $crate::C128;
                $body
            }
            _ => $other,
        }
    };
}

/// The conjugate transpose of an m×n matrix.
pub fn adjoint<T: Field>(a: &[T], m: usize, n: usize) -> Vec<T> {
    let mut out = vec![T::zero(); m * n];
    for i in 0..m {
        for j in 0..n {
            out[j * m + i] = a[i * n + j].conj();
        }
    }
    out
}
