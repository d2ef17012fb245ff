//! What a server allows: limits, rights, settings; and what lies damaged on its disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use jetblob::{Bucket, BucketConfig, Store, StoreOptions};
use serde_json::{Value, json};
use tests::{Place, Server, ServerKind, bytes_of, unique};

use crate::{bounded, holds, rest, store_within};

const LARGE: u64 = 20 << 20;

async fn on(server: &Server) -> Bucket {
    let store = store_within(server.url(), Duration::from_secs(10)).await;
    store.create_bucket(BucketConfig::new("b")).await.expect("a bucket")
}

/// A full store refuses what has no room, keeps what it has, and takes the next object when there is room.
async fn is_full_and_then_not(bucket: &Bucket) {
    bucket.put_bytes("a", bytes_of("a", 300_000)).await.unwrap();
    bucket.put_bytes("b", bytes_of("b", 1 << 20)).await.unwrap();
    for name in ["a", "c"] {
        let error = bucket.put_bytes(name, bytes_of("new", LARGE)).await.unwrap_err();
        assert_eq!(error.code(), "quota_exceeded", "{error}");
        holds(bucket, "a", &bytes_of("a", 300_000)).await;
        holds(bucket, "b", &bytes_of("b", 1 << 20)).await;
    }
    assert_eq!(bucket.info("c").await.unwrap_err().code(), "not_found");
    bucket.delete("b").await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while let Err(error) = bucket.put_bytes("c", bytes_of("c", 1 << 20)).await {
        assert!(error.code() == "quota_exceeded" && Instant::now() < deadline, "{error}");
    }
    holds(bucket, "c", &bytes_of("c", 1 << 20)).await;
}

/// Changes the settings of the bucket's stream behind the library's back.
async fn reconfigure(raw: &async_nats::Client, stream: &str, field: &str, value: Value) {
    let info = raw.request(format!("$JS.API.STREAM.INFO.{stream}"), "".into()).await.expect("an answer");
    let info: Value = serde_json::from_slice(&info.payload).expect("JSON");
    let mut config = info["config"].clone();
    config[field] = value;
    let answer = raw.request(format!("$JS.API.STREAM.UPDATE.{stream}"), config.to_string().into()).await;
    let answer: Value = serde_json::from_slice(&answer.expect("an answer").payload).expect("JSON");
    assert!(answer["error"].is_null(), "{answer}");
}

