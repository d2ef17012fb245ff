//! Servers that can't do what is asked: a clear error, and no hang.

use std::time::{Duration, Instant};

use jetblob::{BucketConfig, Store, StoreOptions};
use tests::{Place, Server, ServerKind};

use crate::{assert_holds, body, on_a_server};

on_a_server! {
    /// Nobody listens there.
    async fn no_server() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let start = Instant::now();
        let error = Store::open(&format!("nats://user:s3cret@{free}")).await.unwrap_err();
        assert_eq!(error.code(), "unavailable");
        assert!(error.is_retryable());
        assert!(error.to_string().contains(&free.to_string()), "{error}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
        assert!(start.elapsed() < Duration::from_secs(10));
    }

    /// A URL of which nothing can be made.
    async fn bad_url() {
        for url in ["", "http://127.0.0.1", "nats://", "nats://a b"] {
            let error = Store::open(url).await.unwrap_err();
            assert!(matches!(error.code(), "invalid_argument" | "unavailable"), "{url}: {error}");
        }
    }

    /// A server without JetStream, and a domain that isn't there.
    async fn no_jetstream() {
        let server = Server::with_config(ServerKind::Newest, "");
        let store = Store::open(server.url()).await.unwrap();
        let start = Instant::now();
        let error = store.create_bucket(BucketConfig::new("b")).await.unwrap_err();
        assert_eq!(error.code(), "jetstream_not_enabled", "{error}");
        assert_eq!(store.bucket("b").await.unwrap_err().code(), "jetstream_not_enabled");
        assert!(start.elapsed() < Duration::from_secs(5));

        let server = Server::start(ServerKind::Newest);
        let mut options = StoreOptions::default();
        options.domain = Some("hub".into());
        let error = Store::open_with(server.url(), options).await.unwrap().bucket("b").await.unwrap_err();
        assert_eq!(error.code(), "jetstream_not_enabled");
        assert!(error.to_string().contains("hub"), "{error}");
    }

    /// Wrong credentials are refused at once, and never shown.
    async fn wrong_password() {
        let server = Server::with_config(
            ServerKind::Newest,
            "jetstream: {store_dir: $DIR/js}\nauthorization: {user: u, password: right}",
        );
        let mut options = StoreOptions::default();
        options.user_and_password = Some(("u".into(), "wr0ng".into()));
        let error = Store::open_with(server.url(), options.clone()).await.unwrap_err();
        assert_eq!(error.code(), "unauthenticated", "{error}");
        assert!(!format!("{error} {error:?} {options:?}").contains("wr0ng"));
        options.user_and_password = Some(("u".into(), "right".into()));
        let store = Store::open_with(server.url(), options).await.unwrap();
        store.create_bucket(BucketConfig::new("b")).await.unwrap();

        let url = |user: &str| server.url().replace("://", &format!("://{user}@"));
        Store::open(&url("u:right")).await.unwrap().bucket("b").await.unwrap();
        let error = Store::open(&url("u:wr0ng")).await.unwrap_err();
        assert_eq!(error.code(), "unauthenticated");
        assert!(!format!("{error} {error:?}").contains("wr0ng"), "{error}");
    }

    /// A denied subject is named at once, not after a time-out; and reading without the right to make consumers goes on
    /// with Direct Gets.
    async fn denied_subjects() {
        let server = Server::with_config(
            ServerKind::Newest,
            r#"
            jetstream { store_dir: "$DIR/js" }
            authorization { users: [
                { user: admin, password: a }
                { user: reader, password: r, permissions: {
                    publish: ["$JS.API.STREAM.INFO.OBJ_b", "$JS.API.DIRECT.GET.OBJ_b", "$JS.API.DIRECT.GET.OBJ_b.>"]
                    subscribe: ["_INBOX.>"]
                } }
            ] }"#,
        );
        let open = async |user: &str, password: &str| {
            let mut options = StoreOptions::default();
            options.user_and_password = Some((user.into(), password.into()));
            Store::open_with(server.url(), options).await.unwrap()
        };
        let admin = open("admin", "a").await.create_bucket(BucketConfig::new("b")).await.unwrap();
        admin.put_bytes("small", body(10)).await.unwrap();
        admin.put_bytes("large", body(20 << 20)).await.unwrap();

        let store = open("reader", "r").await;
        let reader = store.bucket("b").await.unwrap();
        assert_holds(&reader, "small", &body(10)).await;
        assert_holds(&reader, "large", &body(20 << 20)).await;
        let start = Instant::now();
        for size in [10, 5 << 20] {
            let error = reader.put_bytes("small", body(size)).await.unwrap_err();
            assert_eq!(error.code(), "permission_denied", "{error}");
            assert!(error.to_string().contains("$O.b.C."), "{error}");
        }
        let error = store.create_bucket(BucketConfig::new("c")).await.unwrap_err();
        assert_eq!(error.code(), "permission_denied");
        assert!(error.to_string().contains("$JS.API.STREAM.CREATE.OBJ_c"), "{error}");
        assert!(start.elapsed() < Duration::from_secs(5), "after {:?}", start.elapsed());
    }
}

