//! A place that holds buckets.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::{Stream, TryStreamExt};
use tokio_util::sync::CancellationToken;

use crate::engine::{Engine, StoreOptions, bucket_name};
use crate::location::Location;
use crate::operation::operation;
use crate::protocol::{BucketConfig, BucketName, BucketStatus};
use crate::{Bucket, Error, Result, memory};

/// A place that holds buckets: a NATS account with JetStream, or a directory.
///
/// Cheap to clone; clones share one connection.
#[derive(Clone)]
pub struct Store {
    engine: Arc<dyn Engine>,
    closing: CancellationToken,
    #[cfg(feature = "jetstream")]
    client: Option<async_nats::Client>,
}

impl Store {
    /// Opens a store by its URL: `nats://`, `tls://`, `ws://` and `wss://` are servers (several are separated by
    /// commas); `file:` and plain paths are a directory, which is made if it isn't there.
    ///
    /// Fails with `InvalidArgument` for another URL, `Unavailable` if no server answers, `Unauthenticated`, `Tls`.
    pub async fn open(url: &str) -> Result<Self> {
        Self::open_with(url, StoreOptions::default()).await
    }

    /// Like [`open`](Self::open), with options.
    pub async fn open_with(url: &str, options: StoreOptions) -> Result<Self> {
        Self::open_at(Location::parse(url)?, options).await
    }

    pub(crate) async fn open_at(location: Location, options: StoreOptions) -> Result<Self> {
        let open = async {
            match location {
                Location::Servers(url) => Self::connect(&url, options).await,
                Location::Directory(path) => Self::open_directory(path).await,
            }
        };
        operation!("jetblob.open", "open", None, None).run(open).await
    }

    #[cfg(feature = "jetstream")]
    async fn connect(url: &str, options: StoreOptions) -> Result<Self> {
        let engine = crate::engine::jetstream::JetStreamEngine::connect(url, options).await?;
        let client = engine.client().clone();
        Ok(Self { client: Some(client), ..Self::with_engine(Arc::new(engine)) })
    }

    #[cfg(not(feature = "jetstream"))]
    #[allow(clippy::unused_async, reason = "as where the feature is built")]
    async fn connect(url: &str, _: StoreOptions) -> Result<Self> {
        let scheme = url.split("://").next().unwrap_or_default();
        Err(not_built("jetstream", &format!("{scheme}://")))
    }

    #[cfg(feature = "local")]
    async fn open_directory(path: PathBuf) -> Result<Self> {
        Ok(Self::with_engine(Arc::new(crate::engine::local::LocalEngine::open(path).await?)))
    }

    #[cfg(not(feature = "local"))]
    #[allow(clippy::unused_async, reason = "as where the feature is built")]
    async fn open_directory(path: PathBuf) -> Result<Self> {
        Err(not_built("local", &path.to_string_lossy()))
    }

    /// Uses a connection of the caller's, with the default options.
    #[cfg(feature = "jetstream")]
    pub fn with_client(client: async_nats::Client) -> Self {
        let engine =
            crate::engine::jetstream::JetStreamEngine::with_client(client.clone(), &StoreOptions::default());
        Self { client: Some(client), ..Self::with_engine(Arc::new(engine)) }
    }

    /// Uses an engine of the caller's.
    pub fn with_engine(engine: Arc<dyn Engine>) -> Self {
        memory::keep_for_chunks();
        Self {
            engine,
            closing: CancellationToken::new(),
            #[cfg(feature = "jetstream")]
            client: None,
        }
    }

    /// The JetStream context of the connection; `None` for a local store.
    #[cfg(feature = "jetstream")]
    pub fn jetstream(&self) -> Option<async_nats::jetstream::Context> {
        self.client.clone().map(async_nats::jetstream::new)
    }

    /// Creates a bucket. One that exists with the same configuration is fine; with another one: `BucketExists`.
    ///
    /// Fails with `InvalidName` and `InvalidConfig`.
    pub async fn create_bucket(&self, config: BucketConfig) -> Result<Bucket> {
        let name = check_config(&config)?;
        let create = self.engine.create_bucket(&config);
        let operation = operation!("jetblob.create_bucket", "create", Some(name.as_str()), None);
        let bucket = operation.run(create).await?;
        Ok(Bucket::new(self.engine.clone(), bucket, self.closing.clone()))
    }

