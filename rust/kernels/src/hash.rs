//! The hashes of strings that TensorFlow's results depend on: FarmHash fingerprints, its older 64-bit hash, SipHash.

fn at8(s: &[u8], i: usize) -> u64 {
    s.get(i..i + 8).and_then(|b| b.try_into().ok()).map_or(0, u64::from_le_bytes)
}
fn at4(s: &[u8], i: usize) -> u64 {
    s.get(i..i + 4).and_then(|b| b.try_into().ok()).map_or(0, |b| u64::from(u32::from_le_bytes(b)))
}

const K0: u64 = 0xc3a5_c85c_97cb_3127;
const K1: u64 = 0xb492_b66f_be98_f273;
const K2: u64 = 0x9ae1_6a3b_2f90_404f;

fn shift_mix(v: u64) -> u64 {
    v ^ (v >> 47)
}

fn mix(u: u64, v: u64, mul: u64) -> u64 {
    let a = shift_mix((u ^ v).wrapping_mul(mul));
    shift_mix((v ^ a).wrapping_mul(mul)).wrapping_mul(mul)
}

fn short(s: &[u8]) -> u64 {
    let n = s.len();
    let mul = K2.wrapping_add(n as u64 * 2);
    match n {
        8..=16 => {
            let a = at8(s, 0).wrapping_add(K2);
            let b = at8(s, n - 8);
            let c = b.rotate_right(37).wrapping_mul(mul).wrapping_add(a);
            let d = a.rotate_right(25).wrapping_add(b).wrapping_mul(mul);
            mix(c, d, mul)
        }
        4..=7 => mix((n as u64).wrapping_add(at4(s, 0) << 3), at4(s, n - 4), mul),
        1..=3 => {
            let (a, b, c) = (s[0] as u32, s[n >> 1] as u32, s[n - 1] as u32);
            let y = u64::from(a.wrapping_add(b << 8));
            let z = u64::from((n as u32).wrapping_add(c << 2));
            shift_mix(y.wrapping_mul(K2) ^ z.wrapping_mul(K0)).wrapping_mul(K2)
        }
        _ => K2,
    }
}

fn medium(s: &[u8]) -> u64 {
    let n = s.len();
    let mul = K2.wrapping_add(n as u64 * 2);
    if n <= 32 {
        let a = at8(s, 0).wrapping_mul(K1);
        let b = at8(s, 8);
        let c = at8(s, n - 8).wrapping_mul(mul);
        let d = at8(s, n - 16).wrapping_mul(K2);
        let u = a.wrapping_add(b).rotate_right(43).wrapping_add(c.rotate_right(30)).wrapping_add(d);
        return mix(u, a.wrapping_add(b.wrapping_add(K2).rotate_right(18)).wrapping_add(c), mul);
    }
    let a = at8(s, 0).wrapping_mul(K2);
    let b = at8(s, 8);
    let c = at8(s, n - 8).wrapping_mul(mul);
    let d = at8(s, n - 16).wrapping_mul(K2);
    let y = a.wrapping_add(b).rotate_right(43).wrapping_add(c.rotate_right(30)).wrapping_add(d);
    let z = mix(y, a.wrapping_add(b.wrapping_add(K2).rotate_right(18)).wrapping_add(c), mul);
    let e = at8(s, 16).wrapping_mul(mul);
    let f = at8(s, 24);
    let g = y.wrapping_add(at8(s, n - 32)).wrapping_mul(mul);
    let h = z.wrapping_add(at8(s, n - 24)).wrapping_mul(mul);
    let u = e.wrapping_add(f).rotate_right(43).wrapping_add(g.rotate_right(30)).wrapping_add(h);
    mix(u, e.wrapping_add(f.wrapping_add(a).rotate_right(18)).wrapping_add(g), mul)
}

