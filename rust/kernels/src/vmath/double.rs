//! Elementary functions of one float64, branch-free so that a loop over them becomes vector code.

use crate::isa::Level;

const EXP: [f64; 10] = [
    0.5000000000000001,
    0.16666666666666669,
    0.041666666666624164,
    0.008333333333330065,
    0.0013888888917196719,
    0.00019841269863040545,
    2.4801521322368692e-05,
    2.7557268480310024e-06,
    2.7620075879983367e-07,
    2.5100375832561234e-08,
];
const LOG: [f64; 7] =
    [0.666666666666667, 0.39999999999899505, 0.28571428625975487, 0.2222221113479508, 0.18182889125261723, 0.15331721600556042, 0.14616449685043406];
const TANH: [f64; 12] = [
    -0.3333333333333333,
    0.13333333333333042,
    -0.05396825396789699,
    0.021869488519008305,
    -0.008863235103240878,
    0.0035921217511549622,
    -0.0014557754120478055,
    0.0005896606577757043,
    -0.0002375906496055562,
    9.257116129556769e-05,
    -3.12011014257974e-05,
    6.485163482793113e-06,
];
/// erf(x) / x in powers of x², |x| < 1, to 1e-12.
const ERF: [f64; 9] = [
    1.1283791670946768,
    -0.3761263888963531,
    0.11283791308604582,
    -0.026866133235095593,
    0.005223783477189248,
    -0.0008542637997087229,
    0.0001195656256820733,
    -1.3909340021874599e-05,
    1.058938064107502e-06,
];
/// e^(x²) erfc(x) in powers of 1 / (x + 2), 0.9 < x < 10.6, to 1e-13.
const ERFC: [f64; 14] = [
    -6.752245360408424e-09,
    0.5641899273963752,
    1.1283763266539992,
    1.9744442342025612,
    2.8296252815640677,
    2.5148156934343935,
    1.7181356744760237,
    -23.99169240792249,
    85.51392464229528,
    -417.7454942848006,
    1240.1392350059386,
    -1998.7579220174928,
    1702.3288191350039,
    -612.0195677906307,
];
/// (sin x / x − 1) / x² and (cos x − 1 + x²/2) / x⁴ in powers of x², |x| < π/4, to 1e-11.
const SIN: [f64; 4] = [-0.1666666666385529, 0.008333331874710208, -0.00019840086735384846, 2.724992580305979e-06];
const COS: [f64; 4] = [0.0416666666643212, -0.001388888767201679, 2.480060037715673e-05, -2.730095920390147e-07];

/// ln 2 in two parts; multiples of the first by up to 2¹¹ are exact.
const LN2_HI: f64 = f64::from_bits(0x3FE6_2E42_FEE0_0000);
const LN2_LO: f64 = f64::from_bits(0x3DEA_39EF_3579_3C76);

/// π/2 in three parts; multiples of the first two by up to 2²⁰ are exact.
const PIO2: [f64; 3] = [f64::from_bits(0x3FF9_21FB_5440_0000), f64::from_bits(0x3DD0_B461_1A60_0000), f64::from_bits(0x3BA3_198A_2E03_7073)];

/// 1.5 · 2⁵²: adding it rounds to an integer, half to even, that then stands in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;

#[inline(always)]
fn poly<L: Level, const N: usize>(x: f64, c: &[f64; N]) -> f64 {
    let mut y = c[N - 1];
    for i in (0..N - 1).rev() {
        y = L::fma64(y, x, c[i]);
    }
    y
}

/// 2ⁿ for -1022 <= n <= 1023.
#[inline(always)]
fn pow2(n: i64) -> f64 {
    f64::from_bits((n.wrapping_add(1023) as u64) << 52)
}

/// (n, eʳ − 1) with x = n ln 2 + r, |r| <= ln 2 / 2.
#[inline(always)]
fn reduce<L: Level>(x: f64) -> (i64, f64) {
    let t = L::fma64(x, std::f64::consts::LOG2_E, ROUND);
    let n = (t.to_bits() as i64).wrapping_sub(ROUND.to_bits() as i64);
    let t = t - ROUND;
    let r = L::fma64(t, -LN2_LO, L::fma64(t, -LN2_HI, x));
    (n, L::fma64(r * r, poly::<L, 10>(r, &EXP), r))
}

