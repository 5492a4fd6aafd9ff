//! Parts of tensors in checkpoints: their text form, their keys, and copying between overlapping parts.

use std::fmt;

use graphpb_kernels::{DType, Tensor, shape_text, with_width};

use crate::error::{Error, Result};
use crate::proto::TensorSliceProto;
use crate::proto::tensor_slice_proto::Extent;
use crate::proto::tensor_slice_proto::extent::HasLengthHack::Length;

/// A box inside a tensor: start and length for each axis, or none for the whole axis.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Region(pub Vec<Option<(usize, usize)>>);

impl Region {
    pub fn whole(rank: usize) -> Region {
        Region(vec![None; rank])
    }

    pub fn is_whole(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    /// INVALID_ARGUMENT for negative numbers.
    pub fn from_proto(proto: &TensorSliceProto) -> Result<Region> {
        let size = |v: i64| usize::try_from(v).map_err(|_| Error::invalid(format!("Expected non-negative start and length of a slice but got {v}")));
        let axis = |e: &Extent| match e.has_length_hack {
            None => Ok(None),
            Some(Length(length)) => Ok(Some((size(e.start)?, size(length)?))),
        };
        proto.extent.iter().map(axis).collect::<Result<_>>().map(Region)
    }

    pub fn to_proto(&self) -> TensorSliceProto {
        let extent = |axis: &Option<(usize, usize)>| match axis {
            None => Extent::default(),
            Some((start, length)) => Extent { start: *start as i64, has_length_hack: Some(Length(*length as i64)) },
        };
        TensorSliceProto { extent: self.0.iter().map(extent).collect() }
    }

    /// Start and length of every axis of a tensor of sizes `dims`; INVALID_ARGUMENT when it does not fit.
    pub fn resolve(&self, dims: &[usize]) -> Result<Vec<(usize, usize)>> {
        let fits = |start: usize, length: usize, size: usize| start.checked_add(length).is_some_and(|end| end <= size);
        if self.0.len() != dims.len() {
            return Err(Error::invalid(format!("Mismatching ranks: shape = {}, slice = {self}", shape_text(dims))));
        }
        let axis = |(i, (axis, &size)): (usize, (&Option<(usize, usize)>, &usize))| match *axis {
            None => Ok((0, size)),
            Some((start, length)) if fits(start, length, size) => Ok((start, length)),
            Some(_) => Err(Error::invalid(format!("Extent in dimension {i} out of bounds: shape = {}, slice = {self}", shape_text(dims)))),
        };
        self.0.iter().zip(dims).enumerate().map(axis).collect()
    }

    /// The key under which the part is kept, in OrderedCode.
    pub fn key(&self, name: &str) -> Vec<u8> {
        let mut out = Vec::new();
        put_number(&mut out, 0);
        for byte in name.bytes() {
            match byte {
                0 => out.extend([0, 0xff]),
                0xff => out.extend([0xff, 0]),
                b => out.push(b),
            }
        }
        out.extend([0, 1]);
        put_number(&mut out, self.0.len() as u64);
        for axis in &self.0 {
            let (start, length) = axis.map_or((0, -1), |(s, l)| (s as i64, l as i64));
            put_signed(&mut out, start);
            put_signed(&mut out, length);
        }
        out
    }

    /// `0,4:-` with one part per axis.
    pub fn parse(text: &str) -> Result<Region> {
        let bad = || {
            Error::invalid(format!(
                "Expected a pair of numbers or '-' but got '{}' in slice specification: {text}",
                text.split(':').find(|p| part(p).is_none()).unwrap_or_default()
            ))
        };
        fn part(text: &str) -> Option<Option<(usize, usize)>> {
            if text == "-" {
                return Some(None);
            }
            let (start, length) = text.split_once(',')?;
            Some(Some((start.parse().ok()?, length.parse().ok().filter(|l| *l > 0)?)))
        }
        text.split(':').map(part).collect::<Option<_>>().map(Region).ok_or_else(bad)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, axis) in self.0.iter().enumerate() {
            let separator = if i > 0 { ":" } else { "" };
            match axis {
                None => write!(f, "{separator}-")?,
                Some((start, length)) => write!(f, "{separator}{start},{length}")?,
            }
        }
        Ok(())
    }
}

fn put_number(out: &mut Vec<u8>, value: u64) {
    let bytes = value.to_be_bytes();
    let zeros = bytes.iter().take_while(|b| **b == 0).count();
    out.push((bytes.len() - zeros) as u8);
    out.extend(bytes.into_iter().skip(zeros));
}

fn put_signed(out: &mut Vec<u8>, value: i64) {
    let magnitude = if value < 0 { !value } else { value } as u64;
    // n bytes hold 7n - 1 bits besides the header and the sign.
    let length = (1..=9).find(|n| n * 7 > 64 - magnitude.leading_zeros()).unwrap_or(10) as usize;
    let mut bytes = [if value < 0 { 0xff } else { 0 }; 10];
    bytes[2..].copy_from_slice(&value.to_be_bytes());
    let start = bytes.len() - length;
    // The first bytes carry `length` bits equal to the complement of the sign, above the number itself.
    for bit in 0..length {
        bytes[start + bit / 8] ^= 0x80 >> (bit % 8);
    }
    out.extend_from_slice(&bytes[start..]);
}

/// The shape and part in a `shape_and_slices` string, `10 4 0,4:-`.
pub fn parse_spec(text: &str) -> Result<(Vec<usize>, Region)> {
    let bad = || Error::invalid(format!("Need least two elements in shape_and_slice specification: {text}"));
    let (dims, slice) = text.trim_end().rsplit_once(' ').ok_or_else(bad)?;
    let size = |t: &str| t.parse::<usize>().map_err(|_| Error::invalid(format!("Non numerical dimension in shape_and_slice: {text}")));
    let dims: Vec<usize> = dims.split(' ').map(size).collect::<Result<_>>()?;
    let region = Region::parse(slice)?;
    region.resolve(&dims)?;
    Ok((dims, region))
}

