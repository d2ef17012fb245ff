//! Writers and readers of one name at a time, from connections of their own. Whatever wins, what is there is whole, one
//! story explains all answers, and no bytes are left that nobody names.

use jetblob::{Bucket, BucketConfig, Error, ObjectInfo, ObjectMeta, PutOptions, Result, Store, WriteOptions};

use crate::{Place, body, on_every_engine};

const ROUNDS: usize = 20;

const OLD: usize = 300_000;
const NEW: usize = 300_001;

/// The bucket through as many connections, or engines, as there are rivals.
async fn rivals<const COUNT: usize>(place: &Place, bucket: &Bucket) -> [Bucket; COUNT] {
    let mut rivals = Vec::new();
    for _ in 0..COUNT {
        rivals.push(Store::open(&place.url).await.unwrap().bucket(bucket.name()).await.unwrap());
    }
    rivals.try_into().unwrap()
}

/// The size of the object, which is read whole and verified; nothing if it isn't there.
async fn size(bucket: &Bucket, name: &str) -> Option<usize> {
    match bucket.get_bytes(name).await {
        Ok(bytes) => {
            assert!(bytes == body(bytes.len()), "{name}");
            Some(bytes.len())
        }
        Err(Error::NotFound { .. }) => None,
        Err(error) => panic!("{name}: {error}"),
    }
}

/// What stands there is what is left: exactly these blobs.
async fn nothing_else(place: &Place, bucket: &Bucket, names: &[&str]) {
    let mut live = Vec::new();
    for name in names {
        if size(bucket, name).await.is_some() {
            live.push(*name);
        }
    }
    place.holds_only(bucket, &live).await;
}

fn winners(results: &[Result<ObjectInfo>], loses_with: &str) -> usize {
    for error in results.iter().filter_map(|result| result.as_ref().err()) {
        assert_eq!(error.code(), loses_with, "{error}");
    }
    results.iter().filter(|result| result.is_ok()).count()
}

