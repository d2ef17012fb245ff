//! D. The bytes go away while they are read.

use std::time::{Duration, Instant};

use jetblob::{BucketConfig, Error, Object, PutOptions};
use tests::unique;

use crate::{Place, assert_holds, body, on_a_server, on_every_engine};

/// How the object ends: all that came, or the error.
async fn end(mut object: Object) -> Result<usize, Error> {
    let mut bytes = 0;
    while let Some(chunk) = object.next().await? {
        bytes += chunk.len();
    }
    Ok(bytes)
}

const LARGE: usize = 64 << 20;

on_every_engine! {
    /// 54. The bucket is deleted, and one of the same name made: the reader learns of it soon, and mixes nothing.
    async fn b54_bucket_deleted(place: Place) {
        for recreate in [false, true] {
            let bucket = place.bucket().await;
            bucket.put_bytes("a", body(LARGE)).await.unwrap();
            let mut object = bucket.get("a").await.unwrap();
            object.next().await.unwrap().unwrap();
            place.store.delete_bucket(bucket.name()).await.unwrap();
            if recreate {
                let new = place.bucket_with(BucketConfig::new(bucket.name())).await;
                new.put_bytes("a", body(LARGE)).await.unwrap();
            }
            let start = Instant::now();
            match end(object).await {
                Ok(bytes) => assert!(place.directory().is_some(), "{bytes}: only a file stays readable"),
                Err(error) => assert!(matches!(error.code(), "bucket_deleted" | "object_changed"), "{error}"),
            }
            assert!(start.elapsed() < Duration::from_secs(15), "after {:?}", start.elapsed());
        }
    }

    /// 54. Replaced before the first byte was handed out: the reader gets the new object, and needn't know.
    async fn b54_replaced_before_the_first_byte(place: Place) {
        let bucket = place.bucket().await;
        for round in 0..20 {
            bucket.put_bytes("a", body(300_000 + round)).await.unwrap();
            let (get, put) = tokio::join!(bucket.get("a"), bucket.put_bytes("a", body(400_000 + round)));
            put.unwrap();
            let object = get.unwrap();
            let size = usize::try_from(object.info.size).unwrap();
            match object.into_bytes().await {
                Ok(bytes) => assert!(bytes == body(size)),
                Err(error) => assert_eq!(error.code(), "object_changed"),
            }
        }
    }

    /// 105. A record outlives its chunks in a bucket with a ttl: then the object has expired.
    async fn b105_record_outlives_chunks(place: Place) {
        let config = BucketConfig { ttl: Some(Duration::from_secs(3)), ..BucketConfig::new(unique("ttl")) };
        let bucket = place.bucket_with(config).await;
        bucket.put_bytes("a", body(300_000)).await.unwrap();
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(2) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bucket.update_meta("a", "a".into()).await.unwrap();
        assert_holds(&bucket, "a", &body(300_000)).await;
        let deadline = Instant::now() + Duration::from_secs(20);
        let error = loop {
            match bucket.get_bytes("a").await {
                Ok(_) => assert!(Instant::now() < deadline, "the chunks do not expire"),
                Err(error) => break error,
            }
        };
        assert_eq!(error.code(), "not_found", "{error}");
    }
}

on_a_server! {
    /// 54. The object expires while it is read: an error that says so soon, or all of its bytes.
    async fn b54_expired() {
        for place in [Place::local().await, Place::jetstream().await] {
            let bucket = place.bucket().await;
            let briefly = PutOptions::default().expires_after(Duration::from_secs(4));
            bucket.put_with("a", body(LARGE), briefly).await.unwrap();
            let mut object = bucket.get("a").await.unwrap();
            object.next().await.unwrap().unwrap();
            let deadline = Instant::now() + Duration::from_secs(20);
            while bucket.info("a").await.is_ok() {
                assert!(Instant::now() < deadline, "it does not expire");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            place.holds_only(&bucket, &[]).await;
            match end(object).await {
                Ok(_) => assert!(place.directory().is_some(), "only a file stays readable"),
                Err(error) => assert_eq!(error.code(), "not_found"),
            }
        }
    }
}
