//! A part of an object's bytes.

use std::ops::{Range, RangeFrom, RangeFull, RangeTo};

use super::Invalid;

/// A part of an object's bytes, before the object's size is known.
///
/// ```
/// use jetblob::ByteRange;
///
/// assert_eq!(ByteRange::from(10..20).of(100).unwrap(), 10..20);
/// assert_eq!(ByteRange::from(10..).of(100).unwrap(), 10..100);
/// assert_eq!(ByteRange::Suffix(10).of(100).unwrap(), 90..100);
/// assert_eq!(ByteRange::from(10..200).of(100).unwrap(), 10..100);
/// assert!(ByteRange::from(101..).of(100).is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ByteRange {
    /// All bytes.
    #[default]
    All,
    /// From one offset up to another, which is not in it. What it says beyond the end is left out.
    Bounded(Range<u64>),
    /// From an offset to the end.
    From(u64),
    /// The last so many bytes; all of them, if there are not so many.
    Suffix(u64),
}

impl ByteRange {
    /// The bytes that these are of an object of `size` bytes. A range may begin at the end, and is empty then.
    pub fn of(&self, size: u64) -> Result<Range<u64>, Invalid> {
        let range = match self {
            Self::All => 0..size,
            Self::Bounded(range) if range.start > range.end => {
                return Err(Invalid::new(format!(
                    "it ends at {}, before it begins at {}",
                    range.end, range.start
                )));
            }
            Self::Bounded(range) => range.start..range.end.min(size),
            Self::From(offset) => *offset..size,
            Self::Suffix(bytes) => size.saturating_sub(*bytes)..size,
        };
        if range.start > size {
            return Err(Invalid::new(format!("it begins at {}, but there are {size} bytes", range.start)));
        }
        Ok(range)
    }
}

impl From<Range<u64>> for ByteRange {
    fn from(range: Range<u64>) -> Self {
        Self::Bounded(range)
    }
}

impl From<RangeFrom<u64>> for ByteRange {
    fn from(range: RangeFrom<u64>) -> Self {
        Self::From(range.start)
    }
}

impl From<RangeTo<u64>> for ByteRange {
    fn from(range: RangeTo<u64>) -> Self {
        Self::Bounded(0..range.end)
    }
}

impl From<RangeFull> for ByteRange {
    fn from(_: RangeFull) -> Self {
        Self::All
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::reversed_empty_ranges, reason = "that is what is refused")]
    fn a_range_is_cut_to_the_object_and_never_wraps() {
        assert_eq!(ByteRange::All.of(7), Ok(0..7));
        assert_eq!(ByteRange::from(..u64::MAX).of(7), Ok(0..7));
        assert_eq!(ByteRange::from(7..).of(7), Ok(7..7));
        assert_eq!(ByteRange::from(3..3).of(7), Ok(3..3));
        assert_eq!(ByteRange::Suffix(0).of(7), Ok(7..7));
        assert_eq!(ByteRange::Suffix(u64::MAX).of(7), Ok(0..7));
        assert_eq!(ByteRange::from(..).of(0), Ok(0..0));
        for range in [ByteRange::from(5..4), ByteRange::from(8..9), ByteRange::From(u64::MAX)] {
            assert!(range.of(7).is_err(), "{range:?}");
        }
    }
}
