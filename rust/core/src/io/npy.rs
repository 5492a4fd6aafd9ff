//! Arrays in numpy's `.npy` format, versions 1 to 3.

use std::io::{BufReader, Read};
use std::path::Path;

use graphpb_kernels::buffer::Buffer;
use graphpb_kernels::tensor::checked_len;
use graphpb_kernels::{Bytes, Code, DType, Tensor, with_width};

use super::files::{self, FileError};
use super::npy_header::{Header, Item};
use crate::proto::tensor::{MAX_RANK, SPLAT_LIMIT};

/// The longest header that is read; numpy's own limit for untrusted files is 10,000.
const HEADER_LIMIT: usize = 64 << 10;
/// The largest string array that is written, in bytes.
const STRINGS_LIMIT: usize = 1 << 32;

/// The array in a `.npy` file.
///
/// Errors name the path: NOT_FOUND, PERMISSION_DENIED, DATA_LOSS for a file that is cut short or no array, UNIMPLEMENTED
/// for pickled objects and structured types. Sizes are compared with the length of the file before anything is allocated.
pub fn read(path: &Path) -> Result<Tensor, FileError> {
    let file = files::open(path)?;
    let available = file.metadata().map_or(0, |m| m.len());
    read_from(&mut BufReader::new(file), available).map_err(|(code, message)| FileError::new(path, code, message))
}

/// Write a `.npy` file atomically. bfloat16 is stored as float32 and a string must not end in a zero byte, since numpy
/// has neither: INVALID_ARGUMENT for such strings, UNIMPLEMENTED for types without an array form.
pub fn write(path: &Path, tensor: &Tensor) -> Result<(), FileError> {
    let bytes = to_bytes(tensor).map_err(|(code, message)| FileError::new(path, code, message))?;
    files::write(path, &bytes)
}

type Fail = (Code, String);

fn cut_short() -> Fail {
    (Code::DataLoss, "The array is cut short".into())
}

/// Reads an array of which at most `available` bytes follow.
pub(super) fn read_from(reader: &mut impl Read, available: u64) -> Result<Tensor, Fail> {
    let no_array = || (Code::DataLoss, "Not a .npy array".to_owned());
    let mut start = [0u8; 8];
    reader.read_exact(&mut start).map_err(|_| no_array())?;
    let [0x93, b'N', b'U', b'M', b'P', b'Y', major, _] = start else { return Err(no_array()) };
    let (length, length_size) = match major {
        1 => {
            let mut bytes = [0u8; 2];
            reader.read_exact(&mut bytes).map_err(|_| cut_short())?;
            (usize::from(u16::from_le_bytes(bytes)), 2)
        }
        2 | 3 => {
            let mut bytes = [0u8; 4];
            reader.read_exact(&mut bytes).map_err(|_| cut_short())?;
            (u32::from_le_bytes(bytes) as usize, 4)
        }
        _ => return Err((Code::Unimplemented, format!(".npy version {major} is not known"))),
    };
    if length > HEADER_LIMIT {
        return Err((Code::DataLoss, format!("The header has {length} bytes, more than {HEADER_LIMIT}")));
    }
    let mut header = vec![0u8; length];
    reader.read_exact(&mut header).map_err(|_| cut_short())?;
    let header = Header::parse(&header)?;
    let left = available.saturating_sub(8 + length_size + length as u64);
    read_data(reader, &header, left)
}

fn read_data(reader: &mut impl Read, header: &Header, left: u64) -> Result<Tensor, Fail> {
    let dims = &header.shape;
    if dims.len() > MAX_RANK {
        return Err((Code::InvalidArgument, format!("The array has {} dimensions, more than {MAX_RANK}", dims.len())));
    }
    let (dtype, item) = match header.item {
        Item::Plain(dtype) => (dtype, dtype.size()),
        Item::Ascii(size) => (DType::Str, size),
        Item::Unicode(size) => (DType::Str, size * 4),
    };
    let n = checked_len(dtype, dims).map_err(|e| (e.code, e.message))?;
    let total = n.checked_mul(item).filter(|t| *t as u64 <= left).ok_or_else(cut_short)?;
    // Zero-length strings take no space in the file.
    if dtype == DType::Str && item == 0 && n * size_of::<Bytes>() > SPLAT_LIMIT {
        return Err((Code::ResourceExhausted, "Too many empty strings".into()));
    }
    let mut buffer = Buffer::scratch(total);
    let bytes = buffer.unique_mut().unwrap_or_default();
    reader.read_exact(bytes).map_err(|_| cut_short())?;
    if header.big_endian {
        let part = match header.item {
            Item::Plain(dtype) if dtype.is_complex() => item / 2,
            Item::Plain(_) => item,
            _ => 4,
        };
        bytes.chunks_exact_mut(part.max(1)).for_each(<[u8]>::reverse);
    }
    if n == 0 {
        return Tensor::try_scratch(dtype, dims).map_err(|e| (e.code, e.message));
    }
    let tensor = match header.item {
        Item::Plain(dtype) => Tensor::from_buffer(dtype, dims, buffer),
        Item::Ascii(size) => Tensor::strings((0..n).map(|i| ascii(bytes, i * size, size)).collect(), dims),
        Item::Unicode(size) => {
            let values: Result<_, _> = (0..n).map(|i| unicode(bytes, i * size * 4, size * 4)).collect();
            Tensor::strings(values?, dims)
        }
    };
    Ok(if header.fortran { row_major(&tensor) } else { tensor })
}

