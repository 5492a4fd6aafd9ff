//! The padded image, and where the patches of its output positions lie in it.

use super::{Axis, Geometry};
use crate::gemm::{GemmFloat, PackedB, Spaced, gemm_gathered, gemm_spaced, pack_rows};
use crate::isa::{Isa, isa};
use crate::par;
use crate::pool::Loan;
use std::ops::Range;

/// Up to this many columns, and from this length of runs on, patches are not gathered.
const SPACED_COLUMNS: usize = 64;
const SPACED_RUN: usize = 24;

/// The image itself where nothing is added, or with its zeros around it.
enum Image<'a, T> {
    Given(&'a [T]),
    Padded(Loan, usize),
}

impl<T: GemmFloat> Image<'_, T> {
    fn get(&self) -> &[T] {
        match self {
            Image::Given(x) => x,
            // SAFETY: the block holds this many values (see `pad`), all of them initialised.
            Image::Padded(block, len) => unsafe { std::slice::from_raw_parts(block.ptr(), *len) },
        }
    }
}

/// An image with its zeros around it, and the offsets of patches.
pub(super) struct Patches<'a, T> {
    data: Image<'a, T>,
    /// Where the patch of each output position (of all images) starts.
    pub bases: Vec<usize>,
    /// Runs of the patch that are contiguous in the image: (first step, length, offset from the base).
    pub runs: Vec<(usize, usize, usize)>,
}

impl<'a, T: GemmFloat> Patches<'a, T> {
    pub fn new(g: &Geometry, x: &'a [T]) -> Patches<'a, T> {
        let [d, h, w] = g.axes;
        let size = [d, h, w].map(|a| a.extent());
        let data = pad(g.batch, [d, h, w], size, g.cin, x);
        // Without padding the image keeps its own sizes.
        let size = if matches!(data, Image::Given(_)) { [d, h, w].map(|a| a.input) } else { size };
        let image = size.iter().product::<usize>() * g.cin;
        let mut bases = Vec::with_capacity(g.batch * g.pixels_out());
        for n in 0..g.batch {
            for od in 0..d.output {
                for oh in 0..h.output {
                    let row = n * image + ((od * d.stride) * size[1] + oh * h.stride) * size[2] * g.cin;
                    bases.extend((0..w.output).map(|ow| row + ow * w.stride * g.cin));
                }
            }
        }
        let mut runs: Vec<(usize, usize, usize)> = Vec::new();
        for kd in 0..d.kernel {
            for kh in 0..h.kernel {
                for kw in 0..w.kernel {
                    let (z, y, c) = (kd * d.dilation, kh * h.dilation, kw * w.dilation);
                    let offset = ((z * size[1] + y) * size[2] + c) * g.cin;
                    match runs.last_mut() {
                        Some((_, len, at)) if *at + *len == offset => *len += g.cin,
                        _ => runs.push((((kd * h.kernel + kh) * w.kernel + kw) * g.cin, g.cin, offset)),
                    }
                }
            }
        }
        let reach = runs.iter().map(|r| r.1 + r.2).max().unwrap_or(0);
        assert!(bases.iter().all(|b| b + reach <= data.get().len()), "convolution geometry reaches beyond the image");
        Patches { data, bases, runs }
    }

    /// The product of all patches and a packed filter. With few columns, gathering patches would cost as much as the product:
    /// they are read where they stand, when their runs are long enough.
    pub fn product(&self, g: &Geometry, b: &PackedB<T>, y: &mut [T]) {
        let w = &g.axes[2];
        if b.columns() <= SPACED_COLUMNS && w.output >= 4 && self.runs.iter().all(|r| r.1 >= SPACED_RUN) {
            let a = Spaced { data: self.data.get(), bases: &self.bases, group: w.output, spacing: w.stride * g.cin, runs: &self.runs };
            return gemm_spaced(&a, b, y);
        }
        let level = isa();
        gemm_gathered(self.bases.len(), &|rows, steps, dst| self.gather(level, rows, steps, dst), b, y, false);
    }

    /// Write the panel of output positions `rows` and patch elements `steps` (see `gemm::Gather`).
    pub fn gather(&self, level: Isa, rows: Range<usize>, steps: Range<usize>, dst: *mut T) {
        let (width, data) = (rows.len(), self.data.get());
        let bases = &self.bases[rows];
        let near = bases.windows(2).all(|b| b[1] == b[0] + 1);
        let mut pointers = [std::ptr::null::<T>(); 32];
        for &(first, len, offset) in &self.runs {
            let (start, end) = (first.max(steps.start), (first + len).min(steps.end));
            if start >= end {
                continue;
            }
            let skip = offset + start - first;
            let to = dst.wrapping_add((start - steps.start) * width);
            if near {
                for p in 0..end - start {
                    let from = &data[bases[0] + skip + p..][..width];
                    // SAFETY: `dst` has room for the panel; the slice holds `width` values.
                    unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), to.wrapping_add(p * width), width) }
                }
                continue;
            }
            for (p, &b) in pointers.iter_mut().zip(bases) {
                *p = data[b + skip..b + skip + (end - start)].as_ptr();
            }
            // SAFETY: each row was sliced to the length read; `dst` has room for the panel and the excess.
            unsafe { pack_rows(level, &pointers[..width], end - start, to) }
        }
    }

    /// Write the panel of patch elements `rows` and output positions `steps`: the transpose of [`Patches::gather`].
    pub fn gather_transposed(&self, rows: Range<usize>, steps: Range<usize>, dst: *mut T) {
        let (width, data) = (rows.len(), self.data.get());
        for &(first, len, offset) in &self.runs {
            let (start, end) = (first.max(rows.start), (first + len).min(rows.end));
            if start >= end {
                continue;
            }
            let skip = offset + start - first;
            let to = dst.wrapping_add(start - rows.start);
            let bases = &self.bases[steps.clone()];
            macro_rules! sized {
                ($($n:literal)*) => {
                    match end - start {
                        $($n => copy_each::<T, $n>(data, bases, skip, to, width),)*
                        n => {
                            for (p, &b) in bases.iter().enumerate() {
                                let from = &data[b + skip..b + skip + n];
                                // SAFETY: the run lies inside the panel's row p.
                                unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), to.wrapping_add(p * width), n) }
                            }
                        }
                    }
                };
            }
            sized!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16);
        }
    }
}

