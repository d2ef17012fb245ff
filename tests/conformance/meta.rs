//! E. What is said of an object: update and rename.

use std::collections::BTreeMap;

use jetblob::{BucketConfig, ObjectMeta, WatchEvent, WriteOptions};
use serde_json::json;
use tests::unique;

use crate::{assert_holds, body, on_a_server, on_every_engine};

fn described() -> ObjectMeta {
    ObjectMeta {
        description: "old".into(),
        headers: BTreeMap::from([("X-Old".into(), vec!["1".into()])]),
        metadata: BTreeMap::from([("old".into(), "1".into())]),
        ..ObjectMeta::from("a")
    }
}

on_every_engine! {
    /// 63, 64. What is said is replaced as a whole; bytes, chunks, digest and nuid stay.
    async fn b63_replaced_as_a_whole(place: Place) {
        let bucket = place.bucket().await;
        let put = bucket.put_bytes(described(), body(300_000)).await.unwrap();
        let meta = ObjectMeta { metadata: BTreeMap::from([("new".into(), "2".into())]), ..ObjectMeta::from("a") };
        let updated = bucket.update_meta("a", meta.clone()).await.unwrap();
        let info = bucket.info("a").await.unwrap();
        assert!(info.description.is_empty() && info.headers.is_empty());
        assert_eq!(info.metadata, meta.metadata);
        assert_eq!((info.size, info.chunks, info.chunk_size), (put.size, put.chunks, put.chunk_size));
        assert_eq!((&info.digest, &info.nuid, info.full_chunks), (&put.digest, &put.nuid, true));
        assert!(info.revision > put.revision);
        assert_eq!((updated.revision, &updated.metadata), (info.revision, &info.metadata));
        assert_holds(&bucket, "a", &body(300_000)).await;

        bucket.update_meta("a", ObjectMeta { chunk_size: Some(1), ..ObjectMeta::from("a") }).await.unwrap();
        let info = bucket.info("a").await.unwrap();
        assert!(info.metadata.is_empty(), "what is not said is gone");
        assert_eq!(info.chunk_size, put.chunk_size);
        place.holds_only(&bucket, &["a"]).await;
    }

    /// 65. There is nothing to say of what is not there: one error for what never was, another text for what was deleted.
    async fn b65_missing_and_deleted(place: Place) {
        let bucket = place.bucket().await;
        let error = bucket.update_meta("a", "a".into()).await.unwrap_err();
        assert_eq!(error.code(), "not_found");
        assert!(error.to_string().contains("not found"), "{error}");
        bucket.put_bytes("a", body(10)).await.unwrap();
        bucket.delete("a").await.unwrap();
        for error in [
            bucket.update_meta("a", "a".into()).await.unwrap_err(),
            bucket.update_meta("a", "b".into()).await.unwrap_err(),
            bucket.rename("a", "b").await.unwrap_err(),
            bucket.rename("a", "a").await.unwrap_err(),
        ] {
            assert_eq!(error.code(), "not_found");
            assert!(error.to_string().contains("deleted"), "{error}");
        }
        assert!(bucket.info("a").await.is_err(), "an update brings nothing back");
    }

    /// 66. A rename takes no name that an object or a link has; a deleted one it does.
    async fn b66_taken_names(place: Place) {
        let bucket = place.bucket().await;
        let info = bucket.put_bytes("a", body(300_000)).await.unwrap();
        bucket.put_bytes("b", body(10)).await.unwrap();
        bucket.add_link("l", &info).await.unwrap();
        for taken in ["b", "l"] {
            assert_eq!(bucket.rename("a", taken).await.unwrap_err().code(), "already_exists");
            assert_eq!(bucket.update_meta("a", taken.into()).await.unwrap_err().code(), "already_exists");
        }
        assert_holds(&bucket, "b", &body(10)).await;
        bucket.delete("b").await.unwrap();
        bucket.rename("a", "b").await.unwrap();
        assert_holds(&bucket, "b", &body(300_000)).await;
        place.holds_only(&bucket, &["b"]).await;
    }

    /// 67. A renamed object has its new name alone, its bytes, and what was said of it; the next put or delete of either
    /// name touches no byte of the other.
    async fn b67_rename(place: Place) {
        let bucket = place.bucket().await;
        for size in [0, 10, 300_000] {
            let put = bucket.put_bytes(described(), body(size)).await.unwrap();
            let renamed = bucket.rename("a", "日 本/*.>").await.unwrap();
            assert_eq!(renamed.name, "日 本/*.>");
            assert_eq!(bucket.get("a").await.unwrap_err().code(), "not_found");
            let info = bucket.info("日 本/*.>").await.unwrap();
            assert_eq!((&info.description, &info.headers, &info.metadata), (&put.description, &put.headers, &put.metadata));
            assert_eq!((&info.nuid, info.revision), (&put.nuid, renamed.revision));
            assert_holds(&bucket, "日 本/*.>", &body(size)).await;
            assert_eq!(crate::list::names(&bucket).await, ["日 本/*.>"]);

            bucket.put_bytes("a", body(20)).await.unwrap();
            assert_holds(&bucket, "日 本/*.>", &body(size)).await;
            bucket.delete("a").await.unwrap();
            assert_holds(&bucket, "日 本/*.>", &body(size)).await;
            let meta = ObjectMeta { description: "new".into(), ..ObjectMeta::from("b") };
            assert_eq!(bucket.update_meta("日 本/*.>", meta).await.unwrap().name, "b");
            assert_eq!(bucket.info("b").await.unwrap().description, "new");
            assert_holds(&bucket, "b", &body(size)).await;
            bucket.delete("b").await.unwrap();
        }
        place.holds_only(&bucket, &[]).await;
    }

    /// 67. Whoever watches sees the new name come and the old one go.
    async fn b67_rename_is_watched(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(10)).await.unwrap();
        let mut watch = bucket.watch_with(jetblob::WatchOptions::default().updates_only()).await.unwrap();
        bucket.rename("a", "b").await.unwrap();
        let mut seen = Vec::new();
        for _ in 0..2 {
            let Some(WatchEvent::Object(info)) = watch.next().await.unwrap() else { panic!("no event") };
            seen.push((info.name.clone(), info.deleted));
        }
        seen.sort();
        assert_eq!(seen, [("a".to_owned(), true), ("b".to_owned(), false)]);
        let marker = place.engine_bucket(&bucket).await.last("a", jetblob::Consistency::Leader).await.unwrap().unwrap();
        let goes_after = marker.expires.map(|expires| expires.duration_since(marker.mtime).unwrap().as_secs().div_ceil(3600));
        assert_eq!(goes_after, crate::lets_expire(&bucket).await.then_some(24), "a watcher that was away for a while still hears of it");
    }

    /// 68. A name that is none, and the same name.
    async fn b68_same_and_invalid_names(place: Place) {
        let bucket = place.bucket().await;
        let put = bucket.put_bytes(described(), body(10)).await.unwrap();
        for error in [
            bucket.rename("a", "").await.unwrap_err(),
            bucket.rename("a", &"x".repeat(1025)).await.unwrap_err(),
            bucket.update_meta("a", "".into()).await.unwrap_err(),
            bucket.update_meta("", "a".into()).await.unwrap_err(),
        ] {
            assert_eq!(error.code(), "invalid_name", "{error}");
        }
        assert_eq!(bucket.rename("a", "a").await.unwrap().revision, put.revision, "the same name changes nothing");
        assert_holds(&bucket, "a", &body(10)).await;
    }

    /// 69. Links are described and renamed like objects, and stay links.
    async fn b69_links(place: Place) {
        let (bucket, other) = (place.bucket().await, place.bucket().await);
        let target = bucket.put_string("target", "hello").await.unwrap();
        bucket.add_link("l", &target).await.unwrap();
        bucket.add_bucket_link("lb", &other).await.unwrap();
        let meta = ObjectMeta { description: "d".into(), ..bucket.info("l").await.unwrap().into() };
        bucket.update_meta("l", meta).await.unwrap();
        bucket.rename("l", "m").await.unwrap();
        bucket.rename("lb", "mb").await.unwrap();
        let info = bucket.info("m").await.unwrap();
        assert_eq!((info.description.as_str(), info.link.unwrap().name.as_deref()), ("d", Some("target")));
        assert_eq!(bucket.get_string("m").await.unwrap(), "hello");
        assert_eq!(bucket.get("mb").await.unwrap_err().code(), "is_bucket_link");
        assert_eq!(bucket.get("l").await.unwrap_err().code(), "not_found");

        let forged = ObjectMeta { link: bucket.info("mb").await.unwrap().link, ..ObjectMeta::from("m") };
        assert_eq!(bucket.update_meta("m", forged.clone()).await.unwrap_err().code(), "link_not_allowed");
        let forged = ObjectMeta { name: "target".into(), ..forged };
        assert_eq!(bucket.update_meta("target", forged).await.unwrap_err().code(), "link_not_allowed");
        assert_eq!(bucket.get_string("target").await.unwrap(), "hello");
    }

    /// 70. With a revision, only that one is changed.
    async fn b70_revision(place: Place) {
        let bucket = place.bucket().await;
        let first = bucket.put_bytes("a", body(10)).await.unwrap();
        let over = |revision| WriteOptions::default().if_revision(revision);
        let second = bucket.update_meta_with("a", "a".into(), over(first.revision)).await.unwrap();
        for error in [
            bucket.update_meta_with("a", "a".into(), over(first.revision)).await.unwrap_err(),
            bucket.update_meta_with("a", "b".into(), over(first.revision)).await.unwrap_err(),
            bucket.rename_with("a", "b", over(second.revision + 1)).await.unwrap_err(),
            bucket.update_meta_with("none", "none".into(), over(first.revision)).await.unwrap_err(),
        ] {
            assert_eq!(error.code(), "conflict", "{error}");
        }
        let absent = WriteOptions::default().if_absent();
        assert_eq!(bucket.update_meta_with("a", "a".into(), absent).await.unwrap_err().code(), "invalid_argument");
        assert_eq!(bucket.delete_with("a", absent).await.unwrap_err().code(), "invalid_argument");
        bucket.rename_with("a", "b", over(second.revision)).await.unwrap();
        assert_holds(&bucket, "b", &body(10)).await;
    }

    /// 18. Fields that jetblob doesn't know stay, whatever it rewrites; `mtime` is never written.
    async fn b18_unknown_fields_stay(place: Place) {
        let bucket = place.bucket().await;
        let info = bucket.put_bytes("a", body(10)).await.unwrap();
        place.plant(&bucket, "a", &json!({
            "name": "a", "bucket": bucket.name(), "nuid": info.nuid.unwrap().as_str(), "size": 10, "chunks": 1,
            "mtime": "2020-01-01T00:00:00Z", "future": { "field": [1, 2] },
            "options": { "max_chunk_size": 131_072, "later": true },
        })).await;
        bucket.update_meta("a", described()).await.unwrap();
        bucket.rename("a", "b").await.unwrap();
        let engine = place.engine_bucket(&bucket).await;
        let stored = engine.last("b", jetblob::Consistency::Leader).await.unwrap().unwrap();
        let stored: serde_json::Value = serde_json::from_slice(&stored.record().as_ref().unwrap().to_json()).unwrap();
        assert_eq!(stored["future"], json!({ "field": [1, 2] }));
        assert_eq!(stored["options"]["later"], true);
        assert_eq!((&stored["name"], &stored["description"]), (&json!("b"), &json!("old")));
        assert!(stored.get("mtime").is_none());
        assert!(bucket.get_bytes("b").await.unwrap() == body(10));
    }

    /// 62. What makes no sense can't be described, and is not touched.
    async fn b62_bad_record(place: Place) {
        let bucket = place.bucket().await;
        place.plant(&bucket, "a", &json!({ "name": "a", "nuid": ">", "size": 5, "chunks": 1 })).await;
        for error in [
            bucket.update_meta("a", described()).await.unwrap_err(),
            bucket.rename("a", "b").await.unwrap_err(),
        ] {
            assert_eq!(error.code(), "bad_meta", "{error}");
        }
        assert_eq!(bucket.info("b").await.unwrap_err().code(), "not_found");
    }
}

on_a_server! {
    /// 67. Without atomic batches the same holds: the new name first, then the old one. So it is on old servers, and where
    /// another client's update took the feature away.
    async fn b67_rename_on_a_plain_bucket() {
        let place = crate::Place::jetstream().await;
        let bucket = place.bucket_with(BucketConfig { plain: true, ..BucketConfig::new(unique("plain")) }).await;
        bucket.put_bytes("a", body(300_000)).await.unwrap();
        bucket.rename("a", "b").await.unwrap();
        assert_eq!(bucket.get("a").await.unwrap_err().code(), "not_found");
        assert_holds(&bucket, "b", &body(300_000)).await;
        let raw = async_nats::jetstream::new(place.raw().await.unwrap());
        let stream = raw.get_stream(format!("OBJ_{}", bucket.name())).await.unwrap();
        let messages = stream.get_info().await.unwrap().state.messages;
        assert_eq!(messages, 3 + 2, "three chunks, the record, and the marker of the old name");
    }
}
