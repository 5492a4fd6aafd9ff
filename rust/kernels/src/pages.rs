//! Huge pages for large blocks: tensors and packed panels are read in big steps, and every new page costs a walk of the page
//! tables.

use std::alloc::{Layout, alloc};

/// The size of a huge page. Blocks of at least this size start at a multiple of it.
pub(crate) const HUGE: usize = 2 << 20;

#[cfg(target_os = "linux")]
const MADV_HUGEPAGE: i32 = 14;
#[cfg(target_os = "linux")]
unsafe extern "C" {
    fn madvise(addr: *mut std::ffi::c_void, len: usize, advice: i32) -> i32;
}

/// As `std::alloc::alloc`; a block aligned to [`HUGE`] is made of huge pages where the system has them.
///
/// # Safety
/// The size of the layout is not zero.
pub(crate) unsafe fn alloc_large(layout: Layout) -> *mut u8 {
    // SAFETY: as the caller promises.
    let ptr = unsafe { alloc(layout) };
    #[cfg(target_os = "linux")]
    if layout.align() == HUGE && !ptr.is_null() {
        // SAFETY: the range is whole huge pages of the block just made; the call changes how it is mapped, not what it holds.
        unsafe { madvise(ptr.cast(), layout.size() / HUGE * HUGE, MADV_HUGEPAGE) };
    }
    ptr
}
