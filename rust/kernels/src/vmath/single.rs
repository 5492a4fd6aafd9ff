//! Elementary functions of one float32, branch-free so that a loop over them becomes vector code.

use super::double;
use crate::isa::Level;

const EXP: [f32; 5] = [5e-1, 1.6666578e-1, 4.1666556e-2, 8.363173e-3, 1.3926176e-3];
const LOG: [f32; 9] = [3.333333e-1, -2.4999997e-1, 2.0000716e-1, -1.6667803e-1, 1.4249058e-1, -1.2425687e-1, 1.168542e-1, -1.1479734e-1, 6.971612e-2];
const TANH: [f32; 5] = [-3.3333328e-1, 1.333277e-1, -5.3850908e-2, 2.099718e-2, -6.096714e-3];

/// ln 2 in two parts; multiples of the first by up to 2⁹ are exact.
const LN2_HI: f32 = 0.693_359_4;
const LN2_LO: f32 = -2.121_944_4e-4;

/// 1.5 · 2²³: adding it rounds to an integer, half to even, that then stands in the low bits.
const ROUND: f32 = 12_582_912.0;

#[inline(always)]
fn poly<L: Level, const N: usize>(x: f32, c: &[f32; N]) -> f32 {
    let mut y = c[N - 1];
    for i in (0..N - 1).rev() {
        y = L::fma32(y, x, c[i]);
    }
    y
}

/// 2ⁿ for -126 <= n <= 127.
#[inline(always)]
fn pow2(n: i32) -> f32 {
    f32::from_bits(((n.wrapping_add(127)) as u32) << 23)
}

