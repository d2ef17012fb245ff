//! C. Objects that go by themselves.

use std::time::{Duration, Instant, SystemTime};

use jetblob::{Bucket, BucketConfig, ObjectMeta, PutOptions};
use tests::unique;

use crate::{Place, assert_holds, body, on_a_server};

fn briefly(time: u64) -> PutOptions {
    PutOptions::default().expires_after(Duration::from_secs(time))
}

async fn gone(bucket: &Bucket, name: &str) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while bucket.info(name).await.is_ok() {
        assert!(Instant::now() < deadline, "{name} does not expire");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn places() -> [Place; 2] {
    [Place::local().await, Place::jetstream().await]
}

on_a_server! {
    /// An object lives as long as it was told to, and then nothing is left of it; others stay.
    async fn an_object_expires() {
        for place in places().await {
            let bucket = place.bucket().await;
            bucket.put_bytes("stays", body(300_000)).await.unwrap();
            for (name, size) in [("empty", 0), ("small", 10), ("large", 5 << 20)] {
                let begin = SystemTime::now();
                let put = bucket.put_with(name, body(size), briefly(3)).await.unwrap();
                let expires = bucket.info(name).await.unwrap().expires.unwrap();
                assert!(expires > begin + Duration::from_millis(2500), "{name}");
                assert!(expires < SystemTime::now() + Duration::from_secs(5));
                assert!(put.expires.unwrap() <= expires + Duration::from_secs(1));
                assert_holds(&bucket, name, &body(size)).await;
            }
            assert_eq!(bucket.info("stays").await.unwrap().expires, None);
            for name in ["empty", "small", "large"] {
                gone(&bucket, name).await;
                assert_eq!(bucket.get(name).await.unwrap_err().code(), "not_found");
            }
            place.holds_only(&bucket, &["stays"]).await;
            assert_eq!(crate::list::names(&bucket).await, ["stays"]);
            bucket.put_with("small", body(20), PutOptions::default().if_absent()).await.unwrap();
        }
    }

    /// What is said anew of an object, or a new name, doesn't lengthen its life; a put does, and so it goes with a shorter one.
    async fn an_update_keeps_the_expiry() {
        for place in places().await {
            let bucket = place.bucket().await;
            bucket.put_with("a", body(300_000), briefly(4)).await.unwrap();
            let before = bucket.info("a").await.unwrap().expires.unwrap();
            let meta = ObjectMeta { description: "d".into(), ..ObjectMeta::from("a") };
            let updated = bucket.update_meta("a", meta).await.unwrap();
            let renamed = bucket.rename("a", "b").await.unwrap();
            let after = bucket.info("b").await.unwrap().expires.unwrap();
            assert_eq!([updated.expires.unwrap(), renamed.expires.unwrap(), after], [before; 3]);
            gone(&bucket, "b").await;
            place.holds_only(&bucket, &[]).await;

            bucket.put_with("c", body(10), briefly(2)).await.unwrap();
            bucket.put_bytes("c", body(20)).await.unwrap();
            assert_eq!(bucket.info("c").await.unwrap().expires, None);
            bucket.put_with("d", body(10), briefly(2)).await.unwrap();
            gone(&bucket, "d").await;
            assert_holds(&bucket, "c", &body(20)).await;
        }
    }

    /// An expiry that can't be had is an error, before anything is visible: it is never passed over.
    async fn no_expiry_is_promised_in_vain() {
        let place = Place::jetstream().await;
        let plain = BucketConfig { plain: true, ..BucketConfig::new(unique("plain")) };
        let mut buckets = vec![place.bucket_with(plain).await];
        if let Some(oldest) = Place::oldest_jetstream().await {
            buckets.push(oldest.bucket().await);
        }
        for bucket in &buckets {
            for size in [0, 10, 5 << 20] {
                let error = bucket.put_with("a", body(size), briefly(60)).await.unwrap_err();
                assert_eq!(error.code(), "invalid_argument", "{error}");
                assert!(error.to_string().contains("allow_msg_ttl"), "{error}");
            }
            assert_eq!(bucket.info("a").await.unwrap_err().code(), "not_found");
        }
        let bucket = place.bucket().await;
        for never in [Duration::ZERO, Duration::MAX, Duration::from_hours(300 * 365 * 24)] {
            let options = PutOptions::default().expires_after(never);
            assert_eq!(bucket.put_with("a", "", options).await.unwrap_err().code(), "invalid_argument");
        }
    }

    /// A put that takes longer than its object was to live stores nothing.
    async fn a_put_that_takes_too_long() {
        for place in places().await {
            let bucket = place.bucket().await;
            let mut upload =
                bucket.upload_with("a", PutOptions::default().expires_after(Duration::from_millis(200)));
            upload.write(body(300_000)).await.unwrap();
            let begin = Instant::now();
            while begin.elapsed() < Duration::from_millis(300) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            assert_eq!(upload.finish().await.unwrap_err().code(), "invalid_argument");
            assert_eq!(bucket.info("a").await.unwrap_err().code(), "not_found");
            place.holds_only(&bucket, &[]).await;
        }
    }

    /// Sealing ends the ttl of a bucket; an object that was to go by itself still does.
    async fn a_sealed_bucket_and_its_expiring_objects() {
        for place in places().await {
            let bucket = place.bucket().await;
            bucket.put_bytes("stays", body(300_000)).await.unwrap();
            bucket.put_with("goes", body(300_000), briefly(2)).await.unwrap();
            bucket.seal().await.unwrap();
            assert_holds(&bucket, "goes", &body(300_000)).await;
            gone(&bucket, "goes").await;
            place.holds_only(&bucket, &["stays"]).await;
        }
    }

    /// However often an object is described anew, it goes when it was to go, and its bytes no sooner.
    async fn many_updates_do_not_lengthen_a_life() {
        for place in places().await {
            let bucket = place.bucket().await;
            bucket.put_with("a", body(300_000), briefly(4)).await.unwrap();
            let expires = bucket.info("a").await.unwrap().expires.unwrap();
            let gone = loop {
                if let Err(error) = bucket.update_meta("a", "a".into()).await {
                    assert_eq!(error.code(), "not_found", "{error}");
                    break SystemTime::now();
                }
                match bucket.get_bytes("a").await {
                    Ok(bytes) => assert_eq!(bytes.len(), 300_000),
                    Err(error) => assert_eq!(error.code(), "not_found", "{error}"),
                }
                assert!(SystemTime::now() < expires + Duration::from_secs(10), "it lives on and on");
                tokio::time::sleep(Duration::from_millis(100)).await;
            };
            assert!(gone < expires + Duration::from_secs(4), "{:?} late", gone.duration_since(expires));
        }
    }

    /// A handle that was opened before the bucket knew an expiry keeps one, and can set one.
    async fn an_older_handle() {
        let place = Place::jetstream().await;
        let plain = BucketConfig { plain: true, ..BucketConfig::new(unique("plain")) };
        let old = place.bucket_with(plain.clone()).await;
        let new = place.store.update_bucket(BucketConfig { plain: false, ..plain }).await.unwrap();
        new.put_with("a", body(300_000), briefly(60)).await.unwrap();
        old.update_meta("a", "a".into()).await.unwrap();
        assert!(new.info("a").await.unwrap().expires.is_some());
        let fresh = place.store.bucket(new.name()).await.unwrap();
        for size in [0, 300_000] {
            old.put_with("b", body(size), briefly(60)).await.unwrap();
            assert!(fresh.info("b").await.unwrap().expires.is_some());
        }
    }
}
