//! The register-tile kernels: a few rows of C times a few vectors of columns, and dot products, for each CPU level.

use super::lanes::{Lanes, Plain};
use crate::isa::Isa;

/// One register tile: `c[0..rows, 0..columns] (+)= a · b` over `k` steps.
///
/// Vector `j` of row `p` of b stands at `b + p * b_rs + (j / 2) * b_pair + (j % 2) * lanes`, so that the same kernel reads plain
/// rows (`b_pair = 2 * lanes`) and packed panels of two vectors.
#[derive(Clone, Copy)]
pub(super) struct Tile<T> {
    pub k: usize,
    pub a: *const T,
    pub a_rs: usize,
    pub a_cs: usize,
    pub b: *const T,
    pub b_rs: usize,
    pub b_pair: usize,
    pub c: *mut T,
    pub c_rs: usize,
    /// Columns of the last vector, 1 to lanes.
    pub last: usize,
    /// What a later tile reads: `ahead + p * ahead_step` is prefetched at step p. Any address will do.
    pub ahead: *const T,
    pub ahead_step: usize,
    /// Whether c is added to, or overwritten.
    pub accumulate: bool,
}

pub(super) type TileFn<T> = unsafe fn(&Tile<T>);
/// `out[j] = sum over p of x[p] * rows[j * stride + p]` for j in 0..4 (or 0..1), `k` values each.
pub(super) type DotFn<T> = unsafe fn(k: usize, x: *const T, rows: *const T, stride: usize, out: &mut [T; 4]);

/// `c[j] (+)= sum over p of a[p * a_cs] * b[p * b_rs + j]` for `n` columns, reading b row by row.
pub(super) type RowFn<T> = unsafe fn(n: usize, t: &Tile<T>);

