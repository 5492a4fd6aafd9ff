//! How the inputs of a tile program lie in its space, and how their elements are read.

use crate::movement::copy_run;
use crate::{Bool, DType, Tensor};

/// Some columns of a tensor: a range of its last axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    pub at: usize,
    pub width: usize,
}

/// An input of a program: a tensor, or some columns of one.
#[derive(Clone, Copy)]
pub struct Lane<'a> {
    pub tensor: &'a Tensor,
    pub columns: Option<Columns>,
}

impl<'a> From<&'a Tensor> for Lane<'a> {
    fn from(tensor: &'a Tensor) -> Lane<'a> {
        Lane { tensor, columns: None }
    }
}

/// How an input lies in the iteration space.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Layout {
    Full,
    Scalar,
    /// Element `i % period`.
    Period(usize),
    /// Element `i / repeat`.
    Repeat(usize),
    /// Element `i % width` of row `i / width`; rows are `pitch` apart.
    Rows {
        width: usize,
        pitch: usize,
    },
}

/// The layout of `dims` in the space `full`; None when it needs more than one modulus or quotient.
fn layout(dims: &[usize], full: &[usize]) -> Option<Layout> {
    if dims == full {
        return Some(Layout::Full);
    }
    if dims.iter().all(|&d| d == 1) {
        return Some(Layout::Scalar);
    }
    let lead = full.len().checked_sub(dims.len())?;
    let same = |i: usize| i >= lead && dims[i - lead] == full[i];
    let one = |i: usize| i < lead || dims[i - lead] == 1;
    let n = full.len();
    // Sizes of one fit either way: skip them from both ends.
    let tail = (0..n).rev().take_while(|&i| same(i)).count();
    if (0..n - tail).all(one) {
        return Some(Layout::Period(full[n - tail..].iter().product()));
    }
    let head = (0..n).take_while(|&i| same(i)).count();
    if (head..n).all(one) {
        return Some(Layout::Repeat(full[head..].iter().product()));
    }
    None
}

impl<'a> Lane<'a> {
    /// The sizes as the program sees them; None when the tensor has no such columns.
    pub fn dims(&self) -> Option<crate::Dims> {
        let mut dims = crate::Dims::from_slice(self.tensor.dims());
        if let Some(c) = self.columns {
            let last = dims.pop().filter(|&d| c.at.checked_add(c.width).is_some_and(|end| end <= d));
            last?;
            dims.push(c.width);
        }
        Some(dims)
    }

    /// The layout in the space `full`, and where in the tensor it starts; None when a program cannot read it.
    fn layout(&self, full: &[usize]) -> Option<(Layout, usize)> {
        let plain = matches!(self.tensor.dtype(), DType::F32 | DType::Bool);
        let (l, c) = (layout(&self.dims()?, full).filter(|_| plain)?, self.columns);
        let Some(c) = c else { return Some((l, 0)) };
        let pitch = *self.tensor.dims().last()?;
        let rows = self.tensor.dims()[..self.tensor.rank() - 1].iter().product::<usize>();
        match l {
            _ if rows == 1 => Some((l, c.at)),
            Layout::Full => Some((Layout::Rows { width: c.width, pitch }, c.at)),
            _ => None,
        }
    }

    /// How a program reads it in the space `full`; None when it cannot.
    pub(super) fn feed(&self, full: &[usize]) -> Option<Feed<'a>> {
        let (layout, start) = self.layout(full)?;
        Some(match self.tensor.dtype() {
            _ if self.tensor.is_empty() => Feed { floats: Some(&[]), masks: &[], layout },
            DType::F32 => Feed { floats: Some(&self.tensor.slice::<f32>()[start..]), masks: &[], layout },
            _ => Feed { floats: None, masks: &self.tensor.slice::<Bool>()[start..], layout },
        })
    }
}

pub(super) struct Feed<'a> {
    floats: Option<&'a [f32]>,
    masks: &'a [Bool],
    layout: Layout,
}

impl<'a> Feed<'a> {
    /// Lanes `at..at + space.len()`, where they stand or spread out in `space`.
    pub(super) fn read<'s>(&self, at: usize, space: &'s mut [f32]) -> Operand<'s>
    where
        'a: 's,
    {
        match (self.floats, self.layout) {
            (Some(v), Layout::Full) => Operand::Lanes(&v[at..at + space.len()]),
            (Some(v), Layout::Scalar) => Operand::Scalar(v[0]),
            (Some(v), Layout::Rows { width, pitch }) if at % width + space.len() <= width => {
                Operand::Lanes(&v[at / width * pitch + at % width..][..space.len()])
            }
            (Some(v), Layout::Period(p)) if at % p + space.len() <= p => Operand::Lanes(&v[at % p..][..space.len()]),
            (Some(v), l) => {
                spread(v, l, at, space, copy_run, |x| x);
                Operand::Lanes(space)
            }
            (None, Layout::Scalar) => Operand::Scalar(self.masks[0].get() as u8 as f32),
            (None, l) => {
                let number = |x: Bool| x.get() as u8 as f32;
                let copy = |out: &mut [f32], from: &[Bool]| out.iter_mut().zip(from).for_each(|(o, &x)| *o = number(x));
                spread(self.masks, l, at, space, copy, number);
                Operand::Lanes(space)
            }
        }
    }
}

#[derive(Clone, Copy)]
pub(crate) enum Operand<'a> {
    Lanes(&'a [f32]),
    Scalar(f32),
}

/// Write elements `at..at + out.len()`; `copy` turns runs of elements into floats, `one` a single one.
fn spread<T: Copy>(v: &[T], layout: Layout, at: usize, out: &mut [f32], copy: impl Fn(&mut [f32], &[T]), one: impl Fn(T) -> f32) {
    let (run, pitch) = match layout {
        Layout::Full => return copy(out, &v[at..at + out.len()]),
        Layout::Scalar => return out.fill(one(v[0])),
        Layout::Period(p) => (p, 0),
        Layout::Rows { width, pitch } => (width, pitch),
        Layout::Repeat(r) => (r, 1),
    };
    let (mut row, mut first, mut rest) = (at / run, at % run, out);
    while !rest.is_empty() {
        let n = (run - first).min(rest.len());
        let (here, after) = std::mem::take(&mut rest).split_at_mut(n);
        match layout {
            Layout::Repeat(_) => here.fill(one(v[row])),
            _ => copy(here, &v[row * pitch + first..][..n]),
        }
        (row, first, rest) = (row + 1, 0, after);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_are_told_apart() {
        assert_eq!(layout(&[3, 4], &[3, 4]), Some(Layout::Full));
        assert_eq!(layout(&[1, 1], &[3, 4]), Some(Layout::Scalar));
        assert_eq!(layout(&[4], &[3, 4]), Some(Layout::Period(4)));
        assert_eq!(layout(&[1, 4], &[3, 4]), Some(Layout::Period(4)));
        assert_eq!(layout(&[3, 1], &[3, 4]), Some(Layout::Repeat(4)));
        assert_eq!(layout(&[2, 1, 4], &[2, 3, 4]), None);
        assert_eq!(layout(&[5], &[3, 4]), None);
    }
}
