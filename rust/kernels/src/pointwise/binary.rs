//! Functions of two tensors of one type, with broadcasting.

use super::integer::{Integer, with_integer};
use super::real::Real;
use super::space::{broadcast_dims, zip_into};
use super::special::{polygamma, zeta};
use super::unary::{SELU_SCALE, SELU_SCALE_ALPHA, Wide};
use super::{cast, fast, no_kernel};
use crate::error::{KernelError, Result};
use crate::{C64, C128, DType, Tensor};

const ZERO: C128 = C128::new(0.0, 0.0);
const ONE: C128 = C128::new(1.0, 0.0);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    Add,
    Sub,
    Mul,
    /// Integers: toward zero.
    Div,
    FloorDiv,
    /// The sign of the divisor.
    FloorMod,
    /// The sign of the dividend.
    TruncateMod,
    TruncateDiv,
    Pow,
    Maximum,
    Minimum,
    SquaredDifference,
    Atan2,
    /// x·log(y), 0 where x is 0.
    Xlogy,
    /// x/y, 0 where x is 0.
    Xdivy,
    /// x·log(1 + y), 0 where x is 0.
    Xlog1py,
    /// x/y, 0 where y is 0.
    DivNoNan,
    /// x·y, 0 where y is 0.
    MulNoNan,
    Zeta,
    Polygamma,
    BitwiseAnd,
    BitwiseOr,
    BitwiseXor,
    LeftShift,
    RightShift,
    /// (y, dy): dy·(1 − y²)
    TanhGrad,
    /// (y, dy): dy·y·(1 − y)
    SigmoidGrad,
    /// (y, dy): dy·0.5/y
    SqrtGrad,
    /// (y, dy): −0.5·dy·y³
    RsqrtGrad,
    /// (y, dy): −dy·y²
    ReciprocalGrad,
    /// (g, x): g where x > 0
    ReluGrad,
    /// (g, x): g where 0 < x < 6
    Relu6Grad,
    /// (g, y)
    EluGrad,
    /// (g, y)
    SeluGrad,
    /// (g, x): g·sigmoid(x)
    SoftplusGrad,
    /// (g, x): g/(1 + |x|)²
    SoftsignGrad,
}

use Binary::*;

impl Binary {
    /// The estimated nanoseconds per element.
    fn ns(self) -> f64 {
        match self {
            Div | FloorDiv | TruncateDiv | Xdivy | DivNoNan | SqrtGrad => 0.8,
            FloorMod | TruncateMod => 4.0,
            Pow | Atan2 | Xlogy | Xlog1py | SoftplusGrad => 8.0,
            Zeta | Polygamma => 60.0,
            _ => 0.35,
        }
    }
    fn divides(self) -> bool {
        matches!(self, Div | FloorDiv | FloorMod | TruncateDiv | TruncateMod)
    }
}

/// `op` of every pair of the broadcast inputs, which have one type. INVALID_ARGUMENT for shapes that do not broadcast and for
/// integer division by zero; UNIMPLEMENTED for a type that it is not defined on.
pub fn binary(op: Binary, a: Tensor, b: Tensor) -> Result<Tensor> {
    if a.dtype() != b.dtype() {
        return Err(KernelError::invalid(format!("types differ: {} and {}", a.dtype().name(), b.dtype().name())));
    }
    match a.dtype() {
        DType::F32 => match fast::loops(op) {
            Some(tile) => fast::zip(tile, a, b, op.ns()),
            None => real::<f32>(op, a, b),
        },
        DType::F64 => real::<f64>(op, a, b),
        d @ (DType::F16 | DType::BF16) => cast(&binary(op, cast(&a, DType::F32)?, cast(&b, DType::F32)?)?, d),
        DType::C64 => complex::<C64>(op, a, b),
        DType::C128 => complex::<C128>(op, a, b),
        d => with_integer!(d, T => integer::<T>(op, a, b), else no_kernel(&format!("{op:?}"), d)),
    }
}

/// (g, x): g where x > 0, `alpha · g` elsewhere.
pub fn leaky_relu_grad(g: Tensor, x: Tensor, alpha: f32) -> Result<Tensor> {
    match g.dtype() {
        DType::F32 => zip_into(g, x, 0.35, |g: f32, x| if x > 0.0 { g } else { alpha * g }),
        DType::F64 => zip_into(g, x, 0.35, |g: f64, x| if x > 0.0 { g } else { alpha as f64 * g }),
        d @ (DType::F16 | DType::BF16) => cast(&leaky_relu_grad(cast(&g, DType::F32)?, cast(&x, DType::F32)?, alpha)?, d),
        d => no_kernel("LeakyReluGrad", d),
    }
}

