//! A pool of memory blocks by size class, so that a run does not return memory to malloc and ask for it again.

use crate::error::KernelError;
use crate::pages::{HUGE, alloc_large, available};
use std::alloc::{Layout, dealloc};
use std::panic::panic_any;
use std::ptr::NonNull;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Alignment of every block: a cache line, and one AVX-512 register.
pub const ALIGN: usize = 64;
/// No block is larger.
const MOST: usize = 1 << 45;
/// Blocks of this size are asked for only when the machine has the memory free: Linux promises more than it has, and
/// ends the process later. The question takes less than a thousandth of the time that zeroing takes.
const LARGE: usize = 1 << 28;
/// Free bytes kept for reuse; beyond this, blocks go back to the system.
const KEEP: usize = 1 << 30;

// Classes: 64 bytes, then four steps per power of two (waste at most a quarter).
const CLASSES: usize = 4 * 58;

struct Free(Vec<NonNull<u8>>);
// SAFETY: the pointers are free blocks that belong to the pool alone.
unsafe impl Send for Free {}

static FREE: [Mutex<Free>; CLASSES] = [const { Mutex::new(Free(Vec::new())) }; CLASSES];
static FREE_BYTES: AtomicUsize = AtomicUsize::new(0);
static SYSTEM_BYTES: AtomicUsize = AtomicUsize::new(0);

fn class_of(len: usize) -> usize {
    let units = len.div_ceil(ALIGN).max(1);
    if units <= 4 {
        return units - 1;
    }
    // units in (2^p, 2^(p+1)], quarter steps
    let p = usize::BITS as usize - 1 - (units - 1).leading_zeros() as usize;
    let quarter = (units - 1 - (1 << p)) >> (p - 2);
    4 * (p - 1) + quarter
}

fn class_bytes(class: usize) -> usize {
    if class < 4 {
        return (class + 1) * ALIGN;
    }
    let p = class / 4 + 1;
    ((1 << p) + ((class % 4 + 1) << (p - 2))) * ALIGN
}

/// A block of at least `len` initialised bytes, with its class; None when the system has no such memory.
pub(crate) fn take(len: usize) -> Option<(NonNull<u8>, usize)> {
    if len > MOST {
        return None;
    }
    let class = class_of(len);
    let bytes = class_bytes(class);
    if let Some(ptr) = FREE[class].lock().unwrap_or_else(|e| e.into_inner()).0.pop() {
        FREE_BYTES.fetch_sub(bytes, Ordering::Relaxed);
        return Some((ptr, class));
    }
    if bytes >= LARGE && available().is_some_and(|n| bytes > n) {
        return None;
    }
    let layout = Layout::from_size_align(bytes, align(bytes)).ok()?;
    // SAFETY: the layout has a non-zero size.
    let ptr = NonNull::new(unsafe { alloc_large(layout) })?;
    // SAFETY: the block has this many bytes. Zeroed once, so that the content is always initialised.
    unsafe { ptr.write_bytes(0, bytes) };
    SYSTEM_BYTES.fetch_add(bytes, Ordering::Relaxed);
    Some((ptr, class))
}

fn align(bytes: usize) -> usize {
    if bytes >= HUGE { HUGE } else { ALIGN }
}

/// Return a block.
///
/// # Safety
/// `ptr` must come from `take` with this class and not be used afterwards.
pub(crate) unsafe fn give(ptr: NonNull<u8>, class: usize) {
    let bytes = class_bytes(class);
    if FREE_BYTES.fetch_add(bytes, Ordering::Relaxed) + bytes <= KEEP {
        FREE[class].lock().unwrap_or_else(|e| e.into_inner()).0.push(ptr);
        return;
    }
    FREE_BYTES.fetch_sub(bytes, Ordering::Relaxed);
    SYSTEM_BYTES.fetch_sub(bytes, Ordering::Relaxed);
    // SAFETY: allocated in `take` with this very layout.
    unsafe { dealloc(ptr.as_ptr(), Layout::from_size_align_unchecked(bytes, align(bytes))) }
}

/// A block on loan for as long as a kernel needs it.
pub(crate) struct Loan {
    ptr: NonNull<u8>,
    class: usize,
}

// SAFETY: the block is owned; only its user reads or writes it.
unsafe impl Send for Loan {}
// SAFETY: as above.
unsafe impl Sync for Loan {}

impl Loan {
    /// At least `bytes` initialised bytes with arbitrary content, aligned to [`ALIGN`]. Panics with a [`KernelError`] when
    /// there is no memory.
    pub fn new(bytes: usize) -> Loan {
        let (ptr, class) = take(bytes).unwrap_or_else(|| panic_any(KernelError::out_of_memory(bytes)));
        Loan { ptr, class }
    }
    pub fn ptr<T>(&self) -> *mut T {
        self.ptr.as_ptr().cast()
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        // SAFETY: taken in `new`, and this was its only owner.
        unsafe { give(self.ptr, self.class) }
    }
}

/// Bytes that came from the system and did not go back: those in use, and the free ones. As long as the free ones stay
/// below the limit this is the most that was ever in use at once.
pub fn system_bytes() -> usize {
    SYSTEM_BYTES.load(Ordering::Relaxed)
}

/// Free bytes that the pool holds.
pub fn free_bytes() -> usize {
    FREE_BYTES.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_holds_its_length_and_wastes_at_most_a_quarter() {
        for len in (1..100_000).chain([1 << 20, (1 << 20) + 1, 5 << 30, 1 << 45]) {
            let c = class_of(len);
            assert!(class_bytes(c) >= len, "{len}");
            assert!(c == 0 || class_bytes(c - 1) < len, "{len}");
            assert!(class_bytes(c) <= len + len / 4 + ALIGN, "{len}");
        }
    }
}
