//! Convolutions over one to three spatial axes, channels last: products whose left operand is read from the padded image in place.

mod backward;
mod depthwise;
mod forward;
mod grouped;
mod patches;

pub use backward::{backprop_filter, backprop_input};
pub use depthwise::{depthwise, depthwise_backprop_filter, depthwise_backprop_input};
pub use forward::forward;
pub use grouped::{backprop_filter_in_groups, backprop_input_in_groups, forward_in_groups};

/// One spatial axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    pub input: usize,
    pub kernel: usize,
    pub output: usize,
    pub stride: usize,
    pub dilation: usize,
    /// Zeros before the first element.
    pub before: usize,
}

impl Axis {
    /// An axis that is not there.
    pub const ONE: Axis = Axis { input: 1, kernel: 1, output: 1, stride: 1, dilation: 1, before: 0 };

    /// The input position of kernel element `k` at output `o`, if it is inside.
    #[inline(always)]
    pub fn at(&self, o: usize, k: usize) -> Option<usize> {
        (o * self.stride + k * self.dilation).checked_sub(self.before).filter(|&i| i < self.input)
    }
    /// The extent of the padded input that outputs touch.
    fn extent(&self) -> usize {
        if self.output == 0 { 0 } else { (self.output - 1) * self.stride + (self.kernel.max(1) - 1) * self.dilation + 1 }
    }
    /// The kernel elements that touch the input at output `o`.
    #[inline(always)]
    pub fn kernel_range(&self, o: usize) -> std::ops::Range<usize> {
        let start = o * self.stride;
        let first = self.before.saturating_sub(start).div_ceil(self.dilation);
        let end = (self.input + self.before).saturating_sub(start).div_ceil(self.dilation).min(self.kernel);
        first.min(end)..end
    }
}

/// The sizes of a convolution: input `[batch, d, h, w, cin]`, filter `[kd, kh, kw, cin, cout]`, output `[batch, od, oh, ow, cout]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    pub batch: usize,
    pub axes: [Axis; 3],
    pub cin: usize,
    pub cout: usize,
}

impl Geometry {
    pub fn taps(&self) -> usize {
        self.axes.iter().map(|a| a.kernel).product()
    }
    /// Input positions of one image.
    pub fn pixels_in(&self) -> usize {
        self.axes.iter().map(|a| a.input).product()
    }
    /// Output positions of one image.
    pub fn pixels_out(&self) -> usize {
        self.axes.iter().map(|a| a.output).product()
    }
    fn is_empty(&self) -> bool {
        self.batch * self.pixels_in() * self.pixels_out() * self.taps() * self.cin * self.cout == 0
    }
    /// Each output reads one input position, in order: a plain product.
    fn is_pointwise(&self) -> bool {
        self.axes.iter().all(|a| a.kernel == 1 && a.stride == 1 && a.before == 0 && a.input == a.output)
    }
}

#[cfg(test)]
mod tests;
