//! Matrix products of the types without hand-blocked kernels: integers, complex numbers, and half floats through float32.

use super::gemm;
use crate::par;

/// Compute `c (+)= a · b` with any multiply-add; the arguments are those of [`gemm`].
///
/// `mul_add(acc, x, y)` returns `acc + x * y`, by the type's own rules (wrapping for integers).
pub fn gemm_plain<T: Copy + Send + Sync>(
    m: usize,
    n: usize,
    k: usize,
    a: &[T],
    a_strides: (usize, usize),
    b: &[T],
    b_strides: (usize, usize),
    c: &mut [T],
    accumulate: bool,
    zero: T,
    mul_add: impl Fn(T, T, T) -> T + Sync,
) {
    assert!(c.len() >= m * n, "gemm: c holds {} values, needs {m} x {n}", c.len());
    let c = &mut c[..m * n];
    if !accumulate {
        c.fill(zero);
    }
    if m == 0 || n == 0 || k == 0 {
        return;
    }
    let at = |i: usize, p: usize| a[i * a_strides.0 + p * a_strides.1];
    par::rows_mut(c, n, (n * k) as f64 * 0.5, |first, rows| {
        for (i, row) in rows.chunks_mut(n).enumerate() {
            if b_strides.1 == 1 {
                for p in 0..k {
                    let x = at(first + i, p);
                    for (c, &y) in row.iter_mut().zip(&b[p * b_strides.0..][..n]) {
                        *c = mul_add(*c, x, y);
                    }
                }
            } else {
                for (j, c) in row.iter_mut().enumerate() {
                    *c = (0..k).fold(*c, |acc, p| mul_add(acc, at(first + i, p), b[p * b_strides.0 + j * b_strides.1]));
                }
            }
        }
    });
}

/// Compute `c (+)= a · b` of a 16-bit float type, summed in float32 and rounded once; the arguments are those of [`gemm`].
pub fn gemm_half<T: Copy + Send + Sync + Into<f32>>(
    m: usize,
    n: usize,
    k: usize,
    a: &[T],
    a_strides: (usize, usize),
    b: &[T],
    b_strides: (usize, usize),
    c: &mut [T],
    accumulate: bool,
    round: impl Fn(f32) -> T,
) {
    assert!(c.len() >= m * n, "gemm: c holds {} values, needs {m} x {n}", c.len());
    let wide = |x: &[T], rows: usize, columns: usize, s: (usize, usize)| -> Vec<f32> {
        (0..rows).flat_map(|i| (0..columns).map(move |j| x[i * s.0 + j * s.1].into())).collect()
    };
    let (wa, wb) = (wide(a, m, k, a_strides), wide(b, k, n, b_strides));
    let mut wc: Vec<f32> = if accumulate { c[..m * n].iter().map(|&v| v.into()).collect() } else { vec![0.0; m * n] };
    gemm(m, n, k, &wa, (k, 1), &wb, (n, 1), &mut wc, accumulate);
    for (c, w) in c.iter_mut().zip(wc) {
        *c = round(w);
    }
}