/// Copy what two boxes of one tensor have in common: from `source` (the box `from`) to `target` (the box `to`).
///
/// Both tensors have the type and sizes that their boxes say.
pub fn copy_common(source: &Tensor, from: &[(usize, usize)], target: &mut Tensor, to: &[(usize, usize)]) {
    let mut common = Vec::with_capacity(from.len());
    for (a, b) in from.iter().zip(to) {
        let (start, end) = (a.0.max(b.0), (a.0 + a.1).min(b.0 + b.1));
        if start >= end {
            return;
        }
        common.push((start, end - start));
    }
    if target.dtype() == DType::Str {
        let values = source.as_strings();
        let out = target.as_strings_mut();
        rows(&common, from, to, &mut |s, t, n| {
            if let (Some(s), Some(t)) = (values.get(s..s + n), out.get_mut(t..t + n)) {
                t.clone_from_slice(s);
            }
        });
        return;
    }
    with_width!(target.dtype(), T => {
        let (values, out) = (source.raw::<T>(), target.raw_mut::<T>());
        rows(&common, from, to, &mut |s, t, n| {
            if let (Some(s), Some(t)) = (values.get(s..s + n), out.get_mut(t..t + n)) {
                t.copy_from_slice(s);
            }
        });
    }, else {});
}

/// Calls `copy(source offset, target offset, length)` for each contiguous run.
fn rows(common: &[(usize, usize)], from: &[(usize, usize)], to: &[(usize, usize)], copy: &mut dyn FnMut(usize, usize, usize)) {
    let Some((&(start, length), outer)) = common.split_last() else {
        copy(0, 0, 1);
        return;
    };
    let offset = |of: &[(usize, usize)], at: &[usize]| {
        let outer = of.iter().zip(at).fold(0, |sum, (axis, i)| sum * axis.1 + (i - axis.0));
        of.last().map_or(0, |axis| outer * axis.1 + start - axis.0)
    };
    let mut at: Vec<usize> = outer.iter().map(|axis| axis.0).collect();
    loop {
        copy(offset(from, &at), offset(to, &at), length);
        let mut axis = outer.len();
        loop {
            let Some(k) = axis.checked_sub(1) else { return };
            axis = k;
            at[k] += 1;
            if at[k] < outer[k].0 + outer[k].1 {
                break;
            }
            at[k] = outer[k].0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signed_numbers_have_the_published_codes() {
        let code = |v: i64| {
            let mut out = Vec::new();
            put_signed(&mut out, v);
            out
        };
        assert_eq!(code(0), [0x80]);
        assert_eq!(code(63), [0xbf]);
        assert_eq!(code(64), [0xc0, 0x40]);
        assert_eq!(code(100), [0xc0, 0x64]);
        assert_eq!(code(8191), [0xdf, 0xff]);
        assert_eq!(code(8192), [0xe0, 0x20, 0x00]);
        assert_eq!(code(1_000_000), [0xef, 0x42, 0x40]);
        assert_eq!(code(-1), [0x7f]);
        let mut numbers: Vec<i64> = (0..63).flat_map(|b| [1i64 << b, (1i64 << b) - 1, -(1i64 << b)]).chain([i64::MIN, i64::MAX]).collect();
        numbers.sort();
        assert!(numbers.is_sorted_by_key(|v| code(*v)), "codes sort as the numbers do");
    }

    #[test]
    fn keys_of_parts_equal_tensorflows() {
        let key = Region(vec![Some((4, 3)), Some((0, 4))]).key("emb");
        assert_eq!(key, [0, 0x65, 0x6d, 0x62, 0, 1, 1, 2, 0x84, 0x83, 0x80, 0x84]);
        assert_eq!(Region::whole(2).key("a"), [0, b'a', 0, 1, 1, 2, 0x80, 0x7f, 0x80, 0x7f]);
    }

    #[test]
    fn specifications_are_read_and_bad_ones_refused() {
        let (dims, region) = parse_spec("10 4 0,4:-").unwrap();
        assert_eq!((dims, region), (vec![10, 4], Region(vec![Some((0, 4)), None])));
        for bad in ["", "10", "10 4 0,4", "10 4 8,4:-", "x 4 0,4:-", "10 4 a:b", "10 4 0,0:-", "10 4 0,18446744073709551615:-"] {
            assert!(parse_spec(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_common_part_of_two_boxes_is_copied() {
        let whole = Tensor::from_slice(&(0..60).collect::<Vec<i32>>(), &[3, 4, 5]);
        let (from, to) = ([(0, 3), (0, 4), (0, 5)], [(1, 2), (2, 2), (1, 3)]);
        let mut part = Tensor::zeros(DType::I32, &[2, 2, 3]);
        copy_common(&whole, &from, &mut part, &to);
        assert_eq!(part.slice::<i32>(), [31, 32, 33, 36, 37, 38, 51, 52, 53, 56, 57, 58]);
        let mut back = Tensor::zeros(DType::I32, &[3, 4, 5]);
        copy_common(&part, &to, &mut back, &from);
        assert_eq!(back.slice::<i32>().iter().filter(|v| **v != 0).count(), 12);
        assert_eq!(back.slice::<i32>()[58], 58);
        let mut scalar = Tensor::scalar(0i32);
        copy_common(&Tensor::scalar(7i32), &[], &mut scalar, &[]);
        assert_eq!(scalar.slice::<i32>(), [7]);
    }
}
