//! Packing of operands into panels, and the reused buffers that hold them.

use super::micro::Kernels;
use crate::isa::Isa;
use crate::pages::{HUGE, alloc_large};
use std::alloc::{Layout, dealloc, handle_alloc_error};
use std::cell::Cell;

/// Write `dst[p * width + l] = src[l * lane_stride + p * k_stride]` for `l < lanes` and `p < k`, and zeros for lanes up to `width`.
///
/// # Safety
/// The strides keep every element read inside the source, `dst` holds `k * width` values, and the level is available.
pub(super) unsafe fn panel<T: Kernels>(
    level: Isa,
    src: *const T,
    lane_stride: usize,
    k_stride: usize,
    lanes: usize,
    width: usize,
    k: usize,
    dst: *mut T,
) {
    // SAFETY: every access below is `l < lanes`, `p < k` of the source or inside `k * width` of dst.
    unsafe {
        if lane_stride == 1 {
            if lanes == width {
                for p in 0..k {
                    copy_row(src.add(p * k_stride), dst.add(p * width), width);
                }
            } else {
                for p in 0..k {
                    copy_row(src.add(p * k_stride), dst.add(p * width), lanes);
                    for l in lanes..width {
                        *dst.add(p * width + l) = T::default();
                    }
                }
            }
            return;
        }
        let mut done = 0;
        if k_stride == 1 && level >= Isa::Avx2 {
            let side = T::SIDE;
            // A block of the last group writes past its row into the next one; so groups go from last to first, and the last
            // block is left to the loop below unless rows end with a whole group.
            let spare = usize::from(width % side != 0);
            while done + side + spare <= k {
                let mut group = width.div_ceil(side);
                while group > 0 {
                    group -= 1;
                    let l = group * side;
                    let rows = lanes.saturating_sub(l).min(side);
                    T::transpose(src.wrapping_add(l * lane_stride + done), lane_stride, rows, dst.add(done * width + l), width);
                }
                done += side;
            }
        }
        for p in done..k {
            for l in 0..lanes {
                *dst.add(p * width + l) = *src.add(l * lane_stride + p * k_stride);
            }
            for l in lanes..width {
                *dst.add(p * width + l) = T::default();
            }
        }
    }
}

/// Write panels of `width` columns, together `columns` wide, from `k` contiguous rows: see [`panel`]. They start `stride` apart.
///
/// # Safety
/// As for [`panel`]; each panel has space for `k` values for each column, the last panel's padding included.
pub(super) unsafe fn panels_of_rows<T: Kernels>(src: *const T, k_stride: usize, columns: usize, width: usize, k: usize, dst: *mut T, stride: usize) {
    /// Rows asked for in advance: the hardware sees no pattern in short runs that are pages apart.
    const AHEAD: usize = 6;
    let full = columns / width;
    // SAFETY: reads stay in `columns` of the `k` rows, writes in the panels; prefetches cannot fault.
    unsafe {
        for p in 0..k {
            let row = src.add(p * k_stride);
            let later = row.wrapping_add(AHEAD * k_stride);
            for q in 0..full {
                for line in (0..width * size_of::<T>()).step_by(64) {
                    prefetch(later.wrapping_add(q * width).cast::<u8>().wrapping_add(line));
                }
                copy_row(row.add(q * width), dst.add(q * stride + p * width), width);
            }
            let rest = columns - full * width;
            if rest > 0 {
                let to = dst.add(full * stride + p * width);
                copy_row(row.add(full * width), to, rest);
                for l in rest..width {
                    *to.add(l) = T::default();
                }
            }
        }
    }
}

/// Ask for a cache line; any address will do.
#[inline(always)]
fn prefetch(p: *const u8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint; it cannot fault.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(p.cast())
    };
    #[cfg(not(target_arch = "x86_64"))]
    let _ = p;
}

