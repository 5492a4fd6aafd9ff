//! Matrix products over slices with strides: hand-blocked kernels for f32 and f64, plain loops for the other types.
//!
//! A product of given sizes and strides sums each element in an order that depends on them alone, so the result is the same,
//! bit for bit, for any number of threads.

mod driver;
mod gathered;
mod lanes;
mod micro;
mod pack;
mod pieces;
mod plain;
mod spaced;

pub use driver::{Epilogue, PackedB};
pub(crate) use gathered::{gemm_gathered, pack_rows};
pub use pieces::gemm_pieces;
pub use plain::{gemm_half, gemm_plain};
pub(crate) use spaced::{Spaced, gemm_spaced};

use crate::isa::isa;
use driver::{Operands, Right};
use micro::Kernels;

/// An element type with hand-blocked kernels: f32 and f64.
pub trait GemmFloat: Kernels + std::ops::Add<Output = Self> + std::ops::Mul<Output = Self> {}
impl GemmFloat for f32 {}
impl GemmFloat for f64 {}

/// Compute `c = a · b`, or `c += a · b`.
///
/// a is `[m, k]` with the given (row, column) strides in elements, b is `[k, n]` likewise, c is `[m, n]` and contiguous.
/// Panics when a slice is too short for its sizes and strides.
pub fn gemm<T: GemmFloat>(
    m: usize,
    n: usize,
    k: usize,
    a: &[T],
    a_strides: (usize, usize),
    b: &[T],
    b_strides: (usize, usize),
    c: &mut [T],
    accumulate: bool,
) {
    gemm_with(m, n, k, a, a_strides, b, b_strides, c, accumulate, None);
}

/// As [`gemm`], and call `epilogue(row, first_column, values)` on each finished piece of a row while it is in cache.
///
/// The pieces cover c once; their borders depend on the sizes only. It may be called from several threads.
pub fn gemm_with<T: GemmFloat>(
    m: usize,
    n: usize,
    k: usize,
    a: &[T],
    a_strides: (usize, usize),
    b: &[T],
    b_strides: (usize, usize),
    c: &mut [T],
    accumulate: bool,
    epilogue: Option<Epilogue<'_, T>>,
) {
    check("a", a.len(), m, k, a_strides);
    check("b", b.len(), k, n, b_strides);
    assert!(c.len() >= m * n, "gemm: c holds {} values, needs {m} x {n}", c.len());
    let right = Right::Plain { ptr: b.as_ptr(), rs: b_strides.0, cs: b_strides.1 };
    let x = Operands { m, n, k, a: a.as_ptr(), a_rs: a_strides.0, a_cs: a_strides.1, b: right, c: c.as_mut_ptr(), accumulate, epilogue };
    // SAFETY: the checks above cover every element that the sizes and strides reach; c is borrowed for writing.
    unsafe { driver::run(isa(), &x) }
}

/// As [`gemm_with`], with a right operand packed beforehand.
pub fn gemm_packed<T: GemmFloat>(
    m: usize,
    a: &[T],
    a_strides: (usize, usize),
    b: &PackedB<T>,
    c: &mut [T],
    accumulate: bool,
    epilogue: Option<Epilogue<'_, T>>,
) {
    let (k, n) = (b.rows(), b.columns());
    check("a", a.len(), m, k, a_strides);
    assert!(c.len() >= m * n, "gemm: c holds {} values, needs {m} x {n}", c.len());
    let (a_rs, a_cs) = a_strides;
    let x = Operands { m, n, k, a: a.as_ptr(), a_rs, a_cs, b: Right::Packed(b), c: c.as_mut_ptr(), accumulate, epilogue };
    // SAFETY: as in `gemm_with`; the packed operand was made for its own level.
    unsafe { driver::run(b.level(), &x) }
}

fn check(name: &str, len: usize, rows: usize, columns: usize, strides: (usize, usize)) {
    if rows == 0 || columns == 0 {
        return;
    }
    let last = (rows - 1).checked_mul(strides.0).zip((columns - 1).checked_mul(strides.1)).and_then(|(r, c)| r.checked_add(c));
    assert!(last.is_some_and(|l| l < len), "gemm: {name} holds {len} values, too few for {rows} x {columns} with strides {strides:?}");
}

#[cfg(test)]
mod tests;
