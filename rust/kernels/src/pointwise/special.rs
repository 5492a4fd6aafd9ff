//! Functions of the gamma family: digamma, Hurwitz zeta, polygamma.

use std::f64::consts::PI;

/// ψ(x), the derivative of ln Γ. Recurrence up to 10, then the asymptotic series (Abramowitz and Stegun 6.3.18);
/// reflection for negative x; NaN at the poles.
pub fn digamma(x: f64) -> f64 {
    if x.is_nan() || x == f64::NEG_INFINITY {
        return f64::NAN;
    }
    if x <= 0.0 {
        if x == x.floor() {
            return f64::NAN;
        }
        return digamma(1.0 - x) - PI / (PI * (x - x.floor())).tan();
    }
    let (mut x, mut sum) = (x, 0.0);
    while x < 10.0 {
        sum -= 1.0 / x;
        x += 1.0;
    }
    let z = 1.0 / (x * x);
    // B_2k / 2k for k = 1..8.
    let series = [1.0 / 12.0, -1.0 / 120.0, 1.0 / 252.0, -1.0 / 240.0, 1.0 / 132.0, -691.0 / 32760.0, 1.0 / 12.0, -3617.0 / 8160.0];
    let tail = series.iter().rev().fold(0.0, |t, c| (t + c) * z);
    sum + x.ln() - 0.5 / x - tail
}

/// ζ(s, q) = Σ (q + k)^−s for s > 1, by Euler–Maclaurin summation.
pub fn zeta(s: f64, q: f64) -> f64 {
    if s.is_nan() || q.is_nan() || s < 1.0 {
        return f64::NAN;
    }
    if s == f64::INFINITY && q > 1.0 {
        return 0.0;
    }
    if s == 1.0 {
        return f64::INFINITY;
    }
    if q <= 0.0 {
        // A pole: of one sign for even s only.
        if q == q.floor() {
            return if s == s.floor() && s % 2.0 == 0.0 { f64::INFINITY } else { f64::NAN };
        }
        if s != s.floor() {
            return f64::NAN;
        }
    }
    let (mut sum, mut a) = (0.0, q);
    // Enough plain terms that the series below converges to full precision.
    while a < 12.0 + s.min(40.0) {
        let t = a.powf(-s);
        sum += t;
        a += 1.0;
        if a > 0.0 && t.abs() < f64::EPSILON * 1e-3 * sum.abs() {
            return sum;
        }
    }
    sum += a.powf(1.0 - s) / (s - 1.0) + 0.5 * a.powf(-s);
    // B_2k / (2k)! for k = 1..10.
    let b: [f64; 10] = [
        1.0 / 6.0,
        -1.0 / 30.0,
        1.0 / 42.0,
        -1.0 / 30.0,
        5.0 / 66.0,
        -691.0 / 2730.0,
        7.0 / 6.0,
        -3617.0 / 510.0,
        43867.0 / 798.0,
        -174611.0 / 330.0,
    ];
    let (mut factor, mut power) = (s / 2.0, a.powf(-s - 1.0));
    for (k, b) in b.iter().enumerate() {
        let t = b * factor * power;
        sum += t;
        if t.abs() < f64::EPSILON * 0.1 * sum.abs() {
            break;
        }
        let j = 2.0 * k as f64;
        factor *= (s + j + 1.0) * (s + j + 2.0) / ((j + 3.0) * (j + 4.0));
        power /= a * a;
    }
    sum
}

/// ψ⁽ⁿ⁾(x): digamma for n = 0, otherwise (−1)ⁿ⁺¹ n! ζ(n + 1, x); NaN unless n is a whole number ≥ 0.
pub fn polygamma(n: f64, x: f64) -> f64 {
    if n < 0.0 || n != n.floor() {
        return f64::NAN;
    }
    if n == 0.0 {
        return digamma(x);
    }
    let sign = if n % 2.0 == 0.0 { -1.0 } else { 1.0 };
    sign * libm::lgamma(n + 1.0).exp() * zeta(n + 1.0, x)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() <= 1e-13 * b.abs().max(1.0), "{a} {b}");
    }

    #[test]
    fn known_values() {
        // Abramowitz and Stegun, tables 6.1 and 23.2.
        let euler = 0.577_215_664_901_532_9;
        close(digamma(1.0), -euler);
        close(digamma(0.5), -euler - 2.0 * 2f64.ln());
        close(digamma(-0.5), -euler - 2.0 * 2f64.ln() + 2.0);
        close(zeta(2.0, 1.0), PI * PI / 6.0);
        close(zeta(4.0, 1.0), PI.powi(4) / 90.0);
        close(zeta(3.0, 2.0), 1.202_056_903_159_594_3 - 1.0);
        close(polygamma(1.0, 1.0), PI * PI / 6.0);
        close(polygamma(3.0, 1.0), PI.powi(4) / 15.0);
        assert!(digamma(-3.0).is_nan());
    }
}