/// The kernels of one type at one CPU level. The tables are indexed by `rows - 1`.
pub(super) struct Micro<T: 'static> {
    pub lanes: usize,
    /// Rows of A are one element apart (packed, or a transposed operand): tiles of one and of two vectors.
    pub unit: [&'static [TileFn<T>]; 2],
    /// Rows of A are `a_rs` apart: tiles of one, two, four and eight vectors.
    pub strided: [&'static [TileFn<T>]; 4],
    pub dot4: DotFn<T>,
    pub dot1: DotFn<T>,
    pub row: RowFn<T>,
}

#[inline(always)]
unsafe fn tile<V: Lanes, const MR: usize, const NV: usize, const UNIT: bool>(t: &Tile<V::T>) {
    // SAFETY: the caller runs at the level of V and gives operands that cover the tile; pointers past the last step are
    // formed by wrapping arithmetic and not read.
    unsafe {
        let mask = V::mask(t.last);
        let a_rs = if UNIT { 1 } else { t.a_rs };
        if UNIT {
            for i in 0..MR {
                for j in 0..NV {
                    V::prefetch(t.c.wrapping_add(i * t.c_rs + j * V::N), false);
                }
            }
        }
        let mut acc = [[V::zero(); NV]; MR];
        let (mut a, mut b) = (t.a, t.b);
        let mut ahead = t.ahead;
        for _ in 0..t.k {
            if UNIT && NV == 2 {
                V::prefetch(ahead, true);
                ahead = ahead.wrapping_add(t.ahead_step);
            }
            let mut bv = [V::zero(); NV];
            for j in 0..NV {
                let p = b.wrapping_add((j / 2) * t.b_pair + (j % 2) * V::N);
                bv[j] = if j + 1 < NV { V::load(p) } else { V::load_mask(p, mask) };
            }
            for i in 0..MR {
                let x = V::splat(*a.wrapping_add(i * a_rs));
                for j in 0..NV {
                    acc[i][j] = acc[i][j].fma(x, bv[j]);
                }
            }
            a = a.wrapping_add(t.a_cs);
            b = b.wrapping_add(t.b_rs);
        }
        for i in 0..MR {
            for j in 0..NV {
                let p = t.c.wrapping_add(i * t.c_rs + j * V::N);
                if j + 1 < NV {
                    let v = if t.accumulate { V::load(p).add(acc[i][j]) } else { acc[i][j] };
                    v.store(p);
                } else {
                    let v = if t.accumulate { V::load_mask(p, mask).add(acc[i][j]) } else { acc[i][j] };
                    v.store_mask(p, mask);
                }
            }
        }
    }
}

/// Sum `x · row` for `ROWS` rows at once, `STEPS` vectors of each in flight.
#[inline(always)]
unsafe fn dots<V: Lanes, const ROWS: usize, const STEPS: usize>(k: usize, x: *const V::T, rows: *const V::T, stride: usize, out: &mut [V::T; 4])
where
    V::T: std::ops::Add<Output = V::T> + Default,
{
    // SAFETY: the caller runs at the level of V and gives `k` values in x and in each row; the tail is masked.
    unsafe {
        let mut acc = [[V::zero(); STEPS]; ROWS];
        let mut p = 0;
        while p + STEPS * V::N <= k {
            for s in 0..STEPS {
                let xv = V::load(x.add(p + s * V::N));
                for r in 0..ROWS {
                    acc[r][s] = acc[r][s].fma(xv, V::load(rows.add(r * stride + p + s * V::N)));
                }
            }
            p += STEPS * V::N;
        }
        while p < k {
            let mask = V::mask((k - p).min(V::N));
            let xv = V::load_mask(x.add(p), mask);
            for r in 0..ROWS {
                acc[r][0] = acc[r][0].fma(xv, V::load_mask(rows.add(r * stride + p), mask));
            }
            p += V::N;
        }
        for r in 0..ROWS {
            let mut v = acc[r][0];
            for s in 1..STEPS {
                v = v.add(acc[r][s]);
            }
            let mut lane = [V::T::default(); 16];
            v.store(lane.as_mut_ptr());
            let mut width = V::N;
            while width > 1 {
                width /= 2;
                for i in 0..width {
                    lane[i] = lane[i] + lane[i + width];
                }
            }
            out[r] = lane[0];
        }
    }
}

/// Rows of b that one sweep over c adds.
const SWEEP: usize = 8;

#[inline(always)]
unsafe fn row<V: Lanes>(n: usize, t: &Tile<V::T>) {
    // SAFETY: the caller runs at the level of V and gives `n` columns of `k` rows; the last vector is masked.
    unsafe {
        let mut p = 0;
        while p < t.k {
            let rows = (t.k - p).min(SWEEP);
            let mut x = [V::zero(); SWEEP];
            for q in 0..rows {
                x[q] = V::splat(*t.a.add((p + q) * t.a_cs));
            }
            let fresh = p == 0 && !t.accumulate;
            let b = t.b.add(p * t.b_rs);
            let mut j = 0;
            while j + V::N <= n {
                let c = t.c.add(j);
                let mut acc = if fresh { V::zero() } else { V::load(c) };
                if rows == SWEEP {
                    for q in 0..SWEEP {
                        acc = acc.fma(x[q], V::load(b.add(q * t.b_rs + j)));
                    }
                } else {
                    for q in 0..rows {
                        acc = acc.fma(x[q], V::load(b.add(q * t.b_rs + j)));
                    }
                }
                acc.store(c);
                j += V::N;
            }
            if j < n {
                let mask = V::mask(n - j);
                let c = t.c.add(j);
                let mut acc = if fresh { V::zero() } else { V::load_mask(c, mask) };
                for q in 0..rows {
                    acc = acc.fma(x[q], V::load_mask(b.add(q * t.b_rs + j), mask));
                }
                acc.store_mask(c, mask);
            }
            p += SWEEP;
        }
    }
}

macro_rules! level {
    ($module:ident, [$(#[$feature:meta])*], $v32:ty, $v64:ty, unit1: [$($u1:literal)*], unit2: [$($u2:literal)*],
     s1: [$($s1:literal)*], s2: [$($s2:literal)*], s4: [$($s4:literal)*], s8: [$($s8:literal)*]) => {
        mod $module {
            use super::*;

            $(#[$feature])*
            unsafe fn run<V: Lanes, const MR: usize, const NV: usize, const UNIT: bool>(t: &Tile<V::T>) {
                // SAFETY: as the caller promises.
                unsafe { tile::<V, MR, NV, UNIT>(t) }
            }

            $(#[$feature])*
            unsafe fn dot<V: Lanes, const ROWS: usize, const STEPS: usize>(
                k: usize, x: *const V::T, rows: *const V::T, stride: usize, out: &mut [V::T; 4])
            where
                V::T: std::ops::Add<Output = V::T> + Default,
            {
                // SAFETY: as the caller promises.
                unsafe { dots::<V, ROWS, STEPS>(k, x, rows, stride, out) }
            }

            $(#[$feature])*
            unsafe fn rows<V: Lanes>(n: usize, t: &Tile<V::T>) {
                // SAFETY: as the caller promises.
                unsafe { row::<V>(n, t) }
            }

            const fn micro<V: Lanes>() -> Micro<V::T>
            where
                V::T: std::ops::Add<Output = V::T> + Default,
            {
                Micro {
                    lanes: V::N,
                    unit: [&[$(run::<V, $u1, 1, true>),*], &[$(run::<V, $u2, 2, true>),*]],
                    strided: [&[$(run::<V, $s1, 1, false>),*], &[$(run::<V, $s2, 2, false>),*],
                              &[$(run::<V, $s4, 4, false>),*], &[$(run::<V, $s8, 8, false>),*]],
                    dot4: dot::<V, 4, 2>,
                    dot1: dot::<V, 1, 4>,
                    row: rows::<V>,
                }
            }
            pub static F32: Micro<f32> = micro::<$v32>();
            pub static F64: Micro<f64> = micro::<$v64>();
        }
    };
}

#[cfg(target_arch = "x86_64")]
level!(avx512, [#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi1,bmi2")]],
    super::super::lanes::F32x16, super::super::lanes::F64x8,
    unit1: [1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16], unit2: [1 2 3 4 5 6 7 8 9 10 11 12 13 14],
    s1: [1 2 3 4 5 6 7 8], s2: [1 2 3 4 5 6 7 8], s4: [1 2 3 4 5 6], s8: [1 2 3]);
#[cfg(target_arch = "x86_64")]
level!(avx2, [#[target_feature(enable = "avx2,fma,bmi1,bmi2")]],
    super::super::lanes::F32x8, super::super::lanes::F64x4,
    unit1: [1 2 3 4 5 6 7 8 9 10 11 12], unit2: [1 2 3 4 5 6],
    s1: [1 2 3 4 5 6 7 8], s2: [1 2 3 4 5 6], s4: [1 2 3], s8: [1]);
level!(baseline, [], Plain<f32, 4>, Plain<f64, 2>,
    unit1: [1 2 3 4 5 6 7 8], unit2: [1 2 3 4 5 6],
    s1: [1 2 3 4 5 6 7 8], s2: [1 2 3 4 5 6], s4: [1 2 3], s8: [1]);

/// The kernels of a type, and how its runs are transposed.
pub trait Kernels: Copy + Send + Sync + Default + PartialEq + std::fmt::Debug + 'static {
    /// The side of the block that [`Kernels::transpose`] moves.
    const SIDE: usize;

    fn micro(level: Isa) -> MicroRef<Self>;

    /// Write `dst[p * dst_stride + r] = src[r * src_stride + p]` for p and r below `SIDE`, with zeros for r from `rows` on.
    ///
    /// # Safety
    /// The level is AVX2 or better; `rows <= SIDE` runs of `SIDE` values are readable, `SIDE` runs of `SIDE` values writable.
    unsafe fn transpose(src: *const Self, src_stride: usize, rows: usize, dst: *mut Self, dst_stride: usize);

    /// As [`Kernels::transpose`], with at most `SIDE` rows anywhere in memory, read from their element `at`.
    ///
    /// # Safety
    /// As there.
    unsafe fn transpose_rows(rows: &[*const Self], at: usize, dst: *mut Self, dst_stride: usize);

    fn sum(a: Self, b: Self) -> Self;
}

/// A handle to the kernels of one level.
#[derive(Clone, Copy)]
pub struct MicroRef<T: 'static>(pub(super) &'static Micro<T>);

macro_rules! kernels {
    ($t:ty, $statics:ident, $side:literal, $transpose:ident, $rows:ident) => {
        impl Kernels for $t {
            #[inline(always)]
            fn sum(a: $t, b: $t) -> $t {
                a + b
            }

            const SIDE: usize = $side;

            #[inline]
            fn micro(level: Isa) -> MicroRef<$t> {
                MicroRef(match level {
                    #[cfg(target_arch = "x86_64")]
                    Isa::Avx512 => &avx512::$statics,
                    #[cfg(target_arch = "x86_64")]
                    Isa::Avx2 => &avx2::$statics,
                    _ => &baseline::$statics,
                })
            }

            #[cfg(target_arch = "x86_64")]
            #[inline]
            unsafe fn transpose(src: *const $t, src_stride: usize, rows: usize, dst: *mut $t, dst_stride: usize) {
                // SAFETY: as the caller promises.
                unsafe { super::pack::$transpose(src, src_stride, rows, dst, dst_stride) }
            }

            #[cfg(target_arch = "x86_64")]
            #[inline]
            unsafe fn transpose_rows(rows: &[*const $t], at: usize, dst: *mut $t, dst_stride: usize) {
                // SAFETY: as the caller promises.
                unsafe { super::pack::$rows(rows, at, dst, dst_stride) }
            }

            #[cfg(not(target_arch = "x86_64"))]
            unsafe fn transpose_rows(_: &[*const $t], _: usize, _: *mut $t, _: usize) {
                unreachable!("only called at the AVX2 level")
            }

            #[cfg(not(target_arch = "x86_64"))]
            unsafe fn transpose(_: *const $t, _: usize, _: usize, _: *mut $t, _: usize) {
                unreachable!("only called at the AVX2 level")
            }
        }
    };
}
kernels!(f32, F32, 8, transpose8, rows8);
kernels!(f64, F64, 4, transpose4, rows4);
