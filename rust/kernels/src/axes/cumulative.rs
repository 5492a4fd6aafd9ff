//! Running sums and products along an axis.

use crate::error::{KernelError, Result};
use crate::pointwise::cast;
use crate::{C128, DType, Element, Tensor, par};

/// The running product (sum) along `axis`; `exclusive` leaves each element itself out, `reverse` starts at the end.
pub fn cumulative(product: bool, x: Tensor, axis: usize, exclusive: bool, reverse: bool) -> Result<Tensor> {
    macro_rules! integer {
        ($t:ty) => {
            run::<$t>(x, axis, exclusive, reverse, product as $t, if product { |a, b| a.wrapping_mul(b) } else { |a, b| a.wrapping_add(b) })
        };
    }
    macro_rules! float {
        ($t:ty, $zero:expr, $one:expr) => {
            run::<$t>(x, axis, exclusive, reverse, if product { $one } else { $zero }, if product { |a, b| a * b } else { |a, b| a + b })
        };
    }
    Ok(match x.dtype() {
        DType::F32 => float!(f32, 0.0, 1.0),
        DType::F64 => float!(f64, 0.0, 1.0),
        DType::C128 => float!(C128, C128::new(0.0, 0.0), C128::new(1.0, 0.0)),
        DType::I64 => integer!(i64),
        DType::U64 => integer!(u64),
        d => {
            let wide = match d {
                DType::F16 | DType::BF16 => DType::F32,
                DType::C64 => DType::C128,
                d if d.is_integer() => DType::I64,
                d => return Err(KernelError::unimplemented(format!("cumulative sums have no kernel for {}", d.name()))),
            };
            cast(&cumulative(product, cast(&x, wide)?, axis, exclusive, reverse)?, d)?
        }
    })
}

fn run<T: Element>(mut x: Tensor, axis: usize, exclusive: bool, reverse: bool, start: T, f: fn(T, T) -> T) -> Tensor {
    let n = x.dims()[axis];
    let inner: usize = x.dims()[axis + 1..].iter().product();
    if n * inner > 0 {
        par::rows_mut(x.slice_mut::<T>(), n * inner, 2.0 * (n * inner) as f64, |_, blocks| {
            let mut totals = vec![start; inner];
            for block in blocks.chunks_mut(n * inner) {
                totals.fill(start);
                for k in 0..n {
                    let k = if reverse { n - 1 - k } else { k };
                    for (v, t) in block[k * inner..][..inner].iter_mut().zip(&mut totals) {
                        let sum = f(*t, *v);
                        *v = if exclusive { *t } else { sum };
                        *t = sum;
                    }
                }
            }
        });
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_direction() {
        let x = Tensor::from_slice(&[1i32, 2, 3, 4, 5, 6], &[3, 2]);
        let of = |product, exclusive, reverse| cumulative(product, x.clone(), 0, exclusive, reverse).unwrap().slice::<i32>().to_vec();
        assert_eq!(of(false, false, false), [1, 2, 4, 6, 9, 12]);
        assert_eq!(of(false, true, false), [0, 0, 1, 2, 4, 6]);
        assert_eq!(of(false, false, true), [9, 12, 8, 10, 5, 6]);
        assert_eq!(of(true, true, true), [15, 24, 5, 6, 1, 1]);
    }
}
