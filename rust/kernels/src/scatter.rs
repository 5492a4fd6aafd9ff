//! Rows of a tensor read, replaced or combined by index.

use std::ops::Range;

use crate::dtype::{C64, C128, Element, bf16, f16};
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

/// How an update changes what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combine {
    Update,
    Add,
    Sub,
    Mul,
    Div,
    Min,
    Max,
}

/// A number that can be combined; integers wrap.
pub trait Number: Element {
    const IS_INTEGER: bool;
    fn is_zero(self) -> bool;
    /// Division by an integer zero gives zero; callers refuse it beforehand.
    fn combine(self, how: Combine, u: Self) -> Self;
}

macro_rules! integers {
    ($($t:ty),*) => { $(impl Number for $t {
        const IS_INTEGER: bool = true;
        fn is_zero(self) -> bool {
            self == 0
        }
        #[inline(always)]
        fn combine(self, how: Combine, u: $t) -> $t {
            match how {
                Combine::Update => u,
                Combine::Add => self.wrapping_add(u),
                Combine::Sub => self.wrapping_sub(u),
                Combine::Mul => self.wrapping_mul(u),
                Combine::Div => if u == 0 { 0 } else { self.wrapping_div(u) },
                Combine::Min => self.min(u),
                Combine::Max => self.max(u),
            }
        }
    })* };
}
integers!(i8, i16, i32, i64, u8, u16, u32, u64);

macro_rules! fields {
    ($($t:ty: $less:expr),*) => { $(impl Number for $t {
        const IS_INTEGER: bool = false;
        fn is_zero(self) -> bool {
            self == <$t>::default()
        }
        #[inline(always)]
        fn combine(self, how: Combine, u: $t) -> $t {
            let less: fn(&$t, &$t) -> bool = $less;
            match how {
                Combine::Update => u,
                Combine::Add => self + u,
                Combine::Sub => self - u,
                Combine::Mul => self * u,
                Combine::Div => self / u,
                Combine::Min => if less(&u, &self) { u } else { self },
                Combine::Max => if less(&self, &u) { u } else { self },
            }
        }
    })* };
}
// Complex numbers have no order: the schemas do not let them come to Min and Max.
fields!(f32: |a, b| a < b, f64: |a, b| a < b, f16: |a, b| a < b, bf16: |a, b| a < b, C64: |_, _| false, C128: |_, _| false);

/// Combine element by element.
pub fn combine_all<T: Number>(dst: &mut [T], updates: &[T], how: Combine) {
    assert_eq!(dst.len(), updates.len());
    par::rows_mut(dst, 1, 0.5, |first, chunk| {
        let u = &updates[first..first + chunk.len()];
        macro_rules! each {
            ($($h:ident)*) => { match how {
                $(Combine::$h => chunk.iter_mut().zip(u).for_each(|(d, &u)| *d = d.combine(Combine::$h, u)),)*
            } };
        }
        each!(Update Add Sub Mul Div Min Max);
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
