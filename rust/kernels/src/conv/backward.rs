//! Gradients of the convolution.

use super::patches::Patches;
use super::{Axis, Geometry};
use crate::gemm::{GemmFloat, PackedB, gemm, gemm_gathered};
use crate::par;
use crate::pool::Loan;

/// Write the gradient of the filter, `[kd, kh, kw, cin, cout]`, from the input and the gradient of the output.
pub fn backprop_filter<T: GemmFloat>(g: &Geometry, x: &[T], dy: &[T], df: &mut [T]) {
    let k = g.taps() * g.cin;
    assert!(x.len() == g.batch * g.pixels_in() * g.cin && df.len() == k * g.cout && dy.len() == g.batch * g.pixels_out() * g.cout);
    if g.is_empty() {
        return df.fill(T::default());
    }
    let m = g.batch * g.pixels_out();
    if g.is_pointwise() {
        return gemm(k, g.cout, m, x, (1, k), dy, (g.cout, 1), df, false);
    }
    let patches = Patches::new(g, x);
    let b = PackedB::new(m, g.cout, dy, (g.cout, 1));
    gemm_gathered(k, &|rows, steps, dst| patches.gather_transposed(rows, steps, dst), &b, df, false);
}

/// Write the gradient of the input from the filter and the gradient of the output.
pub fn backprop_input<T: GemmFloat>(g: &Geometry, f: &[T], dy: &[T], dx: &mut [T]) {
    let k = g.taps() * g.cin;
    assert!(dx.len() == g.batch * g.pixels_in() * g.cin && f.len() == k * g.cout && dy.len() == g.batch * g.pixels_out() * g.cout);
    if g.is_empty() {
        return dx.fill(T::default());
    }
    let m = g.batch * g.pixels_out();
    if g.is_pointwise() {
        return gemm(m, g.cin, g.cout, dy, (g.cout, 1), f, (1, g.cout), dx, false);
    }
    // With stride one it is a convolution of the output's gradient with the filter turned round.
    let turned = |a: &Axis| {
        let before = ((a.kernel - 1) * a.dilation).checked_sub(a.before)?;
        (a.stride == 1).then_some(Axis { input: a.output, kernel: a.kernel, output: a.input, stride: 1, dilation: a.dilation, before })
    };
    let [d, h, w] = &g.axes;
    if let (Some(d), Some(h), Some(w)) = (turned(d), turned(h), turned(w)) {
        let t = Geometry { batch: g.batch, axes: [d, h, w], cin: g.cout, cout: g.cin };
        let patches = Patches::new(&t, dy);
        let b = PackedB::stacked_upwards(g.taps(), g.cout, g.cin, f, g.cin * g.cout, (1, g.cout));
        return patches.product(&t, &b, dx);
    }
    by_columns(g, f, dy, dx);
}

/// The general case: the gradient of every patch, added up image by image.
fn by_columns<T: GemmFloat>(g: &Geometry, f: &[T], dy: &[T], dx: &mut [T]) {
    let [d, h, w] = g.axes;
    let k = g.taps() * g.cin;
    let outputs = g.pixels_out();
    let image = g.pixels_in() * g.cin;
    let cost = outputs as f64 * k as f64 * (g.cout as f64 * 0.0125 + 0.5);
    par::rows_mut(dx, image, cost, |first, chunk| {
        let block = Loan::new(outputs * k * size_of::<T>());
        // SAFETY: the block holds as many values, all bytes of it are initialised, and nobody else has it.
        let columns = unsafe { std::slice::from_raw_parts_mut(block.ptr::<T>(), outputs * k) };
        for (i, dx) in chunk.chunks_exact_mut(image).enumerate() {
            let n = first + i;
            let dy = &dy[n * outputs * g.cout..(n + 1) * outputs * g.cout];
            gemm(outputs, k, g.cout, dy, (g.cout, 1), f, (1, g.cout), columns, false);
            dx.fill(T::default());
            let mut patches = columns.chunks_exact(k);
            for od in 0..d.output {
                for oh in 0..h.output {
                    for ow in 0..w.output {
                        let Some(patch) = patches.next() else { return };
                        for kd in d.kernel_range(od) {
                            for kh in h.kernel_range(oh) {
                                for kw in w.kernel_range(ow) {
                                    let (Some(z), Some(y), Some(x)) = (d.at(od, kd), h.at(oh, kh), w.at(ow, kw)) else { continue };
                                    let tap = ((kd * h.kernel + kh) * w.kernel + kw) * g.cin;
                                    let at = ((z * h.input + y) * w.input + x) * g.cin;
                                    for (a, &b) in dx[at..at + g.cin].iter_mut().zip(&patch[tap..tap + g.cin]) {
                                        *a = *a + b;
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    });
}
