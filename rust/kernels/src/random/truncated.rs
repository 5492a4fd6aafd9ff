//! Normal variates between given bounds, in TensorFlow's order of draws: three ways of proposing and rejecting, chosen by the bounds.

use super::fill::{box_muller, box_muller_f64};
use super::philox::{Philox, unit_f32, unit_f64};

/// Proposals in a row that may be rejected.
const TRIES: usize = 1000;

/// Why a batch has no sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoSample {
    Parameters,
    /// Too many proposals of this kind were rejected.
    Rejected(&'static str),
}

/// A position in the stream, from which batches draw one after the other.
pub struct Bounded {
    words: Philox,
}

macro_rules! batch {
    ($name:ident, $t:ty, $n:literal, $uniform:expr, $normal:expr) => {
        /// Give `put` the values 0..count for [mean, deviation, low, high].
        pub fn $name(&mut self, parameters: [$t; 4], count: usize, mut put: impl FnMut(usize, $t)) -> Result<(), NoSample> {
            let [mean, mut deviation, mut low, mut high] = parameters;
            if !(deviation > 0.0 && low < high && (low.is_finite() || high.is_finite())) {
                return Err(NoSample::Parameters);
            }
            if low == <$t>::NEG_INFINITY || high < mean {
                (low, high, deviation) = (high, low, -deviation);
            }
            let (a, b) = ((low - mean) / deviation, (high - mean) / deviation);
            let root = (a * a + 4.0).sqrt();
            let cutoff = 2.0 * (0.5 + (a * (a - root)) / 4.0).exp() / (a + root);
            let width = b - a;
            let uniforms = |words: &mut Philox| -> [$t; $n] { $uniform(words.block()) };
            let (mut at, mut rejected) = (0, 0);
            let mut settle = |z: Option<$t>, kind: &'static str, most: usize| -> Result<bool, NoSample> {
                match z {
                    Some(z) => {
                        put(at, z * deviation + mean);
                        (at, rejected) = (at + 1, 0);
                    }
                    None if rejected + 1 >= most => return Err(NoSample::Rejected(kind)),
                    None => rejected += 1,
                }
                Ok(at < count)
            };
            if count == 0 {
                return Ok(());
            }
            if (a < -1.3 && b >= 0.0) || (b > 1.3 && a <= 0.0) {
                loop {
                    let normals: [$t; $n] = $normal(self.words.block());
                    for z in normals {
                        if !settle((z >= a && z <= b).then_some(z), "randn", TRIES + 1)? {
                            return Ok(());
                        }
                    }
                }
            }
            if width < cutoff {
                let peak = if a < 0.0 { 0.0 } else { a * a };
                loop {
                    let (z, u) = (uniforms(&mut self.words).map(|r| r * width + a), uniforms(&mut self.words));
                    for (z, u) in z.into_iter().zip(u) {
                        if !settle((u <= ((peak - z * z) / 2.0).exp()).then_some(z), "uniform", TRIES)? {
                            return Ok(());
                        }
                    }
                }
            }
            let rate = (a + root) / 2.0;
            loop {
                for pair in uniforms(&mut self.words).chunks_exact(2) {
                    let z = -pair[0].ln() / rate + a;
                    let x = if a < rate { rate - z } else { a - rate };
                    if !settle((pair[1] <= (-x * x / 2.0).exp() && z < b).then_some(z), "exponential distribution", TRIES)? {
                        return Ok(());
                    }
                }
            }
        }
    };
}

impl Bounded {
    pub fn new(words: Philox) -> Bounded {
        Bounded { words }
    }

    batch!(singles, f32, 4, |w: [u32; 4]| w.map(unit_f32), |w: [u32; 4]| {
        let ((a, b), (c, d)) = (box_muller(w[0], w[1]), box_muller(w[2], w[3]));
        [a, b, c, d]
    });
    batch!(doubles, f64, 2, |w: [u32; 4]| [unit_f64(w[0], w[1]), unit_f64(w[2], w[3])], |w: [u32; 4]| {
        let (a, b) = box_muller_f64(w);
        [a, b]
    });
}
