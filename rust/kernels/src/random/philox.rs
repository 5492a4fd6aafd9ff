//! Philox4x32-10 (Salmon et al., 2011) with TensorFlow's use of key and counter; 16 blocks at a time for the vector units.

/// Blocks that are made at once.
pub(super) const LANES: usize = 16;
/// One word of [`LANES`] blocks.
pub(super) type Words = [u32; LANES];

const MUL: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// A position in a stream of blocks of four 32-bit words. The key is the first seed, the upper half of the counter the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Philox {
    key: [u32; 2],
    low: u64,
    high: u64,
}

impl Philox {
    pub fn new(seed: u64, seed2: u64) -> Philox {
        Philox { key: [seed as u32, (seed >> 32) as u32], low: 0, high: seed2 }
    }
    /// The generator of the stateless ops for a seed of two numbers, whose bits are mixed first.
    pub fn scrambled(seed: u64, seed2: u64) -> Philox {
        let mut mixer = Philox { key: [0x3EC8_F720, 0x0246_1E29], low: seed, high: seed2 };
        let [a, b, c, d] = mixer.block();
        Philox { key: [a, b], low: 0, high: c as u64 | (d as u64) << 32 }
    }
    /// The position that a key and the words of a counter stand for.
    pub fn from_state(key: u64, low: u64, high: u64) -> Philox {
        Philox { key: [key as u32, (key >> 32) as u32], low, high }
    }
    /// The key, and the counter's lower and upper half.
    pub fn state(&self) -> (u64, [u64; 2]) {
        (self.key[0] as u64 | (self.key[1] as u64) << 32, [self.low, self.high])
    }
    /// Move forward by `blocks`.
    pub fn skip(&mut self, blocks: u64) {
        let (low, carry) = self.low.overflowing_add(blocks);
        self.low = low;
        self.high = self.high.wrapping_add(carry as u64);
    }
    /// The position `blocks` further on.
    pub fn at(mut self, blocks: u64) -> Philox {
        self.skip(blocks);
        self
    }
    /// The next block.
    #[inline]
    pub fn block(&mut self) -> [u32; 4] {
        let mut c = [self.low as u32, (self.low >> 32) as u32, self.high as u32, (self.high >> 32) as u32];
        let mut k = self.key;
        for _ in 0..10 {
            c = round(c, k);
            k = [k[0].wrapping_add(WEYL[0]), k[1].wrapping_add(WEYL[1])];
        }
        self.skip(1);
        c
    }
    /// The blocks at positions 0, `step`, 2·`step`, …: word `w` of block `l` is `[w][l]`.
    #[inline(always)]
    pub(super) fn blocks(&self, step: u64) -> [Words; 4] {
        let mut c = [[0u32; LANES]; 4];
        for l in 0..LANES {
            let (low, carry) = self.low.overflowing_add(step.wrapping_mul(l as u64));
            let high = self.high.wrapping_add(carry as u64);
            c[0][l] = low as u32;
            c[1][l] = (low >> 32) as u32;
            c[2][l] = high as u32;
            c[3][l] = (high >> 32) as u32;
        }
        let mut k = self.key;
        for _ in 0..10 {
            for l in 0..LANES {
                let n = round([c[0][l], c[1][l], c[2][l], c[3][l]], k);
                c[0][l] = n[0];
                c[1][l] = n[1];
                c[2][l] = n[2];
                c[3][l] = n[3];
            }
            k = [k[0].wrapping_add(WEYL[0]), k[1].wrapping_add(WEYL[1])];
        }
        c
    }
}

#[inline(always)]
fn round(c: [u32; 4], k: [u32; 2]) -> [u32; 4] {
    let p0 = c[0] as u64 * MUL[0] as u64;
    let p1 = c[2] as u64 * MUL[1] as u64;
    [(p1 >> 32) as u32 ^ c[1] ^ k[0], p1 as u32, (p0 >> 32) as u32 ^ c[3] ^ k[1], p0 as u32]
}

/// Single words or pairs of a stream, one after the other.
pub struct Stream {
    gen_: Philox,
    block: [u32; 4],
    used: usize,
}

impl Stream {
    pub fn new(gen_: Philox) -> Stream {
        Stream { gen_, block: [0; 4], used: 4 }
    }
    #[inline]
    pub fn word(&mut self) -> u32 {
        if self.used == 4 {
            self.block = self.gen_.block();
            self.used = 0;
        }
        self.used += 1;
        self.block[self.used - 1]
    }
    /// A float in [0, 1) from a word.
    pub fn single(&mut self) -> f32 {
        unit_f32(self.word())
    }
    /// A double in [0, 1) from two words.
    pub fn double(&mut self) -> f64 {
        let hi = self.word();
        unit_f64(hi, self.word())
    }
}

/// The 23 low bits as the mantissa of [1, 2), minus one.
#[inline(always)]
pub(super) fn unit_f32(w: u32) -> f32 {
    f32::from_bits(w & 0x7F_FFFF | 0x3F80_0000) - 1.0
}

/// The 20 low bits of `hi` and all of `lo` as the mantissa of [1, 2), minus one.
#[inline(always)]
pub(super) fn unit_f64(hi: u32, lo: u32) -> f64 {
    f64::from_bits(((hi & 0xF_FFFF) as u64) << 32 | lo as u64 | 1023 << 52) - 1.0
}
