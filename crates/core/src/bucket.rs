//! A bucket at hand.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio_util::sync::CancellationToken;

use crate::engine::{Engine, EngineBucket};
use crate::operation::operation;
use crate::protocol::{BucketName, BucketStatus};
use crate::{Error, Result};

/// A bucket of a [`Store`](crate::Store): put, get, list and delete objects.
///
/// Cheap to clone; clones share one handle. A handle reads its own writes.
#[derive(Clone)]
pub struct Bucket {
    pub(crate) engine: Arc<dyn EngineBucket>,
    pub(crate) store: Arc<dyn Engine>,
    puts: Arc<AtomicUsize>,
    /// Cancelled when the store begins to close.
    pub(crate) closing: CancellationToken,
}

impl Bucket {
    pub(crate) fn new(
        store: Arc<dyn Engine>,
        engine: Arc<dyn EngineBucket>,
        closing: CancellationToken,
    ) -> Self {
        Self { engine, store, puts: Arc::default(), closing }
    }

    /// The bucket's name.
    pub fn name(&self) -> &str {
        self.key().as_str()
    }

    /// The bucket's configuration and fill, as they are now.
    ///
    /// Fails with `BucketDeleted` if it is gone.
    pub async fn status(&self) -> Result<BucketStatus> {
        let status = self.engine.status();
        operation!("jetblob.status", "status", Some(self.name()), None).run(status).await
    }

    /// Forbids every later write, for good: the bucket can then be read, and be deleted as a whole. Its `ttl` ends; only
    /// objects with an expiry of their own still go. A sealed bucket stays as it is. Answers with the bucket's status.
    ///
    /// Fails with `Unavailable` while a put through this handle, or a clone of it, is under way. What others are putting
    /// at that moment can neither be finished nor removed: it stays in the bucket as bytes that no object names.
    pub async fn seal(&self) -> Result<BucketStatus> {
        let seal = async {
            let under_way = self.puts.load(Ordering::Acquire);
            if under_way > 0 {
                return Err(Error::unavailable(format!(
                    "{under_way} put(s) to the bucket are under way; finish or abort them before you seal it"
                )));
            }
            self.engine.seal().await?;
            self.engine.status().await
        };
        operation!("jetblob.seal", "seal", Some(self.name()), None).run(seal).await
    }

    pub(crate) fn key(&self) -> &BucketName {
        self.engine.name()
    }

    /// Holds the bucket open for a put, until it is dropped.
    pub(crate) fn begin_put(&self) -> PutUnderWay {
        self.puts.fetch_add(1, Ordering::AcqRel);
        PutUnderWay(self.puts.clone())
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bucket({:?})", self.name())
    }
}

/// A put that sealing must not cut off.
#[derive(Debug)]
pub(crate) struct PutUnderWay(Arc<AtomicUsize>);

impl Drop for PutUnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
