//! Float logarithm, sine and cosine with the rounding of the C library that TensorFlow uses.
//!
//! The method and its constants are those of Arm's Optimized Routines (`logf`, `sincosf`, MIT licence): a short polynomial in
//! double, rounded once. On every argument that Box-Muller can produce (2²³ of each kind) the results equal glibc's, with and
//! without fused multiply-add, so they do not depend on the CPU (see the tests).

const LN2: f64 = f64::from_bits(0x3FE6_2E42_FEFA_39EF);

/// (1/c, ln c) for c near the middle of 16 intervals.
static LOG: [(u64, u64); 16] = [
    (0x3FF6_61EC_79F8_F3BE, 0xBFD5_7BF7_808C_AADE),
    (0x3FF5_71ED_4AAF_883D, 0xBFD2_BEF0_A7C0_6DDB),
    (0x3FF4_9539_F0F0_10B0, 0xBFD0_1EAE_7F51_3A67),
    (0x3FF3_C995_B0B8_0385, 0xBFCB_31D8_A682_24E9),
    (0x3FF3_0D19_0C88_64A5, 0xBFC6_574F_0AC0_7758),
    (0x3FF2_5E22_7B0B_8EA0, 0xBFC1_AA2B_C79C_8100),
    (0x3FF1_BB4A_4A1A_343F, 0xBFBA_4E76_CE8C_0E5E),
    (0x3FF1_2358_F08A_E5BA, 0xBFB1_973C_5A61_1CCC),
    (0x3FF0_953F_4199_00A7, 0xBFA2_52F4_38E1_0C1E),
    (0x3FF0_0000_0000_0000, 0x0000_0000_0000_0000),
    (0x3FEE_608C_FD9A_47AC, 0x3FAA_A5AA_5DF2_5984),
    (0x3FEC_A4B3_1F02_6AA0, 0x3FBC_5E53_AA36_2EB4),
    (0x3FEB_2036_576A_FCE6, 0x3FC5_26E5_7720_DB08),
    (0x3FE9_C2D1_63A1_AA2D, 0x3FCB_C286_0D22_4770),
    (0x3FE8_86E6_0378_41ED, 0x3FD1_058B_C8A0_7EE1),
    (0x3FE7_67DC_F553_4862, 0x3FD4_0430_57B6_EE09),
];
const LOG_POLY: [f64; 3] = [f64::from_bits(0xBFD0_0EA3_48B8_8334), f64::from_bits(0x3FD5_575B_0BE0_0B6A), f64::from_bits(0xBFDF_FFFE_F20A_4123)];

/// The natural logarithm of a positive, finite, normal number.
#[inline(always)]
pub(super) fn ln(x: f32) -> f32 {
    let bits = x.to_bits();
    let offset = bits.wrapping_sub(0x3F33_0000);
    let (inverse, log) = LOG[((offset >> 19) & 15) as usize];
    let exponent = (offset as i32 >> 23) as f64;
    let z = f32::from_bits(bits.wrapping_sub(offset & 0xFF80_0000)) as f64;
    let r = z * f64::from_bits(inverse) - 1.0;
    let high = f64::from_bits(log) + exponent * LN2;
    let r2 = r * r;
    let y = LOG_POLY[0] * r2 + (LOG_POLY[1] * r + LOG_POLY[2]);
    (y * r2 + (high + r)) as f32
}

/// 2/π · 2²⁴.
const INV_HALF_PI: f64 = f64::from_bits(0x4164_5F30_6DC9_C883);
const HALF_PI: f64 = f64::from_bits(0x3FF9_21FB_5444_2D18);
const COS_POLY: [f64; 4] = [
    f64::from_bits(0xBFDF_FFFF_FD0C_621C),
    f64::from_bits(0x3FA5_5553_E106_8F19),
    f64::from_bits(0xBF56_C087_E89A_359D),
    f64::from_bits(0x3EF9_9343_027B_F8C3),
];
const SIN_POLY: [f64; 3] = [f64::from_bits(0xBFC5_5554_5995_A603), f64::from_bits(0x3F81_1076_0523_0BC4), f64::from_bits(0xBF29_94EB_3774_CF24)];

/// The sine and cosine of an angle in [0, 120).
#[inline(always)]
pub(super) fn sin_cos(angle: f32) -> (f32, f32) {
    let x = angle as f64;
    let quarter = ((x * INV_HALF_PI) as i32 + 0x80_0000) >> 24;
    let x = x - quarter as f64 * HALF_PI;
    let (x2, x3) = (x * x, x * x * x);
    let sin = (x + x3 * SIN_POLY[0]) + x3 * x2 * (SIN_POLY[1] + x2 * SIN_POLY[2]);
    let x4 = x2 * x2;
    let cos = (1.0 + x2 * COS_POLY[0] + x4 * COS_POLY[1]) + x4 * x2 * (COS_POLY[2] + x2 * COS_POLY[3]);
    let (s, c) = if quarter & 1 == 0 { (sin, cos) } else { (cos, sin) };
    let s = if quarter & 2 != 0 { -s } else { s };
    let c = if (quarter + 1) & 2 != 0 { -c } else { c };
    (s as f32, c as f32)
}
