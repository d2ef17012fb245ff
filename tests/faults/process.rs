//! The server's process: killed, stopped, started again.

use std::time::{Duration, Instant};

use jetblob::{Bucket, BucketConfig, GcOptions, Store};
use tests::{Place, Server, ServerKind, bytes_of};

use crate::{bounded, holds, rest, store_within};

const LARGE: u64 = 64 << 20;

/// A server of its own, and a bucket on it.
async fn served(idle_timeout: Duration, plain: bool) -> (Server, Place, Store, Bucket) {
    let server = Server::start(ServerKind::Newest);
    let place = Place::on(server.url()).await;
    let store = store_within(server.url(), idle_timeout).await;
    let bucket =
        store.create_bucket(BucketConfig { plain, ..BucketConfig::new("b") }).await.expect("a bucket");
    (server, place, store, bucket)
}

/// Puts in the background; returns when some of it is under way.
async fn put_under_way(
    bucket: &Bucket,
    name: &'static str,
) -> tokio::task::JoinHandle<jetblob::Result<jetblob::ObjectInfo>> {
    let (sender, mut receiver) = tokio::sync::watch::channel(0);
    let options = jetblob::PutOptions::default().with_progress(move |bytes| {
        sender.send_replace(bytes);
    });
    let bucket = bucket.clone();
    let put = tokio::spawn(async move { bucket.put_with(name, bytes_of(name, LARGE), options).await });
    receiver.wait_for(|bytes| *bytes > LARGE / 8).await.expect("progress");
    put
}

/// A put that failed as the server went away may leave chunks: a gc finds them.
async fn holds_only_after_gc(place: &Place, bucket: &Bucket, names: &[&str]) {
    bucket.gc(GcOptions::default().with_grace(Duration::ZERO)).await.expect("a gc");
    place.holds_only(bucket, names).await;
}

