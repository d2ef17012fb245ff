//! D. Parts of an object.

use std::io::SeekFrom;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use jetblob::{Bucket, BucketConfig, ByteRange, GetOptions, ObjectMeta, Store};
use serde_json::json;
use tests::{Place, Proxy, unique};
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use crate::{body, on_a_server, on_every_engine};

const CHUNK: usize = 1000;

async fn part(bucket: &Bucket, name: &str, range: impl Into<ByteRange>) -> jetblob::Result<Bytes> {
    bucket.get_with(name, GetOptions::default().with_range(range)).await?.into_bytes().await
}

/// Every range around the ends of chunks gives its bytes.
async fn check_ranges(bucket: &Bucket, name: &str, whole: &[u8]) {
    let edges = [0, 1, 999, 1000, 1001, 1999, 2000, 2500, 2999, 3000, 3123];
    for from in edges {
        for to in edges.into_iter().filter(|to| *to >= from) {
            let bytes = part(bucket, name, from..to).await.unwrap();
            let (begin, end) = (usize::try_from(from).unwrap(), usize::try_from(to).unwrap());
            assert!(bytes == whole[begin..end], "{name}: {from}..{to}");
        }
    }
}

on_every_engine! {
    /// From, up to, and the last bytes, of objects of one chunk and of many.
    async fn ranges(place: Place) {
        let bucket = place.bucket().await;
        let meta = |name: &str| ObjectMeta { chunk_size: Some(CHUNK), ..ObjectMeta::from(name) };
        let whole = body(3123);
        bucket.put_bytes(meta("a"), whole.clone()).await.unwrap();
        check_ranges(&bucket, "a", &whole).await;
        assert!(part(&bucket, "a", 2500..).await.unwrap() == whole[2500..]);
        assert!(part(&bucket, "a", ..1500).await.unwrap() == whole[..1500]);
        assert!(part(&bucket, "a", ByteRange::Suffix(1500)).await.unwrap() == whole[1623..]);
        assert!(part(&bucket, "a", ByteRange::Suffix(9999)).await.unwrap() == whole);
        assert!(part(&bucket, "a", 3000..9999).await.unwrap() == whole[3000..], "what is beyond the end is left out");
        assert!(part(&bucket, "a", ..).await.unwrap() == whole);

        // Said anew, and with others in between, its chunks stand elsewhere before the record.
        bucket.put_bytes("b", body(5000)).await.unwrap();
        bucket.update_meta("a", meta("a")).await.unwrap();
        check_ranges(&bucket, "a", &whole).await;
        bucket.rename("a", "c").await.unwrap();
        check_ranges(&bucket, "c", &whole).await;
        bucket.add_link("l", &bucket.info("c").await.unwrap()).await.unwrap();
        assert!(part(&bucket, "l", 10..20).await.unwrap() == whole[10..20]);

        bucket.put_bytes("empty", "").await.unwrap();
        assert!(part(&bucket, "empty", 0..).await.unwrap().is_empty());
        assert!(part(&bucket, "empty", ByteRange::Suffix(5)).await.unwrap().is_empty());
    }

    /// A part is told from the whole: it can't be verified by the digest.
    async fn parts_are_not_verified(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(3000)).await.unwrap();
        let get = async |range: ByteRange| bucket.get_with("a", GetOptions::default().with_range(range)).await.unwrap();
        assert!(get(ByteRange::All).await.is_verified() && get((0..3000).into()).await.is_verified());
        let object = get((0..2999).into()).await;
        assert!(!object.is_verified());
        assert_eq!(object.range(), 0..2999);
        assert_eq!(object.info.size, 3000);
    }

    /// A range that can't be: the size is told.
    #[allow(clippy::reversed_empty_ranges, reason = "that is what is refused")]
    async fn impossible_ranges(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(3000)).await.unwrap();
        for range in [ByteRange::from(3001..), (3001..4000).into(), (20..10).into(), ByteRange::From(u64::MAX)] {
            let error = part(&bucket, "a", range).await.unwrap_err();
            assert_eq!(error.code(), "invalid_argument", "{error}");
        }
        let error = part(&bucket, "a", 3001..).await.unwrap_err().to_string();
        assert!(error.contains("3000") && error.contains("\"a\""), "{error}");
        assert!(part(&bucket, "a", 3000..).await.unwrap().is_empty());
    }

    /// Objects whose chunks are not full, as other clients write them; also in one that claims to be like ours.
    async fn chunks_of_any_size(place: Place) {
        let bucket = place.bucket().await;
        let engine = place.engine_bucket(&bucket).await;
        let whole = body(3123);
        let nuid = jetblob::Nuid::fresh();
        let blob = jetblob::engine::NewBlob { nuid: nuid.clone(), chunk_size: CHUNK, size_hint: None, expires: None };
        let mut staging = engine.stage(blob).await.unwrap();
        let mut rest = whole.clone();
        for size in [1, 998, 3, 500, 999, 622] {
            staging.write(rest.split_to(size)).await.unwrap();
        }
        staging.finish().await.unwrap();
        let record = |chunks: u64| json!({
            "name": "a", "nuid": nuid.as_str(), "size": 3123, "chunks": chunks, "options": { "max_chunk_size": CHUNK },
            "digest": jetblob::Digest::of(&whole).to_string(),
        });
        let mut commit = jetblob::engine::Commit { staged: Some(nuid.clone()), ..Default::default() };
        commit.writes.push(jetblob::engine::RecordWrite {
            name: "a".into(), key: jetblob::protocol::key::record_key("a"), expected: 0,
            record: Some(jetblob::protocol::record::Record::parse(record(6).to_string().as_bytes()).unwrap()),
            expires: None,
        });
        engine.commit(&commit).await.unwrap();
        staging.keep();
        check_ranges(&bucket, "a", &whole).await;

        // Four chunks would be full ones: the number alone proves nothing.
        place.plant(&bucket, "a", &record(4)).await;
        check_ranges(&bucket, "a", &whole).await;
        let mut lie = record(4);
        lie["options"]["full_chunks"] = json!(true);
        place.plant(&bucket, "a", &lie).await;
        for range in [500..600, 1500..1600, 2500..2600] {
            let (begin, end) = (usize::try_from(range.start).unwrap(), usize::try_from(range.end).unwrap());
            match part(&bucket, "a", range).await {
                Ok(bytes) => assert!(bytes == whole[begin..end], "never other bytes"),
                Err(error) => assert_eq!(error.code(), "bad_meta", "{error}"),
            }
        }
    }

    /// An object is a file to be read anywhere.
    async fn seek(place: Place) {
        let bucket = place.bucket().await;
        let whole = body(300_000);
        bucket.put_bytes(ObjectMeta { chunk_size: Some(CHUNK), ..ObjectMeta::from("a") }, whole.clone()).await.unwrap();
        let mut object = bucket.get("a").await.unwrap();
        let mut buffer = [0; 100];
        for (to, at) in [
            (SeekFrom::Start(123_456), 123_456), (SeekFrom::Current(50), 123_606), (SeekFrom::Current(-500), 123_206),
            (SeekFrom::End(-100), 299_900), (SeekFrom::Start(0), 0), (SeekFrom::Start(50), 50),
        ] {
            assert_eq!(object.seek(to).await.unwrap(), at);
            object.read_exact(&mut buffer).await.unwrap();
            let at = usize::try_from(at).unwrap();
            assert!(buffer == whole[at..at + 100], "{to:?}");
        }
        assert_eq!(object.stream_position().await.unwrap(), 150);
        assert!(object.seek(SeekFrom::Current(-151)).await.is_err(), "there is nothing before the beginning");
        assert_eq!(object.seek(SeekFrom::Start(400_000)).await.unwrap(), 400_000);
        assert_eq!(object.read(&mut buffer).await.unwrap(), 0, "nor beyond the end");
        object.rewind().await.unwrap();
        assert!(object.is_verified(), "from the beginning to the end it is verified again");
        let mut all = Vec::new();
        object.read_to_end(&mut all).await.unwrap();
        assert!(all == whole);

        let mut window = bucket.get_with("a", GetOptions::default().with_range(1000..2000)).await.unwrap();
        assert_eq!(window.seek(SeekFrom::End(-10)).await.unwrap(), 990);
        let mut end = Vec::new();
        window.read_to_end(&mut end).await.unwrap();
        assert!(end == whole[1990..2000]);
    }

    /// The object is replaced or deleted between two reads of it.
    async fn b54_replaced_before_a_seek(place: Place) {
        let bucket = place.bucket().await;
        for (replace, last) in [(true, false), (true, true), (false, false), (false, true)] {
            bucket.put_bytes("a", body(3 << 20)).await.unwrap();
            let mut object = bucket.get("a").await.unwrap();
            object.read_exact(&mut [0; 100]).await.unwrap();
            if replace {
                bucket.put_bytes("a", body(10)).await.unwrap();
            } else {
                bucket.delete("a").await.unwrap();
            }
            let to = if last { (3 << 20) - 100 } else { 1 << 20 };
            object.seek(SeekFrom::Start(to)).await.unwrap();
            assert!(!object.is_verified(), "it doesn't begin at its beginning any more");
            let error = object.read_exact(&mut [0; 100]).await.unwrap_err();
            let error = error.get_ref().and_then(|error| error.downcast_ref::<jetblob::Error>()).unwrap();
            assert_eq!(error.code(), if replace { "object_changed" } else { "not_found" });
        }
    }
}

