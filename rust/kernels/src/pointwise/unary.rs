//! Functions of one tensor that keep its type.

use super::integer::{Integer, with_integer};
use super::real::Real;
use super::space::{chunks, map_into};
use super::special::digamma;
use super::{cast, no_kernel};
use crate::error::Result;
use crate::{C64, C128, DType, Element, Tensor};
use num_traits::Float;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unary {
    Abs,
    Acos,
    Acosh,
    Asin,
    Asinh,
    Atan,
    Atanh,
    Ceil,
    Conj,
    Cos,
    Cosh,
    Digamma,
    Elu,
    Erf,
    Erfc,
    Exp,
    Expm1,
    Floor,
    Invert,
    Lgamma,
    Log,
    Log1p,
    Neg,
    Reciprocal,
    Relu,
    Relu6,
    Rint,
    Rsqrt,
    Selu,
    Sigmoid,
    Sign,
    Sin,
    Sinh,
    Softplus,
    Softsign,
    Sqrt,
    Square,
    Tan,
    Tanh,
}

use Unary::*;

/// α and scale of SELU (Klambauer et al. 2017), as TensorFlow rounds them.
pub(super) const SELU_SCALE: f64 = 1.050_700_987_355_480_5;
pub(super) const SELU_SCALE_ALPHA: f64 = 1.758_099_340_847_376_6;

impl Unary {
    /// The estimated nanoseconds per element.
    fn ns(self) -> f64 {
        match self {
            Abs | Ceil | Conj | Floor | Invert | Neg | Relu | Relu6 | Rint | Sign | Square => 0.3,
            Reciprocal | Rsqrt | Softsign | Sqrt => 0.6,
            Lgamma | Digamma => 20.0,
            _ => 4.0,
        }
    }
}

/// `op` of every element; UNIMPLEMENTED for a type that it is not defined on.
pub fn unary(op: Unary, x: Tensor) -> Result<Tensor> {
    Ok(match x.dtype() {
        DType::F32 => return real::<f32>(op, x),
        DType::F64 => return real::<f64>(op, x),
        d @ (DType::F16 | DType::BF16) => cast(&unary(op, cast(&x, DType::F32)?)?, d)?,
        DType::C64 => return complex::<C64>(op, x),
        DType::C128 => return complex::<C128>(op, x),
        d => return with_integer!(d, T => integer::<T>(op, x), else no_kernel(&format!("{op:?}"), d)),
    })
}

/// `x` where x > 0, `alpha · x` elsewhere.
pub fn leaky_relu(x: Tensor, alpha: f32) -> Result<Tensor> {
    Ok(match x.dtype() {
        DType::F32 => map_into(x, 0.3, |v: f32| if v > 0.0 { v } else { alpha * v }),
        DType::F64 => map_into(x, 0.3, |v: f64| if v > 0.0 { v } else { alpha as f64 * v }),
        d @ (DType::F16 | DType::BF16) => cast(&leaky_relu(cast(&x, DType::F32)?, alpha)?, d)?,
        d => return no_kernel("LeakyRelu", d),
    })
}

/// `f` of whole slices, in place when nobody else holds `x`.
fn map_slices<T: Element>(mut x: Tensor, ns: f64, f: fn(&mut [T])) -> Tensor {
    if x.is_unique() {
        chunks(x.slice_mut::<T>(), ns, &|_, piece| f(piece));
        return x;
    }
    // Copied a little at a time, so that the copy is still in cache when `f` comes.
    const AT_ONCE: usize = 4096;
    let mut out = Tensor::scratch(T::DTYPE, x.dims());
    let src = x.slice::<T>();
    chunks(out.slice_mut::<T>(), ns, &|first, piece: &mut [T]| {
        for (piece, src) in piece.chunks_mut(AT_ONCE).zip(src[first..].chunks(AT_ONCE)) {
            piece.copy_from_slice(&src[..piece.len()]);
            f(piece);
        }
    });
    out
}

fn real<R: Real>(op: Unary, x: Tensor) -> Result<Tensor> {
    let (zero, one) = (R::zero(), R::one());
    macro_rules! each {
        ($v:ident => $e:expr) => {
            map_into::<R>(x, op.ns(), |$v| $e)
        };
    }
    // One loop for all functions that cost more than a call.
    macro_rules! slow {
        ($v:ident => $e:expr) => {
            map_into::<R>(x, op.ns(), (|$v: R| $e) as fn(R) -> R)
        };
    }
    if let Some(f) = R::vector(op) {
        return Ok(map_slices(x, op.ns() / 4.0, f));
    }
    Ok(match op {
        Abs => each!(v => v.abs()),
        Acos => slow!(v => v.acos()),
        Acosh => slow!(v => v.acosh()),
        Asin => slow!(v => v.asin()),
        Asinh => slow!(v => R::of(v.wide().asinh())),
        Atan => slow!(v => v.atan()),
        Atanh => slow!(v => v.atanh()),
        Ceil => each!(v => v.ceil()),
        Conj => x,
        Cos => slow!(v => v.cos()),
        Cosh => slow!(v => v.cosh()),
        Digamma => slow!(v => R::of(digamma(v.wide()))),
        Elu => slow!(v => if v < R::zero() { v.exp_m1() } else { v }),
        Erf => slow!(v => v.erf()),
        Erfc => slow!(v => v.erfc()),
        Exp => slow!(v => v.exp()),
        Expm1 => slow!(v => v.exp_m1()),
        Floor => each!(v => v.floor()),
        Lgamma => slow!(v => v.lgamma()),
        Log => slow!(v => v.ln()),
        Log1p => slow!(v => v.ln_1p()),
        Neg => each!(v => -v),
        Reciprocal => each!(v => one / v),
        // NaN passes.
        Relu => each!(v => if v < zero { zero } else { v }),
        Relu6 => each!(v => if v < zero { zero } else if v > R::of(6.0) { R::of(6.0) } else { v }),
        Rint => each!(v => v.rint()),
        Rsqrt => each!(v => one / v.sqrt()),
        Selu => slow!(v => if v < R::zero() { R::of(SELU_SCALE_ALPHA) * v.exp_m1() } else { R::of(SELU_SCALE) * v }),
        Sigmoid => slow!(v => if v >= R::zero() { R::one() / (R::one() + (-v).exp()) } else { let e = v.exp(); e / (R::one() + e) }),
        Sign => each!(v => if v > zero { one } else if v < zero { -one } else { v * zero }),
        Sin => slow!(v => v.sin()),
        Sinh => slow!(v => v.sinh()),
        // ln(1 + eˣ) without overflow.
        Softplus => slow!(v => if v > R::zero() { v + (-v).exp().ln_1p() } else { v.exp().ln_1p() }),
        Softsign => each!(v => v / (one + v.abs())),
        Sqrt => each!(v => v.sqrt()),
        Square => each!(v => v * v),
        Tan => slow!(v => v.tan()),
        Tanh => slow!(v => v.tanh()),
        Invert => return no_kernel("Invert", R::DTYPE),
    })
}

