//! B. What somebody may plant who may write to the bucket past this crate: it costs no more than its own name.

use std::time::{Duration, Instant};

use async_nats::HeaderMap;
use bytes::Bytes;
use futures_util::TryStreamExt;
use jetblob::{Bucket, BucketName, ByteRange, GetOptions, ListOptions, ObjectMeta, PutOptions};
use serde_json::{Value, json};

use crate::{Place, assert_holds, body, on_a_server, on_every_engine};

/// The record of the object, with these fields put in their place.
fn forged(bucket: &Bucket, info: &jetblob::ObjectInfo, name: &str, fields: &Value) -> Value {
    let mut record = json!({
        "name": name, "bucket": bucket.name(), "nuid": info.nuid.as_ref().unwrap().as_str(), "size": info.size,
        "chunks": info.chunks, "digest": info.digest.unwrap().to_string(),
        "options": { "max_chunk_size": info.chunk_size, "full_chunks": info.full_chunks },
    });
    for (field, value) in fields.as_object().unwrap() {
        record[field] = value.clone();
    }
    record
}

/// Every way to read it fails, at once, with one of these codes; and nothing is handed out as whole.
async fn assert_unreadable(bucket: &Bucket, name: &str, codes: &[&str]) {
    let start = Instant::now();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("copy");
    let errors = [
        bucket.get_bytes(name).await.map(drop).expect_err("bytes"),
        bucket.get_file(name, &file).await.map(drop).expect_err("a file"),
        match bucket.get_with(name, GetOptions::default().with_range(ByteRange::Suffix(1))).await {
            Ok(part) => part.into_bytes().await.map(drop).expect_err("its end"),
            Err(error) => error,
        },
    ];
    for error in errors {
        assert!(codes.contains(&error.code()), "{name}: {error}");
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "nothing of it is left");
    assert!(start.elapsed() < Duration::from_secs(10), "{name}: {:?}", start.elapsed());
}