bounded! {
    /// The account has no more room.
    async fn row41_full_account() {
        let server = Server::with_config(
            ServerKind::Newest,
            "jetstream { store_dir: \"$DIR/js\" }
             accounts { A { jetstream { max_file: 8MB }, users: [{ user: u, password: p }] } }
             no_auth_user: u",
        );
        let bucket = on(&server).await;
        is_full_and_then_not(&bucket).await;
        Place::on(server.url()).await.holds_only(&bucket, &["a", "c"]).await;
    }

    /// The server has no more room for files.
    async fn row42_full_server() {
        let server = Server::with_config(
            ServerKind::Newest,
            "jetstream { store_dir: \"$DIR/js\", max_file_store: 8MB }",
        );
        let bucket = on(&server).await;
        is_full_and_then_not(&bucket).await;
        Place::on(server.url()).await.holds_only(&bucket, &["a", "c"]).await;
    }

    /// The server takes in very little at a time: puts slow down, and end well.
    async fn row43_little_at_a_time() {
        let server = Server::with_config(
            ServerKind::Newest,
            "jetstream { store_dir: \"$DIR/js\", max_buffered_msgs: 4, max_buffered_size: 600KB }",
        );
        let store = store_within(server.url(), Duration::from_secs(20)).await;
        for plain in [false, true] {
            let name = format!("b{plain}");
            let bucket = store.create_bucket(BucketConfig { plain, ..BucketConfig::new(name) }).await.unwrap();
            for size in [10, 300_000, 5 << 20] {
                if let Err(error) = bucket.put_bytes("a", bytes_of("a", size)).await {
                    assert!(error.is_retryable(), "{size} bytes: {error}");
                    assert_eq!(bucket.info("a").await.unwrap_err().code(), "not_found");
                    continue;
                }
                holds(&bucket, "a", &bytes_of("a", size)).await;
                bucket.purge("a").await.unwrap();
            }
            Place::on(server.url()).await.holds_only(&bucket, &[]).await;
        }
    }

    /// Others have as many batches open on the stream as it allows: what needs a batch goes on without one.
    async fn row44_batches_of_others() {
        let place = Place::jetstream().await;
        let bucket = place.bucket().await;
        bucket.put_bytes("a", bytes_of("a", 300_000)).await.unwrap();
        let raw = place.raw().await.unwrap();
        for batch in 0..60 {
            let mut headers = async_nats::HeaderMap::new();
            headers.insert("Nats-Batch-Id", format!("other{batch}"));
            headers.insert("Nats-Batch-Sequence", "1");
            let subject = format!("$O.{}.C.other{batch}", bucket.name());
            raw.publish_with_headers(subject, headers, "".into()).await.unwrap();
        }
        raw.flush().await.unwrap();
        bucket.rename("a", "b").await.unwrap();
        holds(&bucket, "b", &bytes_of("a", 300_000)).await;
        bucket.put_bytes("c", bytes_of("c", LARGE)).await.unwrap();
        holds(&bucket, "c", &bytes_of("c", LARGE)).await;
        place.holds_only(&bucket, &["b", "c"]).await;
    }

    /// The source of a put says nothing for longer than a server keeps a batch: the put ends well.
    async fn row45_slow_source() {
        let place = Place::jetstream().await;
        let bucket = place.bucket().await;
        let mut upload = bucket.upload("a");
        upload.write(bytes_of("first", 5 << 20)).await.unwrap();
        // The time is the point of the test: nothing is waited for.
        tokio::time::sleep(Duration::from_secs(12)).await;
        upload.write(bytes_of("second", 5 << 20)).await.unwrap();
        upload.finish().await.unwrap();
        holds(&bucket, "a", &[bytes_of("first", 5 << 20), bytes_of("second", 5 << 20)].concat()).await;
        place.holds_only(&bucket, &["a"]).await;
    }

    /// The stream takes no more consumers: objects are read without.
    async fn row46_no_more_consumers() {
        let place = Place::jetstream().await;
        let raw = place.raw().await.unwrap();
        let name = unique("consumers");
        let stream = format!("OBJ_{name}");
        let config = json!({
            "name": stream, "subjects": [format!("$O.{name}.C.>"), format!("$O.{name}.M.>")], "max_consumers": 1,
            "allow_rollup_hdrs": true, "allow_direct": true, "discard": "new", "storage": "file", "num_replicas": 1,
        });
        let made = raw.request(format!("$JS.API.STREAM.CREATE.{stream}"), config.to_string().into()).await.unwrap();
        let made: Value = serde_json::from_slice(&made.payload).unwrap();
        assert!(made["error"].is_null(), "{made}");
        let consumer = json!({ "stream_name": stream, "config": { "durable_name": "other", "ack_policy": "none" } });
        let made = raw
            .request(format!("$JS.API.CONSUMER.DURABLE.CREATE.{stream}.other"), consumer.to_string().into())
            .await
            .unwrap();
        let made: Value = serde_json::from_slice(&made.payload).unwrap();
        assert!(made["error"].is_null(), "{made}");
        let bucket = place.store.bucket(&name).await.unwrap();
        for size in [0, 10, 300_000, LARGE] {
            bucket.put_bytes("a", bytes_of("a", size)).await.unwrap();
            holds(&bucket, "a", &bytes_of("a", size)).await;
        }
        for index in 0..2500 {
            bucket.put_bytes(format!("{index}"), "").await.unwrap();
        }
        bucket.delete("0").await.unwrap();
        let mut listed: Vec<_> =
            bucket.list(jetblob::ListOptions::default()).map_ok(|info| info.name).try_collect().await.unwrap();
        listed.sort();
        let mut put: Vec<_> = (1..2500).map(|index| index.to_string()).chain(["a".to_owned()]).collect();
        put.sort();
        assert_eq!(listed, put);
        // A watch needs one: it says so at once.
        let error = bucket.watch().await.unwrap_err();
        assert!(error.to_string().contains("consumers"), "{error}");
    }

    /// Direct Get is switched off under a handle: it reads on.
    async fn row50_direct_get_is_switched_off() {
        let place = Place::jetstream().await;
        let bucket = place.bucket().await;
        bucket.put_bytes("a", bytes_of("a", 300_000)).await.unwrap();
        bucket.put_bytes("b", bytes_of("b", LARGE)).await.unwrap();
        let raw = place.raw().await.unwrap();
        reconfigure(&raw, &format!("OBJ_{}", bucket.name()), "allow_direct", json!(false)).await;
        holds(&bucket, "a", &bytes_of("a", 300_000)).await;
        holds(&bucket, "b", &bytes_of("b", LARGE)).await;
    }

    /// A right is taken away in the middle of a put: the put says which, at once, and what was there stays.
    async fn row53_a_right_is_taken_away() {
        let config = |rights: &str| {
            format!(
                "jetstream {{ store_dir: \"$DIR/js\" }}
                 authorization {{ users: [
                    {{ user: admin, password: a }}
                    {{ user: some, password: s, permissions: {{ publish: {{ deny: [{rights}] }} }} }}
                 ] }}"
            )
        };
        let server = Server::with_config(ServerKind::Newest, &config("none"));
        let open = async |user: &str, password: &str| {
            let mut options = StoreOptions::default();
            options.user_and_password = Some((user.into(), password.into()));
            Store::open_with(server.url(), options).await.unwrap()
        };
        let admin = open("admin", "a").await.create_bucket(BucketConfig::new("b")).await.unwrap();
        admin.put_bytes("a", bytes_of("a", 300_000)).await.unwrap();
        let bucket = open("some", "s").await.bucket("b").await.unwrap();
        let mut upload = bucket.upload("a");
        upload.write(bytes_of("new", 5 << 20)).await.unwrap();
        server.reload(&config("\"$O.b.>\""));
        // The server closes connections that lose a right; until then it takes what comes.
        let start = Instant::now();
        let error = loop {
            if let Err(error) = upload.write(bytes_of("new", 1 << 20)).await {
                break error;
            }
            assert!(start.elapsed() < Duration::from_secs(40), "the right is still there");
        };
        assert!(error.code() == "permission_denied" || error.is_retryable(), "{error}");
        let start = Instant::now();
        let error = bucket.put_bytes("a", "x").await.unwrap_err();
        assert_eq!(error.code(), "permission_denied", "{error}");
        assert!(error.to_string().contains("$O.b."), "{error}");
        assert!(start.elapsed() < Duration::from_secs(5), "after {:?}", start.elapsed());
        holds(&admin, "a", &bytes_of("a", 300_000)).await;
    }

    /// The server comes back without JetStream: an error that says so, and no hang.
    async fn row56_no_jetstream_any_more() {
        let mut server = Server::start(ServerKind::Newest);
        let bucket = on(&server).await;
        bucket.put_bytes("a", bytes_of("a", 300_000)).await.unwrap();
        server.configure("");
        server.restart();
        let start = Instant::now();
        for error in [
            bucket.info("a").await.map(drop).unwrap_err(),
            bucket.put_bytes("a", "x").await.map(drop).unwrap_err(),
            bucket.get_bytes("a").await.map(drop).unwrap_err(),
        ] {
            assert!(matches!(error.code(), "jetstream_not_enabled" | "unavailable" | "timeout"), "{error}");
        }
        assert!(start.elapsed() < Duration::from_secs(35), "after {:?}", start.elapsed());
        server.configure("jetstream { store_dir: \"$DIR/js\" }");
        server.restart();
        holds(&bucket, "a", &bytes_of("a", 300_000)).await;
    }

    /// A put is dropped at any moment: nothing of it is left, and the old object is whole, or the new one is.
    async fn row59_dropped_at_any_moment() {
        for place in [Place::local().await, Place::jetstream().await] {
            let bucket = place.bucket().await;
            bucket.put_bytes("a", bytes_of("old", 300_000)).await.unwrap();
            for moment in 0..40 {
                let new = bytes_of("new", 400_000);
                let _ = tokio::time::timeout(Duration::from_micros(moment * 250), bucket.put_bytes("a", new)).await;
                let bytes = bucket.get_bytes("a").await;
                match bytes {
                    Ok(bytes) => assert!(bytes == bytes_of("old", 300_000) || bytes == bytes_of("new", 400_000)),
                    // The commit of the dropped put may be under way still.
                    Err(error) => assert_eq!(error.code(), "object_changed", "{error}"),
                }
            }
            place.holds_only(&bucket, &["a"]).await;
        }
    }

    /// Thousands of puts at once over one connection.
    async fn row65_many_puts_at_once() {
        let place = Place::jetstream().await;
        let bucket = place.bucket().await;
        let names: Vec<String> = (0..4000).map(|index| index.to_string()).collect();
        let puts = names.iter().map(|name| bucket.put_bytes(name.as_str(), bytes_of(name, 100)));
        let outcomes = futures_util::future::join_all(puts).await;
        if let Some(error) = outcomes.iter().find_map(|outcome| outcome.as_ref().err()) {
            panic!("{error}");
        }
        for name in names.iter().step_by(97) {
            assert!(bucket.get_bytes(name).await.unwrap() == bytes_of(name, 100));
        }
    }
}

