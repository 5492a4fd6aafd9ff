//! Rectangular cut-outs with strides, as numpy's basic indexing, and their reverse.

use super::copy::{Walk, gathered, scattered};
use super::{product, strides_of};
use crate::dtype::DType;
use crate::error::{KernelError, Result};
use crate::tensor::Tensor;

/// The masks of `StridedSlice`, bit `i` for entry `i` of begin, end and strides.
#[derive(Clone, Copy, Debug, Default)]
pub struct Masks {
    pub begin: i64,
    pub end: i64,
    pub ellipsis: i64,
    pub new_axis: i64,
    pub shrink: i64,
}

/// A resolved slice: one begin, stride and count per input axis.
#[derive(Clone, Debug, Default)]
pub struct Strided {
    pub begin: Vec<i64>,
    pub stride: Vec<i64>,
    /// Elements taken per input axis; −1 where unknown.
    pub count: Vec<i64>,
    /// The shape of the result, with new axes in and shrunk axes out.
    pub shape: Vec<i64>,
}

enum Entry {
    Axis(usize),
    NewAxis,
}

/// Resolve `begin:end:strides` against `dims` (−1: unknown size). Unknown begins and ends give unknown sizes.
///
/// The rules are TensorFlow's `ValidateStridedSliceOp`.
pub fn resolve(dims: &[i64], begin: Option<&[i64]>, end: Option<&[i64]>, strides: &[i64], masks: Masks) -> Result<Strided> {
    let n = strides.len();
    if begin.is_some_and(|b| b.len() != n) || end.is_some_and(|e| e.len() != n) {
        return Err(KernelError::invalid("Expected begin, end, and strides to be 1D equal size tensors"));
    }
    if n >= 63 {
        return Err(KernelError::invalid("StridedSlice takes fewer than 63 index entries"));
    }
    let bit = |m: i64, i: usize| m >> i & 1 == 1;
    let rank = dims.len();
    let mut ellipsis = None;
    let mut new_after = 0;
    for i in 0..n {
        if bit(masks.ellipsis, i) {
            if ellipsis.is_some() {
                return Err(KernelError::invalid("Multiple ellipses in slice spec not allowed"));
            }
            ellipsis = Some(i);
        } else if ellipsis.is_some() && bit(masks.new_axis, i) {
            new_after += 1;
        }
    }
    // Without an ellipsis there is one at the end.
    let entries = if ellipsis.is_some() { n } else { n + 1 };
    let ellipsis = ellipsis.unwrap_or(n);
    let (mut b, mut e, mut s) = (vec![0i64; rank], vec![0i64; rank], vec![1i64; rank]);
    let (mut free_b, mut free_e, mut shrink) = (vec![false; rank], vec![false; rank], vec![false; rank]);
    let mut shape: Vec<Entry> = Vec::new();
    let mut full = 0;
    for i in 0..entries {
        if i == ellipsis {
            let next = (rank + 1 + new_after).saturating_sub(entries - i).min(rank).max(full);
            while full < next {
                (free_b[full], free_e[full]) = (true, true);
                shape.push(Entry::Axis(full));
                full += 1;
            }
        } else if bit(masks.new_axis, i) {
            shape.push(Entry::NewAxis);
        } else {
            if rank == 0 {
                return Err(KernelError::invalid("Attempting to slice scalar input."));
            }
            if full >= rank {
                return Err(KernelError::invalid(format!("Index out of range using input dim {full}; input has only {rank} dims")));
            }
            b[full] = begin.map_or(0, |v| v[i]);
            e[full] = end.map_or(0, |v| v[i]);
            s[full] = strides[i];
            free_b[full] = bit(masks.begin, i);
            free_e[full] = bit(masks.end, i);
            if bit(masks.shrink, i) {
                shrink[full] = true;
            } else {
                shape.push(Entry::Axis(full));
            }
            full += 1;
        }
    }
    let known = begin.is_some() && end.is_some();
    let mut count = vec![-1i64; rank];
    for i in 0..rank {
        let (dim, stride) = (dims[i], s[i]);
        if stride == 0 {
            return Err(KernelError::invalid(format!("strides[{i}] must be non-zero")));
        }
        if shrink[i] && stride <= 0 {
            return Err(KernelError::invalid("only stride 1 allowed on non-range indexing."));
        }
        if dim < 0 {
            count[i] = if shrink[i] { 1 } else { -1 };
            continue;
        }
        let (lo, hi) = if stride > 0 { (0, dim) } else { (-1, dim - 1) };
        let clamp = |v: i64| (if v < 0 { v.saturating_add(dim) } else { v }).clamp(lo, hi);
        let whole = free_b[i] && free_e[i];
        if known {
            if shrink[i] {
                let at = if b[i] < 0 { b[i].saturating_add(dim) } else { b[i] };
                if at < 0 || at >= dim {
                    return Err(KernelError::invalid(format!("slice index {} of dimension {i} out of bounds.", b[i])));
                }
                b[i] = at;
                e[i] = at + 1;
            } else {
                b[i] = if free_b[i] { if stride > 0 { lo } else { hi } } else { clamp(b[i]) };
                e[i] = if free_e[i] { if stride > 0 { hi } else { lo } } else { clamp(e[i]) };
            }
        }
        let interval = match (known, shrink[i], whole) {
            (true, _, _) => Some(e[i] - b[i]),
            (_, true, _) => Some(1),
            (_, _, true) => Some(if stride < 0 { -dim } else { dim }),
            _ => None,
        };
        if let Some(v) = interval {
            count[i] = if v == 0 || (v < 0) != (stride < 0) { 0 } else { v / stride + i64::from(v % stride != 0) };
        }
    }
    let shape = shape.iter().map(|e| if let Entry::Axis(i) = e { count[*i] } else { 1 }).collect();
    Ok(Strided { begin: b, stride: s, count, shape })
}

