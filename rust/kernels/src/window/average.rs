//! Means of windows; positions outside the input do not count.

use super::{Geometry, place, window};
use crate::isa::multiversion;
use crate::optimize::Real;
use crate::par;

multiversion! {
    fn average_chunk<L, T: [Real]>(g: &Geometry, x: &[T], first: usize, chunk: &mut [T]) {
        let _ = L::FMA;
        let (c, image) = (g.cin, g.pixels_in() * g.cin);
        for (i, y) in chunk.chunks_exact_mut(c).enumerate() {
            let (n, at) = place(g, first + i);
            let x = &x[n * image..(n + 1) * image];
            y.fill(T::ZERO);
            let count = window(g, at, |p| {
                for (y, x) in y.iter_mut().zip(&x[p * c..(p + 1) * c]) {
                    *y = *y + *x;
                }
            });
            let by = T::of(count as f64);
            for y in y.iter_mut() {
                *y = *y / by;
            }
        }
    }
    fn average_grad_image<L, T: [Real]>(g: &Geometry, dy: &[T], dx: &mut [T]) {
        let _ = L::FMA;
        let c = g.cin;
        dx.fill(T::ZERO);
        for r in 0..g.pixels_out() {
            let (_, at) = place(g, r);
            let dy = &dy[r * c..(r + 1) * c];
            let count = window(g, at, |_| {});
            let by = T::ONE / T::of(count as f64);
            window(g, at, |p| {
                for (dx, dy) in dx[p * c..(p + 1) * c].iter_mut().zip(dy) {
                    *dx = *dx + *dy * by;
                }
            });
        }
    }
}

/// Write the mean of each window.
pub fn average<T: Real>(g: &Geometry, x: &[T], y: &mut [T]) {
    par::rows_mut(y, g.cin, (g.taps() * g.cin) as f64 * 0.15 + 5.0, |first, chunk| average_chunk(g, x, first, chunk));
}

/// Write the gradient of [`average`].
pub fn average_grad<T: Real>(g: &Geometry, dy: &[T], dx: &mut [T]) {
    let (image, out) = (g.pixels_in() * g.cin, g.pixels_out() * g.cin);
    par::rows_mut(dx, image, (g.pixels_out() * g.taps() * g.cin) as f64 * 0.2, |first, chunk| {
        for (i, dx) in chunk.chunks_exact_mut(image).enumerate() {
            average_grad_image(g, &dy[(first + i) * out..(first + i + 1) * out], dx);
        }
    });
}
