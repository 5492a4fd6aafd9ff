//! Vector registers of each CPU level behind one small trait, for the hand-blocked product kernels.

/// A vector of `N` values of `T`.
///
/// # Safety
/// Every function needs the CPU features of its level; loads and stores need valid pointers (any alignment), of which the
/// masked ones touch only the lanes of the mask.
pub(super) unsafe trait Lanes: Copy {
    type T: Copy;
    type Mask: Copy;
    const N: usize;
    unsafe fn zero() -> Self;
    unsafe fn splat(x: Self::T) -> Self;
    unsafe fn load(p: *const Self::T) -> Self;
    unsafe fn store(self, p: *mut Self::T);
    /// Return a mask of the first `n` lanes, `1 <= n <= N`.
    unsafe fn mask(n: usize) -> Self::Mask;
    unsafe fn load_mask(p: *const Self::T, m: Self::Mask) -> Self;
    unsafe fn store_mask(self, p: *mut Self::T, m: Self::Mask);
    unsafe fn add(self, b: Self) -> Self;
    /// Ask for the cache line of `p`, which need not be valid, in L1 or (`far`) in L2.
    #[inline(always)]
    fn prefetch(p: *const Self::T, far: bool) {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a hint; it cannot fault.
        unsafe {
            use std::arch::x86_64::*;
            if far { _mm_prefetch::<_MM_HINT_T1>(p.cast()) } else { _mm_prefetch::<_MM_HINT_T0>(p.cast()) }
        };
        #[cfg(not(target_arch = "x86_64"))]
        let _ = (p, far);
    }
    /// Return `a * b + self`.
    unsafe fn fma(self, a: Self, b: Self) -> Self;
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Lanes;
    use std::arch::x86_64::*;

    macro_rules! avx512 {
        ($name:ident, $t:ty, $v:ty, $mask:ty, $n:literal, $zero:ident, $splat:ident, $load:ident, $store:ident, $mload:ident,
         $mstore:ident, $add:ident, $fma:ident) => {
            #[derive(Clone, Copy)]
            pub struct $name($v);

            // SAFETY: each function is the one intrinsic of its contract; callers run at this CPU level.
            unsafe impl Lanes for $name {
                type T = $t;
                type Mask = $mask;
                const N: usize = $n;
                #[inline(always)]
                unsafe fn zero() -> Self {
                    // SAFETY: the caller has the level.
                    unsafe { Self($zero()) }
                }
                #[inline(always)]
                unsafe fn splat(x: $t) -> Self {
                    // SAFETY: the caller has the level.
                    unsafe { Self($splat(x)) }
                }
                #[inline(always)]
                unsafe fn load(p: *const $t) -> Self {
                    // SAFETY: the caller gives N readable values.
                    unsafe { Self($load(p)) }
                }
                #[inline(always)]
                unsafe fn store(self, p: *mut $t) {
                    // SAFETY: the caller gives N writable values.
                    unsafe { $store(p, self.0) }
                }
                #[inline(always)]
                unsafe fn mask(n: usize) -> $mask {
                    (((1u32 << n) - 1) & ((1u32 << $n) - 1)) as $mask
                }
                #[inline(always)]
                unsafe fn load_mask(p: *const $t, m: $mask) -> Self {
                    // SAFETY: lanes outside the mask are not read.
                    unsafe { Self($mload(m, p)) }
                }
                #[inline(always)]
                unsafe fn store_mask(self, p: *mut $t, m: $mask) {
                    // SAFETY: lanes outside the mask are not written.
                    unsafe { $mstore(p, m, self.0) }
                }
                #[inline(always)]
                unsafe fn add(self, b: Self) -> Self {
                    // SAFETY: the caller has the level.
                    unsafe { Self($add(self.0, b.0)) }
                }
                #[inline(always)]
                unsafe fn fma(self, a: Self, b: Self) -> Self {
                    // SAFETY: the caller has the level.
                    unsafe { Self($fma(a.0, b.0, self.0)) }
                }
            }
        };
    }

    avx512!(
        F32x16,
        f32,
        __m512,
        __mmask16,
        16,
        _mm512_setzero_ps,
        _mm512_set1_ps,
        _mm512_loadu_ps,
        _mm512_storeu_ps,
        _mm512_maskz_loadu_ps,
        _mm512_mask_storeu_ps,
        _mm512_add_ps,
        _mm512_fmadd_ps
    );
    avx512!(
        F64x8,
        f64,
        __m512d,
        __mmask8,
        8,
        _mm512_setzero_pd,
        _mm512_set1_pd,
        _mm512_loadu_pd,
        _mm512_storeu_pd,
        _mm512_maskz_loadu_pd,
        _mm512_mask_storeu_pd,
        _mm512_add_pd,
        _mm512_fmadd_pd
    );

