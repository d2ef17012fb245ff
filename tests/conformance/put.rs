//! C. Put.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use jetblob::{Body, BucketConfig, Digest, ObjectMeta, PutOptions};

use crate::{assert_holds, body, on_every_engine};
use tests::unique;

const CHUNK: usize = 128 * 1024;

/// Full chunks, so many of them.
fn full(pieces: usize) -> impl futures_util::Stream<Item = io::Result<Bytes>> + Send {
    let chunk = body(CHUNK);
    stream::iter((0..pieces).map(move |_| Ok(chunk.clone())))
}

/// A stream of chunks that fails after them.
fn failing(pieces: usize) -> Body {
    Body::stream(full(pieces).chain(stream::once(async { Err(io::Error::other("the source broke")) })))
}

on_every_engine! {
    /// 20, 22, 25. Sizes around the chunk size come back whole; chunks are full but the last, and there is no trailing
    /// message.
    async fn b22_sizes_around_the_chunk_size(place: Place) {
        let bucket = place.bucket().await;
        for size in [1, 1000, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 5 * CHUNK + 7, 64 * 1024, 64 * 1024 + 1] {
            let name = format!("{size}");
            let info = bucket.put_bytes(name.as_str(), body(size)).await.unwrap();
            assert_eq!(info.chunks, size.div_ceil(CHUNK) as u64);
            assert_eq!(info.chunk_size, Some(CHUNK as u64));
            assert_holds(&bucket, &name, &body(size)).await;
        }
    }

    /// 24. An empty object has no chunk, and the digest of nothing.
    async fn b24_empty_object(place: Place) {
        let bucket = place.bucket().await;
        let info = bucket.put_bytes("empty", Bytes::new()).await.unwrap();
        assert_eq!((info.size, info.chunks), (0, 0));
        assert_eq!(info.digest.unwrap().to_string(), "SHA-256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=");
        assert_holds(&bucket, "empty", b"").await;
        place.holds_only(&bucket, &[]).await;
    }

    /// 23. A chunk size larger than a message is clamped, and recorded as it is; zero is refused.
    async fn b23_chunk_size(place: Place) {
        let bucket = place.bucket().await;
        let meta = |chunk_size| ObjectMeta { chunk_size: Some(chunk_size), ..ObjectMeta::from("a") };
        let info = bucket.put_bytes(meta(1000), body(2500)).await.unwrap();
        assert_eq!((info.chunks, info.chunk_size), (3, Some(1000)));
        assert_holds(&bucket, "a", &body(2500)).await;
        let info = bucket.put_bytes(meta(16 << 20), body(3 << 20)).await.unwrap();
        assert!(info.chunk_size.unwrap() <= 16 << 20);
        assert_holds(&bucket, "a", &body(3 << 20)).await;
        assert_eq!(bucket.put_bytes(meta(0), body(1)).await.unwrap_err().code(), "invalid_argument");
        assert_holds(&bucket, "a", &body(3 << 20)).await;
        place.holds_only(&bucket, &["a"]).await;
    }

    /// 26. However small the pieces that a reader gives, chunks are full.
    async fn b26_short_reads(place: Place) {
        let bucket = place.bucket().await;
        let whole = body(3 * CHUNK + 5);
        let pieces: Vec<_> = whole.chunks(1000).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        let info = bucket.put("pieces", Body::stream(stream::iter(pieces))).await.unwrap();
        assert_eq!(info.chunks, 4);
        assert_holds(&bucket, "pieces", &whole).await;

        let (reader, mut writer) = tokio::io::duplex(777);
        let source = whole.clone();
        let writing = tokio::spawn(async move { tokio::io::AsyncWriteExt::write_all(&mut writer, &source).await });
        let info = bucket.put("reader", Body::reader(reader)).await.unwrap();
        writing.await.unwrap().unwrap();
        assert_eq!(info.chunks, 4);
        assert_holds(&bucket, "reader", &whole).await;

        let large = Body::stream(stream::iter([Ok(whole.clone()), Ok(Bytes::new()), Ok(whole.clone())]));
        assert_eq!(bucket.put("large pieces", large).await.unwrap().chunks, 7);
        assert_holds(&bucket, "large pieces", &[whole.clone(), whole].concat()).await;
    }

    /// What a caller says of an object is what the store tells of it.
    async fn meta_comes_back(place: Place) {
        let bucket = place.bucket().await;
        let meta = ObjectMeta {
            description: "a description".into(),
            headers: BTreeMap::from([("X-Many".into(), vec!["1".into(), "2".into()])]),
            metadata: BTreeMap::from([("owner".into(), "日本".into())]),
            ..ObjectMeta::from("a")
        };
        let before = std::time::SystemTime::now() - Duration::from_secs(5);
        let put = bucket.put_bytes(meta.clone(), body(10)).await.unwrap();
        let info = bucket.info("a").await.unwrap();
        assert_eq!(info.description, meta.description);
        assert_eq!(info.headers, meta.headers);
        assert_eq!(info.metadata, meta.metadata);
        assert_eq!((info.revision, &info.nuid, info.digest), (put.revision, &put.nuid, put.digest));
        assert!(info.mtime > before, "the time is the store's");
        assert!(info.revision > 0);
        assert!(!info.deleted);
    }

    /// 21. A record that no message can hold is refused before a chunk is sent.
    async fn b21_a_record_that_is_too_large(place: Place) {
        let bucket = place.bucket().await;
        let meta = ObjectMeta { description: "x".repeat(2 << 20), ..ObjectMeta::from("a") };
        let put = bucket.put_bytes(meta, body(100_000)).await;
        if place.directory().is_some() {
            // No message carries it there.
            assert_eq!(put.unwrap().description.len(), 2 << 20);
            assert_holds(&bucket, "a", &body(100_000)).await;
        } else {
            assert_eq!(put.unwrap_err().code(), "invalid_argument");
            place.holds_only(&bucket, &[]).await;
        }
    }

    /// 30, 31. Replacing an object leaves nothing of the old one.
    async fn b30_replace(place: Place) {
        let bucket = place.bucket().await;
        for size in [3 * CHUNK, 10, 0, 200_000, 5] {
            bucket.put_bytes("a", body(size)).await.unwrap();
            assert_holds(&bucket, "a", &body(size)).await;
        }
        place.holds_only(&bucket, &["a"]).await;
    }

    /// 32. A source that fails leaves the old object, and nothing of the new one; its error comes out.
    async fn b32_failing_source(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(10)).await.unwrap();
        for pieces in [0, 1, 40] {
            let error = bucket.put("a", failing(pieces)).await.unwrap_err();
            assert_eq!(error.code(), "io");
            assert!(error.to_string().contains("the source broke"), "{error}");
            assert_holds(&bucket, "a", &body(10)).await;
            place.holds_only(&bucket, &["a"]).await;
        }
    }

    /// 33. A put that is given up midway leaves the old object, and nothing of the new one.
    async fn b33_cancelled(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(10)).await.unwrap();
        for pieces in [1, 40] {
            let stuck = full(pieces).chain(stream::pending());
            let sent = Arc::new(AtomicU64::new(0));
            let options = PutOptions::default().with_progress({
                let sent = sent.clone();
                move |bytes| sent.store(bytes, Ordering::Relaxed)
            });
            let putting = tokio::spawn({
                let bucket = bucket.clone();
                async move { bucket.put_with("a", Body::stream(stuck), options).await }
            });
            while sent.load(Ordering::Relaxed) < (pieces * CHUNK) as u64 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            putting.abort();
            assert!(putting.await.unwrap_err().is_cancelled());
            assert_holds(&bucket, "a", &body(10)).await;
            place.holds_only(&bucket, &["a"]).await;
        }
    }

    /// 33. What is given up between two chunks is removed at once: the clean-up waits for no answer that can't come.
    async fn b33_cancelled_is_removed_at_once(place: Place) {
        let bucket = place.bucket_with(BucketConfig { plain: true, ..BucketConfig::new(unique("plain")) }).await;
        let large = Bytes::from(vec![0; 20 << 20]);
        for micros in (0..10_000).step_by(500) {
            let put = bucket.put_bytes("a", large.clone());
            drop(tokio::time::timeout(Duration::from_micros(micros), put).await);
        }
        let start = Instant::now();
        place.store.close().await;
        assert!(start.elapsed() < Duration::from_secs(10), "after {:?}", start.elapsed());
        place.again().await.holds_only(&bucket, &[]).await;
    }

    /// 36. A put over a deleted object.
    async fn b36_over_deleted(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(10)).await.unwrap();
        bucket.delete("a").await.unwrap();
        bucket.put_bytes("a", body(20)).await.unwrap();
        assert_holds(&bucket, "a", &body(20)).await;
    }

    /// 39. The time in a put's answer is this machine's, that of an info is the store's; all else is the same.
    async fn b39_answer(place: Place) {
        let bucket = place.bucket().await;
        for size in [0, 10, 300_000] {
            let before = std::time::SystemTime::now();
            let put = bucket.put_bytes("a", body(size)).await.unwrap();
            assert!((before..=std::time::SystemTime::now()).contains(&put.mtime));
            let mut info = bucket.info("a").await.unwrap();
            info.mtime = put.mtime;
            assert_eq!(info, put);
        }
    }

    /// 41. Puts of one name at the same time all succeed, one of them stays, and nothing is left of the others.
    async fn b41_concurrent_puts(place: Place) {
        let bucket = place.bucket().await;
        for round in 0..5 {
            let name = format!("a{round}");
            let puts = (1..=8).map(|writer| bucket.put_bytes(name.as_str(), body(writer * 20_000)));
            let infos = join_all(puts).await;
            let last = bucket.info(&name).await.unwrap();
            let infos: Vec<_> = infos.into_iter().map(Result::unwrap).collect();
            assert!(infos.iter().any(|info| info.nuid == last.nuid));
            assert_eq!(infos.iter().map(|info| info.revision).max(), Some(last.revision));
            assert_holds(&bucket, &name, &body(last.size.try_into().unwrap())).await;
        }
        place.holds_only(&bucket, &["a0", "a1", "a2", "a3", "a4"]).await;
    }

    /// 42, 43. A full bucket: the old object stays readable, nothing is left behind, and a replacement needs room for
    /// both.
    async fn b42_full_bucket(place: Place) {
        let config = BucketConfig { max_bytes: Some(1 << 20), ..BucketConfig::new(unique("full")) };
        let bucket = place.bucket_with(config).await;
        bucket.put_bytes("a", body(700_000)).await.unwrap();
        for size in [700_000, 5 << 20] {
            let error = bucket.put_bytes("a", body(size)).await.unwrap_err();
            assert_eq!(error.code(), "quota_exceeded", "{error}");
            let error = bucket.put("b", Body::stream(full(40))).await.unwrap_err();
            assert_eq!(error.code(), "quota_exceeded", "{error}");
            assert_holds(&bucket, "a", &body(700_000)).await;
            place.holds_only(&bucket, &["a"]).await;
        }
        bucket.delete("a").await.unwrap();
        place.holds_only(&bucket, &[]).await;
        bucket.put_bytes("b", body(700_000)).await.unwrap();
        assert_holds(&bucket, "b", &body(700_000)).await;
    }

    /// A file is put under its path, or under a name of its own.
    async fn files(place: Place) {
        let bucket = place.bucket().await;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a file");
        std::fs::write(&path, body(3 * CHUNK + 1)).unwrap();
        let info = bucket.put_file(&path).await.unwrap();
        assert_eq!(info.name, path.to_str().unwrap());
        assert_holds(&bucket, &info.name, &body(3 * CHUNK + 1)).await;
        bucket.put("name", Body::file(&path)).await.unwrap();
        assert_holds(&bucket, "name", &body(3 * CHUNK + 1)).await;

        let error = bucket.put_file(dir.path().join("none")).await.unwrap_err();
        assert_eq!(error.code(), "io");
        assert!(error.to_string().contains("none"), "{error}");
        assert_eq!(bucket.put_file(dir.path()).await.unwrap_err().code(), "io");
        place.holds_only(&bucket, &[&info.name, "name"]).await;
    }

    /// An upload is visible when it is finished; dropped or aborted it never was.
    async fn uploads(place: Place) {
        let bucket = place.bucket().await;
        let mut upload = bucket.upload("a");
        for piece in body(3 * CHUNK).chunks(50_000) {
            upload.write(Bytes::copy_from_slice(piece)).await.unwrap();
        }
        assert_eq!(bucket.info("a").await.unwrap_err().code(), "not_found");
        assert_eq!(upload.finish().await.unwrap().digest, Some(Digest::of(&body(3 * CHUNK))));
        assert_holds(&bucket, "a", &body(3 * CHUNK)).await;

        for _ in 0..20 {
            let mut dropped = bucket.upload("a");
            dropped.write(body(300_000)).await.unwrap();
            drop(dropped);
        }
        let mut aborted = bucket.upload("a");
        aborted.write(body(300_000)).await.unwrap();
        aborted.abort().await;
        place.holds_only(&bucket, &["a"]).await;
        assert_holds(&bucket, "a", &body(3 * CHUNK)).await;
        assert_eq!(bucket.upload("e").finish().await.unwrap().size, 0);
        assert_eq!(bucket.upload("").finish().await.unwrap_err().code(), "invalid_name");
    }

    /// Progress tells of every byte.
    async fn progress(place: Place) {
        let bucket = place.bucket().await;
        let last = Arc::new(AtomicU64::new(0));
        let options = PutOptions::default().with_progress({
            let last = last.clone();
            move |bytes| assert!(last.swap(bytes, Ordering::Relaxed) < bytes)
        });
        bucket.put_with("a", body(10 * CHUNK + 1), options).await.unwrap();
        assert_eq!(last.load(Ordering::Relaxed), 10 * CHUNK as u64 + 1);
    }

    /// Many small puts at once, and many large ones, on one handle.
    async fn many_at_once(place: Place) {
        let bucket = place.bucket().await;
        let names: Vec<String> = (0..300).map(|index| format!("small {index}")).collect();
        let puts = stream::iter(&names).map(|name| bucket.put_bytes(name.as_str(), name.as_bytes().to_vec()));
        let outcomes: Vec<_> = puts.buffer_unordered(64).collect().await;
        assert!(outcomes.iter().all(Result::is_ok));
        for name in &names {
            assert_eq!(bucket.get_bytes(name).await.unwrap(), name.as_bytes());
        }
        let large = body(5 << 20);
        let outcomes = join_all((0..6).map(|index| bucket.put_bytes(format!("large {index}"), large.clone()))).await;
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        for index in 0..6 {
            assert_holds(&bucket, &format!("large {index}"), &large).await;
        }
    }
}
