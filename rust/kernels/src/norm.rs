//! Batch normalisation over all axes but the last, and local response normalisation.

use crate::isa::multiversion;
use crate::par;

/// Rows that are summed in float before they are added up in double.
const BLOCK: usize = 64;

multiversion! {
    /// Add `Σ a` and `Σ a·(b − shift)` of each column to `sums` (two runs of `c`).
    fn column_sums<L>(a: &[f32], b: &[f32], shift: &[f32], sums: &mut [f64], part: &mut [f32]) {
        let c = shift.len();
        for (a, b) in a.chunks(BLOCK * c).zip(b.chunks(BLOCK * c)) {
            part.fill(0.0);
            let (p, q) = part.split_at_mut(c);
            for (a, b) in a.chunks_exact(c).zip(b.chunks_exact(c)) {
                for ((((p, q), a), b), s) in p.iter_mut().zip(q.iter_mut()).zip(a).zip(b).zip(shift) {
                    *p += *a;
                    *q = L::fma32(*a, *b - *s, *q);
                }
            }
            for (s, p) in sums.iter_mut().zip(part.iter()) {
                *s += *p as f64;
            }
        }
    }
    /// Add the sum of each column to `sums`.
    fn plain_sums<L>(a: &[f32], c: usize, sums: &mut [f64], part: &mut [f32]) {
        let _ = L::FMA;
        for a in a.chunks(BLOCK * c) {
            part.fill(0.0);
            for a in a.chunks_exact(c) {
                for (p, a) in part.iter_mut().zip(a) {
                    *p += *a;
                }
            }
            for (s, p) in sums.iter_mut().zip(part.iter()) {
                *s += *p as f64;
            }
        }
    }
    /// Add `Σ (a − shift)²` of each column to `sums`.
    fn square_sums<L>(a: &[f32], shift: &[f32], sums: &mut [f64], part: &mut [f32]) {
        let c = shift.len();
        for a in a.chunks(BLOCK * c) {
            part.fill(0.0);
            for a in a.chunks_exact(c) {
                for ((p, a), s) in part.iter_mut().zip(a).zip(shift) {
                    let d = *a - *s;
                    *p = L::fma32(d, d, *p);
                }
            }
            for (s, p) in sums.iter_mut().zip(part.iter()) {
                *s += *p as f64;
            }
        }
    }
    fn scale_rows<L>(x: &[f32], y: &mut [f32], shift: &[f32], factor: &[f32], offset: &[f32]) {
        let c = shift.len();
        for (x, y) in x.chunks_exact(c).zip(y.chunks_exact_mut(c)) {
            for ((((y, x), s), f), o) in y.iter_mut().zip(x).zip(shift).zip(factor).zip(offset) {
                *y = L::fma32(*x - *s, *f, *o);
            }
        }
    }
    fn grad_rows<L>(g: &[f32], x: &[f32], dx: &mut [f32], shift: &[f32], factor: &[f32], mean_g: &[f32], slope: &[f32]) {
        let c = shift.len();
        for ((g, x), dx) in g.chunks_exact(c).zip(x.chunks_exact(c)).zip(dx.chunks_exact_mut(c)) {
            for ((((((dx, g), x), s), f), m), k) in dx.iter_mut().zip(g).zip(x).zip(shift).zip(factor).zip(mean_g).zip(slope) {
                *dx = *f * ((*g - *m) - (*x - *s) * *k);
            }
        }
    }
}

fn fold(rows: usize, c: usize, width: usize, add: impl Fn(std::ops::Range<usize>, &mut [f64], &mut [f32]) + Sync) -> Vec<f64> {
    let sum = par::fold(
        rows,
        c as f64 * 0.3,
        |r| {
            let (mut sums, mut part) = (vec![0f64; width], vec![0f32; width]);
            add(r.start * c..r.end * c, &mut sums, &mut part);
            sums
        },
        |mut a, b| {
            a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
            a
        },
    );
    sum.unwrap_or_else(|| vec![0.0; width])
}

/// The mean and the (biased) variance of each column of `x`, `[rows, c]`.
pub fn moments(x: &[f32], c: usize) -> (Vec<f32>, Vec<f32>) {
    if c == 0 {
        return Default::default();
    }
    let rows = x.len() / c;
    let by = 1.0 / rows.max(1) as f64;
    let mean: Vec<f32> = fold(rows, c, c, |r, sums, part| plain_sums(&x[r], c, sums, part)).iter().map(|s| (s * by) as f32).collect();
    let variance = fold(rows, c, c, |r, sums, part| square_sums(&x[r], &mean, sums, part)).iter().map(|s| (s * by) as f32).collect();
    (mean, variance)
}

/// Write `y = (x − mean) · factor + offset` for each column.
pub fn affine(x: &[f32], mean: &[f32], factor: &[f32], offset: &[f32], y: &mut [f32]) {
    let c = mean.len();
    par::rows_mut(y, c, c as f64 * 0.3, |first, chunk| {
        let len = chunk.len();
        scale_rows(&x[first * c..first * c + len], chunk, mean, factor, offset);
    });
}

