//! H. Watching a bucket.

use std::collections::HashSet;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use jetblob::{BucketConfig, ObjectInfo, Store, Watch, WatchEvent, WatchOptions};
use serde_json::json;
use tests::{Place, Server, ServerKind, unique};
use tokio::time::timeout;

use crate::{body, on_a_server, on_every_engine};

fn options() -> WatchOptions {
    WatchOptions::default()
}

/// The next object, or nothing for the marker.
async fn next(watch: &mut Watch) -> Option<Box<ObjectInfo>> {
    match watch.next().await.expect("an event").expect("a watch has no end") {
        WatchEvent::Object(info) => Some(info),
        event => {
            assert_eq!(event, WatchEvent::CaughtUp);
            None
        }
    }
}

/// The names up to the marker, deleted ones with a `-` before them.
async fn first(watch: &mut Watch) -> Vec<String> {
    let mut names = Vec::new();
    while let Some(info) = next(watch).await {
        names.push(if info.deleted { format!("-{}", info.name) } else { info.name });
    }
    names
}

async fn next_name(watch: &mut Watch) -> String {
    let info = next(watch).await.expect("no second marker");
    if info.deleted { format!("-{}", info.name) } else { info.name }
}

on_every_engine! {
    /// 87, 88, 92. What is there, in the order in which it was written, deleted objects too; one marker, at once where
    /// there is nothing; then what is written. Each with the time of its record.
    async fn b87_watch(place: Place) {
        let bucket = place.bucket().await;
        let start = Instant::now();
        assert!(first(&mut bucket.watch().await.unwrap()).await.is_empty());
        assert!(start.elapsed() < Duration::from_secs(2));

        let a = bucket.put_bytes("a", body(10)).await.unwrap();
        bucket.put_bytes("b", body(10)).await.unwrap();
        bucket.add_link("l", &a).await.unwrap();
        bucket.put_bytes("a", body(20)).await.unwrap();
        bucket.delete("b").await.unwrap();
        let mut watch = bucket.watch().await.unwrap();
        assert_eq!(first(&mut watch).await, ["l", "a", "-b"]);
        let other = Store::open(&place.url).await.unwrap().bucket(bucket.name()).await.unwrap();
        other.put_bytes("c", body(10)).await.unwrap();
        let seen = next(&mut watch).await.unwrap();
        assert_eq!(*seen, bucket.info("c").await.unwrap());
        bucket.delete("a").await.unwrap();
        assert_eq!(next_name(&mut watch).await, "-a");
        bucket.update_meta("c", "c".into()).await.unwrap();
        assert_eq!(next_name(&mut watch).await, "c");
    }

    /// 87, 88. However much is there: the marker comes after all of it, and not before.
    async fn b88_marker_after_everything(place: Place) {
        let bucket = place.bucket().await;
        let names: Vec<String> = (0..2500).map(|index| format!("{index}")).collect();
        let puts = futures_util::stream::iter(&names).map(|name| bucket.put_bytes(name.as_str(), ""));
        assert_eq!(puts.buffer_unordered(32).filter(|put| std::future::ready(put.is_ok())).count().await, names.len());
        assert_eq!(first(&mut bucket.watch().await.unwrap()).await.len(), names.len());
    }

    /// 87, 88. An object that is rewritten just then is told before the marker all the same.
    async fn b88_marker_after_what_is_rewritten(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(1)).await.unwrap();
        let rewrites = async {
            for _ in 0..150 {
                bucket.put_bytes("a", body(1)).await.unwrap();
            }
        };
        let look = async || { first(&mut bucket.watch().await.unwrap()).await };
        let (mut rewrites, mut looks) = (pin!(rewrites), 0);
        loop {
            tokio::select! {
                biased;
                told = look() => assert!(!told.is_empty() && told.iter().all(|name| name == "a"), "{told:?} in {looks}"),
                () = &mut rewrites => break,
            }
            looks += 1;
        }
        assert!(looks > 1, "{looks}");
    }

    /// 95. A revision that the bucket never came to is of another bucket: nothing could be told after it.
    async fn b95_foreign_revision(place: Place) {
        let bucket = place.bucket().await;
        let last = bucket.put_bytes("a", body(10)).await.unwrap().revision;
        bucket.watch_with(options().after(last)).await.unwrap();
        let error = bucket.watch_with(options().after(last + 1)).await.unwrap_err();
        assert_eq!(error.code(), "invalid_argument", "{error}");
    }

    /// 89. Only what is new: no marker, nothing that was there; and everything since `watch` returned.
    async fn b89_updates_only(place: Place) {
        let bucket = place.bucket().await;
        let mut empty = bucket.watch_with(options().updates_only()).await.unwrap();
        bucket.put_bytes("a", body(10)).await.unwrap();
        let mut watch = bucket.watch_with(options().updates_only()).await.unwrap();
        bucket.put_bytes("b", body(10)).await.unwrap();
        assert_eq!(next_name(&mut empty).await, "a");
        assert_eq!(next_name(&mut empty).await, "b");
        assert_eq!(next_name(&mut watch).await, "b");
        for contradiction in [options().updates_only().with_history(), options().updates_only().after(1)] {
            assert_eq!(bucket.watch_with(contradiction).await.unwrap_err().code(), "invalid_argument");
        }
    }

    /// 90. Without deleted objects; the marker comes, though the last entry is one.
    async fn b90_ignore_deletes(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(10)).await.unwrap();
        bucket.put_bytes("b", body(10)).await.unwrap();
        bucket.delete("b").await.unwrap();
        let mut watch = bucket.watch_with(options().ignoring_deletes()).await.unwrap();
        assert_eq!(first(&mut watch).await, ["a"]);
        bucket.delete("a").await.unwrap();
        bucket.put_bytes("c", body(10)).await.unwrap();
        assert_eq!(next_name(&mut watch).await, "c");
    }

    /// 91. With history: the same, as jetblob leaves nothing behind that is written over.
    async fn b91_history(place: Place) {
        let bucket = place.bucket().await;
        for name in ["a", "b", "a"] {
            bucket.put_bytes(name, body(10)).await.unwrap();
        }
        let mut watch = bucket.watch_with(options().with_history()).await.unwrap();
        assert_eq!(first(&mut watch).await, ["b", "a"]);
        bucket.put_bytes("b", body(10)).await.unwrap();
        assert_eq!(next_name(&mut watch).await, "b");
    }

    /// Only names that begin with something.
    async fn prefix(place: Place) {
        let bucket = place.bucket().await;
        for name in ["x/1", "y/1", "x/2"] {
            bucket.put_bytes(name, body(10)).await.unwrap();
        }
        place.plant(&bucket, "y/bad", &json!({ "name": "y/bad", "size": "x" })).await;
        let mut watch = bucket.watch_with(options().with_prefix("x/")).await.unwrap();
        assert_eq!(first(&mut watch).await, ["x/1", "x/2"]);
        bucket.put_bytes("y/2", body(10)).await.unwrap();
        bucket.put_bytes("x/3", body(10)).await.unwrap();
        assert_eq!(next_name(&mut watch).await, "x/3");
    }

    /// 95. A watch is taken up after the last revision that was seen: nothing is missed, nothing comes again.
    async fn b95_after_a_revision(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(10)).await.unwrap();
        let mut watch = bucket.watch().await.unwrap();
        let seen = next(&mut watch).await.unwrap().revision;
        drop(watch);
        bucket.put_bytes("b", body(10)).await.unwrap();
        bucket.put_bytes("c", body(10)).await.unwrap();
        bucket.delete("b").await.unwrap();
        let mut watch = bucket.watch_with(options().after(seen)).await.unwrap();
        assert_eq!(first(&mut watch).await, ["c", "-b"]);
        bucket.put_bytes("a", body(10)).await.unwrap();
        let last = next(&mut watch).await.unwrap();
        let mut later = bucket.watch_with(options().after(last.revision)).await.unwrap();
        assert!(first(&mut later).await.is_empty());
        bucket.put_bytes("d", body(10)).await.unwrap();
        assert_eq!(next_name(&mut later).await, "d");
    }

    /// 62. A record that makes no sense is told as such, and the others still follow.
    async fn b62_bad_record(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(10)).await.unwrap();
        place.plant(&bucket, "bad", &json!({ "name": "bad", "nuid": ">", "size": 5, "chunks": 1 })).await;
        let mut watch = bucket.watch().await.unwrap();
        assert_eq!(next_name(&mut watch).await, "a");
        let error = watch.next().await.unwrap_err();
        assert_eq!(error.code(), "bad_meta");
        assert!(error.to_string().contains("\"bad\""), "{error}");
        assert_eq!(next(&mut watch).await, None);
        bucket.put_bytes("b", body(10)).await.unwrap();
        assert_eq!(next_name(&mut watch).await, "b");
    }

    /// 94. A reader that is slow loses nothing, and holds nobody up.
    async fn b94_slow_reader(place: Place) {
        let bucket = place.bucket().await;
        let mut watch = bucket.watch().await.unwrap();
        assert_eq!(next(&mut watch).await, None);
        let names: Vec<String> = (0..3000).map(|index| format!("{index}")).collect();
        let puts = futures_util::stream::iter(&names).map(|name| bucket.put_bytes(name.as_str(), ""));
        assert_eq!(puts.buffer_unordered(32).filter(|put| std::future::ready(put.is_ok())).count().await, names.len());
        let (mut told, mut last) = (HashSet::new(), 0);
        while told.len() < names.len() {
            let info = next(&mut watch).await.expect("no second marker");
            assert!(told.insert(info.name) && info.revision > last);
            last = info.revision;
        }
    }

    /// 93. The bucket is deleted: the watch says so, and doesn't go over to a new one of the same name.
    async fn b93_bucket_deleted(place: Place) {
        for recreate in [false, true] {
            let bucket = place.bucket().await;
            bucket.put_bytes("a", body(10)).await.unwrap();
            let mut watch = bucket.watch().await.unwrap();
            assert_eq!(first(&mut watch).await, ["a"]);
            place.store.delete_bucket(bucket.name()).await.unwrap();
            if recreate {
                let new = place.bucket_with(BucketConfig::new(bucket.name())).await;
                new.put_bytes("other", body(10)).await.unwrap();
            }
            assert_eq!(watch.next().await.unwrap_err().code(), "bucket_deleted", "recreated: {recreate}");
            assert!(watch.next().await.unwrap().is_none(), "that was the end");
        }
    }

    /// 93. Whatever the server says of a stream that is just on its way out, the bucket is deleted.
    async fn b93_bucket_deleted_again_and_again(place: Place) {
        for _ in 0..100 {
            let bucket = place.bucket().await;
            let mut watch = bucket.watch().await.unwrap();
            assert_eq!(next(&mut watch).await, None);
            place.store.delete_bucket(bucket.name()).await.unwrap();
            assert_eq!(watch.next().await.unwrap_err().code(), "bucket_deleted");
        }
    }

    /// 93. A watch that is dropped ends at the server too.
    async fn b93_dropped(place: Place) {
        let bucket = place.bucket().await;
        for _ in 0..5 {
            let mut watch = bucket.watch().await.unwrap();
            assert_eq!(next(&mut watch).await, None);
        }
        crate::no_consumer_is_left(&place, &bucket).await;
    }

    /// 93. So does one that is dropped at any moment: while its consumer is being made, too.
    async fn b93_dropped_at_any_moment(place: Place) {
        let bucket = place.bucket().await;
        for moment in 0..40 {
            let mut watch = bucket.watch().await.unwrap();
            assert_eq!(next(&mut watch).await, None);
            let _ = timeout(Duration::from_micros(moment * 50), watch.next()).await;
        }
        crate::no_consumer_is_left(&place, &bucket).await;
    }

    /// 95. Writers and readers that come and go: every object is told, in order, and none twice.
    async fn b95_many_watchers(place: Place) {
        let bucket = place.bucket().await;
        let done = Arc::new(AtomicBool::new(false));
        let watchers: Vec<_> = (0..4).map(|_| {
            let (bucket, done) = (bucket.clone(), done.clone());
            tokio::spawn(async move {
                let (mut seen, mut last) = (0, 0);
                while !done.load(Ordering::Relaxed) {
                    // Taken up again and again after what was seen.
                    let mut watch = bucket.watch_with(options().after(last)).await.unwrap();
                    while let Some(info) = next(&mut watch).await {
                        assert!(info.revision > last, "{} after {last}", info.revision);
                        last = info.revision;
                        seen += 1;
                    }
                }
                (seen, last)
            })
        }).collect();
        let mut newest = 0;
        for index in 0..200 {
            newest = bucket.put_bytes(format!("{index}").as_str(), "").await.unwrap().revision;
        }
        let mut watch = bucket.watch_with(options().after(newest - 1)).await.unwrap();
        assert_eq!(first(&mut watch).await, ["199"]);
        done.store(true, Ordering::Relaxed);
        for watcher in watchers {
            let (seen, last) = watcher.await.unwrap();
            assert!(seen <= 200 && last <= newest);
            let mut rest = bucket.watch_with(options().after(last)).await.unwrap();
            assert_eq!(first(&mut rest).await.len() + seen, 200);
        }
    }
}

