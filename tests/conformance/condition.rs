//! C. Writes that take effect only over what the caller knows of.

use jetblob::{PutOptions, WriteOptions};

use crate::{assert_holds, body, on_every_engine};

on_every_engine! {
    /// 40. A put over a revision takes effect over that one alone; what it sent for nothing is removed.
    async fn b40_if_revision(place: Place) {
        let bucket = place.bucket().await;
        let over = |revision| PutOptions::default().if_revision(revision);
        let first = bucket.put_with("a", body(300_000), over(0)).await.unwrap();
        let second = bucket.put_with("a", body(300_001), over(first.revision)).await.unwrap();
        for size in [0, 10, 300_000, 5 << 20] {
            for wrong in [0, first.revision, second.revision + 1, u64::MAX] {
                let error = bucket.put_with("a", body(size), over(wrong)).await.unwrap_err();
                assert_eq!(error.code(), "conflict", "{error}");
                assert!(!error.is_retryable());
            }
        }
        assert_holds(&bucket, "a", &body(300_001)).await;
        assert_eq!(bucket.put_with("none", "", over(7)).await.unwrap_err().code(), "conflict");
        place.holds_only(&bucket, &["a"]).await;

        bucket.delete_with("a", WriteOptions::default().if_revision(second.revision)).await.unwrap();
        let marker = bucket.info_with("a", jetblob::InfoOptions::default().with_deleted()).await.unwrap();
        assert_eq!(bucket.put_with("a", body(10), over(second.revision)).await.unwrap_err().code(), "conflict");
        bucket.put_with("a", body(10), over(marker.revision)).await.unwrap();
        assert_holds(&bucket, "a", &body(10)).await;
    }

    /// 40. A put where nothing may be: not over an object, not over a link; but over a deleted object.
    async fn b40_if_absent(place: Place) {
        let bucket = place.bucket().await;
        let absent = || PutOptions::default().if_absent();
        let info = bucket.put_with("a", body(10), absent()).await.unwrap();
        bucket.add_link("l", &info).await.unwrap();
        for name in ["a", "l"] {
            let error = bucket.put_with(name, body(5 << 20), absent()).await.unwrap_err();
            assert_eq!(error.code(), "conflict");
            assert!(error.to_string().contains("exists"), "{error}");
        }
        bucket.delete("a").await.unwrap();
        bucket.put_with("a", body(20), absent()).await.unwrap();
        assert_holds(&bucket, "a", &body(20)).await;
        bucket.rename("a", "b").await.unwrap();
        bucket.put_with("a", body(30), absent()).await.unwrap();
        assert_holds(&bucket, "a", &body(30)).await;
        let mut upload = bucket.upload_with("b", absent());
        let _ = upload.write(body(10)).await;
        assert_eq!(upload.finish().await.unwrap_err().code(), "conflict");
        place.holds_only(&bucket, &["a", "b"]).await;
    }

    /// A revision of another bucket is another revision, and no more.
    async fn another_buckets_revision(place: Place) {
        let (one, two) = (place.bucket().await, place.bucket().await);
        for index in 0..5 {
            two.put_bytes(format!("{index}").as_str(), body(10)).await.unwrap();
        }
        let foreign = two.put_bytes("a", body(10)).await.unwrap();
        one.put_bytes("a", body(20)).await.unwrap();
        let over = PutOptions::default().if_revision(foreign.revision);
        assert_eq!(one.put_with("a", body(30), over).await.unwrap_err().code(), "conflict");
        assert_holds(&one, "a", &body(20)).await;
    }
}
