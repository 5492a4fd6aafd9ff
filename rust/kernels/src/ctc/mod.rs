//! Connectionist temporal classification: the loss with its gradient, greedy decoding and beam search (Graves, 2006 and 2008).

mod beam;
mod loss;

pub use beam::{Paths, beam_search};
pub use loss::{Labels, Settings, loss};

pub use num_traits::Float;

/// ln(eᵃ + eᵇ).
fn log_sum_exp<T: Float>(a: T, b: T) -> T {
    let (high, low) = if a > b { (a, b) } else { (b, a) };
    if high == T::neg_infinity() { high } else { high + (low - high).exp().ln_1p() }
}

/// The best class of each step, and the sum of the negated best logits.
///
/// `row(t)` gives the logits of step t. Blanks are left out, and so are repetitions when `merge_repeated`.
pub fn greedy<'a, T: Float + 'a>(steps: usize, row: impl Fn(usize) -> &'a [T], blank: usize, merge_repeated: bool) -> (Vec<i64>, T) {
    let (mut path, mut sum, mut previous) = (Vec::new(), T::zero(), None);
    for t in 0..steps {
        let logits = row(t);
        let Some(&first) = logits.first() else { continue };
        let (best, value) = logits.iter().enumerate().fold((0, first), |best, (i, &v)| if v > best.1 { (i, v) } else { best });
        sum = sum - value;
        if best != blank && !(merge_repeated && previous == Some(best)) {
            path.push(best as i64);
        }
        previous = Some(best);
    }
    (path, sum)
}
