//! Batches of tensors of different sizes: each is filled up with zeros at its ends.

use graphpb_kernels::tensor::checked_len;
use graphpb_kernels::{Bytes, DType, Tensor, with_width};

use crate::error::{Error, Result};

/// The parts along a new first axis, each in the corner of a block of zeros (or empty strings) as large as the largest in every dimension.
///
/// INVALID_ARGUMENT when ranks differ. RESOURCE_EXHAUSTED when the result is too large.
pub fn stack(parts: &[&Tensor]) -> Result<Tensor> {
    let Some(first) = parts.first() else { return Err(Error::internal("nothing to stack")) };
    let mut dims = first.dims().to_vec();
    for p in parts {
        if p.rank() != dims.len() {
            return Err(Error::invalid("the elements of one batch have different ranks"));
        }
        dims.iter_mut().zip(p.dims()).for_each(|(d, &s)| *d = (*d).max(s));
    }
    let mut all = vec![parts.len()];
    all.extend(&dims);
    if first.dtype() == DType::Str {
        let n = checked_len(DType::Str, &all)?;
        let block: usize = dims.iter().product();
        let mut out = vec![Bytes::from(&b""[..]); n];
        for (i, p) in parts.iter().enumerate() {
            place(p.as_strings(), p.dims(), &mut out[i * block..(i + 1) * block], &dims);
        }
        return Ok(Tensor::strings(out, &all));
    }
    if !first.dtype().is_plain() {
        return Err(Error::unimplemented("only numbers and strings are padded"));
    }
    let mut out = Tensor::try_zeros(first.dtype(), &all)?;
    let block: usize = dims.iter().product();
    with_width!(first.dtype(), W => {
        let to = out.raw_mut::<W>();
        for (i, p) in parts.iter().enumerate() {
            place(p.raw::<W>(), p.dims(), &mut to[i * block..(i + 1) * block], &dims);
        }
    }, else {});
    Ok(out)
}

/// Copy rows of `from` (of size `small`) into the corner of `to` (of size `large`).
fn place<T: Clone>(from: &[T], small: &[usize], to: &mut [T], large: &[usize]) {
    let (Some(&n), Some(&m)) = (small.first(), large.first()) else {
        to.iter_mut().zip(from).for_each(|(t, f)| t.clone_from(f));
        return;
    };
    if n == 0 || m == 0 || from.is_empty() {
        return;
    }
    let (a, b) = (from.len() / n, to.len() / m);
    for i in 0..n {
        place(&from[i * a..(i + 1) * a], &small[1..], &mut to[i * b..(i + 1) * b], &large[1..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stand_in_the_corner_of_zeros() {
        let a = Tensor::from_slice(&[1i32, 2, 3, 4], &[2, 2]);
        let b = Tensor::from_slice(&[5i32, 6, 7], &[1, 3]);
        let y = stack(&[&a, &b]).unwrap();
        assert_eq!(y.dims(), [2, 2, 3]);
        assert_eq!(y.slice::<i32>(), [1, 2, 0, 3, 4, 0, 5, 6, 7, 0, 0, 0]);
    }

    #[test]
    fn empty_parts_and_strings() {
        let a = Tensor::strings(vec![Bytes::from(&b"x"[..])], &[1]);
        let b = Tensor::strings(vec![], &[0]);
        let y = stack(&[&a, &b]).unwrap();
        assert_eq!((y.dims(), y.as_strings()), (&[2, 1][..], &[Bytes::from(&b"x"[..]), Bytes::from(&b""[..])][..]));
        assert!(stack(&[&a, &Tensor::strings(vec![Bytes::from(&b""[..])], &[])]).is_err());
    }
}
