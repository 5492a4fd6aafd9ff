//! Permutations and draws from a table of logits.

use super::philox::{Philox, Stream, unit_f64};
use crate::par;

/// A random permutation of `0..n` (forward Fisher-Yates, one word per step).
pub fn shuffle(start: Philox, n: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    let mut words = Stream::new(start);
    for i in 0..n.saturating_sub(1) {
        let left = (n - i) as u32;
        order.swap(i, i + (words.word() % left.max(1)) as usize);
    }
    order
}

/// Draw `samples` classes for each row of `logits` (`[batch, classes]`, unnormalised log-probabilities) into `out`.
///
/// The inverse of the cumulative distribution, in double; logits that are not finite have probability zero.
pub fn multinomial<T: Send>(start: Philox, logits: &[f64], classes: usize, samples: usize, out: &mut [T], convert: impl Fn(usize) -> T + Sync) {
    if classes == 0 || samples == 0 {
        return;
    }
    par::rows_mut(out, samples, classes as f64 * 8.0 + samples as f64 * 20.0, |first, chunk| {
        let mut cumulative = vec![0f64; classes];
        for (r, row_out) in chunk.chunks_mut(samples).enumerate() {
            let row = first + r;
            let Some(values) = logits.get(row * classes..(row + 1) * classes) else { return };
            let top = values.iter().copied().filter(|v| v.is_finite()).fold(f64::MIN, f64::max);
            let mut total = 0.0;
            for (c, v) in cumulative.iter_mut().zip(values) {
                if v.is_finite() {
                    total += (v - top).exp();
                }
                *c = total;
            }
            // Two words a draw: draw d of the whole tensor stands in block d / 2.
            let mut draw = (row * samples) as u64;
            let mut at = start.at(draw / 2);
            let mut block = at.block();
            for o in row_out {
                let half = (draw % 2) as usize * 2;
                let find = unit_f64(block[half], block[half + 1]) * total;
                if half == 2 {
                    block = at.block();
                }
                draw += 1;
                *o = convert(cumulative.partition_point(|&c| c <= find).min(classes - 1));
            }
        }
    });
}
