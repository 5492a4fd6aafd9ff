//! The CTC loss and its gradient by forward and backward variables in log space (Graves, thesis, equations 7.5 to 7.28).

use super::log_sum_exp;
use crate::error::{KernelError, Result};
use num_traits::Float;

/// What the loss does with repeated labels and with labels that do not fit.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub collapse_repeated: bool,
    pub merge_repeated: bool,
    pub ignore_longer: bool,
}

/// The labels of one example with blanks around each of them.
pub struct Labels {
    with_blanks: Vec<usize>,
    given: usize,
}

impl Labels {
    /// Check the labels of example `batch`; class numbers from `classes − 1` on end the sequence.
    pub fn new(labels: &[i32], batch: usize, classes: usize, time: usize, s: Settings) -> Result<Labels> {
        if labels.is_empty() {
            return Err(KernelError::invalid(format!("Labels length is zero in batch {batch}")));
        }
        let text = || labels.iter().map(|v| v.to_string()).collect::<Vec<_>>().join(",");
        let blank = classes.saturating_sub(1);
        let (mut kept, mut ended) = (Vec::new(), false);
        for (i, &label) in labels.iter().enumerate() {
            if i > 0 && s.collapse_repeated && labels[i - 1] == label {
                continue;
            }
            if label >= 0 && label as usize >= blank {
                ended = true;
            } else if ended {
                return Err(KernelError::invalid(format!(
                    "Saw a non-null label (index >= num_classes - 1) following a null label, batch: {batch} num_classes: {classes} labels: {}",
                    text()
                )));
            } else {
                kept.push(label);
            }
        }
        if kept.iter().any(|&v| v < 0) {
            return Err(KernelError::invalid(format!("All labels must be nonnegative integers, batch: {batch} labels: {}", text())));
        }
        if !s.ignore_longer && labels.len() > time {
            return Err(KernelError::invalid(format!(
                "Not enough time for target transition sequence (required: {}, available: {time}){batch}\
                 You can turn this error into a warning by using the flag ignore_longer_outputs_than_inputs",
                labels.len()
            )));
        }
        let mut with_blanks = vec![blank];
        for v in kept {
            with_blanks.extend([v as usize, blank]);
        }
        Ok(Labels { with_blanks, given: labels.len() })
    }
}

/// The loss of one example, −ln p(labels | logits).
///
/// `logits` holds `time` rows of `classes` values one after the other; `gradient` likewise receives the derivative.
pub fn loss<T: Float>(labels: &Labels, logits: &[T], classes: usize, s: Settings, gradient: &mut [T]) -> T {
    let time = logits.len().checked_div(classes).unwrap_or(0);
    if time == 0 || s.ignore_longer && labels.given > time {
        return T::zero();
    }
    let mut y = Vec::with_capacity(logits.len());
    for row in logits.chunks_exact(classes) {
        let top = row.iter().fold(T::neg_infinity(), |m, &v| m.max(v));
        let from = y.len();
        y.extend(row.iter().map(|&v| (v - top).exp()));
        let sum = y[from..].iter().fold(T::zero(), |a, &v| a + v);
        for v in &mut y[from..] {
            *v = *v / sum;
        }
    }
    let log_y = |l: usize, t: usize| y[t * classes + l].ln();
    let alpha = forward(&labels.with_blanks, classes - 1, time, s.merge_repeated, log_y);
    let beta = backward(&labels.with_blanks, classes - 1, time, s.merge_repeated, log_y);
    let n = labels.with_blanks.len();
    let log_p = (0..n).fold(T::neg_infinity(), |p, u| log_sum_exp(p, alpha[u] + beta[u]));
    for t in 0..time {
        let row = t * classes..(t + 1) * classes;
        let out = &mut gradient[row.clone()];
        out.copy_from_slice(&y[row]);
        if log_p == T::neg_infinity() {
            continue;
        }
        let mut sums = vec![T::neg_infinity(); classes];
        for (u, &l) in labels.with_blanks.iter().enumerate() {
            sums[l] = log_sum_exp(sums[l], alpha[t * n + u] + beta[t * n + u]);
        }
        for (g, p) in out.iter_mut().zip(sums) {
            *g = *g - (p - log_p).exp();
        }
    }
    -log_p
}

/// The places in the padded labels that step t can reach and can still finish from.
fn reachable(n: usize, time: usize, t: usize) -> std::ops::Range<usize> {
    n.saturating_sub(2 * (time - t))..n.min(2 * (t + 1))
}

