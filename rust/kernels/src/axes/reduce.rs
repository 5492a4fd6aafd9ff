//! Reductions over any set of axes. The order of additions depends on the sizes alone.

use crate::error::{KernelError, Result};
use crate::isa::multiversion;
use crate::par;
use crate::pointwise::{Binary, binary, cast};
use crate::tensor::Dims;
use crate::{Bool, C128, DType, Element, Tensor};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduce {
    Sum,
    Mean,
    Prod,
    Max,
    Min,
    All,
    Any,
}

/// Rows that are added up before they join the total: bounds the rounding error of long sums.
const BLOCK: usize = 256;

/// Reduce the axes whose flag is set; they are dropped from the shape. The mean of integers truncates toward zero and is 0
/// over nothing; the maximum over nothing is the least value.
pub fn reduce(op: Reduce, x: Tensor, axes: &[bool]) -> Result<Tensor> {
    assert_eq!(axes.len(), x.rank(), "one flag per axis");
    let d = x.dtype();
    if matches!(d, DType::F16 | DType::BF16) {
        return cast(&reduce(op, cast(&x, DType::F32)?, axes)?, d);
    }
    // The sum of a mean must not wrap.
    if op == Reduce::Mean && d.is_integer() && !matches!(d, DType::I64 | DType::U64) {
        return cast(&reduce(op, cast(&x, DType::I64)?, axes)?, d);
    }
    if op == Reduce::Mean {
        let count: usize = x.dims().iter().zip(axes).filter(|a| *a.1).map(|a| *a.0).product();
        let sum = reduce(Reduce::Sum, x, axes)?;
        let n = cast(&Tensor::scalar(count as f64), d)?;
        if d.is_complex() && count == 0 {
            return Ok(sum);
        }
        if d.is_integer() && (count == 0 || cast(&n, DType::F64)?.slice::<f64>() == [0.0]) {
            return Ok(sum);
        }
        return binary(Binary::Div, sum, n);
    }
    // Narrow types in a wide one that gives the same result: integers wrap alike, extremes fit.
    let wide = match d {
        DType::I8 | DType::I16 | DType::U8 | DType::U16 | DType::U32 => DType::I64,
        DType::C64 => DType::C128,
        _ => d,
    };
    if wide != d {
        let nothing = x.dims().iter().zip(axes).any(|a| *a.1 && *a.0 == 0);
        if nothing && matches!(op, Reduce::Max | Reduce::Min) {
            let kept: Dims = x.dims().iter().zip(axes).filter(|a| !*a.1).map(|a| *a.0).collect();
            return neutral(op == Reduce::Max, d, &kept);
        }
        return cast(&reduce(op, cast(&x, wide)?, axes)?, d);
    }
    macro_rules! number {
        ($t:ty, $run:ident, $zero:expr, $one:expr, $least:expr, $most:expr, $add:expr, $mul:expr, $nan:expr) => {
            match op {
                Reduce::Sum => $run::<$t>(x, axes, $zero, $add),
                Reduce::Prod => $run::<$t>(x, axes, $one, $mul),
                // A NaN wins.
                Reduce::Max => $run::<$t>(x, axes, $least, |a, b| if a >= b || $nan(a) { a } else { b }),
                Reduce::Min => $run::<$t>(x, axes, $most, |a, b| if a <= b || $nan(a) { a } else { b }),
                _ => return missing(op, d),
            }
        };
    }
    macro_rules! integer {
        ($t:ty) => {
            number!($t, run, 0, 1, <$t>::MIN, <$t>::MAX, |a, b| a.wrapping_add(b), |a, b| a.wrapping_mul(b), |_| false)
        };
    }
    macro_rules! complex {
        ($t:ty, $zero:expr, $one:expr) => {
            match op {
                Reduce::Sum => run::<$t>(x, axes, $zero, |a, b| a + b),
                Reduce::Prod => run::<$t>(x, axes, $one, |a, b| a * b),
                _ => return missing(op, d),
            }
        };
    }
    Ok(match d {
        DType::F32 => number!(f32, run_fast, 0.0, 1.0, f32::NEG_INFINITY, f32::INFINITY, |a, b| a + b, |a, b| a * b, |v: f32| v.is_nan()),
        DType::F64 => number!(f64, run_fast, 0.0, 1.0, f64::NEG_INFINITY, f64::INFINITY, |a, b| a + b, |a, b| a * b, |v: f64| v.is_nan()),
        DType::I32 => integer!(i32),
        DType::I64 => integer!(i64),
        DType::U64 => integer!(u64),
        DType::C128 => complex!(C128, C128::new(0.0, 0.0), C128::new(1.0, 0.0)),
        DType::Bool => match op {
            Reduce::All => run::<Bool>(x, axes, Bool::TRUE, |a, b| Bool::from(a.get() & b.get())),
            Reduce::Any => run::<Bool>(x, axes, Bool::FALSE, |a, b| Bool::from(a.get() | b.get())),
            _ => return missing(op, d),
        },
        d => return missing(op, d),
    })
}

