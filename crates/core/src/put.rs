//! Storing an object.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use tracing::Span;

use crate::body::Chunks;
use crate::bucket::PutUnderWay;
use crate::condition::Condition;
use crate::delete::retired_by_replacing;
use crate::engine::{Commit, Consistency, Expiry, NewBlob, RecordWrite, Staging, StoredRecord};
use crate::finish::Finish;
use crate::info::check_name;
use crate::operation::operation;
use crate::protocol::digest::RunningDigest;
use crate::protocol::record::{PutBody, Record};
use crate::protocol::{Digest, Nuid, ObjectInfo, ObjectMeta, chunk};
use crate::write::over;
use crate::{Body, Bucket, Error, Result};

/// How often a put of a body that can be read again is tried, when the server loses chunks of it.
const ATTEMPTS: usize = 3;

/// How [`Bucket::put_with`] stores.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct PutOptions {
    /// Called with the bytes handed to the engine so far, after each chunk.
    pub progress: Option<Arc<dyn Fn(u64) + Send + Sync>>,
    /// What must stand under the name for the put to take effect.
    pub condition: Condition,
    /// How long the object lives, from the beginning of the put; `None` for as long as the bucket's `ttl` lets it. A
    /// server counts in whole seconds, and rounds up; its bytes may stay a few seconds longer.
    pub expires: Option<Duration>,
}

impl PutOptions {
    /// Tells `progress` after each chunk how many bytes were handed to the engine so far.
    #[must_use]
    pub fn with_progress(mut self, progress: impl Fn(u64) + Send + Sync + 'static) -> Self {
        self.progress = Some(Arc::new(progress));
        self
    }

    /// Put only if the name is free, see [`Condition::IfAbsent`].
    #[must_use]
    pub fn if_absent(mut self) -> Self {
        self.condition = Condition::IfAbsent;
        self
    }

    /// Put only over this revision, see [`Condition::IfRevision`].
    #[must_use]
    pub fn if_revision(mut self, revision: u64) -> Self {
        self.condition = Condition::IfRevision(revision);
        self
    }

    /// Let the object go by itself after this time.
    #[must_use]
    pub fn expires_after(mut self, time: Duration) -> Self {
        self.expires = Some(time);
        self
    }
}

impl fmt::Debug for PutOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PutOptions")
            .field("condition", &self.condition)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

impl Bucket {
    /// Stores an object under `meta`'s name; an object or link of that name is replaced.
    ///
    /// When it returns `Ok`, every byte is stored as safely as the engine promises, and the new object is visible. When
    /// it fails, the old one is as it was, and what was sent is removed; but for `Unknown`, which says that it could not
    /// be learned which of the two it is. Dropping the future gives the put up in the same way; a commit that was begun
    /// is brought to its end.
    ///
    /// The `mtime` of the answer is this machine's; [`info`](Self::info) tells the store's.
    ///
    /// Fails with `InvalidName`, `Sealed`, `QuotaExceeded`, `BucketDeleted`, with the error of the body, and with
    /// `LinkNotAllowed` if `meta` was taken from a link.
    pub async fn put(&self, meta: impl Into<ObjectMeta>, body: impl Into<Body>) -> Result<ObjectInfo> {
        self.put_with(meta, body, PutOptions::default()).await
    }

    /// Stores these bytes. See [`put`](Self::put).
    pub async fn put_bytes(
        &self,
        meta: impl Into<ObjectMeta>,
        bytes: impl Into<Bytes>,
    ) -> Result<ObjectInfo> {
        self.put(meta, bytes.into()).await
    }

    /// Stores this text as UTF-8. See [`put`](Self::put).
    pub async fn put_string(
        &self,
        meta: impl Into<ObjectMeta>,
        text: impl Into<String>,
    ) -> Result<ObjectInfo> {
        self.put(meta, text.into()).await
    }

