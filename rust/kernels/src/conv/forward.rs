//! The convolution itself.

use super::Geometry;
use super::patches::Patches;
use crate::gemm::{GemmFloat, PackedB, gemm};

/// Write `y = x ∗ f`; see [`Geometry`] for the shapes.
pub fn forward<T: GemmFloat>(g: &Geometry, x: &[T], f: &[T], y: &mut [T]) {
    let k = g.taps() * g.cin;
    assert!(x.len() == g.batch * g.pixels_in() * g.cin && f.len() == k * g.cout && y.len() == g.batch * g.pixels_out() * g.cout);
    if g.is_empty() {
        return y.fill(T::default());
    }
    let m = g.batch * g.pixels_out();
    if g.is_pointwise() {
        return gemm(m, g.cout, k, x, (k, 1), f, (g.cout, 1), y, false);
    }
    let patches = Patches::new(g, x);
    let b = PackedB::new(k, g.cout, f, (g.cout, 1));
    patches.product(g, &b, y);
}
