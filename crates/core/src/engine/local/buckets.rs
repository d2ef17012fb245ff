//! The buckets of a store that are open in this process.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use tokio::sync::Mutex;

use super::background::{Background, PATIENCE};
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
    /// Held by whoever suspends or closes the store.
    letting_go: Mutex<()>,
}

impl Buckets {
    pub(super) fn new(root: Root) -> Self {
        let (background, state) = (Arc::new(Background::new()), State::open());
        Self { root, open: Mutex::default(), background, state, letting_go: Mutex::default() }
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
        // Before the wait too: a bucket may take its time to open.
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

    /// Lets go of all files, and refuses all calls, until the store is resumed.
    pub(super) async fn suspend(&self) -> Result<()> {
        let suspended = tokio::time::timeout(PATIENCE, async {
            let _turn = self.letting_go.lock().await;
            self.state.suspend().await;
            for bucket in self.opened().await {
                bucket.suspend().await;
            }
            self.background.finish_threads().await;
        });
        let suspended = suspended.await;
        match self.state.refusal() {
            closed @ Error::Closed { .. } => Err(closed),
            _ => suspended.map_err(|_| Error::timeout("what is under way in the store", PATIENCE)),
        }
    }

    pub(super) async fn close(&self) {
        self.state.close();
        let _turn = self.letting_go.lock().await;
        // They may need their buckets until they end.
        self.background.finish_tasks().await;
        for bucket in self.opened().await {
            bucket.close().await;
        }
        if tokio::time::timeout(PATIENCE, self.background.finish_threads()).await.is_err() {
            tracing::warn!("closed the store before its threads ended");
        }
    }

    /// Those that are open now. Who is opening one is waited for.
    async fn opened(&self) -> Vec<Arc<OpenBucket>> {
        self.open.lock().await.values().flatten().filter_map(Weak::upgrade).collect()
    }
}
