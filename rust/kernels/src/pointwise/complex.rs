//! Complex numbers from and to their parts.

use super::no_kernel;
use super::space::{map_new, zip_new};
use crate::error::Result;
use crate::{C64, C128, DType, Element, Tensor};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComplexPart {
    Real,
    Imag,
    Abs,
    Angle,
}

/// A real-valued part of every complex element.
pub fn part(part: ComplexPart, x: &Tensor) -> Result<Tensor> {
    Ok(match (x.dtype(), part) {
        (DType::C64, ComplexPart::Real) => map_new(x, 0.4, |v: C64| v.re),
        (DType::C64, ComplexPart::Imag) => map_new(x, 0.4, |v: C64| v.im),
        (DType::C64, ComplexPart::Abs) => map_new(x, 4.0, |v: C64| v.norm()),
        (DType::C64, ComplexPart::Angle) => map_new(x, 8.0, |v: C64| v.arg()),
        (DType::C128, ComplexPart::Real) => map_new(x, 0.4, |v: C128| v.re),
        (DType::C128, ComplexPart::Imag) => map_new(x, 0.4, |v: C128| v.im),
        (DType::C128, ComplexPart::Abs) => map_new(x, 4.0, |v: C128| v.norm()),
        (DType::C128, ComplexPart::Angle) => map_new(x, 8.0, |v: C128| v.arg()),
        (d, _) => return no_kernel(&format!("{part:?}"), d),
    })
}

/// real + i·imag, with broadcasting.
pub fn complex(real: &Tensor, imag: &Tensor) -> Result<Tensor> {
    fn run<T: Element, C: Element>(a: &Tensor, b: &Tensor, f: impl Fn(T, T) -> C + Sync) -> Result<Tensor> {
        zip_new(a, b, 0.6, f)
    }
    match real.dtype() {
        DType::F32 => run(real, imag, |re: f32, im| C64::new(re, im)),
        DType::F64 => run(real, imag, |re: f64, im| C128::new(re, im)),
        d => no_kernel("Complex", d),
    }
}