bounded! {
    /// The server is killed in the middle of a put, and starts again: the put ends well, or in an error that leaves the
    /// old object and can be tried again. Never a half object.
    async fn row20_killed_in_a_put() {
        for plain in [false, true] {
            let (mut server, place, _, bucket) = served(Duration::from_secs(15), plain).await;
            bucket.put_bytes("a", bytes_of("old", 300_000)).await.unwrap();
            for _ in 0..3 {
                let put = put_under_way(&bucket, "a").await;
                server.restart();
                match put.await.unwrap() {
                    Ok(_) => holds(&bucket, "a", &bytes_of("a", LARGE)).await,
                    Err(error) => {
                        assert!(error.is_retryable(), "{error}");
                        holds(&bucket, "a", &bytes_of("old", 300_000)).await;
                    }
                }
                bucket.put_bytes("a", bytes_of("old", 300_000)).await.unwrap();
            }
            holds_only_after_gc(&place, &bucket, &["a"]).await;
        }
    }

    /// The server is killed in the middle of a get, and starts again: the get goes on, and ends with every byte.
    async fn row21_killed_in_a_get() {
        let (mut server, _, _, bucket) = served(Duration::from_secs(20), false).await;
        let whole = bytes_of("a", LARGE);
        bucket.put_bytes("a", whole.clone()).await.unwrap();
        for _ in 0..3 {
            let mut object = bucket.get("a").await.unwrap();
            let first = object.next().await.unwrap().unwrap();
            let reading = tokio::spawn(rest(object));
            server.restart();
            assert!(reading.await.unwrap().unwrap() == whole[first.len()..]);
        }
    }

    /// The server is killed as soon as it has acknowledged: the object is there.
    async fn row22_killed_after_a_put() {
        let (mut server, place, _, bucket) = served(Duration::from_secs(20), false).await;
        for (name, size) in [("empty", 0), ("small", 10), ("large", LARGE)] {
            bucket.put_bytes(name, bytes_of(name, size)).await.unwrap();
            server.restart();
            holds(&bucket, name, &bytes_of(name, size)).await;
        }
        place.holds_only(&bucket, &["small", "large"]).await;
    }

    /// The server stands still for less than the limit: puts and gets end well.
    async fn row23_stopped_for_a_while() {
        let (server, place, _, bucket) = served(Duration::from_secs(20), false).await;
        let whole = bytes_of("b", LARGE);
        bucket.put_bytes("b", whole.clone()).await.unwrap();
        let mut object = bucket.get("b").await.unwrap();
        let first = object.next().await.unwrap().unwrap();
        let put = put_under_way(&bucket, "a").await;
        server.pause();
        let reading = tokio::spawn(rest(object));
        // The time is the point of the test: nothing is waited for.
        tokio::time::sleep(Duration::from_secs(6)).await;
        server.resume();
        assert!(reading.await.unwrap().unwrap() == whole[first.len()..]);
        put.await.unwrap().unwrap();
        holds(&bucket, "a", &bytes_of("a", LARGE)).await;
        place.holds_only(&bucket, &["a", "b"]).await;
    }

    /// The server stands still for longer than the limit: an error within it, and all is well when it goes on.
    async fn row23_stopped_for_too_long() {
        let (server, place, store, bucket) = served(Duration::from_secs(3), false).await;
        bucket.put_bytes("a", bytes_of("old", 300_000)).await.unwrap();
        bucket.put_bytes("b", bytes_of("b", LARGE)).await.unwrap();
        let mut object = bucket.get("b").await.unwrap();
        object.next().await.unwrap().unwrap();
        let put = put_under_way(&bucket, "a").await;
        server.pause();
        let start = Instant::now();
        let (put, read, info, opened) =
            tokio::join!(put, rest(object), bucket.info("a"), store.bucket("b"));
        let failed = [
            put.unwrap().map(drop).unwrap_err(),
            read.map(drop).unwrap_err(),
            info.map(drop).unwrap_err(),
            opened.map(drop).unwrap_err(),
        ];
        for error in failed {
            assert!(matches!(error.code(), "timeout" | "unavailable"), "{error}");
        }
        assert!(start.elapsed() < Duration::from_secs(12), "after {:?}", start.elapsed());
        server.resume();
        let calm = store_within(server.url(), Duration::from_secs(20)).await.bucket("b").await.unwrap();
        holds(&calm, "a", &bytes_of("old", 300_000)).await;
        holds(&calm, "b", &bytes_of("b", LARGE)).await;
        drop(bucket);
        store.close().await;
        calm.gc(GcOptions::default().with_grace(Duration::ZERO)).await.unwrap();
        place.holds_only(&calm, &["a", "b"]).await;
    }

    /// The server sends its clients away, ends, and starts again: transfers go on.
    async fn row24_lame_duck() {
        let (mut server, place, _, bucket) = served(Duration::from_secs(20), false).await;
        server.configure("jetstream { store_dir: \"$DIR/js\" }\nlame_duck_duration: \"31s\"\nlame_duck_grace_period: \"1s\"");
        server.restart();
        let whole = bytes_of("b", LARGE);
        bucket.put_bytes("b", whole.clone()).await.unwrap();
        let mut object = bucket.get("b").await.unwrap();
        let first = object.next().await.unwrap().unwrap();
        let put = put_under_way(&bucket, "a").await;
        server.lame_duck();
        let reading = tokio::spawn(rest(object));
        tokio::time::sleep(Duration::from_secs(3)).await;
        server.restart();
        assert!(reading.await.unwrap().unwrap() == whole[first.len()..]);
        if let Err(error) = put.await.unwrap() {
            assert!(error.is_retryable(), "{error}");
            bucket.put_bytes("a", bytes_of("a", LARGE)).await.unwrap();
        }
        holds(&bucket, "a", &bytes_of("a", LARGE)).await;
        holds_only_after_gc(&place, &bucket, &["a", "b"]).await;
    }
}
