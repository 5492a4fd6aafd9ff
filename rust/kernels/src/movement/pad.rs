//! Borders: constant, reflected, symmetric; and the reverse of the mirrored ones.

use super::{Elem, move_ns, product, strides_of};
use crate::dtype::DType;
use crate::error::{KernelError, Result};
use crate::indexing::number::Number;
use crate::par;
use crate::tensor::Tensor;

/// Where each index of a padded axis reads from; −1 is the border value.
struct Axis {
    from: Vec<isize>,
    /// The range of indices that reads the source in order.
    start: usize,
    len: usize,
}

/// Put `before[k]` and `after[k]` elements equal to `value` (a scalar) around axis `k`.
pub fn pad(x: &Tensor, pads: &[(usize, usize)], value: &Tensor) -> Result<Tensor> {
    if pads.iter().all(|&p| p == (0, 0)) {
        return Ok(x.clone());
    }
    let mut dims = Vec::with_capacity(x.rank());
    for (&n, &(before, after)) in x.dims().iter().zip(pads) {
        dims.push(n.checked_add(before).and_then(|v| v.checked_add(after)).ok_or_else(|| KernelError::invalid("paddings are too large"))?);
    }
    let mut out = Tensor::try_scratch(x.dtype(), &dims)?;
    if out.is_empty() {
        return Ok(out);
    }
    // Axes without borders at the end are one run with the axis before them.
    let last = pads.iter().rposition(|&p| p != (0, 0)).unwrap_or(0);
    let run = product(&x.dims()[last + 1..]);
    let mut sizes = x.dims()[..=last].to_vec();
    sizes[last] *= run;
    let axes: Vec<Axis> = (0..=last)
        .map(|k| {
            let run = if k == last { run } else { 1 };
            let (before, n) = (pads[k].0 * run, sizes[k]);
            let from = (0..dims[k] * run).map(|i| if i < before || i >= before + n { -1 } else { (i - before) as isize }).collect();
            Axis { from, start: before, len: n }
        })
        .collect();
    crate::with_elem!(x.dtype(), T => copy_mapped::<T>(x, &sizes, &axes, T::of(value).first(), &mut out));
    Ok(out)
}

fn mirror_axes(dims: &[usize], pads: &[(usize, usize)], edge: usize) -> Result<Vec<Axis>> {
    (0..dims.len())
        .map(|k| {
            let (n, (before, after)) = (dims[k], pads[k]);
            if before.max(after) + edge > n {
                return Err(KernelError::invalid(format!(
                    "paddings must be {} the dimension size: {before}, {after} {} {n}",
                    if edge == 1 { "less than" } else { "no greater than" },
                    if edge == 1 { "not less than" } else { "greater than" },
                )));
            }
            let from = (0..before + n + after)
                .map(|i| {
                    let at = i as isize - before as isize;
                    if at < 0 {
                        -at - 1 + edge as isize
                    } else if at >= n as isize {
                        2 * n as isize - 1 - at - edge as isize
                    } else {
                        at
                    }
                })
                .collect();
            Ok(Axis { from, start: before, len: n })
        })
        .collect()
}

/// Borders that mirror the content; `reflect` leaves the edge itself out.
pub fn mirror_pad(x: &Tensor, pads: &[(usize, usize)], reflect: bool) -> Result<Tensor> {
    let axes = mirror_axes(x.dims(), pads, usize::from(reflect))?;
    let dims: Vec<usize> = axes.iter().map(|a| a.from.len()).collect();
    let mut out = Tensor::try_scratch(x.dtype(), &dims)?;
    crate::with_elem!(x.dtype(), T => copy_mapped::<T>(x, x.dims(), &axes, None, &mut out));
    Ok(out)
}

/// `sizes` are those of `x` by the axes.
fn copy_mapped<T: Elem>(x: &Tensor, sizes: &[usize], axes: &[Axis], value: Option<&T>, out: &mut Tensor) {
    if out.is_empty() {
        return;
    }
    let dtype = x.dtype();
    let Some((last, outer)) = axes.split_last() else {
        T::of_mut(out).clone_from_slice(T::of(x));
        return;
    };
    let (src, strides, n) = (T::of(x), strides_of(sizes), last.from.len());
    par::rows_mut(T::of_mut(out), n, move_ns(dtype, n) + 2.0, |first, rows| {
        for (i, row) in rows.chunks_mut(n).enumerate() {
            let (mut r, mut base) = (first + i, Some(0isize));
            for k in (0..outer.len()).rev() {
                let m = outer[k].from.len();
                let from = outer[k].from[r % m];
                base = base.filter(|_| from >= 0).map(|b| b + from * strides[k]);
                r /= m;
            }
            let Some(base) = base else {
                if let Some(v) = value {
                    row.fill(v.clone());
                }
                continue;
            };
            let base = base as usize;
            let read = |o: &mut T, from: isize| match value {
                Some(v) if from < 0 => *o = v.clone(),
                _ => *o = src[base + from as usize].clone(),
            };
            let (head, rest) = row.split_at_mut(last.start);
            let (middle, tail) = rest.split_at_mut(last.len);
            head.iter_mut().zip(&last.from).for_each(|(o, &f)| read(o, f));
            middle.clone_from_slice(&src[base..base + last.len]);
            tail.iter_mut().zip(&last.from[last.start + last.len..]).for_each(|(o, &f)| read(o, f));
        }
    });
}

