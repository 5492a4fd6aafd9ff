//! Rows of arrays, batch after batch, epoch after epoch, in order or shuffled by a seed.

use graphpb_kernels::{Tensor, with_width};

use crate::outcome::Failure;

pub struct Batches {
    /// Rows of one batch; None: whole arrays.
    size: Option<usize>,
    rows: usize,
    order: Vec<usize>,
    at: usize,
    random: Option<u64>,
}

impl Batches {
    /// Batches of arrays with `rows` rows each. An epoch's last batch goes on with the next epoch's first rows.
    pub fn new(rows: usize, size: Option<usize>, seed: Option<u64>) -> Result<Batches, Failure> {
        if size.is_some() && rows == 0 {
            return Err(Failure::Usage("--batch: the arrays have no rows".into()));
        }
        let mut batches = Batches { size, rows, order: (0..rows).collect(), at: 0, random: seed };
        batches.shuffle();
        Ok(batches)
    }

    /// Fisher and Yates' shuffle with SplitMix64 numbers.
    fn shuffle(&mut self) {
        let Some(state) = &mut self.random else { return };
        for i in (1..self.order.len()).rev() {
            *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = *state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            z ^= z >> 31;
            // The high half of the product: no modulo bias worth speaking of.
            self.order.swap(i, ((u128::from(z) * (i as u128 + 1)) >> 64) as usize);
        }
    }

    /// The rows of the next batch; None: all of them, as they are.
    pub fn next(&mut self) -> Option<Vec<usize>> {
        let size = match self.size {
            Some(size) => size,
            None if self.random.is_some() => self.rows,
            None => return None,
        };
        let mut rows = Vec::with_capacity(size);
        while rows.len() < size {
            if self.at == self.order.len() {
                self.at = 0;
                self.shuffle();
            }
            let take = (size - rows.len()).min(self.order.len() - self.at);
            if take == 0 {
                break;
            }
            rows.extend_from_slice(self.order.get(self.at..self.at + take).unwrap_or(&[]));
            self.at += take;
        }
        Some(rows)
    }
}

/// The chosen rows of an array.
pub fn take(t: &Tensor, rows: &[usize]) -> Result<Tensor, Failure> {
    let Some((_, inner)) = t.dims().split_first() else { return Ok(t.clone()) };
    let width: usize = inner.iter().product();
    if let (Some(first), true) = (rows.first(), rows.windows(2).all(|w| w[1] == w[0] + 1)) {
        return Ok(t.rows(*first, rows.len()));
    }
    let dims = [&[rows.len()], inner].concat();
    if !t.dtype().is_plain() {
        let all = t.as_strings();
        let chosen = rows.iter().filter_map(|r| all.get(r * width..(r + 1) * width)).flatten().cloned().collect();
        return Ok(Tensor::strings(chosen, &dims));
    }
    let mut out = Tensor::try_scratch(t.dtype(), &dims).map_err(|e| Failure::Run(e.to_string()))?;
    with_width!(t.dtype(), T => {
        let from = t.raw::<T>();
        for (to, r) in out.raw_mut::<T>().chunks_exact_mut(width.max(1)).zip(rows) {
            if let Some(row) = from.get(r * width..(r + 1) * width) {
                to.copy_from_slice(row);
            }
        }
    }, else return Err(Failure::Run(format!("arrays of type {} cannot be batched", t.dtype().name()))));
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_epoch_has_every_row_once() {
        for seed in [None, Some(1), Some(2)] {
            let mut batches = Batches::new(10, Some(4), seed).unwrap();
            let rows: Vec<usize> = (0..10).flat_map(|_| batches.next().unwrap()).collect();
            for epoch in rows.chunks(10) {
                let mut sorted = epoch.to_vec();
                sorted.sort_unstable();
                assert_eq!(sorted, (0..10).collect::<Vec<_>>());
            }
            assert_eq!(rows[..10] == rows[10..20], seed.is_none());
        }
        assert!(Batches::new(3, None, None).unwrap().next().is_none());
        assert_eq!(Batches::new(2, Some(5), None).unwrap().next().unwrap(), [0, 1, 0, 1, 0]);
        assert!(Batches::new(0, Some(1), None).is_err());
    }

    #[test]
    fn rows_are_taken_in_the_order_asked_for() {
        let t = Tensor::from_slice(&[1i32, 2, 3, 4, 5, 6], &[3, 2]);
        assert_eq!(take(&t, &[2, 0]).unwrap().slice::<i32>(), [5, 6, 1, 2]);
        assert_eq!(take(&t, &[1, 2]).unwrap().slice::<i32>(), [3, 4, 5, 6]);
        let s = Tensor::strings(vec![b"a".as_slice().into(), b"b".as_slice().into()], &[2]);
        assert_eq!(&*take(&s, &[1, 0]).unwrap().as_strings()[0], b"b");
    }
}
