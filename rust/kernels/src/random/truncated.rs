//! Normal variates between given bounds.

use super::fill::box_muller_f64;
use super::philox::{Philox, Stream};

/// A normal variate with this mean and deviation in `[low, high]`; None when no number qualifies.
///
/// Plain rejection where the interval holds much of the mass, an exponential proposal in the tails (Robert, 1995), a uniform
/// proposal on short intervals. The distribution is TensorFlow's; the single values are not.
pub fn truncated_between(start: Philox, mean: f64, deviation: f64, low: f64, high: f64) -> Option<f64> {
    let (mut a, mut b) = ((low - mean) / deviation, (high - mean) / deviation);
    if a > b {
        (a, b) = (b, a);
    }
    // Work in the upper tail, where a is the bound nearer to the mean.
    let mirror = b.abs() < a.abs() && b < 0.0;
    if mirror {
        (a, b) = (-b, -a);
    }
    if !(deviation != 0.0 && a < b && (a.is_finite() || b.is_finite())) {
        return None;
    }
    let mut words = Stream::new(start);
    let density = |z: f64, at: f64| ((at * at - z * z) * 0.5).exp();
    let z = if b - a < 1.5 {
        // The density is highest at the point nearest to zero.
        let peak = if a > 0.0 { a } else { 0f64.min(b) };
        loop {
            let z = a + (b - a) * words.double();
            if words.double() <= density(z, peak) {
                break z;
            }
        }
    } else if a > 0.5 {
        let rate = (a + (a * a + 4.0).sqrt()) * 0.5;
        loop {
            let z = a - (-words.double()).ln_1p() / rate;
            let off = z - rate;
            if z <= b && words.double() <= (-off * off * 0.5).exp() {
                break z;
            }
        }
    } else {
        loop {
            let (x, y) = box_muller_f64([words.word(), words.word(), words.word(), words.word()]);
            if (a..=b).contains(&x) {
                break x;
            }
            if (a..=b).contains(&y) {
                break y;
            }
        }
    };
    Some(mean + deviation * if mirror { -z } else { z })
}
