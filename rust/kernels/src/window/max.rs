//! Largest elements of windows, and where they stand.

use super::{Geometry, place, window};
use crate::isa::multiversion;
use crate::par;

/// What maxima are taken of.
pub trait Ordered: Copy + Default + PartialOrd + Send + Sync {}
impl<T: Copy + Default + PartialOrd + Send + Sync> Ordered for T {}
/// What gradients are made of.
pub trait Summable: Ordered + std::ops::Add<Output = Self> {}
impl<T: Ordered + std::ops::Add<Output = T>> Summable for T {}

fn cost(g: &Geometry) -> f64 {
    (g.taps() * g.cin) as f64 * 0.15 + 5.0
}

multiversion! {
    fn max_chunk<L, T: [Ordered]>(g: &Geometry, x: &[T], first: usize, chunk: &mut [T]) {
        let _ = L::FMA;
        let (c, image) = (g.cin, g.pixels_in() * g.cin);
        for (i, y) in chunk.chunks_exact_mut(c).enumerate() {
            let (n, at) = place(g, first + i);
            let x = &x[n * image..(n + 1) * image];
            let mut started = false;
            window(g, at, |p| {
                let x = &x[p * c..(p + 1) * c];
                if started {
                    for (y, x) in y.iter_mut().zip(x) {
                        *y = if *x > *y { *x } else { *y };
                    }
                } else {
                    y.copy_from_slice(x);
                    started = true;
                }
            });
        }
    }
    fn max_grad_images<L, T: [Summable]>(g: &Geometry, x: &[T], y: &[T], dy: &[T], dx: &mut [T], left: &mut [T]) {
        let _ = L::FMA;
        let c = g.cin;
        dx.fill(T::default());
        for r in 0..g.pixels_out() {
            let (_, at) = place(g, r);
            let y = &y[r * c..(r + 1) * c];
            // What is still to be given to the first maximum of each channel.
            left.copy_from_slice(&dy[r * c..(r + 1) * c]);
            window(g, at, |p| {
                let (x, dx) = (&x[p * c..(p + 1) * c], &mut dx[p * c..(p + 1) * c]);
                for (((x, y), dx), left) in x.iter().zip(y).zip(dx).zip(left.iter_mut()) {
                    let hit = *x == *y;
                    *dx = *dx + if hit { *left } else { T::default() };
                    *left = if hit { T::default() } else { *left };
                }
            });
        }
    }
}

/// Write the largest element of each window.
pub fn max<T: Ordered>(g: &Geometry, x: &[T], y: &mut [T]) {
    par::rows_mut(y, g.cin, cost(g), |first, chunk| max_chunk(g, x, first, chunk));
}

/// Write the gradient of [`max`]: all of it goes to the first maximum in row-major order.
pub fn max_grad<T: Summable>(g: &Geometry, x: &[T], y: &[T], dy: &[T], dx: &mut [T]) {
    let (image, out) = (g.pixels_in() * g.cin, g.pixels_out() * g.cin);
    par::rows_mut(dx, image, g.pixels_out() as f64 * cost(g), |first, chunk| {
        let mut left = vec![T::default(); g.cin];
        for (i, dx) in chunk.chunks_exact_mut(image).enumerate() {
            let n = first + i;
            let part = |v: &[T]| -> std::ops::Range<usize> { (n * out).min(v.len())..((n + 1) * out).min(v.len()) };
            max_grad_images(g, &x[n * image..(n + 1) * image], &y[part(y)], &dy[part(dy)], dx, &mut left);
        }
    });
}

/// Call `found(output element, input element of its image)` with the first maximum of each window and channel in `chunk`.
fn positions<T: Ordered>(g: &Geometry, x: &[T], row: usize, mut found: impl FnMut(usize, usize)) {
    let (c, image) = (g.cin, g.pixels_in() * g.cin);
    let (n, at) = place(g, row);
    let x = &x[n * image..(n + 1) * image];
    for k in 0..c {
        let mut best: Option<usize> = None;
        window(g, at, |p| {
            if best.is_none_or(|b| x[p * c + k] > x[b]) {
                best = Some(p * c + k);
            }
        });
        found(k, best.unwrap_or(k));
    }
}

/// Write the largest element of each window and its index in the image (with `in_batch`, in the whole input).
pub fn max_arg<T: Ordered, I: Send>(g: &Geometry, x: &[T], y: &mut [T], argmax: &mut [I], in_batch: bool, index: impl Fn(usize) -> I + Sync) {
    max(g, x, y);
    let image = g.pixels_in() * g.cin;
    par::rows_mut(argmax, g.cin, 4.0 * cost(g), |first, chunk| {
        for (i, to) in chunk.chunks_exact_mut(g.cin).enumerate() {
            let n = place(g, first + i).0;
            positions(g, x, first + i, |k, at| to[k] = index(if in_batch { n * image + at } else { at }));
        }
    });
}

/// Write the gradient of [`max_arg`]. Indices outside the image are ignored.
pub fn max_arg_grad<T: Summable>(image: usize, out: usize, dy: &[T], argmax: impl Fn(usize) -> i64 + Sync, in_batch: bool, dx: &mut [T]) {
    par::rows_mut(dx, image, out as f64 * 2.0, |first, chunk| {
        chunk.fill(T::default());
        for (i, dx) in chunk.chunks_exact_mut(image).enumerate() {
            let n = first + i;
            for k in n * out..(n + 1) * out {
                let at = argmax(k) - if in_batch { (n * image) as i64 } else { 0 };
                if let Some(d) = usize::try_from(at).ok().and_then(|a| dx.get_mut(a)) {
                    *d = *d + dy[k];
                }
            }
        }
    });
}

/// Write the gradient of [`max_arg_grad`]: the incoming gradient at each index, zero for indices outside the image.
pub fn max_arg_grad_grad<T: Ordered>(image: usize, out: usize, g: &[T], argmax: impl Fn(usize) -> i64 + Sync, in_batch: bool, dy: &mut [T]) {
    par::rows_mut(dy, 1, 2.0, |first, chunk| {
        for (i, d) in chunk.iter_mut().enumerate() {
            let k = first + i;
            let base = k / out * image;
            let at = argmax(k) - if in_batch { base as i64 } else { 0 };
            *d = usize::try_from(at).ok().filter(|&a| a < image).map_or(T::default(), |a| g[base + a]);
        }
    });
}

/// Write the gradient of [`max_grad`] with respect to the incoming gradient: `g` at the first maximum of each window.
pub fn max_grad_grad<T: Ordered>(geometry: &Geometry, x: &[T], g: &[T], dy: &mut [T]) {
    let image = geometry.pixels_in() * geometry.cin;
    par::rows_mut(dy, geometry.cin, 4.0 * cost(geometry), |first, chunk| {
        for (i, to) in chunk.chunks_exact_mut(geometry.cin).enumerate() {
            let n = place(geometry, first + i).0;
            positions(geometry, x, first + i, |k, at| to[k] = g[n * image + at]);
        }
    });
}
