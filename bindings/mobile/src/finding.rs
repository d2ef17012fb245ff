//! What is wrong with a bucket.

use crate::failure::signed;
use crate::seconds::Seconds;

/// Something in a bucket that is not as it should be.
#[derive(Debug, Clone, uniffi::Record)]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// The object or link that it is about, if it is about one.
    pub name: Option<String>,
    /// The id of the bytes that it is about, if it is about some.
    pub nuid: Option<String>,
    /// Bytes that there should be.
    pub size: Option<i64>,
    /// Bytes that there are.
    pub found: Option<i64>,
    /// How long ago the last byte of an orphan was stored, by the store's clock.
    pub age: Option<Seconds>,
    /// What is wrong, in words.
    pub reason: String,
}

/// A kind of finding.
#[derive(Debug, Clone, Copy, uniffi::Enum)]
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
    /// Bytes that no object has, and that nobody has written to for the grace: they take up space. `gc` removes them.
    Orphan,
    /// Two objects share their bytes, which go with the first of them that is replaced or deleted: a rename was cut off.
    SharedBlob,
    /// A link leads to nothing.
    DanglingLink,
    /// A link leads to itself, or through too many others.
    LinkLoop,
}

impl From<jetblob::Finding> for Finding {
    fn from(finding: jetblob::Finding) -> Self {
        Self {
            kind: finding.kind.into(),
            name: finding.name,
            nuid: finding.nuid.map(|nuid| nuid.to_string()),
            size: finding.size.map(signed),
            found: finding.found.map(signed),
            age: finding.age.map(Into::into),
            reason: finding.reason,
        }
    }
}

impl From<jetblob::FindingKind> for FindingKind {
    fn from(kind: jetblob::FindingKind) -> Self {
        match kind {
            jetblob::FindingKind::Settings => Self::Settings,
            jetblob::FindingKind::InvalidRecord => Self::InvalidRecord,
            jetblob::FindingKind::DataMissing => Self::DataMissing,
            jetblob::FindingKind::Short => Self::Short,
            jetblob::FindingKind::Long => Self::Long,
            jetblob::FindingKind::DigestMismatch => Self::DigestMismatch,
            jetblob::FindingKind::Orphan => Self::Orphan,
            jetblob::FindingKind::SharedBlob => Self::SharedBlob,
            jetblob::FindingKind::DanglingLink => Self::DanglingLink,
            _ => Self::LinkLoop,
        }
    }
}