/// Copies of a length known when compiled.
#[inline(always)]
fn copy_each<T: Copy, const N: usize>(data: &[T], bases: &[usize], skip: usize, to: *mut T, width: usize) {
    for (p, &b) in bases.iter().enumerate() {
        let from = &data[b + skip..b + skip + N];
        // SAFETY: the run lies inside the panel's row p.
        unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), to.wrapping_add(p * width), N) }
    }
}

/// `x` with zeros around it so that each image has the sizes `size`; `x` itself where nothing is added.
fn pad<'a, T: GemmFloat>(batch: usize, axes: [Axis; 3], size: [usize; 3], channels: usize, x: &'a [T]) -> Image<'a, T> {
    if axes.iter().zip(size).all(|(a, s)| a.before == 0 && s <= a.input) {
        return Image::Given(x);
    }
    let [d, h, w] = axes;
    let len = batch * size.iter().product::<usize>() * channels;
    let block = Loan::new(len * size_of::<T>());
    // SAFETY: the block holds `len` values, all bytes of it are initialised, and nobody else has it.
    let out = unsafe { std::slice::from_raw_parts_mut(block.ptr::<T>(), len) };
    let row = size[2] * channels;
    // The part of an input row that lies inside the padded one.
    let columns = w.input.min(size[2].saturating_sub(w.before)) * channels;
    if row > 0 {
        par::rows_mut(out, row, row as f64 * 0.3, |first, chunk| {
            for (i, to) in chunk.chunks_exact_mut(row).enumerate() {
                let r = first + i;
                let (n, z, y) = (r / (size[0] * size[1]), r / size[1] % size[0], r % size[1]);
                let inside = |p: usize, a: &Axis| p.checked_sub(a.before).filter(|&i| i < a.input);
                if let (Some(z), Some(y)) = (inside(z, &d), inside(y, &h)) {
                    let from = ((n * d.input + z) * h.input + y) * w.input * channels;
                    let (left, rest) = to.split_at_mut((w.before * channels).min(row));
                    let (middle, right) = rest.split_at_mut(columns);
                    left.fill(T::default());
                    middle.copy_from_slice(&x[from..from + columns]);
                    right.fill(T::default());
                } else {
                    to.fill(T::default());
                }
            }
        });
    }
    Image::Padded(block, len)
}
