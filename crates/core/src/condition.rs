//! Writes that take effect only over what the caller knows of.

use crate::engine::StoredRecord;
use crate::protocol::record::Record;
use crate::{Bucket, Error, Result};

/// What must stand under a name for a write to take effect. If something else does, the write fails with `Conflict`, and
/// nothing of it is left.
///
/// Of several writers with the same condition exactly one succeeds, whatever machine they run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Condition {
    /// Anything: the last writer wins.
    #[default]
    Always,
    /// Nothing, or the marker of a deleted object.
    IfAbsent,
    /// The record of this [`revision`](crate::ObjectInfo::revision), be it an object's, a link's, or a deleted object's
    /// marker. Revision 0 is the same as [`IfAbsent`](Self::IfAbsent). A revision of another bucket means nothing here.
    IfRevision(u64),
}

/// How a name is written.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> jetblob::Result<()> {
/// # let dir = tempfile::tempdir().unwrap();
/// # let store = jetblob::Store::open(dir.path().to_str().unwrap()).await?;
/// # let bucket = store.create_bucket(jetblob::BucketConfig::new("b")).await?;
/// use jetblob::WriteOptions;
///
/// let seen = bucket.put_string("draft", "1").await?;
/// bucket.put_string("draft", "2").await?;
/// let delete = bucket.delete_with("draft", WriteOptions::default().if_revision(seen.revision)).await;
/// assert_eq!(delete.unwrap_err().code(), "conflict");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct WriteOptions {
    /// What must stand under the name.
    pub condition: Condition,
}

impl WriteOptions {
    /// Write only if the name is free, see [`Condition::IfAbsent`].
    #[must_use]
    pub fn if_absent(mut self) -> Self {
        self.condition = Condition::IfAbsent;
        self
    }

    /// Write only over this revision, see [`Condition::IfRevision`].
    #[must_use]
    pub fn if_revision(mut self, revision: u64) -> Self {
        self.condition = Condition::IfRevision(revision);
        self
    }
}

impl Condition {
    /// Fails with `Conflict` unless `current` is what must stand there.
    pub(crate) fn check(self, bucket: &Bucket, name: &str, current: Option<&StoredRecord>) -> Result<()> {
        let is_absent = current.is_none_or(is_deleted);
        let (holds, expected) = match self {
            Self::Always => (true, 0),
            Self::IfAbsent | Self::IfRevision(0) => (is_absent, 0),
            Self::IfRevision(revision) => (current.is_some_and(|found| found.revision == revision), revision),
        };
        if holds {
            return Ok(());
        }
        Err(Error::Conflict { bucket: bucket.name().to_owned(), name: name.to_owned(), expected })
    }

    /// Refuses to take a name that must be free for something that needs an object under it.
    pub(crate) fn check_needs_object(self) -> Result<()> {
        if !matches!(self, Self::IfAbsent | Self::IfRevision(0)) {
            return Ok(());
        }
        let reason = "an object must be there for this; only a put or a link can be made if there is none";
        Err(Error::InvalidArgument { argument: "condition", reason: reason.to_owned() })
    }
}

/// Whether only the marker of a deleted object stands there.
pub(crate) fn is_deleted(stored: &StoredRecord) -> bool {
    stored.record().as_ref().is_ok_and(Record::is_deleted)
}