/// The gradient of `mirror_pad`: every element of `g` added to the place that it was copied from.
pub fn mirror_pad_grad(g: &Tensor, pads: &[(usize, usize)], reflect: bool) -> Result<Tensor> {
    let mut dims = Vec::with_capacity(g.rank());
    for (&n, &(before, after)) in g.dims().iter().zip(pads) {
        dims.push(
            before.checked_add(after).and_then(|p| n.checked_sub(p)).ok_or_else(|| KernelError::invalid("paddings exceed the gradient's size"))?,
        );
    }
    let axes = mirror_axes(&dims, pads, usize::from(reflect))?;
    let mut out = Tensor::try_zeros(g.dtype(), &dims)?;
    crate::with_number!(g.dtype(), T => add_mapped::<T>(g, &axes, &dims, &mut out),
        else return Err(KernelError::unimplemented(format!("MirrorPadGrad is not defined for {}", g.dtype().name()))));
    Ok(out)
}

fn add_mapped<T: Number>(g: &Tensor, axes: &[Axis], dims: &[usize], out: &mut Tensor) {
    let Some((last, outer)) = axes.split_last() else {
        out.slice_mut::<T>().copy_from_slice(g.slice::<T>());
        return;
    };
    if g.is_empty() || product(dims) == 0 {
        return;
    }
    let (strides, n) = (strides_of(dims), last.from.len());
    let dst = out.slice_mut::<T>();
    for (i, row) in g.slice::<T>().chunks(n).enumerate() {
        let (mut r, mut base) = (i, 0isize);
        for k in (0..outer.len()).rev() {
            let m = outer[k].from.len();
            base += outer[k].from[r % m] * strides[k];
            r /= m;
        }
        for (v, &f) in row.iter().zip(&last.from) {
            let o = &mut dst[(base + f) as usize];
            *o = Number::add(*o, *v);
        }
    }
}

/// A scalar zero: numeric 0, false, the empty string.
pub fn zero(dtype: DType) -> Result<Tensor> {
    Tensor::try_zeros(dtype, &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_agree_with_numpy() {
        let x = Tensor::from_slice(&[1i32, 2, 3, 4, 5, 6], &[2, 3]);
        let p = pad(&x, &[(1, 0), (1, 2)], &Tensor::scalar(9i32)).unwrap();
        assert_eq!(p.dims(), [3, 6]);
        assert_eq!(p.slice::<i32>(), [9, 9, 9, 9, 9, 9, 9, 1, 2, 3, 9, 9, 9, 4, 5, 6, 9, 9]);
        let r = mirror_pad(&x, &[(1, 1), (2, 2)], true).unwrap();
        assert_eq!(r.dims(), [4, 7]);
        assert_eq!(r.slice::<i32>()[..7], [6, 5, 4, 5, 6, 5, 4]);
        assert_eq!(r.slice::<i32>()[7..14], [3, 2, 1, 2, 3, 2, 1]);
        let s = mirror_pad(&x, &[(0, 0), (3, 1)], false).unwrap();
        assert_eq!(s.slice::<i32>()[..7], [3, 2, 1, 1, 2, 3, 3]);
        assert!(mirror_pad(&x, &[(2, 0), (0, 0)], true).is_err());
    }

    #[test]
    fn the_mirrored_gradient_counts_the_copies() {
        let x = Tensor::from_slice(&[0f32; 6], &[2, 3]);
        for reflect in [true, false] {
            let pads = [(1, 1), (2, 1)];
            // Adjoint test: ⟨pad(x), g⟩ = ⟨x, grad(g)⟩ for a unit x.
            for i in 0..6 {
                let mut e = x.clone();
                e.slice_mut::<f32>()[i] = 1.0;
                let y = mirror_pad(&e, &pads, reflect).unwrap();
                let g = Tensor::from_slice(&(0..y.len()).map(|v| v as f32).collect::<Vec<_>>(), y.dims());
                let want: f32 = y.slice::<f32>().iter().zip(g.slice::<f32>()).map(|(a, b)| a * b).sum();
                assert_eq!(mirror_pad_grad(&g, &pads, reflect).unwrap().slice::<f32>()[i], want);
            }
        }
    }
}
