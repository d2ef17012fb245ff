//! What the operations hold of a bucket, and the contract that it fulfils.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};

use super::bucket::OpenBucket;
use super::buckets::Buckets;
use super::change::{Change, Records};
use super::database::BucketRow;
use super::stage::{INLINE_BYTES, LocalStaging, Room};
use super::{changes, read, scan};
use crate::engine::{self, Commit, Consistency, EngineBucket, NewBlob, Staging, Start, StoredRecord};
use crate::protocol::{BucketConfig, BucketName, BucketStatus, Nuid, ObjectInfo, limits};
use crate::{Error, Result};

/// A bucket, which is opened again when the store was suspended meanwhile.
#[derive(Debug)]
pub(super) struct Handle {
    pub(super) buckets: Arc<Buckets>,
    open: Mutex<Arc<OpenBucket>>,
}

impl Handle {
    pub(super) fn new(buckets: &Arc<Buckets>, open: Arc<OpenBucket>) -> Arc<Self> {
        Arc::new(Self { buckets: Arc::clone(buckets), open: Mutex::new(open) })
    }

    /// As it was opened last.
    fn last(&self) -> Arc<OpenBucket> {
        Arc::clone(&self.open.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The open bucket. Fails if the store is suspended or closed, and if there is another bucket of its name by now.
    pub(super) async fn open(&self) -> Result<Arc<OpenBucket>> {
        let last = self.last();
        if last.is_open() {
            return Ok(last);
        }
        let deleted = || Error::BucketDeleted { bucket: last.name.to_string() };
        let again = match self.buckets.find_open(&last.name).await {
            Err(Error::BucketNotFound { .. }) => return Err(deleted()),
            again => again?,
        };
        if again.id != last.id {
            return Err(deleted());
        }
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&again);
        Ok(again)
    }

    /// Gives the bucket this configuration.
    pub(super) async fn configure(&self, config: BucketConfig) -> Result<()> {
        self.open().await?.configure(config).await
    }

    /// What the open bucket gives, once it is asked.
    fn stream<T: Send + 'static>(
        self: &Arc<Self>,
        of: impl FnOnce(Arc<OpenBucket>) -> BoxStream<'static, Result<T>> + Send + 'static,
    ) -> BoxStream<'static, Result<T>> {
        let handle = Arc::clone(self);
        stream::once(async move { handle.open().await.map(of) }).try_flatten().boxed()
    }
}

/// What a bucket is, as its row says.
pub(super) fn status(row: &BucketRow, bucket: &BucketName) -> BucketStatus {
    let mut status = BucketStatus::new(row.config(bucket), row.sealed, row.bytes.unsigned_abs(), "local");
    status.ttl = status.ttl.filter(|_| !row.sealed);
    status
}

/// A handle, as the operations hold it.
#[derive(Debug)]
pub(super) struct LocalBucket {
    name: BucketName,
    handle: Arc<Handle>,
}

impl LocalBucket {
    pub(super) fn new(handle: Arc<Handle>) -> Self {
        Self { name: handle.last().name.clone(), handle }
    }
}

#[async_trait]
impl EngineBucket for LocalBucket {
    fn name(&self) -> &BucketName {
        &self.name
    }

    fn in_background(&self, work: BoxFuture<'static, ()>) {
        self.handle.buckets.background.spawn(work);
    }

    async fn status(&self) -> Result<BucketStatus> {
        let bucket = self.name.clone();
        let open = self.handle.open().await?;
        let status = open.readers.read(move |tx, row| {
            Ok(BucketStatus { records: Some(scan::count(tx, row.alive())?), ..status(row, &bucket) })
        });
        status.await
    }

    async fn seal(&self) -> Result<()> {
        self.handle.open().await?.change(Change::Seal).await.map(drop)
    }

    async fn last(&self, name: &str, _: Consistency) -> Result<Option<StoredRecord>> {
        let name = name.to_owned();
        let open = self.handle.open().await?;
        open.readers.read(move |tx, row| scan::last(tx, row.alive(), &name)).await
    }

    fn scan(&self) -> BoxStream<'static, Result<StoredRecord>> {
        self.handle.stream(|open| scan::records(Arc::clone(&open.readers)))
    }

    async fn changes(&self, start: Start) -> Result<BoxStream<'static, Result<engine::Change>>> {
        changes::changes(Arc::clone(&self.handle), start).await
    }

    fn max_chunk_size(&self) -> usize {
        limits::MAX_CHUNK_SIZE
    }

    async fn stage(&self, blob: NewBlob) -> Result<Box<dyn Staging>> {
        let open = self.handle.open().await?;
        let mut room = None;
        // A small blob is refused early enough by its commit.
        if blob.size_hint.is_none_or(|size| size > INLINE_BYTES) {
            let bucket = self.name.clone();
            let look = move |row: &BucketRow| {
                if row.sealed {
                    return Err(Error::Sealed { bucket: bucket.to_string() });
                }
                Ok(row.max_bytes.map(|max| Room { max, used: row.bytes.unsigned_abs() }))
            };
            room = open.readers.read(move |_, row| Ok(look(row)?)).await?;
        }
        if let (Some(room), Some(size)) = (room, blob.size_hint) {
            room.check(size)?;
        }
        open.staged().insert(blob.nuid.clone(), None);
        Ok(Box::new(LocalStaging::new(open, blob.nuid, room)))
    }

    fn read(&self, info: &ObjectInfo, nuid: &Nuid, range: Range<u64>) -> BoxStream<'static, Result<Bytes>> {
        let (info, nuid) = (info.clone(), nuid.clone());
        self.handle.stream(move |open| read::read(open, &info, &nuid, range))
    }

    async fn remove_blob(&self, nuid: &Nuid) -> Result<()> {
        self.handle.open().await?.change(Change::RemoveBlob(nuid.clone())).await.map(drop)
    }

    fn blobs(&self) -> BoxStream<'static, Result<Nuid>> {
        self.handle.stream(|open| {
            let staged = open.staged().keys().cloned().collect();
            scan::blobs(Arc::clone(&open.readers), staged)
        })
    }

    async fn commit(&self, commit: &Commit) -> Result<Vec<u64>> {
        // A blob that was staged before the store was suspended is not known any more, so nothing names it.
        let open = self.handle.open().await?;
        let staged = match &commit.staged {
            None => None,
            Some(nuid) => {
                let payload = open.staged().get(nuid).cloned().flatten();
                let missing = || match self.handle.buckets.state.refused_before() {
                    Some(refusal) => refusal,
                    None => Error::InvalidArgument {
                        argument: "commit",
                        reason: format!("the blob {nuid} is not staged, or not finished"),
                    },
                };
                Some((nuid.clone(), payload.ok_or_else(missing)?))
            }
        };
        let revisions = open.change(Change::Commit(Records::new(&self.name, commit, staged))).await?;
        if let Some(nuid) = &commit.staged {
            open.staged().remove(nuid);
        }
        Ok(revisions)
    }
}
