//! What becomes of the memory of chunks, one after the other.

/// The memory that is kept for the next chunks, in bytes, at the most twice.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const KEPT: usize = 8 << 20;

/// Has the allocator keep the memory of a chunk for the next one.
///
/// The one of glibc gives every free block that is larger than 128 KiB back to the kernel, so that each message of a
/// transfer comes in new pages, which the kernel has to clear: a third of the time that a get spends there. It learns from
/// the largest block that was ever freed, and this gives it one. No page of it is touched.
pub(crate) fn keep_for_chunks() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        static TAUGHT: std::sync::Once = std::sync::Once::new();
        TAUGHT.call_once(|| drop(std::hint::black_box(Vec::<u8>::with_capacity(KEPT))));
    }
}