/// A server on which one user may do everything, and another publish to these subjects alone.
fn server_with_rights(publish: &[&str]) -> Server {
    let publish = serde_json::to_string(publish).unwrap();
    Server::with_config(
        ServerKind::Newest,
        &format!(
            r#"
            jetstream {{ store_dir: "$DIR/js" }}
            authorization {{ users: [
                {{ user: admin, password: a }}
                {{ user: some, password: s, permissions: {{ publish: {publish}, subscribe: ["_INBOX.>"] }} }}
            ] }}"#
        ),
    )
}

async fn open_as(server: &Server, user: &str, password: &str) -> Store {
    let mut options = StoreOptions::default();
    options.user_and_password = Some((user.into(), password.into()));
    Store::open_with(server.url(), options).await.unwrap()
}

on_a_server! {
    /// 44. Who may write chunks and records, but not look at records, is told so at once, and nothing changes.
    async fn b44_no_right_to_look() {
        let server = server_with_rights(&["$O.b.>", "$JS.API.STREAM.INFO.OBJ_b"]);
        let admin = open_as(&server, "admin", "a").await.create_bucket(BucketConfig::new("b")).await.unwrap();
        admin.put_bytes("a", body(10)).await.unwrap();
        let bucket = open_as(&server, "some", "s").await.bucket("b").await.unwrap();
        let start = Instant::now();
        for (name, size) in [("a", 0), ("a", 20), ("a", 5 << 20), ("b", 20), ("b", 5 << 20)] {
            let error = bucket.put_bytes(name, body(size)).await.unwrap_err();
            assert_eq!(error.code(), "permission_denied", "{error}");
            assert!(error.to_string().contains(".GET.OBJ_b"), "{error}");
        }
        assert!(start.elapsed() < Duration::from_secs(5), "after {:?}", start.elapsed());
        assert_holds(&admin, "a", &body(10)).await;
        assert_eq!(crate::list::names(&admin).await, ["a"]);
    }

    /// 30. The chunks of what was replaced or deleted can't be removed: that is no failure of the put or the delete.
    async fn b30_no_right_to_purge() {
        let rights =
            ["$O.b.>", "$JS.API.STREAM.INFO.OBJ_b", "$JS.API.DIRECT.GET.OBJ_b", "$JS.API.DIRECT.GET.OBJ_b.>"];
        for plain in [false, true] {
            let server = server_with_rights(&rights);
            let admin = open_as(&server, "admin", "a").await;
            admin.create_bucket(BucketConfig { plain, ..BucketConfig::new("b") }).await.unwrap();
            let bucket = open_as(&server, "some", "s").await.bucket("b").await.unwrap();
            for size in [10, 300_000, 5 << 20, 0, 20] {
                bucket.put_bytes("a", body(size)).await.unwrap();
                assert_holds(&bucket, "a", &body(size)).await;
            }
            bucket.delete("a").await.unwrap();
            assert_eq!(bucket.info("a").await.unwrap_err().code(), "not_found");
        }
    }

    /// The features that jetblob uses where it can are on its own buckets, and their loss is survived.
    async fn lost_features() {
        let place = Place::jetstream().await;
        let bucket = place.bucket().await;
        let raw = place.raw().await.unwrap();
        let stream = format!("OBJ_{}", bucket.name());
        let info = raw.request(format!("$JS.API.STREAM.INFO.{stream}"), "".into()).await.unwrap();
        let info: serde_json::Value = serde_json::from_slice(&info.payload).unwrap();
        let mut config = info["config"].clone();
        for feature in ["allow_batched", "allow_msg_ttl", "allow_atomic"] {
            assert_eq!(config[feature], true, "{feature}");
        }
        bucket.put_bytes("a", body(5 << 20)).await.unwrap();
        for feature in ["allow_batched", "allow_atomic", "allow_direct"] {
            config[feature] = false.into();
        }
        let update =
            raw.request(format!("$JS.API.STREAM.UPDATE.{stream}"), config.to_string().into()).await.unwrap();
        let update: serde_json::Value = serde_json::from_slice(&update.payload).unwrap();
        assert!(update["error"].is_null(), "{update}");
        for size in [10, 300_000, 5 << 20] {
            bucket.put_bytes("a", body(size)).await.unwrap();
            assert_holds(&bucket, "a", &body(size)).await;
        }
        place.holds_only(&bucket, &["a"]).await;
    }

    /// The server goes away in the middle of a read: an error in time, and no hang of any call.
    async fn the_server_is_gone() {
        let server = Server::start(ServerKind::Newest);
        let mut options = StoreOptions::default();
        options.idle_timeout = Duration::from_secs(2);
        let store = Store::open_with(server.url(), options).await.unwrap();
        let bucket = store.create_bucket(BucketConfig::new("b")).await.unwrap();
        bucket.put_bytes("a", body(20 << 20)).await.unwrap();
        let mut object = bucket.get("a").await.unwrap();
        drop(server);
        let start = Instant::now();
        let error = loop {
            match object.next().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("20 MiB cannot have come"),
                Err(error) => break error,
            }
        };
        assert!(matches!(error.code(), "unavailable" | "timeout"), "{error}");
        assert!(matches!(bucket.info("a").await.unwrap_err().code(), "unavailable" | "timeout"));
        assert!(matches!(bucket.put_bytes("b", body(10)).await.unwrap_err().code(), "unavailable" | "timeout"));
        assert!(start.elapsed() < Duration::from_secs(40), "after {:?}", start.elapsed());
    }
}
