//! The server is replaced by a newer one.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jetblob::{Bucket, BucketConfig, PutOptions};
use tests::{Fate, Frame, Proxy, Server, ServerKind, bytes_of};
use tokio::task::JoinHandle;

use crate::{bounded, holds, store_within, until};

const LARGE: u64 = 5 << 20;

/// Puts and gets that go on and on.
struct Load {
    /// The names of the objects that were acknowledged.
    stored: Arc<Mutex<Vec<String>>>,
    read: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
    tasks: [JoinHandle<()>; 2],
}

/// The size of an object of the load.
fn size_of(name: &str) -> u64 {
    if name.ends_with(['1', '4', '7']) { 300_000 } else { 1000 }
}

impl Load {
    fn begin(bucket: &Bucket) -> Self {
        let (stored, read, over) = (Arc::<Mutex<Vec<String>>>::default(), Arc::default(), Arc::default());
        let putting = {
            let (bucket, stored, over) = (bucket.clone(), stored.clone(), Arc::<AtomicBool>::clone(&over));
            async move {
                for index in 0.. {
                    let name = index.to_string();
                    match bucket.put_bytes(name.as_str(), bytes_of(&name, size_of(&name))).await {
                        Ok(_) => stored.lock().unwrap_or_else(PoisonError::into_inner).push(name),
                        Err(error) => assert!(error.is_retryable() || error.code() == "unknown", "{error}"),
                    }
                    if over.load(Ordering::Relaxed) {
                        return;
                    }
                }
            }
        };
        let getting = {
            let (bucket, stored) = (bucket.clone(), stored.clone());
            let (read, over) = (Arc::<AtomicUsize>::clone(&read), Arc::<AtomicBool>::clone(&over));
            async move {
                for index in (0..).step_by(7) {
                    let name = {
                        let stored = stored.lock().unwrap_or_else(PoisonError::into_inner);
                        stored.get(index % stored.len().max(1)).cloned()
                    };
                    let Some(name) = name else {
                        tokio::task::yield_now().await;
                        continue;
                    };
                    match bucket.get_bytes(&name).await {
                        Ok(bytes) => {
                            assert!(bytes == bytes_of(&name, size_of(&name)), "{name}: other bytes");
                            read.fetch_add(1, Ordering::Relaxed);
                        }
                        Err(error) => assert!(error.is_retryable(), "{error}"),
                    }
                    if over.load(Ordering::Relaxed) {
                        return;
                    }
                }
            }
        };
        let tasks = [tokio::spawn(putting), tokio::spawn(getting)];
        Self { stored, read, over, tasks }
    }

    /// Waits until so many more objects were put, and so many gets succeeded.
    async fn goes_on(&self, count: usize) {
        let stored = || self.stored.lock().unwrap_or_else(PoisonError::into_inner).len();
        let read = || self.read.load(Ordering::Relaxed);
        let before = (stored(), read());
        let is_so = || {
            stored() >= before.0 + count && read() >= before.1 + count
                || self.tasks.iter().any(JoinHandle::is_finished)
        };
        until("puts and gets go on", is_so).await;
    }

    /// Ends it. Answers with the names of what was acknowledged.
    async fn end(self) -> Vec<String> {
        self.over.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.expect("no surprise");
        }
        self.stored.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

bounded! {
    /// The oldest server is replaced by the newest under the hands of who puts and gets: nothing acknowledged is lost,
    /// and the same handles go on. What the newer server can do besides is used once the stream has it, not before.
    async fn row38_an_upgrade_under_load() {
        if std::env::var_os("JETBLOB_SKIP_OLDEST").is_some() {
            println!("skipped: there is no old server here");
            return;
        }
        let mut server = Server::start(ServerKind::Oldest);
        let ingested = Arc::new(AtomicUsize::new(0));
        let count = {
            let ingested = ingested.clone();
            move |frame: &Frame<'_>| {
                ingested.fetch_add(usize::from(frame.line.contains(".$FI ")), Ordering::Relaxed);
                Fate::Pass
            }
        };
        let proxy = Proxy::deciding(server.url(), count, |_| Fate::Pass).await;
        let store = store_within(proxy.url(), Duration::from_secs(5)).await;
        let bucket = store.create_bucket(BucketConfig::new("b")).await.unwrap();
        bucket.put_bytes("large", bytes_of("large", LARGE)).await.unwrap();
        let load = Load::begin(&bucket);
        load.goes_on(20).await;
        server.stop();
        server.start_again_as(ServerKind::Newest);
        load.goes_on(20).await;
        let stored = load.end().await;
        let again = store.bucket("b").await.unwrap();
        for handle in [&bucket, &again] {
            holds(handle, "large", &bytes_of("large", LARGE)).await;
            for name in &stored {
                holds(handle, name, &bytes_of(name, size_of(name))).await;
            }
        }

        // The stream is as the old server made it, whatever the server is.
        let soon = PutOptions::default().expires_after(Duration::from_mins(10));
        for handle in [&bucket, &again] {
            handle.put_bytes("large", bytes_of("again", LARGE)).await.unwrap();
            let error = handle.put_with("soon", "x", soon.clone()).await.unwrap_err();
            assert_eq!(error.code(), "invalid_argument", "{error}");
        }
        assert_eq!(ingested.load(Ordering::Relaxed), 0);
        let updated = store.update_bucket(BucketConfig::new("b")).await.unwrap();
        for handle in [&bucket, &again, &updated] {
            handle.put_bytes("large", bytes_of("large", LARGE)).await.unwrap();
            holds(handle, "large", &bytes_of("large", LARGE)).await;
            handle.put_with("soon", "x", soon.clone()).await.unwrap();
        }
        assert!(ingested.load(Ordering::Relaxed) > 0);
    }
}
