//! Tensors filled from one distribution: uniform, normal, truncated normal, uniform integers.

use super::libm;
use super::philox::{LANES, Philox, Words, unit_f32, unit_f64};
use crate::dtype::{Element, bf16, f16};
use crate::isa::multiversion;
use crate::par;

/// A distribution that turns each block into a group of `GROUP` values.
pub trait Distribution: Copy + Sync {
    type T: Element + Default;
    const GROUP: usize;
    /// Nanoseconds of one group, roughly.
    const NS: f64;
    #[doc(hidden)]
    fn draw(self, w: &[Words; 4], out: &mut [Self::T; 4 * LANES]);
}

/// Floats in [0, 1).
#[derive(Clone, Copy)]
pub struct Uniform;
/// Doubles in [0, 1).
#[derive(Clone, Copy)]
pub struct UniformF64;
/// Standard normal floats (Box-Muller).
#[derive(Clone, Copy)]
pub struct Normal;
/// Standard normal doubles.
#[derive(Clone, Copy)]
pub struct NormalF64;
/// int32 values in `[lo, lo + range)`; the bias of the remainder is TensorFlow's.
#[derive(Clone, Copy)]
pub struct UniformInt {
    pub lo: i32,
    pub range: u32,
}
/// int64 values in `[lo, lo + range)`.
#[derive(Clone, Copy)]
pub struct UniformI64 {
    pub lo: i64,
    pub range: u64,
}

/// All 32-bit values.
#[derive(Clone, Copy)]
pub struct UniformBits;
/// All 64-bit values.
#[derive(Clone, Copy)]
pub struct UniformBits64;

impl Distribution for UniformBits {
    type T = u32;
    const GROUP: usize = 4;
    const NS: f64 = 2.0;
    #[inline(always)]
    fn draw(self, w: &[Words; 4], out: &mut [u32; 4 * LANES]) {
        for l in 0..LANES {
            for j in 0..4 {
                out[4 * l + j] = w[j][l];
            }
        }
    }
}
impl Distribution for UniformBits64 {
    type T = u64;
    const GROUP: usize = 2;
    const NS: f64 = 2.0;
    #[inline(always)]
    fn draw(self, w: &[Words; 4], out: &mut [u64; 4 * LANES]) {
        for l in 0..LANES {
            for j in 0..2 {
                out[2 * l + j] = w[2 * j][l] as u64 | (w[2 * j + 1][l] as u64) << 32;
            }
        }
    }
}
impl Distribution for Uniform {
    type T = f32;
    const GROUP: usize = 4;
    const NS: f64 = 2.0;
    #[inline(always)]
    fn draw(self, w: &[Words; 4], out: &mut [f32; 4 * LANES]) {
        for l in 0..LANES {
            for j in 0..4 {
                out[4 * l + j] = unit_f32(w[j][l]);
            }
        }
    }
}
impl Distribution for UniformF64 {
    type T = f64;
    const GROUP: usize = 2;
    const NS: f64 = 2.0;
    #[inline(always)]
    fn draw(self, w: &[Words; 4], out: &mut [f64; 4 * LANES]) {
        for l in 0..LANES {
            for j in 0..2 {
                out[2 * l + j] = unit_f64(w[2 * j][l], w[2 * j + 1][l]);
            }
        }
    }
}
impl Distribution for UniformInt {
    type T = i32;
    const GROUP: usize = 4;
    const NS: f64 = 6.0;
    #[inline(always)]
    fn draw(self, w: &[Words; 4], out: &mut [i32; 4 * LANES]) {
        for l in 0..LANES {
            for j in 0..4 {
                out[4 * l + j] = self.lo.wrapping_add((w[j][l] % self.range) as i32);
            }
        }
    }
}
impl Distribution for UniformI64 {
    type T = i64;
    const GROUP: usize = 2;
    const NS: f64 = 8.0;
    #[inline(always)]
    fn draw(self, w: &[Words; 4], out: &mut [i64; 4 * LANES]) {
        for l in 0..LANES {
            for j in 0..2 {
                let bits = w[2 * j][l] as u64 | (w[2 * j + 1][l] as u64) << 32;
                out[2 * l + j] = self.lo.wrapping_add((bits % self.range) as i64);
            }
        }
    }
}

/// Two normal floats from two words.
#[inline(always)]
pub(super) fn box_muller(a: u32, b: u32) -> (f32, f32) {
    let u = unit_f32(a).max(1.0e-7);
    let angle = (2.0 * std::f64::consts::PI * unit_f32(b) as f64) as f32;
    let r = (-2.0 * libm::ln(u)).sqrt();
    let (s, c) = libm::sin_cos(angle);
    (s * r, c * r)
}

/// Two normal doubles from four words.
#[inline(always)]
pub(super) fn box_muller_f64(w: [u32; 4]) -> (f64, f64) {
    let u = unit_f64(w[0], w[1]).max(1.0e-7);
    let angle = 2.0 * std::f64::consts::PI * unit_f64(w[2], w[3]);
    let r = (-2.0 * u.ln()).sqrt();
    (angle.sin() * r, angle.cos() * r)
}

impl Distribution for Normal {
    type T = f32;
    const GROUP: usize = 4;
    const NS: f64 = 10.0;
    #[inline(always)]
    fn draw(self, w: &[Words; 4], out: &mut [f32; 4 * LANES]) {
        let z = normals(w);
        for l in 0..LANES {
            for j in 0..4 {
                out[4 * l + j] = z[j][l];
            }
        }
    }
}