/// All files of this extension below a directory.
pub(crate) fn files_below(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).expect("a directory").flatten().map(|entry| entry.path());
    let found =
        entries.flat_map(|path| if path.is_dir() { files_below(&path, extension) } else { vec![path] });
    found.filter(|path| path.extension().is_some_and(|found| found == extension)).collect()
}

/// Flips a bit of the text, where it is in a block of the server's files.
fn flip(server: &Server, text: &[u8]) {
    for file in files_below(server.dir(), "blk") {
        let mut bytes = fs::read(&file).expect("a block");
        if let Some(at) = bytes.windows(text.len()).position(|window| window == text) {
            bytes[at] ^= 1;
            fs::write(&file, bytes).expect("a block");
            return;
        }
    }
    panic!("it is in no block");
}

bounded! {
    /// A bit of a chunk is flipped on the server's disk: that object is damaged, and says so soon; others are well.
    async fn row35_a_flipped_bit_of_a_chunk() {
        let mut server = Server::start(ServerKind::Newest);
        let bucket = on(&server).await;
        let bad = bytes_of("bad", 3 << 20);
        for name in ["before", "bad", "after"] {
            bucket.put_bytes(name, bytes_of(name, 3 << 20)).await.unwrap();
        }
        server.stop();
        flip(&server, &bad[1_000_000..1_000_064]);
        server.start_again();
        let start = Instant::now();
        let error = match bucket.get("bad").await {
            Ok(object) => rest(object).await.map(|_| ()).unwrap_err(),
            Err(error) => error,
        };
        assert!(matches!(error.code(), "data_missing" | "digest_mismatch"), "{error}");
        assert!(start.elapsed() < Duration::from_secs(15), "after {:?}", start.elapsed());
        holds(&bucket, "before", &bytes_of("before", 3 << 20)).await;
        holds(&bucket, "after", &bytes_of("after", 3 << 20)).await;
    }

    /// A bit of a record is flipped on the server's disk: others are listed and read.
    async fn row36_a_flipped_bit_of_a_record() {
        let mut server = Server::start(ServerKind::Newest);
        let bucket = on(&server).await;
        for name in ["before", "bad", "after"] {
            let meta = jetblob::ObjectMeta { description: format!("this is {name}"), ..name.into() };
            bucket.put_bytes(meta, bytes_of(name, 10_000)).await.unwrap();
        }
        server.stop();
        flip(&server, b"this is bad");
        server.start_again();
        let start = Instant::now();
        let outcome = bucket.get_bytes("bad").await;
        assert!(start.elapsed() < Duration::from_secs(15), "after {:?}", start.elapsed());
        if let Ok(bytes) = outcome {
            assert!(bytes == bytes_of("bad", 10_000), "its bytes are right, or there are none");
        }
        for name in ["before", "after"] {
            holds(&bucket, name, &bytes_of(name, 10_000)).await;
        }
    }

    /// A file of the server is gone: an error soon, no hang.
    async fn row37_a_missing_block() {
        let mut server = Server::start(ServerKind::Newest);
        let bucket = on(&server).await;
        bucket.put_bytes("large", bytes_of("large", LARGE)).await.unwrap();
        bucket.put_bytes("after", bytes_of("after", 10_000)).await.unwrap();
        server.stop();
        let mut blocks = files_below(server.dir(), "blk");
        blocks.sort();
        assert!(blocks.len() > 2, "{blocks:?}");
        fs::remove_file(&blocks[1]).expect("a block");
        server.start_again();
        let start = Instant::now();
        let error = match bucket.get("large").await {
            Ok(object) => rest(object).await.map(|_| ()).unwrap_err(),
            Err(error) => error,
        };
        assert_eq!(error.code(), "data_missing", "{error}");
        assert!(start.elapsed() < Duration::from_secs(15), "after {:?}", start.elapsed());
        holds(&bucket, "after", &bytes_of("after", 10_000)).await;
    }
}
