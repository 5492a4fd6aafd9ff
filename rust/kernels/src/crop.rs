//! Boxes cut out of images and resized, with the derivatives; areas averaged.

use crate::par;

/// Sizes of the images and of the crops.
#[derive(Clone, Copy)]
pub struct Crop {
    pub image: [usize; 2],
    pub channels: usize,
    pub size: [usize; 2],
    pub nearest: bool,
}

/// Where a row or column of a crop lies in the image; None outside.
fn place(from: f32, to: f32, image: usize, size: usize, i: usize) -> Option<f32> {
    let last = image as f32 - 1.0;
    let at = if size > 1 { from * last + i as f32 * ((to - from) * last / (size as f32 - 1.0)) } else { 0.5 * (from + to) * last };
    (at >= 0.0 && at <= last).then_some(at)
}

/// The two neighbours of a place and the weight of the upper one.
fn neighbours(at: f32) -> (usize, usize, f32) {
    (at.floor() as usize, at.ceil() as usize, at - at.floor())
}

impl Crop {
    fn row(&self) -> usize {
        self.size[1] * self.channels
    }

    /// `crops[b]` is box `b`, `[y1, x1, y2, x2]` in fractions of the size, of image `of[b]`.
    pub fn forward(&self, images: &[f32], boxes: &[f32], of: &[usize], outside: f32, crops: &mut [f32]) {
        let [h, w] = self.image;
        let c = self.channels;
        let row = self.row();
        if row == 0 {
            return;
        }
        par::rows_mut(crops, row, row as f64 * 4.0, |first, part| {
            for (r, out) in part.chunks_exact_mut(row).enumerate() {
                let (b, y) = ((first + r) / self.size[0], (first + r) % self.size[0]);
                let [y1, x1, y2, x2] = [0, 1, 2, 3].map(|k| boxes[b * 4 + k]);
                let Some(in_y) = place(y1, y2, h, self.size[0], y) else {
                    out.fill(outside);
                    continue;
                };
                let image = &images[of[b] * h * w * c..];
                for (x, pixel) in out.chunks_exact_mut(c).enumerate() {
                    let Some(in_x) = place(x1, x2, w, self.size[1], x) else {
                        pixel.fill(outside);
                        continue;
                    };
                    if self.nearest {
                        let at = (in_y.round() as usize * w + in_x.round() as usize) * c;
                        pixel.copy_from_slice(&image[at..at + c]);
                        continue;
                    }
                    let ((top, bottom, fy), (left, right, fx)) = (neighbours(in_y), neighbours(in_x));
                    let at = |y: usize, x: usize, k: usize| image[(y * w + x) * c + k];
                    for (k, p) in pixel.iter_mut().enumerate() {
                        let upper = at(top, left, k) + (at(top, right, k) - at(top, left, k)) * fx;
                        let lower = at(bottom, left, k) + (at(bottom, right, k) - at(bottom, left, k)) * fx;
                        *p = upper + (lower - upper) * fy;
                    }
                }
            }
        });
    }

    /// Add to `images` what each crop element owes its pixels.
    pub fn to_image(&self, grads: &[f32], boxes: &[f32], of: &[usize], images: &mut [f32]) {
        let [h, w] = self.image;
        let c = self.channels;
        self.walk(grads, boxes, of, |b, in_y, in_x, g, _| {
            let base = of[b] * h * w * c;
            let mut add = |y: usize, x: usize, weight: f32| {
                for (k, g) in g.iter().enumerate() {
                    images[base + (y * w + x) * c + k] += g * weight;
                }
            };
            if self.nearest {
                add(in_y.round() as usize, in_x.round() as usize, 1.0);
                return;
            }
            let ((top, bottom, fy), (left, right, fx)) = (neighbours(in_y), neighbours(in_x));
            add(top, left, (1.0 - fy) * (1.0 - fx));
            add(top, right, (1.0 - fy) * fx);
            add(bottom, left, fy * (1.0 - fx));
            add(bottom, right, fy * fx);
        });
    }

