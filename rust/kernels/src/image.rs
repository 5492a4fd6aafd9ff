//! Images resized by interpolation: `[batch, height, width, channels]`, in float, as TensorFlow does.

use crate::isa::multiversion;
use crate::par;

/// How output positions map to input positions.
#[derive(Clone, Copy, Debug)]
pub struct Mapping {
    pub align_corners: bool,
    pub half_pixel_centers: bool,
}

impl Mapping {
    fn scale(&self, input: usize, output: usize) -> f32 {
        if self.align_corners && output > 1 { (input as f32 - 1.0) / (output as f32 - 1.0) } else { input as f32 / output as f32 }
    }
    fn position(&self, o: usize, scale: f32) -> f32 {
        if self.half_pixel_centers { (o as f32 + 0.5) * scale - 0.5 } else { o as f32 * scale }
    }
    /// The input position that each output position takes over.
    pub fn nearest(&self, input: usize, output: usize) -> Vec<usize> {
        let scale = self.scale(input, output);
        (0..output)
            .map(|o| {
                let p = if self.half_pixel_centers { (o as f32 + 0.5) * scale } else { o as f32 * scale };
                let p = if self.align_corners { p.round() } else { p.floor() };
                (p.max(0.0) as usize).min(input.saturating_sub(1))
            })
            .collect()
    }
    /// Up to four weighted input positions for each output position.
    pub fn linear(&self, input: usize, output: usize) -> Vec<[(usize, f32); 4]> {
        let scale = self.scale(input, output);
        (0..output)
            .map(|o| {
                let p = self.position(o, scale);
                let low = p.floor();
                let t = p - low;
                let last = input.saturating_sub(1);
                let (a, b) = ((low.max(0.0) as usize).min(last), (p.ceil().max(0.0) as usize).min(last));
                [(a, 1.0 - t), (b, t), (a, 0.0), (a, 0.0)]
            })
            .collect()
    }
    /// As [`Mapping::linear`], with the weights of a cubic (of Keys' where centers are half pixels).
    pub fn cubic(&self, input: usize, output: usize) -> Vec<[(usize, f32); 4]> {
        const STEPS: f32 = 1024.0;
        let a: f32 = if self.half_pixel_centers { -0.5 } else { -0.75 };
        let near = |x: f32| ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
        let far = |x: f32| {
            let x = x + 1.0;
            ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a
        };
        let scale = self.scale(input, output);
        (0..output)
            .map(|o| {
                let p = self.position(o, scale);
                let low = p.floor();
                // TensorFlow looks the weights up in a table of 1,024 steps.
                let t = ((p - low) * STEPS).round_ties_even() / STEPS;
                let weights = [far(t), near(t), near(1.0 - t), far(1.0 - t)];
                let last = input as i64 - 1;
                let mut taps = [(0usize, 0f32); 4];
                for (k, tap) in taps.iter_mut().enumerate() {
                    let at = low as i64 - 1 + k as i64;
                    let inside = at.clamp(0, last.max(0));
                    *tap = (inside as usize, if self.half_pixel_centers && inside != at { 0.0 } else { weights[k] });
                }
                if self.half_pixel_centers {
                    let sum: f32 = taps.iter().map(|t| t.1).sum();
                    if sum.abs() >= 1000.0 * f32::MIN_POSITIVE {
                        taps.iter_mut().for_each(|t| t.1 /= sum);
                    }
                }
                taps
            })
            .collect()
    }
}

/// The sizes of one resizing.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    pub batch: usize,
    pub input: [usize; 2],
    pub output: [usize; 2],
    pub channels: usize,
}

multiversion! {
    /// Interpolate between four pixels, given top left, top right, bottom left, bottom right.
    fn between<L>(to: &mut [f32], from: [&[f32]; 4], tx: f32, ty: f32) {
        let _ = L::FMA;
        let [a, b, c, d] = from;
        for ((((o, a), b), c), d) in to.iter_mut().zip(a).zip(b).zip(c).zip(d) {
            let up = a + (b - a) * tx;
            let down = c + (d - c) * tx;
            *o = up + (down - up) * ty;
        }
    }
}

/// Write the image interpolated between two rows and two columns.
pub fn bilinear(s: &Sizes, map: Mapping, x: &[f32], y: &mut [f32]) {
    let (rows, columns) = (map.linear(s.input[0], s.output[0]), map.linear(s.input[1], s.output[1]));
    let c = s.channels;
    let line = s.input[1] * c;
    par::rows_mut(y, s.output[1] * c, (s.output[1] * c) as f64 * 1.5, |first, chunk| {
        for (i, to) in chunk.chunks_exact_mut(s.output[1] * c).enumerate() {
            let (n, oy) = ((first + i) / s.output[0], (first + i) % s.output[0]);
            let [(top, _), (bottom, ty), ..] = rows[oy];
            let (top, bottom) = ((n * s.input[0] + top) * line, (n * s.input[0] + bottom) * line);
            for (to, [(left, _), (right, tx), ..]) in to.chunks_exact_mut(c).zip(&columns) {
                let at = |row: usize, column: usize| &x[row + column * c..][..c];
                between(to, [at(top, *left), at(top, *right), at(bottom, *left), at(bottom, *right)], *tx, ty);
            }
        }
    });
}

