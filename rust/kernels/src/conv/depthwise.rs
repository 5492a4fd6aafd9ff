//! Depthwise convolutions: each input channel has `multiplier` filters of its own. Channels last.

use super::Geometry;
use crate::gemm::GemmFloat;
use crate::isa::multiversion;
use crate::par;
use std::ops::{Add, Mul};

/// A float that the loops below work in.
pub trait Number: GemmFloat + Add<Output = Self> + Mul<Output = Self> {}
impl<T: GemmFloat> Number for T {}

multiversion! {
    fn accumulate<L, T: [Number]>(y: &mut [T], x: &[T], f: &[T], multiplier: usize) {
        let _ = L::FMA;
        if multiplier == 1 {
            for ((y, x), f) in y.iter_mut().zip(x).zip(f) {
                *y = *y + *x * *f;
            }
        } else {
            for ((y, x), f) in y.chunks_exact_mut(multiplier).zip(x).zip(f.chunks_exact(multiplier)) {
                for (y, f) in y.iter_mut().zip(f) {
                    *y = *y + *x * *f;
                }
            }
        }
    }
    fn accumulate_input<L, T: [Number]>(dx: &mut [T], dy: &[T], f: &[T], multiplier: usize) {
        let _ = L::FMA;
        if multiplier == 1 {
            for ((x, y), f) in dx.iter_mut().zip(dy).zip(f) {
                *x = *x + *y * *f;
            }
        } else {
            for ((x, y), f) in dx.iter_mut().zip(dy.chunks_exact(multiplier)).zip(f.chunks_exact(multiplier)) {
                for (y, f) in y.iter().zip(f) {
                    *x = *x + *y * *f;
                }
            }
        }
    }
}

/// Visit the taps that output `(od, oh, ow)` reads: `visit(tap, input position)`.
#[inline(always)]
fn taps(g: &Geometry, od: usize, oh: usize, ow: usize, mut visit: impl FnMut(usize, usize)) {
    let [d, h, w] = &g.axes;
    for kd in d.kernel_range(od) {
        for kh in h.kernel_range(oh) {
            for kw in w.kernel_range(ow) {
                if let (Some(z), Some(y), Some(x)) = (d.at(od, kd), h.at(oh, kh), w.at(ow, kw)) {
                    visit((kd * h.kernel + kh) * w.kernel + kw, (z * h.input + y) * w.input + x);
                }
            }
        }
    }
}

/// Write `y[…, c · multiplier + q] = Σ x[…, c] · f[tap, c, q]`. `g.cout` is `g.cin · multiplier`; f is `[kd, kh, kw, cin, multiplier]`.
pub fn depthwise<T: GemmFloat>(g: &Geometry, x: &[T], f: &[T], y: &mut [T]) {
    let multiplier = g.cout / g.cin.max(1);
    let [d, h, w] = g.axes;
    par::rows_mut(y, w.output * g.cout, (w.output * g.taps() * g.cout) as f64 * 0.15, |first, chunk| {
        chunk.fill(T::default());
        for (i, row) in chunk.chunks_exact_mut(w.output * g.cout).enumerate() {
            let r = first + i;
            let (n, od, oh) = (r / (d.output * h.output), r / h.output % d.output, r % h.output);
            let image = &x[n * g.pixels_in() * g.cin..(n + 1) * g.pixels_in() * g.cin];
            for (ow, y) in row.chunks_exact_mut(g.cout).enumerate() {
                taps(g, od, oh, ow, |tap, at| {
                    accumulate(y, &image[at * g.cin..(at + 1) * g.cin], &f[tap * g.cout..(tap + 1) * g.cout], multiplier);
                });
            }
        }
    });
}

/// Write the gradient of the input.
pub fn depthwise_backprop_input<T: GemmFloat>(g: &Geometry, f: &[T], dy: &[T], dx: &mut [T]) {
    let multiplier = g.cout / g.cin.max(1);
    let [d, h, w] = g.axes;
    let image = g.pixels_in() * g.cin;
    if image == 0 {
        return;
    }
    par::rows_mut(dx, image, (g.pixels_out() * g.taps() * g.cout) as f64 * 0.15, |first, chunk| {
        chunk.fill(T::default());
        for (i, dx) in chunk.chunks_exact_mut(image).enumerate() {
            let mut out = dy[(first + i) * g.pixels_out() * g.cout..].chunks_exact(g.cout.max(1));
            for (od, oh, ow) in positions(d.output, h.output, w.output) {
                let Some(dy) = out.next() else { return };
                taps(g, od, oh, ow, |tap, at| {
                    accumulate_input(&mut dx[at * g.cin..(at + 1) * g.cin], dy, &f[tap * g.cout..(tap + 1) * g.cout], multiplier);
                });
            }
        }
    });
}

/// Write the gradient of the filter: a sum over images in a fixed order.
pub fn depthwise_backprop_filter<T: GemmFloat>(g: &Geometry, x: &[T], dy: &[T], df: &mut [T]) {
    let multiplier = g.cout / g.cin.max(1);
    let [d, h, w] = g.axes;
    let sum = par::fold(
        g.batch,
        (g.pixels_out() * g.taps() * g.cout) as f64 * 0.15,
        |images| {
            let mut part = vec![T::default(); df.len()];
            for n in images {
                let image = &x[n * g.pixels_in() * g.cin..(n + 1) * g.pixels_in() * g.cin];
                let mut out = dy[n * g.pixels_out() * g.cout..].chunks_exact(g.cout.max(1));
                for (od, oh, ow) in positions(d.output, h.output, w.output) {
                    let Some(dy) = out.next() else { break };
                    taps(g, od, oh, ow, |tap, at| {
                        accumulate_filter(&mut part[tap * g.cout..(tap + 1) * g.cout], &image[at * g.cin..(at + 1) * g.cin], dy, multiplier);
                    });
                }
            }
            part
        },
        |mut a, b| {
            a.iter_mut().zip(b).for_each(|(a, b)| *a = *a + b);
            a
        },
    );
    match sum {
        Some(s) => df.copy_from_slice(&s),
        None => df.fill(T::default()),
    }
}

multiversion! {
    fn accumulate_filter<L, T: [Number]>(f: &mut [T], x: &[T], dy: &[T], multiplier: usize) {
        let _ = L::FMA;
        if multiplier <= 1 {
            for ((f, x), y) in f.iter_mut().zip(x).zip(dy) {
                *f = *f + *x * *y;
            }
        } else {
            for ((f, x), y) in f.chunks_exact_mut(multiplier).zip(x).zip(dy.chunks_exact(multiplier)) {
                for (f, y) in f.iter_mut().zip(y) {
                    *f = *f + *x * *y;
                }
            }
        }
    }
}

fn positions(d: usize, h: usize, w: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    (0..d).flat_map(move |z| (0..h).flat_map(move |y| (0..w).map(move |x| (z, y, x))))
}