#[inline(always)]
fn normals(w: &[Words; 4]) -> [[f32; LANES]; 4] {
    let mut z = [[0f32; LANES]; 4];
    for l in 0..LANES {
        (z[0][l], z[1][l]) = box_muller(w[0][l], w[1][l]);
    }
    for l in 0..LANES {
        (z[2][l], z[3][l]) = box_muller(w[2][l], w[3][l]);
    }
    z
}

impl Distribution for NormalF64 {
    type T = f64;
    const GROUP: usize = 2;
    const NS: f64 = 60.0;
    #[inline(always)]
    fn draw(self, w: &[Words; 4], out: &mut [f64; 4 * LANES]) {
        for l in 0..LANES {
            (out[2 * l], out[2 * l + 1]) = box_muller_f64([w[0][l], w[1][l], w[2][l], w[3][l]]);
        }
    }
}

multiversion! {
    fn fill_chunk<L, D: [Distribution]>(d: D, start: Philox, out: &mut [D::T]) {
        let batch = D::GROUP * LANES;
        let mut values = [D::T::default(); 4 * LANES];
        for (i, part) in out.chunks_mut(batch).enumerate() {
            let _ = L::FMA;
            d.draw(&start.at((i * LANES) as u64).blocks(1), &mut values);
            part.copy_from_slice(&values[..part.len()]);
        }
    }
    fn truncated_chunk<L>(start: Philox, out: &mut [f32]) {
        for (i, part) in out.chunks_mut(4 * LANES).enumerate() {
            let _ = L::FMA;
            let base = start.at((i * LANES) as u64 * 256);
            let z = normals(&base.blocks(256));
            for (l, group) in part.chunks_mut(4).enumerate() {
                let first = [z[0][l], z[1][l], z[2][l], z[3][l]];
                let mut kept = 0;
                let mut keep = |v: f32| {
                    if v.abs() < 2.0 && kept < group.len() {
                        group[kept] = v;
                        kept += 1;
                    }
                    kept == group.len()
                };
                let mut done = false;
                for v in first {
                    done = keep(v);
                }
                let mut next = base.at(l as u64 * 256 + 1);
                while !done {
                    let w = next.block();
                    for (a, b) in [box_muller(w[0], w[1]), box_muller(w[2], w[3])] {
                        keep(a);
                        done = keep(b);
                    }
                }
            }
        }
    }
}

/// Fill `out` with values of `d`, from block `start` on.
pub fn fill<D: Distribution>(d: D, start: Philox, out: &mut [D::T]) {
    par::rows_mut(out, D::GROUP, D::NS, |group, chunk| fill_chunk(d, start.at(group as u64), chunk));
}

/// A 16-bit float type.
pub trait Narrow: Element + Default {
    /// A value in [0, 1) from the low bits of a word, as many as the mantissa holds.
    fn unit(word: u32) -> Self;
    fn round(v: f32) -> Self;
}
impl Narrow for f16 {
    fn unit(word: u32) -> f16 {
        // [1, 2) minus one is exact in either type.
        f16::from_f32(f16::from_bits(word as u16 & 0x3FF | 15 << 10).to_f32() - 1.0)
    }
    fn round(v: f32) -> f16 {
        f16::from_f32(v)
    }
}
impl Narrow for bf16 {
    fn unit(word: u32) -> bf16 {
        bf16::from_f32(bf16::from_bits(word as u16 & 0x7F | 127 << 7).to_f32() - 1.0)
    }
    fn round(v: f32) -> bf16 {
        bf16::from_f32(v)
    }
}

/// 16-bit floats in [0, 1).
pub fn uniform_narrow<T: Narrow>(start: Philox, out: &mut [T]) {
    par::rows_mut(out, 4, 40.0, |group, chunk| {
        let mut at = start.at(group as u64);
        for part in chunk.chunks_mut(4) {
            for (o, w) in part.iter_mut().zip(at.block()) {
                *o = T::unit(w);
            }
        }
    });
}

/// The float values that `draw` makes, rounded to 16 bits.
pub fn narrow<T: Narrow>(out: &mut [T], draw: impl FnOnce(&mut [f32])) {
    let mut wide = vec![0f32; out.len()];
    draw(&mut wide);
    for (o, v) in out.iter_mut().zip(wide) {
        *o = T::round(v);
    }
}

/// Standard normal values, those outside (−2, 2) drawn again. Each group of four starts 256 blocks after the one before.
pub fn truncated_normal(start: Philox, out: &mut [f32]) {
    par::rows_mut(out, 4, 20.0, |group, chunk| truncated_chunk(start.at(group as u64 * 256), chunk));
}

/// As [`truncated_normal`]; groups of two, 128 blocks apart.
pub fn truncated_normal_f64(start: Philox, out: &mut [f64]) {
    par::rows_mut(out, 2, 80.0, |group, chunk| {
        for (i, part) in chunk.chunks_mut(2).enumerate() {
            let mut at = start.at((group + i) as u64 * 128);
            let mut kept = 0;
            while kept < part.len() {
                let (a, b) = box_muller_f64(at.block());
                for v in [a, b] {
                    if v.abs() < 2.0 && kept < part.len() {
                        part[kept] = v;
                        kept += 1;
                    }
                }
            }
        }
    });
}