on_every_engine! {
    /// 41. Puts of one name: all succeed, one stands, whole.
    async fn b41_put_and_put(place: Place) {
        let bucket = place.bucket().await;
        let [one, two] = rivals(&place, &bucket).await;
        for _ in 0..ROUNDS {
            let (first, second) = tokio::join!(one.put_bytes("a", body(OLD)), two.put_bytes("a", body(NEW)));
            let last = if first.unwrap().revision > second.unwrap().revision { OLD } else { NEW };
            assert_eq!(size(&bucket, "a").await, Some(last));
        }
        nothing_else(&place, &bucket, &["a"]).await;
    }

    /// 40, 41. Puts over the same revision: exactly one succeeds, and it stands.
    async fn b40_put_and_put_over_one_revision(place: Place) {
        let bucket = place.bucket().await;
        let rivals: [Bucket; 4] = rivals(&place, &bucket).await;
        let mut revision = 0;
        for _ in 0..ROUNDS {
            let put = |(index, rival): (usize, &Bucket)| {
                let (rival, options) = (rival.clone(), PutOptions::default().if_revision(revision));
                async move { rival.put_with("a", body(OLD + index), options).await }
            };
            let results = futures_util::future::join_all(rivals.iter().enumerate().map(put)).await;
            assert_eq!(winners(&results, "conflict"), 1);
            let won = results.iter().position(Result::is_ok).unwrap();
            revision = results[won].as_ref().unwrap().revision;
            assert_eq!(size(&bucket, "a").await, Some(OLD + won));
        }
        nothing_else(&place, &bucket, &["a"]).await;
    }

    /// Who creates what isn't there: exactly one, on a name that never was and on one that was deleted.
    async fn create_and_create(place: Place) {
        let bucket = place.bucket().await;
        let rivals: [Bucket; 4] = rivals(&place, &bucket).await;
        for round in 0..ROUNDS {
            let name = format!("{}", round / 2);
            let create = |rival: &Bucket| {
                let (rival, name) = (rival.clone(), name.clone());
                async move { rival.put_with(name, body(OLD), PutOptions::default().if_absent()).await }
            };
            let results = futures_util::future::join_all(rivals.iter().map(create)).await;
            assert_eq!(winners(&results, "conflict"), 1);
            assert_eq!(size(&bucket, &name).await, Some(OLD));
            bucket.delete(&name).await.unwrap();
        }
        nothing_else(&place, &bucket, &[]).await;
    }

    /// A put and a delete: the object is there whole, or it is deleted.
    async fn put_and_delete(place: Place) {
        let bucket = place.bucket().await;
        let [one, two] = rivals(&place, &bucket).await;
        for _ in 0..ROUNDS {
            bucket.put_bytes("a", body(OLD)).await.unwrap();
            let (put, delete) = tokio::join!(one.put_bytes("a", body(NEW)), two.delete("a"));
            delete.unwrap();
            let put = put.unwrap();
            match size(&bucket, "a").await {
                Some(bytes) => assert_eq!(bytes, NEW),
                None => assert!(bucket.info_with("a", jetblob::InfoOptions::default().with_deleted()).await.unwrap().revision > put.revision),
            }
        }
        nothing_else(&place, &bucket, &["a"]).await;
    }

    /// Deletes of one name: both succeed. With the revision that both have seen: one succeeds, or both found it done.
    async fn delete_and_delete(place: Place) {
        let bucket = place.bucket().await;
        let [one, two] = rivals(&place, &bucket).await;
        for _ in 0..ROUNDS {
            bucket.put_bytes("a", body(OLD)).await.unwrap();
            let (first, second) = tokio::join!(one.delete("a"), two.delete("a"));
            first.unwrap();
            second.unwrap();
            let seen = bucket.put_bytes("a", body(OLD)).await.unwrap().revision;
            let over = WriteOptions::default().if_revision(seen);
            let (first, second) = tokio::join!(one.delete_with("a", over), two.delete_with("a", over));
            assert_eq!(usize::from(first.is_ok()) + usize::from(second.is_ok()), 1, "{first:?} {second:?}");
            assert_eq!(first.and(second).unwrap_err().code(), "conflict");
        }
        nothing_else(&place, &bucket, &[]).await;
    }

    /// 54. A reader beside writers gets one object whole, or is told that it changed; never a mixture, never a hang.
    async fn b54_read_and_replace(place: Place) {
        let bucket = place.bucket().await;
        let [reader, writer] = rivals(&place, &bucket).await;
        bucket.put_bytes("a", body(3 << 20)).await.unwrap();
        let write = async {
            for round in 0..ROUNDS {
                if round % 4 == 3 {
                    writer.delete("a").await.unwrap();
                }
                writer.put_bytes("a", body((3 << 20) + round)).await.unwrap();
            }
        };
        let read = async {
            for _ in 0..2 * ROUNDS {
                match reader.get_bytes("a").await {
                    Ok(bytes) => assert!(bytes == body(bytes.len())),
                    Err(error) => assert!(matches!(error.code(), "object_changed" | "not_found"), "{error}"),
                }
            }
        };
        tokio::join!(write, read);
        assert_eq!(size(&bucket, "a").await, Some((3 << 20) + ROUNDS - 1));
        nothing_else(&place, &bucket, &["a"]).await;
    }

    /// 66. A rename and a put of its new name: the rename finds it taken, or the put comes after it. Nothing is lost
    /// but what the put replaced.
    async fn b66_rename_and_put_of_the_new_name(place: Place) {
        let bucket = place.bucket().await;
        let [one, two] = rivals(&place, &bucket).await;
        for round in 0..ROUNDS {
            let (from, to) = (format!("a{round}"), format!("b{round}"));
            bucket.put_bytes(from.as_str(), body(OLD)).await.unwrap();
            let (rename, put) = tokio::join!(one.rename(&from, &to), two.put_bytes(to.as_str(), body(NEW)));
            put.unwrap();
            assert_eq!(size(&bucket, &to).await, Some(NEW));
            match rename {
                Ok(_) => assert_eq!(size(&bucket, &from).await, None),
                Err(error) => {
                    assert_eq!(error.code(), "already_exists");
                    assert_eq!(size(&bucket, &from).await, Some(OLD));
                    bucket.delete(&from).await.unwrap();
                }
            }
            bucket.delete(&to).await.unwrap();
        }
        nothing_else(&place, &bucket, &[]).await;
    }

    /// 67. A rename and a put of its old name: what the put stored is there, under the name that it must have.
    async fn b67_rename_and_put_of_the_old_name(place: Place) {
        let bucket = place.bucket().await;
        let [one, two] = rivals(&place, &bucket).await;
        for round in 0..ROUNDS {
            let (from, to) = (format!("a{round}"), format!("b{round}"));
            bucket.put_bytes(from.as_str(), body(OLD)).await.unwrap();
            let (rename, put) = tokio::join!(one.rename(&from, &to), two.put_bytes(from.as_str(), body(NEW)));
            put.unwrap();
            rename.unwrap();
            match (size(&bucket, &from).await, size(&bucket, &to).await) {
                (Some(NEW), Some(OLD)) | (None, Some(NEW)) => {}
                other => panic!("{other:?}"),
            }
            if size(&bucket, &from).await.is_some() {
                bucket.delete(&from).await.unwrap();
            }
            bucket.delete(&to).await.unwrap();
        }
        nothing_else(&place, &bucket, &[]).await;
    }

    /// 67. Two renames of one object: exactly one succeeds, and it has one name.
    async fn b67_rename_and_rename(place: Place) {
        let bucket = place.bucket().await;
        let [one, two] = rivals(&place, &bucket).await;
        for round in 0..ROUNDS {
            let [from, to, other] = ["a", "b", "c"].map(|name| format!("{name}{round}"));
            bucket.put_bytes(from.as_str(), body(OLD)).await.unwrap();
            let (first, second) = tokio::join!(one.rename(&from, &to), two.rename(&from, &other));
            let first_won = first.is_ok();
            assert_eq!(winners(&[first, second], "not_found"), 1);
            assert_eq!(size(&bucket, &from).await, None);
            assert_eq!(size(&bucket, &to).await, first_won.then_some(OLD));
            assert_eq!(size(&bucket, &other).await, (!first_won).then_some(OLD));
            bucket.delete(if first_won { &to } else { &other }).await.unwrap();
        }
        nothing_else(&place, &bucket, &[]).await;
    }

    /// 67. Renames of one object there and back, with and without atomic batches: it is never lost, and in the end it has
    /// exactly one name.
    async fn b67_rename_there_and_back(place: Place) {
        for plain in [false, true] {
            let config = BucketConfig { plain, ..BucketConfig::new(tests::unique("back")) };
            let bucket = place.bucket_with(config).await;
            bucket.put_bytes("a", body(OLD)).await.unwrap();
            let movers: [Bucket; 6] = rivals(&place, &bucket).await;
            let renames = movers.iter().enumerate().map(async |(index, mover)| {
                let (from, to) = [("a", "b"), ("b", "a"), ("b", "c"), ("c", "a"), ("a", "c"), ("c", "b")][index];
                for _ in 0..4 * ROUNDS {
                    if let Err(error) = mover.rename(from, to).await {
                        assert!(matches!(error.code(), "not_found" | "already_exists"), "{error}");
                    }
                }
            });
            futures_util::future::join_all(renames).await;
            let names = crate::list::names(&bucket).await;
            assert_eq!(names.len(), 1, "plain: {plain}: {names:?}");
            nothing_else(&place, &bucket, &["a", "b", "c"]).await;
        }
    }

    /// 70. An update and a put: both take effect, and the bytes are those of the put.
    async fn b70_update_and_put(place: Place) {
        let bucket = place.bucket().await;
        let [one, two] = rivals(&place, &bucket).await;
        for _ in 0..ROUNDS {
            bucket.put_bytes("a", body(OLD)).await.unwrap();
            let meta = ObjectMeta { description: "d".into(), ..ObjectMeta::from("a") };
            let (update, put) = tokio::join!(one.update_meta("a", meta), two.put_bytes("a", body(NEW)));
            let last = update.unwrap().revision.max(put.unwrap().revision);
            assert_eq!(bucket.info("a").await.unwrap().revision, last);
            assert_eq!(size(&bucket, "a").await, Some(NEW));
        }
        nothing_else(&place, &bucket, &["a"]).await;
    }

    /// 70. An update and a delete: the object is deleted, and no update brings it back without its bytes.
    async fn b70_update_and_delete(place: Place) {
        let bucket = place.bucket().await;
        let [one, two] = rivals(&place, &bucket).await;
        for _ in 0..ROUNDS {
            bucket.put_bytes("a", body(OLD)).await.unwrap();
            let (update, delete) = tokio::join!(one.update_meta("a", "a".into()), two.delete("a"));
            delete.unwrap();
            winners(&[update], "not_found");
            assert_eq!(size(&bucket, "a").await, None);
        }
        nothing_else(&place, &bucket, &[]).await;
    }

    /// 78. A link and a put of one name: the link finds bytes there, or the put replaces it; never are bytes lost to a link.
    async fn b78_link_and_put(place: Place) {
        let bucket = place.bucket().await;
        let [one, two] = rivals(&place, &bucket).await;
        let target = bucket.put_bytes("target", body(10)).await.unwrap();
        for round in 0..ROUNDS {
            let name = format!("{round}");
            let (link, put) = tokio::join!(one.add_link(name.as_str(), &target), two.put_bytes(name.as_str(), body(NEW)));
            put.unwrap();
            winners(&[link], "already_exists");
            assert_eq!(size(&bucket, &name).await, Some(NEW));
            bucket.delete(&name).await.unwrap();
        }
        nothing_else(&place, &bucket, &["target"]).await;
    }

    /// 49, 50. The target of a link is replaced, deleted, or becomes a link, while it is read: the target whole, or an
    /// error that says it.
    async fn b50_link_and_its_target(place: Place) {
        let bucket = place.bucket().await;
        let [reader, writer] = rivals(&place, &bucket).await;
        let target = bucket.put_bytes("target", body(OLD)).await.unwrap();
        let link = bucket.add_link("link", &target).await.unwrap();
        let back = crate::link::but(&link, |info| info.link = None);
        let write = async {
            for round in 0..ROUNDS {
                writer.put_bytes("target", body(OLD + round)).await.unwrap();
                writer.delete("target").await.unwrap();
                writer.add_link("target", &back).await.unwrap();
            }
            writer.put_bytes("target", body(NEW)).await.unwrap();
        };
        let read = async {
            for _ in 0..3 * ROUNDS {
                match reader.get_bytes("link").await {
                    Ok(bytes) => assert!(bytes == body(bytes.len())),
                    Err(error) => {
                        assert!(matches!(error.code(), "object_changed" | "not_found" | "link_loop"), "{error}");
                    }
                }
            }
        };
        tokio::join!(write, read);
        assert_eq!(size(&bucket, "link").await, Some(NEW));
        nothing_else(&place, &bucket, &["target"]).await;
    }

    /// 86. Sealing and a put by another: the put succeeded and can be read, or it says that the bucket is sealed.
    async fn b86_seal_and_put(place: Place) {
        for _ in 0..ROUNDS / 4 {
            let bucket = place.bucket().await;
            let [one, two] = rivals(&place, &bucket).await;
            bucket.put_bytes("a", body(OLD)).await.unwrap();
            let (seal, put) = tokio::join!(one.seal(), two.put_bytes("a", body(NEW)));
            seal.unwrap();
            let stands = if put.is_ok() { NEW } else { OLD };
            winners(&[put], "sealed");
            assert_eq!(size(&bucket, "a").await, Some(stands));
        }
    }

    /// The bucket is deleted under everything: each call ends soon, with what it had or with `bucket_deleted`.
    async fn delete_of_the_bucket_and_everything(place: Place) {
        // Each takes 10 s on the oldest server: it doesn't tell who watches that the bucket is gone.
        for _ in 0..ROUNDS / 8 {
            let bucket = place.bucket().await;
            let [one, two, three, four] = rivals(&place, &bucket).await;
            for name in ["a", "b"] {
                bucket.put_bytes(name, body(3 << 20)).await.unwrap();
            }
            let mut watch = one.watch().await.unwrap();
            let (delete, put, get, update, watched) = tokio::join!(
                place.store.delete_bucket(bucket.name()),
                two.put_bytes("a", body(3 << 20)),
                three.get_bytes("a"),
                four.rename("b", "c"),
                async { loop { if let Err(error) = watch.next().await { break error } } },
            );
            delete.unwrap();
            assert_eq!(watched.code(), "bucket_deleted");
            let ended = [put.err(), get.err(), update.err()];
            for error in ended.into_iter().flatten() {
                assert!(matches!(error.code(), "bucket_deleted" | "unknown"), "{error}");
            }
            assert_eq!(two.info("a").await.unwrap_err().code(), "bucket_deleted");
        }
    }
}
