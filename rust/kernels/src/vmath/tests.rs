use super::*;
use crate::isa::{Baseline, Fused, Isa, available};

/// Ordered position of a float among all floats, so that a difference counts units in the last place.
fn place(x: f32) -> i64 {
    let b = x.to_bits() as i32;
    if b < 0 { -((b & i32::MAX) as i64) } else { b as i64 }
}

/// Units in the last place of float32 between `got` and the exact value.
fn ulps(got: f32, exact: f64) -> f64 {
    if got.is_nan() || exact.is_nan() {
        return if got.is_nan() && exact.is_nan() { 0.0 } else { f64::INFINITY };
    }
    let near = exact as f32;
    if got == near {
        return 0.0;
    }
    if got.is_infinite() || near.is_infinite() {
        return if got == near { 0.0 } else { (place(got) - place(near)).abs() as f64 };
    }
    let unit = f32::from_bits(near.abs().to_bits() + 1) as f64 - near.abs() as f64;
    ((got as f64 - exact) / unit).abs()
}

/// A million and more arguments: every exponent, both signs, and dense runs where functions bend.
fn arguments() -> Vec<f32> {
    let mut x: Vec<f32> = (0..1u32 << 20).map(|i| f32::from_bits(i.wrapping_mul(4093) ^ (i << 20))).collect();
    for span in [1e-6f32, 0.01, 1.0, 12.0, 110.0] {
        x.extend((0..1 << 17).map(|i| (i as f32 / 65536.0 - 1.0) * span));
    }
    x.extend([0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::MAX, f32::MIN, f32::MIN_POSITIVE, f32::from_bits(1), -f32::from_bits(1)]);
    x.extend([88.722_84, 88.72284, -87.336_55, -103.972_08, -103.97, 1.0, -1.0, 2.0, 0.5, 0.625, -0.625, 9.0, 10.0, -18.0, 17.3]);
    x
}

fn worst(name: &str, x: &[f32], lane: impl Fn(f32) -> f32, exact: impl Fn(f64) -> f64, bound: f64) {
    let (mut top, mut at) = (0.0, 0.0);
    for &v in x {
        let e = ulps(lane(v), exact(v as f64));
        if e > top {
            (top, at) = (e, v);
        }
    }
    assert!(top <= bound, "{name}({at:e}) is {top} units off: {:e}, exact {:e}", lane(at), exact(at as f64));
}

fn check_level<L: crate::isa::Level>(level: &str) {
    let x = arguments();
    let w = |name: &str, f: fn(f32) -> f32, exact: fn(f64) -> f64| worst(&format!("{level} {name}"), &x, f, exact, 2.0);
    w("exp", single::exp::<L>, f64::exp);
    w("expm1", single::expm1::<L>, f64::exp_m1);
    w("elu", single::elu::<L>, |v| if v < 0.0 { v.exp_m1() } else { v });
    w("ln", single::ln::<L>, f64::ln);
    w("log1p", single::log1p::<L>, f64::ln_1p);
    w("tanh", single::tanh::<L>, f64::tanh);
    let exact = |v: f64| if v < 0.0 { v.exp() / (1.0 + v.exp()) } else { 1.0 / (1.0 + (-v).exp()) };
    worst(&format!("{level} sigmoid"), &x, single::sigmoid::<L>, exact, 2.5);
    w("softplus", single::softplus::<L>, |v| v.max(0.0) + (-v.abs()).exp().ln_1p() + if v.is_nan() { v } else { 0.0 });
    w("erf", single::erf::<L>, libm::erf);
    w("erfc", single::erfc::<L>, libm::erfc);
    let near: Vec<f32> = x.iter().copied().filter(|v| v.abs() <= single::TRIG_LIMIT).collect();
    worst(&format!("{level} sin"), &near, single::sin::<L>, f64::sin, 2.0);
    worst(&format!("{level} cos"), &near, single::cos::<L>, f64::cos, 2.0);
}

#[test]
fn float32_functions_stay_within_two_units_with_fused_arithmetic() {
    check_level::<Fused>("fused");
}

#[test]
fn float32_functions_stay_within_two_units_without_fused_arithmetic() {
    check_level::<Baseline>("baseline");
}

