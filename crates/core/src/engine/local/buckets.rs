//! The buckets of a store that are open in this process.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use tokio::sync::Mutex;

use super::background::Background;
use super::blocking;
use super::bucket::OpenBucket;
use super::root::Root;
use super::state::State;
use crate::protocol::BucketName;
use crate::{Error, Result};

/// A store's directory, and what is open of it.
#[derive(Debug)]
pub(super) struct Buckets {
    root: Root,
    /// The last of a name is current; those before it are of deleted buckets, or were let go of.
    open: Mutex<HashMap<BucketName, Vec<Weak<OpenBucket>>>>,
    pub(super) background: Arc<Background>,
    pub(super) state: Arc<State>,
}

impl Buckets {
    pub(super) fn new(root: Root) -> Self {
        Self { root, open: Mutex::default(), background: Arc::default(), state: State::open() }
    }

    /// Works on the directory, on a thread where that may take its time.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Root) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (root, working) = (self.root.clone(), self.state.work().await?);
        let worked = blocking(move || {
            let _working = working;
            work(&root)
        });
        worked.await
    }

    /// The bucket, opened if it isn't open yet.
    pub(super) async fn find_open(&self, bucket: &BucketName) -> Result<Arc<OpenBucket>> {
        // Before the wait too: closing the store waits for tasks while it holds the lock.
        self.state.check()?;
        let mut open = self.open.lock().await;
        let found = open.get(bucket).and_then(|open| open.last()?.upgrade());
        if let Some(found) = found.filter(|found| found.is_open()) {
            match found.check_exists().await {
                // Another process deleted it; there may be a new one.
                Err(Error::BucketDeleted { .. }) => {}
                exists => return exists.map(|()| found),
            }
        }
        let (name, background, state) =
            (bucket.clone(), Arc::clone(&self.background), Arc::clone(&self.state));
        let opened = self.work(move |root| OpenBucket::open(&root.bucket(&name), &name, &background, &state));
        let opened = opened.await.map_err(|error| match error {
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

    /// Lets go of all files that may be locked, and refuses all calls, until the store is resumed.
    pub(super) async fn suspend(&self) -> Result<()> {
        self.state.suspend().await;
        let open = self.open.lock().await;
        for bucket in open.values().flatten().filter_map(Weak::upgrade) {
            bucket.suspend().await;
        }
        drop(open);
        self.finish_threads().await;
        match self.state.refusal() {
            closed @ Error::Closed { .. } => Err(closed),
            _ => Ok(()),
        }
    }

    pub(super) async fn close(&self) {
        self.state.close();
        // They may need their buckets until they end.
        self.background.finish_tasks().await;
        let open = self.open.lock().await;
        for bucket in open.values().flatten().filter_map(Weak::upgrade) {
            bucket.close().await;
        }
        self.finish_threads().await;
    }

    /// Those of buckets that nobody has open any more may still be at work.
    async fn finish_threads(&self) {
        let background = Arc::clone(&self.background);
        let _ = tokio::task::spawn_blocking(move || background.finish_threads()).await;
    }
}
