//! String tensors in a bundle: lengths, a checksum of the lengths, then the bytes.

use graphpb_kernels::{Bytes, Code, Tensor};
use prost::encoding::{decode_varint, encode_varint};

use crate::error::{Error, Result};
use crate::io::crc32c;

/// The checksum of lengths counts them as fixed-width numbers, not as the varints that are stored.
fn extend_length(crc: u32, length: u64) -> u32 {
    match u32::try_from(length) {
        Ok(short) => crc32c::extend(crc, &short.to_le_bytes()),
        Err(_) => crc32c::extend(crc, &length.to_le_bytes()),
    }
}

/// The stored form of the elements, and the masked checksum of their entry.
pub fn encode(values: &[Bytes]) -> (Vec<u8>, u32) {
    let mut out = Vec::new();
    let mut crc = crc32c::checksum(&[]);
    for value in values {
        encode_varint(value.len() as u64, &mut out);
        crc = extend_length(crc, value.len() as u64);
    }
    let stored = crc32c::mask(crc).to_le_bytes();
    out.extend(stored);
    crc = crc32c::extend(crc, &stored);
    for value in values {
        out.extend_from_slice(value);
        crc = crc32c::extend(crc, value);
    }
    (out, crc32c::mask(crc))
}

/// The inverse of `encode` for a tensor of sizes `dims` with `n` elements.
pub fn decode(bytes: &[u8], masked: u32, dims: &[usize], n: usize) -> Result<Tensor> {
    let loss = |message: &str| Error::status(Code::DataLoss, message);
    // Each element has a length byte at least.
    if n > bytes.len() {
        return Err(loss("String lengths longer than expected"));
    }
    let mut rest = bytes;
    let mut crc = crc32c::checksum(&[]);
    let mut lengths = Vec::with_capacity(n);
    for _ in 0..n {
        let length = decode_varint(&mut rest).map_err(|_| loss("String lengths cut short"))?;
        crc = extend_length(crc, length);
        lengths.push(usize::try_from(length).map_err(|_| loss("String length too large"))?);
    }
    let stored = rest.split_off(..4).ok_or_else(|| loss("String lengths cut short"))?;
    if crc32c::mask(crc).to_le_bytes() != *stored {
        return Err(loss("The length checksum does not match"));
    }
    crc = crc32c::extend(crc, stored);
    if crc32c::mask(crc32c::extend(crc, rest)) != masked {
        return Err(loss("The checksum of the strings does not match"));
    }
    let mut values: Vec<Bytes> = Vec::with_capacity(n);
    for length in lengths {
        values.push(rest.split_off(..length).ok_or_else(|| loss("Strings cut short"))?.into());
    }
    if !rest.is_empty() {
        return Err(loss("More bytes than the strings have"));
    }
    Ok(Tensor::strings(values, dims))
}