/// The least (greatest) value of a narrow integer type, everywhere.
fn neutral(least: bool, d: DType, dims: &[usize]) -> Result<Tensor> {
    let bits = 8 * d.size() as u32;
    let signed = matches!(d, DType::I8 | DType::I16);
    let value = match (signed, least) {
        (true, true) => -(1i64 << (bits - 1)),
        (true, false) => (1i64 << (bits - 1)) - 1,
        (false, true) => 0,
        (false, false) => (1i64 << bits) - 1,
    };
    let n: usize = dims.iter().product();
    cast(&Tensor::from_slice(&vec![value; n], dims), d)
}

fn missing<T>(op: Reduce, d: DType) -> Result<T> {
    Err(KernelError::unimplemented(format!("{op:?} has no kernel for {}", d.name())))
}

/// Groups of neighbouring axes that are treated alike, outermost first: size, and whether it is reduced.
fn groups(dims: &[usize], axes: &[bool]) -> Vec<(usize, bool)> {
    let mut out: Vec<(usize, bool)> = Vec::new();
    for (&n, &r) in dims.iter().zip(axes) {
        if n == 1 {
            continue;
        }
        match out.last_mut() {
            Some((size, reduced)) if *reduced == r => *size *= n,
            _ => out.push((n, r)),
        }
    }
    out
}

/// How the elements of one type are combined; the loops are behind pointers, so that what drives them is compiled once per type.
struct Fold<'a, T> {
    zero: T,
    join: &'a (dyn Fn(T, T) -> T + Sync),
    /// All of a short row.
    row: &'a (dyn Fn(&[T]) -> T + Sync),
    /// Every row of `x` into `out`.
    columns: &'a (dyn Fn(&[T], &mut [T]) + Sync),
}

fn run<T: Element>(x: Tensor, axes: &[bool], zero: T, f: impl Fn(T, T) -> T + Sync + Copy) -> Tensor {
    let fold = Fold { zero, join: &f, row: &|x| row(x, zero, f), columns: &|x, out| columns(x, out, f) };
    passes(x, axes, &fold)
}

/// As `run`, with loops compiled for each CPU level.
fn run_fast<T: Element>(x: Tensor, axes: &[bool], zero: T, f: impl Fn(T, T) -> T + Sync + Copy) -> Tensor {
    let fold = Fold { zero, join: &f, row: &|x| fast_row(x, zero, f), columns: &|x, out| fast_columns(x, out, f) };
    passes(x, axes, &fold)
}

multiversion! {
    fn fast_row<L, T: [Element], F: [Fn(T, T) -> T + Copy]>(x: &[T], zero: T, f: F) -> T {
        row(x, zero, f)
    }
    fn fast_columns<L, T: [Element], F: [Fn(T, T) -> T + Copy]>(x: &[T], out: &mut [T], f: F) {
        columns(x, out, f)
    }
}

fn passes<T: Element>(x: Tensor, axes: &[bool], fold: &Fold<'_, T>) -> Tensor {
    let kept: Dims = x.dims().iter().zip(axes).filter(|a| !*a.1).map(|a| *a.0).collect();
    let mut groups = groups(x.dims(), axes);
    if x.is_empty() {
        let mut out = Tensor::scratch(T::DTYPE, &kept);
        out.slice_mut::<T>().fill(fold.zero);
        return out;
    }
    let mut x = x;
    // Innermost first: it shrinks what the next pass reads.
    while let Some(at) = groups.iter().rposition(|g| g.1) {
        let n = groups[at].0;
        let outer: usize = groups[..at].iter().map(|g| g.0).product();
        let inner: usize = groups[at + 1..].iter().map(|g| g.0).product();
        let mut out = Tensor::scratch(T::DTYPE, &[outer, inner]);
        pass(x.slice::<T>(), out.slice_mut::<T>(), n, inner, fold);
        x = out;
        groups.remove(at);
    }
    x.reshaped(&kept)
}