impl Strided {
    /// `begin` and `size` without strides.
    pub fn plain(begin: &[usize], size: &[usize]) -> Strided {
        Strided {
            begin: begin.iter().map(|&v| v as i64).collect(),
            stride: vec![1; begin.len()],
            count: size.iter().map(|&v| v as i64).collect(),
            shape: size.iter().map(|&v| v as i64).collect(),
        }
    }
    fn walk(&self, dims: &[usize]) -> Walk {
        let s = strides_of(dims);
        let mut w = Walk { offset: 0, dims: Vec::with_capacity(dims.len()), strides: Vec::with_capacity(dims.len()) };
        for k in 0..dims.len() {
            w.offset += self.begin[k] as isize * s[k];
            w.dims.push(self.count[k].max(0) as usize);
            w.strides.push(self.stride[k] as isize * s[k]);
        }
        w
    }
    /// The shape of the result, which must be known.
    pub fn sizes(&self) -> Vec<usize> {
        self.shape.iter().map(|&v| v.max(0) as usize).collect()
    }
}

/// The elements that `s` selects from `x`. Rows of the outermost axis share memory with `x`.
pub fn slice(x: &Tensor, s: &Strided) -> Result<Tensor> {
    let out = s.sizes();
    if product(&out) == 0 {
        return Tensor::try_scratch(x.dtype(), &out);
    }
    // Leading axes cut to one element, one axis cut to a range, the rest whole: one block.
    let whole = |k: usize| s.begin[k] == 0 && s.stride[k] == 1 && s.count[k] == x.dims()[k] as i64;
    let first_whole = (0..x.rank()).rev().take_while(|&k| whole(k)).last().unwrap_or(x.rank());
    if first_whole == 0 {
        return Ok(x.clone().reshaped(&out));
    }
    let cut = first_whole - 1;
    if x.dtype().is_plain() && s.stride[cut] == 1 && (0..cut).all(|k| s.count[k] == 1) {
        let row = product(&x.dims()[first_whole..]);
        let at = (0..=cut).fold(0usize, |a, k| a * x.dims()[k] + s.begin[k] as usize);
        let flat = x.clone().reshaped(&[x.len() / row, row]);
        return Ok(flat.rows(at, s.count[cut] as usize).reshaped(&out));
    }
    gathered(x, &s.walk(x.dims()), &out)
}

