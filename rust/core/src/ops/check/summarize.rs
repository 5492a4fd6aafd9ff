//! The first values of a tensor as text, as TensorFlow's `Tensor::SummarizeValue` writes them.

use std::fmt::Display;

use crate::ops::string::number_text::shown;
use graphpb_kernels::{Bool, DType, Tensor, with_number};

/// Up to `limit` values: separated by blanks, rows in brackets, `...` where more follow. A negative limit means all.
pub fn summarize(t: &Tensor, limit: i64) -> String {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX).min(t.len());
    let texts: Vec<String> = match t.dtype() {
        DType::Bool => take(t.slice::<Bool>(), limit, |v| u8::from(v.get())),
        DType::F32 => take(t.slice::<f32>(), limit, |v| shown(v.into(), true)),
        DType::F64 => take(t.slice::<f64>(), limit, |v| shown(v, false)),
        DType::Str => t.as_strings().iter().take(limit).map(|s| String::from_utf8_lossy(s).into_owned()).collect(),
        d => with_number!(d, T => take(t.slice::<T>(), limit, |v| v), else vec!["?".into(); limit]),
    };
    let mut out = String::new();
    let dims = t.dims();
    if dims.len() <= 1 {
        out = texts.join(" ");
        if limit < t.len() {
            out.push_str("...");
        }
        return out;
    }
    nested(dims, &mut texts.iter(), &mut out);
    if limit < t.len() {
        out.push_str("...");
    }
    out
}

fn take<T: Copy, U: Display>(v: &[T], limit: usize, f: impl Fn(T) -> U) -> Vec<String> {
    v.iter().take(limit).map(|&x| f(x).to_string()).collect()
}

fn nested<'a>(dims: &[usize], values: &mut impl Iterator<Item = &'a String>, out: &mut String) {
    for i in 0..dims[0] {
        if let [_] = dims {
            let Some(v) = values.next() else { return };
            if i > 0 {
                out.push(' ');
            }
            out.push_str(v);
        } else {
            let at = out.len();
            out.push('[');
            nested(&dims[1..], values, out);
            if out.len() == at + 1 {
                out.truncate(at);
                return;
            }
            out.push(']');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_tensorflow_writes_them() {
        assert_eq!(summarize(&Tensor::scalar(1i32), 3), "1");
        assert_eq!(summarize(&Tensor::vector(&[1i32, 2, 3, 4]), 3), "1 2 3...");
        assert_eq!(summarize(&Tensor::from_slice(&[1i32, 2, 3, 4], &[2, 2]), -1), "[1 2][3 4]");
        assert_eq!(summarize(&Tensor::from_slice(&[1i32, 2, 3, 4], &[2, 2]), 3), "[1 2][3]...");
        assert_eq!(summarize(&Tensor::string_scalar(b"boo"), 3), "boo");
    }
}