/// `out[o, i] = Σ_r x[o, r, i]`
fn pass<T: Element>(x: &[T], out: &mut [T], n: usize, inner: usize, fold: &Fold<'_, T>) {
    let outer = out.len() / inner.max(1);
    if inner == 1 {
        if outer == 1 {
            out[0] = par::fold(n, 0.25, |r| halves(&x[r], fold), fold.join).unwrap_or(fold.zero);
        } else {
            par::rows_mut(out, 1, 0.25 * n as f64, |first, piece| {
                for (i, o) in piece.iter_mut().enumerate() {
                    *o = halves(&x[(first + i) * n..][..n], fold);
                }
            });
        }
    } else if outer == 1 {
        let total = par::fold(
            n,
            0.3 * inner as f64,
            |r| {
                let mut sum = vec![fold.zero; inner];
                blocks(&x[r.start * inner..r.end * inner], &mut sum, fold);
                sum
            },
            |mut a, b| {
                (fold.columns)(&b, &mut a);
                a
            },
        );
        if let Some(t) = total {
            out.copy_from_slice(&t);
        }
    } else {
        par::rows_mut(out, inner, 0.3 * (n * inner) as f64, |first, rows| {
            for (i, o) in rows.chunks_mut(inner).enumerate() {
                blocks(&x[(first + i) * n * inner..][..n * inner], o, fold);
            }
        });
    }
}

const LANES: usize = 16;

/// All of a row: blocks in pairs.
fn halves<T: Element>(x: &[T], fold: &Fold<'_, T>) -> T {
    if x.len() > LANES * BLOCK / 4 {
        let half = (x.len() / 2).next_multiple_of(LANES);
        return (fold.join)(halves(&x[..half], fold), halves(&x[half..], fold));
    }
    (fold.row)(x)
}

/// All of a block: interleaved partial results.
#[inline(always)]
fn row<T: Element>(x: &[T], zero: T, f: impl Fn(T, T) -> T) -> T {
    if x.len() < LANES {
        return x.iter().fold(zero, |a, &b| f(a, b));
    }
    let mut lanes = [zero; LANES];
    let chunks = x.chunks_exact(LANES);
    let rest = chunks.remainder();
    for c in chunks {
        for (l, &v) in lanes.iter_mut().zip(c) {
            *l = f(*l, v);
        }
    }
    for (l, &v) in lanes.iter_mut().zip(rest) {
        *l = f(*l, v);
    }
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] = f(lanes[i], lanes[i + width]);
        }
        width /= 2;
    }
    lanes[0]
}

#[inline(always)]
fn columns<T: Element>(x: &[T], out: &mut [T], f: impl Fn(T, T) -> T) {
    for r in x.chunks_exact(out.len()) {
        for (o, &v) in out.iter_mut().zip(r) {
            *o = f(*o, v);
        }
    }
}

/// The sum of rows, into `out`: blocks of rows first.
fn blocks<T: Element>(x: &[T], out: &mut [T], fold: &Fold<'_, T>) {
    let k = out.len();
    out.fill(fold.zero);
    if x.len() <= BLOCK * k {
        return (fold.columns)(x, out);
    }
    let mut block = vec![fold.zero; k];
    for rows in x.chunks(BLOCK * k) {
        block.fill(fold.zero);
        (fold.columns)(rows, &mut block);
        (fold.columns)(&block, out);
    }
}

/// Σ x² / 2 over everything: the L2 loss.
pub fn half_sum_of_squares(x: &Tensor) -> Result<Tensor> {
    let d = x.dtype();
    let sum = match d {
        DType::F32 => par::fold(x.len(), 0.3, |r| squares(&x.slice::<f32>()[r]), |a, b| a + b),
        DType::F64 => par::fold(x.len(), 0.3, |r| squares(&x.slice::<f64>()[r]), |a, b| a + b),
        DType::F16 | DType::BF16 => return cast(&half_sum_of_squares(&cast(x, DType::F32)?)?, d),
        d => return Err(KernelError::unimplemented(format!("L2Loss has no kernel for {}", d.name()))),
    };
    cast(&Tensor::scalar(sum.unwrap_or(0.0) / 2.0), d)
}