    /// Changes the configuration of a bucket into this one, and keeps every setting of its stream that [`BucketConfig`]
    /// doesn't know. To change one thing, begin with what is there:
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> jetblob::Result<()> {
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let store = jetblob::Store::open(dir.path().to_str().unwrap()).await?;
    /// # let bucket = store.create_bucket(jetblob::BucketConfig::new("b")).await?;
    /// use jetblob::BucketConfig;
    ///
    /// let status = bucket.status().await?;
    /// let bucket = store.update_bucket(BucketConfig { max_bytes: Some(1 << 30), ..status.into() }).await?;
    /// # assert_eq!(bucket.status().await?.max_bytes, Some(1 << 30));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Fails with `BucketNotFound`, `Sealed`, and with `InvalidConfig` where the server refuses the change, in its words.
    pub async fn update_bucket(&self, config: BucketConfig) -> Result<Bucket> {
        let name = check_config(&config)?;
        let update = self.engine.update_bucket(&config);
        let operation = operation!("jetblob.update_bucket", "update", Some(name.as_str()), None);
        let bucket = operation.run(update).await?;
        Ok(Bucket::new(self.engine.clone(), bucket, self.closing.clone()))
    }

    /// Creates a bucket, or changes the configuration of the one that exists into this one.
    pub async fn create_or_update_bucket(&self, config: BucketConfig) -> Result<Bucket> {
        loop {
            match self.create_bucket(config.clone()).await {
                Err(Error::BucketExists { .. }) => {}
                created => return created,
            }
            match self.update_bucket(config.clone()).await {
                // Deleted in between.
                Err(Error::BucketNotFound { .. }) => {}
                updated => return updated,
            }
        }
    }

    /// A bucket that exists. Fails with `BucketNotFound`.
    pub async fn bucket(&self, name: &str) -> Result<Bucket> {
        let key = bucket_name(name)?;
        let open = self.engine.open_bucket(&key);
        let bucket = operation!("jetblob.open_bucket", "open", Some(name), None).run(open).await?;
        Ok(Bucket::new(self.engine.clone(), bucket, self.closing.clone()))
    }

    /// Removes a bucket and all that is in it. Fails with `BucketNotFound`.
    pub async fn delete_bucket(&self, name: &str) -> Result<()> {
        let key = bucket_name(name)?;
        let delete = self.engine.delete_bucket(&key);
        operation!("jetblob.delete_bucket", "delete", Some(name), None).run(delete).await
    }

    /// The names of all buckets, in no promised order.
    pub fn bucket_names(&self) -> impl Stream<Item = Result<String>> + Send + Unpin + 'static {
        let names = self.engine.bucket_names().map_ok(|name| name.to_string());
        operation!("jetblob.bucket_names", "list buckets", None, None).items(names)
    }

    /// The statuses of all buckets, in no promised order.
    pub fn buckets(&self) -> impl Stream<Item = Result<BucketStatus>> + Send + Unpin + 'static {
        operation!("jetblob.buckets", "list buckets", None, None).items(self.engine.buckets())
    }

    /// Lets go of all files of a local store, until it is [resumed](Self::resume). To be called, and awaited, before a phone
    /// freezes the app in the background: one that holds a lock on a shared file then is killed.
    ///
    /// When it returns `Ok`, this store has no file of its directory open or locked. Commits that were begun are brought to
    /// their end. A put that had not come to its commit fails with `Unavailable`, and nothing of it is stored; so do all
    /// calls until the store is resumed. Objects that are being read, lists and watches wait, and go on when it is; but an
    /// object that is replaced or deleted after that, while it is read, fails with `ObjectChanged` or `NotFound`, because
    /// its old bytes are not held any more. Suspending a store that is suspended is a success.
    ///
    /// On a server's store this has no effect: there is nothing to let go of, and calls go on. A connection that the system
    /// cuts off is made anew.
    ///
    /// Fails with `Closed`, and with `Timeout` if a disk or another process held something up for 30 seconds; the store is
    /// suspended then all the same.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> jetblob::Result<()> {
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let store = jetblob::Store::open(dir.path().to_str().unwrap()).await?;
    /// # let bucket = store.create_bucket(jetblob::BucketConfig::new("b")).await?;
    /// store.suspend().await?;
    /// assert_eq!(bucket.put_string("a", "text").await.unwrap_err().code(), "unavailable");
    /// store.resume();
    /// bucket.put_string("a", "text").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn suspend(&self) -> Result<()> {
        operation!("jetblob.suspend", "suspend", None, None).run(self.engine.suspend()).await
    }

    /// Ends a [suspension](Self::suspend). Files are opened again when they are needed. Without effect on a store that is
    /// not suspended, and on one that is closed.
    pub fn resume(&self) {
        self.engine.resume();
    }

    /// Finishes what is under way in the background (the clean-up of puts that were given up), and lets go of the
    /// connection or the directory. An [`Upload`](crate::Upload) that nobody finishes is given up.
    pub async fn close(&self) {
        self.closing.cancel();
        self.engine.close().await;
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store({:?})", self.engine)
    }
}

/// Refuses a configuration before anything is sent.
fn check_config(config: &BucketConfig) -> Result<BucketName> {
    let name = bucket_name(&config.name)?;
    let checked = config.check();
    let invalid = |reason: String| Error::InvalidConfig { bucket: name.to_string(), reason };
    checked.map_err(|error| invalid(error.to_string()))?;
    Ok(name)
}

#[cfg(not(all(feature = "jetstream", feature = "local")))]
fn not_built(feature: &str, url: &str) -> Error {
    let reason = format!("{url:?} needs the feature `{feature}`, which this build leaves out");
    Error::InvalidArgument { argument: "store URL", reason }
}
