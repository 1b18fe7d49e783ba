//! A file as memory, without reading it.
#![expect(unsafe_code, reason = "mapping memory is an unsafe system call by nature")]

use std::{fs::File, num::NonZeroUsize, ops::Deref, ptr::NonNull};

use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};

/// A whole file, mapped privately and read-only.
///
/// Only for files that are replaced, never written in place: a file that shrinks under a mapping kills its readers.
pub struct Mapped {
    start: NonNull<std::ffi::c_void>,
    length: usize,
}

impl Mapped {
    /// Maps the first `length` bytes of a file.
    ///
    /// # Errors
    /// Where the kernel refuses, or `length` is 0.
    pub fn new(file: &File, length: usize) -> std::io::Result<Self> {
        let size = NonZeroUsize::new(length).ok_or(std::io::ErrorKind::UnexpectedEof)?;
        // SAFETY: the kernel chooses a fresh address, so no memory of ours is replaced; the mapping is private and
        // read-only.
        let start = unsafe { mmap(None, size, ProtFlags::PROT_READ, MapFlags::MAP_PRIVATE, file, 0) }?;
        Ok(Self { start, length })
    }
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: `start` and `length` are those of a live mapping, which `Drop` ends only after the last borrow; it
        // is never written to.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr().cast(), self.length) }
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours alone, and nobody borrows it any more.
        let _ = unsafe { munmap(self.start, self.length) };
    }
}

impl std::fmt::Debug for Mapped {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Mapped({} bytes)", self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_shows_the_file_and_outlives_its_name() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        std::fs::write(&path, b"hello").unwrap();
        let mapped = Mapped::new(&File::open(&path).unwrap(), 5).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(&*mapped, b"hello");
    }

    #[test]
    fn nothing_cannot_be_mapped() {
        assert!(Mapped::new(&tempfile::tempfile().unwrap(), 0).is_err());
    }
}
