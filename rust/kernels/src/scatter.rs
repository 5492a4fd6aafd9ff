//! Rows of a tensor read, replaced or combined by index.

use std::ops::Range;

use crate::par;

/// The destination as tasks see it.
struct Rows<T>(*mut T, usize);
// SAFETY: tasks take disjoint rows (see `scatter`).
unsafe impl<T: Send> Sync for Rows<T> {}
impl<T> Rows<T> {
    /// # Safety
    /// No other task uses this range.
    unsafe fn part(&self, r: Range<usize>) -> &mut [T] {
        assert!(r.end <= self.1);
        // SAFETY: in bounds of a slice that is borrowed for the whole call; exclusive as the caller promises.
        unsafe { std::slice::from_raw_parts_mut(self.0.add(r.start), r.len()) }
    }
}

/// Combine row `indices[i]` of `dst` (rows of `row` elements) with row `i` of `updates`, in order; a single row is used for all.
///
/// All indices are below the row count. `updates` has `indices.len()` rows, or one element that stands for all.
pub fn scatter<T: Copy + Send + Sync>(dst: &mut [T], row: usize, indices: &[usize], updates: &[T], combine: impl Fn(&mut T, T) + Sync) {
    if row == 0 || indices.is_empty() {
        return;
    }
    let one = updates.len() == 1 && row * indices.len() != 1;
    assert!(one || updates.len() == row * indices.len());
    let rows = dst.len() / row;
    assert!(indices.iter().all(|&i| i < rows));
    let dst = Rows(dst.as_mut_ptr(), dst.len());
    // Each task owns a range of rows and looks for them in the whole list, so repeated rows keep their order.
    let per_row = indices.len() as f64 / rows as f64 * row as f64 * 0.5;
    par::ranges(rows, per_row + 0.01, |mine| {
        for (i, &at) in indices.iter().enumerate() {
            if mine.contains(&at) {
                // SAFETY: row `at` belongs to this task alone.
                let part = unsafe { dst.part(at * row..(at + 1) * row) };
                if one {
                    part.iter_mut().for_each(|d| combine(d, updates[0]));
                } else {
                    part.iter_mut().zip(&updates[i * row..(i + 1) * row]).for_each(|(d, &u)| combine(d, u));
                }
            }
        }
    });
}

/// Copy rows: `dst[i] = src[indices[i]]`. All indices are below the row count.
pub fn gather<T: Copy + Send + Sync>(src: &[T], row: usize, indices: &[usize], dst: &mut [T]) {
    par::rows_mut(dst, row, row as f64 * 0.3 + 2.0, |first, chunk| {
        for (k, to) in chunk.chunks_exact_mut(row).enumerate() {
            let at = indices[first + k] * row;
            to.copy_from_slice(&src[at..at + row]);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_rows_keep_their_order_on_any_number_of_threads() {
        let indices: Vec<usize> = (0..5000).map(|i| i * 7 % 1003).collect();
        let updates: Vec<f32> = (0..5000 * 8).map(|i| (i as f32).sin()).collect();
        let mut want = vec![1f32; 1003 * 8];
        for (i, &at) in indices.iter().enumerate() {
            for k in 0..8 {
                want[at * 8 + k] = want[at * 8 + k] * 0.5 + updates[i * 8 + k];
            }
        }
        let mut got = vec![1f32; 1003 * 8];
        par::install(|| scatter(&mut got, 8, &indices, &updates, |d, u| *d = *d * 0.5 + u));
        assert_eq!(got, want);
        let mut rows = vec![0f32; 16];
        gather(&got, 8, &[1002, 3], &mut rows);
        assert_eq!(rows[..8], want[1002 * 8..]);
        assert_eq!(rows[8..], want[24..32]);
    }
}