    /// Stores the contents of a file under its path as it is given. For another name, [`put`](Self::put) a
    /// [`Body::file`].
    ///
    /// Fails with `Io` if the file can't be read, or is a directory; with `InvalidName` if its path is not UTF-8.
    pub async fn put_file(&self, path: impl AsRef<Path>) -> Result<ObjectInfo> {
        let path = path.as_ref();
        let Some(name) = path.to_str() else {
            let name = path.to_string_lossy().into_owned();
            return Err(Error::InvalidName { name, reason: "the path is not UTF-8".to_owned() });
        };
        self.put(name, Body::file(path)).await
    }

    /// Like [`put`](Self::put), with options. Fails with `Conflict` if its condition doesn't hold; with
    /// `InvalidArgument` if the object is to expire, and the bucket's server or configuration knows no expiry, or if the
    /// put took longer than the object was to live.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> jetblob::Result<()> {
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let store = jetblob::Store::open(dir.path().to_str().unwrap()).await?;
    /// # let bucket = store.create_bucket(jetblob::BucketConfig::new("b")).await?;
    /// use std::time::Duration;
    /// use jetblob::PutOptions;
    ///
    /// let once = PutOptions::default().if_absent().expires_after(Duration::from_secs(60));
    /// bucket.put_with("lock", "mine", once.clone()).await?;
    /// assert_eq!(bucket.put_with("lock", "mine too", once).await.unwrap_err().code(), "conflict");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn put_with(
        &self,
        meta: impl Into<ObjectMeta>,
        body: impl Into<Body>,
        options: PutOptions,
    ) -> Result<ObjectInfo> {
        let meta = meta.into();
        let name = meta.name.clone();
        let put = self.put_again(meta, body.into(), &options);
        operation!("jetblob.put", "put", Some(self.name()), Some(&name)).run_on_object(put).await
    }

    /// Chunks that the server loses are never sent again alone: the whole body is, under a new nuid.
    async fn put_again(&self, meta: ObjectMeta, body: Body, options: &PutOptions) -> Result<ObjectInfo> {
        let under_way = Arc::new(self.begin_put());
        let chunk_size = self.check_put(&meta, options)?;
        let too_long = || no_expiry("that is longer than can be counted");
        let begun = Instant::now();
        let expires = options.expires.map(|time| begun.checked_add(time).ok_or_else(too_long)).transpose()?;
        let plan = Plan { meta: &meta, chunk_size, expires, options, under_way };
        let mut body = Some(body);
        let mut attempt = 1;
        while let Some(now) = body.take() {
            body = now.again().filter(|_| attempt < ATTEMPTS);
            match self.put_once(&plan, now).await {
                // Chunks were lost, or a connection that is there again. A server that is silent is not asked again.
                Err(Error::Unavailable { reason, .. }) if body.is_some() && self.engine.is_reachable() => {
                    attempt += 1;
                    Span::current().record("attempts", attempt);
                    tracing::warn!(bucket = self.name(), attempt, reason, "the put begins again");
                }
                outcome => return outcome,
            }
        }
        unreachable!("the last attempt returned its outcome")
    }

    /// Refuses what can't become a record, before anything is sent. Answers with the size of a chunk.
    fn check_put(&self, meta: &ObjectMeta, options: &PutOptions) -> Result<usize> {
        check_name(&meta.name)?;
        if meta.link.is_some() {
            return Err(Error::LinkNotAllowed { bucket: self.name().to_owned(), name: meta.name.clone() });
        }
        if options.expires == Some(Duration::ZERO) {
            return Err(no_expiry("no time at all is too short"));
        }
        let chunk_size =
            chunk::chunk_size(meta.chunk_size, self.engine.max_chunk_size()).map_err(|invalid| {
                Error::InvalidArgument { argument: "chunk size", reason: invalid.to_string() }
            })?;
        self.check_size_of(meta, || {
            let digest = Digest::of(b"");
            let largest = PutBody { size: u64::MAX, chunks: u64::MAX, chunk_size, digest };
            Record::of_put(self.key(), meta, &Nuid::fresh(), &largest)
        })?;
        Ok(chunk_size)
    }

    async fn put_once(&self, plan: &Plan<'_>, body: Body) -> Result<ObjectInfo> {
        let Plan { meta, chunk_size, options, .. } = *plan;
        let mut chunks = body.chunks(chunk_size).await?;
        let first = chunks.next().await?;
        let only = first.clone().filter(|chunk| {
            chunk.len() < chunk_size
                && options.expires.is_none()
                && !matches!(options.condition, Condition::IfRevision(_))
                && self.engine.stores_at_once(&meta.name, chunk.len() as u64)
        });
        match only {
            Some(only) => self.put_small(plan, only, || Box::pin(self.put_staged(plan, first, chunks))).await,
            None => self.put_staged(plan, first, chunks).await,
        }
    }

    /// Stages the body, and commits its record once all of it is safe.
    async fn put_staged(&self, plan: &Plan<'_>, first: Option<Bytes>, chunks: Chunks) -> Result<ObjectInfo> {
        let Plan { meta, chunk_size, expires, options, .. } = *plan;
        let nuid = Nuid::fresh();
        let look_up = self.look_before_put(&meta.name, options.condition);
        let (staged, body, current) = match first {
            None => {
                (None, PutBody { size: 0, chunks: 0, chunk_size, digest: Digest::of(b"") }, look_up.await?)
            }
            Some(first) => {
                let size_hint =
                    if first.len() < chunk_size { Some(first.len() as u64) } else { chunks.size_hint() };
                let blob = NewBlob { nuid: nuid.clone(), chunk_size, size_hint, expires };
                let mut staging = self.engine.stage(blob).await?;
                let send = send(&mut *staging, first, chunks, chunk_size, options);
                match tokio::try_join!(send, look_up) {
                    Ok((body, current)) => (Some(staging), body, current),
                    Err(error) => {
                        let (given_up, under_way) = (give_up(staging, error.clone()), plan.under_way.clone());
                        let removed = async move {
                            given_up.await;
                            drop(under_way);
                        };
                        Finish::new(&self.engine, removed).await;
                        return Err(error);
                    }
                }
            }
        };
        let put = self.begun(plan, nuid, &body, staged);
        Finish::new(&self.engine, put.commit(current)).await
    }

    pub(crate) fn begun(
        &self,
        plan: &Plan<'_>,
        nuid: Nuid,
        body: &PutBody,
        staged: Option<Box<dyn Staging>>,
    ) -> Put {
        Put {
            bucket: self.clone(),
            name: plan.meta.name.clone(),
            record: Record::of_put(self.key(), plan.meta, &nuid, body),
            nuid,
            staged,
            condition: plan.options.condition,
            expires: plan.expires,
            _under_way: plan.under_way.clone(),
        }
    }

    /// What the put replaces. A condition that doesn't hold ends the put here, not after all its bytes.
    async fn look_before_put(&self, name: &str, condition: Condition) -> Result<Option<StoredRecord>> {
        let current = self.engine.last_before_put(name).await?;
        if condition.check(self, name, current.as_ref()).is_ok() {
            return Ok(current);
        }
        // A replica may lag.
        let current = self.engine.last(name, Consistency::Leader).await?;
        condition.check(self, name, current.as_ref()).map(|()| current)
    }
}

