//! The allocator of a musl build.
//!
//! musl's own maps and unmaps pages one by one, which doubles the page faults of a short run.
#![expect(unsafe_code, reason = "an allocator is unsafe by nature")]

use std::{
    alloc::{GlobalAlloc, Layout},
    sync::{Mutex, MutexGuard, PoisonError},
};

use dlmalloc::Dlmalloc;

/// `dlmalloc` behind the standard library's lock, which costs a tenth of the one that the crate brings.
pub struct Allocator(Mutex<Dlmalloc>);

impl Allocator {
    /// Makes an allocator that has asked the kernel for nothing yet.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a static needs a constant")]
    pub const fn new() -> Self {
        Self(Mutex::new(Dlmalloc::new()))
    }

    fn inner(&self) -> MutexGuard<'_, Dlmalloc> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// SAFETY: every request goes to one `dlmalloc` behind one lock, which keeps the contract that callers of this trait have.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller says that the size is not 0 and the alignment a power of two.
        unsafe { self.inner().malloc(layout.size(), layout.align()) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as for `alloc`.
        unsafe { self.inner().calloc(layout.size(), layout.align()) }
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        // SAFETY: the caller says that `start` came from here with this layout, and is not used again.
        unsafe { self.inner().free(start, layout.size(), layout.align()) }
    }

    unsafe fn realloc(&self, start: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller says that `start` came from here with this layout, and that `size` is not 0.
        unsafe { self.inner().realloc(start, layout.size(), layout.align(), size) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_aligned_keeps_its_content_and_comes_back() {
        let allocator = Allocator::new();
        let small = Layout::from_size_align(100, 64).unwrap();
        let large = Layout::from_size_align(100_000, 64).unwrap();
        // SAFETY: layouts are those that the memory was asked for with, and nothing is used after it was given back.
        #[expect(clippy::multiple_unsafe_ops_per_block, reason = "one story")]
        unsafe {
            let start = allocator.alloc_zeroed(small);
            assert_eq!(start.align_offset(64), 0);
            assert_eq!(std::slice::from_raw_parts(start, 100), [0; 100]);
            start.write_bytes(7, 100);
            let moved = allocator.realloc(start, small, large.size());
            assert_eq!(std::slice::from_raw_parts(moved, 100), [7; 100]);
            allocator.dealloc(moved, large);
            let again = allocator.alloc(large);
            assert!(!again.is_null());
            allocator.dealloc(again, large);
        }
    }
}
