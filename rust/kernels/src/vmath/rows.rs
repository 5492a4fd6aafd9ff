//! Softmax and its cross entropies over rows of float32, several short rows at a time.

use super::{exp, ln};
use crate::isa::multiversion;

/// Elements that are worked on at once: they stay in L1.
const BLOCK: usize = 1024;

fn rows_per_block(n: usize) -> usize {
    (BLOCK / n.max(1)).max(1)
}

multiversion! {
    /// Subtract from each row of `n` its greatest value.
    fn shift<L>(rows: &mut [f32], n: usize) {
        for row in rows.chunks_exact_mut(n) {
            let mut lanes = [f32::NEG_INFINITY; 16];
            let (chunks, rest) = row.as_chunks::<16>();
            for c in chunks {
                for k in 0..16 {
                    lanes[k] = if c[k] > lanes[k] { c[k] } else { lanes[k] };
                }
            }
            let mut max = f32::NEG_INFINITY;
            if !chunks.is_empty() {
                for v in lanes {
                    max = if v > max { v } else { max };
                }
            }
            for &v in rest {
                max = if v > max { v } else { max };
            }
            for v in row {
                *v -= max;
            }
        }
    }

    /// The sum of each row of `n`.
    fn sums<L>(rows: &[f32], n: usize, out: &mut [f32]) {
        for (row, out) in rows.chunks_exact(n).zip(out) {
            let mut total = 0f64;
            for piece in row.chunks(BLOCK) {
                let mut lanes = [0f32; 16];
                let (chunks, rest) = piece.as_chunks::<16>();
                let mut sum = 0f32;
                if !chunks.is_empty() {
                    for c in chunks {
                        for k in 0..16 {
                            lanes[k] += c[k];
                        }
                    }
                    for w in [8, 4, 2, 1] {
                        for k in 0..w {
                            lanes[k] += lanes[k + w];
                        }
                    }
                    sum = lanes[0];
                }
                for &v in rest {
                    sum += v;
                }
                total += sum as f64;
            }
            *out = total as f32;
        }
    }

    fn divide<L>(rows: &mut [f32], n: usize, by: &[f32]) {
        for (row, &by) in rows.chunks_exact_mut(n).zip(by) {
            let scale = 1.0 / by;
            for v in row {
                *v *= scale;
            }
        }
    }

    fn subtract<L>(rows: &mut [f32], n: usize, by: &[f32]) {
        for (row, &by) in rows.chunks_exact_mut(n).zip(by) {
            for v in row {
                *v -= by;
            }
        }
    }

    /// `loss = Σ w (log − v)`, where a weight of 0 counts as 0 even for an infinite v; then `v = e / sum − w`.
    fn weigh<L>(rows: &mut [f32], e: &[f32], w: &[f32], n: usize, sum: &[f32], log: &[f32], loss: &mut [f32]) {
        let rows = rows.chunks_exact_mut(n).zip(e.chunks_exact(n)).zip(w.chunks_exact(n));
        for (((row, e), w), ((&sum, &log), loss)) in rows.zip(sum.iter().zip(log).zip(loss)) {
            let mut total = 0f64;
            for (v, w) in row.chunks(64).zip(w.chunks(64)) {
                let mut part = 0f32;
                for (&v, &w) in v.iter().zip(w) {
                    let t = w * (log - v);
                    part += if w == 0.0 { 0.0 } else { t };
                }
                total += part as f64;
            }
            *loss = total as f32;
            let scale = 1.0 / sum;
            for ((v, &e), &w) in row.iter_mut().zip(e).zip(w) {
                *v = e * scale - w;
            }
        }
    }
}

/// Replace each row of `n` by exp(x) / Σ exp(x).
pub fn softmax(rows: &mut [f32], n: usize) {
    if n == 0 {
        return;
    }
    let per = rows_per_block(n);
    let mut sum = vec![0f32; per];
    for block in rows.chunks_mut(per * n) {
        shift(block, n);
        exp(block);
        sums(block, n, &mut sum);
        divide(block, n, &sum);
    }
}

/// Replace each row of `n` by x − log Σ exp(x).
pub fn log_softmax(rows: &mut [f32], n: usize) {
    if n == 0 {
        return;
    }
    let per = rows_per_block(n);
    let (mut e, mut sum) = (vec![0f32; per * n], vec![0f32; per]);
    for block in rows.chunks_mut(per * n) {
        shift(block, n);
        let e = &mut e[..block.len()];
        e.copy_from_slice(block);
        exp(e);
        sums(e, n, &mut sum);
        ln(&mut sum);
        subtract(block, n, &sum);
    }
}

