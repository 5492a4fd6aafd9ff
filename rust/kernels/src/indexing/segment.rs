//! Reductions of rows that share a segment id.

use super::number::{Number, Real, storage};
use super::{element_name, indices};
use crate::error::{KernelError, Result};
use crate::movement::product;
use crate::par;
use crate::tensor::filled;
use crate::tensor::{Tensor, shape_text};
use std::panic::panic_any;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduce {
    Sum,
    Mean,
    /// The sum over √count.
    SqrtN,
    Prod,
    Min,
    Max,
}

/// What an empty segment gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Empty {
    /// The neutral element: 0, 1, the highest or the lowest value.
    Neutral,
    /// 1 for products, otherwise 0.
    Zero,
}

/// Rows to read and the segment of each; a negative segment drops the row.
struct Rows<'a> {
    /// None: row `i` of the data is row `i`.
    pick: Option<&'a [i64]>,
    ids: &'a [i64],
}

/// Rows of `data` (all axes of `ids` count as one) reduced into `n` segments; negative ids are dropped.
pub fn unsorted(data: &Tensor, ids: &Tensor, n: usize, how: Reduce) -> Result<Tensor> {
    unsorted_with(data, ids, n, how, Empty::Neutral)
}

/// As [`unsorted`], with the choice of what an empty segment gives.
pub fn unsorted_with(data: &Tensor, ids: &Tensor, n: usize, how: Reduce, empty: Empty) -> Result<Tensor> {
    if data.rank() < ids.rank() || data.dims()[..ids.rank()] != *ids.dims() {
        return Err(KernelError::invalid(format!(
            "data.shape = {} does not start with segment_ids.shape = {}",
            shape_text(data.dims()),
            shape_text(ids.dims())
        )));
    }
    let ix = indices(ids)?;
    if let Some(bad) = ix.iter().position(|&v| v >= n as i64) {
        return Err(KernelError::invalid(format!("{} = {} is out of range [0, {n})", element_name("segment_ids", ids.dims(), bad), ix[bad])));
    }
    let mut dims = vec![n];
    dims.extend(&data.dims()[ids.rank()..]);
    reduce(data, Rows { pick: None, ids: &ix }, dims, how, empty)
}

/// Check that ids ascend from a non-negative start; gives the number of segments.
fn sorted_count(ids: &[i64]) -> Result<usize> {
    if ids.first().is_some_and(|&v| v < 0) {
        return Err(KernelError::invalid("segment ids must be >= 0"));
    }
    if ids.windows(2).any(|w| w[0] > w[1]) {
        return Err(KernelError::invalid("segment ids are not increasing"));
    }
    Ok(ids.last().map_or(0, |&v| v as usize + 1))
}

/// Rows of `data` reduced by ascending `ids`.
pub fn sorted(data: &Tensor, ids: &Tensor, how: Reduce) -> Result<Tensor> {
    if ids.rank() != 1 {
        return Err(KernelError::invalid("segment_ids should be a vector."));
    }
    if data.rank() < 1 || ids.len() != data.dims()[0] {
        return Err(KernelError::invalid("segment_ids should be the same size as dimension 0 of input."));
    }
    let ix = indices(ids)?;
    let mut dims = data.dims().to_vec();
    dims[0] = sorted_count(&ix)?;
    reduce(data, Rows { pick: None, ids: &ix }, dims, how, Empty::Zero)
}

/// Rows `pick` of `data` reduced by ascending `ids`, into `n` segments where given.
pub fn sparse(data: &Tensor, pick: &Tensor, ids: &Tensor, n: Option<usize>, how: Reduce) -> Result<Tensor> {
    if pick.rank() != 1 {
        return Err(KernelError::invalid("indices should be a vector."));
    }
    if ids.rank() != 1 {
        return Err(KernelError::invalid("segment_ids should be a vector."));
    }
    if pick.len() != ids.len() {
        return Err(KernelError::invalid("segment_ids and indices should have same size."));
    }
    if data.rank() < 1 {
        return Err(KernelError::invalid("Shape must be at least rank 1"));
    }
    let (p, ix) = (indices(pick)?, indices(ids)?);
    let found = sorted_count(&ix)?;
    if n.is_some_and(|n| n < found) {
        return Err(KernelError::invalid("segment ids must be < num_segments"));
    }
    let rows = data.dims()[0];
    if let Some(bad) = p.iter().position(|&v| v < 0 || v >= rows as i64) {
        return Err(KernelError::invalid(format!("indices[{bad}] == {} out of range [0, {rows})", p[bad])));
    }
    let mut dims = data.dims().to_vec();
    dims[0] = n.unwrap_or(found);
    reduce(data, Rows { pick: Some(&p), ids: &ix }, dims, how, Empty::Zero)
}

