//! A small object under a name that is free goes in one round trip, and comes whole or not at all.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use jetblob::{Bucket, BucketConfig, GcOptions, PutOptions, Store, StoreOptions};
use serde_json::json;
use tests::{Fate, Frame, Place, Proxy, unique};

use crate::{assert_holds, body, on_a_server, on_every_engine};

/// A name that no client ever put under another key, and one whose record older clients put under another.
const NAMES: [&str; 2] = ["abc", "ab"];

/// What a client sends to the bucket, and how many messages come back.
#[derive(Debug, Default)]
struct Traffic {
    sent: Mutex<Vec<String>>,
    answers: AtomicUsize,
}

/// Whether a message is a record that goes with its chunk.
fn is_pair(frame: &Frame<'_>) -> bool {
    frame.line.contains(".M.") && frame.body.contains("Nats-Expected-Last-Msg-Id")
}

/// Lets a handle find a name that is free, and so take the next one for free too.
async fn find_free(bucket: &Bucket) {
    bucket.put_bytes(unique("free"), "").await.unwrap();
}

/// Whether a message is the acknowledgement of another.
fn is_acknowledgement(frame: &Frame<'_>) -> bool {
    frame.body.starts_with("{\"stream\":\"OBJ_")
}

/// The bucket through a proxy that loses the next message that is one of these, whenever it is told to.
async fn losing(
    place: &Place,
    bucket: &Bucket,
    which: fn(&Frame<'_>) -> bool,
) -> (Bucket, Arc<AtomicBool>, Proxy) {
    let losing = Arc::new(AtomicBool::new(false));
    let [of_client, of_server] = [losing.clone(), losing.clone()]
        .map(|lost| move |frame: &Frame<'_>| which(frame) && lost.swap(false, Ordering::Relaxed));
    let proxy = Proxy::between(&place.url, of_client, of_server).await;
    let mut options = StoreOptions::default();
    options.idle_timeout = Duration::from_secs(4);
    let store = Store::open_with(proxy.url(), options).await.unwrap();
    let through = store.bucket(bucket.name()).await.unwrap();
    find_free(&through).await;
    (through, losing, proxy)
}

on_a_server! {
    /// One round trip: two messages go, one comes back.
    async fn one_round_trip() {
        let place = Place::jetstream().await;
        let bucket = place.bucket().await;
        let traffic = Arc::new(Traffic::default());
        let (of_client, of_server) = (traffic.clone(), traffic.clone());
        let proxy = Proxy::deciding(
            &place.url,
            move |frame| {
                let subject = frame.line.split(' ').nth(1).unwrap_or_default();
                of_client.sent.lock().unwrap().push(subject.to_owned());
                Fate::Pass
            },
            move |_| {
                of_server.answers.fetch_add(1, Ordering::Relaxed);
                Fate::Pass
            },
        )
        .await;
        let store = Store::open(proxy.url()).await.unwrap();
        let bucket = store.bucket(bucket.name()).await.unwrap();
        find_free(&bucket).await;
        for name in NAMES {
            traffic.sent.lock().unwrap().clear();
            traffic.answers.store(0, Ordering::Relaxed);
            let info = bucket.put_bytes(name, body(1000)).await.unwrap();
            let sent = traffic.sent.lock().unwrap().clone();
            let [chunk, record] = &sent[..] else { panic!("{sent:?}") };
            assert!(chunk.ends_with(&format!(".C.{}", info.nuid.unwrap())), "{chunk}");
            assert!(record.contains(".M."), "{record}");
            assert_eq!(traffic.answers.load(Ordering::Relaxed), 1);
            assert_holds(&bucket, name, &body(1000)).await;
        }
        place.holds_only(&bucket, &NAMES).await;
    }

    /// The chunk is lost: the record isn't let in without it, and the put goes on step by step.
    async fn the_chunk_is_lost() {
        let place = Place::jetstream().await;
        let bucket = place.bucket().await;
        let (through, losing, _proxy) = losing(&place, &bucket, |frame| frame.line.contains(".C.")).await;
        for name in NAMES {
            losing.store(true, Ordering::Relaxed);
            through.put_bytes(name, body(1000)).await.unwrap();
            assert!(!losing.load(Ordering::Relaxed), "a chunk was lost");
            assert_holds(&bucket, name, &body(1000)).await;
        }
        place.holds_only(&bucket, &NAMES).await;
    }

    /// 34. The answer is lost, and the object with its chunk is there: the put reads that back, and succeeds once.
    async fn b34_the_answer_is_lost() {
        let place = Place::jetstream().await;
        let bucket = place.bucket().await;
        let (through, losing, _proxy) = losing(&place, &bucket, is_acknowledgement).await;
        losing.store(true, Ordering::Relaxed);
        let info = through.put_bytes("a", body(1000)).await.unwrap();
        assert_eq!(bucket.info("a").await.unwrap().revision, info.revision, "it took effect once");
        assert_holds(&bucket, "a", &body(1000)).await;
        place.holds_only(&bucket, &["a"]).await;
    }

    /// 34. The record is lost. Where nothing stands under the name, the put goes on; where something does, it may have stood
    /// there since: that is unknown. What the chunk leaves, a gc removes.
    async fn b34_the_record_is_lost() {
        let place = Place::jetstream().await;
        let bucket = place.bucket().await;
        bucket.put_bytes("ab", body(300_000)).await.unwrap();
        for (name, code) in [("abc", None), ("ab", Some("unknown"))] {
            let (through, losing, _proxy) = losing(&place, &bucket, is_pair).await;
            losing.store(true, Ordering::Relaxed);
            let put = through.put_bytes(name, body(1000)).await;
            assert_eq!(put.err().map(|error| error.code()), code);
            assert!(!losing.load(Ordering::Relaxed), "a record was lost");
        }
        assert_holds(&bucket, "abc", &body(1000)).await;
        assert_holds(&bucket, "ab", &body(300_000)).await;
        bucket.gc(GcOptions::default().with_grace(Duration::ZERO)).await.unwrap();
        place.holds_only(&bucket, &NAMES).await;
    }

    /// 34. The answer is lost, and then the object gets another name: it is whole under that, and its chunk is not taken for
    /// a leftover.
    async fn b34_renamed_away_in_doubt() {
        let place = Place::jetstream().await;
        let bucket = place.bucket().await;
        let (through, losing, _proxy) = losing(&place, &bucket, is_acknowledgement).await;
        losing.store(true, Ordering::Relaxed);
        let put = tokio::spawn(async move { through.put_bytes("a", body(1000)).await });
        while losing.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        bucket.rename("a", "b").await.unwrap();
        assert_eq!(put.await.unwrap().unwrap_err().code(), "unknown");
        assert_holds(&bucket, "b", &body(1000)).await;
        place.holds_only(&bucket, &["b"]).await;
    }

    /// 33. A put over a name that is taken is given up at any moment: the old object is whole, or the new one, and nothing
    /// else is left.
    async fn b33_given_up_over_another() {
        let place = Place::jetstream().await;
        let bucket = place.bucket().await;
        for wait in (0..60).map(|step| Duration::from_micros(step * 50)) {
            bucket.put_bytes("a", body(300_000)).await.unwrap();
            find_free(&bucket).await;
            let through = &bucket;
            let _ = tokio::time::timeout(wait, through.put_bytes("a", body(1000))).await;
        }
        let size = bucket.info("a").await.unwrap().size;
        assert_holds(&bucket, "a", &body(usize::try_from(size).unwrap())).await;
        place.holds_only(&bucket, &["a"]).await;
    }

    /// A put over a name that is taken is at its end when it returns: a seal right after it leaves nothing behind.
    async fn sealed_right_after_it() {
        let place = Place::jetstream().await;
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(300_000)).await.unwrap();
        find_free(&bucket).await;
        bucket.put_bytes("a", body(1000)).await.unwrap();
        bucket.seal().await.unwrap();
        assert_holds(&bucket, "a", &body(1000)).await;
        place.holds_only(&bucket, &["a"]).await;
    }

    /// Another client deletes the object while the put waits for its answer: that isn't told as the put's own revision.
    async fn b34_deleted_in_doubt() {
        let place = Place::jetstream().await;
        let bucket = place.bucket().await;
        let (through, losing, _proxy) = losing(&place, &bucket, is_acknowledgement).await;
        losing.store(true, Ordering::Relaxed);
        let put = tokio::spawn(async move { through.put_bytes("a", body(1000)).await });
        while losing.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        bucket.delete("a").await.unwrap();
        assert_eq!(put.await.unwrap().unwrap_err().code(), "unknown");
        assert_eq!(bucket.info("a").await.unwrap_err().code(), "not_found");
        place.holds_only(&bucket, &[]).await;
    }

    /// 5. An older client's record stands under its own key for the name, whatever is lost: it is no free name, and it is
    /// replaced where it stands.
    async fn b05_an_older_client_has_the_name() {
        let place = Place::jetstream().await;
        let bucket = place.bucket().await;
        let record = json!({ "name": "ab", "bucket": bucket.name(), "nuid": "old", "size": 0, "chunks": 0 });
        let subject = format!("$O.{}.M.YWI", bucket.name());
        let raw = place.raw().await.unwrap();
        raw.request(subject.clone(), record.to_string().into()).await.unwrap();
        for loses in [false, true] {
            let (through, losing, _proxy) = losing(&place, &bucket, is_pair).await;
            losing.store(loses, Ordering::Relaxed);
            let absent = PutOptions::default().if_absent();
            let error = through.put_with("ab", body(1000), absent).await.unwrap_err();
            assert_eq!(error.code(), if loses { "unknown" } else { "conflict" }, "{error}");
            assert!(!losing.load(Ordering::Relaxed), "a record was lost");
        }
        let through = Store::open(&place.url).await.unwrap().bucket(bucket.name()).await.unwrap();
        through.put_bytes("ab", body(1000)).await.unwrap();
        assert_holds(&bucket, "ab", &body(1000)).await;
        place.holds_only(&bucket, &["ab"]).await;
        let info = format!("$JS.API.STREAM.INFO.OBJ_{}", bucket.name());
        let filter = json!({ "subjects_filter": format!("$O.{}.M.>", bucket.name()) }).to_string();
        let answer = raw.request(info, filter.into()).await.unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&answer.payload).unwrap();
        let subjects = &answer["state"]["subjects"];
        assert_eq!(subjects[subject], 1);
        assert!(subjects[format!("$O.{}.M.YWI=", bucket.name())].is_null(), "{subjects}");
    }
}