/// Write the image interpolated with four rows and four columns.
pub fn bicubic(s: &Sizes, map: Mapping, x: &[f32], y: &mut [f32]) {
    let (rows, columns) = (map.cubic(s.input[0], s.output[0]), map.cubic(s.input[1], s.output[1]));
    let c = s.channels;
    let line = s.input[1] * c;
    par::rows_mut(y, s.output[1] * c, (s.output[1] * c + line) as f64 * 3.0, |first, chunk| {
        // The four input rows of an output row combined, which columns then share.
        let mut combined = vec![0f32; line];
        for (i, to) in chunk.chunks_exact_mut(s.output[1] * c).enumerate() {
            let (n, oy) = ((first + i) / s.output[0], (first + i) % s.output[0]);
            let [a, b, d, e] = rows[oy].map(|(r, w)| (&x[(n * s.input[0] + r) * line..][..line], w));
            for (k, o) in combined.iter_mut().enumerate() {
                *o = a.0[k] * a.1 + b.0[k] * b.1 + d.0[k] * d.1 + e.0[k] * e.1;
            }
            for (to, taps) in to.chunks_exact_mut(c).zip(&columns) {
                let [a, b, d, e] = taps.map(|(at, w)| (&combined[at * c..][..c], w));
                for (k, o) in to.iter_mut().enumerate() {
                    *o = a.0[k] * a.1 + b.0[k] * b.1 + d.0[k] * d.1 + e.0[k] * e.1;
                }
            }
        }
    });
}

/// Write the gradient of [`bilinear`] or [`bicubic`] (`cubic`): each output gives its gradient to what it was made of.
pub fn interpolation_grad(s: &Sizes, map: Mapping, cubic: bool, dy: &[f32], dx: &mut [f32]) {
    let taps = |i: usize| if cubic { map.cubic(s.input[i], s.output[i]) } else { map.linear(s.input[i], s.output[i]) };
    let (rows, columns) = (taps(0), taps(1));
    let c = s.channels;
    let (image, out) = (s.input[0] * s.input[1] * c, s.output[0] * s.output[1] * c);
    par::rows_mut(dx, image, out as f64 * 8.0, |first, chunk| {
        chunk.fill(0.0);
        for (i, dx) in chunk.chunks_exact_mut(image).enumerate() {
            let dy = &dy[(first + i) * out..(first + i + 1) * out];
            for (dy, (row, column)) in dy.chunks_exact(c).zip(rows.iter().flat_map(|r| columns.iter().map(move |q| (r, q)))) {
                for (y, wy) in row.iter().filter(|t| t.1 != 0.0) {
                    for (x, wx) in column.iter().filter(|t| t.1 != 0.0) {
                        let at = (y * s.input[1] + x) * c;
                        for (d, g) in dx[at..at + c].iter_mut().zip(dy) {
                            *d += g * wy * wx;
                        }
                    }
                }
            }
        }
    });
}

/// Write the image with each output pixel taken from the nearest input pixel.
pub fn nearest<T: Copy + Send + Sync>(s: &Sizes, map: Mapping, x: &[T], y: &mut [T]) {
    let (rows, columns) = (map.nearest(s.input[0], s.output[0]), map.nearest(s.input[1], s.output[1]));
    let c = s.channels;
    par::rows_mut(y, s.output[1] * c, (s.output[1] * c) as f64 * 0.5, |first, chunk| {
        for (i, to) in chunk.chunks_exact_mut(s.output[1] * c).enumerate() {
            let (n, oy) = ((first + i) / s.output[0], (first + i) % s.output[0]);
            let line = (n * s.input[0] + rows[oy]) * s.input[1];
            for (to, column) in to.chunks_exact_mut(c).zip(&columns) {
                to.copy_from_slice(&x[(line + column) * c..(line + column + 1) * c]);
            }
        }
    });
}

/// Write the gradient of [`nearest`] from `[batch, output, channels]` to `[batch, input, channels]`.
pub fn nearest_grad<T: Copy + Default + Send + Sync + std::ops::Add<Output = T>>(s: &Sizes, map: Mapping, dy: &[T], dx: &mut [T]) {
    let (rows, columns) = (map.nearest(s.input[0], s.output[0]), map.nearest(s.input[1], s.output[1]));
    let c = s.channels;
    let (image, out) = (s.input[0] * s.input[1] * c, s.output[0] * s.output[1] * c);
    par::rows_mut(dx, image, out as f64, |first, chunk| {
        chunk.fill(T::default());
        for (i, dx) in chunk.chunks_exact_mut(image).enumerate() {
            let dy = &dy[(first + i) * out..(first + i + 1) * out];
            for (dy, (row, column)) in dy.chunks_exact(c).zip(rows.iter().flat_map(|r| columns.iter().map(move |q| (r, q)))) {
                let at = (row * s.input[1] + column) * c;
                for (d, g) in dx[at..at + c].iter_mut().zip(dy) {
                    *d = *d + *g;
                }
            }
        }
    });
}
