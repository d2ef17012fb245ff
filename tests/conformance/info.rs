//! E. Info.

use jetblob::{Consistency, InfoOptions};

use crate::{body, on_every_engine};

on_every_engine! {
    /// 60. A deleted object is not found, unless one asks for it.
    async fn b60_show_deleted(place: Place) {
        let bucket = place.bucket().await;
        let put = bucket.put_bytes("a", body(10)).await.unwrap();
        bucket.delete("a").await.unwrap();
        assert_eq!(bucket.info("a").await.unwrap_err().code(), "not_found");
        let mut options = InfoOptions::default();
        options.show_deleted = true;
        let info = bucket.info_with("a", options).await.unwrap();
        assert!(info.deleted);
        assert_eq!((info.size, info.chunks, info.digest), (0, 0, None));
        assert!(info.revision > put.revision);
        assert_eq!(bucket.info_with("none", options).await.unwrap_err().code(), "not_found");
    }

    /// 61. The time is the store's, and a later put has a later one.
    async fn b61_mtime(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(10)).await.unwrap();
        let first = bucket.info("a").await.unwrap();
        bucket.put_bytes("a", body(10)).await.unwrap();
        let second = bucket.info("a").await.unwrap();
        assert!(second.mtime >= first.mtime);
        assert!(second.revision > first.revision);
    }

    /// 106. A handle reads what it wrote, from a replica and from the leader.
    async fn b106_reads_its_writes(place: Place) {
        let bucket = place.bucket().await;
        let mut leader = InfoOptions::default();
        leader.consistency = Consistency::Leader;
        for size in 0..50 {
            let put = bucket.put_bytes("a", body(size)).await.unwrap();
            assert_eq!(bucket.info("a").await.unwrap().revision, put.revision);
            assert_eq!(bucket.info_with("a", leader).await.unwrap().revision, put.revision);
        }
    }
}
