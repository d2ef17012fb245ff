//! G. Sealed buckets.

use std::time::Duration;

use jetblob::{BucketConfig, ObjectMeta};
use tests::unique;

use crate::{assert_holds, body, on_every_engine};

on_every_engine! {
    /// 82, 83, 84. A sealed bucket is read, and not written; sealing it again is fine, and it can be deleted as a whole.
    async fn b83_sealed(place: Place) {
        let config = BucketConfig { ttl: Some(Duration::from_hours(1)), ..BucketConfig::new(unique("sealed")) };
        let bucket = place.bucket_with(config).await;
        let info = bucket.put_bytes("a", body(300_000)).await.unwrap();
        bucket.add_link("l", &info).await.unwrap();
        bucket.put_bytes("deleted", body(10)).await.unwrap();
        bucket.delete("deleted").await.unwrap();
        let status = bucket.seal().await.unwrap();
        assert!(status.sealed);
        assert_eq!(status.ttl, None, "the ttl ends");

        for size in [0, 10, 5 << 20] {
            assert_eq!(bucket.put_bytes("a", body(size)).await.unwrap_err().code(), "sealed");
            assert_eq!(bucket.put_bytes("b", body(size)).await.unwrap_err().code(), "sealed");
        }
        for error in [
            bucket.delete("a").await.unwrap_err(),
            place.store.update_bucket(BucketConfig::new(bucket.name())).await.unwrap_err(),
            place.store.create_or_update_bucket(BucketConfig::new(bucket.name())).await.unwrap_err(),
            bucket.update_meta("a", ObjectMeta { description: "d".into(), ..ObjectMeta::from("a") }).await.unwrap_err(),
            bucket.rename("a", "b").await.unwrap_err(),
            bucket.add_link("m", &info).await.unwrap_err(),
            bucket.add_bucket_link("m", &bucket).await.unwrap_err(),
        ] {
            assert_eq!(error.code(), "sealed", "{error}");
            assert!(error.to_string().contains(bucket.name()), "{error}");
        }
        bucket.delete("deleted").await.unwrap();
        assert_holds(&bucket, "a", &body(300_000)).await;
        assert_eq!(bucket.get_bytes("l").await.unwrap().len(), 300_000);
        assert_eq!(crate::list::names(&bucket).await, ["a", "l"]);
        let mut watch = bucket.watch().await.unwrap();
        let mut seen = 0;
        while let Some(jetblob::WatchEvent::Object(_)) = watch.next().await.unwrap() {
            seen += 1;
        }
        assert_eq!(seen, 3);
        assert!(bucket.seal().await.unwrap().sealed);
        place.store.delete_bucket(bucket.name()).await.unwrap();
        assert_eq!(bucket.seal().await.unwrap_err().code(), "bucket_deleted");
    }

    /// 86. A bucket is not sealed under an upload of the same handle; once that has ended, it is, and nothing is left.
    async fn b86_uploads_first(place: Place) {
        let bucket = place.bucket().await;
        let mut upload = bucket.clone().upload("a");
        let error = bucket.seal().await.unwrap_err();
        assert_eq!(error.code(), "unavailable");
        assert!(error.is_retryable());
        upload.write(body(300_000)).await.unwrap();
        assert_eq!(bucket.seal().await.unwrap_err().code(), "unavailable");
        upload.finish().await.unwrap();
        let mut given_up = bucket.upload("b");
        given_up.write(body(300_000)).await.unwrap();
        given_up.abort().await;
        // The task of an upload may still be on its way out.
        while let Err(error) = bucket.seal().await {
            assert_eq!(error.code(), "unavailable");
            tokio::task::yield_now().await;
        }
        assert_holds(&bucket, "a", &body(300_000)).await;
        place.holds_only(&bucket, &["a"]).await;
    }

    /// 85. Sealed by another in the middle of a put: the put says so, and the old object stays.
    async fn b85_sealed_meanwhile(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(10)).await.unwrap();
        let mut upload = bucket.upload("a");
        for _ in 0..10 {
            upload.write(body(300_000)).await.unwrap();
        }
        place.engine_bucket(&bucket).await.seal().await.unwrap();
        assert_eq!(upload.finish().await.unwrap_err().code(), "sealed");
        assert_holds(&bucket, "a", &body(10)).await;
    }
}