/// ln of the probability of all prefixes that end at place u in step t, at `[t·n + u]`.
fn forward<T: Float>(path: &[usize], blank: usize, time: usize, merge: bool, log_y: impl Fn(usize, usize) -> T) -> Vec<T> {
    let n = path.len();
    let mut alpha = vec![T::neg_infinity(); n * time];
    alpha[0] = log_y(blank, 0);
    if n > 1 {
        alpha[1] = log_y(path[1], 0);
    }
    for t in 1..time {
        let (before, now) = alpha.split_at_mut(t * n);
        let before = &before[(t - 1) * n..];
        for u in reachable(n, time, t) {
            let mut sum = if merge || path[u] == blank { before[u] } else { T::neg_infinity() };
            if u > 0 {
                sum = log_sum_exp(sum, before[u - 1]);
            }
            if u > 1 && path[u] != blank && !(merge && path[u] == path[u - 2]) {
                sum = log_sum_exp(sum, before[u - 2]);
            }
            now[u] = log_y(path[u], t) + sum;
        }
    }
    alpha
}

/// ln of the probability of all ways to finish from place u in step t, at `[t·n + u]`.
fn backward<T: Float>(path: &[usize], blank: usize, time: usize, merge: bool, log_y: impl Fn(usize, usize) -> T) -> Vec<T> {
    let n = path.len();
    let mut beta = vec![T::neg_infinity(); n * time];
    for v in &mut beta[(time - 1) * n + n.saturating_sub(2)..] {
        *v = T::zero();
    }
    for t in (0..time - 1).rev() {
        let (now, after) = beta.split_at_mut((t + 1) * n);
        for u in reachable(n, time, t) {
            let term = |v: usize| after[v] + log_y(path[v], t + 1);
            let mut sum = T::neg_infinity();
            if merge || path[u] == blank {
                sum = log_sum_exp(sum, term(u));
            }
            if u + 1 < n {
                sum = log_sum_exp(sum, term(u + 1));
            }
            if u + 2 < n && path[u] != blank && !(merge && path[u] == path[u + 2]) {
                sum = log_sum_exp(sum, term(u + 2));
            }
            now[t * n + u] = sum;
        }
    }
    beta
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Settings = Settings { collapse_repeated: false, merge_repeated: true, ignore_longer: false };

    /// The sum over all class sequences that collapse to the labels.
    fn by_enumeration(labels: &[i32], logits: &[f64], classes: usize) -> f64 {
        let time = logits.len() / classes;
        let p: Vec<f64> = logits
            .chunks(classes)
            .flat_map(|r| {
                let s: f64 = r.iter().map(|v| v.exp()).sum();
                r.iter().map(move |v| v.exp() / s)
            })
            .collect();
        let mut total = 0.0;
        for code in 0..classes.pow(time as u32) {
            let path: Vec<usize> = (0..time).map(|t| code / classes.pow(t as u32) % classes).collect();
            let mut seen = path.clone();
            seen.dedup();
            seen.retain(|&c| c != classes - 1);
            if seen.iter().map(|&c| c as i32).eq(labels.iter().copied()) {
                total += path.iter().enumerate().map(|(t, &c)| p[t * classes + c]).product::<f64>();
            }
        }
        -total.ln()
    }

    #[test]
    fn equals_the_sum_over_all_paths_and_its_central_differences() {
        let logits: Vec<f64> = (0..15).map(|i| ((i * 7919) % 13) as f64 / 5.0 - 1.0).collect();
        for labels in [&[0][..], &[0, 1], &[1, 1], &[0, 1, 0]] {
            let l = Labels::new(labels, 0, 3, 5, PLAIN).unwrap();
            let mut gradient = vec![0.0; 15];
            let value = loss(&l, &logits, 3, PLAIN, &mut gradient);
            assert!((value - by_enumeration(labels, &logits, 3)).abs() < 1e-12);
            for i in 0..15 {
                let at = |d: f64| {
                    let mut x = logits.clone();
                    x[i] += d;
                    by_enumeration(labels, &x, 3)
                };
                assert!(((at(1e-6) - at(-1e-6)) / 2e-6 - gradient[i]).abs() < 1e-8, "{labels:?} {i}");
            }
        }
    }

    #[test]
    fn impossible_labels_are_infinitely_unlikely() {
        let l = Labels::new(&[0, 0, 0], 0, 3, 3, PLAIN).unwrap();
        assert_eq!(loss(&l, &[0.5f32; 9], 3, PLAIN, &mut [0.0; 9]), f32::INFINITY);
    }
}
