//! A bucket at hand.

use std::sync::Arc;

use crate::Result;
use crate::engine::{Engine, EngineBucket};
use crate::protocol::{BucketName, BucketStatus};

/// A bucket of a [`Store`](crate::Store): put, get, list and delete objects.
///
/// Cheap to clone; clones share one handle. A handle reads its own writes.
#[derive(Debug, Clone)]
pub struct Bucket {
    pub(crate) engine: Arc<dyn EngineBucket>,
    pub(crate) store: Arc<dyn Engine>,
}

impl Bucket {
    pub(crate) fn new(store: Arc<dyn Engine>, engine: Arc<dyn EngineBucket>) -> Self {
        Self { engine, store }
    }

    /// The bucket's name.
    pub fn name(&self) -> &str {
        self.key().as_str()
    }

    /// The bucket's configuration and fill, as they are now.
    ///
    /// Fails with `BucketDeleted` if it is gone.
    pub async fn status(&self) -> Result<BucketStatus> {
        self.engine.status().await.map_err(|error| error.during("status", Some(self.name()), None))
    }

    pub(crate) fn key(&self) -> &BucketName {
        self.engine.name()
    }
}
