//! Pooling windows over up to three spatial axes, channels last. Sizes come as a [`Geometry`] whose kernel is the window and
//! whose `cin` counts the channels.

mod average;
mod dilation;
mod max;

pub use average::{average, average_grad};
pub use dilation::{dilation2d, dilation2d_grad};
pub use max::{max, max_arg, max_arg_grad, max_arg_grad_grad, max_grad, max_grad_grad};

pub use crate::conv::{Axis, Geometry};

/// Call `visit(input position)` for each element of the window at `(od, oh, ow)`, in row-major order; gives their number.
#[inline(always)]
fn window(g: &Geometry, (od, oh, ow): (usize, usize, usize), mut visit: impl FnMut(usize)) -> usize {
    let [d, h, w] = &g.axes;
    let mut count = 0;
    for kd in d.kernel_range(od) {
        for kh in h.kernel_range(oh) {
            for kw in w.kernel_range(ow) {
                if let (Some(z), Some(y), Some(x)) = (d.at(od, kd), h.at(oh, kh), w.at(ow, kw)) {
                    visit((z * h.input + y) * w.input + x);
                    count += 1;
                }
            }
        }
    }
    count
}

/// The place in its image of output position `r` (of all images): (image, (od, oh, ow)).
#[inline(always)]
fn place(g: &Geometry, r: usize) -> (usize, (usize, usize, usize)) {
    let [d, h, w] = &g.axes;
    let (ow, r) = (r % w.output, r / w.output);
    let (oh, r) = (r % h.output, r / h.output);
    (r / d.output, (r % d.output, oh, ow))
}

#[cfg(test)]
mod tests;
