//! D. Get.

use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use jetblob::handle::whole;
use jetblob::{GetOptions, Object, Store, StoreOptions};
use serde_json::json;
use tokio::io::AsyncReadExt;

use crate::{Place, assert_holds, body, on_a_server, on_every_engine};

const CHUNK: usize = 128 * 1024;

on_every_engine! {
    /// 45. What is not there, or was deleted, is not found.
    async fn b45_not_found(place: Place) {
        let bucket = place.bucket().await;
        assert_eq!(bucket.get("none").await.unwrap_err().code(), "not_found");
        bucket.put_bytes("a", body(10)).await.unwrap();
        bucket.delete("a").await.unwrap();
        let error = bucket.get("a").await.unwrap_err();
        assert_eq!(error.code(), "not_found");
        assert!(error.to_string().contains("\"a\"") && error.to_string().contains(bucket.name()), "{error}");
        assert_eq!(bucket.get_bytes("a").await.unwrap_err().code(), "not_found");
        assert_eq!(bucket.get_string("a").await.unwrap_err().code(), "not_found");
    }

    /// The object as chunks, as a reader, as text.
    async fn every_way_to_read(place: Place) {
        let bucket = place.bucket().await;
        let whole = body(20 * CHUNK + 3);
        bucket.put_bytes("a", whole.clone()).await.unwrap();

        let mut object = bucket.get("a").await.unwrap();
        assert_eq!(object.info.size, whole.len() as u64);
        let mut chunks = Vec::new();
        while let Some(chunk) = object.next().await.unwrap() {
            chunks.extend_from_slice(&chunk);
        }
        assert!(chunks == whole);
        assert_eq!(object.next().await.unwrap(), None, "the end stays the end");

        let mut read = Vec::new();
        bucket.get("a").await.unwrap().read_to_end(&mut read).await.unwrap();
        assert!(read == whole);

        let mut object = bucket.get("a").await.unwrap();
        let mut start = [0; 1000];
        object.read_exact(&mut start).await.unwrap();
        let mut rest = object.next().await.unwrap().unwrap().to_vec();
        while let Some(chunk) = StreamExt::next(&mut object).await {
            rest.extend_from_slice(&chunk.unwrap());
        }
        assert!([&start[..], &rest].concat() == whole);

        bucket.put_string("text", "日本").await.unwrap();
        assert_eq!(bucket.get_string("text").await.unwrap(), "日本");
        bucket.put_bytes("no text", vec![0xff]).await.unwrap();
        assert_eq!(bucket.get_string("no text").await.unwrap_err().code(), "invalid_argument");
    }

    /// 51. Other bytes than those that were put: an error before the last of them, and no file.
    async fn b51_damaged(place: Place) {
        let bucket = place.bucket().await;
        let dir = tempfile::tempdir().unwrap();
        for size in [10, 3 * CHUNK] {
            let info = bucket.put_bytes("good", body(size)).await.unwrap();
            let mut record = json!({
                "name": "bad", "bucket": bucket.name(), "nuid": info.nuid.unwrap().as_str(),
                "size": info.size, "chunks": info.chunks, "options": { "max_chunk_size": CHUNK },
                "digest": jetblob::Digest::of(b"something else").to_string(),
            });
            place.plant(&bucket, "bad", &record).await;
            assert_eq!(bucket.get_bytes("bad").await.unwrap_err().code(), "digest_mismatch");
            if let Ok(mut object) = bucket.get("bad").await {
                while object.next().await.is_ok() {}
                let again = object.next().await.unwrap_err();
                assert_eq!(again.code(), "digest_mismatch", "a failure never looks like the end");
            }
            let file = dir.path().join("out");
            assert_eq!(bucket.get_file("bad", &file).await.unwrap_err().code(), "digest_mismatch");
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "no file is left, not even a temporary one");

            let anyway = GetOptions::default().ignoring_digest();
            let object = bucket.get_with("bad", anyway.clone()).await.unwrap();
            assert!(!object.is_verified());
            assert!(object.into_bytes().await.unwrap() == body(size), "28: read anyway, where that is asked for");

            // Without a digest the size is still checked.
            record.as_object_mut().unwrap().remove("digest");
            place.plant(&bucket, "bad", &record).await;
            assert!(bucket.get_bytes("bad").await.unwrap() == body(size));
            record["size"] = json!(size + 1);
            place.plant(&bucket, "bad", &record).await;
            assert_eq!(bucket.get_bytes("bad").await.unwrap_err().code(), "data_missing");
        }
        place.plant(&bucket, "empty", &json!({
            "name": "empty", "nuid": "abc", "size": 0, "chunks": 0, "digest": jetblob::Digest::of(b"x").to_string(),
        })).await;
        assert_eq!(bucket.get_bytes("empty").await.unwrap_err().code(), "digest_mismatch");
    }

    /// 53. The bytes are gone: an error at once, no hang.
    async fn b53_missing(place: Place) {
        let bucket = place.bucket().await;
        for size in [10, 40 * CHUNK] {
            let info = bucket.put_bytes("a", body(size)).await.unwrap();
            place.plant(&bucket, "gone", &json!({
                "name": "gone", "nuid": "nothingIsHere", "size": info.size, "chunks": info.chunks,
                "options": { "max_chunk_size": CHUNK }, "digest": info.digest.unwrap().to_string(),
            })).await;
            let start = std::time::Instant::now();
            let error = bucket.get("gone").await.unwrap_err();
            assert_eq!(error.code(), "data_missing", "{error}");
            assert!(start.elapsed().as_secs() < 5, "after {:?}", start.elapsed());
        }
    }

    /// 54. The object is replaced or deleted while it is read: the old bytes to the end, or a prompt error.
    async fn b54_replaced_while_read(place: Place) {
        let bucket = place.bucket().await;
        let whole = body(64 << 20);
        for replace in [true, false] {
            bucket.put_bytes("a", whole.clone()).await.unwrap();
            let mut object = bucket.get("a").await.unwrap();
            object.next().await.unwrap().unwrap();
            if replace {
                bucket.put_bytes("a", body(10)).await.unwrap();
            } else {
                bucket.delete("a").await.unwrap();
            }
            let mut bytes = 0;
            let end = loop {
                match object.next().await {
                    Ok(Some(chunk)) => bytes += chunk.len(),
                    end => break end,
                }
            };
            match end {
                Ok(_) => assert!(place.directory().is_some(), "{bytes}: only the local engine keeps them"),
                Err(error) => assert_eq!(error.code(), if replace { "object_changed" } else { "not_found" }),
            }
        }
    }

    /// 54. What is read whole, and replaced meanwhile, is read anew: nothing of it was handed out.
    async fn b54_replaced_while_read_whole(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(64 << 20)).await.unwrap();
        let (reads, of) = (&AtomicU32::new(0), &bucket);
        let read = move |mut object: Object| async move {
            let first = object.next().await?.unwrap();
            if reads.fetch_add(1, Ordering::Relaxed) == 0 {
                of.put_bytes("a", body(10)).await?;
            }
            Ok((first, object.into_bytes().await?))
        };
        let (first, rest) = whole(&bucket, "a", GetOptions::default(), read).await.unwrap();
        let (size, expected) = if place.directory().is_some() { (64 << 20, 1) } else { (10, 2) };
        assert_eq!((first.len() + rest.len(), reads.load(Ordering::Relaxed)), (size, expected));
    }

    /// 56, 57. A file takes the object's bytes whole, or stays as it was.
    async fn b56_files(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(3 * CHUNK)).await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        fs::write(&path, body(10 * CHUNK)).unwrap();
        let info = bucket.get_file("a", &path).await.unwrap();
        assert_eq!(info.size, 3 * CHUNK as u64);
        assert!(fs::read(&path).unwrap() == body(3 * CHUNK), "a longer file is truncated");

        assert_eq!(bucket.get_file("none", &path).await.unwrap_err().code(), "not_found");
        assert!(fs::read(&path).unwrap() == body(3 * CHUNK), "the file stays when there is no object");
        assert_eq!(bucket.get_file("a", dir.path()).await.unwrap_err().code(), "io");
        assert_eq!(bucket.get_file("a", dir.path().join("none/file")).await.unwrap_err().code(), "io");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "no temporary file is left");
    }

    /// 58. An empty object comes at once.
    async fn b58_empty(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("empty", "").await.unwrap();
        let start = std::time::Instant::now();
        assert!(bucket.get_bytes("empty").await.unwrap().is_empty());
        assert!(start.elapsed().as_millis() < 1000, "after {:?}", start.elapsed());
        let dir = tempfile::tempdir().unwrap();
        bucket.get_file("empty", dir.path().join("file")).await.unwrap();
        assert_eq!(fs::read(dir.path().join("file")).unwrap(), b"");
    }

    /// 59. A reader that is dropped early leaves nothing at the server.
    async fn b59_dropped(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(64 << 20)).await.unwrap();
        for _ in 0..5 {
            bucket.get("a").await.unwrap().next().await.unwrap().unwrap();
        }
        crate::no_consumer_is_left(&place, &bucket).await;
    }

    /// A slow reader of a large object gets all of it, and holds nobody else up.
    async fn slow_reader(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(64 << 20)).await.unwrap();
        let mut object = bucket.get("a").await.unwrap();
        let mut bytes = object.next().await.unwrap().unwrap().len();
        for index in 0..200 {
            bucket.put_bytes("b", body(index)).await.unwrap();
            assert_eq!(bucket.get_bytes("b").await.unwrap().len(), index);
        }
        while let Some(chunk) = object.next().await.unwrap() {
            bytes += chunk.len();
        }
        assert_eq!(bytes, 64 << 20);
    }

    /// Many gets one after the other, small ones and large ones.
    async fn many_gets(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(1024)).await.unwrap();
        bucket.put_bytes("b", body(3 * CHUNK)).await.unwrap();
        bucket.put_bytes("c", body(2 << 20)).await.unwrap();
        for _ in 0..100 {
            assert_eq!(bucket.get_bytes("a").await.unwrap().len(), 1024);
            assert_eq!(bucket.get_bytes("b").await.unwrap().len(), 3 * CHUNK);
            assert_eq!(bucket.get_bytes("c").await.unwrap().len(), 2 << 20);
        }
        assert_holds(&bucket, "a", &body(1024)).await;
    }
}

