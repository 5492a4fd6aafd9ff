//! Products whose left operand is put together on the fly (convolutions): the caller writes its panels.

use super::GemmFloat;
use super::driver::{Operands, PackedB, Right, Shared, column_of_tiles, cost, k_block, parts, row_blocks};
use super::micro::Kernels;
use super::pack::with_scratch;
use crate::isa::Isa;
use crate::par;
use std::ops::Range;

/// Writes the panel of rows `rows` and steps `steps` of the left operand: `dst[p * rows.len() + l]` is row `rows.start + l` at
/// step `steps.start + p`. It may write up to 64 values beyond the panel.
pub(crate) type Gather<'a, T> = &'a (dyn Fn(Range<usize>, Range<usize>, *mut T) + Sync);

/// Compute `c = a · b`, or `c += a · b`, for an `a` of `m` rows whose panels `gather` writes.
pub(crate) fn gemm_gathered<T: GemmFloat>(m: usize, gather: Gather<'_, T>, b: &PackedB<T>, c: &mut [T], accumulate: bool) {
    let (k, n) = (b.rows(), b.columns());
    assert!(c.len() >= m * n);
    if m == 0 || n == 0 {
        return;
    }
    if k == 0 {
        if !accumulate {
            c[..m * n].fill(T::default());
        }
        return;
    }
    let micro = T::micro(b.level()).0;
    let nr = 2 * micro.lanes;
    let most_rows = micro.unit[usize::from(n > micro.lanes)].len();
    let kc = k_block(k);
    let total = cost::<T>(m * n * k);
    let (blocks, rows) = row_blocks(m, most_rows, total);
    let right = Right::Packed(b);
    let x = Operands { m, n, k, a: b.panels(), a_rs: 0, a_cs: 0, b: right, c: c.as_mut_ptr(), accumulate, epilogue: None };
    let packed = Shared(b.panels().cast_mut());
    par::ranges(blocks, total / blocks as f64, |r| {
        with_scratch(1, rows * kc + 64, |apack: *mut T| {
            for block in r.clone() {
                let (start, end) = (block * rows, ((block + 1) * rows).min(m));
                if start >= end {
                    continue;
                }
                let (_, height) = parts(end - start, most_rows);
                for p0 in (0..k).step_by(kc) {
                    let steps = kc.min(k - p0);
                    for i in (start..end).step_by(height) {
                        let mr = height.min(end - i);
                        // Panels follow one another in ascending order, so what one writes beyond its end is written over.
                        gather(i..i + mr, p0..p0 + steps, apack.wrapping_add((i - start) * steps));
                    }
                    for j in (0..n).step_by(nr) {
                        // SAFETY: panel j of b from step p0; the tile rows are those gathered above; c is this task's in these rows.
                        unsafe {
                            let from = packed.at(j * k + p0 * nr);
                            column_of_tiles(micro, &x, apack, start..end, height, steps, from, from.wrapping_add(k * nr), j, accumulate || p0 > 0);
                        }
                    }
                }
            }
        })
    });
}

/// Write `dst[p * rows.len() + l] = rows[l][p]` for p below `k`; up to eight values beyond the end may be written too.
///
/// # Safety
/// Each row has `k` readable values, `dst` space for the panel and eight more; the level is available.
#[inline]
pub(crate) unsafe fn pack_rows<T: Kernels>(level: Isa, rows: &[*const T], k: usize, dst: *mut T) {
    let width = rows.len();
    let mut done = 0;
    // SAFETY: as the caller promises. Within a block the last group of rows goes first: its excess lands in runs that the first
    // group, or the next block, writes afterwards.
    unsafe {
        if level >= Isa::Avx2 {
            let side = T::SIDE;
            while done + side <= k {
                let mut group = width.div_ceil(side);
                while group > 0 {
                    group -= 1;
                    let l = group * side;
                    T::transpose_rows(&rows[l..width.min(l + side)], done, dst.add(done * width + l), width);
                }
                done += side;
            }
        }
        for p in done..k {
            for (l, row) in rows.iter().enumerate() {
                *dst.add(p * width + l) = *row.add(p);
            }
        }
    }
}