on_every_engine! {
    /// A size without bound is neither allocated nor waited for.
    async fn sizes_that_are_not_there(place: Place) {
        let bucket = place.bucket().await;
        let info = bucket.put_bytes("a", body(300_000)).await.unwrap();
        let large = [1_u64 << 31, (1 << 53) - 1, (1 << 62) + 1, (1 << 63) - 1, 1 << 63, u64::MAX];
        for (index, size) in large.into_iter().enumerate() {
            for chunks in [1, size.div_ceil(128 << 10), size] {
                for options in [json!({}), json!({ "max_chunk_size": 1, "full_chunks": true }), json!({ "max_chunk_size": 128 << 10, "full_chunks": true })] {
                    let name = format!("size {index}");
                    let fields = json!({ "size": size, "chunks": chunks, "options": options });
                    place.plant(&bucket, &name, &forged(&bucket, &info, &name, &fields)).await;
                    assert_unreadable(&bucket, &name, &["data_missing", "bad_meta"]).await;
                }
            }
        }
        assert_holds(&bucket, "a", &body(300_000)).await;
    }

    /// Fewer or more bytes than the record says, and others than it digests, are never handed out as the object.
    async fn bytes_that_are_others(place: Place) {
        let bucket = place.bucket().await;
        let info = bucket.put_bytes("a", body(300_000)).await.unwrap();
        let other = jetblob::Digest::of(b"other").to_string();
        for (fields, codes) in [
            (json!({ "digest": other }), &["digest_mismatch"][..]),
            (json!({ "size": 299_999 }), &["bad_meta", "digest_mismatch"]),
            (json!({ "size": 300_001 }), &["data_missing"]),
            (json!({ "size": 131_072, "chunks": 1 }), &["bad_meta", "digest_mismatch"]),
            (json!({ "size": 0, "chunks": 0 }), &["digest_mismatch"]),
            (json!({ "nuid": "nobodys" }), &["data_missing"]),
        ] {
            place.plant(&bucket, "x", &forged(&bucket, &info, "x", &fields)).await;
            let error = bucket.get_bytes("x").await.expect_err("other bytes");
            assert!(codes.contains(&error.code()), "{fields}: {error}");
        }
        assert_holds(&bucket, "a", &body(300_000)).await;
    }

    /// What is deleted stays so, whatever else its record says; and a link with bytes is a link.
    async fn records_that_are_two_things(place: Place) {
        let bucket = place.bucket().await;
        let info = bucket.put_bytes("a", body(300_000)).await.unwrap();
        place.plant(&bucket, "x", &forged(&bucket, &info, "x", &json!({ "deleted": true }))).await;
        assert_eq!(bucket.get("x").await.unwrap_err().code(), "not_found");
        bucket.put_bytes("x", body(10)).await.unwrap();
        assert_holds(&bucket, "a", &body(300_000)).await;

        let link = json!({ "options": { "link": { "bucket": bucket.name(), "name": "x" } } });
        place.plant(&bucket, "y", &forged(&bucket, &info, "y", &link)).await;
        assert_eq!(bucket.get_bytes("y").await.unwrap(), body(10));
        bucket.delete("y").await.unwrap();
        assert_holds(&bucket, "a", &body(300_000)).await;
    }

    /// Links that lead to nothing, to themselves, or to what can't be a name, end.
    async fn links_that_lead_nowhere(place: Place) {
        let bucket = place.bucket().await;
        let long = "x".repeat(1025);
        for (target, code) in [
            (json!({ "bucket": bucket.name(), "name": "x" }), "link_loop"),
            (json!({ "bucket": bucket.name(), "name": "none" }), "not_found"),
            (json!({ "bucket": bucket.name(), "name": "" }), "is_bucket_link"),
            (json!({ "bucket": bucket.name(), "name": long }), "invalid_name"),
            (json!({ "bucket": "no-such-bucket", "name": "x" }), "bucket_not_found"),
            (json!({ "bucket": ">", "name": "x" }), "bad_meta"),
            (json!({ "bucket": "../x", "name": "x" }), "bad_meta"),
            (json!({ "name": "x" }), "bad_meta"),
        ] {
            let link = json!({ "name": "x", "nuid": "abc", "options": { "link": target } });
            place.plant(&bucket, "x", &link).await;
            assert_eq!(bucket.get("x").await.unwrap_err().code(), code, "{target}");
            // What makes no sense in a record goes with it.
            assert!(bucket.delete("x").await.unwrap().deleted, "{target}");
            assert_eq!(bucket.info("x").await.unwrap_err().code(), "not_found");
        }
    }

    /// Metadata as large as a message comes back, and holds nobody up.
    async fn metadata_as_large_as_a_message(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(10)).await.unwrap();
        let metadata: serde_json::Map<_, _> =
            (0..20_000).map(|index| (format!("key {index}"), Value::from("a value of some length"))).collect();
        let record = json!({ "name": "x", "nuid": "abc", "size": 0, "chunks": 0, "metadata": metadata });
        assert!(record.to_string().len() > 700_000);
        place.plant(&bucket, "x", &record).await;
        assert_eq!(bucket.info("x").await.unwrap().metadata.len(), 20_000);
        let listed: Vec<_> = bucket.list(ListOptions::default()).try_collect().await.unwrap();
        assert_eq!(listed.len(), 2);
        bucket.put_bytes("x", body(10)).await.unwrap();
        assert_holds(&bucket, "x", &body(10)).await;
    }

    /// Texts with line breaks, NUL and what moves a cursor are texts: they come back, and become no header.
    async fn texts_that_would_be_headers(place: Place) {
        let bucket = place.bucket().await;
        let text = "a\r\nNats-Rollup: all\r\n\r\n\0\u{1b}[2J\u{202e}";
        let meta = ObjectMeta {
            description: text.into(),
            headers: [(text.to_owned(), vec![text.to_owned()])].into(),
            metadata: [(text.to_owned(), text.to_owned())].into(),
            ..ObjectMeta::from(text)
        };
        bucket.put_bytes("a", body(10)).await.unwrap();
        bucket.put_bytes(meta.clone(), body(10)).await.unwrap();
        bucket.update_meta(text, meta.clone()).await.unwrap();
        let found = bucket.info(text).await.unwrap();
        assert_eq!((&found.description, &found.headers, &found.metadata), (&meta.description, &meta.headers, &meta.metadata));
        bucket.rename(text, "b").await.unwrap();
        assert_holds(&bucket, "a", &body(10)).await;
        assert_holds(&bucket, "b", &body(10)).await;
        let conflict = bucket.put_with(ObjectMeta { name: "b".into(), ..meta }, "x", PutOptions::default().if_absent());
        assert_eq!(conflict.await.unwrap_err().code(), "conflict");
    }
}

