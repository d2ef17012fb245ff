//! 34. The answer to a commit is lost: nothing is purged before it is known how the commit ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use jetblob::{BucketConfig, Store, StoreOptions};
use tests::{Place, Proxy, unique};

use crate::{assert_holds, body};

/// A connection on which answers to writes can be lost, beside a sound one.
struct Faulty {
    place: Place,
    store: Store,
    losing: Arc<AtomicBool>,
    lost: Arc<AtomicUsize>,
    _proxy: Proxy,
}

impl Faulty {
    async fn new(idle_timeout: Duration) -> Self {
        let place = Place::jetstream().await;
        let (losing, lost) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let proxy = Proxy::start(&place.url, {
            let (losing, lost) = (losing.clone(), lost.clone());
            move |frame| {
                let loses = losing.load(Ordering::Relaxed) && frame.body.starts_with("{\"stream\":\"OBJ_");
                lost.fetch_add(usize::from(loses), Ordering::Relaxed);
                loses
            }
        })
        .await;
        let mut options = StoreOptions::default();
        options.idle_timeout = idle_timeout;
        let store = Store::open_with(proxy.url(), options).await.unwrap();
        Self { place, store, losing, lost, _proxy: proxy }
    }

    /// Waits until an answer was lost.
    async fn answer_lost(&self) {
        while self.lost.load(Ordering::Relaxed) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// An empty object has no chunks: the only answer to be lost is that to the commit. The put reads back, and succeeds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b34_read_back() {
    let faulty = Faulty::new(Duration::from_secs(30)).await;
    let sound = faulty.place.bucket_with(BucketConfig::new(unique("lost"))).await;
    sound.put_bytes("a", body(300_000)).await.unwrap();
    let bucket = faulty.store.bucket(sound.name()).await.unwrap();
    faulty.losing.store(true, Ordering::Relaxed);
    let put = tokio::spawn(async move { bucket.put_bytes("a", "").await });
    faulty.answer_lost().await;
    faulty.losing.store(false, Ordering::Relaxed);
    let info = put.await.unwrap().unwrap();
    assert_eq!(sound.info("a").await.unwrap().revision, info.revision, "it took effect once");
    assert_holds(&sound, "a", b"").await;
    faulty.place.holds_only(&sound, &["a"]).await;
}

/// Another writer replaces the object before the answer is missed: what it was told stands.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b34_another_writer_in_between() {
    let faulty = Faulty::new(Duration::from_secs(30)).await;
    let sound = faulty.place.bucket_with(BucketConfig::new(unique("lost"))).await;
    let bucket = faulty.store.bucket(sound.name()).await.unwrap();
    faulty.losing.store(true, Ordering::Relaxed);
    let put = tokio::spawn(async move { bucket.put_bytes("a", "").await });
    faulty.answer_lost().await;
    sound.put_bytes("a", body(300_000)).await.unwrap();
    let error = put.await.unwrap().unwrap_err();
    assert_eq!(error.code(), "unknown", "{error}");
    assert_holds(&sound, "a", &body(300_000)).await;
    faulty.place.holds_only(&sound, &["a"]).await;
}

/// The answers to chunks are lost until the idle limit: the put fails, the old object is whole, nothing is left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_to_chunks() {
    let faulty = Faulty::new(Duration::from_secs(2)).await;
    let sound = faulty.place.bucket_with(BucketConfig::new(unique("lost"))).await;
    sound.put_bytes("a", body(300_000)).await.unwrap();
    let bucket = faulty.store.bucket(sound.name()).await.unwrap();
    faulty.losing.store(true, Ordering::Relaxed);
    for size in [10, 5 << 20] {
        let error = bucket.put_bytes("a", body(size)).await.unwrap_err();
        assert_eq!(error.code(), "timeout", "{error}");
        assert_holds(&sound, "a", &body(300_000)).await;
    }
    faulty.losing.store(false, Ordering::Relaxed);
    faulty.store.close().await;
    faulty.place.holds_only(&sound, &["a"]).await;
}

/// No answer at all until the idle limit: unknown, and the object is whole, whichever it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b34_until_the_end() {
    let place = Place::jetstream().await;
    let sound = place.bucket_with(BucketConfig::new(unique("lost"))).await;
    sound.put_bytes("a", body(300_000)).await.unwrap();
    // After the look-up nothing comes through any more.
    let silent = Arc::new(AtomicBool::new(false));
    let proxy = Proxy::start(&place.url, {
        let silent = silent.clone();
        move |frame| {
            let commit = frame.body.starts_with("{\"stream\":\"OBJ_");
            silent.fetch_or(commit, Ordering::Relaxed) || commit
        }
    })
    .await;
    let mut options = StoreOptions::default();
    options.idle_timeout = Duration::from_secs(3);
    let store = Store::open_with(proxy.url(), options).await.unwrap();
    let bucket = store.bucket(sound.name()).await.unwrap();
    let error = bucket.put_bytes("a", "").await.unwrap_err();
    assert_eq!(error.code(), "unknown", "{error}");
    assert_holds(&sound, "a", b"").await;
}
