//! The derivative of a gamma variate by its shape parameter, by differentiating the incomplete gamma function.

use crate::pointwise::digamma;

/// d x / d a where P(a, x) is held: −(∂P/∂a) / (∂P/∂x). NaN outside a > 0, x ≥ 0.
pub fn gamma_derivative(a: f64, x: f64) -> f64 {
    if !(a > 0.0 && x >= 0.0 && x.is_finite()) {
        return f64::NAN;
    }
    if x == 0.0 {
        return 0.0;
    }
    if x > a + 1.0 && x > 2.0 {
        return by_fraction(a, x);
    }
    // P = xᵃ·e⁻ˣ/Γ(a+1) · Σ xᵏ/((a+1)…(a+k)); ∂P/∂x = xᵃ⁻¹·e⁻ˣ/Γ(a).
    let (mut term, mut slope, mut sum, mut sum_slope) = (1.0, 0.0, 1.0, 0.0);
    for k in 1..2000 {
        let d = a + k as f64;
        slope = slope * x / d - term * x / (d * d);
        term *= x / d;
        sum += term;
        sum_slope += slope;
        if slope.abs() <= f64::EPSILON * f64::abs(sum_slope) && term <= f64::EPSILON * sum {
            break;
        }
    }
    // The common factor xᵃ·e⁻ˣ/Γ(a+1) over ∂P/∂x is x/a.
    -(sum * (x.ln() - digamma(a + 1.0)) + sum_slope) * x / a
}

/// From the upper function Q = xᵃ·e⁻ˣ/Γ(a) · f(a, x), f by Lentz's continued fraction, together with ∂f/∂a.
fn by_fraction(a: f64, x: f64) -> f64 {
    // f = 1/(x + 1 − a − 1·(1 − a)/(x + 3 − a − 2·(2 − a)/(x + 5 − a − …))), as quotients p/q with slopes.
    let (mut p0, mut q0, mut p1, mut q1) = (0.0, 1.0, 1.0, x + 1.0 - a);
    let (mut dp0, mut dq0, mut dp1, mut dq1) = (0.0, 0.0, 0.0, -1.0);
    let mut last = f64::NAN;
    let mut f = p1 / q1;
    let mut df = (dp1 - f * dq1) / q1;
    for k in 1..2000 {
        let (n, b) = (-(k as f64) * (k as f64 - a), x + 2.0 * k as f64 + 1.0 - a);
        let dn = k as f64;
        let (p, q) = (b * p1 + n * p0, b * q1 + n * q0);
        let (dp, dq) = (b * dp1 - p1 + n * dp0 + dn * p0, b * dq1 - q1 + n * dq0 + dn * q0);
        (p0, q0, p1, q1) = (p1, q1, p, q);
        (dp0, dq0, dp1, dq1) = (dp1, dq1, dp, dq);
        f = p1 / q1;
        df = (dp1 - f * dq1) / q1;
        if (df - last).abs() <= 4.0 * f64::EPSILON * df.abs() && k > 3 {
            break;
        }
        last = df;
        let scale = 1.0 / q1.abs().max(p1.abs()).max(f64::MIN_POSITIVE);
        if !(1e-100..1e100).contains(&scale) {
            for v in [&mut p0, &mut q0, &mut p1, &mut q1, &mut dp0, &mut dq0, &mut dp1, &mut dq1] {
                *v *= scale;
            }
        }
    }
    // ∂Q/∂a over ∂P/∂x: x·(f·(ln x − ψ(a)) + ∂f/∂a).
    x * (f * (x.ln() - digamma(a)) + df)
}

#[cfg(test)]
mod tests {
    use super::gamma_derivative;

    #[test]
    fn known_derivatives() {
        // By mpmath, with 40 digits.
        for (a, x, want) in [
            (1.0, 1.0, 1.1735630272247269349),
            (0.3, 0.5, 1.9920848433114756353),
            (2.0, 5.0, 1.6580687280597063226),
            (2.5, 1.0, 0.65079385968628220548),
            (10.0, 20.0, 1.4093215647394743159),
            (0.5, 3.0, 2.9129424164403645658),
        ] {
            let got = gamma_derivative(a, x);
            assert!((got - want).abs() < 1e-12 * want, "{a} {x}: {got} for {want}");
        }
        // Both expansions meet.
        let (low, high) = (gamma_derivative(1.5, 2.5 - 1e-12), gamma_derivative(1.5, 2.5 + 1e-9));
        assert!((low - high).abs() < 1e-8);
    }
}
