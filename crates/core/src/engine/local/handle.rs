//! What the operations hold of a bucket, and the contract that it fulfils.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use rusqlite::Transaction;

use super::bucket::OpenBucket;
use super::buckets::Buckets;
use super::change::{Change, Records};
use super::database::BucketRow;
use super::failure::Failure;
use super::stage::{INLINE_BYTES, LocalStaging, Room};
use super::{blobs, changes, read, scan};
use crate::engine::{
    self, BlobSize, Commit, Consistency, EngineBucket, NewBlob, Staging, Start, StoredBlob, StoredRecord,
};
use crate::protocol::{BucketConfig, BucketName, BucketStatus, Nuid, ObjectInfo, limits};
use crate::{Error, Result};

/// A bucket, which is opened again when the store was suspended meanwhile.
#[derive(Debug)]
pub(super) struct Handle {
    name: BucketName,
    pub(super) buckets: Arc<Buckets>,
    /// As it was opened last.
    open: Mutex<Arc<OpenBucket>>,
}

impl Handle {
    pub(super) fn new(buckets: &Arc<Buckets>, open: Arc<OpenBucket>) -> Arc<Self> {
        Arc::new(Self { name: open.name.clone(), buckets: Arc::clone(buckets), open: Mutex::new(open) })
    }

    /// The open bucket. Fails if the store is suspended or closed, and if there is another bucket of its name by now.
    pub(super) async fn open(&self) -> Result<Arc<OpenBucket>> {
        let last = Arc::clone(&self.open.lock().unwrap_or_else(PoisonError::into_inner));
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

    /// Reads for what goes on across suspensions: waits while the store is suspended, and reads anew what that cut off.
    pub(super) async fn read_on<T: Send + 'static>(
        &self,
        read: impl Fn(&OpenBucket, &Transaction, &BucketRow) -> Result<T, Failure> + Clone + Send + 'static,
    ) -> Result<T> {
        let state = &self.buckets.state;
        loop {
            let suspensions = state.suspensions();
            let answer = match self.open().await {
                Ok(open) => {
                    let (of, read) = (Arc::clone(&open), read.clone());
                    open.readers.read(move |tx, row| read(&of, tx, row)).await
                }
                Err(error) => Err(error),
            };
            match answer {
                Err(Error::Unavailable { .. })
                    if state.check().is_err() || state.suspensions() != suspensions =>
                {
                    state.resumed().await?;
                }
                answer => return answer,
            }
        }
    }

    pub(super) fn name(&self) -> &BucketName {
        &self.name
    }

    /// Gives the bucket this configuration.
    pub(super) async fn configure(&self, config: BucketConfig) -> Result<()> {
        self.open().await?.configure(config).await
    }

    /// What begins with the open bucket, once it is asked for.
    fn stream<T: Send + 'static>(
        self: &Arc<Self>,
        of: impl FnOnce(Arc<Self>, &OpenBucket) -> BoxStream<'static, Result<T>> + Send + 'static,
    ) -> BoxStream<'static, Result<T>> {
        let handle = Arc::clone(self);
        let begun = async move {
            let open = handle.open().await?;
            Ok(of(handle, &open))
        };
        stream::once(begun).try_flatten().boxed()
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
pub(super) struct LocalBucket(pub(super) Arc<Handle>);

#[async_trait]
impl EngineBucket for LocalBucket {
    fn name(&self) -> &BucketName {
        &self.0.name
    }

    fn in_background(&self, work: BoxFuture<'static, ()>) {
        self.0.buckets.background.spawn(work);
    }

    async fn status(&self) -> Result<BucketStatus> {
        let bucket = self.0.name.clone();
        let open = self.0.open().await?;
        let status = open.readers.read(move |tx, row| {
            Ok(BucketStatus { records: Some(scan::count(tx, row.alive())?), ..status(row, &bucket) })
        });
        status.await
    }

    async fn seal(&self) -> Result<()> {
        self.0.open().await?.change(Change::Seal).await.map(drop)
    }

    async fn last(&self, name: &str, _: Consistency) -> Result<Option<StoredRecord>> {
        let name = name.to_owned();
        let open = self.0.open().await?;
        open.readers.read(move |tx, row| scan::last(tx, row.alive(), &name)).await
    }

    fn scan(&self) -> BoxStream<'static, Result<StoredRecord>> {
        self.0.stream(|handle, _| scan::records(handle))
    }

    async fn changes(&self, start: Start) -> Result<BoxStream<'static, Result<engine::Change>>> {
        changes::changes(Arc::clone(&self.0), start).await
    }

    fn max_chunk_size(&self) -> usize {
        limits::MAX_CHUNK_SIZE
    }

    async fn stage(&self, blob: NewBlob) -> Result<Box<dyn Staging>> {
        let open = self.0.open().await?;
        let mut room = None;
        // A small blob is refused early enough by its commit.
        if blob.size_hint.is_none_or(|size| size > INLINE_BYTES) {
            let bucket = self.0.name.clone();
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
        read::read(Arc::clone(&self.0), info, nuid, range)
    }

    fn blobs(&self) -> BoxStream<'static, Result<StoredBlob>> {
        self.0.stream(|handle, open| blobs::blobs(handle, open))
    }

    async fn blob_size(&self, nuid: &Nuid) -> Result<Option<BlobSize>> {
        blobs::size(&*self.0.open().await?, nuid).await
    }

    async fn remove_blob(&self, blob: &StoredBlob) -> Result<bool> {
        let row = i64::try_from(blob.version).unwrap_or_default();
        let removed = self.0.open().await?.change(Change::RemoveBlob(blob.nuid.clone(), row)).await?;
        Ok(!removed.is_empty())
    }

    async fn hazards(&self) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    async fn commit(&self, commit: &Commit) -> Result<Vec<u64>> {
        // A blob that was staged before the store was suspended is not known any more, so nothing names it.
        let open = self.0.open().await?;
        let staged = match &commit.staged {
            None => None,
            Some(nuid) => {
                let payload = open.staged().get(nuid).cloned().flatten();
                let missing = || match self.0.buckets.state.refused_before() {
                    Some(refusal) => refusal,
                    None => Error::InvalidArgument {
                        argument: "commit",
                        reason: format!("the blob {nuid} is not staged, or not finished"),
                    },
                };
                Some((nuid.clone(), payload.ok_or_else(missing)?))
            }
        };
        let revisions = open.change(Change::Commit(Records::new(&self.0.name, commit, staged))).await?;
        if let Some(nuid) = &commit.staged {
            open.staged().remove(nuid);
        }
        Ok(revisions)
    }
}
