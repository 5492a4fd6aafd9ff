//! The position of the greatest or least element along an axis.

use crate::error::{KernelError, Result};
use crate::pointwise::cast;
use crate::tensor::{Dims, shape_text};
use crate::{Bool, DType, Element, Tensor, par};

/// The first position of the maximum (minimum) along `axis`, as `output`; NaN never wins. INVALID_ARGUMENT for an empty axis.
pub fn arg_extreme(max: bool, x: &Tensor, axis: usize, output: DType) -> Result<Tensor> {
    if x.dims()[axis] == 0 {
        return Err(KernelError::invalid(format!("Reduction axis {axis} is empty in shape {}", shape_text(x.dims()))));
    }
    let positions = match x.dtype() {
        DType::F32 => find(x, axis, if max { f32::NEG_INFINITY } else { f32::INFINITY }, |a, b| if max { a > b } else { a < b }),
        DType::F64 => find(x, axis, if max { f64::NEG_INFINITY } else { f64::INFINITY }, |a, b| if max { a > b } else { a < b }),
        DType::F16 | DType::BF16 => return arg_extreme(max, &cast(x, DType::F32)?, axis, output),
        DType::Bool => find(x, axis, Bool::from(!max), |a: Bool, b| if max { a.get() & !b.get() } else { !a.get() & b.get() }),
        DType::I32 => find(x, axis, if max { i32::MIN } else { i32::MAX }, |a, b| if max { a > b } else { a < b }),
        DType::I64 => find(x, axis, if max { i64::MIN } else { i64::MAX }, |a, b| if max { a > b } else { a < b }),
        DType::I8 | DType::I16 | DType::U8 | DType::U16 | DType::U32 => return arg_extreme(max, &cast(x, DType::I64)?, axis, output),
        DType::U64 => find(x, axis, if max { u64::MIN } else { u64::MAX }, |a, b| if max { a > b } else { a < b }),
        d => return Err(KernelError::unimplemented(format!("ArgMax has no kernel for {}", d.name()))),
    };
    cast(&positions, output)
}

fn find<T: Element>(x: &Tensor, axis: usize, worst: T, better: impl Fn(T, T) -> bool + Sync) -> Tensor {
    let n = x.dims()[axis];
    let inner: usize = x.dims()[axis + 1..].iter().product();
    let kept: Dims = x.dims().iter().enumerate().filter(|a| a.0 != axis).map(|a| *a.1).collect();
    let mut out = Tensor::scratch(DType::I64, &kept);
    let src = x.slice::<T>();
    if inner == 1 {
        par::rows_mut(out.slice_mut::<i64>(), 1, n as f64 * 0.3, |first, rows| {
            for (row, at) in src[first * n..].chunks_exact(n).zip(rows) {
                *at = find_in(row, worst, &better) as i64;
            }
        });
        return out;
    }
    par::rows_mut(out.slice_mut::<i64>(), inner, (n * inner) as f64 * 0.5, |first, rows| {
        for (o, row) in rows.chunks_mut(inner).enumerate() {
            let from = &src[(first + o) * n * inner..][..n * inner];
            for (b, places) in row.chunks_mut(COLUMNS).enumerate() {
                let (mut best, mut found) = ([worst; COLUMNS], [0u32; COLUMNS]);
                let (best, found) = (&mut best[..places.len()], &mut found[..places.len()]);
                for k in 0..n {
                    let values = &from[k * inner + b * COLUMNS..][..places.len()];
                    for ((v, best), found) in values.iter().zip(best.iter_mut()).zip(found.iter_mut()) {
                        let wins = better(*v, *best);
                        *best = if wins { *v } else { *best };
                        *found = if wins { k as u32 } else { *found };
                    }
                }
                for (place, found) in places.iter_mut().zip(found.iter()) {
                    *place = *found as i64;
                }
            }
        }
    });
    out
}

/// Columns that are looked at together.
const COLUMNS: usize = 256;
/// Places of a row that are looked at together.
const LANES: usize = 16;

/// The first position of the best element of a row.
#[inline(always)]
fn find_in<T: Element>(row: &[T], worst: T, better: &impl Fn(T, T) -> bool) -> usize {
    let (mut best, mut at) = ([worst; LANES], [u32::MAX; LANES]);
    let pieces = row.chunks_exact(LANES);
    let rest = pieces.remainder();
    for (k, piece) in pieces.enumerate() {
        for l in 0..LANES {
            let wins = better(piece[l], best[l]);
            best[l] = if wins { piece[l] } else { best[l] };
            at[l] = if wins { k as u32 } else { at[l] };
        }
    }
    let (mut top, mut found) = (worst, usize::MAX);
    for l in 0..LANES {
        let place = if at[l] == u32::MAX { continue } else { at[l] as usize * LANES + l };
        if better(best[l], top) || (!better(top, best[l]) && place < found) {
            (top, found) = (best[l], place);
        }
    }
    for (i, v) in rest.iter().enumerate() {
        if better(*v, top) {
            (top, found) = (*v, row.len() - rest.len() + i);
        }
    }
    // Nothing is better than the worst value.
    if found == usize::MAX { 0 } else { found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_extreme_wins_and_nan_never_does() {
        let at = |v: &[f32]| arg_extreme(true, &Tensor::vector(v), 0, DType::I64).unwrap().slice::<i64>()[0];
        assert_eq!(at(&[1.0, f32::NAN, 3.0]), 2);
        assert_eq!(at(&[2.0, 5.0, 5.0]), 1);
        assert_eq!(at(&[f32::NEG_INFINITY, f32::NAN]), 0);
        // Against a plain search, with ties, NaN and the worst value, along both axes.
        for (m, n) in [(3, 40), (5, 16), (2, 300), (700, 3)] {
            let x: Vec<f32> = (0..m * n)
                .map(|i| match (i * 7919 + i / 3) % 23 {
                    0 => f32::NAN,
                    1 => f32::NEG_INFINITY,
                    v => (v % 9) as f32,
                })
                .collect();
            let first = |all: Vec<f32>| (0..all.len()).fold((f32::NEG_INFINITY, 0), |b, i| if all[i] > b.0 { (all[i], i as i64) } else { b }).1;
            let t = Tensor::from_slice(&x, &[m, n]);
            let rows: Vec<i64> = (0..m).map(|r| first(x[r * n..(r + 1) * n].to_vec())).collect();
            let columns: Vec<i64> = (0..n).map(|c| first((0..m).map(|r| x[r * n + c]).collect())).collect();
            assert_eq!(arg_extreme(true, &t, 1, DType::I64).unwrap().slice::<i64>(), rows);
            assert_eq!(arg_extreme(true, &t, 0, DType::I64).unwrap().slice::<i64>(), columns);
        }
        let x = Tensor::from_slice(&[3i32, 1, 2, 0, 5, 2], &[2, 3]);
        assert_eq!(arg_extreme(false, &x, 0, DType::I32).unwrap().slice::<i32>(), [1, 0, 0]);
        assert!(arg_extreme(true, &Tensor::zeros(DType::F32, &[2, 0]), 1, DType::I64).is_err());
    }
}
