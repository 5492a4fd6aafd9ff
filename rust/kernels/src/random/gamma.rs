//! Gamma and Poisson variates by rejection; each sample has 256 blocks of its own, so samples do not disturb each other.

use super::fill::box_muller_f64;
use super::philox::{Philox, unit_f64};
use crate::par;

const BLOCKS: u64 = 256;

/// Uniform doubles in pairs, the second of each pair first (TensorFlow's order).
struct Uniforms {
    pair: [f64; 2],
    left: usize,
}

impl Uniforms {
    fn new() -> Uniforms {
        Uniforms { pair: [0.0; 2], left: 0 }
    }
    fn next(&mut self, at: &mut Philox) -> f64 {
        if self.left == 0 {
            let w = at.block();
            self.pair = [unit_f64(w[0], w[1]), unit_f64(w[2], w[3])];
            self.left = 2;
        }
        self.left -= 1;
        self.pair[self.left]
    }
}

/// Call `sample(generator, parameter)` for every (sample, parameter) and store the results as `out[sample, parameter]`.
fn each<T: Send>(start: Philox, parameters: &[f64], out: &mut [T], ns: f64, sample: impl Fn(Philox, f64) -> T + Sync) {
    let n = parameters.len();
    if n == 0 {
        return;
    }
    let samples = out.len() / n;
    // The generator counts parameter by parameter; the output is laid out sample by sample.
    par::rows_mut(out, 1, ns, |first, chunk| {
        for (i, o) in chunk.iter_mut().enumerate() {
            let (s, p) = ((first + i) / n, (first + i) % n);
            *o = sample(start.at((p * samples + s) as u64 * BLOCKS), parameters[p]);
        }
    });
}

/// Gamma(alpha, 1) variates: `out[sample, i]` from `alphas[i]` (Marsaglia and Tsang, 2000).
pub fn gamma<T: Send>(start: Philox, alphas: &[f64], out: &mut [T], convert: impl Fn(f64) -> T + Sync) {
    each(start, alphas, out, 150.0, |at, alpha| convert(one_gamma(at, alpha)));
}

fn one_gamma(mut at: Philox, alpha: f64) -> f64 {
    let mut uniforms = Uniforms::new();
    if alpha == 1.0 {
        return -(-uniforms.next(&mut at)).ln_1p();
    }
    if !(alpha > 0.0) {
        return f64::NAN;
    }
    let small = alpha < 1.0;
    let d = alpha + if small { 2.0 / 3.0 } else { -1.0 / 3.0 };
    let c = 1.0 / 3.0 / d.sqrt();
    let mut normals = (0.0, 0.0);
    let mut left = 0;
    // One attempt in twenty fails at worst; the bound only guards against parameters such as infinity.
    for _ in 0..4096 {
        if left == 0 {
            normals = box_muller_f64(at.block());
            left = 2;
        }
        left -= 1;
        let x = if left == 1 { normals.1 } else { normals.0 };
        let v = 1.0 + c * x;
        if v <= 0.0 {
            continue;
        }
        let v = v * v * v;
        let u = uniforms.next(&mut at);
        if u < 1.0 - 0.0331 * (x * x) * (x * x) || u.ln() < 0.5 * x * x + d * (1.0 - v + v.ln()) {
            let r = d * v;
            return if small { r * uniforms.next(&mut at).powf(1.0 / alpha) } else { r };
        }
    }
    f64::NAN
}

/// Poisson variates: `out[sample, i]` from `rates[i]`; none above `highest`.
pub fn poisson<T: Send>(start: Philox, rates: &[f64], highest: f64, out: &mut [T], convert: impl Fn(f64) -> T + Sync) {
    each(start, rates, out, 150.0, |at, rate| convert(one_poisson(at, rate, highest)));
}

fn one_poisson(mut at: Philox, rate: f64, highest: f64) -> f64 {
    let mut uniforms = Uniforms::new();
    if !rate.is_finite() || rate < 0.0 {
        return f64::NAN;
    }
    if rate < 10.0 {
        // Knuth: count uniform factors until their product falls below exp(−rate).
        let least = (-rate).exp();
        let (mut product, mut x) = (1.0, 0.0);
        loop {
            product *= uniforms.next(&mut at);
            if product <= least || x >= highest {
                return x;
            }
            x += 1.0;
        }
    }
    // Transformed rejection (Hörmann, 1993).
    let log_rate = rate.ln();
    let b = 0.931 + 2.53 * rate.sqrt();
    let a = -0.059 + 0.02483 * b;
    let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    // One attempt in eight fails; the bound guards against rates that the type cannot hold.
    for _ in 0..4096 {
        let u = uniforms.next(&mut at) - 0.5;
        let v = uniforms.next(&mut at);
        let shifted = 0.5 - u.abs();
        let k = ((2.0 * a / shifted + b) * u + rate + 0.43).floor();
        if k > highest {
            continue;
        }
        if shifted >= 0.07 && v <= 0.9277 - 3.6224 / (b - 2.0) {
            return k;
        }
        if k < 0.0 || shifted < 0.013 && v > shifted {
            continue;
        }
        let s = (v * inverse_alpha / (a / (shifted * shifted) + b)).ln();
        if s <= -rate + k * log_rate - ln_factorial(k) {
            return k;
        }
    }
    highest
}

/// ln(k!) for a whole number k ≥ 0: a sum below 16, Stirling's series above.
fn ln_factorial(k: f64) -> f64 {
    if k < 16.0 {
        return (2..=k as u32).map(|i| (i as f64).ln()).sum();
    }
    let x = k + 1.0;
    let r = 1.0 / (x * x);
    (x - 0.5) * x.ln() - x + 0.918_938_533_204_672_8 + (1.0 / 12.0 - r * (1.0 / 360.0 - r * (1.0 / 1260.0 - r / 1680.0))) / x
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_factorial_series_meets_the_sum() {
        let exact: f64 = (2..=20).map(|i| (i as f64).ln()).sum();
        assert!((super::ln_factorial(20.0) - exact).abs() < 1e-12);
    }
}
