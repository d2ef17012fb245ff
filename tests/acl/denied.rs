//! A right that is missing is named at once, each time: nobody waits for an answer that can't come.

use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use jetblob::{BucketConfig, ListOptions};
use tests::{ServerKind, jetblob};

use crate::{acl, assert_denied, body, open, server};

/// The printed permissions of a reader, without the lines that hold this.
fn without(missing: &str) -> String {
    let all = acl("reader", &[]);
    let kept: Vec<_> = all.lines().filter(|line| !line.contains(missing)).collect();
    assert!(kept.len() < all.lines().count(), "{missing} is none of {all}");
    kept.join("\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_may_not_be_heard() {
    let permissions = acl("reader", &[]).replace("_INBOX.>", "elsewhere.>");
    let server = server(ServerKind::Newest, &permissions);
    let root = open(&server, "root", None).await.create_bucket(BucketConfig::new("b")).await.unwrap();
    root.put_bytes("a", body(5 << 20)).await.unwrap();
    let store = open(&server, "some", None).await;
    // The server tells of it with the first call alone.
    for _ in 0..3 {
        assert_denied("open", "_INBOX.", store.bucket("b")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_of_a_consumer_that_may_not_be_asked_for() {
    let server = server(ServerKind::Newest, &without("CONSUMER.MSG.NEXT"));
    let root = open(&server, "root", None).await.create_bucket(BucketConfig::new("b")).await.unwrap();
    root.put_bytes("large", body(5 << 20)).await.unwrap();
    let bucket = open(&server, "some", None).await.bucket("b").await.unwrap();
    let subject = "$JS.API.CONSUMER.MSG.NEXT.OBJ_b.";
    assert_denied("list", subject, bucket.list(ListOptions::default()).try_collect::<Vec<_>>()).await;
    assert_denied("get", subject, bucket.get_bytes("large")).await;
    let mut watch = bucket.watch().await.unwrap();
    assert_denied("watch", subject, watch.next()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn consumers_that_may_not_be_made() {
    let server = server(ServerKind::Newest, &without("CONSUMER.CREATE"));
    let root = open(&server, "root", None).await.create_bucket(BucketConfig::new("b")).await.unwrap();
    root.put_bytes("large", body(5 << 20)).await.unwrap();
    let bucket = open(&server, "some", None).await.bucket("b").await.unwrap();
    let subject = "$JS.API.CONSUMER.CREATE.OBJ_b.";
    assert_denied("watch", subject, bucket.watch()).await;
    assert_eq!(bucket.get_bytes("large").await.unwrap(), body(5 << 20), "Direct Gets stand in");
    let listed: Vec<_> = bucket.list(ListOptions::default()).try_collect().await.unwrap();
    assert_eq!((listed.len(), listed[0].name.as_str()), (1, "large"), "here too");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_and_replicas_that_may_not_be_asked() {
    let server = server(ServerKind::Newest, &without("DIRECT.GET"));
    let root = open(&server, "root", None).await.create_bucket(BucketConfig::new("b")).await.unwrap();
    root.put_string("a", "x").await.unwrap();
    let bucket = open(&server, "some", None).await.bucket("b").await.unwrap();
    assert_denied("info", "$JS.API.DIRECT.GET.OBJ_b.$O.b.M.", bucket.info("a")).await;
    assert_denied("get", "$JS.API.DIRECT.GET.OBJ_b.$O.b.M.", bucket.get("a")).await;
}

#[test]
fn the_command_tells_the_way_out() {
    let server = server(ServerKind::Newest, &acl("reader", &[]));
    let url = |user: &str| server.url().replace("://", &format!("://{user}:p@"));
    let run = |user: &str, arguments: &[&str]| {
        let mut command = jetblob();
        command.args(["--store", &url(user)]).args(arguments).output().unwrap()
    };
    assert!(run("root", &["bucket", "create", "b"]).status.success());
    let start = Instant::now();
    let denied = run("some", &["rm", "--force", "b/x"]);
    let put = run("some", &["put", "/dev/null", "b/x"]);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    let told = String::from_utf8(put.stderr).unwrap();
    assert_eq!(put.status.code(), Some(7), "{told}");
    assert!(told.contains("$O.b.M.") && told.contains("jetblob acl --bucket b --role"), "{told}");
    assert!(!told.contains(":p@"), "{told}");
    assert_ne!(denied.status.code(), Some(0));
}
