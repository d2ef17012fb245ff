//! Blobs that no record names, found without a mistake.
//!
//! A put stores the chunks of a blob first and its record last, whatever client makes it; and a rename, an update or a
//! link never names a blob that no record named before. So the looks go in this order:
//!
//! 1. *All blobs*, and how long each has been left alone, by the store's clock.
//! 2. *All records*, and each that is committed meanwhile, up to a moment that begins after the first look has ended. A
//!    blob of the first look whose record stood at that moment is named by a record that this look told: by the one that
//!    stood at its beginning; or by a later one, for what is written meanwhile is told too, and a rename writes the new name
//!    before the old one goes. The other way round, records first, a put that ends between the two looks would lose its
//!    blob.
//! 3. Right before blobs are removed, *the records that were committed since*, and of each blob whether anything was written
//!    to it since.
//!
//! What is left is a put whose chunks are all stored and whose record is not. Nothing in a store tells it from one that was
//! cut off, but that somebody goes on with it: so only what nobody has written to for the grace is an orphan.
//!
//! A record counts as naming its blob unless it is a deleted object's. One of which it can't be told which blob it names is
//! a *doubt*: any of the blobs may be its own.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use futures_util::StreamExt;

use crate::engine::{Change, EngineBucket, Start, StoredBlob, StoredRecord};
use crate::protocol::key::RecordKey;
use crate::protocol::{BucketName, Invalid, Nuid};
use crate::{Bucket, Error, Result};

/// How long nobody must have written to a blob that is taken for an orphan, if nothing else is said.
pub(crate) const GRACE: Duration = Duration::from_hours(24);

/// A blob that no record names, and that nobody has written to for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Orphan {
    /// The blob.
    pub nuid: Nuid,
    /// Its bytes.
    pub bytes: u64,
    /// How long ago the last of them was stored, by the store's clock.
    pub age: Duration,
}

impl Orphan {
    /// Measures a blob; `None` if it is gone.
    pub(crate) async fn measured(engine: &dyn EngineBucket, blob: &StoredBlob) -> Result<Option<Self>> {
        let StoredBlob { nuid, age, .. } = blob;
        let bytes = match blob.chunks {
            1 => Some(blob.last_chunk),
            _ => engine.blob_size(nuid).await?.map(|size| size.bytes),
        };
        // Of a blob whose file is lost there is its row.
        let bytes = bytes.or((blob.chunks == 0).then_some(0));
        Ok(bytes.map(|bytes| Self { nuid: nuid.clone(), bytes, age: *age }))
    }
}

/// The records of a bucket, as far as they were looked at.
pub(crate) struct Look<'b> {
    bucket: &'b Bucket,
    /// The last revision that was told.
    revision: u64,
    /// Keys of records of which it can't be told which blob they name, and why.
    doubts: HashMap<RecordKey, Invalid>,
}

impl<'b> Look<'b> {
    /// Looks at all records, and takes the blobs that they name out of `blobs`, which must have been told before.
    pub(crate) async fn at(bucket: &'b Bucket, blobs: &mut HashMap<Nuid, StoredBlob>) -> Result<Self> {
        let mut look = Self { bucket, revision: 0, doubts: HashMap::new() };
        look.follow(Start::Current, |nuid| drop(blobs.remove(nuid))).await?;
        Ok(look)
    }

    /// Looks at what was committed since; answers with the blobs that it names.
    pub(crate) async fn again(&mut self) -> Result<HashSet<Nuid>> {
        let mut named = HashSet::new();
        self.follow(Start::After(self.revision), |nuid| named.extend([nuid.clone()])).await?;
        Ok(named)
    }

    /// Fails with `BadMeta` for a record that may name any blob.
    pub(crate) fn check(&self) -> Result<()> {
        let Some((key, why)) = self.doubts.iter().min_by_key(|(key, _)| key.to_string()) else {
            return Ok(());
        };
        let reason = format!(
            "{why}; so it can't be told which bytes are its own, and nothing is removed: put or delete the object first"
        );
        let (bucket, name) = (self.bucket.name().to_owned(), key.name().into_owned());
        Err(Error::BadMeta { bucket, name, reason })
    }

    async fn follow(&mut self, start: Start, mut named: impl FnMut(&Nuid)) -> Result<()> {
        let mut changes = self.bucket.engine.changes(start).await?;
        while let Some(change) = changes.next().await {
            let Change::Record(stored) = change? else { return Ok(()) };
            self.revision = self.revision.max(stored.revision);
            self.doubts.remove(&stored.key);
            match names(self.bucket.key(), &stored) {
                Ok(nuid) => nuid.iter().for_each(&mut named),
                Err(doubt) => drop(self.doubts.insert(stored.key, doubt)),
            }
        }
        Err(Error::unavailable("the records ended before all of them had come"))
    }
}

/// The blob that a record keeps; or why that can't be told.
fn names(bucket: &BucketName, stored: &StoredRecord) -> Result<Option<Nuid>, Invalid> {
    let record = stored.record().as_ref().map_err(Clone::clone)?;
    match record.nuid() {
        _ if record.is_deleted() => Ok(None),
        None if !record.is_link() => {
            let read = record.info(bucket, stored.mtime, stored.revision);
            Err(read.err().unwrap_or_else(|| Invalid::new("the record has no nuid")))
        }
        nuid => Ok(nuid),
    }
}