/// A put that was accepted: the same for each attempt.
pub(crate) struct Plan<'p> {
    meta: &'p ObjectMeta,
    pub(crate) chunk_size: usize,
    expires: Option<Instant>,
    pub(crate) options: &'p PutOptions,
    pub(crate) under_way: Arc<PutUnderWay>,
}

/// Hands the whole body to the engine, and waits until it is safe.
async fn send(
    staging: &mut dyn Staging,
    first: Bytes,
    mut chunks: Chunks,
    chunk_size: usize,
    options: &PutOptions,
) -> Result<PutBody> {
    let mut digest = RunningDigest::default();
    let (mut size, mut count) = (0, 0);
    let mut next = Some(first);
    while let Some(chunk) = next {
        size += chunk.len() as u64;
        count += 1;
        let full = chunk.len() == chunk_size;
        let held = chunk.clone();
        staging.write(chunk).await?;
        digest.update(&held);
        if let Some(progress) = &options.progress {
            progress(size);
        }
        next = if full { chunks.next().await? } else { None };
    }
    staging.finish().await?;
    Ok(PutBody { size, chunks: count, chunk_size, digest: digest.finish() })
}

/// A put whose chunks are safe.
pub(crate) struct Put {
    bucket: Bucket,
    pub(crate) name: String,
    pub(crate) nuid: Nuid,
    pub(crate) record: Record,
    staged: Option<Box<dyn Staging>>,
    condition: Condition,
    expires: Option<Instant>,
    _under_way: Arc<PutUnderWay>,
}

