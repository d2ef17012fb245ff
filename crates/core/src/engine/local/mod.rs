//! The engine that keeps buckets in a local directory: records and small blobs in SQLite, larger blobs in files.
//!
//! Several processes may use a directory at a time. What is committed survives the end of the process and the loss of
//! power.
//!
//! ```text
//! <root>/FORMAT                      what this directory is
//! <root>/LOCK                        held while a bucket is created, deleted or connected to
//! <root>/b.<bucket>/meta.db          the records, the blobs' places, and small blobs
//! <root>/b.<bucket>/objects/<hh>/    one file for each larger blob, never written again
//! <root>/b.<bucket>/tmp/             uploads under way, and those committed an instant ago
//! <root>/b.<bucket>/locks/           a locked file for each process that has the bucket open
//! <root>/b.<bucket>/bell             one byte, written after each commit of records
//! <root>/b.<bucket>/ballast          room for SQLite when the disk is full
//! ```
//!
//! The commit of the database is the commit: files are synced before it, and moved and removed after it. Whatever
//! a crash interrupts, the rows tell how to finish it.

mod background;
mod ballast;
mod blobs;
mod bucket;
mod change;
mod changes;
mod database;
mod failure;
mod layout;
mod lock;
mod payload;
mod read;
mod readers;
mod recover;
mod root;
mod scan;
mod session;
mod stage;
mod sweep;
#[cfg(test)]
mod tests;
mod trash;
mod writer;

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use tokio::sync::Mutex;

use self::background::Background;
use self::bucket::{LocalBucket, OpenBucket};
use self::root::Root;
use super::{Engine, EngineBucket, bucket_name};
use crate::protocol::{BucketConfig, BucketName, BucketStatus, Placement, Storage};
use crate::{Error, Result};

/// A store in a local directory.
#[derive(Debug)]
pub struct LocalEngine {
    root: Root,
    /// The last of a name is current; those before it are of deleted buckets.
    open: Mutex<HashMap<BucketName, Vec<Weak<OpenBucket>>>>,
    background: Arc<Background>,
    closed: AtomicBool,
}

impl LocalEngine {
    /// Opens the store in this directory, or begins one there; missing directories are created.
    ///
    /// Fails with `InvalidArgument` if the path is a file, or holds a store of another version.
    pub async fn open(root: impl AsRef<Path>) -> Result<LocalEngine> {
        let path = root.as_ref().to_owned();
        let root = blocking(move || Root::open(&path)).await?;
        Ok(Self { root, open: Mutex::default(), background: Arc::default(), closed: AtomicBool::new(false) })
    }

    /// The bucket, opened if it isn't open yet.
    async fn find_open(&self, bucket: &BucketName) -> Result<Arc<OpenBucket>> {
        // Before the wait too: closing the store waits for tasks while it holds the lock.
        self.check_open()?;
        let mut open = self.open.lock().await;
        self.check_open()?;
        if let Some(found) = open.get(bucket).and_then(|open| open.last()?.upgrade()) {
            match found.check_exists().await {
                // Another process deleted it; there may be a new one.
                Err(Error::BucketDeleted { .. }) => {}
                exists => return exists.map(|()| found),
            }
        }
        let (dir, name, background) =
            (self.root.bucket(bucket), bucket.clone(), Arc::clone(&self.background));
        let opened = blocking(move || OpenBucket::open(&dir, &name, &background)).await;
        let opened = opened.map_err(|error| match error {
            Error::BucketDeleted { bucket } => Error::BucketNotFound { bucket },
            error => error,
        });
        let opened = Arc::new(opened?);
        open.retain(|_, buckets| {
            buckets.retain(|bucket| bucket.strong_count() > 0);
            !buckets.is_empty()
        });
        open.entry(bucket.clone()).or_default().push(Arc::downgrade(&opened));
        Ok(opened)
    }

