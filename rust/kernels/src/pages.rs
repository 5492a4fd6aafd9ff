//! Memory of the system: how much is free, and huge pages for large blocks, since tensors and packed panels are read in big
//! steps, and every new page costs a walk of the page tables.

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

/// The bytes that the system says can be used without swapping (Linux), if it says so.
pub(crate) fn available() -> Option<usize> {
    let info = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = info.lines().find_map(|l| l.strip_prefix("MemAvailable:"))?;
    let swap = info.lines().find_map(|l| l.strip_prefix("SwapFree:")).unwrap_or("0 kB");
    let kib = |l: &str| l.trim().strip_suffix("kB")?.trim().parse::<usize>().ok();
    let machine = kib(line)?.saturating_add(kib(swap).unwrap_or(0)).saturating_mul(1024);
    let group = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|s| s.trim().parse().ok());
    Some(machine.min(group.unwrap_or(usize::MAX)))
}