on_a_server! {
    /// 53. One chunk is gone, the first, one in the middle, or the last: an error at once, no hang.
    async fn b53_one_chunk_is_missing() {
        let mut places = vec![Place::jetstream().await];
        places.extend(Place::oldest_jetstream().await);
        for place in places {
            for chunks in [3, 200] {
                for missing in [0, chunks / 2, chunks - 1] {
                    let bucket = place.bucket().await;
                    bucket.put_bytes("a", body(chunks * CHUNK)).await.unwrap();
                    let context = async_nats::jetstream::new(place.raw().await.unwrap());
                    let stream = context.get_stream(format!("OBJ_{}", bucket.name())).await.unwrap();
                    assert!(stream.delete_message(missing as u64 + 1).await.unwrap());
                    let start = std::time::Instant::now();
                    let error = bucket.get_bytes("a").await.unwrap_err();
                    assert_eq!(error.code(), "data_missing", "{missing} of {chunks}: {error}");
                    assert!(start.elapsed().as_secs() < 5, "{missing} of {chunks}: after {:?}", start.elapsed());
                }
            }
        }
    }

    /// 55. A transfer may take longer than the idle limit, and its reader may rest for longer than that.
    async fn b55_longer_than_the_idle_limit() {
        let mut places = vec![Place::jetstream().await];
        places.extend(Place::oldest_jetstream().await);
        for place in places {
            let mut options = StoreOptions::default();
            options.idle_timeout = Duration::from_secs(1);
            let store = Store::open_with(&place.url, options).await.unwrap();
            let whole = body(64 << 20);
            let bucket = place.bucket().await;
            bucket.put_bytes("a", whole.clone()).await.unwrap();
            let mut object = store.bucket(bucket.name()).await.unwrap().get("a").await.unwrap();
            let mut read = Vec::new();
            // The time is what is tested: short rests, and two long ones.
            for rest in [0, 200, 1500, 200, 200, 200, 1500] {
                read.extend_from_slice(&object.next().await.unwrap().unwrap());
                tokio::time::sleep(Duration::from_millis(rest)).await;
            }
            while let Some(chunk) = object.next().await.unwrap() {
                read.extend_from_slice(&chunk);
            }
            assert!(read == whole);
        }
    }

    /// A large read, of the whole or of a part, needs one consumer: none is given up and made anew after a silence.
    async fn one_consumer_for_a_read() {
        let place = Place::jetstream().await;
        let bucket = place.bucket().await;
        let whole = body(128 << 20);
        bucket.put_bytes("a", whole.clone()).await.unwrap();
        let raw = place.raw().await.unwrap();
        let created = format!("$JS.EVENT.ADVISORY.CONSUMER.CREATED.OBJ_{}.*", bucket.name());
        let mut created = raw.subscribe(created).await.unwrap();
        raw.flush().await.unwrap();
        let size = whole.len() as u64;
        for range in [0..size, 1_000_000..size - 1_000_000, 50_000_000..size].into_iter().cycle().take(9) {
            let (begin, end) = (usize::try_from(range.start).unwrap(), usize::try_from(range.end).unwrap());
            let part = bucket.get_with("a", GetOptions::default().with_range(range.clone())).await.unwrap();
            assert!(part.into_bytes().await.unwrap() == whole[begin..end]);
            created.next().await.unwrap();
            // What the server said before this answer has come before it.
            raw.request(format!("$JS.API.STREAM.INFO.OBJ_{}", bucket.name()), "".into()).await.unwrap();
            assert!(created.next().now_or_never().is_none(), "{range:?}");
        }
    }
}