/// The string at `start`, without the zero bytes that fill it up.
fn ascii(bytes: &[u8], start: usize, size: usize) -> Bytes {
    let item = bytes.get(start..start + size).unwrap_or_default();
    let end = item.iter().rposition(|b| *b != 0).map_or(0, |i| i + 1);
    Bytes::from(item.get(..end).unwrap_or_default())
}

fn unicode(bytes: &[u8], start: usize, size: usize) -> Result<Bytes, Fail> {
    let item = bytes.get(start..start + size).unwrap_or_default();
    let points: Option<String> = item.as_chunks().0.iter().map(|c| char::from_u32(u32::from_le_bytes(*c))).collect();
    let text = points.ok_or_else(|| (Code::DataLoss, "The array holds a character that is no Unicode".to_owned()))?;
    Ok(Bytes::from(text.trim_end_matches('\0').as_bytes()))
}

/// `tensor`, whose elements stand in Fortran order, in C order.
fn row_major(tensor: &Tensor) -> Tensor {
    fn reorder<T: Clone>(dims: &[usize], from: &[T], mut put: impl FnMut(usize, T)) {
        let mut strides = Vec::with_capacity(dims.len());
        let mut stride = 1usize;
        for d in dims {
            strides.push(stride);
            stride = stride.saturating_mul(*d);
        }
        let mut index = vec![0usize; dims.len()];
        let mut source = 0;
        for at in 0..from.len() {
            if let Some(value) = from.get(source) {
                put(at, value.clone());
            }
            for ((i, d), stride) in index.iter_mut().zip(dims).zip(&strides).rev() {
                *i += 1;
                source += stride;
                if *i < *d {
                    break;
                }
                source -= stride * d;
                *i = 0;
            }
        }
    }
    if tensor.rank() < 2 {
        return tensor.clone();
    }
    let dims = tensor.dims();
    if tensor.dtype() == DType::Str {
        let mut out = Vec::with_capacity(tensor.len());
        reorder(dims, tensor.as_strings(), |_, v| out.push(v));
        return Tensor::strings(out, dims);
    }
    let mut out = Tensor::scratch(tensor.dtype(), dims);
    with_width!(tensor.dtype(), T => {
        let target = out.raw_mut::<T>();
        reorder(dims, tensor.raw::<T>(), |at, v| target[at] = v);
    }, else ());
    out
}

/// A whole `.npy` file, version 1.
pub(super) fn to_bytes(tensor: &Tensor) -> Result<Vec<u8>, Fail> {
    let unimplemented = || {
        let name = tensor.dtype().name();
        (Code::Unimplemented, format!("A {name} tensor has no form in a .npy file"))
    };
    let widened;
    let (tensor, data) = match tensor.dtype() {
        DType::BF16 => {
            let values: Vec<f32> = tensor.slice::<graphpb_kernels::bf16>().iter().map(|v| v.to_f32()).collect();
            widened = Tensor::from_slice(&values, tensor.dims());
            (&widened, None)
        }
        DType::Str => (tensor, Some(fixed_strings(tensor)?)),
        _ => (tensor, None),
    };
    let descr = match &data {
        Some((_, size)) => format!("|S{size}"),
        None => super::npy_header::descr(tensor.dtype()).ok_or_else(unimplemented)?.to_owned(),
    };
    let mut out = super::npy_header::write(&descr, tensor.dims());
    out.extend_from_slice(data.as_ref().map_or(tensor.bytes(), |(bytes, _)| bytes));
    Ok(out)
}

/// All strings, filled up with zero bytes to one length.
fn fixed_strings(tensor: &Tensor) -> Result<(Vec<u8>, usize), Fail> {
    let values = tensor.as_strings();
    let size = values.iter().map(|v| v.len()).max().unwrap_or(0).max(1);
    if let Some(at) = values.iter().position(|v| v.last() == Some(&0)) {
        return Err((Code::InvalidArgument, format!("String {at} ends in a zero byte, which a .npy file cannot keep")));
    }
    if values.len().checked_mul(size).is_none_or(|total| total > STRINGS_LIMIT) {
        return Err((Code::ResourceExhausted, format!("{} strings of up to {size} bytes exceed 4 GiB", values.len())));
    }
    let mut out = Vec::with_capacity(values.len() * size);
    for value in values {
        out.extend_from_slice(value);
        out.resize(out.len() + size - value.len(), 0);
    }
    Ok((out, size))
}