fn integer<T: Integer>(op: Unary, x: Tensor) -> Result<Tensor> {
    macro_rules! each {
        ($v:ident => $e:expr) => {
            map_into::<T>(x, op.ns(), (|$v: T| $e) as fn(T) -> T)
        };
    }
    Ok(match op {
        Abs => each!(v => v.abs()),
        Ceil | Floor | Conj => x,
        // What TensorFlow's CPU kernel gives for the op; its functions leave integers alone before they come here.
        Rint => each!(_v => T::ZERO),
        Invert => each!(v => v.not()),
        Neg => each!(v => v.neg()),
        Reciprocal => {
            super::binary::check_divisor(&x)?;
            each!(v => T::of(1).div(v))
        }
        Relu => each!(v => if v < T::ZERO { T::ZERO } else { v }),
        Relu6 => each!(v => if v < T::ZERO { T::ZERO } else if v > T::of(6) { T::of(6) } else { v }),
        Sign => each!(v => v.sign()),
        Square => each!(v => v.mul(v)),
        _ => return no_kernel(&format!("{op:?}"), T::DTYPE),
    })
}

/// A complex element type; functions are computed in double precision.
pub(super) trait Wide: Element {
    fn wide(self) -> C128;
    fn narrow(v: C128) -> Self;
}
impl Wide for C64 {
    #[inline(always)]
    fn wide(self) -> C128 {
        C128::new(self.re as f64, self.im as f64)
    }
    #[inline(always)]
    fn narrow(v: C128) -> C64 {
        C64::new(v.re as f32, v.im as f32)
    }
}
impl Wide for C128 {
    #[inline(always)]
    fn wide(self) -> C128 {
        self
    }
    #[inline(always)]
    fn narrow(v: C128) -> C128 {
        v
    }
}

const ONE: C128 = C128::new(1.0, 0.0);

fn complex<C: Wide>(op: Unary, x: Tensor) -> Result<Tensor> {
    macro_rules! each {
        ($v:ident => $e:expr) => {
            map_into::<C>(
                x,
                4.0 * op.ns(),
                (|v: C| {
                    let $v = v.wide();
                    C::narrow($e)
                }) as fn(C) -> C,
            )
        };
    }
    Ok(match op {
        Acos => each!(v => v.acos()),
        Acosh => each!(v => v.acosh()),
        Asin => each!(v => v.asin()),
        Asinh => each!(v => v.asinh()),
        Atan => each!(v => v.atan()),
        Atanh => each!(v => v.atanh()),
        Conj => each!(v => v.conj()),
        Cos => each!(v => v.cos()),
        Cosh => each!(v => v.cosh()),
        Exp => each!(v => v.exp()),
        // e^(a+bi) − 1 without cancellation in the real part.
        Expm1 => each!(v => {
            let half = (v.im / 2.0).sin();
            C128::new(v.re.exp_m1() * v.im.cos() - 2.0 * half * half, v.re.exp() * v.im.sin())
        }),
        Log => each!(v => v.ln()),
        Log1p => each!(v => (ONE + v).ln()),
        Neg => each!(v => -v),
        Reciprocal => each!(v => ONE / v),
        Rint => each!(v => C128::new(v.re.round_ties_even(), v.im.round_ties_even())),
        Rsqrt => each!(v => ONE / v.sqrt()),
        Sigmoid => each!(v => ONE / (ONE + (-v).exp())),
        Sign => each!(v => if v.re == 0.0 && v.im == 0.0 { v } else { v / v.norm() }),
        Sin => each!(v => v.sin()),
        Sinh => each!(v => v.sinh()),
        Sqrt => each!(v => v.sqrt()),
        Square => each!(v => v * v),
        Tan => each!(v => v.tan()),
        // Beyond |re| = 20 the quotient of the formula overflows while tanh is ±1.
        Tanh => each!(v => if v.re.abs() > 20.0 { C128::new(Float::signum(v.re), 0.0) } else { v.tanh() }),
        _ => return no_kernel(&format!("{op:?}"), C::DTYPE),
    })
}
