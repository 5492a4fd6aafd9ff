//! Python's `tf.constant(value, shape=...)`: the last value fills what is missing.

use graphpb::error::{Error, Result};
use graphpb_kernels::tensor::checked_len;
use graphpb_kernels::{DType, Tensor, with_width};

/// `t` flattened and extended with its last element (zero when empty) to `dims`. ValueError when it has more elements.
pub fn extend(t: Tensor, dims: &[usize]) -> Result<Tensor> {
    let n = checked_len(t.dtype(), dims)?;
    let have = t.len();
    if have > n {
        return Err(Error::value(format!("Too many elements provided. Takes at most {n}, but got {have}.")));
    }
    if have == n {
        return Ok(t.reshaped(dims));
    }
    if t.dtype() == DType::Str {
        let mut all = t.as_strings().to_vec();
        let last = all.last().cloned().unwrap_or_else(|| (&b""[..]).into());
        all.resize(n, last);
        return Ok(Tensor::strings(all, dims));
    }
    let mut out = Tensor::try_zeros(t.dtype(), dims)?;
    with_width!(t.dtype(), T => {
        let src = t.raw::<T>();
        let dst = out.raw_mut::<T>();
        dst[..have].copy_from_slice(src);
        if let Some(&last) = src.last() {
            dst[have..].fill(last);
        }
    }, else return Err(Error::type_error(format!("a constant cannot be of type {}", t.dtype().name()))));
    Ok(out)
}
