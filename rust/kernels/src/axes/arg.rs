//! The position of the greatest or least element along an axis.

use crate::error::{KernelError, Result};
use crate::pointwise::cast;
use crate::tensor::{Dims, shape_text};
use crate::{Bool, DType, Element, Tensor, par};

/// The first position of the maximum (minimum) along `axis`, as `output`; NaN never wins. INVALID_ARGUMENT for an empty axis.
pub fn arg_extreme(max: bool, x: &Tensor, axis: usize, output: DType) -> Result<Tensor> {
    if x.dims()[axis] == 0 {
        return Err(KernelError::invalid(format!("Reduction axis {axis} is empty in shape {}", shape_text(x.dims()))));
    }
    let positions = match x.dtype() {
        DType::F32 => find(x, axis, if max { f32::NEG_INFINITY } else { f32::INFINITY }, |a, b| if max { a > b } else { a < b }),
        DType::F64 => find(x, axis, if max { f64::NEG_INFINITY } else { f64::INFINITY }, |a, b| if max { a > b } else { a < b }),
        DType::F16 | DType::BF16 => return arg_extreme(max, &cast(x, DType::F32)?, axis, output),
        DType::Bool => find(x, axis, Bool::from(!max), |a: Bool, b| if max { a.get() & !b.get() } else { !a.get() & b.get() }),
        DType::I32 => find(x, axis, if max { i32::MIN } else { i32::MAX }, |a, b| if max { a > b } else { a < b }),
        DType::I64 => find(x, axis, if max { i64::MIN } else { i64::MAX }, |a, b| if max { a > b } else { a < b }),
        DType::I8 | DType::I16 | DType::U8 | DType::U16 | DType::U32 => return arg_extreme(max, &cast(x, DType::I64)?, axis, output),
        DType::U64 => find(x, axis, if max { u64::MIN } else { u64::MAX }, |a, b| if max { a > b } else { a < b }),
        d => return Err(KernelError::unimplemented(format!("ArgMax has no kernel for {}", d.name()))),
    };
    cast(&positions, output)
}

fn find<T: Element>(x: &Tensor, axis: usize, worst: T, better: impl Fn(T, T) -> bool + Sync) -> Tensor {
    let n = x.dims()[axis];
    let inner: usize = x.dims()[axis + 1..].iter().product();
    let kept: Dims = x.dims().iter().enumerate().filter(|a| a.0 != axis).map(|a| *a.1).collect();
    let mut out = Tensor::scratch(DType::I64, &kept);
    let src = x.slice::<T>();
    par::rows_mut(out.slice_mut::<i64>(), inner, (n * inner) as f64, |first, rows| {
        for (o, row) in rows.chunks_mut(inner).enumerate() {
            let from = &src[(first + o) * n * inner..][..n * inner];
            for (i, at) in row.iter_mut().enumerate() {
                let (mut best, mut found) = (worst, 0);
                for k in 0..n {
                    let v = from[k * inner + i];
                    if better(v, best) {
                        (best, found) = (v, k);
                    }
                }
                *at = found as i64;
            }
        }
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_extreme_wins_and_nan_never_does() {
        let at = |v: &[f32]| arg_extreme(true, &Tensor::vector(v), 0, DType::I64).unwrap().slice::<i64>()[0];
        assert_eq!(at(&[1.0, f32::NAN, 3.0]), 2);
        assert_eq!(at(&[2.0, 5.0, 5.0]), 1);
        assert_eq!(at(&[f32::NEG_INFINITY, f32::NAN]), 0);
        let x = Tensor::from_slice(&[3i32, 1, 2, 0, 5, 2], &[2, 3]);
        assert_eq!(arg_extreme(false, &x, 0, DType::I32).unwrap().slice::<i32>(), [1, 0, 0]);
        assert!(arg_extreme(true, &Tensor::zeros(DType::F32, &[2, 0]), 1, DType::I64).is_err());
    }
}