/// The gradient of `sparse`: row `ids[i]` of `g`, scaled as `how` says, added to row `pick[i]` of `rows` rows.
pub fn sparse_grad(g: &Tensor, pick: &Tensor, ids: &Tensor, rows: usize, how: Reduce) -> Result<Tensor> {
    let (p, ix) = (indices(pick)?, indices(ids)?);
    if p.len() != ix.len() {
        return Err(KernelError::invalid("segment_ids and indices should have same size."));
    }
    let segments = g.dims().first().copied().unwrap_or(0);
    if let Some(&bad) = ix.iter().find(|&&v| v < 0 || v >= segments as i64) {
        return Err(KernelError::invalid(format!("Segment id {bad} out of range [0, {segments})")));
    }
    if let Some(&bad) = p.iter().find(|&&v| v < 0 || v >= rows as i64) {
        return Err(KernelError::invalid(format!("Index {bad} out of range [0, {rows})")));
    }
    let mut dims = g.dims().to_vec();
    dims[0] = rows;
    let mut out = Tensor::try_zeros(g.dtype(), &dims)?;
    let mut count = filled(segments, 0usize)?;
    ix.iter().for_each(|&v| count[v as usize] += 1);
    let inner = product(&dims[1..]);
    crate::with_number!(storage(g.dtype()), T => {
        let (src, dst) = (g.raw::<T>(), out.raw_mut::<T>());
        for (&r, &s) in p.iter().zip(&ix) {
            let (r, s) = (r as usize, s as usize);
            let f = match how {
                Reduce::Mean => 1.0 / count[s] as f64,
                Reduce::SqrtN => 1.0 / (count[s] as f64).sqrt(),
                _ => 1.0,
            };
            for (d, &v) in dst[r * inner..(r + 1) * inner].iter_mut().zip(&src[s * inner..(s + 1) * inner]) {
                *d = Number::add(*d, v.scaled(f));
            }
        }
    }, else return Err(KernelError::unimplemented(format!("segments are not defined for {}", g.dtype().name()))));
    Ok(out)
}

fn reduce(data: &Tensor, rows: Rows, dims: Vec<usize>, how: Reduce, empty: Empty) -> Result<Tensor> {
    let mut out = Tensor::try_scratch(data.dtype(), &dims)?;
    let d = storage(data.dtype());
    let none = || KernelError::unimplemented(format!("segments are not defined for {}", d.name()));
    match how {
        Reduce::Min | Reduce::Max => crate::with_real!(d, T => {
            let least = if how == Reduce::Min { T::HIGHEST } else { T::LOWEST };
            let (start, blank) = if empty == Empty::Neutral { (Some(least), least) } else { (None, T::zero()) };
            if how == Reduce::Min {
                run(data.raw::<T>(), &rows, out.raw_mut::<T>(), &dims, start, blank, <T as Real>::lesser, |v, _| v);
            } else {
                run(data.raw::<T>(), &rows, out.raw_mut::<T>(), &dims, start, blank, <T as Real>::greater, |v, _| v);
            }
        }, else return Err(none())),
        Reduce::Prod => crate::with_number!(d, T => {
            run(data.raw::<T>(), &rows, out.raw_mut::<T>(), &dims, Some(T::one()), T::one(), <T as Number>::mul, |v, _| v);
        }, else return Err(none())),
        _ => crate::with_number!(d, T => {
            let (src, dst) = (data.raw::<T>(), out.raw_mut::<T>());
            match how {
                Reduce::Mean => run(src, &rows, dst, &dims, Some(T::zero()), T::zero(), <T as Number>::add, |v, n| v.over(n)),
                Reduce::SqrtN => run(src, &rows, dst, &dims, Some(T::zero()), T::zero(), <T as Number>::add, |v, n| v.scaled(1.0 / (n as f64).sqrt())),
                _ => run(src, &rows, dst, &dims, Some(T::zero()), T::zero(), <T as Number>::add, |v, _| v),
            }
        }, else return Err(none())),
    }
    Ok(out)
}