/// (n, eʳ − 1) with x = n ln 2 + r, |r| <= ln 2 / 2. x must be within ±120 or NaN.
#[inline(always)]
fn reduce<L: Level>(x: f32) -> (i32, f32) {
    let t = L::fma32(x, std::f32::consts::LOG2_E, ROUND);
    let n = (t.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
    let t = t - ROUND;
    let r = L::fma32(t, -LN2_LO, L::fma32(t, -LN2_HI, x));
    (n, L::fma32(r * r, poly::<L, 5>(r, &EXP), r))
}

#[inline(always)]
pub fn exp<L: Level>(x: f32) -> f32 {
    // Beyond these the result is infinite or zero anyway; both bounds let NaN pass.
    let c = if x > 89.0 { 89.0 } else { x };
    let c = if c < -104.0 { -104.0 } else { c };
    let (n, p) = reduce::<L>(c);
    // Two factors, since 2ⁿ alone may be subnormal or overflow.
    let half = n >> 1;
    (p + 1.0) * pow2(half) * pow2(n.wrapping_sub(half))
}

#[inline(always)]
pub fn expm1<L: Level>(x: f32) -> f32 {
    let c = if x > 89.0 { 89.0 } else { x };
    let c = if c < -18.0 { -18.0 } else { c };
    let (n, p) = reduce::<L>(c);
    // At half scale, so that the last power does not overflow too early.
    let half = pow2(n.wrapping_sub(1));
    let y = 2.0 * L::fma32(p, half, half - 0.5);
    if x.abs() < 1e-7 { x } else { y }
}

/// (e, f) with x = 2ᵉ (1 + f), √½ <= 1 + f < √2, for positive normal x.
#[inline(always)]
fn split(x: f32) -> (f32, f32) {
    const ROOT_HALF: u32 = 0x3F35_04F3;
    let bits = x.to_bits().wrapping_sub(ROOT_HALF);
    let e = (bits as i32) >> 23;
    let m = f32::from_bits((bits & 0x007F_FFFF).wrapping_add(ROOT_HALF));
    (e as f32, m - 1.0)
}

/// e ln 2 + ln(1 + f) + extra.
#[inline(always)]
fn join<L: Level>(e: f32, f: f32, extra: f32) -> f32 {
    let q = f * f;
    let y = L::fma32(f * q, poly::<L, 9>(f, &LOG), L::fma32(e, LN2_LO, extra));
    let y = L::fma32(q, -0.5, y);
    L::fma32(e, LN2_HI, f + y)
}

#[inline(always)]
pub fn ln<L: Level>(x: f32) -> f32 {
    let small = x < f32::MIN_POSITIVE;
    let (e, f) = split(if small { x * 8_388_608.0 } else { x });
    let y = join::<L>(if small { e - 23.0 } else { e }, f, 0.0);
    // NaN fails the first test, and is kept by x + x.
    let y = if x > 0.0 && x < f32::INFINITY { y } else { x + x };
    let y = if x == 0.0 { f32::NEG_INFINITY } else { y };
    if x < 0.0 { f32::NAN } else { y }
}

#[inline(always)]
pub fn log1p<L: Level>(x: f32) -> f32 {
    let u = 1.0 + x;
    let (e, f) = split(u);
    // What rounding took from 1 + x.
    let lost = if x > 1.0 { 1.0 - (u - x) } else { x - (u - 1.0) };
    let near = e == 0.0;
    let y = join::<L>(e, if near { x } else { f }, if near { 0.0 } else { lost / u });
    let y = if x > -1.0 && x < f32::INFINITY { y } else { x + x };
    let y = if x == -1.0 { f32::NEG_INFINITY } else { y };
    let y = if x < -1.0 { f32::NAN } else { y };
    if x.abs() < 1e-7 { x } else { y }
}

#[inline(always)]
pub fn tanh<L: Level>(x: f32) -> f32 {
    let a = x.abs();
    let q = x * x;
    let near = L::fma32(x * q, poly::<L, 5>(q, &TANH), x);
    // Beyond 10 the result is 1.
    let (n, p) = reduce::<L>(if a > 10.0 { 20.0 } else { 2.0 * a });
    let scale = pow2(n);
    let far = 1.0 - 2.0 / (L::fma32(p, scale, scale) + 1.0);
    (if a < 0.625 { near } else { far }).copysign(x)
}

#[inline(always)]
pub fn sigmoid<L: Level>(x: f32) -> f32 {
    let e = exp::<L>(-x.abs());
    let top = if x < 0.0 { e } else { 1.0 };
    top / (1.0 + e)
}

#[inline(always)]
pub fn softplus<L: Level>(x: f32) -> f32 {
    let e = exp::<L>(-x.abs());
    // As log1p, for 0 <= e <= 1.
    let u = 1.0 + e;
    let (k, f) = split(u);
    let near = k == 0.0;
    let tail = join::<L>(k, if near { e } else { f }, if near { 0.0 } else { (e - (u - 1.0)) / u });
    let tail = if e < 1e-7 { e } else { tail };
    let top = if x < 0.0 { 0.0 } else { x };
    top + tail
}

#[inline(always)]
pub fn erf<L: Level>(x: f32) -> f32 {
    let v = x as f64;
    let near = double::erf_near::<L>(v);
    let far = (1.0 - double::erfc_far::<L>(v.abs())).copysign(v);
    let y = if x.abs() < 1.0 { near } else { far };
    if x.is_nan() { x } else { y as f32 }
}

#[inline(always)]
pub fn erfc<L: Level>(x: f32) -> f32 {
    let v = x as f64;
    let far = double::erfc_far::<L>(v.abs());
    let far = if x < 0.0 { 2.0 - far } else { far };
    let y = if x.abs() < 1.0 { 1.0 - double::erf_near::<L>(v) } else { far };
    if x.is_nan() { x } else { y as f32 }
}

#[inline(always)]
pub fn elu<L: Level>(x: f32) -> f32 {
    let y = expm1::<L>(x);
    if x < 0.0 { y } else { x }
}

/// Arguments above this need a longer reduction than `sin` and `cos` do.
pub const TRIG_LIMIT: f32 = 1e6;

#[inline(always)]
pub fn sin<L: Level>(x: f32) -> f32 {
    let y = double::sin_cos::<L>(x as f64, 0) as f32;
    if x == 0.0 { x } else { y }
}

#[inline(always)]
pub fn cos<L: Level>(x: f32) -> f32 {
    double::sin_cos::<L>(x as f64, 1) as f32
}

#[inline(always)]
pub fn pow<L: Level>(x: f32, y: f32) -> f32 {
    let ax = x.abs();
    let size = double::exp::<L>(y as f64 * double::ln::<L>(ax as f64)) as f32;
    // 1 to any power, and anything to the power 0, is 1, NaN included; so is -1 to an infinite power.
    let size = if ax == 1.0 && !y.is_nan() { 1.0 } else { size };
    // Round towards zero without leaving the vector registers: from 2²³ on every float is an integer, from 2²⁴ on an even one.
    let ay = y.abs();
    let small = ay < 8_388_608.0;
    let clipped = if small { ay } else { 0.0 };
    let whole = (clipped as i32) as f32;
    let integer = !small || whole == clipped;
    let low = if small {
        clipped as i32
    } else if ay < 16_777_216.0 {
        ay.to_bits() as i32
    } else {
        0
    };
    let odd = integer && (low & 1) == 1;
    let negative = x.is_sign_negative();
    let signed = if negative && odd { -size } else { size };
    let y_or_nan = if x < 0.0 && ax < f32::INFINITY && !integer { f32::NAN } else { signed };
    if x == 1.0 || y == 0.0 { 1.0 } else { y_or_nan }
}
