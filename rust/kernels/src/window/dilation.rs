//! Grayscale dilation: the largest sum of input and filter in each window. Channels last.

use super::Geometry;
use crate::par;
use std::ops::Add;

/// Find the first best tap of each channel of an output position: `found(channel, tap, input position)`; none for an empty window.
fn best<T: Copy + PartialOrd + Add<Output = T>>(
    g: &Geometry,
    x: &[T],
    f: &[T],
    oh: usize,
    ow: usize,
    mut found: impl FnMut(usize, Option<(usize, usize, T)>),
) {
    let [_, h, w] = &g.axes;
    for k in 0..g.cin {
        let mut top: Option<(usize, usize, T)> = None;
        for kh in h.kernel_range(oh) {
            for kw in w.kernel_range(ow) {
                let (Some(y), Some(c)) = (h.at(oh, kh), w.at(ow, kw)) else { continue };
                let (tap, at) = (kh * w.kernel + kw, y * w.input + c);
                let v = x[at * g.cin + k] + f[tap * g.cin + k];
                if top.is_none_or(|t| v > t.2) {
                    top = Some((tap, at, v));
                }
            }
        }
        found(k, top);
    }
}

/// Write `y = max over taps of (x + f)`, with f `[kh, kw, channels]`; `lowest` where a window is empty.
pub fn dilation2d<T: Copy + PartialOrd + Add<Output = T> + Send + Sync>(g: &Geometry, x: &[T], f: &[T], lowest: T, y: &mut [T]) {
    let [_, h, w] = g.axes;
    let image = g.pixels_in() * g.cin;
    par::rows_mut(y, w.output * g.cin, (w.output * g.cin * g.taps()) as f64 * 2.0, |first, chunk| {
        for (i, row) in chunk.chunks_exact_mut(w.output * g.cin).enumerate() {
            let (n, oh) = ((first + i) / h.output, (first + i) % h.output);
            for (ow, y) in row.chunks_exact_mut(g.cin).enumerate() {
                best(g, &x[n * image..(n + 1) * image], f, oh, ow, |k, t| y[k] = t.map_or(lowest, |t| t.2));
            }
        }
    });
}

/// Write the gradients of [`dilation2d`]: of the input into `dx`, of the filter into `df`, whichever is wanted.
pub fn dilation2d_grad<T: Copy + PartialOrd + Default + Add<Output = T>>(
    g: &Geometry,
    x: &[T],
    f: &[T],
    dy: &[T],
    mut dx: Option<&mut [T]>,
    mut df: Option<&mut [T]>,
) {
    let [_, h, w] = g.axes;
    let image = g.pixels_in() * g.cin;
    if let Some(d) = dx.as_deref_mut() {
        d.fill(T::default());
    }
    if let Some(d) = df.as_deref_mut() {
        d.fill(T::default());
    }
    let mut dy = dy.chunks_exact(g.cin.max(1));
    for n in 0..g.batch {
        for oh in 0..h.output {
            for ow in 0..w.output {
                let Some(dy) = dy.next() else { return };
                best(g, &x[n * image..(n + 1) * image], f, oh, ow, |k, t| {
                    let Some((tap, at, _)) = t else { return };
                    if let Some(dx) = dx.as_deref_mut() {
                        let d = &mut dx[n * image + at * g.cin + k];
                        *d = *d + dy[k];
                    }
                    if let Some(df) = df.as_deref_mut() {
                        let d = &mut df[tap * g.cin + k];
                        *d = *d + dy[k];
                    }
                });
            }
        }
    }
}