    fn check_open(&self) -> Result<()> {
        if self.closed.load(Ordering::Acquire) { Err(Error::Closed { what: "the store" }) } else { Ok(()) }
    }
}

#[async_trait]
impl Engine for LocalEngine {
    async fn create_bucket(&self, config: &BucketConfig) -> Result<Arc<dyn EngineBucket>> {
        self.check_open()?;
        let bucket = bucket_name(&config.name)?;
        let config = storable(&bucket, config)?;
        let (root, name) = (self.root.clone(), bucket.clone());
        blocking(move || root.create_bucket(&name, &config)).await?;
        self.open_bucket(&bucket).await
    }

    async fn update_bucket(&self, config: &BucketConfig) -> Result<Arc<dyn EngineBucket>> {
        let bucket = bucket_name(&config.name)?;
        let config = storable(&bucket, config)?;
        let open = self.find_open(&bucket).await?;
        match open.configure(config).await {
            Err(Error::BucketDeleted { bucket }) => Err(Error::BucketNotFound { bucket }),
            configured => configured.map(|()| Arc::new(LocalBucket(open)) as _),
        }
    }

    async fn open_bucket(&self, bucket: &BucketName) -> Result<Arc<dyn EngineBucket>> {
        Ok(Arc::new(LocalBucket(self.find_open(bucket).await?)))
    }

    async fn delete_bucket(&self, bucket: &BucketName) -> Result<()> {
        self.check_open()?;
        let (root, bucket) = (self.root.clone(), bucket.clone());
        blocking(move || root.delete_bucket(&bucket)).await
    }

    fn bucket_names(&self) -> BoxStream<'static, Result<BucketName>> {
        let (root, open) = (self.root.clone(), self.check_open());
        let names = async move {
            open?;
            let names = blocking(move || root.bucket_names()).await?;
            Ok(stream::iter(names).map(Ok))
        };
        stream::once(names).try_flatten().boxed()
    }

    fn buckets(&self) -> BoxStream<'static, Result<BucketStatus>> {
        let root = self.root.clone();
        let statuses = self.bucket_names().and_then(move |bucket| {
            let root = root.clone();
            blocking(move || match root.describe(&bucket) {
                Ok(row) => Ok(Some(bucket::status(&row, &bucket))),
                Err(Error::BucketNotFound { .. }) => Ok(None),
                Err(error) => Err(error),
            })
        });
        statuses.try_filter_map(|status| async { Ok(status) }).boxed()
    }

    async fn close(&self) {
        self.closed.store(true, Ordering::Release);
        // They may need their buckets until they end.
        self.background.finish_tasks().await;
        let open = self.open.lock().await;
        for bucket in open.values().flatten().filter_map(Weak::upgrade) {
            bucket.close().await;
        }
        // Those of buckets that nobody has open any more may still be at work too.
        let background = Arc::clone(&self.background);
        let _ = tokio::task::spawn_blocking(move || background.finish_threads()).await;
    }
}

/// The configuration as this engine keeps it, which is what two of them are compared by.
fn storable(bucket: &BucketName, config: &BucketConfig) -> Result<BucketConfig> {
    let invalid = |reason: String| Error::InvalidConfig { bucket: bucket.to_string(), reason };
    config.check().map_err(|error| invalid(error.to_string()))?;
    if config.replicas != 1 {
        return Err(invalid(format!("a local bucket has one replica, not {}", config.replicas)));
    }
    if config.placement.as_ref().is_some_and(|placement| *placement != Placement::default()) {
        return Err(invalid("a local bucket cannot be placed".into()));
    }
    let stored = BucketConfig { storage: Storage::File, compression: false, ..config.clone() };
    let stream = stored.to_stream_config(bucket);
    Ok(BucketConfig { plain: false, ..BucketConfig::of_stream_config(bucket, &stream) })
}

/// Runs what may wait for the disk or another process where nothing else waits for it.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::unavailable(error.to_string()))?
}
