//! A place that holds buckets.

use std::sync::Arc;

use futures_util::TryStreamExt;

use crate::bucket::Bucket;
use crate::cancellation::Cancellation;
use crate::config::BucketConfig;
use crate::connection::StoreOptions;
use crate::failure::Result;
use crate::items::{Names, Statuses};
use crate::runtime::{Held, run, runtime};

/// A place that holds buckets.
#[derive(uniffi::Object)]
pub struct Store(Held<jetblob::Store>);

impl Store {
    fn new(store: jetblob::Store) -> Arc<Self> {
        Arc::new(Self(Held::new(store)))
    }
}

/// Opens a store by its URL.
#[uniffi::export]
pub async fn open(
    url: String,
    options: StoreOptions,
    cancellation: Option<Arc<Cancellation>>,
) -> Result<Arc<Store>> {
    let open = async move { jetblob::Store::open_with(&url, options.try_into()?).await.map(Store::new) };
    run(cancellation, open).await
}

/// Opens the server that a context of the `nats` command names.
#[uniffi::export]
pub async fn open_context(
    context: String,
    options: StoreOptions,
    cancellation: Option<Arc<Cancellation>>,
) -> Result<Arc<Store>> {
    let open =
        async move { jetblob::Store::open_context(&context, options.try_into()?).await.map(Store::new) };
    run(cancellation, open).await
}

/// Opens the store that is meant where none is named.
#[uniffi::export]
pub async fn open_default(
    options: StoreOptions,
    cancellation: Option<Arc<Cancellation>>,
) -> Result<Arc<Store>> {
    let open = async move { jetblob::Store::open_default(options.try_into()?).await.map(Store::new) };
    run(cancellation, open).await
}

#[uniffi::export]
impl Store {
    /// Creates a bucket.
    pub async fn create_bucket(
        &self,
        config: BucketConfig,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<Arc<Bucket>> {
        let store = self.0.clone();
        let created = async move { store.create_bucket(config.try_into()?).await.map(Bucket::new) };
        run(cancellation, created).await
    }

    /// Changes the configuration of a bucket.
    pub async fn update_bucket(
        &self,
        config: BucketConfig,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<Arc<Bucket>> {
        let store = self.0.clone();
        let updated = async move { store.update_bucket(config.try_into()?).await.map(Bucket::new) };
        run(cancellation, updated).await
    }

    /// Creates a bucket, or changes the configuration of the one that exists.
    pub async fn create_or_update_bucket(
        &self,
        config: BucketConfig,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<Arc<Bucket>> {
        let store = self.0.clone();
        let made = async move { store.create_or_update_bucket(config.try_into()?).await.map(Bucket::new) };
        run(cancellation, made).await
    }

    /// A bucket that exists.
    pub async fn bucket(&self, name: String, cancellation: Option<Arc<Cancellation>>) -> Result<Arc<Bucket>> {
        let store = self.0.clone();
        run(cancellation, async move { store.bucket(&name).await.map(Bucket::new) }).await
    }

    /// Removes a bucket.
    pub async fn delete_bucket(&self, name: String, cancellation: Option<Arc<Cancellation>>) -> Result<()> {
        let store = self.0.clone();
        run(cancellation, async move { store.delete_bucket(&name).await }).await
    }

    /// The names of all buckets.
    pub fn bucket_names(&self) -> Arc<Names> {
        let _entered = runtime().enter();
        Names::new(self.0.bucket_names())
    }

    /// The statuses of all buckets.
    pub fn buckets(&self) -> Arc<Statuses> {
        let _entered = runtime().enter();
        Statuses::new(self.0.buckets().map_ok(Into::into))
    }

    /// Lets go of all files of a local store, until it is resumed.
    pub async fn suspend(&self) -> Result<()> {
        let store = self.0.clone();
        run(None, async move { store.suspend().await }).await
    }

    /// Ends the suspension.
    pub fn resume(&self) {
        self.0.resume();
    }

    /// Lets go of the connection or the directory.
    pub async fn shut_down(&self, cancellation: Option<Arc<Cancellation>>) -> Result<()> {
        let store = self.0.clone();
        let closed = async move {
            store.close().await;
            Ok(())
        };
        run(cancellation, closed).await
    }
}
