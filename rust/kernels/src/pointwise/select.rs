//! Choices between tensors: by a condition, and by bounds.

use super::integer::{Integer, with_integer};
use super::real::Real;
use super::space::{Space, broadcast_dims};
use super::{cast, no_kernel};
use crate::error::{KernelError, Result};
use crate::{Bool, DType, Element, Tensor, with_width};

/// `t` where `c`, else `e`; all three broadcast. Any type but handles.
pub fn select(c: &Tensor, t: &Tensor, e: &Tensor) -> Result<Tensor> {
    let dims = broadcast_dims(&broadcast_dims(c.dims(), t.dims())?, e.dims())?;
    let space = Space::new(&dims, [c.dims(), t.dims(), e.dims()]);
    let cond = c.slice::<Bool>();
    let mut out = Tensor::try_scratch(t.dtype(), &dims)?;
    if t.dtype() == DType::Str {
        let (x, y) = (t.as_strings(), e.as_strings());
        space.pieces(out.as_strings_mut(), 20.0, &|piece, [i, j, k]| {
            let [si, sj, sk] = space.step;
            for (n, o) in piece.iter_mut().enumerate() {
                *o = if cond[i + n * si].get() { x[j + n * sj].clone() } else { y[k + n * sk].clone() };
            }
        });
        return Ok(out);
    }
    fn run<T: Element>(space: &Space<3>, cond: &[Bool], x: &[T], y: &[T], out: &mut [T]) {
        space.pieces(out, 0.6, &|piece, [i, j, k]| match space.step {
            [1, 1, 1] => {
                for (((o, c), &a), &b) in piece.iter_mut().zip(&cond[i..]).zip(&x[j..]).zip(&y[k..]) {
                    *o = if c.get() { a } else { b };
                }
            }
            [si, sj, sk] => {
                for (n, o) in piece.iter_mut().enumerate() {
                    *o = if cond[i + n * si].get() { x[j + n * sj] } else { y[k + n * sk] };
                }
            }
        });
    }
    with_width!(t.dtype(), T => run::<T>(&space, cond, t.raw(), e.raw(), out.raw_mut()), else return no_kernel("Select", t.dtype()));
    Ok(out)
}

/// Rows of `t` where the vector `c` holds, rows of `e` elsewhere.
pub fn select_rows(c: &Tensor, t: &Tensor, e: &Tensor) -> Result<Tensor> {
    let mut dims = vec![c.len()];
    dims.resize(t.rank().max(1), 1);
    select(&c.clone().reshaped(&dims), t, e)
}

/// `t` brought into `lo ..= hi`; each bound is a scalar or has t's shape.
pub fn clip(t: Tensor, lo: &Tensor, hi: &Tensor) -> Result<Tensor> {
    for b in [lo, hi] {
        if b.rank() != 0 && b.dims() != t.dims() {
            return Err(KernelError::invalid(
                "clip_value_min and clip_value_max must be either of the same shape as input, or a scalar. ".to_owned()
                    + &format!(
                        "input shape: {} clip_value_min shape: {} clip_value_max shape: {}",
                        crate::shape_text(t.dims()),
                        crate::shape_text(lo.dims()),
                        crate::shape_text(hi.dims())
                    ),
            ));
        }
    }
    fn run<T: Element>(mut t: Tensor, lo: &Tensor, hi: &Tensor, f: fn(T, T, T) -> T) -> Tensor {
        let (lo, hi) = (lo.slice::<T>(), hi.slice::<T>());
        let (sl, sh) = (usize::from(lo.len() > 1), usize::from(hi.len() > 1));
        super::space::chunks(t.slice_mut::<T>(), 0.6, &|first, piece: &mut [T]| {
            for (i, v) in piece.iter_mut().enumerate() {
                let i = first + i;
                *v = f(*v, lo[i * sl], hi[i * sh]);
            }
        });
        t
    }
    fn real<R: Real>(t: Tensor, lo: &Tensor, hi: &Tensor) -> Tensor {
        run::<R>(t, lo, hi, |v, lo, hi| {
            let v = if v > hi { hi } else { v };
            if v < lo { lo } else { v }
        })
    }
    fn integer<T: Integer>(t: Tensor, lo: &Tensor, hi: &Tensor) -> Tensor {
        run::<T>(t, lo, hi, |v, lo, hi| {
            let v = if v > hi { hi } else { v };
            if v < lo { lo } else { v }
        })
    }
    Ok(match t.dtype() {
        DType::F32 => real::<f32>(t, lo, hi),
        DType::F64 => real::<f64>(t, lo, hi),
        d @ (DType::F16 | DType::BF16) => cast(&clip(cast(&t, DType::F32)?, &cast(lo, DType::F32)?, &cast(hi, DType::F32)?)?, d)?,
        d => with_integer!(d, T => integer::<T>(t, lo, hi), else return no_kernel("ClipByValue", d)),
    })
}
