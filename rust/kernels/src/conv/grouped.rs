//! Convolutions in groups: each part of the output channels sees its own part of the input channels.

use super::{Geometry, backprop_filter, backprop_input, forward};
use crate::gemm::GemmFloat;

/// The sizes of one of `groups` equal parts.
fn part(g: &Geometry, groups: usize) -> Geometry {
    Geometry { cin: g.cin / groups, cout: g.cout / groups, ..*g }
}

/// Columns `from..from + n` of rows of `total`.
fn take<T: Copy>(x: &[T], total: usize, from: usize, n: usize, to: &mut Vec<T>) {
    to.clear();
    for row in x.chunks_exact(total.max(1)) {
        to.extend_from_slice(&row[from..from + n]);
    }
}

/// The inverse of `take`.
fn put<T: Copy>(part: &[T], total: usize, from: usize, n: usize, to: &mut [T]) {
    if n > 0 {
        for (row, p) in to.chunks_exact_mut(total).zip(part.chunks_exact(n)) {
            row[from..from + n].copy_from_slice(p);
        }
    }
}

/// The convolution: filter `[kd, kh, kw, cin / groups, cout]`. `groups` divides both numbers of channels.
pub fn forward_in_groups<T: GemmFloat>(g: &Geometry, groups: usize, x: &[T], f: &[T], y: &mut [T]) {
    if groups <= 1 {
        return forward(g, x, f, y);
    }
    let p = part(g, groups);
    let (mut xs, mut fs, mut ys) = (Vec::new(), Vec::new(), vec![T::default(); y.len() / groups]);
    for i in 0..groups {
        take(x, g.cin, i * p.cin, p.cin, &mut xs);
        take(f, g.cout, i * p.cout, p.cout, &mut fs);
        forward(&p, &xs, &fs, &mut ys);
        put(&ys, g.cout, i * p.cout, p.cout, y);
    }
}

/// The gradient of the input.
pub fn backprop_input_in_groups<T: GemmFloat>(g: &Geometry, groups: usize, f: &[T], dy: &[T], dx: &mut [T]) {
    if groups <= 1 {
        return backprop_input(g, f, dy, dx);
    }
    let p = part(g, groups);
    let (mut fs, mut ys, mut xs) = (Vec::new(), Vec::new(), vec![T::default(); dx.len() / groups]);
    for i in 0..groups {
        take(f, g.cout, i * p.cout, p.cout, &mut fs);
        take(dy, g.cout, i * p.cout, p.cout, &mut ys);
        backprop_input(&p, &fs, &ys, &mut xs);
        put(&xs, g.cin, i * p.cin, p.cin, dx);
    }
}

/// The gradient of the filter.
pub fn backprop_filter_in_groups<T: GemmFloat>(g: &Geometry, groups: usize, x: &[T], dy: &[T], df: &mut [T]) {
    if groups <= 1 {
        return backprop_filter(g, x, dy, df);
    }
    let p = part(g, groups);
    let (mut xs, mut ys, mut fs) = (Vec::new(), Vec::new(), vec![T::default(); df.len() / groups]);
    for i in 0..groups {
        take(x, g.cin, i * p.cin, p.cin, &mut xs);
        take(dy, g.cout, i * p.cout, p.cout, &mut ys);
        backprop_filter(&p, &xs, &ys, &mut fs);
        put(&fs, g.cout, i * p.cout, p.cout, df);
    }
}
