//! An open bucket, and the contract that it fulfils.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{io, thread};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use rusqlite::Connection;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::background::{Background, Running};
use super::ballast::Ballast;
use super::change::{Change, Records};
use super::database::{self, BucketRow};
use super::failure::Failure;
use super::layout::BucketDir;
use super::lock::Lock;
use super::payload::{Payload, Upload};
use super::readers::Readers;
use super::recover::recover;
use super::session::Session;
use super::stage::{INLINE_BYTES, LocalStaging, Room, Written};
use super::writer::{Job, Writer};
use super::{blobs, changes, read, scan};
use crate::engine::{
    self, BlobSize, Commit, Consistency, EngineBucket, NewBlob, Staging, Start, StoredBlob, StoredRecord,
};
use crate::protocol::{BucketConfig, BucketName, BucketStatus, Nuid, ObjectInfo, limits};
use crate::{Error, Result};

/// A bucket that this process has open. Its writer ends when nobody uses it any more.
#[derive(Debug)]
pub(super) struct OpenBucket {
    pub(super) dir: BucketDir,
    pub(super) name: BucketName,
    pub(super) readers: Arc<Readers>,
    jobs: mpsc::Sender<Job>,
    /// The blobs of running puts; those with a payload may be committed.
    staged: Mutex<HashMap<Nuid, Option<Payload>>>,
    background: Arc<Background>,
    /// `None` when the bucket is closed.
    session: Mutex<Option<Arc<Session>>>,
}

impl OpenBucket {
    /// Opens an existing bucket, after the recovery of what crashes left in it. Takes its time.
    pub(super) fn open(dir: &BucketDir, bucket: &BucketName, background: &Arc<Background>) -> Result<Self> {
        let running = background.begin_thread();
        let opened = match Self::connect(dir, bucket, true) {
            Err(failure) if failure.is_at_opening() => {
                Ballast::new(dir).release();
                Self::connect(dir, bucket, false)
            }
            opened => opened,
        };
        let opened = opened.and_then(|connected| Self::begin(dir, bucket, connected, background, running));
        opened.map_err(|failure| failure.into_error(dir, bucket))
    }

    /// Opens the database and begins a session, while the directory can't change; then recovers. If that is not
    /// `strict`, a failure to recover is left to the next opening: what is not recovered takes up space, no more.
    fn connect(dir: &BucketDir, bucket: &BucketName, strict: bool) -> Result<Connected, Failure> {
        let lock = Lock::shared(dir)?;
        let connection = database::connect(dir, &lock)?;
        let row = BucketRow::read(&connection, bucket)?;
        let session = Arc::new(Session::begin(dir)?);
        drop(lock);
        match recover(&connection, dir, bucket) {
            Err(failure) if failure.is_fatal() || strict && failure.is_at_opening() => return Err(failure),
            Err(failure) => {
                tracing::warn!(dir = %dir.path().display(), ?failure, "left the recovery to the next opening");
            }
            Ok(()) => {}
        }
        Ok(Connected { connection, row, session })
    }

    fn begin(
        dir: &BucketDir,
        bucket: &BucketName,
        Connected { connection, row, session }: Connected,
        background: &Arc<Background>,
        running: Running,
    ) -> Result<Self, Failure> {
        Ballast::new(dir).fill();
        let (jobs, received) = mpsc::channel();
        let writer = Writer::new(dir, bucket, connection, received, Arc::clone(&session))?;
        let thread = thread::Builder::new().name(format!("jetblob-{bucket}")).spawn(move || {
            writer.run();
            drop(running);
        });
        thread.map_err(|error| Error::io("a thread", &error))?;
        let readers = Arc::new(Readers::new(dir, bucket, row.id));
        Ok(Self {
            dir: dir.clone(),
            name: bucket.clone(),
            readers,
            jobs,
            staged: Mutex::default(),
            background: Arc::clone(background),
            session: Mutex::new(Some(session)),
        })
    }

    /// The blobs of running puts.
    pub(super) fn staged(&self) -> MutexGuard<'_, HashMap<Nuid, Option<Payload>>> {
        self.staged.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Names a file for an upload.
    pub(super) fn upload(&self) -> Result<Upload> {
        Ok(Upload::new(&self.dir, self.session()?, self.jobs.clone()))
    }

    /// Why an upload could not be written.
    pub(super) fn upload_error(&self, path: &Path, error: &io::Error) -> Error {
        if error.kind() == io::ErrorKind::NotFound && !self.dir.path().exists() {
            return Error::BucketDeleted { bucket: self.name.to_string() };
        }
        Error::io(path.display().to_string(), error)
    }

    /// Takes over the last batch of an upload that was dropped, so that closing waits for it. Its file goes with it.
    pub(super) fn leave(&self, writing: JoinHandle<Written>) {
        self.background.spawn(async move { drop(writing.await) });
    }

    /// Waits until the writer has done all that was sent before.
    pub(super) async fn barrier(&self) {
        let (done, wait) = oneshot::channel();
        if self.jobs.send(Job::Barrier(done)).is_ok() {
            let _ = wait.await;
        }
    }

