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
mod buckets;
mod change;
mod changes;
mod database;
mod failure;
mod files;
mod handle;
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
mod state;
mod sweep;
#[cfg(test)]
mod tests;
mod trash;
mod writer;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};

use self::buckets::Buckets;
use self::handle::{Handle, LocalBucket};
use self::root::Root;
use super::{Engine, EngineBucket, bucket_name};
use crate::protocol::{BucketConfig, BucketName, BucketStatus, Placement, Storage};
use crate::{Error, Result};

/// A store in a local directory.
#[derive(Debug)]
pub struct LocalEngine(Arc<Buckets>);

impl LocalEngine {
    /// Opens the store in this directory, or begins one there; missing directories are created.
    ///
    /// Fails with `InvalidArgument` if the path is a file, or holds a store of another version.
    pub async fn open(root: impl AsRef<Path>) -> Result<LocalEngine> {
        let path = root.as_ref().to_owned();
        let root = blocking(move || Root::open(&path)).await?;
        Ok(Self(Arc::new(Buckets::new(root))))
    }

    async fn handle(&self, bucket: &BucketName) -> Result<Arc<Handle>> {
        Ok(Handle::new(&self.0, self.0.find_open(bucket).await?))
    }
}

#[async_trait]
impl Engine for LocalEngine {
    async fn create_bucket(&self, config: &BucketConfig) -> Result<Arc<dyn EngineBucket>> {
        self.0.state.check()?;
        let bucket = bucket_name(&config.name)?;
        let config = storable(&bucket, config)?;
        let name = bucket.clone();
        self.0.work(move |root| root.create_bucket(&name, &config)).await?;
        self.open_bucket(&bucket).await
    }

    async fn update_bucket(&self, config: &BucketConfig) -> Result<Arc<dyn EngineBucket>> {
        let bucket = bucket_name(&config.name)?;
        let config = storable(&bucket, config)?;
        let handle = self.handle(&bucket).await?;
        match handle.configure(config).await {
            Err(Error::BucketDeleted { bucket }) => Err(Error::BucketNotFound { bucket }),
            configured => configured.map(|()| Arc::new(LocalBucket(handle)) as _),
        }
    }

    async fn open_bucket(&self, bucket: &BucketName) -> Result<Arc<dyn EngineBucket>> {
        Ok(Arc::new(LocalBucket(self.handle(bucket).await?)))
    }

    async fn delete_bucket(&self, bucket: &BucketName) -> Result<()> {
        let bucket = bucket.clone();
        self.0.work(move |root| root.delete_bucket(&bucket)).await
    }

    fn bucket_names(&self) -> BoxStream<'static, Result<BucketName>> {
        let buckets = Arc::clone(&self.0);
        let names = async move {
            let names = buckets.work(Root::bucket_names).await?;
            Ok(stream::iter(names).map(Ok))
        };
        stream::once(names).try_flatten().boxed()
    }

    fn buckets(&self) -> BoxStream<'static, Result<BucketStatus>> {
        let buckets = Arc::clone(&self.0);
        let statuses = self.bucket_names().and_then(move |bucket| {
            let buckets = Arc::clone(&buckets);
            async move {
                let described = buckets.work(move |root| match root.describe(&bucket) {
                    Ok(row) => Ok(Some(handle::status(&row, &bucket))),
                    Err(Error::BucketNotFound { .. }) => Ok(None),
                    Err(error) => Err(error),
                });
                described.await
            }
        });
        statuses.try_filter_map(|status| async { Ok(status) }).boxed()
    }

    async fn suspend(&self) -> Result<()> {
        self.0.suspend().await
    }

    fn resume(&self) {
        self.0.state.resume();
    }

    async fn close(&self) {
        self.0.close().await;
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
