//! What is wrong with a bucket.

use std::fmt;
use std::time::Duration;

use crate::protocol::{Nuid, ObjectInfo};

/// Something in a bucket that is not as it should be: see [`Bucket::check`](crate::Bucket::check).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// The object or link that it is about, if it is about one.
    pub name: Option<String>,
    /// The blob that it is about, if it is about one.
    pub nuid: Option<Nuid>,
    /// Bytes that there should be.
    pub size: Option<u64>,
    /// Bytes that there are.
    pub found: Option<u64>,
    /// How long ago the last byte of an orphan was stored, by the store's clock.
    pub age: Option<Duration>,
    /// What is wrong, in words.
    pub reason: String,
}

/// A kind of [`Finding`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FindingKind {
    /// The store has settings by which it loses what it acknowledged, or takes nothing.
    Settings,
    /// A record makes no sense.
    InvalidRecord,
    /// Chunks of an object are gone, or all of it.
    DataMissing,
    /// All chunks of an object are there, but they hold fewer bytes than its record says.
    Short,
    /// The chunks of an object hold more bytes than its record says.
    Long,
    /// The bytes of an object are not those that were put.
    DigestMismatch,
    /// A blob that no record names, and that nobody has written to for the grace: it takes up space. `gc` removes it.
    Orphan,
    /// Two objects share a blob, which goes with the first of them that is replaced or deleted: a rename was cut off.
    SharedBlob,
    /// A link leads to nothing.
    DanglingLink,
    /// A link leads to itself, or through too many others.
    LinkLoop,
}

impl FindingKind {
    /// The stable name of the kind, the same in every language.
    pub fn code(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::InvalidRecord => "invalid_record",
            Self::DataMissing => "data_missing",
            Self::Short => "short",
            Self::Long => "long",
            Self::DigestMismatch => "digest_mismatch",
            Self::Orphan => "orphan",
            Self::SharedBlob => "shared_blob",
            Self::DanglingLink => "dangling_link",
            Self::LinkLoop => "link_loop",
        }
    }
}

/// Its code.
impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Finding {
    pub(crate) fn new(kind: FindingKind, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self { kind, name: None, nuid: None, size: None, found: None, age: None, reason }
    }

    pub(crate) fn of_name(kind: FindingKind, name: &str, reason: impl Into<String>) -> Self {
        Self { name: Some(name.to_owned()), ..Self::new(kind, reason) }
    }

    pub(crate) fn of_object(kind: FindingKind, info: &ObjectInfo, reason: impl Into<String>) -> Self {
        Self { nuid: info.nuid.clone(), size: Some(info.size), ..Self::of_name(kind, &info.name, reason) }
    }
}