/// Zeros of sizes `dims` with `y` written where `s` selects: the gradient of `slice`.
pub fn slice_grad(dims: &[usize], s: &Strided, y: &Tensor) -> Result<Tensor> {
    let mut out = Tensor::try_zeros(y.dtype(), dims)?;
    if !y.is_empty() {
        scattered(y, &s.walk(dims), &mut out);
    }
    Ok(out)
}

/// `y` written over what `s` selects from `x`.
pub fn slice_assign(mut x: Tensor, s: &Strided, y: &Tensor) -> Tensor {
    if !y.is_empty() {
        let walk = s.walk(x.dims());
        scattered(y, &walk, &mut x);
    }
    x
}

/// Whether a type can be the zero of `slice_grad`.
pub fn has_zero(dtype: DType) -> bool {
    dtype.is_plain() || dtype == DType::Str
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iota(dims: &[usize]) -> Tensor {
        Tensor::from_slice(&(0..dims.iter().product::<usize>() as i32).collect::<Vec<_>>(), dims)
    }
    fn take(x: &Tensor, b: &[i64], e: &[i64], s: &[i64], m: Masks) -> Result<Tensor> {
        let dims: Vec<i64> = x.dims().iter().map(|&d| d as i64).collect();
        slice(x, &resolve(&dims, Some(b), Some(e), s, m)?)
    }

    #[test]
    fn slices_agree_with_numpy() {
        let x = iota(&[3, 4]);
        let none = Masks::default();
        assert_eq!(take(&x, &[1, 1], &[3, 3], &[1, 1], none).unwrap().slice::<i32>(), [5, 6, 9, 10]);
        assert_eq!(take(&x, &[-1, -1], &[-4, -6], &[-2, -2], none).unwrap().slice::<i32>(), [11, 9, 3, 1]);
        let r = take(&x, &[1, 0], &[0, 0], &[1, 1], Masks { shrink: 1, end: 2, begin: 2, ..none }).unwrap();
        assert_eq!((r.dims(), r.slice::<i32>()), (&[4][..], &[4, 5, 6, 7][..]));
        assert!(r.shares_memory(&x));
        // x[..., None, 2]
        let r = take(&x, &[0, 0, 2], &[0, 0, 3], &[1, 1, 1], Masks { ellipsis: 1, new_axis: 2, shrink: 4, ..none }).unwrap();
        assert_eq!((r.dims(), r.slice::<i32>()), (&[3, 1][..], &[2, 6, 10][..]));
        assert_eq!(take(&x, &[5], &[6], &[1], Masks { shrink: 1, ..none }).unwrap_err().message, "slice index 5 of dimension 0 out of bounds.");
        assert_eq!(take(&x, &[0], &[1], &[0], none).unwrap_err().message, "strides[0] must be non-zero");
        assert_eq!(take(&x, &[2], &[1], &[1], none).unwrap().dims(), [0, 4]);
    }

    #[test]
    fn the_gradient_writes_back_where_the_slice_read() {
        let x = iota(&[4, 5]);
        let dims = [4i64, 5];
        for (b, e, s) in [([0i64, 1], [4i64, 5], [2i64, 2]), ([3, 4], [-9, -9], [-2, -3]), ([1, 0], [3, 5], [1, 1])] {
            let r = resolve(&dims, Some(&b), Some(&e), &s, Masks::default()).unwrap();
            let y = slice(&x, &r).unwrap();
            let g = slice_grad(&[4, 5], &r, &y).unwrap();
            for (i, &v) in g.slice::<i32>().iter().enumerate() {
                let want = if y.slice::<i32>().contains(&(i as i32)) { i as i32 } else { 0 };
                assert_eq!(v, want);
            }
        }
    }
}