#[inline(always)]
pub fn exp<L: Level>(x: f64) -> f64 {
    let c = if x > 710.0 { 710.0 } else { x };
    let c = if c < -746.0 { -746.0 } else { c };
    let (n, p) = reduce::<L>(c);
    // An arithmetic shift of 64-bit lanes needs AVX-512; the bias makes a logical one do.
    let half = ((n.wrapping_add(2048) as u64) >> 1) as i64 - 1024;
    (p + 1.0) * pow2(half) * pow2(n.wrapping_sub(half))
}

#[inline(always)]
pub fn ln<L: Level>(x: f64) -> f64 {
    const ROOT_HALF: u64 = 0x3FE6_A09E_667F_3BCD;
    let small = x < f64::MIN_POSITIVE;
    let bits = (if small { x * 4_503_599_627_370_496.0 } else { x }).to_bits();
    // The exponent as a float through the low bits of a large one; it is positive with this bias.
    let shifted = bits.wrapping_sub(ROOT_HALF).wrapping_add(1024 << 52) >> 52;
    let e = f64::from_bits(ROUND.to_bits() + shifted) - (ROUND + 1024.0);
    let m = f64::from_bits((bits.wrapping_sub(ROOT_HALF) & 0x000F_FFFF_FFFF_FFFF).wrapping_add(ROOT_HALF));
    let e = if small { e - 52.0 } else { e };
    let f = m - 1.0;
    let s = f / (2.0 + f);
    let q = s * s;
    let r = q * poly::<L, 7>(q, &LOG);
    let half = 0.5 * f * f;
    // ln(1 + f) = f − (f²/2 − s (f²/2 + r)).
    let tail = L::fma64(s, half + r, e * LN2_LO);
    let y = L::fma64(e, LN2_HI, f - (half - tail));
    let y = if x > 0.0 && x < f64::INFINITY { y } else { x + x };
    let y = if x == 0.0 { f64::NEG_INFINITY } else { y };
    if x < 0.0 { f64::NAN } else { y }
}

#[inline(always)]
pub fn tanh<L: Level>(x: f64) -> f64 {
    let a = x.abs();
    let q = x * x;
    let near = L::fma64(x * q, poly::<L, 12>(q, &TANH), x);
    let (n, p) = reduce::<L>(if a > 20.0 { 40.0 } else { 2.0 * a });
    let scale = pow2(n);
    let far = 1.0 - 2.0 / (L::fma64(p, scale, scale) + 1.0);
    (if a < 0.625 { near } else { far }).copysign(x)
}

#[inline(always)]
pub fn sigmoid<L: Level>(x: f64) -> f64 {
    let e = exp::<L>(-x.abs());
    let top = if x < 0.0 { e } else { 1.0 };
    top / (1.0 + e)
}

/// erf for |x| < 1, to float32's accuracy and more.
#[inline(always)]
pub fn erf_near<L: Level>(x: f64) -> f64 {
    x * poly::<L, 9>(x * x, &ERF)
}

/// erfc for x >= 0.9, to float32's accuracy and more.
#[inline(always)]
pub fn erfc_far<L: Level>(x: f64) -> f64 {
    // From 10.6 on the float32 result is zero.
    let c = if x > 10.6 { 10.6 } else { x };
    exp::<L>(-c * c) * poly::<L, 14>(1.0 / (c + 2.0), &ERFC)
}

/// sin(x + quarter π/2), |x| <= 10⁶, to float32's accuracy and more.
#[inline(always)]
pub fn sin_cos<L: Level>(x: f64, quarter: u64) -> f64 {
    let t = L::fma64(x, std::f64::consts::FRAC_2_PI, ROUND);
    let n = t.to_bits().wrapping_add(quarter);
    let t = t - ROUND;
    let r = L::fma64(t, -PIO2[2], L::fma64(t, -PIO2[1], L::fma64(t, -PIO2[0], x)));
    let q = r * r;
    let s = L::fma64(r * q, poly::<L, 4>(q, &SIN), r);
    let c = L::fma64(q * q, poly::<L, 4>(q, &COS), L::fma64(q, -0.5, 1.0));
    let y = if n & 1 == 0 { s } else { c };
    f64::from_bits(y.to_bits() ^ ((n & 2) << 62))
}