on_a_server! {
    /// 91. A client that leaves old records behind: history tells of them, else only the last one comes.
    async fn b91_left_behind() {
        let place = Place::jetstream().await;
        let bucket = place.bucket().await;
        let raw = async_nats::jetstream::new(place.raw().await.unwrap());
        let subject = jetblob::BucketName::parse(bucket.name()).unwrap().record_subject("a");
        for description in ["1", "2", "3"] {
            let record =
                json!({ "name": "a", "nuid": "abc", "size": 0, "chunks": 0, "description": description });
            raw.publish(subject.clone(), record.to_string().into()).await.unwrap().await.unwrap();
        }
        let mut watch = bucket.watch().await.unwrap();
        assert_eq!(next(&mut watch).await.unwrap().description, "3");
        assert_eq!(next(&mut watch).await, None);
        let mut watch = bucket.watch_with(options().with_history()).await.unwrap();
        for description in ["1", "2", "3"] {
            assert_eq!(next(&mut watch).await.unwrap().description, description);
        }
        assert_eq!(next(&mut watch).await, None);
    }

    /// 95. The server is killed and comes back: the watch goes on after what it told, without a gap, without anything twice,
    /// and without a second marker.
    async fn b95_server_restarts() {
        for kind in [ServerKind::Newest, ServerKind::Oldest] {
            if kind == ServerKind::Oldest && std::env::var_os("JETBLOB_SKIP_OLDEST").is_some() {
                continue;
            }
            let mut server = Server::start(kind);
            let place = Place::on(server.url()).await;
            let bucket = place.bucket_with(BucketConfig::new(unique("restart"))).await;
            bucket.put_bytes("before", body(10)).await.unwrap();
            let mut watch = bucket.watch().await.unwrap();
            let mut begun = bucket.watch().await.unwrap();
            let mut updates = bucket.watch_with(options().updates_only()).await.unwrap();
            assert_eq!(first(&mut watch).await, ["before"]);
            for round in 0..3 {
                server.restart();
                // A connection of its own: the watch must find out by itself.
                let writer = loop {
                    let opened = match Store::open(server.url()).await {
                        Ok(store) => store.bucket(bucket.name()).await,
                        Err(error) => Err(error),
                    };
                    match opened {
                        Ok(bucket) => break bucket,
                        Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                    }
                };
                for index in 0..3 {
                    writer.put_bytes(format!("{round}.{index}").as_str(), body(10)).await.unwrap();
                }
                let start = Instant::now();
                for watch in [&mut watch, &mut updates] {
                    for index in 0..3 {
                        assert_eq!(next_name(watch).await, format!("{round}.{index}"));
                    }
                }
                assert!(start.elapsed() < Duration::from_secs(10), "after {:?}", start.elapsed());
            }
            // Where the marker comes in it depends on when the first restart struck.
            let (mut told, mut markers) = (Vec::new(), 0);
            while told.len() < 10 || markers == 0 {
                match next(&mut begun).await {
                    Some(info) => told.push(info.name),
                    None => markers += 1,
                }
            }
            assert_eq!((told[0].as_str(), told.len(), markers), ("before", 10, 1), "{told:?}");
        }
    }

    /// 95. The consumer is lost at the server: the watch makes another one.
    async fn b95_consumer_lost() {
        let place = Place::jetstream().await;
        let bucket = place.bucket().await;
        let raw = place.raw().await.unwrap();
        let mut watch = bucket.watch().await.unwrap();
        assert_eq!(next(&mut watch).await, None);
        for round in 0..3 {
            let names =
                raw.request(format!("$JS.API.CONSUMER.NAMES.OBJ_{}", bucket.name()), "".into()).await.unwrap();
            let names: serde_json::Value = serde_json::from_slice(&names.payload).unwrap();
            for name in names["consumers"].as_array().unwrap() {
                let delete = format!("$JS.API.CONSUMER.DELETE.OBJ_{}.{}", bucket.name(), name.as_str().unwrap());
                raw.request(delete, "".into()).await.unwrap();
            }
            let name = format!("{round}");
            bucket.put_bytes(name.as_str(), body(10)).await.unwrap();
            let start = Instant::now();
            assert_eq!(next_name(&mut watch).await, name);
            assert!(start.elapsed() < Duration::from_secs(5), "after {:?}", start.elapsed());
        }
    }
}
