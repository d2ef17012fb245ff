//! I. Buckets.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use jetblob::{BucketConfig, Store};
use tests::unique;

use crate::{assert_holds, body, on_every_engine};

on_every_engine! {
    /// 99, 103. What a bucket is created with is what its status tells.
    async fn b99_status(place: Place) {
        let bucket = place.bucket().await;
        let status = bucket.status().await.unwrap();
        assert_eq!(status.bucket, bucket.name());
        assert_eq!((status.ttl, status.max_bytes, status.replicas), (None, None, 1));
        assert!(!status.sealed && !status.compressed && status.description.is_empty() && status.metadata.is_empty());
        assert_eq!(status.backing_store, if place.directory().is_some() { "local" } else { "JetStream" });

        let config = BucketConfig {
            description: "d".into(),
            ttl: Some(Duration::from_hours(1)),
            max_bytes: Some(50 << 20),
            ..BucketConfig::new(unique("configured"))
        };
        let bucket = place.bucket_with(config).await;
        bucket.put_bytes("a", body(300_000)).await.unwrap();
        let status = bucket.status().await.unwrap();
        assert_eq!(status.description, "d");
        assert_eq!((status.ttl, status.max_bytes), (Some(Duration::from_hours(1)), Some(50 << 20)));
        assert!((300_000..400_000).contains(&status.size), "{}", status.size);
    }

    /// 101. The same configuration again is fine, another one is not.
    async fn b101_create_again(place: Place) {
        let config = BucketConfig { description: "d".into(), ..BucketConfig::new(unique("again")) };
        let bucket = place.bucket_with(config.clone()).await;
        bucket.put_bytes("a", body(10)).await.unwrap();
        let again = place.bucket_with(config.clone()).await;
        assert_holds(&again, "a", &body(10)).await;
        let plain = place.bucket_with(BucketConfig { plain: true, ..config.clone() }).await;
        assert_holds(&plain, "a", &body(10)).await;
        let other = BucketConfig { description: "e".into(), ..config };
        assert_eq!(place.store.create_bucket(other).await.unwrap_err().code(), "bucket_exists");
    }

    /// 102. What is not there can't be opened or deleted.
    async fn b102_missing(place: Place) {
        let name = unique("missing");
        assert_eq!(place.store.bucket(&name).await.unwrap_err().code(), "bucket_not_found");
        assert_eq!(place.store.delete_bucket(&name).await.unwrap_err().code(), "bucket_not_found");
        assert_eq!(place.store.bucket(&name).await.unwrap_err().code(), "bucket_not_found");
    }

    /// A configuration that can't be is refused, with the reason.
    async fn impossible_configs(place: Place) {
        let config = BucketConfig::new(unique("impossible"));
        for config in [
            BucketConfig { replicas: 0, ..config.clone() },
            BucketConfig { replicas: 9, ..config.clone() },
            BucketConfig { replicas: 3, ..config.clone() },
            BucketConfig { ttl: Some(Duration::ZERO), ..config.clone() },
        ] {
            let error = place.store.create_bucket(config.clone()).await.unwrap_err();
            assert_eq!(error.code(), "invalid_config", "{config:?}: {error}");
        }
        assert_eq!(place.store.bucket(&config.name).await.unwrap_err().code(), "bucket_not_found");
    }

    /// Buckets are listed, by name and with their statuses; deleted ones no more.
    async fn listed_and_deleted(place: Place) {
        let buckets = [place.bucket().await, place.bucket().await];
        let names: Vec<String> = place.store.bucket_names().try_collect().await.unwrap();
        let statuses: Vec<_> = place.store.buckets().try_collect().await.unwrap();
        for bucket in &buckets {
            assert_eq!(names.iter().filter(|name| *name == bucket.name()).count(), 1);
            assert!(statuses.iter().any(|status| status.bucket == bucket.name()));
        }
        place.store.delete_bucket(buckets[0].name()).await.unwrap();
        let names: Vec<String> = place.store.bucket_names().try_collect().await.unwrap();
        assert!(!names.iter().any(|name| name == buckets[0].name()));
        assert!(names.iter().any(|name| name == buckets[1].name()));
    }

    /// A handle of a deleted bucket says so, and brings nothing back.
    async fn deleted_under_a_handle(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(10)).await.unwrap();
        place.store.delete_bucket(bucket.name()).await.unwrap();
        assert_eq!(bucket.get("a").await.unwrap_err().code(), "bucket_deleted");
        assert_eq!(bucket.put_bytes("a", body(10)).await.unwrap_err().code(), "bucket_deleted");
        assert_eq!(bucket.put_bytes("a", body(5 << 20)).await.unwrap_err().code(), "bucket_deleted");
        assert_eq!(bucket.delete("a").await.unwrap_err().code(), "bucket_deleted");
        assert_eq!(bucket.status().await.unwrap_err().code(), "bucket_deleted");
        assert_eq!(place.store.bucket(bucket.name()).await.unwrap_err().code(), "bucket_not_found");
    }

    /// 105. Objects expire, with all their bytes.
    async fn b105_ttl(place: Place) {
        let config = BucketConfig { ttl: Some(Duration::from_secs(1)), ..BucketConfig::new(unique("ttl")) };
        let bucket = place.bucket_with(config).await;
        bucket.put_bytes("a", body(300_000)).await.unwrap();
        assert_holds(&bucket, "a", &body(300_000)).await;
        let deadline = Instant::now() + Duration::from_secs(20);
        while bucket.info("a").await.is_ok() {
            assert!(Instant::now() < deadline, "the object does not expire");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(bucket.get("a").await.unwrap_err().code(), "not_found");
        assert!(crate::list::names(&bucket).await.is_empty());
        place.holds_only(&bucket, &[]).await;
        bucket.put_bytes("a", body(10)).await.unwrap();
        assert_holds(&bucket, "a", &body(10)).await;
    }

    /// 83, 84. A sealed bucket is read, and not written.
    async fn b83_sealed(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(10)).await.unwrap();
        place.engine_bucket(&bucket).await.seal().await.unwrap();
        for size in [10, 5 << 20] {
            assert_eq!(bucket.put_bytes("a", body(size)).await.unwrap_err().code(), "sealed");
        }
        assert_eq!(bucket.delete("a").await.unwrap_err().code(), "sealed");
        assert!(bucket.status().await.unwrap().sealed);
        assert_holds(&bucket, "a", &body(10)).await;
        place.engine_bucket(&bucket).await.seal().await.unwrap();
        place.store.delete_bucket(bucket.name()).await.unwrap();
    }

    /// Two stores on one place see each other's objects.
    async fn two_stores(place: Place) {
        let bucket = place.bucket().await;
        let other = Store::open(&place.url).await.unwrap().bucket(bucket.name()).await.unwrap();
        for size in [10, 300_000] {
            bucket.put_bytes("a", body(size)).await.unwrap();
            assert_holds(&other, "a", &body(size)).await;
            other.put_bytes("a", body(size + 1)).await.unwrap();
            assert_holds(&bucket, "a", &body(size + 1)).await;
        }
        other.delete("a").await.unwrap();
        assert_eq!(bucket.get("a").await.unwrap_err().code(), "not_found");
        place.holds_only(&bucket, &[]).await;
    }
}

/// Metadata and compression came to servers later than the oldest one here.
#[tokio::test]
async fn b100_metadata_and_compression() {
    for place in [crate::Place::local().await, crate::Place::jetstream().await] {
        let config = BucketConfig {
            compression: true,
            metadata: BTreeMap::from([("team".into(), "red".into())]),
            ..BucketConfig::new(unique("compressed"))
        };
        let bucket = place.bucket_with(config.clone()).await;
        let status = bucket.status().await.unwrap();
        assert_eq!(
            status.compressed,
            place.directory().is_none(),
            "the local engine stores as is, and says so"
        );
        assert_eq!(status.metadata, config.metadata);
        bucket.put_bytes("a", vec![7; 300_000]).await.unwrap();
        assert_holds(&bucket, "a", &vec![7; 300_000]).await;
        place.bucket_with(config).await;
    }
}
