//! CRC-32C (Castagnoli), and the masked form in which TensorFlow's files store it.

const MASK_DELTA: u32 = 0xa282_ead8;

/// The checksum of `bytes`.
pub fn checksum(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes)
}

/// The checksum of some bytes, of checksum `crc`, followed by `more`.
pub fn extend(crc: u32, more: &[u8]) -> u32 {
    crc32c::crc32c_append(crc, more)
}

/// The form that is stored, so that checksums of bytes that hold checksums stay strong.
pub fn mask(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(MASK_DELTA)
}

/// The inverse of `mask`.
pub fn unmask(masked: u32) -> u32 {
    masked.wrapping_sub(MASK_DELTA).rotate_left(15)
}

/// The stored form of the checksum of `bytes`.
pub fn masked(bytes: &[u8]) -> u32 {
    mask(checksum(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_equal_the_published_vectors() {
        // RFC 3720, B.4, and the check value of the CRC catalogue.
        assert_eq!(checksum(b"123456789"), 0xe306_9283);
        assert_eq!(checksum(&[0; 32]), 0x8a91_36aa);
        assert_eq!(checksum(&[0xff; 32]), 0x62a8_ab43);
        assert_eq!(checksum(&(0..32).collect::<Vec<u8>>()), 0x46dd_794e);
        assert_eq!(masked(b"123456789"), 0xc78a_b0e5);
        assert_eq!(mask(0), 0xa282_ead8);
    }

    #[test]
    fn parts_give_the_checksum_of_the_whole_and_masks_are_undone() {
        let bytes: Vec<u8> = (0..1000u32).map(|i| (i * 7) as u8).collect();
        for cut in [0, 1, 7, 512, 999, 1000] {
            assert_eq!(extend(checksum(&bytes[..cut]), &bytes[cut..]), checksum(&bytes));
        }
        for crc in [0, 1, 0xdead_beef, u32::MAX] {
            assert_eq!(unmask(mask(crc)), crc);
        }
    }
}