/// INVALID_ARGUMENT when an integer divisor holds a zero.
pub(super) fn check_divisor(b: &Tensor) -> Result<()> {
    let zero = with_integer!(b.dtype(), T => b.slice::<T>().contains(&0), else false);
    if zero { Err(KernelError::invalid("Integer division by zero")) } else { Ok(()) }
}

fn real<R: Real>(op: Binary, a: Tensor, b: Tensor) -> Result<Tensor> {
    let (zero, one, half) = (R::zero(), R::one(), R::of(0.5));
    macro_rules! each {
        ($x:ident, $y:ident => $e:expr) => {
            zip_into::<R>(a, b, op.ns(), |$x, $y| $e)
        };
    }
    // One loop for all functions that cost more than a call.
    macro_rules! slow {
        ($x:ident, $y:ident => $e:expr) => {
            zip_into::<R>(a, b, op.ns(), (|$x: R, $y: R| $e) as fn(R, R) -> R)
        };
    }
    match op {
        Add => each!(x, y => x + y),
        Sub => each!(x, y => x - y),
        Mul => each!(x, y => x * y),
        Div => each!(x, y => x / y),
        TruncateDiv => slow!(x, y => (x / y).trunc()),
        FloorDiv => slow!(x, y => (x / y).floor()),
        FloorMod => slow!(x, y => { let r = x % y; if r != R::zero() && (y < R::zero()) != (r < R::zero()) { r + y } else { r } }),
        TruncateMod => slow!(x, y => x % y),
        Pow => slow!(x, y => x.powf(y)),
        // A NaN in either wins.
        Maximum => each!(x, y => if x >= y || x.is_nan() { x } else { y }),
        Minimum => each!(x, y => if x <= y || x.is_nan() { x } else { y }),
        SquaredDifference => each!(x, y => { let d = x - y; d * d }),
        Atan2 => slow!(y, x => y.atan2(x)),
        Xlogy => slow!(x, y => if x == R::zero() { R::zero() } else { x * y.ln() }),
        Xdivy => slow!(x, y => if x == R::zero() { R::zero() } else { x / y }),
        Xlog1py => slow!(x, y => if x == R::zero() { R::zero() } else { x * y.ln_1p() }),
        DivNoNan => slow!(x, y => if y == R::zero() { R::zero() } else { x / y }),
        MulNoNan => slow!(x, y => if y == R::zero() { R::zero() } else { x * y }),
        Zeta => slow!(s, q => R::of(zeta(s.wide(), q.wide()))),
        Polygamma => slow!(n, x => R::of(polygamma(n.wide(), x.wide()))),
        TanhGrad => each!(y, g => g * (one - y * y)),
        SigmoidGrad => each!(y, g => g * y * (one - y)),
        // A gradient of 0 stays 0, whatever y is.
        SqrtGrad => each!(y, g => if g == zero { zero } else { g * half / y }),
        RsqrtGrad => each!(y, g => if g == zero { zero } else { -half * (g * y) * (y * y) }),
        ReciprocalGrad => each!(y, g => if g == zero { zero } else { -g * y * y }),
        // Products, as TensorFlow's: an infinite gradient gives NaN where the unit is off.
        ReluGrad => each!(g, x => g * if x > zero { one } else { zero }),
        Relu6Grad => slow!(g, x => g * if x > R::zero() && x < R::of(6.0) { R::one() } else { R::zero() }),
        EluGrad => slow!(g, y => if y < R::zero() { g * (y + R::one()) } else { g }),
        SeluGrad => slow!(g, y => if y < R::zero() { g * (y + R::of(SELU_SCALE_ALPHA)) } else { g * R::of(SELU_SCALE) }),
        SoftplusGrad => slow!(g, x => g / ((-x).exp() + R::one())),
        SoftsignGrad => slow!(g, x => { let d = R::one() + x.abs(); g / (d * d) }),
        BitwiseAnd | BitwiseOr | BitwiseXor | LeftShift | RightShift => no_kernel(&format!("{op:?}"), R::DTYPE),
    }
}

