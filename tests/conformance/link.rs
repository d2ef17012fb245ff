//! F. Links, made here and by others.

use jetblob::{Body, InfoOptions, ObjectInfo, ObjectMeta, WriteOptions};
use serde_json::{Value, json};

use crate::{assert_holds, body, on_every_engine};

/// The same info but for one thing.
pub(crate) fn but(info: &ObjectInfo, change: impl FnOnce(&mut ObjectInfo)) -> ObjectInfo {
    let mut changed = info.clone();
    change(&mut changed);
    changed
}

fn link(name: &str, bucket: &str, target: Option<&str>) -> Value {
    json!({ "name": name, "nuid": "aLink", "size": 0, "chunks": 0, "options": { "link": { "bucket": bucket, "name": target } } })
}

on_every_engine! {
    /// 46. A get of a link reads its target, in this bucket or in another.
    async fn b46_followed(place: Place) {
        let (one, two) = (place.bucket().await, place.bucket().await);
        two.put_string("target", "hello").await.unwrap();
        place.plant(&one, "a", &link("a", two.name(), Some("target"))).await;
        place.plant(&two, "b", &link("b", two.name(), Some("target"))).await;
        place.plant(&one, "chain", &link("chain", one.name(), Some("a"))).await;
        // As nats.js writes it: without a nuid, and with the target's bucket.
        place.plant(&one, "js", &json!({
            "name": "js", "bucket": two.name(), "options": { "link": { "bucket": two.name(), "name": "target" } },
        })).await;
        for (bucket, name) in [(&one, "a"), (&two, "b"), (&one, "chain"), (&one, "js")] {
            let mut object = bucket.get(name).await.unwrap();
            assert_eq!((object.info.name.as_str(), object.info.bucket.as_str()), ("target", two.name()));
            assert_eq!(object.next().await.unwrap().unwrap(), "hello");
            assert!(bucket.info(name).await.unwrap().link.is_some(), "info tells of the link itself");
        }
    }

    /// 47. A link to a whole bucket has no bytes.
    async fn b47_bucket_link(place: Place) {
        let bucket = place.bucket().await;
        place.plant(&bucket, "a", &link("a", "other", None)).await;
        assert_eq!(bucket.get("a").await.unwrap_err().code(), "is_bucket_link");
    }

    /// 49. A link to what is not there: not found; and nothing is created by looking.
    async fn b49_dangling(place: Place) {
        let bucket = place.bucket().await;
        let missing = tests::unique("missing");
        place.plant(&bucket, "a", &link("a", bucket.name(), Some("none"))).await;
        place.plant(&bucket, "b", &link("b", &missing, Some("none"))).await;
        assert_eq!(bucket.get("a").await.unwrap_err().code(), "not_found");
        assert_eq!(bucket.get("b").await.unwrap_err().code(), "bucket_not_found");
        assert_eq!(place.store.bucket(&missing).await.unwrap_err().code(), "bucket_not_found");
    }

    /// 50. Links in a circle, and chains that don't end, are an error.
    async fn b50_loops(place: Place) {
        let bucket = place.bucket().await;
        place.plant(&bucket, "self", &link("self", bucket.name(), Some("self"))).await;
        place.plant(&bucket, "x", &link("x", bucket.name(), Some("y"))).await;
        place.plant(&bucket, "y", &link("y", bucket.name(), Some("x"))).await;
        for index in 0..20 {
            let (name, next) = (format!("chain{index}"), format!("chain{}", index + 1));
            place.plant(&bucket, &name, &link(&name, bucket.name(), Some(&next))).await;
        }
        for name in ["self", "x", "chain0"] {
            assert_eq!(bucket.get(name).await.unwrap_err().code(), "link_loop", "{name}");
        }
    }

    /// 35. A put over a link, to an object or to a bucket, replaces the link.
    async fn b35_put_over_links(place: Place) {
        let (bucket, other) = (place.bucket().await, place.bucket().await);
        let target = bucket.put_bytes("target", body(300_000)).await.unwrap();
        for size in [0, 10, 300_001] {
            bucket.add_link("a", &target).await.unwrap();
            bucket.add_bucket_link("b", &other).await.unwrap();
            for name in ["a", "b"] {
                let info = bucket.put_bytes(name, body(size)).await.unwrap();
                assert_eq!(info.link, None);
                assert_holds(&bucket, name, &body(size)).await;
                bucket.delete(name).await.unwrap();
            }
            assert_holds(&bucket, "target", &body(300_000)).await;
        }
        place.holds_only(&bucket, &["target"]).await;
    }

    /// 35, 74. A link is replaced and deleted like an object; its target stays.
    async fn b74_target_stays(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_string("target", "hello").await.unwrap();
        place.plant(&bucket, "a", &link("a", bucket.name(), Some("target"))).await;
        bucket.delete("a").await.unwrap();
        assert_eq!(bucket.get("a").await.unwrap_err().code(), "not_found");
        place.plant(&bucket, "a", &link("a", bucket.name(), Some("target"))).await;
        bucket.put_string("a", "other").await.unwrap();
        assert_eq!(bucket.get_string("a").await.unwrap(), "other");
        assert_eq!(bucket.get_string("target").await.unwrap(), "hello");
        place.holds_only(&bucket, &["a", "target"]).await;
    }
}

