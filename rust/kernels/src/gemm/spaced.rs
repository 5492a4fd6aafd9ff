//! Products whose left operand stands in memory, its rows overlapping at even distances (convolutions to few channels).

use super::GemmFloat;
use super::driver::{PackedB, Shared, cost, parts};
use super::micro::Tile;
use crate::par;

/// Where the rows of the left operand stand: row i starts at `bases[i]`, in groups of `group` rows that are `spacing` apart. Its
/// steps are those of `runs`: (first step, length, offset from the row's start).
pub(crate) struct Spaced<'a, T> {
    pub data: &'a [T],
    pub bases: &'a [usize],
    pub group: usize,
    pub spacing: usize,
    pub runs: &'a [(usize, usize, usize)],
}

/// Groups that a task does before it goes to the next columns: what they read stays near.
const BLOCK: usize = 8;
/// Steps at a time: a panel of b of this length stays in L1.
const STEPS: usize = 320;

/// Compute `c = a · b`.
pub(crate) fn gemm_spaced<T: GemmFloat>(a: &Spaced<'_, T>, b: &PackedB<T>, c: &mut [T]) {
    let (m, k, n) = (a.bases.len(), b.rows(), b.columns());
    let groups = m / a.group.max(1);
    assert!(groups * a.group == m && c.len() >= m * n && a.runs.iter().map(|r| r.1).sum::<usize>() == k);
    let reach = a.runs.iter().map(|r| r.1 + r.2).max().unwrap_or(0);
    let inside = |rows: &[usize]| rows[0] + (a.group - 1) * a.spacing + reach <= a.data.len();
    assert!(a.runs.iter().all(|r| r.0 + r.1 <= k) && (m == 0 || a.bases.chunks_exact(a.group).all(inside)));
    let micro = T::micro(b.level()).0;
    let (lanes, nr) = (micro.lanes, 2 * micro.lanes);
    let (data, panels, c) = (Shared(a.data.as_ptr().cast_mut()), Shared(b.panels().cast_mut()), Shared(c.as_mut_ptr()));
    let per_group = cost::<T>(a.group * n * k);
    par::ranges(groups, per_group, |r| {
        for first in r.clone().step_by(BLOCK) {
            let block = first..(first + BLOCK).min(r.end);
            for j in (0..n).step_by(nr) {
                let here = (n - j).min(nr);
                let (table, last) = if here <= lanes { (micro.strided[0], here) } else { (micro.strided[1], here - lanes) };
                let (count, size) = parts(a.group, table.len());
                let mut accumulate = false;
                for &(step, len, offset) in a.runs {
                    for skip in (0..len).step_by(STEPS) {
                        let from = panels.at(j * k + (step + skip) * nr);
                        for row in block.clone().flat_map(|g| (0..count).map(move |t| (g * a.group + t * size, size.min(a.group - t * size)))) {
                            let (row, mr) = row;
                            let base = a.bases[row / a.group * a.group] + row % a.group * a.spacing;
                            let t = Tile {
                                k: STEPS.min(len - skip),
                                a: data.at(base + offset + skip),
                                a_rs: a.spacing,
                                a_cs: 1,
                                b: from,
                                b_rs: nr,
                                b_pair: nr,
                                c: c.at(row * n + j),
                                c_rs: n,
                                last,
                                ahead: from,
                                ahead_step: 0,
                                accumulate,
                            };
                            // SAFETY: rows and steps lie in data as checked above; panel j has k steps; these rows of c are this task's.
                            unsafe { table[mr - 1](&t) };
                        }
                        accumulate = true;
                    }
                }
            }
        }
    });
}