/// 32 bytes at `i` mixed with two seeds.
fn weak(s: &[u8], i: usize, a: u64, b: u64) -> (u64, u64) {
    let (w, x, y, z) = (at8(s, i), at8(s, i + 8), at8(s, i + 16), at8(s, i + 24));
    let a = a.wrapping_add(w);
    let b = b.wrapping_add(a).wrapping_add(z).rotate_right(21);
    let c = a;
    let a = a.wrapping_add(x).wrapping_add(y);
    (a.wrapping_add(z), b.wrapping_add(a.rotate_right(44)).wrapping_add(c))
}

/// FarmHash `Fingerprint64`: the hash of `tf.strings.to_hash_bucket_fast`.
pub fn fingerprint64(s: &[u8]) -> u64 {
    let n = s.len();
    match n {
        0..=16 => return short(s),
        17..=64 => return medium(s),
        _ => {}
    }
    let seed = 81u64;
    let mut x = seed.wrapping_mul(K2).wrapping_add(at8(s, 0));
    let mut y = seed.wrapping_mul(K1).wrapping_add(113);
    let mut z = shift_mix(y.wrapping_mul(K2).wrapping_add(113)).wrapping_mul(K2);
    let (mut v, mut w) = ((0u64, 0u64), (0u64, 0u64));
    let end = (n - 1) / 64 * 64;
    let mut i = 0;
    while i < end {
        x = x.wrapping_add(y).wrapping_add(v.0).wrapping_add(at8(s, i + 8)).rotate_right(37).wrapping_mul(K1);
        y = y.wrapping_add(v.1).wrapping_add(at8(s, i + 48)).rotate_right(42).wrapping_mul(K1);
        x ^= w.1;
        y = y.wrapping_add(v.0).wrapping_add(at8(s, i + 40));
        z = z.wrapping_add(w.0).rotate_right(33).wrapping_mul(K1);
        v = weak(s, i, v.1.wrapping_mul(K1), x.wrapping_add(w.0));
        w = weak(s, i + 32, z.wrapping_add(w.1), y.wrapping_add(at8(s, i + 16)));
        std::mem::swap(&mut z, &mut x);
        i += 64;
    }
    let mul = K1.wrapping_add((z & 0xff) << 1);
    // The last 64 bytes, which may overlap what was read.
    let i = n - 64;
    w.0 = w.0.wrapping_add((n as u64 - 1) & 63);
    v.0 = v.0.wrapping_add(w.0);
    w.0 = w.0.wrapping_add(v.0);
    x = x.wrapping_add(y).wrapping_add(v.0).wrapping_add(at8(s, i + 8)).rotate_right(37).wrapping_mul(mul);
    y = y.wrapping_add(v.1).wrapping_add(at8(s, i + 48)).rotate_right(42).wrapping_mul(mul);
    x ^= w.1.wrapping_mul(9);
    y = y.wrapping_add(v.0.wrapping_mul(9)).wrapping_add(at8(s, i + 40));
    z = z.wrapping_add(w.0).rotate_right(33).wrapping_mul(mul);
    v = weak(s, i, v.1.wrapping_mul(mul), x.wrapping_add(w.0));
    w = weak(s, i + 32, z.wrapping_add(w.1), y.wrapping_add(at8(s, i + 16)));
    std::mem::swap(&mut z, &mut x);
    mix(mix(v.0, w.0, mul).wrapping_add(shift_mix(y).wrapping_mul(K0)).wrapping_add(z), mix(v.1, w.1, mul).wrapping_add(x), mul)
}

/// TensorFlow's `Hash64` (of the MurmurHash2 kind): the hash of `tf.string_to_hash_bucket`.
pub fn hash64(s: &[u8]) -> u64 {
    const M: u64 = 0xc6a4_a793_5bd1_e995;
    let mut h = 0x00DE_CAFC_AFFE_u64 ^ (s.len() as u64).wrapping_mul(M);
    let mut words = s.chunks_exact(8);
    for w in &mut words {
        let k = at8(w, 0).wrapping_mul(M);
        let k = (k ^ (k >> 47)).wrapping_mul(M);
        h = (h ^ k).wrapping_mul(M);
    }
    let rest = words.remainder();
    if !rest.is_empty() {
        let tail = rest.iter().enumerate().fold(0u64, |t, (i, &b)| t | u64::from(b) << (8 * i));
        h = (h ^ tail).wrapping_mul(M);
    }
    h = (h ^ (h >> 47)).wrapping_mul(M);
    h ^ (h >> 47)
}