fn integer<T: Integer>(op: Binary, a: Tensor, b: Tensor) -> Result<Tensor> {
    // With an empty result nothing is divided.
    if op.divides() && !broadcast_dims(a.dims(), b.dims())?.contains(&0) {
        check_divisor(&b)?;
    }
    if op == Pow && b.slice::<T>().iter().any(|&e| e < T::ZERO) {
        return Err(KernelError::invalid("Integers to negative integer powers are not allowed"));
    }
    let ns = if op.divides() { 3.0 } else { op.ns() };
    macro_rules! each {
        ($x:ident, $y:ident => $e:expr) => {
            zip_into::<T>(a, b, ns, (|$x: T, $y: T| $e) as fn(T, T) -> T)
        };
    }
    match op {
        Add => each!(x, y => x.add(y)),
        Sub => each!(x, y => x.sub(y)),
        Mul => each!(x, y => x.mul(y)),
        Div | TruncateDiv => each!(x, y => x.div(y)),
        FloorDiv => each!(x, y => x.floor_div(y)),
        FloorMod => each!(x, y => x.floor_mod(y)),
        TruncateMod => each!(x, y => x.rem(y)),
        Pow => each!(x, y => x.pow(y)),
        Maximum => each!(x, y => if x >= y { x } else { y }),
        Minimum => each!(x, y => if x <= y { x } else { y }),
        SquaredDifference => each!(x, y => { let d = x.sub(y); d.mul(d) }),
        BitwiseAnd => each!(x, y => x.and(y)),
        BitwiseOr => each!(x, y => x.or(y)),
        BitwiseXor => each!(x, y => x.xor(y)),
        LeftShift => each!(x, y => x.shl(y)),
        RightShift => each!(x, y => x.shr(y)),
        ReluGrad => each!(g, x => if x > T::ZERO { g } else { T::ZERO }),
        Relu6Grad => each!(g, x => if x > T::ZERO && x < T::of(6) { g } else { T::ZERO }),
        _ => no_kernel(&format!("{op:?}"), T::DTYPE),
    }
}

fn complex<C: Wide>(op: Binary, a: Tensor, b: Tensor) -> Result<Tensor> {
    macro_rules! each {
        ($x:ident, $y:ident => $e:expr) => {
            zip_into::<C>(
                a,
                b,
                3.0 * op.ns(),
                (|x: C, y: C| {
                    let ($x, $y) = (x.wide(), y.wide());
                    C::narrow($e)
                }) as fn(C, C) -> C,
            )
        };
    }
    match op {
        Add => each!(x, y => x + y),
        Sub => each!(x, y => x - y),
        Mul => each!(x, y => x * y),
        Div => each!(x, y => x / y),
        Pow => each!(x, y => if y == ZERO { ONE } else if x == ZERO { ZERO } else { x.powc(y) }),
        SquaredDifference => each!(x, y => { let d = x - y; d * d.conj() }),
        Xlogy => each!(x, y => if x == ZERO { ZERO } else { x * y.ln() }),
        Xdivy => each!(x, y => if x == ZERO { ZERO } else { x / y }),
        Xlog1py => each!(x, y => if x == ZERO { ZERO } else { x * (ONE + y).ln() }),
        DivNoNan => each!(x, y => if y == ZERO { ZERO } else { x / y }),
        MulNoNan => each!(x, y => if y == ZERO { ZERO } else { x * y }),
        // As TensorFlow: the first two take a conjugated y, the others conjugate it.
        TanhGrad => each!(y, g => g * (ONE - y * y)),
        SigmoidGrad => each!(y, g => g * y * (ONE - y)),
        SqrtGrad => each!(y, g => if g == ZERO { ZERO } else { g * 0.5 / y.conj() }),
        RsqrtGrad => each!(y, g => { let y = y.conj(); if g == ZERO { ZERO } else { g * -0.5 * y * y * y } }),
        ReciprocalGrad => each!(y, g => { let y = y.conj(); if g == ZERO { ZERO } else { -g * y * y } }),
        _ => no_kernel(&format!("{op:?}"), C::DTYPE),
    }
}

/// `x − alpha · d`, of one shape, with a one-element alpha; in place in `x` where nobody else holds it.
pub fn descend(x: Tensor, alpha: &Tensor, d: Tensor) -> Result<Tensor> {
    match x.dtype() {
        DType::F32 => {
            let a = alpha.slice::<f32>()[0];
            zip_into(x, d, 0.35, |x: f32, d| x - a * d)
        }
        DType::F64 => {
            let a = alpha.slice::<f64>()[0];
            zip_into(x, d, 0.35, |x: f64, d| x - a * d)
        }
        _ => {
            let step = binary(Mul, d, alpha.clone().reshaped(&[]))?;
            binary(Sub, x, step)
        }
    }
}
