//! How a body is cut into chunks, and how chunks are checked on the way back.

use std::ops::Range;

use super::digest::RunningDigest;
use super::{Digest, Invalid, ObjectInfo, limits};

/// The chunk size that a put uses: what was asked for, or 128 KiB, but never more than a message can carry.
///
/// `max_message` is the smallest of the server's `max_payload` and the stream's `max_msg_size`, in bytes.
pub fn chunk_size(asked: Option<usize>, max_message: usize) -> Result<usize, Invalid> {
    match asked {
        Some(0) => Err(Invalid::new("the chunk size must be at least 1 byte")),
        Some(size) if size > limits::MAX_CHUNK_SIZE => Err(Invalid::new(format!(
            "the chunk size may be at most {} bytes, not {size}",
            limits::MAX_CHUNK_SIZE
        ))),
        asked => Ok(asked.unwrap_or(limits::DEFAULT_CHUNK_SIZE).min(max_message.max(1))),
    }
}

/// How many chunks a body of `size` bytes is cut into. All are full but the last.
pub fn chunk_count(size: u64, chunk_size: usize) -> u64 {
    size.div_ceil(chunk_size.max(1) as u64)
}

/// What a body must turn out to be, checked as its chunks come in.
#[derive(Debug)]
pub struct BodyCheck {
    size: u64,
    expected: Option<Digest>,
    received: u64,
    running: RunningDigest,
}

/// How a body differs from what its record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// More bytes came than the record says.
    TooLong {
        /// How many more, so far.
        excess: u64,
    },
    /// The bytes are not those that were put.
    Digest {
        /// The digest in the record.
        expected: Digest,
        /// The digest of the bytes that came.
        actual: Digest,
    },
}

impl BodyCheck {
    /// A check against the size and digest in a record. A record without a digest is checked by size alone.
    pub fn new(info: &ObjectInfo) -> Self {
        Self::of_range(info, &(0..info.size))
    }

    /// A check of a part: by its size alone, unless it is the whole.
    pub fn of_range(info: &ObjectInfo, range: &Range<u64>) -> Self {
        let whole = *range == (0..info.size);
        Self { expected: info.digest.filter(|_| whole), ..Self::of_size(range) }
    }

    /// A check by size alone.
    pub fn of_size(range: &Range<u64>) -> Self {
        let size = range.end.saturating_sub(range.start);
        Self { size, expected: None, received: 0, running: RunningDigest::default() }
    }

    /// Bytes that came so far.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Whether all bytes came.
    pub fn is_complete(&self) -> bool {
        self.received == self.size
    }

    /// Takes the next chunk in. With the last one the whole body is verified: after `Ok` and
    /// [`is_complete`](Self::is_complete) the bytes are those that were put.
    pub fn accept(&mut self, chunk: &[u8]) -> Result<(), Mismatch> {
        self.received = self.received.saturating_add(chunk.len() as u64);
        if self.received > self.size {
            return Err(Mismatch::TooLong { excess: self.received - self.size });
        }
        if let Some(expected) = self.expected {
            self.running.update(chunk);
            if self.is_complete() {
                let actual = self.running.clone().finish();
                if actual != expected {
                    return Err(Mismatch::Digest { expected, actual });
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(body: &[u8]) -> ObjectInfo {
        ObjectInfo { size: body.len() as u64, digest: Some(Digest::of(body)), ..ObjectInfo::default() }
    }

    #[test]
    fn a_chunk_size_is_clamped_to_what_a_message_carries() {
        assert_eq!(chunk_size(None, 1 << 20), Ok(131_072));
        assert_eq!(chunk_size(Some(4 << 20), 1 << 20), Ok(1 << 20));
        assert!(chunk_size(Some(0), 1 << 20).is_err());
        assert!(chunk_size(Some(usize::MAX), 1 << 20).is_err());
    }

    #[test]
    fn a_body_is_verified_with_its_last_byte() {
        let mut check = BodyCheck::new(&info(b"hello world"));
        assert_eq!(check.accept(b"hello "), Ok(()));
        assert!(!check.is_complete());
        assert!(matches!(check.accept(b"w0rld"), Err(Mismatch::Digest { .. })));

        let mut check = BodyCheck::new(&info(b"hello"));
        assert_eq!(check.accept(b"hello"), Ok(()));
        assert!(check.is_complete());
        assert_eq!(check.accept(b""), Ok(()), "a zero-length chunk at the end, as nats.net writes it");
        assert!(matches!(check.accept(b"!"), Err(Mismatch::TooLong { .. })));
    }
}