    /// The derivatives by the boxes' corners.
    pub fn to_boxes(&self, grads: &[f32], images: &[f32], boxes: &[f32], of: &[usize], out: &mut [f32]) {
        let [h, w] = self.image;
        let c = self.channels;
        self.walk(grads, boxes, of, |b, in_y, in_x, g, [y, x]| {
            let image = &images[of[b] * h * w * c..];
            let ((top, bottom, fy), (left, right, fx)) = (neighbours(in_y), neighbours(in_x));
            let (mut dy, mut dx) = (0.0, 0.0);
            for (k, g) in g.iter().enumerate() {
                let at = |y: usize, x: usize| image[(y * w + x) * c + k];
                let (tl, tr, bl, br) = (at(top, left), at(top, right), at(bottom, left), at(bottom, right));
                dy += ((1.0 - fx) * (bl - tl) + fx * (br - tr)) * g;
                dx += ((1.0 - fy) * (tr - tl) + fy * (br - bl)) * g;
            }
            let (tall, wide) = (h as f32 - 1.0, w as f32 - 1.0);
            let shares = |size: usize, i: usize, reach: f32| {
                if size > 1 {
                    let ratio = reach / (size as f32 - 1.0);
                    (reach - i as f32 * ratio, i as f32 * ratio)
                } else {
                    (0.5 * reach, 0.5 * reach)
                }
            };
            let ((y1, y2), (x1, x2)) = (shares(self.size[0], y, tall), shares(self.size[1], x, wide));
            for (k, v) in [dy * y1, dx * x1, dy * y2, dx * x2].into_iter().enumerate() {
                out[b * 4 + k] += v;
            }
        });
    }

    /// Call `f(box, y, x, gradient of the pixel, place in the crop)` for every pixel inside the image.
    fn walk(&self, grads: &[f32], boxes: &[f32], of: &[usize], mut f: impl FnMut(usize, f32, f32, &[f32], [usize; 2])) {
        let (row, c) = (self.row(), self.channels);
        if row == 0 {
            return;
        }
        for (r, line) in grads.chunks_exact(row).enumerate() {
            let (b, y) = (r / self.size[0], r % self.size[0]);
            if b >= of.len() {
                return;
            }
            let [y1, x1, y2, x2] = [0, 1, 2, 3].map(|k| boxes[b * 4 + k]);
            let Some(in_y) = place(y1, y2, self.image[0], self.size[0], y) else { continue };
            for (x, g) in line.chunks_exact(c).enumerate() {
                if let Some(in_x) = place(x1, x2, self.image[1], self.size[1], x) {
                    f(b, in_y, in_x, g, [y, x]);
                }
            }
        }
    }
}

/// For each output place along an axis: the input places that it covers, each with its weight (not yet divided by `scale`).
fn cover(input: usize, output: usize, scale: f32) -> Vec<Vec<(usize, f32)>> {
    (0..output)
        .map(|i| {
            let (from, to) = (i as f32 * scale, (i as f32 + 1.0) * scale);
            let (first, end) = (from.floor() as i64, to.ceil() as i64);
            (first..end)
                .map(|k| {
                    let (low, high) = (k as f32, k as f32 + 1.0);
                    let weight = if low < from {
                        if high > to { scale } else { high - from }
                    } else if high > to {
                        to - low
                    } else {
                        1.0
                    };
                    (k.clamp(0, input as i64 - 1) as usize, weight)
                })
                .collect()
        })
        .collect()
}

/// Images `[batch, h, w, channels]` resized by averaging the area that each output pixel covers.
pub fn resize_area(images: &[f32], input: [usize; 2], output: [usize; 2], channels: usize, scales: [f32; 2], out: &mut [f32]) {
    let row = output[1] * channels;
    if out.is_empty() {
        return;
    }
    let (rows, columns) = (cover(input[0], output[0], scales[0]), cover(input[1], output[1], scales[1]));
    let share = 1.0 / (scales[0] * scales[1]);
    par::rows_mut(out, row, row as f64 * 10.0, |first, part| {
        for (r, line) in part.chunks_exact_mut(row).enumerate() {
            let (b, y) = ((first + r) / output[0], (first + r) % output[0]);
            let image = &images[b * input[0] * input[1] * channels..];
            for (x, pixel) in line.chunks_exact_mut(channels).enumerate() {
                for (c, p) in pixel.iter_mut().enumerate() {
                    let mut sum = 0.0;
                    for &(iy, wy) in &rows[y] {
                        let inner: f32 = columns[x].iter().map(|&(ix, wx)| image[(iy * input[1] + ix) * channels + c] * wx).sum();
                        sum += inner * wy;
                    }
                    *p = sum * share;
                }
            }
        }
    });
}
