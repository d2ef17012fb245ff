//! No credential of any kind is in an error, in what is shown for debugging, or in what is told to `tracing`.

use std::path::Path;
use std::time::Duration;

use jetblob::{Store, StoreOptions};
use tests::{Server, ServerKind};

use crate::capture::Capture;

/// Stands in every secret; no other text has it.
const SECRET: &str = "s3cretMARKER";

/// Everything, from everybody, but the trace of the connection itself, which must hold the credentials.
const EVERYTHING: &str = "debug,jetblob=trace";

/// Each kind of credential, given in options.
fn options(files: &Path) -> Vec<(&'static str, StoreOptions)> {
    let creds = files.join("user.creds");
    let begin = |what: &str| format!("-----BEGIN {what}-----\n{SECRET}\n------END {what}------\n");
    std::fs::write(&creds, begin("NATS USER JWT") + &begin("USER NKEY SEED")).unwrap();
    let broken = files.join("broken.creds");
    std::fs::write(&broken, SECRET).unwrap();
    let key = files.join("key.pem");
    std::fs::write(&key, begin("PRIVATE KEY")).unwrap();
    let with = |set: &dyn Fn(&mut StoreOptions)| {
        let mut options = StoreOptions::default();
        options.idle_timeout = Duration::from_secs(2);
        set(&mut options);
        options
    };
    vec![
        ("password", with(&|o| o.user_and_password = Some((SECRET.into(), SECRET.into())))),
        ("token", with(&|o| o.token = Some(SECRET.into()))),
        ("nkey seed", with(&|o| o.nkey_seed = Some(format!("SU{SECRET}")))),
        ("credentials", with(&|o| o.credentials = Some(begin("NATS USER JWT") + &begin("USER NKEY SEED")))),
        ("broken credentials", with(&|o| o.credentials = Some(SECRET.into()))),
        ("credentials file", with(&|o| o.credentials_file = Some(creds.clone()))),
        ("broken credentials file", with(&|o| o.credentials_file = Some(broken.clone()))),
        (
            "client key",
            with(&|o| {
                o.client_certificate = Some((key.clone(), key.clone()));
                o.require_tls = true;
            }),
        ),
    ]
}

fn assert_hidden(what: &str, text: &str) {
    let at = text.find(SECRET).map(|at| text.get(at.saturating_sub(200)..at + SECRET.len()));
    assert_eq!(at, None, "{what}");
}

async fn assert_fails_in_silence(what: &str, url: &str, options: StoreOptions) {
    let capture = Capture::of(EVERYTHING);
    assert_hidden(what, &format!("{options:?}"));
    let error = match Store::open_with(url, options).await {
        Err(error) => error,
        Ok(store) => {
            assert_hidden(what, &format!("{store:?}"));
            store.bucket("b").await.expect_err(what)
        }
    };
    assert_hidden(what, &format!("{error} {error:?} {}", std::io::Error::from(error.clone())));
    assert_hidden(what, &capture.text());
}

/// A server that wants other credentials, one that wants none but has no JetStream, and none at all.
#[tokio::test]
async fn credentials_in_options() {
    let files = tempfile::tempdir().unwrap();
    let refusing = Server::with_config(ServerKind::Newest, "authorization: { user: u, password: other }");
    let open = Server::with_config(ServerKind::Newest, "");
    for url in [refusing.url(), open.url(), "nats://127.0.0.1:1", "nats://[::bad"] {
        for (what, options) in options(files.path()) {
            assert_fails_in_silence(what, url, options).await;
        }
    }
}

#[tokio::test]
async fn credentials_in_urls() {
    let refusing = Server::with_config(ServerKind::Newest, "authorization: { user: u, password: other }");
    let open = Server::with_config(ServerKind::Newest, "");
    for server in [
        refusing.url(),
        open.url(),
        "nats://127.0.0.1:1",
        "ws://127.0.0.1:1",
        "nats://127.0.0.1:99999",
        "http://x",
    ] {
        let (scheme, host) = server.split_once("://").unwrap();
        for user in [
            format!("u:{SECRET}"),
            format!("{SECRET}:{SECRET}"),
            format!(":{SECRET}"),
            SECRET.to_owned(),
            format!("u:a@b:{SECRET}"),
            format!("u:{SECRET}/x"),
            format!("u:{SECRET}#?"),
            format!("u:%zz{SECRET}"),
            format!("u: {SECRET}"),
        ] {
            let mut options = StoreOptions::default();
            options.idle_timeout = Duration::from_secs(2);
            let mut urls = vec![
                format!("{scheme}://{user}@{host}"),
                format!("{scheme}://{user}@{host},{scheme}://{user}@{host}"),
            ];
            // Without a scheme, what has a slash in it is the path of a directory.
            urls.extend(Some(format!("{user}@{host}")).filter(|url| !url.contains('/')));
            for url in urls {
                assert_fails_in_silence(&url, &url, options.clone()).await;
            }
        }
    }
}

/// A transfer, and a lost connection, with credentials that are right.
#[tokio::test]
async fn credentials_that_are_right() {
    let config =
        format!("jetstream {{ store_dir: \"$DIR/js\" }}\nauthorization: {{ user: u, password: {SECRET} }}");
    let mut server = Server::with_config(ServerKind::Newest, &config);
    let capture = Capture::of(EVERYTHING);
    let store = Store::open(&server.url().replace("://", &format!("://u:{SECRET}@"))).await.unwrap();
    let bucket = store.create_bucket(jetblob::BucketConfig::new("b")).await.unwrap();
    bucket.put_bytes("a", vec![0; 3 << 20]).await.unwrap();
    bucket.get_bytes("a").await.unwrap();
    server.restart();
    while capture.events("connected again").is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    bucket.info("a").await.unwrap();
    store.close().await;
    let told = capture.text();
    assert!(told.contains("async_nats"), "others are heard, too");
    assert_hidden("the log", &told);
    assert_hidden("the store", &format!("{store:?} {bucket:?}"));
}
