//! Where a test's buckets are: a temporary directory, or a server that all tests of a process share.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use jetblob::engine::jetstream::JetStreamEngine;
use jetblob::engine::local::LocalEngine;
use jetblob::engine::{Commit, Engine, EngineBucket, RecordWrite};
use jetblob::protocol::key::record_key;
use jetblob::protocol::record::Record;
use jetblob::{Bucket, BucketConfig, BucketName, Nuid, Store, StoreOptions};
use tempfile::TempDir;

use crate::{Server, ServerKind};

/// A store for one test.
#[derive(Debug)]
pub struct Place {
    /// The store.
    pub store: Store,
    /// Its URL, for another store or process.
    pub url: String,
    dir: Option<TempDir>,
}

impl Place {
    /// A local store in a directory of its own.
    pub async fn local() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let url = dir.path().to_str().expect("a path that is UTF-8").to_owned();
        Self { store: Store::open(&url).await.expect("a local store"), url, dir: Some(dir) }
    }

    /// A connection of its own to the newest server.
    pub async fn jetstream() -> Self {
        static SERVER: OnceLock<Server> = OnceLock::new();
        Self::on(SERVER.get_or_init(|| Server::start(ServerKind::Newest)).url()).await
    }

    /// A connection of its own to the oldest server; `None` where `make test` could not get one, and says so.
    pub async fn oldest_jetstream() -> Option<Self> {
        static SERVER: OnceLock<Server> = OnceLock::new();
        if std::env::var_os("JETBLOB_SKIP_OLDEST").is_some() {
            return None;
        }
        Some(Self::on(SERVER.get_or_init(|| Server::start(ServerKind::Oldest)).url()).await)
    }

    /// A connection of its own to this server.
    pub async fn on(url: &str) -> Self {
        Self { store: Store::open(url).await.expect("a connection"), url: url.to_owned(), dir: None }
    }

    /// The same place, opened anew.
    pub async fn again(mut self) -> Self {
        self.store = Store::open(&self.url).await.expect("the store");
        self
    }

    /// A bucket of a name that no other test uses.
    pub async fn bucket(&self) -> Bucket {
        self.bucket_with(BucketConfig::new(unique("bucket"))).await
    }

    /// A bucket with this configuration.
    pub async fn bucket_with(&self, config: BucketConfig) -> Bucket {
        self.store.create_bucket(config).await.expect("a new bucket")
    }

    /// The directory of a local store.
    pub fn directory(&self) -> Option<PathBuf> {
        self.dir.as_ref().map(|dir| dir.path().to_owned())
    }

    /// A raw client of the server, or `None` on the local engine.
    pub async fn raw(&self) -> Option<async_nats::Client> {
        match self.dir {
            Some(_) => None,
            None => Some(connect(&self.url).await),
        }
    }

    /// The bucket as an engine of its own sees it: as another process would.
    pub async fn engine_bucket(&self, bucket: &Bucket) -> Arc<dyn EngineBucket> {
        let engine: Box<dyn Engine> = if let Some(dir) = &self.dir {
            Box::new(LocalEngine::open(dir.path()).await.expect("a local engine"))
        } else {
            let connected = JetStreamEngine::connect(&self.url, StoreOptions::default()).await;
            Box::new(connected.expect("a connection"))
        };
        let name = BucketName::parse(bucket.name()).expect("a bucket name");
        engine.open_bucket(&name).await.expect("the bucket")
    }

    /// Plants a record as it is, whatever it says, over the one that stands under the name.
    pub async fn plant(&self, bucket: &Bucket, name: &str, record: &serde_json::Value) {
        let engine = self.engine_bucket(bucket).await;
        let expected = engine.last(name, jetblob::Consistency::Leader).await.expect("a look");
        let write = RecordWrite {
            name: name.to_owned(),
            key: record_key(name),
            expected: expected.map_or(0, |stored| stored.revision),
            record: Some(Record::parse(record.to_string().as_bytes()).expect("a JSON object")),
            expires: None,
        };
        let commit = Commit { writes: vec![write], ..Commit::default() };
        engine.commit(&commit).await.expect("a planted record");
    }

    /// Waits until the bucket holds the blobs of these objects and no others: that nothing is left behind. Clean-up
    /// may be under way still, and a tombstone at the server lives for about a second.
    pub async fn holds_only(&self, bucket: &Bucket, names: &[&str]) {
        let mut wanted = BTreeSet::new();
        for name in names {
            let info = bucket.info(name).await.expect("the object");
            wanted.extend(info.nuid.filter(|_| info.size > 0));
        }
        let engine = self.engine_bucket(bucket).await;
        let raw = self.raw().await;
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let blobs = engine.blobs().map_ok(|blob| blob.nuid);
            let found: BTreeSet<Nuid> = blobs.try_collect().await.expect("the blobs");
            let tombstones = match &raw {
                Some(raw) if found == wanted => {
                    chunk_subjects(raw, bucket.name()).await.abs_diff(wanted.len())
                }
                _ => 0,
            };
            if found == wanted && tombstones == 0 && self.uploads_under_way() == 0 {
                return;
            }
            assert!(Instant::now() < deadline, "the bucket holds {found:?}, it should hold {wanted:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Files of a local store that belong to no object yet.
    fn uploads_under_way(&self) -> usize {
        let Some(dir) = &self.dir else { return 0 };
        let buckets = std::fs::read_dir(dir.path()).expect("the store").flatten();
        buckets.flat_map(|bucket| std::fs::read_dir(bucket.path().join("tmp"))).map(Iterator::count).sum()
    }
}

/// How many subjects of chunks the server has, whatever is on them.
async fn chunk_subjects(raw: &async_nats::Client, bucket: &str) -> usize {
    let request = serde_json::json!({ "subjects_filter": format!("$O.{bucket}.C.>") }).to_string();
    let answer = raw.request(format!("$JS.API.STREAM.INFO.OBJ_{bucket}"), request.into()).await;
    let answer: serde_json::Value =
        serde_json::from_slice(&answer.expect("an answer").payload).expect("JSON");
    answer["state"]["subjects"].as_object().map_or(0, serde_json::Map::len)
}

/// A name that no other test of the process uses.
pub fn unique(what: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{what}-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Connects, as the user that the URL names.
async fn connect(url: &str) -> async_nats::Client {
    let address: async_nats::ServerAddr = url.parse().expect("a URL");
    let options = match (address.username(), address.password()) {
        (Some(user), Some(password)) => {
            async_nats::ConnectOptions::with_user_and_password(user.to_owned(), password.to_owned())
        }
        _ => async_nats::ConnectOptions::new(),
    };
    options.connect(address).await.expect("a connection")
}