/// Sums of the gradient of each column: `Σ g` and `Σ g·(x − mean)`.
pub fn grad_sums(g: &[f32], x: &[f32], mean: &[f32]) -> (Vec<f64>, Vec<f64>) {
    let c = mean.len();
    if c == 0 {
        return Default::default();
    }
    let mut sums = fold(g.len() / c, c, 2 * c, |r, sums, part| column_sums(&g[r.clone()], &x[r], mean, sums, part));
    let second = sums.split_off(c);
    (sums, second)
}

/// Write `dx = factor · (g − mean_g − (x − mean) · slope)`.
pub fn grad_input(g: &[f32], x: &[f32], mean: &[f32], factor: &[f32], mean_g: &[f32], slope: &[f32], dx: &mut [f32]) {
    let c = mean.len();
    par::rows_mut(dx, c, c as f64 * 0.4, |first, chunk| {
        let r = first * c..first * c + chunk.len();
        grad_rows(&g[r.clone()], &x[r], chunk, mean, factor, mean_g, slope);
    });
}

/// The parameters of local response normalisation.
#[derive(Clone, Copy, Debug)]
pub struct Response {
    pub radius: usize,
    pub bias: f32,
    pub alpha: f32,
    pub beta: f32,
}

impl Response {
    /// `bias + alpha · Σ x²` over the channels near each one.
    fn norms(&self, x: &[f32], out: &mut [f32]) {
        for (k, o) in out.iter_mut().enumerate() {
            let near = &x[k.saturating_sub(self.radius)..(k + self.radius + 1).min(x.len())];
            *o = self.bias + self.alpha * near.iter().map(|v| v * v).sum::<f32>();
        }
    }
    fn power(&self, n: f32) -> f32 {
        match self.beta {
            1.0 => 1.0 / n,
            0.5 => 1.0 / n.sqrt(),
            0.75 => 1.0 / (n.sqrt() * n.sqrt().sqrt()),
            b => n.powf(-b),
        }
    }
    /// Write `y = x · norm^−beta` for rows of `channels`.
    pub fn forward(&self, x: &[f32], channels: usize, y: &mut [f32]) {
        par::rows_mut(y, channels, channels as f64 * (8.0 + self.radius as f64), |first, chunk| {
            for (i, y) in chunk.chunks_exact_mut(channels).enumerate() {
                let x = &x[(first + i) * channels..(first + i + 1) * channels];
                self.norms(x, y);
                for (y, x) in y.iter_mut().zip(x) {
                    *y = x * self.power(*y);
                }
            }
        });
    }
    /// Write the gradient, from the incoming one, the input and the output.
    pub fn grad(&self, g: &[f32], x: &[f32], y: &[f32], channels: usize, dx: &mut [f32]) {
        par::rows_mut(dx, channels, channels as f64 * (16.0 + 2.0 * self.radius as f64), |first, chunk| {
            let mut norms = vec![0f32; channels];
            for (i, dx) in chunk.chunks_exact_mut(channels).enumerate() {
                let r = (first + i) * channels..(first + i + 1) * channels;
                let (g, x, y) = (&g[r.clone()], &x[r.clone()], &y[r]);
                self.norms(x, &mut norms);
                dx.fill(0.0);
                for j in 0..channels {
                    let pull = -2.0 * self.alpha * self.beta * y[j] / norms[j] * g[j];
                    for k in j.saturating_sub(self.radius)..(j + self.radius + 1).min(channels) {
                        dx[k] += pull * x[k];
                    }
                    dx[j] += self.power(norms[j]) * g[j];
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn column_sums_equal_those_in_double_on_any_number_of_threads() {
        let (rows, c) = (5003, 19);
        let x: Vec<f32> = (0..rows * c).map(|i| ((i * 7919 % 1000) as f32 / 100.0).sin() + 3.0).collect();
        let g: Vec<f32> = (0..rows * c).map(|i| ((i * 31 % 977) as f32).cos()).collect();
        let (mean, variance) = moments(&x, c);
        let (sum, product) = grad_sums(&g, &x, &mean);
        for k in 0..c {
            let column = |v: &[f32]| (0..rows).map(|r| v[r * c + k] as f64).collect::<Vec<_>>();
            let (xs, gs) = (column(&x), column(&g));
            let m = xs.iter().sum::<f64>() / rows as f64;
            let v = xs.iter().map(|x| (x - m) * (x - m)).sum::<f64>() / rows as f64;
            let p: f64 = xs.iter().zip(&gs).map(|(x, g)| g * (x - m)).sum();
            assert!((mean[k] as f64 - m).abs() < 1e-6 * m && (variance[k] as f64 - v).abs() < 1e-5 * v);
            assert!((sum[k] - gs.iter().sum::<f64>()).abs() < 1e-2 && (product[k] - p).abs() < 1e-2);
        }
        assert!(par::install(|| moments(&x, c)) == (mean.clone(), variance));
        assert!(par::install(|| grad_sums(&g, &x, &mean)) == (sum, product));
    }
}
