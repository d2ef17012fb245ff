//! B. Records that make no sense, and forged ones.

use serde_json::json;

use crate::{assert_holds, body, on_a_server, on_every_engine};

on_every_engine! {
    /// 62. Info and get of a bad record say what is wrong; put and delete on that name still work.
    async fn b62_put_and_delete_still_work(place: Place) {
        let bucket = place.bucket().await;
        let bad = json!({ "name": "a", "nuid": "abc", "size": "ten" });
        place.plant(&bucket, "a", &bad).await;
        for error in [bucket.info("a").await.unwrap_err(), bucket.get("a").await.unwrap_err()] {
            assert_eq!(error.code(), "bad_meta");
            assert!(error.to_string().contains("size"), "{error}");
        }
        bucket.put_bytes("a", body(10)).await.unwrap();
        assert_holds(&bucket, "a", &body(10)).await;
        place.plant(&bucket, "a", &bad).await;
        bucket.delete("a").await.unwrap();
        assert_eq!(bucket.info("a").await.unwrap_err().code(), "not_found");
    }

    /// A forged nuid never widens a purge: replacing or deleting such a record touches no other object.
    async fn forged_nuid(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("precious", body(300_000)).await.unwrap();
        for nuid in [">", "*", "", "a.b", "x\r\nPURGE", "$O"] {
            let forged = json!({ "name": "a", "nuid": nuid, "size": 5, "chunks": 1 });
            place.plant(&bucket, "a", &forged).await;
            assert_eq!(bucket.get("a").await.unwrap_err().code(), "bad_meta");
            bucket.put_bytes("a", body(10)).await.unwrap();
            place.plant(&bucket, "a", &forged).await;
            bucket.delete("a").await.unwrap();
            assert_holds(&bucket, "precious", &body(300_000)).await;
        }
    }

    /// The bucket inside a record is not believed.
    async fn forged_bucket(place: Place) {
        let (one, two) = (place.bucket().await, place.bucket().await);
        let info = two.put_bytes("secret", body(10)).await.unwrap();
        place.plant(&one, "a", &json!({
            "name": "a", "bucket": two.name(), "nuid": info.nuid.unwrap().as_str(), "size": 10, "chunks": 1,
            "digest": info.digest.unwrap().to_string(),
        })).await;
        assert_eq!(one.get("a").await.unwrap_err().code(), "data_missing");
        one.delete("a").await.unwrap();
        assert_holds(&two, "secret", &body(10)).await;
    }

    /// A record that calls itself otherwise is not believed.
    async fn forged_name(place: Place) {
        let bucket = place.bucket().await;
        place.plant(&bucket, "x", &json!({ "name": "other", "nuid": "abc", "size": 0, "chunks": 0 })).await;
        assert_eq!(bucket.info("x").await.unwrap_err().code(), "bad_meta");
        assert_eq!(bucket.info("other").await.unwrap_err().code(), "not_found");
    }
}

on_a_server! {
    /// 62. Bytes that are no JSON at all, as a publisher may put them on a server.
    async fn b62_no_json() {
        let place = crate::Place::jetstream().await;
        let bucket = place.bucket().await;
        let raw = place.raw().await.unwrap();
        let context = async_nats::jetstream::new(raw);
        for (index, bytes) in ["null", "[]", "", "{} x", "\u{feff}{}"].into_iter().enumerate() {
            let name = format!("bad{index}");
            let subject = jetblob::BucketName::parse(bucket.name()).unwrap().record_subject(&name);
            context.publish(subject, bytes.into()).await.unwrap().await.unwrap();
            assert_eq!(bucket.info(&name).await.unwrap_err().code(), "bad_meta");
            bucket.put_bytes(name.as_str(), body(10)).await.unwrap();
            assert_holds(&bucket, &name, &body(10)).await;
        }
    }

    /// 5. Records under the keys that nats.java, old nats.c and nats.js use are found, replaced in place, and listed once.
    async fn b05_other_keys() {
        let place = crate::Place::jetstream().await;
        let bucket = place.bucket().await;
        let context = async_nats::jetstream::new(place.raw().await.unwrap());
        for (name, key) in [("???", "Pz8/"), ("ab", "YWI"), ("\u{e9}", "6Q==")] {
            let record = json!({ "name": name, "nuid": "abc", "size": 0, "chunks": 0 });
            let subject = format!("$O.{}.M.{key}", bucket.name());
            context.publish(subject, record.to_string().into()).await.unwrap().await.unwrap();
            assert_eq!(bucket.info(name).await.unwrap().name, name);
            assert!(crate::list::names(&bucket).await.contains(&name.to_owned()));
            bucket.put_bytes(name, body(10)).await.unwrap();
            assert_holds(&bucket, name, &body(10)).await;
            let listed = crate::list::names(&bucket).await;
            assert_eq!(listed.iter().filter(|listed| *listed == name).count(), 1, "{listed:?}");
            bucket.delete(name).await.unwrap();
            assert_eq!(bucket.info(name).await.unwrap_err().code(), "not_found");
        }
    }

    /// 19. nats.js writes some records without the rollup header: the last one counts, and it is listed once.
    async fn b19_without_rollup() {
        let place = crate::Place::jetstream().await;
        let bucket = place.bucket().await;
        let context = async_nats::jetstream::new(place.raw().await.unwrap());
        let subject = jetblob::BucketName::parse(bucket.name()).unwrap().record_subject("a");
        for description in ["one", "two", "three"] {
            let record =
                json!({ "name": "a", "nuid": "abc", "size": 0, "chunks": 0, "description": description });
            context.publish(subject.clone(), record.to_string().into()).await.unwrap().await.unwrap();
        }
        assert_eq!(bucket.info("a").await.unwrap().description, "three");
        assert_eq!(crate::list::names(&bucket).await, ["a"]);
    }
}