on_a_server! {
    /// Only the bytes that were asked for come from the server: no chunk before them, and none after.
    async fn only_the_part_is_read() {
        let mut places = vec![Place::jetstream().await];
        places.extend(Place::oldest_jetstream().await);
        for place in places {
            let came = Arc::new(AtomicUsize::new(0));
            let proxy = Proxy::start(&place.url, {
                let came = came.clone();
                move |frame| {
                    came.fetch_add(frame.size, Ordering::Relaxed);
                    false
                }
            })
            .await;
            let sound = place.bucket_with(BucketConfig::new(unique("range"))).await;
            let whole = body(32 << 20);
            sound.put_bytes("a", whole.clone()).await.unwrap();
            sound.put_bytes("moved", whole.clone()).await.unwrap();
            sound.update_meta("a", "a".into()).await.unwrap();
            let store = Store::open(proxy.url()).await.unwrap();
            let bucket = store.bucket(sound.name()).await.unwrap();
            for name in ["moved", "a"] {
                for range in [10 << 20..(10 << 20) + 100, 20 << 20..22 << 20, 1..2, (32 << 20) - 1..32 << 20] {
                    let (begin, end) =
                        (usize::try_from(range.start).unwrap(), usize::try_from(range.end).unwrap());
                    came.store(0, Ordering::Relaxed);
                    assert!(part(&bucket, name, range.clone()).await.unwrap() == whole[begin..end]);
                    let (came, wanted) = (came.load(Ordering::Relaxed), end - begin);
                    assert!(came < wanted + (512 << 10), "{came} bytes came for {range:?} of {name}");
                }
            }
        }
    }
}
