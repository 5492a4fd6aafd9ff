//! The CPU level, found once, and `multiversion!`: one scalar source compiled for each level and chosen at run time.

use std::sync::atomic::{AtomicU8, Ordering};

/// The instruction sets that kernels are compiled for, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Isa {
    /// What every CPU of the target has (SSE2 on x86-64, NEON on aarch64).
    Baseline = 1,
    /// AVX2 with FMA and F16C.
    Avx2 = 2,
    /// AVX-512 F, BW, DQ and VL.
    Avx512 = 3,
}

static FOUND: AtomicU8 = AtomicU8::new(0);

/// Return the level in use: the best that the CPU has, or the weaker one that `GRAPHPB_ISA`
/// (`baseline`, `avx2`, `avx512`) asks for.
#[inline]
pub fn isa() -> Isa {
    match FOUND.load(Ordering::Relaxed) {
        1 => Isa::Baseline,
        2 => Isa::Avx2,
        3 => Isa::Avx512,
        _ => detect(),
    }
}

#[cold]
fn detect() -> Isa {
    let best = best();
    let wanted = match std::env::var("GRAPHPB_ISA").as_deref() {
        Ok("baseline") => Isa::Baseline,
        Ok("avx2") => Isa::Avx2,
        _ => Isa::Avx512,
    };
    let level = best.min(wanted);
    FOUND.store(level as u8, Ordering::Relaxed);
    level
}

#[cfg(target_arch = "x86_64")]
fn best() -> Isa {
    let avx2 = is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("f16c")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2");
    let avx512 = avx2
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl");
    match (avx512, avx2) {
        (true, _) => Isa::Avx512,
        (_, true) => Isa::Avx2,
        _ => Isa::Baseline,
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn best() -> Isa {
    Isa::Baseline
}

/// Return the levels that this CPU can run, weakest first: for tests that compare them.
pub fn available() -> impl Iterator<Item = Isa> {
    let best = best();
    [Isa::Baseline, Isa::Avx2, Isa::Avx512].into_iter().filter(move |&l| l <= best)
}

/// A compile-time stand-in for an [`Isa`], handed to the body of a `multiversion!` function.
pub trait Level: Copy {
    /// Whether `mul_add` is one instruction at this level.
    const FMA: bool;

    /// Return `a * b + c`, fused where that is one instruction.
    #[inline(always)]
    fn fma32(a: f32, b: f32, c: f32) -> f32 {
        if Self::FMA { a.mul_add(b, c) } else { a * b + c }
    }

    /// Return `a * b + c`, fused where that is one instruction.
    #[inline(always)]
    fn fma64(a: f64, b: f64, c: f64) -> f64 {
        if Self::FMA { a.mul_add(b, c) } else { a * b + c }
    }
}

/// The [`Level`] of [`Isa::Baseline`].
#[derive(Clone, Copy)]
pub struct Baseline;
/// The [`Level`] of [`Isa::Avx2`] and [`Isa::Avx512`].
#[derive(Clone, Copy)]
pub struct Fused;

impl Level for Baseline {
    const FMA: bool = cfg!(target_arch = "aarch64");
}
impl Level for Fused {
    const FMA: bool = true;
}

/// Define functions whose body is compiled once per CPU level and chosen when called.
///
/// In the body, the first generic name stands for the [`Level`]: `L::fma32(a, b, c)`. Everything the body calls
/// must be `#[inline(always)]`, or it is compiled for the baseline only. Further type parameters follow the level.
///
/// ```ignore
/// multiversion! {
///     pub fn scale<L>(x: &mut [f32], by: f32) {
///         for v in x { *v *= by; }
///     }
/// }
/// ```
macro_rules! multiversion {
    ($(#[$meta:meta])* $vis:vis fn $name:ident<$level:ident $(, $g:ident : [$($bound:tt)*])*>(
        $($arg:ident : $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block $($rest:tt)*) => {
        $(#[$meta])*
        #[inline]
        $vis fn $name<$($g: $($bound)*),*>($($arg: $ty),*) $(-> $ret)? {
            #[inline(always)]
            fn body<$level: $crate::isa::Level $(, $g: $($bound)*)*>($($arg: $ty),*) $(-> $ret)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c,bmi1,bmi2")]
                fn avx512<$($g: $($bound)*),*>($($arg: $ty),*) $(-> $ret)? {
                    body::<$crate::isa::Fused $(, $g)*>($($arg),*)
                }
                #[target_feature(enable = "avx2,fma,f16c,bmi1,bmi2")]
                fn avx2<$($g: $($bound)*),*>($($arg: $ty),*) $(-> $ret)? {
                    body::<$crate::isa::Fused $(, $g)*>($($arg),*)
                }
                match $crate::isa::isa() {
                    // SAFETY: `isa()` reports a level only where every feature named above was detected.
                    $crate::isa::Isa::Avx512 => return unsafe { avx512::<$($g),*>($($arg),*) },
                    // SAFETY: as above.
                    $crate::isa::Isa::Avx2 => return unsafe { avx2::<$($g),*>($($arg),*) },
                    $crate::isa::Isa::Baseline => {}
                }
            }
            body::<$crate::isa::Baseline $(, $g)*>($($arg),*)
        }
        $crate::isa::multiversion! { $($rest)* }
    };
    () => {};
}
pub(crate) use multiversion;

#[cfg(test)]
mod tests {
    use super::*;

    multiversion! {
        fn axpy<L>(a: f32, x: &[f32], y: &mut [f32]) {
            for (y, x) in y.iter_mut().zip(x) {
                *y = L::fma32(a, *x, *y);
            }
        }
        fn biggest<L, T: [Copy + PartialOrd]>(x: &[T], start: T) -> T {
            let mut top = start;
            for &v in x {
                top = if v > top { v } else { top };
            }
            top
        }
    }

    #[test]
    fn dispatched_functions_compute() {
        let x: Vec<f32> = (0..100).map(|i| i as f32).collect();
        let mut y = vec![1.0f32; 100];
        axpy(2.0, &x, &mut y);
        assert!(y.iter().enumerate().all(|(i, &v)| v == 2.0 * i as f32 + 1.0));
        assert_eq!(biggest(&x, -1.0), 99.0);
        assert_eq!(biggest(&[3i64, 9, 4], 0), 9);
        assert!(available().any(|l| l == isa()));
    }
}