/// For rows of `n` logits and as many labels: the loss −Σ labels · log softmax of each row; the logits become softmax − labels.
pub fn cross_entropy(logits: &mut [f32], labels: &[f32], n: usize, loss: &mut [f32]) {
    if n == 0 {
        return loss.fill(0.0);
    }
    let per = rows_per_block(n);
    let (mut e, mut sum, mut log) = (vec![0f32; per * n], vec![0f32; per], vec![0f32; per]);
    for ((block, labels), loss) in logits.chunks_mut(per * n).zip(labels.chunks(per * n)).zip(loss.chunks_mut(per)) {
        shift(block, n);
        let e = &mut e[..block.len()];
        e.copy_from_slice(block);
        exp(e);
        sums(e, n, &mut sum);
        log.copy_from_slice(&sum);
        ln(&mut log);
        weigh(block, e, labels, n, &sum, &log, loss);
    }
}

/// For rows of `n` logits and one label below `n` each: the loss −log softmax at the label; the logits become softmax − one-hot(label).
pub fn sparse_cross_entropy(logits: &mut [f32], labels: &[i64], n: usize, loss: &mut [f32]) {
    if n == 0 {
        return loss.fill(0.0);
    }
    let per = rows_per_block(n);
    let (mut at, mut sum) = (vec![0f32; per], vec![0f32; per]);
    for ((block, labels), loss) in logits.chunks_mut(per * n).zip(labels.chunks(per)).zip(loss.chunks_mut(per)) {
        shift(block, n);
        for ((row, &label), at) in block.chunks_exact(n).zip(labels).zip(&mut at) {
            *at = row[label as usize];
        }
        exp(block);
        sums(block, n, &mut sum);
        divide(block, n, &sum);
        for (row, &label) in block.chunks_exact_mut(n).zip(labels) {
            row[label as usize] -= 1.0;
        }
        ln(&mut sum);
        for ((l, &log), &at) in loss.iter_mut().zip(&sum).zip(&at) {
            *l = log - at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Softmax and the log of the sum of one row, in float64.
    fn truth(row: &[f32]) -> (Vec<f64>, f64) {
        let max = row.iter().fold(f64::NEG_INFINITY, |m, &v| m.max(v as f64));
        let sum: f64 = row.iter().map(|&v| (v as f64 - max).exp()).sum();
        (row.iter().map(|&v| (v as f64 - max).exp() / sum).collect(), max + sum.ln())
    }

    #[test]
    fn rows_of_every_width_match_float64() {
        for (m, n) in [(1, 1), (7, 3), (250, 10), (33, 16), (9, 100), (3, 1024), (2, 5000)] {
            let x: Vec<f32> = (0..m * n).map(|i| ((i * 7919 + 13) % 1009) as f32 * 0.03 - 12.0).collect();
            let w: Vec<f32> = (0..m * n).map(|i| if i % 3 == 0 { 0.0 } else { (i % 5) as f32 * 0.25 }).collect();
            let labels: Vec<i64> = (0..m).map(|i| (i * 31 % n) as i64).collect();
            let (mut p, mut l, mut d, mut s) = (x.clone(), x.clone(), x.clone(), x.clone());
            let (mut loss, mut sparse) = (vec![0.0; m], vec![0.0; m]);
            softmax(&mut p, n);
            log_softmax(&mut l, n);
            cross_entropy(&mut d, &w, n, &mut loss);
            sparse_cross_entropy(&mut s, &labels, n, &mut sparse);
            for i in 0..m {
                let (want, log) = truth(&x[i * n..][..n]);
                let mut total = 0.0;
                for j in 0..n {
                    let at = i * n + j;
                    assert!((p[at] as f64 - want[j]).abs() <= 1e-6 * want[j] + 1e-9);
                    assert!((l[at] as f64 - (x[at] as f64 - log)).abs() < 1e-5);
                    assert!((d[at] as f64 - (want[j] - w[at] as f64)).abs() < 1e-6);
                    assert!((s[at] as f64 - (want[j] - f64::from(labels[i] as usize == j))).abs() < 1e-6);
                    total += w[at] as f64 * (log - x[at] as f64);
                }
                assert!((loss[i] as f64 - total).abs() <= 2e-6 * total.abs() + 1e-5, "{} {total}", loss[i]);
                assert!((sparse[i] as f64 - (log - x[i * n + labels[i] as usize] as f64)).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn infinite_logits_without_weight_cost_nothing_and_nan_spreads_over_its_row() {
        let mut x = [0.0, f32::NEG_INFINITY, 0.0, 0.0, f32::NAN, 1.0];
        let mut loss = [0.0; 2];
        cross_entropy(&mut x, &[1.0, 0.0, 0.0, 1.0, 0.0, 0.0], 3, &mut loss);
        assert!((loss[0] - 2f32.ln()).abs() < 1e-6 && loss[1].is_nan());
        assert!((x[0] + 0.5).abs() < 1e-6 && x[1] == 0.0 && (x[2] - 0.5).abs() < 1e-6);
        let mut x = [1.0, f32::NAN, 2.0];
        softmax(&mut x, 3);
        assert!(x.iter().all(|v| v.is_nan()));
    }
}