/// Copy `n` values.
///
/// # Safety
/// Both sides have them, and do not overlap.
#[inline(always)]
pub(super) unsafe fn copy_row<T: Copy>(src: *const T, dst: *mut T, n: usize) {
    // SAFETY: the caller gives `n` values on both sides; the buffers are distinct.
    unsafe {
        match n {
            32 => std::ptr::copy_nonoverlapping(src, dst, 32),
            16 => std::ptr::copy_nonoverlapping(src, dst, 16),
            14 => std::ptr::copy_nonoverlapping(src, dst, 14),
            13 => std::ptr::copy_nonoverlapping(src, dst, 13),
            8 => std::ptr::copy_nonoverlapping(src, dst, 8),
            _ => std::ptr::copy_nonoverlapping(src, dst, n),
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    /// See [`super::Kernels::transpose`].
    #[target_feature(enable = "avx2")]
    pub unsafe fn transpose8(src: *const f32, src_stride: usize, rows: usize, dst: *mut f32, dst_stride: usize) {
        // SAFETY: rows below `rows` have eight readable values, dst eight writable ones in each of eight runs.
        unsafe {
            let row = |i: usize| if i < rows { _mm256_loadu_ps(src.add(i * src_stride)) } else { _mm256_setzero_ps() };
            store8([row(0), row(1), row(2), row(3), row(4), row(5), row(6), row(7)], dst, dst_stride);
        }
    }

    /// See [`super::Kernels::transpose_rows`].
    #[target_feature(enable = "avx2")]
    pub unsafe fn rows8(rows: &[*const f32], at: usize, dst: *mut f32, dst_stride: usize) {
        // SAFETY: each row has eight readable values from `at`, dst eight writable ones in each of eight runs.
        unsafe {
            let row = |i: usize| rows.get(i).map_or(_mm256_setzero_ps(), |p| _mm256_loadu_ps(p.add(at)));
            store8([row(0), row(1), row(2), row(3), row(4), row(5), row(6), row(7)], dst, dst_stride);
        }
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    unsafe fn store8(r: [__m256; 8], dst: *mut f32, dst_stride: usize) {
        // SAFETY: dst has eight writable values in each of eight runs.
        unsafe {
            let [r0, r1, r2, r3, r4, r5, r6, r7] = r;
            let (a0, a1) = (_mm256_unpacklo_ps(r0, r1), _mm256_unpackhi_ps(r0, r1));
            let (a2, a3) = (_mm256_unpacklo_ps(r2, r3), _mm256_unpackhi_ps(r2, r3));
            let (a4, a5) = (_mm256_unpacklo_ps(r4, r5), _mm256_unpackhi_ps(r4, r5));
            let (a6, a7) = (_mm256_unpacklo_ps(r6, r7), _mm256_unpackhi_ps(r6, r7));
            let (b0, b1) = (_mm256_shuffle_ps::<0x44>(a0, a2), _mm256_shuffle_ps::<0xEE>(a0, a2));
            let (b2, b3) = (_mm256_shuffle_ps::<0x44>(a1, a3), _mm256_shuffle_ps::<0xEE>(a1, a3));
            let (b4, b5) = (_mm256_shuffle_ps::<0x44>(a4, a6), _mm256_shuffle_ps::<0xEE>(a4, a6));
            let (b6, b7) = (_mm256_shuffle_ps::<0x44>(a5, a7), _mm256_shuffle_ps::<0xEE>(a5, a7));
            _mm256_storeu_ps(dst, _mm256_permute2f128_ps::<0x20>(b0, b4));
            _mm256_storeu_ps(dst.add(dst_stride), _mm256_permute2f128_ps::<0x20>(b1, b5));
            _mm256_storeu_ps(dst.add(2 * dst_stride), _mm256_permute2f128_ps::<0x20>(b2, b6));
            _mm256_storeu_ps(dst.add(3 * dst_stride), _mm256_permute2f128_ps::<0x20>(b3, b7));
            _mm256_storeu_ps(dst.add(4 * dst_stride), _mm256_permute2f128_ps::<0x31>(b0, b4));
            _mm256_storeu_ps(dst.add(5 * dst_stride), _mm256_permute2f128_ps::<0x31>(b1, b5));
            _mm256_storeu_ps(dst.add(6 * dst_stride), _mm256_permute2f128_ps::<0x31>(b2, b6));
            _mm256_storeu_ps(dst.add(7 * dst_stride), _mm256_permute2f128_ps::<0x31>(b3, b7));
        }
    }

    /// See [`super::Kernels::transpose`].
    #[target_feature(enable = "avx2")]
    pub unsafe fn transpose4(src: *const f64, src_stride: usize, rows: usize, dst: *mut f64, dst_stride: usize) {
        // SAFETY: rows below `rows` have four readable values, dst four writable ones in each of four runs.
        unsafe {
            let row = |i: usize| if i < rows { _mm256_loadu_pd(src.add(i * src_stride)) } else { _mm256_setzero_pd() };
            store4([row(0), row(1), row(2), row(3)], dst, dst_stride);
        }
    }

    /// See [`super::Kernels::transpose_rows`].
    #[target_feature(enable = "avx2")]
    pub unsafe fn rows4(rows: &[*const f64], at: usize, dst: *mut f64, dst_stride: usize) {
        // SAFETY: each row has four readable values from `at`, dst four writable ones in each of four runs.
        unsafe {
            let row = |i: usize| rows.get(i).map_or(_mm256_setzero_pd(), |p| _mm256_loadu_pd(p.add(at)));
            store4([row(0), row(1), row(2), row(3)], dst, dst_stride);
        }
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    unsafe fn store4(r: [__m256d; 4], dst: *mut f64, dst_stride: usize) {
        // SAFETY: dst has four writable values in each of four runs.
        unsafe {
            let [r0, r1, r2, r3] = r;
            let (a0, a1) = (_mm256_unpacklo_pd(r0, r1), _mm256_unpackhi_pd(r0, r1));
            let (a2, a3) = (_mm256_unpacklo_pd(r2, r3), _mm256_unpackhi_pd(r2, r3));
            _mm256_storeu_pd(dst, _mm256_permute2f128_pd::<0x20>(a0, a2));
            _mm256_storeu_pd(dst.add(dst_stride), _mm256_permute2f128_pd::<0x20>(a1, a3));
            _mm256_storeu_pd(dst.add(2 * dst_stride), _mm256_permute2f128_pd::<0x31>(a0, a2));
            _mm256_storeu_pd(dst.add(3 * dst_stride), _mm256_permute2f128_pd::<0x31>(a1, a3));
        }
    }
}
#[cfg(target_arch = "x86_64")]
pub(super) use x86::{rows4, rows8, transpose4, transpose8};

/// A 64-byte aligned block that is kept by its thread between calls.
pub(super) struct Scratch {
    ptr: *mut u8,
    bytes: usize,
}

// SAFETY: the block is owned; only its user reads or writes it.
unsafe impl Send for Scratch {}
// SAFETY: as above.
unsafe impl Sync for Scratch {}

impl Scratch {
    const EMPTY: Scratch = Scratch { ptr: std::ptr::null_mut(), bytes: 0 };

    pub fn new(bytes: usize) -> Scratch {
        let layout = Self::layout(bytes);
        // SAFETY: the size is not zero.
        let ptr = unsafe { alloc_large(layout) };
        if ptr.is_null() {
            handle_alloc_error(layout);
        }
        Scratch { ptr, bytes: layout.size() }
    }

    fn layout(bytes: usize) -> Layout {
        let align = if bytes >= HUGE / 2 { HUGE } else { 64 };
        let size = bytes.max(64).checked_next_multiple_of(align);
        size.and_then(|s| Layout::from_size_align(s, align).ok()).expect("a pack buffer below isize::MAX")
    }

    pub fn ptr<T>(&self) -> *mut T {
        self.ptr.cast()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.ptr.is_null() {
            // SAFETY: made by `new`, and the layout of a rounded size is itself.
            unsafe { dealloc(self.ptr, Self::layout(self.bytes)) }
        }
    }
}

thread_local! {
    static SLOTS: [Cell<Scratch>; 2] = const { [Cell::new(Scratch::EMPTY), Cell::new(Scratch::EMPTY)] };
}

/// Blocks above this are returned to the allocator instead of kept.
const KEEP: usize = 32 << 20;

/// Run `f` with a buffer of at least `count` values. It is taken out of its slot meanwhile, so nested use (a stolen task) makes another.
pub(super) fn with_scratch<T, R>(slot: usize, count: usize, f: impl FnOnce(*mut T) -> R) -> R {
    let bytes = count * size_of::<T>();
    let mut block = SLOTS.with(|s| s[slot].replace(Scratch::EMPTY));
    if block.bytes < bytes {
        block = Scratch::new(bytes);
    }
    let result = f(block.ptr());
    if block.bytes <= KEEP {
        SLOTS.with(|s| s[slot].set(block));
    }
    result
}