on_every_engine! {
    /// Many at once, by two who don't know of each other, under names of their own: all of them are whole.
    async fn many_beside_each_other(place: Place) {
        let bucket = place.bucket().await;
        let other = Store::open(&place.url).await.unwrap();
        let other = other.bucket(bucket.name()).await.unwrap();
        let puts = (0..400).map(|index| {
            let bucket = if index % 2 == 0 { bucket.clone() } else { other.clone() };
            tokio::spawn(async move { bucket.put_bytes(index.to_string(), body(index)).await })
        });
        for put in join_all(puts).await {
            put.unwrap().unwrap();
        }
        for index in 0..400 {
            assert_holds(&bucket, &index.to_string(), &body(index)).await;
        }
        let names: Vec<_> = (0..400).map(|index| index.to_string()).collect();
        place.holds_only(&bucket, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    }

    /// Many at once under one name: the last one is whole, nothing is left of the others; who wants a free name gets it
    /// once.
    async fn many_under_one_name(place: Place) {
        let bucket = place.bucket().await;
        let puts = (0..50).map(|index| {
            let bucket = bucket.clone();
            tokio::spawn(async move { bucket.put_bytes("a", body(index)).await.unwrap() })
        });
        let last = join_all(puts).await.into_iter().map(Result::unwrap).max_by_key(|info| info.revision).unwrap();
        assert_holds(&bucket, "a", &body(usize::try_from(last.size).unwrap())).await;
        place.holds_only(&bucket, &["a"]).await;

        let bucket = place.bucket_with(BucketConfig::new(unique("once"))).await;
        let puts = (0..50).map(|index| {
            let bucket = bucket.clone();
            let options = PutOptions::default().if_absent();
            tokio::spawn(async move { bucket.put_with("a", body(index + 1), options).await })
        });
        let puts = join_all(puts).await.into_iter().map(Result::unwrap);
        let (stored, refused): (Vec<_>, Vec<_>) = puts.partition(Result::is_ok);
        assert_eq!(stored.len(), 1);
        assert!(refused.into_iter().all(|put| put.unwrap_err().code() == "conflict"));
        place.holds_only(&bucket, &["a"]).await;
    }
}
