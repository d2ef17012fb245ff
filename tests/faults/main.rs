//! Faults: of networks, servers, disks and rights. Nothing is lost, nothing is half, nothing hangs.
//!
//! A test bears the number of its row in `matrix.tsv`, which names the tests of every row, here and elsewhere;
//! `make faults` prints it with their results.

use std::time::Duration;

use jetblob::{Bucket, Digest, Error, Object, Store, StoreOptions};

mod cluster;
mod credentials;
mod disk;
mod files;
mod full;
mod matrix;
mod network;
mod partition;
mod policy;
mod process;
mod tls;
mod versions;

/// Tests that are bounded in time: no operation hangs.
macro_rules! bounded {
    ($($(#[$promise:meta])* async fn $name:ident() $check:block)*) => {
        $(
            $(#[$promise])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                tokio::time::timeout(std::time::Duration::from_mins(2), async { $check }).await.expect("the test hangs");
            }
        )*
    };
}
pub(crate) use bounded;

/// A store over this URL that waits no longer than this for progress.
async fn store_within(url: &str, idle_timeout: Duration) -> Store {
    let mut options = StoreOptions::default();
    options.idle_timeout = idle_timeout;
    Store::open_with(url, options).await.expect("a connection")
}

/// The object is there, whole.
async fn holds(bucket: &Bucket, name: &str, body: &[u8]) {
    let info = bucket.info(name).await.expect("the object's info");
    assert_eq!((info.size, info.digest), (body.len() as u64, Some(Digest::of(body))), "{name}");
    let bytes = bucket.get_bytes(name).await.expect("the object's bytes");
    assert!(bytes == body, "{name}: {} bytes came, not the {} that were put", bytes.len(), body.len());
}

/// Waits for what others do.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(tokio::time::Instant::now() < deadline, "not yet after 30 s: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Whether tests of many minutes run: with `make soak`.
fn is_soaked() -> bool {
    let is_soaked = std::env::var_os("JETBLOB_SOAK").is_some();
    if !is_soaked {
        println!("skipped: `make soak` runs it");
    }
    is_soaked
}

/// What is left of an object, or the error that it ends with.
async fn rest(mut object: Object) -> Result<Vec<u8>, Error> {
    let mut rest = Vec::new();
    while let Some(chunk) = object.next().await? {
        rest.extend_from_slice(&chunk);
    }
    Ok(rest)
}
