//! Credentials that end while they are used.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use async_nats::connection::State;
use jetblob::{Bucket, BucketConfig, Store, StoreOptions};
use tempfile::TempDir;
use tests::{Operator, Server, ServerKind, bytes_of};

use crate::{bounded, holds, rest, until};

/// More than what is read ahead.
const LARGE: u64 = 64 << 20;

/// How long a JWT is valid, by the second: long enough to begin, short enough to wait for its end.
const SHORT: Duration = Duration::from_secs(4);

const IDLE: Duration = Duration::from_secs(4);

/// A server that checks JWTs, with a bucket and an object in it; and a file for somebody's credentials.
struct Checked {
    operator: Operator,
    server: Server,
    dir: TempDir,
}

impl Checked {
    async fn start() -> Self {
        let operator = Operator::new();
        // The server tells that a JWT has expired only when it tells everything.
        let config = format!("jetstream {{ store_dir: \"$DIR/js\" }}\ndebug: true\n{}", operator.config());
        let server = Server::with_config(ServerKind::Newest, &config);
        let checked = Self { operator, server, dir: tempfile::tempdir().expect("a directory") };
        let store =
            checked.open(|options| options.credentials = Some(checked.operator.credentials(None))).await;
        let bucket = store.create_bucket(BucketConfig::new("b")).await.expect("a bucket");
        bucket.put_bytes("a", bytes_of("a", 300_000)).await.expect("an object");
        bucket.put_bytes("large", bytes_of("large", LARGE)).await.expect("an object");
        checked
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("user.creds")
    }

    /// Writes credentials into the file, in one step as who renews them does.
    fn renew(&self, valid: Option<Duration>) {
        let new = self.dir.path().join("new");
        fs::write(&new, self.operator.credentials(valid)).expect("a file");
        fs::rename(new, self.file()).expect("a file");
    }

    async fn open(&self, with: impl FnOnce(&mut StoreOptions)) -> Store {
        let mut options = StoreOptions::default();
        options.idle_timeout = IDLE;
        with(&mut options);
        Store::open_with(self.server.url(), options).await.expect("a connection")
    }

    /// Waits until the server has sent somebody away.
    async fn expired(&self) {
        until("a JWT has expired", || self.server.log().contains("User Authentication Expired")).await;
    }

    /// Waits until the server has sent these away, and lets them in no more: in the second in which a JWT ends it may do
    /// so once more.
    async fn refuses(&self, stores: &[&Store]) {
        let is_lost = |store: &&Store| {
            store.jetstream().expect("a connection").client().connection_state() == State::Disconnected
        };
        let is_expired = || self.server.log().contains("claim is expired");
        until("nobody is let in any more", || is_expired() && stores.iter().all(is_lost)).await;
    }
}

/// Everything fails in time, for the reason that it has.
async fn is_refused(bucket: &Bucket) {
    let start = Instant::now();
    let (put, large, got, info, deleted) = tokio::join!(
        bucket.put_bytes("b", bytes_of("b", 300_000)),
        bucket.put_bytes("c", bytes_of("c", LARGE)),
        bucket.get_bytes("a"),
        bucket.info("a"),
        bucket.delete("a"),
    );
    let failed = [put.map(drop), large.map(drop), got.map(drop), info.map(drop), deleted.map(drop)];
    for error in failed.map(Result::unwrap_err) {
        assert_eq!(error.code(), "unauthenticated", "{error}");
        assert!(!error.is_retryable());
    }
    assert!(start.elapsed() < 3 * IDLE, "after {:?}", start.elapsed());
}

bounded! {
    /// A JWT expires, and its file isn't renewed: that is the error, of what is under way and of what is asked then,
    /// within the limit. Once the file is renewed the same handle goes on.
    async fn row54_expired() {
        let checked = Checked::start().await;
        checked.renew(Some(SHORT));
        let text = checked.operator.credentials(Some(SHORT));
        let with_file = checked.open(|options| options.credentials_file = Some(checked.file())).await;
        let with_text = checked.open(|options| options.credentials = Some(text)).await;
        let (by_file, by_text) = (with_file.bucket("b").await.unwrap(), with_text.bucket("b").await.unwrap());
        let mut object = by_file.get("large").await.unwrap();
        object.next().await.unwrap().unwrap();
        checked.refuses(&[&with_file, &with_text]).await;
        let read = async {
            let error = rest(object).await.unwrap_err();
            assert_eq!(error.code(), "unauthenticated", "{error}");
        };
        tokio::join!(is_refused(&by_file), is_refused(&by_text), read);

        checked.renew(None);
        let start = Instant::now();
        while let Err(error) = by_file.put_bytes("b", bytes_of("b", 300_000)).await {
            assert_eq!(error.code(), "unauthenticated", "{error}");
            assert!(start.elapsed() < Duration::from_secs(20), "the renewed file is not read");
        }
        holds(&by_file, "a", &bytes_of("a", 300_000)).await;
        holds(&by_file, "b", &bytes_of("b", 300_000)).await;
        assert_eq!(by_file.info("c").await.unwrap_err().code(), "not_found");
    }

    /// A JWT expires, and its file was renewed before: what is under way goes on, and so does what is asked then.
    async fn row54_renewed_in_time() {
        let checked = Checked::start().await;
        checked.renew(Some(SHORT));
        let store = checked.open(|options| options.credentials_file = Some(checked.file())).await;
        let bucket = store.bucket("b").await.unwrap();
        let mut object = bucket.get("large").await.unwrap();
        let first = object.next().await.unwrap().unwrap();
        let mut upload = bucket.upload("b");
        upload.write(bytes_of("first", 5 << 20)).await.unwrap();
        checked.renew(None);
        checked.expired().await;
        assert!(rest(object).await.unwrap() == bytes_of("large", LARGE)[first.len()..]);
        let written = async {
            upload.write(bytes_of("second", 5 << 20)).await?;
            upload.finish().await
        };
        // Chunks may have been on their way.
        match written.await {
            Ok(_) => holds(&bucket, "b", &[bytes_of("first", 5 << 20), bytes_of("second", 5 << 20)].concat()).await,
            Err(error) => assert!(error.is_retryable(), "{error}"),
        }
        bucket.put_bytes("b", bytes_of("b", LARGE)).await.unwrap();
        holds(&bucket, "b", &bytes_of("b", LARGE)).await;
        holds(&bucket, "a", &bytes_of("a", 300_000)).await;
    }
}
