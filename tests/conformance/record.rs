//! B. Records and chunks as they stand at the store, for other clients to read.

use std::collections::BTreeMap;

use jetblob::{Bucket, BucketConfig, Consistency, ObjectMeta};
use serde_json::{Value, json};
use tests::{Place, unique};

use crate::{assert_holds, body, on_a_server, on_every_engine};

const CHUNK: usize = 128 * 1024;

/// The record as it is stored.
async fn stored(place: &Place, bucket: &Bucket, name: &str) -> Value {
    let last = place.engine_bucket(bucket).await.last(name, Consistency::Leader).await.unwrap().unwrap();
    serde_json::from_slice(&last.record().as_ref().unwrap().to_json()).unwrap()
}

/// The servers, and on the newest one also a bucket without jetblob's features.
async fn buckets_on_servers() -> Vec<(Place, Bucket)> {
    let mut buckets = Vec::new();
    for plain in [false, true] {
        let place = Place::jetstream().await;
        let bucket = place.bucket_with(BucketConfig { plain, ..BucketConfig::new(unique("wire")) }).await;
        buckets.push((place, bucket));
    }
    if let Some(place) = Place::oldest_jetstream().await {
        let bucket = place.bucket().await;
        buckets.push((place, bucket));
    }
    buckets
}

async fn ask(place: &Place, what: &str, bucket: &Bucket, request: Value) -> Value {
    let subject = format!("$JS.API.STREAM.{what}.OBJ_{}", bucket.name());
    let answer = place.raw().await.unwrap().request(subject, request.to_string().into()).await.unwrap();
    let answer: Value = serde_json::from_slice(&answer.payload).unwrap();
    assert!(answer["error"].is_null(), "{what} {request}: {answer}");
    answer
}

/// How many messages each subject of the bucket's stream has.
async fn messages(place: &Place, bucket: &Bucket) -> BTreeMap<String, u64> {
    let info = ask(place, "INFO", bucket, json!({ "subjects_filter": ">" })).await;
    serde_json::from_value(info["state"]["subjects"].clone()).unwrap()
}

on_every_engine! {
    /// 10, 11, 20, 71, 76. A put, a link and a delete write the standard's fields, none that is empty, and no time.
    async fn b10_fields(place: Place) {
        let bucket = place.bucket().await;
        let own = |bucket: &Bucket, name: &str, nuid: &str, size: usize, chunks: usize| json!({
            "bucket": bucket.name(), "name": name, "nuid": nuid, "size": size, "chunks": chunks,
        });
        let with = |mut record: Value, fields: Value| {
            record.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            record
        };
        let info = bucket.put_bytes("a", body(300_000)).await.unwrap();
        let (nuid, digest) = (info.nuid.clone().unwrap(), info.digest.unwrap().to_string());
        let of_put = json!({ "options": { "max_chunk_size": CHUNK, "full_chunks": true }, "digest": digest });
        assert_eq!(stored(&place, &bucket, "a").await, with(own(&bucket, "a", nuid.as_str(), 300_000, 3), of_put.clone()));

        let meta = ObjectMeta {
            description: "d".into(),
            headers: BTreeMap::from([("H".into(), vec!["1".into(), "2".into()])]),
            metadata: BTreeMap::from([("m".into(), "1".into())]),
            ..ObjectMeta::from("a")
        };
        bucket.update_meta("a", meta).await.unwrap();
        let of_update = json!({ "description": "d", "headers": { "H": ["1", "2"] }, "metadata": { "m": "1" } });
        let updated = with(with(own(&bucket, "a", nuid.as_str(), 300_000, 3), of_put), of_update);
        assert_eq!(stored(&place, &bucket, "a").await, updated);

        let other = place.bucket().await;
        let link = other.add_link("l", &info).await.unwrap().nuid.unwrap();
        let to_object = json!({ "options": { "link": { "bucket": bucket.name(), "name": "a" } } });
        assert_eq!(stored(&place, &other, "l").await, with(own(&other, "l", link.as_str(), 0, 0), to_object));
        let link = other.add_bucket_link("b", &bucket).await.unwrap().nuid.unwrap();
        let to_bucket = json!({ "options": { "link": { "bucket": bucket.name() } } });
        assert_eq!(stored(&place, &other, "b").await, with(own(&other, "b", link.as_str(), 0, 0), to_bucket));

        bucket.delete("a").await.unwrap();
        let marker = stored(&place, &bucket, "a").await;
        assert_eq!((&marker["deleted"], &marker["size"], &marker["chunks"]), (&json!(true), &json!(0), &json!(0)));
        assert_eq!((&marker["nuid"], &marker["name"]), (&json!(nuid.as_str()), &json!("a")));
        assert!(marker.get("digest").is_none() && marker.get("mtime").is_none(), "{marker}");
    }
}