/// The sum of squares: sixteen interleaved sums of T per 4096 elements, in double precision across them.
fn squares<T: Element + num_traits::Float + Into<f64>>(x: &[T]) -> f64 {
    x.chunks(4096)
        .map(|c| {
            let mut lanes = [T::zero(); 16];
            for c in c.chunks(16) {
                for (l, &v) in lanes.iter_mut().zip(c) {
                    *l = *l + v * v;
                }
            }
            lanes.iter().map(|&l| l.into()).sum::<f64>()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_of_axes_matches_index_arithmetic() {
        let dims = [3, 1, 4, 5];
        let x: Vec<i64> = (0..60).map(|i| (i * i) % 23 - 7).collect();
        for mask in 0..16u32 {
            let axes: Vec<bool> = (0..4).map(|i| mask >> i & 1 == 1).collect();
            let kept: Vec<usize> = (0..4).filter(|&i| !axes[i]).map(|i| dims[i]).collect();
            let n = kept.iter().product();
            let (mut sum, mut max) = (vec![0; n], vec![i64::MIN; n]);
            for (flat, &v) in x.iter().enumerate() {
                let index = [flat / 20, 0, flat / 5 % 4, flat % 5];
                let at = (0..4).filter(|&i| !axes[i]).fold(0, |a, i| a * dims[i] + index[i]);
                sum[at] += v;
                max[at] = v.max(max[at]);
            }
            let t = Tensor::from_slice(&x, &dims);
            let s = reduce(Reduce::Sum, t.clone(), &axes).unwrap();
            assert_eq!((s.dims(), s.slice::<i64>()), (&kept[..], &sum[..]), "{axes:?}");
            assert_eq!(reduce(Reduce::Max, t, &axes).unwrap().slice::<i64>(), max, "{axes:?}");
        }
    }

    #[test]
    fn long_float_sums_stay_exact() {
        let x = Tensor::from_slice(&vec![0.1f32; 1_000_000], &[1_000_000]);
        let s = reduce(Reduce::Sum, x.clone(), &[true]).unwrap().slice::<f32>()[0];
        assert!((s - 100_000.0).abs() < 0.2, "{s}");
        let s = reduce(Reduce::Sum, x.reshaped(&[250_000, 4]), &[true, false]).unwrap();
        assert!(s.slice::<f32>().iter().all(|v| (v - 25_000.0).abs() < 0.1), "{:?}", s.slice::<f32>());
    }

    #[test]
    fn reductions_over_nothing_have_their_neutral_value() {
        let x = Tensor::zeros(DType::F32, &[2, 0]);
        let over = |op| reduce(op, x.clone(), &[false, true]).unwrap().slice::<f32>().to_vec();
        assert_eq!(over(Reduce::Sum), [0.0, 0.0]);
        assert_eq!(over(Reduce::Prod), [1.0, 1.0]);
        assert_eq!(over(Reduce::Max), [f32::NEG_INFINITY; 2]);
        assert!(over(Reduce::Mean).iter().all(|v| v.is_nan()));
        assert_eq!(reduce(Reduce::Max, Tensor::zeros(DType::I8, &[2, 0]), &[false, true]).unwrap().slice::<i8>(), [-128, -128]);
        assert_eq!(reduce(Reduce::Min, Tensor::zeros(DType::U16, &[0]), &[true]).unwrap().slice::<u16>(), [65535]);
        assert_eq!(reduce(Reduce::Mean, Tensor::vector(&[-3i32, 0, -2]), &[true]).unwrap().slice::<i32>(), [-1]);
        assert_eq!(reduce(Reduce::Mean, Tensor::vector(&[i32::MAX, i32::MAX]), &[true]).unwrap().slice::<i32>(), [i32::MAX]);
        assert_eq!(reduce(Reduce::Mean, Tensor::vector(&[200u8, 100, 201]), &[true]).unwrap().slice::<u8>(), [167]);
    }
}
