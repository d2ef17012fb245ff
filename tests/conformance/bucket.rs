//! I. Buckets.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use jetblob::{BucketConfig, ListOptions, Store};
use tests::unique;

use crate::{assert_holds, body, on_a_server, on_every_engine};

on_every_engine! {
    /// A closed store says that it is closed, not that its server is away.
    async fn use_after_close(place: Place) {
        let bucket = place.bucket().await;
        let config = BucketConfig::new(bucket.name());
        let info = bucket.put_bytes("a", body(10)).await.unwrap();
        place.store.close().await;
        let closed = [
            bucket.info("a").await.unwrap_err(),
            bucket.get("a").await.unwrap_err(),
            bucket.put_bytes("a", body(10)).await.unwrap_err(),
            bucket.put_bytes("a", body(1 << 20)).await.unwrap_err(),
            bucket.update_meta("a", "b".into()).await.unwrap_err(),
            bucket.add_link("l", &info).await.unwrap_err(),
            bucket.delete("a").await.unwrap_err(),
            bucket.purge("a").await.unwrap_err(),
            bucket.status().await.unwrap_err(),
            bucket.seal().await.unwrap_err(),
            bucket.watch().await.unwrap_err(),
            bucket.list(ListOptions::default()).try_next().await.unwrap_err(),
            place.store.bucket(bucket.name()).await.unwrap_err(),
            place.store.create_bucket(config.clone()).await.unwrap_err(),
            place.store.update_bucket(config).await.unwrap_err(),
            place.store.delete_bucket(bucket.name()).await.unwrap_err(),
            place.store.bucket_names().try_next().await.unwrap_err(),
            place.store.buckets().try_next().await.unwrap_err(),
        ];
        for (number, error) in closed.iter().enumerate() {
            assert_eq!(error.code(), "closed", "{number}: {error}");
        }
        place.store.close().await;
        let again = place.again().await;
        assert_eq!(again.store.bucket(bucket.name()).await.unwrap().info("a").await.unwrap().size, 10);
    }

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
        let old = status.records.is_none();
        assert_eq!(status.records, (!old).then_some(1), "a server before 2.10 doesn't count them");
        assert!(!old || bucket.put_with("x", "", jetblob::PutOptions::default().expires_after(Duration::from_mins(1))).await.is_err());
        bucket.add_link("l", &bucket.info("a").await.unwrap()).await.unwrap();
        bucket.delete("a").await.unwrap();
        let records = bucket.status().await.unwrap().records;
        assert_eq!(records, (!old).then_some(2), "a link, and the marker of a deleted object");
    }

    /// What an update says is what the bucket becomes, for every handle; objects stay.
    async fn update(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(300_000)).await.unwrap();
        let config = BucketConfig {
            description: "new".into(),
            ttl: Some(Duration::from_hours(1)),
            max_bytes: Some(1 << 20),
            ..bucket.status().await.unwrap().into()
        };
        let updated = place.store.update_bucket(config.clone()).await.unwrap();
        for bucket in [&bucket, &updated] {
            let status = bucket.status().await.unwrap();
            assert_eq!((status.description.as_str(), status.ttl), ("new", config.ttl));
            assert_eq!(BucketConfig::from(status), config);
        }
        assert_holds(&bucket, "a", &body(300_000)).await;
        assert_eq!(bucket.put_bytes("b", body(2 << 20)).await.unwrap_err().code(), "quota_exceeded");
        place.bucket_with(config.clone()).await;
        place.store.update_bucket(BucketConfig { max_bytes: None, ttl: None, ..config.clone() }).await.unwrap();
        bucket.put_bytes("b", body(2 << 20)).await.unwrap();
        let status = bucket.status().await.unwrap();
        assert_eq!((status.ttl, status.max_bytes), (None, None));
        place.holds_only(&bucket, &["a", "b"]).await;
    }

    /// A ttl that an update brings counts for what is there already.
    async fn b105_update_of_the_ttl(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(300_000)).await.unwrap();
        let config = BucketConfig { ttl: Some(Duration::from_secs(1)), ..bucket.status().await.unwrap().into() };
        place.store.update_bucket(config).await.unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while bucket.info("a").await.is_ok() {
            assert!(Instant::now() < deadline, "the object does not expire");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        place.holds_only(&bucket, &[]).await;
    }

    /// An update that can't be: the bucket isn't there, or the engine refuses, in its own words; nothing changes.
    async fn impossible_updates(place: Place) {
        let missing = BucketConfig::new(unique("missing"));
        assert_eq!(place.store.update_bucket(missing.clone()).await.unwrap_err().code(), "bucket_not_found");
        assert_eq!(place.store.bucket(&missing.name).await.unwrap_err().code(), "bucket_not_found");
        let bucket = place.bucket().await;
        let config = BucketConfig::from(bucket.status().await.unwrap());
        for config in [
            BucketConfig { replicas: 9, ..config.clone() },
            BucketConfig { ttl: Some(Duration::ZERO), ..config.clone() },
        ] {
            let error = place.store.update_bucket(config.clone()).await.unwrap_err();
            assert_eq!(error.code(), "invalid_config", "{config:?}: {error}");
        }
        assert_eq!(BucketConfig::from(bucket.status().await.unwrap()), config);
    }

    /// Created if it isn't there, changed if it is.
    async fn create_or_update(place: Place) {
        let config = BucketConfig::new(unique("either"));
        let bucket = place.store.create_or_update_bucket(config.clone()).await.unwrap();
        bucket.put_bytes("a", body(10)).await.unwrap();
        place.store.create_or_update_bucket(config.clone()).await.unwrap();
        let config = BucketConfig { description: "changed".into(), ..config };
        let bucket = place.store.create_or_update_bucket(config).await.unwrap();
        assert_eq!(bucket.status().await.unwrap().description, "changed");
        assert_holds(&bucket, "a", &body(10)).await;
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

    /// A bucket of a name that another one had begins empty, however short a time ago that was deleted.
    async fn created_again(place: Place) {
        let name = unique("again");
        for round in 0..200 {
            let bucket = place.store.create_bucket(BucketConfig::new(&*name)).await.unwrap();
            let found: Vec<_> = bucket.list(ListOptions::default()).try_collect().await.unwrap();
            assert!(found.is_empty(), "round {round}: {:?} came back", found[0].name);
            bucket.put_bytes(&*format!("of round {round}"), body(10)).await.unwrap();
            place.store.delete_bucket(&name).await.unwrap();
        }
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

on_a_server! {
    /// 1, 3, 99. The stream of a bucket is what every other client makes of it.
    async fn b99_stream() {
        let mut places = vec![crate::Place::jetstream().await];
        places.extend(crate::Place::oldest_jetstream().await);
        for place in places {
            let bucket = place.bucket().await;
            let subject = format!("$JS.API.STREAM.INFO.OBJ_{}", bucket.name());
            let info = place.raw().await.unwrap().request(subject, "".into()).await.unwrap();
            let config = serde_json::from_slice::<serde_json::Value>(&info.payload).unwrap()["config"].take();
            let subjects = ["C", "M"].map(|kind| format!("$O.{}.{kind}.>", bucket.name()));
            let wanted = serde_json::json!({
                "name": format!("OBJ_{}", bucket.name()), "subjects": subjects, "storage": "file", "num_replicas": 1,
                "retention": "limits", "discard": "new", "max_age": 0, "max_bytes": -1, "max_msgs": -1,
                "max_msgs_per_subject": -1, "max_msg_size": -1, "max_consumers": -1, "allow_rollup_hdrs": true,
                "allow_direct": true, "sealed": false, "deny_delete": false, "deny_purge": false,
            });
            for (field, value) in wanted.as_object().unwrap() {
                assert_eq!(&config[field], value, "{field}");
            }
            assert!(matches!(config["compression"].as_str(), None | Some("none")));
        }
    }

    /// Metadata and compression came to servers later than the oldest one here.
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
            place.bucket_with(config.clone()).await;
            let unchanged = place.store.update_bucket(bucket.status().await.unwrap().into()).await.unwrap();
            place.bucket_with(config).await;
            assert_holds(&unchanged, "a", &vec![7; 300_000]).await;
        }
    }

    /// An update keeps what jetblob doesn't know of a stream; what the server refuses, it says in its own words.
    async fn an_update_keeps_foreign_settings() {
        let place = crate::Place::jetstream().await;
        let bucket = place.bucket().await;
        let raw = place.raw().await.unwrap();
        let stream = async || {
            let info =
                raw.request(format!("$JS.API.STREAM.INFO.OBJ_{}", bucket.name()), "".into()).await.unwrap();
            serde_json::from_slice::<serde_json::Value>(&info.payload).unwrap()["config"].take()
        };
        let mut config = stream().await;
        config["duplicate_window"] = 60_000_000_000_u64.into();
        config["max_consumers"] = 7.into();
        let update = format!("$JS.API.STREAM.UPDATE.OBJ_{}", bucket.name());
        raw.request(update, config.to_string().into()).await.unwrap();
        let config = BucketConfig { description: "new".into(), ..bucket.status().await.unwrap().into() };
        place.store.update_bucket(config.clone()).await.unwrap();
        let updated = stream().await;
        assert_eq!(updated["duplicate_window"], 60_000_000_000_u64);
        assert_eq!(updated["description"], "new");
        for feature in ["allow_batched", "allow_atomic", "allow_msg_ttl", "allow_direct", "allow_rollup_hdrs"] {
            assert_eq!(updated[feature], true, "{feature}");
        }
        let many = BucketConfig { replicas: 3, ..config.clone() };
        assert_eq!(place.store.update_bucket(many).await.unwrap_err().code(), "invalid_config");
        let memory = BucketConfig { storage: jetblob::Storage::Memory, ..config.clone() };
        let error = place.store.update_bucket(memory).await.unwrap_err();
        assert_eq!(error.code(), "invalid_config");
        assert!(error.to_string().contains("stream configuration update can not"), "{error}");

        // A bucket that another client made gets jetblob's features by an update, and so an expiry.
        let plain = place.bucket_with(BucketConfig { plain: true, ..BucketConfig::new(unique("plain")) }).await;
        let config = BucketConfig::from(plain.status().await.unwrap());
        assert!(config.plain);
        let upgraded = place.store.update_bucket(BucketConfig { plain: false, ..config }).await.unwrap();
        let expiring = jetblob::PutOptions::default().expires_after(Duration::from_mins(1));
        upgraded.put_with("a", body(10), expiring).await.unwrap();
    }

    /// 105. What has expired doesn't come back to life with a longer ttl, though nothing was there to sweep it.
    async fn b105_expired_stays_expired() {
        let place = crate::Place::local().await;
        let config = BucketConfig { ttl: Some(Duration::from_millis(100)), ..BucketConfig::new(unique("ttl")) };
        for _ in 0..10 {
            let store = Store::open(&place.url).await.unwrap();
            let bucket = store.create_or_update_bucket(config.clone()).await.unwrap();
            bucket.put_bytes("a", body(10)).await.unwrap();
            store.close().await;
            let expired = Instant::now() + Duration::from_millis(150);
            while Instant::now() < expired {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            let store = Store::open(&place.url).await.unwrap();
            let bucket = store.update_bucket(BucketConfig { ttl: None, ..config.clone() }).await.unwrap();
            assert_eq!(bucket.info("a").await.unwrap_err().code(), "not_found");
            store.close().await;
        }
    }
}
