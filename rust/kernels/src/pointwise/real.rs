//! The real element types that functions are written for: f32 and f64. Half types go through f32.

use super::unary::Unary;
use crate::{Element, vmath};
use num_traits::Float;

/// f32 or f64, with the functions that `num_traits::Float` lacks.
pub trait Real: Element + Float + Default + std::ops::AddAssign + std::iter::Sum {
    fn of(v: f64) -> Self;
    fn wide(self) -> f64;
    fn erf(self) -> Self;
    fn erfc(self) -> Self;
    fn lgamma(self) -> Self;
    /// Round half to even.
    fn rint(self) -> Self;
    /// The vectorised form of `op`, where there is one.
    fn vector(op: Unary) -> Option<fn(&mut [Self])>;
}

impl Real for f32 {
    #[inline(always)]
    fn of(v: f64) -> f32 {
        v as f32
    }
    #[inline(always)]
    fn wide(self) -> f64 {
        self as f64
    }
    fn erf(self) -> f32 {
        libm::erff(self)
    }
    fn erfc(self) -> f32 {
        libm::erfcf(self)
    }
    fn lgamma(self) -> f32 {
        libm::lgammaf(self)
    }
    #[inline(always)]
    fn rint(self) -> f32 {
        self.round_ties_even()
    }
    fn vector(op: Unary) -> Option<fn(&mut [f32])> {
        Some(match op {
            Unary::Cos => vmath::cos,
            Unary::Elu => vmath::elu,
            Unary::Exp => vmath::exp,
            Unary::Expm1 => vmath::expm1,
            Unary::Log => vmath::ln,
            Unary::Log1p => vmath::log1p,
            Unary::Tanh => vmath::tanh,
            Unary::Sigmoid => vmath::sigmoid,
            Unary::Sin => vmath::sin,
            Unary::Softplus => vmath::softplus,
            Unary::Erf => vmath::erf,
            Unary::Erfc => vmath::erfc,
            op => return super::fast::unary(op),
        })
    }
}

impl Real for f64 {
    #[inline(always)]
    fn of(v: f64) -> f64 {
        v
    }
    #[inline(always)]
    fn wide(self) -> f64 {
        self
    }
    fn erf(self) -> f64 {
        if self.is_infinite() { f64::NAN } else { libm::erf(self) }
    }
    fn erfc(self) -> f64 {
        libm::erfc(self)
    }
    fn lgamma(self) -> f64 {
        libm::lgamma(self)
    }
    #[inline(always)]
    fn rint(self) -> f64 {
        self.round_ties_even()
    }
    fn vector(op: Unary) -> Option<fn(&mut [f64])> {
        Some(match op {
            Unary::Exp => vmath::exp64,
            Unary::Log => vmath::ln64,
            Unary::Tanh => vmath::tanh64,
            Unary::Sigmoid => vmath::sigmoid64,
            _ => return None,
        })
    }
}
