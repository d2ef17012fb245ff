//! E. Delete.

use futures_util::future::join_all;
use jetblob::InfoOptions;
use serde_json::json;

use crate::{body, on_every_engine};

on_every_engine! {
    /// 71. A deleted object is gone, with all its bytes; a marker stays.
    async fn b71_delete(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(300_000)).await.unwrap();
        bucket.put_bytes("b", body(10)).await.unwrap();
        bucket.delete("a").await.unwrap();
        assert_eq!(bucket.get("a").await.unwrap_err().code(), "not_found");
        assert_eq!(crate::list::names(&bucket).await, ["b"]);
        place.holds_only(&bucket, &["b"]).await;
    }

    /// 18. A record that is rewritten keeps the fields that jetblob doesn't know.
    async fn b18_unknown_fields_stay(place: Place) {
        let bucket = place.bucket().await;
        place.plant(&bucket, "a", &json!({ "name": "a", "nuid": "abc", "size": 0, "chunks": 0, "x-own": [1, 2] })).await;
        bucket.delete("a").await.unwrap();
        let engine = place.engine_bucket(&bucket).await;
        let stored = engine.last("a", jetblob::Consistency::Leader).await.unwrap().unwrap();
        let record: serde_json::Value = serde_json::from_slice(&stored.record().as_ref().unwrap().to_json()).unwrap();
        assert_eq!(record["x-own"], json!([1, 2]));
        assert_eq!(record["deleted"], json!(true));
    }

    /// 72. Deleting what is deleted is a success, and writes nothing.
    async fn b72_again(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(10)).await.unwrap();
        bucket.delete("a").await.unwrap();
        let mut options = InfoOptions::default();
        options.show_deleted = true;
        let first = bucket.info_with("a", options).await.unwrap();
        bucket.delete("a").await.unwrap();
        assert_eq!(bucket.info_with("a", options).await.unwrap().revision, first.revision);
    }

    /// 75. A purge leaves no marker for good, of an object or of one that is deleted already; watchers hear of it.
    async fn b75_purge(place: Place) {
        let bucket = place.bucket().await;
        assert_eq!(bucket.purge("a").await.unwrap_err().code(), "not_found");
        for name in ["a", "b"] {
            bucket.put_bytes(name, body(300_000)).await.unwrap();
        }
        let marker = bucket.delete("b").await.unwrap();
        assert!(marker.deleted && marker.name == "b");
        assert_eq!(bucket.delete("b").await.unwrap().revision, marker.revision);
        let seen = bucket.info("a").await.unwrap().revision;
        let over = |revision| jetblob::WriteOptions::default().if_revision(revision);
        assert_eq!(bucket.purge_with("a", over(seen + 1)).await.unwrap_err().code(), "conflict");
        let mut watch = bucket.watch_with(jetblob::WatchOptions::default().updates_only()).await.unwrap();
        bucket.purge_with("a", over(seen)).await.unwrap();
        bucket.purge("b").await.unwrap();
        for name in ["a", "b"] {
            let event = watch.next().await.unwrap();
            let Some(jetblob::WatchEvent::Object(info)) = event else { panic!("{event:?}") };
            assert_eq!((info.name.as_str(), info.deleted), (name, true));
            assert_eq!(bucket.get(name).await.unwrap_err().code(), "not_found");
        }
        place.holds_only(&bucket, &[]).await;
        for name in ["a", "b"] {
            let marker = place.engine_bucket(&bucket).await.last(name, jetblob::Consistency::Leader).await.unwrap().unwrap();
            let goes_after = marker.expires.map(|expires| expires.duration_since(marker.mtime).unwrap().as_secs().div_ceil(3600));
            assert_eq!(goes_after, crate::lets_expire(&bucket).await.then_some(24), "where something can go by itself, it will");
        }
    }

    /// 73. Deleting what never was is not found.
    async fn b73_never_was(place: Place) {
        let bucket = place.bucket().await;
        assert_eq!(bucket.delete("a").await.unwrap_err().code(), "not_found");
        assert!(crate::list::names(&bucket).await.is_empty());
    }

    /// Deletes and puts of one name at the same time: each ends well, nothing is half, nothing is left.
    async fn beside_puts(place: Place) {
        let bucket = place.bucket().await;
        for _ in 0..5 {
            bucket.put_bytes("a", body(1)).await.unwrap();
            let puts = join_all((0..4).map(|index| bucket.put_bytes("a", body(150_000 + index))));
            let deletes = join_all((0..4).map(|_| bucket.delete("a")));
            let (puts, deletes) = tokio::join!(puts, deletes);
            assert!(puts.iter().all(Result::is_ok), "{puts:?}");
            assert!(deletes.iter().all(Result::is_ok), "{deletes:?}");
            match bucket.get_bytes("a").await {
                Ok(bytes) => {
                    assert!(bytes == body(bytes.len()));
                    place.holds_only(&bucket, &["a"]).await;
                }
                Err(error) => {
                    assert_eq!(error.code(), "not_found");
                    place.holds_only(&bucket, &[]).await;
                }
            }
        }
    }
}
