//! 34. The answer to a commit is lost: nothing is purged before it is known how the commit ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use jetblob::{BucketConfig, Resolved, Store, StoreOptions};
use tests::{Place, Proxy, unique};

use crate::{assert_holds, body, on_a_server};

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

on_a_server! {
    /// An empty object has no chunks: the only answer to be lost is that to the commit. The put reads back, and succeeds.
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
        assert!(error.to_string().contains("\"a\""), "{error}");
        assert_holds(&sound, "a", b"").await;
        let Resolved::Committed(info) = sound.resolve(&error).await.unwrap() else { panic!("it is there") };
        assert_eq!(*info, sound.info("a").await.unwrap());
        sound.put_bytes("a", body(10)).await.unwrap();
        assert!(matches!(sound.resolve(&error).await.unwrap(), Resolved::Changed(Some(_))));
        sound.delete("a").await.unwrap();
        assert!(matches!(sound.resolve(&error).await.unwrap(), Resolved::Changed(Some(_))));
    }

    /// The write itself is lost, and the server with it: unknown, and later it turns out that nothing happened.
    async fn b34_it_never_arrived() {
        let place = Place::jetstream().await;
        let sound = place.bucket_with(BucketConfig::new(unique("lost"))).await;
        let silent = Arc::new(AtomicBool::new(false));
        let proxy = Proxy::between(
            &place.url,
            {
                let silent = silent.clone();
                move |frame| {
                    let begins_batch =
                        frame.body.contains("Nats-Batch-Id") && !frame.body.contains("Nats-Batch-Commit");
                    let record =
                        frame.line.starts_with("HPUB $O.") && frame.body.contains("Expected-Last-Subject");
                    let commit = record && !begins_batch;
                    silent.fetch_or(commit, Ordering::Relaxed) || commit
                }
            },
            {
                let silent = silent.clone();
                move |_| silent.load(Ordering::Relaxed)
            },
        )
        .await;
        let mut options = StoreOptions::default();
        options.idle_timeout = Duration::from_secs(1);
        let store = Store::open_with(proxy.url(), options).await.unwrap();
        for before in [0, 10, 300_000] {
            if before > 0 {
                sound.put_bytes("a", body(before)).await.unwrap();
            }
            silent.store(false, Ordering::Relaxed);
            let bucket = store.bucket(sound.name()).await.unwrap();
            for name in ["a", "b"] {
                silent.store(false, Ordering::Relaxed);
                let error = bucket.put_bytes(name, body(5)).await.unwrap_err();
                assert_eq!(error.code(), "unknown", "{error}");
                assert_eq!(sound.resolve(&error).await.unwrap(), Resolved::NotCommitted);
            }
            if before > 0 {
                assert_holds(&sound, "a", &body(before)).await;
                silent.store(false, Ordering::Relaxed);
                let error = bucket.rename("a", "b").await.unwrap_err();
                assert_eq!(error.code(), "unknown", "{error}");
                assert_eq!(sound.resolve(&error).await.unwrap(), Resolved::NotCommitted);
                silent.store(false, Ordering::Relaxed);
                let error = bucket.delete("a").await.unwrap_err();
                assert_eq!(sound.resolve(&error).await.unwrap(), Resolved::NotCommitted);
            }
        }
        let other = sound.get("none").await.unwrap_err();
        assert_eq!(sound.resolve(&other).await.unwrap_err().code(), "invalid_argument");
    }

    /// Answers to a rename, an update, a link and a delete are lost: each is brought to its end, and took effect once.
    async fn b34_other_writes() {
        let checks = [false, true].map(|plain| async move {
            let faulty = Faulty::new(Duration::from_secs(30)).await;
            let config = BucketConfig { plain, ..BucketConfig::new(unique("lost")) };
            let sound = faulty.place.bucket_with(config).await;
            let target = sound.put_bytes("a", body(300_000)).await.unwrap();
            let bucket = faulty.store.bucket(sound.name()).await.unwrap();
            let writes: [(&str, BoxFuture<'_, jetblob::Result<()>>); 4] = [
                ("rename", Box::pin(async { bucket.rename("a", "b").await.map(drop) })),
                ("update", Box::pin(async { bucket.update_meta("b", "b".into()).await.map(drop) })),
                ("link", Box::pin(async { bucket.add_link("l", &target).await.map(drop) })),
                ("delete", Box::pin(async { bucket.delete("b").await.map(drop) })),
            ];
            for (what, write) in writes {
                faulty.lost.store(0, Ordering::Relaxed);
                faulty.losing.store(true, Ordering::Relaxed);
                let sound_again = async {
                    faulty.answer_lost().await;
                    faulty.losing.store(false, Ordering::Relaxed);
                };
                let (written, ()) = tokio::join!(write, sound_again);
                written.unwrap_or_else(|error| panic!("{what}, plain: {plain}: {error}"));
                if what == "rename" {
                    assert_eq!(sound.info("a").await.unwrap_err().code(), "not_found");
                    assert_holds(&sound, "b", &body(300_000)).await;
                }
            }
            assert_eq!(crate::list::names(&sound).await, ["l"]);
            faulty.place.holds_only(&sound, &[]).await;
        });
        futures_util::future::join_all(checks).await;
    }

    /// 67. A rename is cut off between its steps, where there is no atomic batch: the object has two names then. Whichever is
    /// replaced or deleted first, the other keeps its bytes; and with the last name they go.
    async fn b67_cut_off_rename() {
        let place = Place::jetstream().await;
        for round in 0..5 {
            let config = BucketConfig { plain: true, ..BucketConfig::new(unique("cut")) };
            let sound = place.bucket_with(config).await;
            sound.put_bytes("a", body(300_000)).await.unwrap();
            let cut = Arc::new(AtomicBool::new(false));
            let proxy = Proxy::between(
                &place.url,
                {
                    let cut = cut.clone();
                    move |frame| {
                        let last_step =
                            frame.line.starts_with("HPUB $O.") && frame.body.contains("\"deleted\":true");
                        cut.fetch_or(last_step, Ordering::Relaxed) || last_step
                    }
                },
                {
                    let cut = cut.clone();
                    move |_| cut.load(Ordering::Relaxed)
                },
            )
            .await;
            let mut options = StoreOptions::default();
            options.idle_timeout = Duration::from_secs(1);
            let store = Store::open_with(proxy.url(), options).await.unwrap();
            let error = store.bucket(sound.name()).await.unwrap().rename("a", "b").await.unwrap_err();
            assert_eq!(error.code(), "unknown", "{error}");
            assert!(
                matches!(sound.resolve(&error).await.unwrap(), Resolved::Committed(_)),
                "the new name is there"
            );
            for name in ["a", "b"] {
                assert_holds(&sound, name, &body(300_000)).await;
            }
            if round == 4 {
                sound.rename("a", "b").await.unwrap();
                assert_eq!(crate::list::names(&sound).await, ["b"], "done again, it is finished");
                assert_holds(&sound, "b", &body(300_000)).await;
                sound.delete("b").await.unwrap();
                place.holds_only(&sound, &[]).await;
                continue;
            }
            let (first, second) = if round % 2 == 0 { ("a", "b") } else { ("b", "a") };
            if round < 2 {
                sound.delete(first).await.unwrap();
            } else {
                sound.put_bytes(first, body(10)).await.unwrap();
            }
            assert_holds(&sound, second, &body(300_000)).await;
            sound.update_meta(second, second.into()).await.unwrap();
            assert_holds(&sound, second, &body(300_000)).await;
            sound.delete(second).await.unwrap();
            let left = [first];
            place.holds_only(&sound, if round < 2 { &[] } else { &left }).await;
        }
    }

    /// 34. The answer to a put of a new name is lost, and meanwhile another takes the object away to another name, as jetblob
    /// does it and as other clients do, who leave nothing behind: the put never stores the name a second time.
    async fn b34_renamed_away_meanwhile() {
        for foreign in [false, true] {
            let faulty = Faulty::new(Duration::from_secs(30)).await;
            let sound = faulty.place.bucket_with(BucketConfig::new(unique("lost"))).await;
            let bucket = faulty.store.bucket(sound.name()).await.unwrap();
            faulty.losing.store(true, Ordering::Relaxed);
            let put = tokio::spawn(async move { bucket.put_bytes("a", "").await });
            faulty.answer_lost().await;
            if foreign {
                let raw = faulty.place.raw().await.unwrap();
                let subject = jetblob::BucketName::parse(sound.name()).unwrap().record_subject("a");
                let purge = serde_json::json!({ "filter": subject }).to_string();
                raw.request(format!("$JS.API.STREAM.PURGE.OBJ_{}", sound.name()), purge.into()).await.unwrap();
            } else {
                sound.rename("a", "b").await.unwrap();
            }
            faulty.losing.store(false, Ordering::Relaxed);
            let put = put.await.unwrap();
            assert!(put.is_ok() || put.as_ref().unwrap_err().code() == "unknown", "{put:?}");
            assert_eq!(sound.info("a").await.unwrap_err().code(), "not_found", "foreign: {foreign}");
        }
    }

    /// 40. Two write the same over one revision, and the message of the first is lost on its way: it never takes the other's
    /// write for its own.
    async fn b40_the_same_write_by_two() {
        let place = Place::jetstream().await;
        let sound = place.bucket().await;
        let seen = sound.put_bytes("a", body(10)).await.unwrap().revision;
        let lost = Arc::new(AtomicUsize::new(0));
        let proxy = Proxy::between(
            &place.url,
            {
                let lost = lost.clone();
                move |frame| {
                    let is_record =
                        frame.line.starts_with("HPUB $O.") && frame.body.contains("Expected-Last-Subject");
                    is_record && lost.fetch_add(1, Ordering::Relaxed) == 0
                }
            },
            |_| false,
        )
        .await;
        let store = Store::open(proxy.url()).await.unwrap();
        let claim = |bucket: jetblob::Bucket| async move {
            let meta = jetblob::ObjectMeta { description: "mine".into(), ..jetblob::ObjectMeta::from("a") };
            bucket.update_meta_with("a", meta, jetblob::WriteOptions::default().if_revision(seen)).await
        };
        let first = tokio::spawn(claim(store.bucket(sound.name()).await.unwrap()));
        while lost.load(Ordering::Relaxed) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        claim(sound.clone()).await.unwrap();
        let error = first.await.unwrap().unwrap_err();
        assert!(matches!(error.code(), "conflict" | "unknown"), "{error}");
    }
}