/// Publishes a record as it is, under a key as it is.
async fn publish(place: &Place, bucket: &Bucket, key: &str, headers: HeaderMap, record: impl Into<Bytes>) {
    let context = async_nats::jetstream::new(place.raw().await.unwrap());
    let subject = BucketName::parse(bucket.name()).unwrap().record_subject_of_key(key);
    context.publish_with_headers(subject, headers, record.into()).await.unwrap().await.unwrap();
}

/// The entries of a list that make sense, and how many don't.
async fn listed(bucket: &Bucket) -> (Vec<String>, usize) {
    use futures_util::StreamExt;
    let (mut names, mut bad) = (Vec::new(), 0);
    let mut list = bucket.list(ListOptions::default());
    while let Some(entry) = list.next().await {
        match entry {
            Ok(info) => names.push(info.name),
            Err(error) => {
                assert_eq!(error.code(), "bad_meta", "{error}");
                bad += 1;
            }
        }
    }
    (names, bad)
}

on_a_server! {
    /// Bytes that are no text, and texts that say a thing twice.
    async fn records_as_bytes() {
        let place = Place::jetstream().await;
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(300_000)).await.unwrap();
        let key = jetblob::protocol::key::record_key;
        let good = r#""name":"x","nuid":"abc","size":0"#;
        for (record, code) in [
            (&b"{\"name\":\"x\",\"nuid\":\"abc\",\"description\":\"\xff\xfe\"}"[..], Some("bad_meta")),
            (b"\xef\xbb\xbf{}", Some("bad_meta")),
            (b"{\"name\":\"x\",\"nuid\":\"abc\",\"size\":1e999}", Some("bad_meta")),
            (b"{\"name\":\"x\",\"nuid\":\"abc\",\"size\":NaN}", Some("bad_meta")),
            (b"{\"name\":\"x\",\"nuid\":\"abc\",\"nuid\":\">\"}", Some("bad_meta")),
            (b"{\"name\":\"x\",\"nuid\":\">\",\"nuid\":\"abc\"}", None),
            (b"{\"name\":\"y\",\"name\":\"x\",\"nuid\":\"abc\"}", None),
            (format!("{{{good},\"future\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000)).as_bytes(), Some("bad_meta")),
        ] {
            publish(&place, &bucket, &key("x"), HeaderMap::new(), record.to_vec()).await;
            assert_eq!(bucket.info("x").await.err().map(|error| error.code()), code, "{:?}", String::from_utf8_lossy(record).get(..80));
            let (names, bad) = listed(&bucket).await;
            assert!(names.contains(&"a".to_owned()), "{names:?}");
            assert_eq!(bad, usize::from(code.is_some()));
            bucket.put_bytes("x", body(10)).await.unwrap();
        }
        assert_holds(&bucket, "a", &body(300_000)).await;
    }

    /// Keys that are no name's, and headers that tell of impossible times.
    async fn keys_and_headers() {
        let place = Place::jetstream().await;
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(10)).await.unwrap();
        let record = json!({ "name": "x", "nuid": "abc", "size": 0, "chunks": 0 }).to_string();
        for key in ["%%%", "a.b.c", "____", "eA", "eA====", "\u{1b}"] {
            publish(&place, &bucket, key, HeaderMap::new(), record.clone()).await;
        }
        let (names, bad) = listed(&bucket).await;
        assert_eq!(names.iter().filter(|name| *name == "a").count(), 1, "{names:?}");
        assert!(bad >= 4, "{bad} of {names:?}");
        for expires in ["", "x", "9999999-01-01T00:00:00Z", "0000-00-00T00:00:00Z", "1970-01-01T00:00:00Z"] {
            let mut headers = HeaderMap::new();
            headers.insert("Jetblob-Expires", expires);
            headers.insert("Nats-TTL", "1000h");
            publish(&place, &bucket, "eA==", headers, record.clone()).await;
            bucket.info("x").await.unwrap();
            bucket.update_meta("x", ObjectMeta::from("x")).await.ok();
        }
        bucket.put_bytes("x", body(10)).await.unwrap();
        assert_holds(&bucket, "x", &body(10)).await;
    }
}
