//! A. Names.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use data_encoding::BASE64URL;
use jetblob::Body;
use serde_json::json;

use crate::{Place, assert_holds, on_a_server, on_every_engine};

on_every_engine! {
    /// 2. A bucket name that could not be a stream's is refused before anything is sent.
    async fn b02_bucket_names(place: Place) {
        for name in ["", "a.b", "a b", "a>", "日本", "a\n", &"x".repeat(251)] {
            let error = place.store.bucket(name).await.unwrap_err();
            assert_eq!(error.code(), "invalid_name", "{name:?}");
            assert!(error.to_string().contains("bucket name"), "{error}");
            let config = jetblob::BucketConfig::new(name);
            assert_eq!(place.store.create_bucket(config).await.unwrap_err().code(), "invalid_name");
            assert_eq!(place.store.delete_bucket(name).await.unwrap_err().code(), "invalid_name");
        }
    }

    /// 6. Names are any UTF-8: each is another object, and comes back as it was given.
    async fn b06_odd_names(place: Place) {
        let bucket = place.bucket().await;
        let names = [
            "a b", "a/b/c", "*", ">", ".", "..", "a.b", "line\nbreak", "nul\0byte", "日本", "é", "e\u{301}", "???",
            "~~~", "../../etc/passwd", "C:\\x", "CON", "con", "-rf", " ", "\u{202e}evil", "$O.b.M.x",
        ];
        for name in names {
            bucket.put_bytes(name, name.as_bytes().to_vec()).await.unwrap();
        }
        for name in names {
            assert_holds(&bucket, name, name.as_bytes()).await;
            assert_eq!(bucket.info(name).await.unwrap().name, name);
        }
        let mut listed = crate::list::names(&bucket).await;
        listed.sort();
        let mut wanted = names.map(str::to_owned);
        wanted.sort();
        assert_eq!(listed, wanted);
    }

    /// 6, 8. An empty name and one of more than 1,024 bytes are refused before anything is sent.
    async fn b08_empty_and_long_names(place: Place) {
        let bucket = place.bucket().await;
        let longest = "x".repeat(1024);
        bucket.put_string(longest.as_str(), "fits").await.unwrap();
        assert_holds(&bucket, &longest, b"fits").await;
        for name in ["", &"x".repeat(1025), &"日".repeat(342)] {
            assert_eq!(bucket.put_string(name, "x").await.unwrap_err().code(), "invalid_name");
            assert_eq!(bucket.get(name).await.unwrap_err().code(), "invalid_name");
            assert_eq!(bucket.info(name).await.unwrap_err().code(), "invalid_name");
            assert_eq!(bucket.delete(name).await.unwrap_err().code(), "invalid_name");
        }
        place.holds_only(&bucket, &[&longest]).await;
    }
}

on_a_server! {
    /// 7. A path that is not UTF-8 is no name; what nats.go stored under such a one is listed as its record says.
    async fn b07_not_utf8() {
        for place in [Place::local().await, Place::jetstream().await] {
            let bucket = place.bucket().await;
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join(OsStr::from_bytes(b"a\xff"));
            std::fs::write(&path, "hello").unwrap();
            assert_eq!(bucket.put_file(&path).await.unwrap_err().code(), "invalid_name");
            assert!(crate::list::names(&bucket).await.is_empty());
            bucket.put("a", Body::file(&path)).await.unwrap();
            assert_holds(&bucket, "a", b"hello").await;

            let Some(raw) = place.raw().await else { continue };
            let record = json!({ "name": "b\u{fffd}", "nuid": "abc", "size": 0, "chunks": 0 });
            let subject = format!("$O.{}.M.{}", bucket.name(), BASE64URL.encode(b"b\xff"));
            async_nats::jetstream::new(raw)
                .publish(subject, record.to_string().into())
                .await
                .unwrap()
                .await
                .unwrap();
            let mut listed = crate::list::names(&bucket).await;
            listed.sort();
            assert_eq!(listed, ["a", "b\u{fffd}"]);
        }
    }
}