    /// Fails if the bucket is deleted.
    pub(super) async fn check_exists(&self) -> Result<()> {
        self.readers.read(|_, _| Ok(())).await
    }

    /// Ends all work on the bucket, and waits for what is under way.
    pub(super) async fn close(&self) {
        self.session.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.background.finish_tasks().await;
        self.readers.close();
        let (closed, wait) = oneshot::channel();
        if self.jobs.send(Job::Close(closed)).is_ok() {
            let _ = wait.await;
        }
    }

    /// Gives the bucket this configuration.
    pub(super) async fn configure(&self, config: BucketConfig) -> Result<()> {
        self.change(Change::Configure(config)).await.map(drop)
    }

    async fn change(&self, change: Change) -> Result<Vec<u64>> {
        self.session()?;
        let closed = || Error::Closed { what: "the store" };
        let (answer, wait) = oneshot::channel();
        self.jobs.send(Job::Change(change, answer)).map_err(|_| closed())?;
        wait.await.map_err(|_| closed())?
    }

    fn session(&self) -> Result<Arc<Session>> {
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        session.clone().ok_or(Error::Closed { what: "the store" })
    }
}

/// A bucket whose database is open, but whose writer doesn't run yet.
#[derive(Debug)]
struct Connected {
    connection: Connection,
    row: BucketRow,
    session: Arc<Session>,
}

/// A handle of an open bucket.
#[derive(Debug)]
pub(super) struct LocalBucket(pub(super) Arc<OpenBucket>);

/// What a bucket is, as its row says.
pub(super) fn status(row: &BucketRow, bucket: &BucketName) -> BucketStatus {
    let mut status = BucketStatus::new(row.config(bucket), row.sealed, row.bytes.unsigned_abs(), "local");
    status.ttl = status.ttl.filter(|_| !row.sealed);
    status
}

#[async_trait]
impl EngineBucket for LocalBucket {
    fn name(&self) -> &BucketName {
        &self.0.name
    }

    fn in_background(&self, work: BoxFuture<'static, ()>) {
        self.0.background.spawn(work);
    }

    async fn status(&self) -> Result<BucketStatus> {
        let bucket = self.0.name.clone();
        let status = self.0.readers.read(move |tx, row| {
            Ok(BucketStatus { records: Some(scan::count(tx, row.alive())?), ..status(row, &bucket) })
        });
        status.await
    }

    async fn seal(&self) -> Result<()> {
        self.0.change(Change::Seal).await.map(drop)
    }

    async fn last(&self, name: &str, _: Consistency) -> Result<Option<StoredRecord>> {
        let name = name.to_owned();
        self.0.readers.read(move |tx, row| scan::last(tx, row.alive(), &name)).await
    }

    fn scan(&self) -> BoxStream<'static, Result<StoredRecord>> {
        scan::records(Arc::clone(&self.0.readers))
    }

    async fn changes(&self, start: Start) -> Result<BoxStream<'static, Result<engine::Change>>> {
        changes::changes(Arc::clone(&self.0.readers), start).await
    }

    fn max_chunk_size(&self) -> usize {
        limits::MAX_CHUNK_SIZE
    }

    async fn stage(&self, blob: NewBlob) -> Result<Box<dyn Staging>> {
        self.0.session()?;
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
            room = self.0.readers.read(move |_, row| Ok(look(row)?)).await?;
        }
        if let (Some(room), Some(size)) = (room, blob.size_hint) {
            room.check(size)?;
        }
        self.0.staged().insert(blob.nuid.clone(), None);
        Ok(Box::new(LocalStaging::new(Arc::clone(&self.0), blob.nuid, room)))
    }

    fn read(&self, info: &ObjectInfo, nuid: &Nuid, range: Range<u64>) -> BoxStream<'static, Result<Bytes>> {
        read::read(Arc::clone(&self.0), info, nuid, range)
    }

    fn blobs(&self) -> BoxStream<'static, Result<StoredBlob>> {
        blobs::blobs(&self.0)
    }

    async fn blob_size(&self, nuid: &Nuid) -> Result<Option<BlobSize>> {
        blobs::size(&self.0, nuid).await
    }

    async fn remove_blob(&self, blob: &StoredBlob) -> Result<bool> {
        let row = i64::try_from(blob.version).unwrap_or_default();
        let removed = self.0.change(Change::RemoveBlob(blob.nuid.clone(), row)).await?;
        Ok(!removed.is_empty())
    }

    async fn hazards(&self) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    async fn commit(&self, commit: &Commit) -> Result<Vec<u64>> {
        let staged = match &commit.staged {
            None => None,
            Some(nuid) => {
                let payload = self.0.staged().get(nuid).cloned().flatten();
                let missing = || Error::InvalidArgument {
                    argument: "commit",
                    reason: format!("the blob {nuid} is not staged, or not finished"),
                };
                Some((nuid.clone(), payload.ok_or_else(missing)?))
            }
        };
        let revisions = self.0.change(Change::Commit(Records::new(&self.0.name, commit, staged))).await?;
        if let Some(nuid) = &commit.staged {
            self.0.staged().remove(nuid);
        }
        Ok(revisions)
    }
}
