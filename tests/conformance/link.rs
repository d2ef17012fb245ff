//! D. Links that others made.

use serde_json::{Value, json};

use crate::on_every_engine;

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