#[test]
fn powers_stay_within_two_units_and_follow_c99() {
    let bases: Vec<f32> = (0..2000u32).map(|i| f32::from_bits(i.wrapping_mul(2_147_483) ^ (i << 21))).collect();
    for i in 0..400u32 {
        let y = match i % 4 {
            0 => (i as f32 - 200.0) / 3.0,
            1 => (i as f32 - 200.0) / 4.0,
            2 => (i as f32 - 200.0).trunc(),
            _ => f32::from_bits(i.wrapping_mul(10_737_418)),
        };
        worst(&format!("pow {y}"), &bases, |x| single::pow::<Fused>(x, y), |x| x.powf(y as f64), 2.0);
    }
    let special = [
        0.0f32,
        -0.0,
        1.0,
        -1.0,
        2.0,
        -2.0,
        3.0,
        -3.0,
        0.5,
        -0.5,
        2.5,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::NAN,
        16_777_217.0,
        8_388_609.0,
        -8_388_609.0,
    ];
    for x in special {
        for y in special {
            let (got, want) = (single::pow::<Fused>(x, y), (x as f64).powf(y as f64) as f32);
            assert!(got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan(), "pow({x}, {y}) = {got}, C99 has {want}");
        }
    }
}

#[test]
fn signed_zeros_and_tiny_values_pass_through() {
    for f in [single::expm1::<Fused>, single::log1p::<Fused>, single::tanh::<Fused>, single::erf::<Fused>, single::sin::<Fused>] {
        assert_eq!(f(0.0).to_bits(), 0);
        assert_eq!(f(-0.0).to_bits(), (-0.0f32).to_bits());
    }
    assert_eq!(single::tanh::<Fused>(f32::from_bits(1)).to_bits(), 1);
}

#[test]
fn slices_agree_with_the_lanes_and_large_angles_are_reduced() {
    let x = [0.1f32, 1e7, -3e20, f32::INFINITY, 2.0];
    let mut out = [0.0; 5];
    sin_to(&x, &mut out);
    for (o, v) in out.iter().zip(x) {
        assert!(ulps(*o, (v as f64).sin()) <= 1.0);
    }
    cos_to(&x, &mut out);
    for (o, v) in out.iter().zip(x) {
        assert!(ulps(*o, (v as f64).cos()) <= 1.0);
    }
    let x: Vec<f32> = (0..1003).map(|i| i as f32 * 0.02 - 10.0).collect();
    let mut y = x.clone();
    exp(&mut y);
    let mut z = vec![0.0; x.len()];
    exp_to(&x, &mut z);
    assert_eq!(y, z);
    assert!(x.iter().zip(&y).all(|(&x, &y)| ulps(y, (x as f64).exp()) <= 2.0));
    assert!(available().any(|l| l >= Isa::Baseline));
}

#[test]
fn float64_functions_stay_within_two_units_of_the_system_library() {
    let mut x: Vec<f64> = (0..1u64 << 20).map(|i| f64::from_bits(i.wrapping_mul(17_592_186_044_423) ^ (i << 52))).collect();
    for span in [0.01, 1.0, 20.0, 750.0] {
        x.extend((0..1 << 17).map(|i| (i as f64 / 65536.0 - 1.0) * span));
    }
    x.extend([0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, f64::MAX, f64::MIN_POSITIVE, f64::from_bits(1), 1.0, 709.78, -745.1, -745.2]);
    let place = |v: f64| {
        let b = v.to_bits() as i64;
        if b < 0 { -((b & i64::MAX) as i128) } else { b as i128 }
    };
    let w = |name: &str, f: fn(f64) -> f64, exact: fn(f64) -> f64| {
        for &v in &x {
            let (got, want) = (f(v), exact(v));
            let apart = if got.is_nan() && want.is_nan() { 0 } else { (place(got) - place(want)).abs() };
            assert!(apart <= 2, "{name}({v:e}) = {got:e}, expected {want:e}");
        }
    };
    w("exp", double::exp::<Fused>, f64::exp);
    w("exp, not fused", double::exp::<Baseline>, f64::exp);
    w("ln", double::ln::<Fused>, f64::ln);
    w("ln, not fused", double::ln::<Baseline>, f64::ln);
    w("tanh", double::tanh::<Fused>, f64::tanh);
    w("sigmoid", double::sigmoid::<Fused>, |v| if v < 0.0 { v.exp() / (1.0 + v.exp()) } else { 1.0 / (1.0 + (-v).exp()) });
}