/// SipHash-2-4 (Aumasson, Bernstein 2012): the keyed hash of `tf.strings.to_hash_bucket_strong`.
pub fn siphash(key: [u64; 2], s: &[u8]) -> u64 {
    let mut v = [key[0] ^ 0x736f_6d65_7073_6575, key[1] ^ 0x646f_7261_6e64_6f6d, key[0] ^ 0x6c79_6765_6e65_7261, key[1] ^ 0x7465_6462_7974_6573];
    let round = |v: &mut [u64; 4]| {
        v[0] = v[0].wrapping_add(v[1]);
        v[1] = v[1].rotate_left(13) ^ v[0];
        v[0] = v[0].rotate_left(32);
        v[2] = v[2].wrapping_add(v[3]);
        v[3] = v[3].rotate_left(16) ^ v[2];
        v[0] = v[0].wrapping_add(v[3]);
        v[3] = v[3].rotate_left(21) ^ v[0];
        v[2] = v[2].wrapping_add(v[1]);
        v[1] = v[1].rotate_left(17) ^ v[2];
        v[2] = v[2].rotate_left(32);
    };
    let mut absorb = |m: u64| {
        v[3] ^= m;
        round(&mut v);
        round(&mut v);
        v[0] ^= m;
    };
    let mut words = s.chunks_exact(8);
    for w in &mut words {
        absorb(at8(w, 0));
    }
    let tail = words.remainder().iter().enumerate().fold((s.len() as u64) << 56, |t, (i, &b)| t | u64::from(b) << (8 * i));
    absorb(tail);
    v[2] ^= 0xff;
    for _ in 0..4 {
        round(&mut v);
    }
    v[0] ^ v[1] ^ v[2] ^ v[3]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Length, and TensorFlow 2.21's three hashes modulo 2⁶³−1 of the string whose byte i is 7i + 3·length; key (123, 456).
    const RECORDED: [(usize, u64, u64, u64); 15] = [
        (0, 1936946117179621456, 105434511174508092, 887865449656487407),
        (1, 4521786392703311244, 7001769250909271135, 8065861557361760986),
        (3, 6186353340855775916, 2189232769024657491, 4756487848819808806),
        (4, 8246643702648208338, 3020283635523145673, 812406755554374750),
        (7, 1079331784718358446, 6511034509465608752, 3703577577694013637),
        (8, 5532689720392131531, 7999415965008422594, 5852352933490805985),
        (16, 6457741212323864114, 7464944763980783908, 7649833809843802148),
        (17, 6741668074118744279, 9026293201987124361, 7744097813287285676),
        (32, 7207917656544618008, 6190008142491801652, 7664034813458194866),
        (33, 6310039754714979276, 8772086853964916632, 8657126049988463697),
        (64, 5289989857415960619, 2411082511220227671, 6795397370317735302),
        (65, 6960226262237269154, 254358862073299316, 7005309104870735738),
        (128, 6615484076916436426, 6809310508804416984, 4286908106465852741),
        (129, 4480303800617811264, 2337826688968263742, 1633073276147268126),
        (300, 1099695087656987914, 6608606625320129260, 5434889018555833667),
    ];

    #[test]
    fn hashes_are_tensorflows() {
        for (n, fast, old, strong) in RECORDED {
            let s: Vec<u8> = (0..n).map(|i| ((i * 7 + 3 * n) % 256) as u8).collect();
            let m = i64::MAX as u64;
            assert_eq!((fingerprint64(&s) % m, hash64(&s) % m, siphash([123, 456], &s) % m), (fast, old, strong), "length {n}");
        }
    }
}
