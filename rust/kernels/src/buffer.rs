//! Reference-counted, 64-byte aligned memory: pooled blocks, and memory borrowed from a foreign owner.

use std::any::Any;
use std::panic::panic_any;
use std::ptr::NonNull;
use std::sync::Arc;

use crate::error::KernelError;
use crate::pool;

enum Owner {
    Pool {
        class: usize,
    },
    /// Memory of somebody else (a numpy array, a mapped file): read only, alive as long as the box.
    Foreign {
        _keep: Box<dyn Any + Send + Sync>,
    },
}

struct Block {
    ptr: NonNull<u8>,
    owner: Owner,
}

// SAFETY: a block is plain memory; writes happen only through a unique `Arc` (see `Buffer::unique_mut`).
unsafe impl Send for Block {}
// SAFETY: as above; shared access is read only.
unsafe impl Sync for Block {}

impl Drop for Block {
    fn drop(&mut self) {
        if let Owner::Pool { class } = self.owner {
            // SAFETY: the pointer came from `pool::take(class)` and this was its only owner.
            unsafe { pool::give(self.ptr, class) }
        }
    }
}

/// A range of bytes in a shared block. Every byte is initialised.
#[derive(Clone)]
pub struct Buffer {
    block: Arc<Block>,
    offset: usize,
    len: usize,
}

impl Buffer {
    /// `len` bytes with arbitrary (but initialised) content.
    ///
    /// Panics with a [`KernelError`] when there is no memory.
    pub fn scratch(len: usize) -> Buffer {
        Self::try_scratch(len).unwrap_or_else(|| panic_any(KernelError::out_of_memory(len)))
    }

    /// As `scratch`; None when there is no memory.
    pub fn try_scratch(len: usize) -> Option<Buffer> {
        let (ptr, class) = pool::take(len)?;
        Some(Buffer { block: Arc::new(Block { ptr, owner: Owner::Pool { class } }), offset: 0, len })
    }

    pub fn zeroed(len: usize) -> Buffer {
        let mut b = Buffer::scratch(len);
        if let Some(bytes) = b.unique_mut() {
            bytes.fill(0);
        }
        b
    }

    /// Borrow memory owned by `keep`.
    ///
    /// # Safety
    /// `ptr` must be valid for reads of `len` initialised bytes and not be written while `keep` lives
    /// (or the writer accepts that runs in progress see it), and be aligned for the element type used.
    pub unsafe fn foreign(ptr: *const u8, len: usize, keep: Box<dyn Any + Send + Sync>) -> Buffer {
        let ptr = NonNull::new(ptr as *mut u8).unwrap_or(NonNull::<crate::C128>::dangling().cast());
        Buffer { block: Arc::new(Block { ptr, owner: Owner::Foreign { _keep: keep } }), offset: 0, len }
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
    /// Whether the memory belongs to a foreign owner.
    pub fn is_foreign(&self) -> bool {
        matches!(self.block.owner, Owner::Foreign { .. })
    }
    /// Whether nobody else can see this memory and it may be written.
    #[inline]
    pub fn is_unique(&self) -> bool {
        Arc::strong_count(&self.block) == 1 && !self.is_foreign()
    }
    /// Whether the two share one block.
    pub fn same_block(&self, other: &Buffer) -> bool {
        Arc::ptr_eq(&self.block, &other.block)
    }

    #[inline]
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: `offset + len` lies inside the block (checked where the range was made) and all bytes are initialised.
        unsafe { std::slice::from_raw_parts(self.block.ptr.as_ptr().add(self.offset), self.len) }
    }

    /// The bytes for writing, if this is the only handle and the memory is ours.
    #[inline]
    pub fn unique_mut(&mut self) -> Option<&mut [u8]> {
        let (offset, len) = (self.offset, self.len);
        let block = Arc::get_mut(&mut self.block)?;
        if matches!(block.owner, Owner::Foreign { .. }) {
            return None;
        }
        // SAFETY: range inside the block; `Arc::get_mut` proved that no other handle exists.
        Some(unsafe { std::slice::from_raw_parts_mut(block.ptr.as_ptr().add(offset), len) })
    }

    /// A copy of the bytes in a block of its own.
    pub fn to_owned_copy(&self) -> Buffer {
        let mut b = Buffer::scratch(self.len);
        if let Some(dst) = b.unique_mut() {
            dst.copy_from_slice(self.bytes());
        }
        b
    }

    /// The sub-range `start..start+len`, sharing the block.
    pub fn range(&self, start: usize, len: usize) -> Buffer {
        assert!(start.checked_add(len).is_some_and(|end| end <= self.len), "buffer range out of bounds");
        Buffer { block: self.block.clone(), offset: self.offset + start, len }
    }
}