on_a_server! {
    /// 4, 5. Chunks are on a subject of their blob, whose nuid is new with each put; a record is on that of its name.
    async fn b04_subjects() {
        for (place, bucket) in buckets_on_servers().await {
            let mut nuids = Vec::new();
            for size in [10, 300_000] {
                let nuid = bucket.put_bytes("日本??", body(size)).await.unwrap().nuid.unwrap();
                assert_eq!(nuid.as_str().len(), 22);
                place.holds_only(&bucket, &["日本??"]).await;
                let chunks = format!("$O.{}.C.{nuid}", bucket.name());
                let record = format!("$O.{}.M.5pel5pysPz8=", bucket.name());
                let wanted = BTreeMap::from([(chunks, size.div_ceil(CHUNK) as u64), (record, 1)]);
                assert_eq!(messages(&place, &bucket).await, wanted);
                nuids.push(nuid);
            }
            assert_ne!(nuids[0], nuids[1]);
        }
    }

    /// 19. Each record replaces the one before it, so that a name has one message, and says so in its header.
    async fn b19_rollup() {
        for (place, bucket) in buckets_on_servers().await {
            let info = bucket.put_bytes("a", body(10)).await.unwrap();
            bucket.put_bytes("a", "").await.unwrap();
            bucket.update_meta("a", "a".into()).await.unwrap();
            bucket.add_link("l", &info).await.unwrap();
            bucket.add_bucket_link("l", &bucket).await.unwrap();
            bucket.put_bytes("d", body(10)).await.unwrap();
            bucket.delete("d").await.unwrap();
            bucket.put_bytes("b", body(10)).await.unwrap();
            bucket.rename("b", "c").await.unwrap();
            let key = jetblob::BucketName::parse(bucket.name()).unwrap();
            for name in ["a", "l", "d", "c"] {
                let subject = key.record_subject(name);
                assert_eq!(messages(&place, &bucket).await.get(&subject), Some(&1), "{name}");
                let last = ask(&place, "MSG.GET", &bucket, json!({ "last_by_subj": subject })).await;
                let headers = data_encoding::BASE64.decode(last["message"]["hdrs"].as_str().unwrap().as_bytes());
                let headers = String::from_utf8(headers.unwrap()).unwrap();
                assert!(headers.contains("\r\nNats-Rollup: sub\r\n"), "{name}: {headers}");
            }
        }
    }

    /// 25. nats.net ends an object of full chunks, and an empty one, with a chunk of no bytes that it doesn't count.
    async fn b25_trailing_empty_chunk() {
        for (place, bucket) in buckets_on_servers().await {
            let context = async_nats::jetstream::new(place.raw().await.unwrap());
            for (name, size) in [("empty", 0), ("one", CHUNK), ("many", 3 * CHUNK), ("large", 160 * CHUNK)] {
                let subject = format!("$O.{}.C.of{name}", bucket.name());
                let whole = body(size);
                for chunk in whole.chunks(CHUNK).chain([&[][..]]) {
                    let chunk = bytes::Bytes::copy_from_slice(chunk);
                    context.publish(subject.clone(), chunk).await.unwrap().await.unwrap();
                }
                let mut record = json!({
                    "name": name, "bucket": bucket.name(), "nuid": format!("of{name}"),
                    "options": { "max_chunk_size": CHUNK }, "digest": jetblob::Digest::of(&whole).to_string(),
                });
                if size > 0 {
                    record["size"] = size.into();
                    record["chunks"] = (size / CHUNK).into();
                }
                place.plant(&bucket, name, &record).await;
                assert_holds(&bucket, name, &whole).await;
                if size > 0 {
                    let end = size as u64;
                    let last = jetblob::GetOptions::default().with_range(end - 10..end);
                    let last = bucket.get_with(name, last).await.unwrap().into_bytes().await.unwrap();
                    assert!(last == whole[size - 10..]);
                }
            }
        }
    }
}