on_every_engine! {
    /// 76, 81. A link is an entry of its own bucket, without bytes; its target may be anywhere, and is not looked for.
    async fn b76_add_link(place: Place) {
        let (one, two) = (place.bucket().await, place.bucket().await);
        let target = two.put_string("target", "hello").await.unwrap();
        let meta = ObjectMeta { description: "d".into(), ..ObjectMeta::from("l") };
        let made = one.add_link(meta, &target).await.unwrap();
        let info = one.info("l").await.unwrap();
        assert_eq!((info.revision, &info.nuid, &info.link), (made.revision, &made.nuid, &made.link));
        let link = info.link.unwrap();
        assert_eq!((link.bucket.as_str(), link.name.as_deref()), (two.name(), Some("target")));
        assert_eq!((info.bucket.as_str(), info.size, info.chunks, info.digest), (one.name(), 0, 0, None));
        assert_eq!(info.description, "d");
        assert!(info.nuid.is_some_and(|nuid| Some(&nuid) != target.nuid.as_ref()), "an id of its own");
        assert_eq!(one.get_string("l").await.unwrap(), "hello");

        let gone = but(&target, |info| info.name = "gone".into());
        one.add_link("dangling", &gone).await.unwrap();
        assert_eq!(one.get("dangling").await.unwrap_err().code(), "not_found");
        one.add_bucket_link("bucket", &two).await.unwrap();
        assert_eq!(one.info("bucket").await.unwrap().link.unwrap().name, None);
        let error = one.get("bucket").await.unwrap_err();
        assert_eq!(error.code(), "is_bucket_link");
        assert!(error.to_string().contains(two.name()), "{error}");
        let mut names = crate::list::names(&one).await;
        names.sort();
        assert_eq!(names, ["bucket", "dangling", "l"]);
        place.holds_only(&one, &[]).await;
    }

    /// 77, 80. No link to what is deleted, to a link, to a name that is none, or to itself.
    async fn b77_impossible_targets(place: Place) {
        let bucket = place.bucket().await;
        let target = bucket.put_string("target", "hello").await.unwrap();
        let link = bucket.add_link("l", &target).await.unwrap();
        assert_eq!(bucket.add_link("m", &link).await.unwrap_err().code(), "link_to_link");
        bucket.delete("target").await.unwrap();
        let deleted = bucket.info_with("target", InfoOptions::default().with_deleted()).await.unwrap();
        assert_eq!(bucket.add_link("m", &deleted).await.unwrap_err().code(), "link_to_deleted");
        let nameless = but(&target, |info| info.name.clear());
        assert_eq!(bucket.add_link("m", &nameless).await.unwrap_err().code(), "invalid_name");
        let elsewhere = but(&target, |info| info.bucket = "a.b".into());
        assert_eq!(bucket.add_link("m", &elsewhere).await.unwrap_err().code(), "invalid_name");
        assert_eq!(bucket.add_link("", &target).await.unwrap_err().code(), "invalid_name");
        assert_eq!(bucket.add_bucket_link("", &bucket).await.unwrap_err().code(), "invalid_name");
        assert_eq!(bucket.add_link("target", &target).await.unwrap_err().code(), "link_loop");
        assert_eq!(bucket.info("m").await.unwrap_err().code(), "not_found");
    }

    /// 78, 79. A link takes the place of a link and of a deleted object, but never of bytes.
    async fn b78_taken_names(place: Place) {
        let (bucket, other) = (place.bucket().await, place.bucket().await);
        let one = bucket.put_string("one", "1").await.unwrap();
        let two = bucket.put_string("two", "2").await.unwrap();
        assert_eq!(bucket.add_link("one", &two).await.unwrap_err().code(), "already_exists");
        assert_eq!(bucket.add_bucket_link("one", &other).await.unwrap_err().code(), "already_exists");
        bucket.add_link("l", &one).await.unwrap();
        bucket.add_link("l", &two).await.unwrap();
        assert_eq!(bucket.get_string("l").await.unwrap(), "2");
        bucket.add_bucket_link("l", &other).await.unwrap();
        assert_eq!(bucket.get("l").await.unwrap_err().code(), "is_bucket_link");
        bucket.add_link("l", &two).await.unwrap();
        bucket.delete("one").await.unwrap();
        bucket.add_link("one", &two).await.unwrap();
        assert_eq!(bucket.get_string("one").await.unwrap(), "2");
        place.holds_only(&bucket, &["two"]).await;

        let absent = WriteOptions::default().if_absent();
        assert_eq!(bucket.add_link_with("l", &two, absent).await.unwrap_err().code(), "conflict");
        let link = bucket.info("l").await.unwrap();
        let over = |revision| WriteOptions::default().if_revision(revision);
        bucket.add_link_with("l", &two, over(link.revision)).await.unwrap();
        assert_eq!(bucket.add_link_with("l", &two, over(link.revision)).await.unwrap_err().code(), "conflict");
        bucket.add_bucket_link_with("fresh", &other, absent).await.unwrap();
        assert_eq!(bucket.delete_with("l", over(link.revision)).await.unwrap_err().code(), "conflict");
    }

    /// 37. What says that it is a link is not put: a copy of a link would be an object without bytes.
    async fn b37_put_of_a_link(place: Place) {
        let bucket = place.bucket().await;
        let target = bucket.put_string("target", "hello").await.unwrap();
        let link = bucket.add_link("l", &target).await.unwrap();
        let meta = ObjectMeta { name: "copy".into(), ..link.into() };
        let error = bucket.put_bytes(meta.clone(), "").await.unwrap_err();
        assert_eq!(error.code(), "link_not_allowed");
        assert_eq!(bucket.info("copy").await.unwrap_err().code(), "not_found");
        bucket.put(ObjectMeta { link: None, ..meta }, Body::reader(bucket.get("l").await.unwrap())).await.unwrap();
        assert_eq!(bucket.get_string("copy").await.unwrap(), "hello");
    }
}
