//! H. List.

use std::pin::pin;

use futures_util::future::try_join_all;
use futures_util::{StreamExt, TryStreamExt};
use jetblob::{Bucket, ListOptions, Store};
use serde_json::json;

use crate::{body, on_every_engine};

/// The names of a bucket's objects, as they are listed.
pub(crate) async fn names(bucket: &Bucket) -> Vec<String> {
    bucket.list(ListOptions::default()).map_ok(|info| info.name).try_collect().await.expect("a list")
}

on_every_engine! {
    /// 96. Every live object, once; an empty bucket gives an empty list.
    async fn b96_list(place: Place) {
        let bucket = place.bucket().await;
        assert!(names(&bucket).await.is_empty());
        for index in 0..50 {
            bucket.put_bytes(format!("{}/{index}", index % 3), body(index)).await.unwrap();
        }
        for index in (0..50).step_by(5) {
            bucket.put_bytes(format!("{}/{index}", index % 3), body(2 * index)).await.unwrap();
            bucket.delete(&format!("{}/{}", (index + 1) % 3, index + 1)).await.unwrap();
        }
        let mut listed = names(&bucket).await;
        listed.sort();
        let mut wanted: Vec<_> =
            (0..50).filter(|index| index % 5 != 1).map(|index| format!("{}/{index}", index % 3)).collect();
        wanted.sort();
        assert_eq!(listed, wanted);

        let with_prefix = ListOptions::default().with_prefix("1/");
        let some: Vec<_> = bucket.list(with_prefix.clone()).try_collect().await.unwrap();
        assert_eq!(some.len(), wanted.iter().filter(|name| name.starts_with("1/")).count());
        let deleted: Vec<_> = bucket.list(with_prefix.with_deleted()).try_collect().await.unwrap();
        assert!(deleted.iter().any(|info| info.deleted) && deleted.len() > some.len());
    }

    /// 96. Every object is listed, once, however busy others are; what is rewritten meanwhile too.
    async fn b96_beside_writers(place: Place) {
        let bucket = place.bucket().await;
        for index in 0..300 {
            bucket.put_bytes(format!("stays{index:03}").as_str(), body(10)).await.unwrap();
        }
        let writer = tokio::spawn({
            let bucket = Store::open(&place.url).await.unwrap().bucket(bucket.name()).await.unwrap();
            async move {
                for index in 0_usize.. {
                    bucket.put_bytes(format!("busy{}", index % 5).as_str(), body(10)).await.unwrap();
                    if index % 7 == 0 {
                        bucket.delete(&format!("busy{}", index % 5)).await.unwrap();
                    }
                }
            }
        });
        for _ in 0..20 {
            let mut names = names(&bucket).await;
            names.sort();
            assert_eq!(names.iter().filter(|name| name.starts_with("stays")).count(), 300);
            assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
        }
        writer.abort();
    }

    /// 96. An object that is rewritten while it is listed is listed, though its record moves to the end of the stream.
    async fn b96_while_it_is_rewritten(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(1)).await.unwrap();
        let rewrites = async {
            for _ in 0..150 {
                bucket.put_bytes("a", body(1)).await.unwrap();
            }
        };
        let mut rewrites = pin!(rewrites);
        let mut lists = 0;
        loop {
            tokio::select! {
                biased;
                listed = names(&bucket) => assert_eq!(listed, ["a"], "list {lists}"),
                () = &mut rewrites => break,
            }
            lists += 1;
        }
        assert!(lists > 1, "{lists}");
    }

    /// 96. Objects that nobody touches are listed while names that were deleted are put again.
    async fn b96_while_others_come_back(place: Place) {
        let bucket = place.bucket().await;
        let (stays, comes) = (["d/1", "d/2", "d/3"], ["e/1", "e/2", "e/3"]);
        for _ in 0..15 {
            try_join_all(stays.map(|name| bucket.put_bytes(name, body(1)))).await.unwrap();
            let look = async {
                let mut listed = names(&bucket).await;
                listed.retain(|name| name.starts_with("d/"));
                listed.sort();
                assert_eq!(listed, stays);
            };
            let puts = try_join_all(comes.map(|name| bucket.put_bytes(name, body(1))));
            let ((), put) = tokio::join!(look, puts);
            put.unwrap();
            try_join_all(stays.into_iter().chain(comes).map(|name| bucket.delete(name))).await.unwrap();
        }
    }

    /// 97. Only deleted objects: an empty list.
    async fn b97_only_deleted(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(1)).await.unwrap();
        bucket.delete("a").await.unwrap();
        assert!(names(&bucket).await.is_empty());
        let all: Vec<_> = bucket.list(ListOptions::default().with_deleted()).try_collect().await.unwrap();
        assert_eq!(all.len(), 1);
    }

    /// 62. A record that makes no sense is reported under its name, and the others are listed all the same.
    async fn b62_bad_record(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(1)).await.unwrap();
        place.plant(&bucket, "bad", &json!({ "name": "bad", "nuid": ">", "size": -1 })).await;
        bucket.put_bytes("z", body(1)).await.unwrap();
        let listed: Vec<_> = bucket.list(ListOptions::default()).collect().await;
        let (good, bad): (Vec<_>, Vec<_>) = listed.into_iter().partition(Result::is_ok);
        let mut good: Vec<_> = good.into_iter().map(|info| info.unwrap().name).collect();
        good.sort();
        assert_eq!(good, ["a", "z"]);
        assert_eq!(bad.len(), 1);
        let error = bad[0].as_ref().unwrap_err();
        assert_eq!(error.code(), "bad_meta");
        assert!(error.to_string().contains("\"bad\""), "{error}");
    }

    /// More names than one page or request brings; a list that is dropped early is no trouble.
    async fn pages(place: Place) {
        let bucket = place.bucket().await;
        let all: Vec<String> = (0..2500).map(|index| format!("{index:05}")).collect();
        let puts = futures_util::stream::iter(&all).map(|name| bucket.put_bytes(name.as_str(), ""));
        puts.buffer_unordered(64).try_collect::<Vec<_>>().await.unwrap();
        let mut listed = names(&bucket).await;
        listed.sort();
        assert_eq!(listed, all);
        for _ in 0..3 {
            assert!(bucket.list(ListOptions::default()).next().await.unwrap().is_ok());
        }
    }
}
