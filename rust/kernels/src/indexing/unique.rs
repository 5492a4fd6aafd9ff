//! Distinct elements, set difference, positions of non-zero elements.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::dtype::DType;
use crate::error::{KernelError, Result};
use crate::movement::{Elem, product};
use crate::tensor::Tensor;

/// The bytes by which the rows of a tensor compare: equal rows have equal bytes.
struct Keys<'a> {
    text: Option<&'a [crate::Bytes]>,
    bytes: Cow<'a, [u8]>,
    /// Bytes (or strings) of one row.
    width: usize,
    /// Rows with a NaN, which equals nothing.
    odd: Vec<usize>,
}

impl<'a> Keys<'a> {
    fn of(t: &'a Tensor, row: usize) -> Result<Keys<'a>> {
        if t.dtype() == DType::Str {
            return Ok(Keys { text: Some(t.as_strings()), bytes: Cow::Borrowed(&[]), width: row, odd: Vec::new() });
        }
        if !t.dtype().is_plain() {
            return Err(KernelError::unimplemented(format!("comparison is not defined for {}", t.dtype().name())));
        }
        // −0 equals 0.
        let bytes = match t.dtype() {
            DType::F32 => Cow::Owned(t.slice::<f32>().iter().flat_map(|&v| (v + 0.0).to_ne_bytes()).collect()),
            DType::F64 => Cow::Owned(t.slice::<f64>().iter().flat_map(|&v| (v + 0.0).to_ne_bytes()).collect()),
            DType::Bool => Cow::Owned(t.bytes().iter().map(|&b| u8::from(b != 0)).collect()),
            _ => Cow::Borrowed(t.bytes()),
        };
        let at = |i: usize| i / row.max(1);
        let odd = match t.dtype() {
            DType::F32 => t.slice::<f32>().iter().enumerate().filter(|v| v.1.is_nan()).map(|v| at(v.0)).collect(),
            DType::F64 => t.slice::<f64>().iter().enumerate().filter(|v| v.1.is_nan()).map(|v| at(v.0)).collect(),
            _ => Vec::new(),
        };
        Ok(Keys { text: None, bytes, width: row * t.dtype().size(), odd })
    }
    fn text(&self, i: usize) -> Option<&[crate::Bytes]> {
        self.text.map(|t| &t[i * self.width..(i + 1) * self.width])
    }
    fn is_odd(&self, i: usize) -> bool {
        self.odd.binary_search(&i).is_ok()
    }
    /// Rows of at most eight bytes as numbers, when none is odd.
    fn numbers(&self) -> Option<impl Iterator<Item = u64> + '_> {
        let fits = self.text.is_none() && self.odd.is_empty() && (1..=8).contains(&self.width) && self.bytes.len() / self.width < u32::MAX as usize;
        fits.then(|| {
            self.bytes.chunks_exact(self.width).map(|row| match row.try_into() {
                Ok(eight) => u64::from_ne_bytes(eight),
                Err(_) => row.iter().fold(0, |n, &b| n << 8 | b as u64),
            })
        })
    }
    fn raw(&self, i: usize) -> &[u8] {
        if self.text.is_some() { &[] } else { &self.bytes[i * self.width..(i + 1) * self.width] }
    }
}

/// Distinct numbers and the order in which they came: a table with open addressing.
struct Numbers {
    /// One more than the place in `keys`; 0 is free.
    slots: Vec<u32>,
    keys: Vec<u64>,
}