impl Put {
    /// Commits the record over whatever stands under the name, as often as another writer is faster.
    async fn commit(mut self, mut current: Option<StoredRecord>) -> Result<ObjectInfo> {
        loop {
            match self.commit_over(current).await {
                Ok(revision) => {
                    if let Some(staged) = self.staged.take() {
                        staged.keep();
                    }
                    return self.stored(revision);
                }
                Err(Error::Conflict { .. }) => {
                    tracing::debug!(bucket = self.bucket.name(), nuid = %self.nuid, "another writer was faster");
                    let newer = self.bucket.engine.last(&self.name, Consistency::Leader).await;
                    let checked = newer.and_then(|newer| {
                        self.condition.check(&self.bucket, &self.name, newer.as_ref()).map(|()| newer)
                    });
                    match checked {
                        Ok(newer) => current = newer,
                        Err(error) => return Err(self.give_up(error).await),
                    }
                }
                Err(error @ Error::Unknown { .. }) => {
                    if let Some(staged) = self.staged.take() {
                        staged.keep();
                    }
                    return Err(error);
                }
                Err(error) => return Err(self.give_up(error).await),
            }
        }
    }

    async fn commit_over(&mut self, current: Option<StoredRecord>) -> Result<u64> {
        let replaced = current.as_ref().and_then(|stored| stored.record().as_ref().ok());
        let retire = replaced.map_or_else(Vec::new, |record| retired_by_replacing(record, Some(&self.nuid)));
        if self.expires.is_some_and(|expires| expires <= Instant::now()) {
            return Err(no_expiry("the put took longer than the object was to live"));
        }
        let write = RecordWrite {
            expires: self.expires.map(Expiry::By),
            ..over(&self.name, current.as_ref(), Some(self.record.clone()))
        };
        let staged = self.staged.as_ref().map(|_| self.nuid.clone());
        let revisions = self.bucket.engine.commit(&Commit { staged, writes: vec![write], retire }).await?;
        Ok(revisions.first().copied().unwrap_or_default())
    }

    pub(crate) fn stored(&self, revision: u64) -> Result<ObjectInfo> {
        let now = SystemTime::now();
        let info = self.record.info(self.bucket.key(), now, revision);
        let mut info = info.map_err(|invalid| self.bucket.bad_meta(&self.name, &invalid))?;
        let left = self.expires.map(|expires| expires.saturating_duration_since(Instant::now()));
        info.expires = left.and_then(|left| now.checked_add(left));
        Ok(info)
    }

    async fn give_up(&mut self, error: Error) -> Error {
        match self.staged.take() {
            Some(staged) => give_up(staged, error).await,
            None => error,
        }
    }
}

fn no_expiry(reason: &str) -> Error {
    Error::InvalidArgument { argument: "expiry", reason: reason.to_owned() }
}

/// Removes what was staged, and waits for it, but not for a server that doesn't answer.
async fn give_up(staged: Box<dyn Staging>, error: Error) -> Error {
    if !matches!(error, Error::Timeout { .. } | Error::Unavailable { .. } | Error::Unauthenticated { .. }) {
        staged.discard().await;
    }
    error
}
