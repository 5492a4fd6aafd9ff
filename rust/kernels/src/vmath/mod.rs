//! Elementary functions over slices, vectorised from one scalar source per function, with tested error bounds.
//!
//! float32: within 2 units in the last place of the exact value (`sigmoid`: 2.5) for every finite input, subnormal inputs and results included;
//! NaN, infinities and signed zeros as IEEE 754 and C99 have them. float64 (`exp`, `ln`, `tanh`, `sigmoid`): within 2 units as well.
//! The coefficients come from `tools/fit_vmath.py`.

pub(crate) mod double;
pub mod rows;
pub(crate) mod single;

use crate::isa::multiversion;

/// Define `name(x)`, in place, and `name_to(x, out)` over slices of one type.
macro_rules! slices {
    ($($(#[$doc:meta])* $t:ident: $name:ident, $to:ident => $module:ident::$lane:ident;)*) => {$(
        multiversion! {
            $(#[$doc])*
            pub fn $name<L>(x: &mut [$t]) {
                for v in x {
                    *v = $module::$lane::<L>(*v);
                }
            }
            /// The same from one slice to another; the shorter one decides.
            pub fn $to<L>(x: &[$t], out: &mut [$t]) {
                for (o, &v) in out.iter_mut().zip(x) {
                    *o = $module::$lane::<L>(v);
                }
            }
        }
    )*};
}

slices! {
    /// eˣ.
    f32: exp, exp_to => single::exp;
    /// eˣ − 1, accurate near zero.
    f32: expm1, expm1_to => single::expm1;
    /// The natural logarithm.
    f32: ln, ln_to => single::ln;
    /// ln(1 + x), accurate near zero.
    f32: log1p, log1p_to => single::log1p;
    /// The hyperbolic tangent.
    f32: tanh, tanh_to => single::tanh;
    /// 1 / (1 + e⁻ˣ).
    f32: sigmoid, sigmoid_to => single::sigmoid;
    /// ln(1 + eˣ).
    f32: softplus, softplus_to => single::softplus;
    /// x where x >= 0, eˣ − 1 elsewhere.
    f32: elu, elu_to => single::elu;
    /// The error function.
    f32: erf, erf_to => single::erf;
    /// 1 − erf(x), accurate where that is small.
    f32: erfc, erfc_to => single::erfc;
    /// eˣ of float64.
    f64: exp64, exp64_to => double::exp;
    /// The natural logarithm of float64.
    f64: ln64, ln64_to => double::ln;
    /// The hyperbolic tangent of float64.
    f64: tanh64, tanh64_to => double::tanh;
    /// 1 / (1 + e⁻ˣ) of float64.
    f64: sigmoid64, sigmoid64_to => double::sigmoid;
}

multiversion! {
    fn sin_lanes<L>(x: &[f32], out: &mut [f32]) -> bool {
        let mut far = false;
        for (o, &v) in out.iter_mut().zip(x) {
            far |= v.abs() > single::TRIG_LIMIT;
            *o = single::sin::<L>(v);
        }
        far
    }

    fn cos_lanes<L>(x: &[f32], out: &mut [f32]) -> bool {
        let mut far = false;
        for (o, &v) in out.iter_mut().zip(x) {
            far |= v.abs() > single::TRIG_LIMIT;
            *o = single::cos::<L>(v);
        }
        far
    }

    /// xʸ of pairs, by C99's rules for special values; the shortest slice decides.
    pub fn pow_to<L>(x: &[f32], y: &[f32], out: &mut [f32]) {
        for ((o, &x), &y) in out.iter_mut().zip(x).zip(y) {
            *o = single::pow::<L>(x, y);
        }
    }
    /// xʸ with one exponent for all.
    pub fn pow_scalar<L>(x: &mut [f32], y: f32) {
        for v in x {
            *v = single::pow::<L>(*v, y);
        }
    }
}

/// The sine, in radians; the shorter slice decides.
pub fn sin_to(x: &[f32], out: &mut [f32]) {
    if sin_lanes(x, out) {
        redo(x, out, f64::sin);
    }
}

/// The cosine, in radians; the shorter slice decides.
pub fn cos_to(x: &[f32], out: &mut [f32]) {
    if cos_lanes(x, out) {
        redo(x, out, f64::cos);
    }
}

/// The sine, in place.
pub fn sin(x: &mut [f32]) {
    in_place(x, sin_to);
}

/// The cosine, in place.
pub fn cos(x: &mut [f32]) {
    in_place(x, cos_to);
}

fn in_place(x: &mut [f32], f: impl Fn(&[f32], &mut [f32])) {
    let mut copy = [0f32; 512];
    for part in x.chunks_mut(512) {
        let copy = &mut copy[..part.len()];
        copy.copy_from_slice(part);
        f(copy, part);
    }
}

/// Replace the results of arguments too large for the fast reduction.
fn redo(x: &[f32], out: &mut [f32], f: impl Fn(f64) -> f64) {
    for (o, &v) in out.iter_mut().zip(x) {
        if v.abs() > single::TRIG_LIMIT {
            *o = f(v as f64) as f32;
        }
    }
}

#[cfg(test)]
mod tests;