impl Numbers {
    fn new() -> Numbers {
        Numbers { slots: vec![0; 64], keys: Vec::new() }
    }
    /// The slot of `key`, or the free one where it belongs.
    fn slot(&self, key: u64) -> usize {
        let mask = self.slots.len() - 1;
        // The upper half of the product by the golden ratio.
        let mut at = ((key ^ (key >> 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize & mask;
        loop {
            match self.slots[at] {
                0 => return at,
                k if self.keys[k as usize - 1] == key => return at,
                _ => at = (at + 1) & mask,
            }
        }
    }
    fn place(&self, key: u64) -> Option<usize> {
        (self.slots[self.slot(key)] as usize).checked_sub(1)
    }
    /// The place of `key`, and whether it is new.
    fn insert(&mut self, key: u64) -> (usize, bool) {
        let at = self.slot(key);
        if let Some(place) = (self.slots[at] as usize).checked_sub(1) {
            return (place, false);
        }
        self.keys.push(key);
        self.slots[at] = self.keys.len() as u32;
        if self.keys.len() * 2 > self.slots.len() {
            self.slots = vec![0; self.slots.len() * 4];
            for (i, key) in self.keys.iter().enumerate() {
                let at = self.slot(*key);
                self.slots[at] = i as u32 + 1;
            }
        }
        (self.keys.len() - 1, true)
    }
}

/// What `unique` finds.
pub struct Unique {
    /// The row where each distinct row first appears.
    pub first: Vec<usize>,
    /// For every row, which distinct row it is.
    pub index: Vec<usize>,
    pub count: Vec<usize>,
}

/// The distinct rows of `t`, whose outermost axis has `n` rows, in the order of appearance.
pub fn unique(t: &Tensor, n: usize) -> Result<Unique> {
    let keys = Keys::of(t, t.len().checked_div(n).unwrap_or(0))?;
    let mut u = Unique { first: Vec::new(), index: Vec::with_capacity(n), count: Vec::new() };
    if let Some(numbers) = keys.numbers() {
        let mut seen = Numbers::new();
        for (i, key) in numbers.enumerate() {
            let (at, new) = seen.insert(key);
            if new {
                u.first.push(i);
                u.count.push(0);
            }
            u.count[at] += 1;
            u.index.push(at);
        }
        return Ok(u);
    }
    let mut seen = HashMap::new();
    for i in 0..n {
        let mut new = || {
            u.first.push(i);
            u.count.push(0);
            u.first.len() - 1
        };
        let at = if keys.is_odd(i) { new() } else { *seen.entry((keys.text(i), keys.raw(i))).or_insert_with(new) };
        u.count[at] += 1;
        u.index.push(at);
    }
    Ok(u)
}

/// The positions of the elements of vector `x` that do not occur in vector `y`.
pub fn difference(x: &Tensor, y: &Tensor) -> Result<Vec<usize>> {
    let (kx, ky) = (Keys::of(x, 1)?, Keys::of(y, 1)?);
    if let (Some(a), Some(b)) = (kx.numbers(), ky.numbers()) {
        let mut there = Numbers::new();
        for key in b {
            there.insert(key);
        }
        return Ok(a.enumerate().filter(|(_, key)| there.place(*key).is_none()).map(|(i, _)| i).collect());
    }
    let there: std::collections::HashSet<_> = (0..y.len()).map(|i| (ky.text(i), ky.raw(i))).collect();
    Ok((0..x.len()).filter(|&i| kx.is_odd(i) || !there.contains(&(kx.text(i), kx.raw(i)))).collect())
}

/// The named rows (of the outermost axis) of a tensor.
pub fn take_rows(t: &Tensor, rows: &[usize]) -> Result<Tensor> {
    let mut dims = t.dims().to_vec();
    let inner = product(&dims[1..]);
    dims[0] = rows.len();
    let mut out = Tensor::try_scratch(t.dtype(), &dims)?;
    if inner > 0 && !rows.is_empty() {
        crate::with_elem!(t.dtype(), T => {
            let src = T::of(t);
            for (o, &r) in T::of_mut(&mut out).chunks_mut(inner).zip(rows) {
                o.clone_from_slice(&src[r * inner..(r + 1) * inner]);
            }
        });
    }
    Ok(out)
}

/// The coordinates of the elements that are not zero, as int64 `[count, rank]`.
pub fn nonzero(x: &Tensor) -> Result<Tensor> {
    let width = x.dtype().size();
    if width == 0 {
        return Err(KernelError::unimplemented(format!("Where is not defined for {}", x.dtype().name())));
    }
    let float = x.dtype().is_floating() || x.dtype().is_complex();
    // A float is zero also when only its sign bit is set.
    let half = if x.dtype().is_complex() { width / 2 } else { width };
    let is_set = |e: &[u8]| {
        if !float {
            return e.iter().any(|&b| b != 0);
        }
        e.chunks(half).any(|c| c[..half - 1].iter().any(|&b| b != 0) || c[half - 1] & 0x7f != 0)
    };
    let found: Vec<usize> = match width {
        1 => x.bytes().iter().enumerate().filter(|(_, b)| **b != 0).map(|(i, _)| i).collect(),
        _ => x.bytes().chunks_exact(width).enumerate().filter(|(_, e)| is_set(e)).map(|(i, _)| i).collect(),
    };
    let rank = x.rank();
    let mut out = Tensor::try_scratch(DType::I64, &[found.len(), rank])?;
    if rank > 0 {
        for (row, &i) in out.slice_mut::<i64>().chunks_mut(rank).zip(&found) {
            let mut i = i;
            for k in (0..rank).rev() {
                row[k] = (i % x.dims()[k]) as i64;
                i /= x.dims()[k];
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinct_elements_keep_their_order() {
        let x = Tensor::vector(&[3f32, 1.0, -0.0, 3.0, 0.0, 1.0]);
        let u = unique(&x, 6).unwrap();
        assert_eq!((u.first, u.index, u.count), (vec![0, 1, 2], vec![0, 1, 2, 0, 2, 1], vec![2, 2, 2]));
        let s = Tensor::strings([&b"a"[..], b"", b"a"].iter().map(|&b| b.into()).collect(), &[3]);
        assert_eq!(unique(&s, 3).unwrap().index, [0, 1, 0]);
        let rows = Tensor::from_slice(&[1i32, 2, 1, 2, 2, 1], &[3, 2]);
        assert_eq!(unique(&rows, 3).unwrap().index, [0, 0, 1]);
        assert_eq!(difference(&Tensor::vector(&[1i64, 2, 3, 2]), &Tensor::vector(&[2i64])).unwrap(), [0, 2]);
    }

    #[test]
    fn many_numbers_against_a_map() {
        // Multiples of powers of two, few and many different ones.
        for (step, different) in [(1u64, 70_000u64), (1 << 20, 5_000), (1 << 47, 60_000), (3, 11)] {
            let x: Vec<i64> = (0..100_000u64).map(|i| (i.wrapping_mul(0x9E37_79B9) % different).wrapping_mul(step) as i64).collect();
            let mut seen = HashMap::new();
            let want: Vec<usize> = x
                .iter()
                .map(|v| {
                    let n = seen.len();
                    *seen.entry(*v).or_insert(n)
                })
                .collect();
            let u = unique(&Tensor::vector(&x), x.len()).unwrap();
            assert_eq!((u.first.len(), u.count.iter().sum::<usize>()), (seen.len(), x.len()));
            assert_eq!(u.index, want);
            let half: Vec<i64> = x.iter().copied().filter(|v| seen[v] % 2 == 0).collect();
            let rest: Vec<usize> = (0..x.len()).filter(|&i| want[i] % 2 == 1).collect();
            assert_eq!(difference(&Tensor::vector(&x), &Tensor::vector(&half)).unwrap(), rest);
        }
    }

    #[test]
    fn positions_of_what_is_not_zero() {
        let x = Tensor::from_slice(&[0f64, -0.0, 2.0, f64::NAN], &[2, 2]);
        assert_eq!(nonzero(&x).unwrap().slice::<i64>(), [1, 0, 1, 1]);
        assert_eq!(nonzero(&Tensor::scalar(5i32)).unwrap().dims(), [1, 0]);
    }
}