    static MASK32: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];
    static MASK64: [i64; 8] = [-1, -1, -1, -1, 0, 0, 0, 0];

    macro_rules! avx2 {
        ($name:ident, $t:ty, $v:ty, $n:literal, $masks:ident, $zero:ident, $splat:ident, $load:ident, $store:ident, $mload:ident,
         $mstore:ident, $add:ident, $fma:ident) => {
            #[derive(Clone, Copy)]
            pub struct $name($v);

            // SAFETY: each function is the one intrinsic of its contract; callers run at this CPU level.
            unsafe impl Lanes for $name {
                type T = $t;
                type Mask = __m256i;
                const N: usize = $n;
                #[inline(always)]
                unsafe fn zero() -> Self {
                    // SAFETY: the caller has the level.
                    unsafe { Self($zero()) }
                }
                #[inline(always)]
                unsafe fn splat(x: $t) -> Self {
                    // SAFETY: the caller has the level.
                    unsafe { Self($splat(x)) }
                }
                #[inline(always)]
                unsafe fn load(p: *const $t) -> Self {
                    // SAFETY: the caller gives N readable values.
                    unsafe { Self($load(p)) }
                }
                #[inline(always)]
                unsafe fn store(self, p: *mut $t) {
                    // SAFETY: the caller gives N writable values.
                    unsafe { $store(p, self.0) }
                }
                #[inline(always)]
                unsafe fn mask(n: usize) -> __m256i {
                    // SAFETY: `n <= N`, so N entries follow in the table of 2 N.
                    unsafe { _mm256_loadu_si256($masks.as_ptr().add($n - n).cast()) }
                }
                #[inline(always)]
                unsafe fn load_mask(p: *const $t, m: __m256i) -> Self {
                    // SAFETY: lanes outside the mask are not read.
                    unsafe { Self($mload(p, m)) }
                }
                #[inline(always)]
                unsafe fn store_mask(self, p: *mut $t, m: __m256i) {
                    // SAFETY: lanes outside the mask are not written.
                    unsafe { $mstore(p, m, self.0) }
                }
                #[inline(always)]
                unsafe fn add(self, b: Self) -> Self {
                    // SAFETY: the caller has the level.
                    unsafe { Self($add(self.0, b.0)) }
                }
                #[inline(always)]
                unsafe fn fma(self, a: Self, b: Self) -> Self {
                    // SAFETY: the caller has the level.
                    unsafe { Self($fma(a.0, b.0, self.0)) }
                }
            }
        };
    }

    avx2!(
        F32x8,
        f32,
        __m256,
        8,
        MASK32,
        _mm256_setzero_ps,
        _mm256_set1_ps,
        _mm256_loadu_ps,
        _mm256_storeu_ps,
        _mm256_maskload_ps,
        _mm256_maskstore_ps,
        _mm256_add_ps,
        _mm256_fmadd_ps
    );
    avx2!(
        F64x4,
        f64,
        __m256d,
        4,
        MASK64,
        _mm256_setzero_pd,
        _mm256_set1_pd,
        _mm256_loadu_pd,
        _mm256_storeu_pd,
        _mm256_maskload_pd,
        _mm256_maskstore_pd,
        _mm256_add_pd,
        _mm256_fmadd_pd
    );
}
#[cfg(target_arch = "x86_64")]
pub(super) use x86::{F32x8, F32x16, F64x4, F64x8};

/// A short array that the compiler turns into the target's own vectors.
#[derive(Clone, Copy)]
pub(super) struct Plain<T, const N: usize>([T; N]);

macro_rules! plain {
    ($t:ty) => {
        // SAFETY: plain Rust; pointers as the contract says.
        unsafe impl<const LANES: usize> Lanes for Plain<$t, LANES> {
            type T = $t;
            type Mask = usize;
            const N: usize = LANES;
            #[inline(always)]
            unsafe fn zero() -> Self {
                Self([0.0; LANES])
            }
            #[inline(always)]
            unsafe fn splat(x: $t) -> Self {
                Self([x; LANES])
            }
            #[inline(always)]
            unsafe fn load(p: *const $t) -> Self {
                // SAFETY: the caller gives N readable values.
                Self(unsafe { p.cast::<[$t; LANES]>().read_unaligned() })
            }
            #[inline(always)]
            unsafe fn store(self, p: *mut $t) {
                // SAFETY: the caller gives N writable values.
                unsafe { p.cast::<[$t; LANES]>().write_unaligned(self.0) }
            }
            #[inline(always)]
            unsafe fn mask(n: usize) -> usize {
                n
            }
            #[inline(always)]
            unsafe fn load_mask(p: *const $t, m: usize) -> Self {
                if m == LANES {
                    // SAFETY: the mask covers all lanes.
                    return unsafe { Self::load(p) };
                }
                let mut v = [0.0; LANES];
                for i in 0..m.min(LANES) {
                    // SAFETY: lane `i` is inside the mask.
                    v[i] = unsafe { *p.add(i) };
                }
                Self(v)
            }
            #[inline(always)]
            unsafe fn store_mask(self, p: *mut $t, m: usize) {
                for i in 0..m.min(LANES) {
                    // SAFETY: lane `i` is inside the mask.
                    unsafe { *p.add(i) = self.0[i] };
                }
            }
            #[inline(always)]
            unsafe fn add(self, b: Self) -> Self {
                Self(std::array::from_fn(|i| self.0[i] + b.0[i]))
            }
            #[inline(always)]
            unsafe fn fma(self, a: Self, b: Self) -> Self {
                Self(std::array::from_fn(
                    |i| {
                        if cfg!(target_arch = "aarch64") { a.0[i].mul_add(b.0[i], self.0[i]) } else { a.0[i] * b.0[i] + self.0[i] }
                    },
                ))
            }
        }
    };
}
plain!(f32);
plain!(f64);