/// Segments are reduced side by side, the rows of each in their order, so the sums do not depend on threads. Each starts
/// from `start`, or from its first row.
fn run<T: Copy + Send + Sync>(
    src: &[T],
    rows: &Rows,
    dst: &mut [T],
    dims: &[usize],
    start: Option<T>,
    blank: T,
    f: impl Fn(T, T) -> T + Sync,
    finish: impl Fn(T, usize) -> T + Sync,
) {
    let (n, inner) = (dims[0], product(&dims[1..]));
    if n == 0 || inner == 0 {
        return;
    }
    // Counting sort of the rows by segment, stable.
    let mut first = filled(n + 1, 0usize).unwrap_or_else(|e| panic_any(e));
    for &s in rows.ids.iter().filter(|&&s| s >= 0) {
        first[s as usize + 1] += 1;
    }
    for k in 0..n {
        first[k + 1] += first[k];
    }
    let mut next = first.clone();
    let mut order = vec![0usize; first[n]];
    for (i, &s) in rows.ids.iter().enumerate().filter(|(_, s)| **s >= 0) {
        order[next[s as usize]] = rows.pick.map_or(i, |p| p[i] as usize);
        next[s as usize] += 1;
    }
    let ns = 2.0 + order.len() as f64 / n as f64 * (1.0 + inner as f64 * 0.5);
    par::rows_mut(dst, inner, ns, |at, chunk| {
        for (k, o) in chunk.chunks_mut(inner).enumerate() {
            let mine = &order[first[at + k]..first[at + k + 1]];
            if mine.is_empty() {
                o.fill(blank);
                continue;
            }
            let rest = match start {
                Some(start) => {
                    o.fill(start);
                    mine
                }
                None => {
                    o.copy_from_slice(&src[mine[0] * inner..(mine[0] + 1) * inner]);
                    &mine[1..]
                }
            };
            for &r in rest {
                for (a, &v) in o.iter_mut().zip(&src[r * inner..(r + 1) * inner]) {
                    *a = f(*a, v);
                }
            }
            o.iter_mut().for_each(|a| *a = finish(*a, mine.len()));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_agree_with_plain_sums() {
        let data = Tensor::from_slice(&[1f32, 2., 3., 4., 5., 6., 7., 8.], &[4, 2]);
        let ids = Tensor::vector(&[0i32, 0, 2, 2]);
        assert_eq!(sorted(&data, &ids, Reduce::Sum).unwrap().slice::<f32>(), [4., 6., 0., 0., 12., 14.]);
        assert_eq!(sorted(&data, &ids, Reduce::Mean).unwrap().slice::<f32>(), [2., 3., 0., 0., 6., 7.]);
        assert_eq!(sorted(&data, &ids, Reduce::Max).unwrap().slice::<f32>(), [3., 4., 0., 0., 7., 8.]);
        let lowest = Tensor::vector(&[f32::NEG_INFINITY, f32::NEG_INFINITY, 1.0, 2.0]);
        assert_eq!(sorted(&lowest, &ids, Reduce::Max).unwrap().slice::<f32>(), [f32::NEG_INFINITY, 0., 2.]);
        let ids = Tensor::vector(&[2i64, -1, 0, 2]);
        assert_eq!(unsorted(&data, &ids, 3, Reduce::Sum).unwrap().slice::<f32>(), [5., 6., 0., 0., 8., 10.]);
        assert_eq!(unsorted(&data, &ids, 3, Reduce::Max).unwrap().slice::<f32>(), [5., 6., f32::MIN, f32::MIN, 7., 8.]);
        assert_eq!(unsorted(&data, &ids, 2, Reduce::Sum).unwrap_err().message, "segment_ids[0] = 2 is out of range [0, 2)");
        assert_eq!(sorted(&data, &Tensor::vector(&[1i32, 0, 0, 0]), Reduce::Sum).unwrap_err().message, "segment ids are not increasing");
        let pick = Tensor::vector(&[3i32, 0, 0]);
        let ids = Tensor::vector(&[0i32, 0, 1]);
        assert_eq!(sparse(&data, &pick, &ids, None, Reduce::Mean).unwrap().slice::<f32>(), [4., 5., 1., 2.]);
        assert_eq!(sparse(&data, &pick, &ids, Some(3), Reduce::Sum).unwrap().slice::<f32>(), [8., 10., 1., 2., 0., 0.]);
    }
}
