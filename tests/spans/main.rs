//! What is told to `tracing`: a span for each operation, and events for who runs it.
//!
//! The subscriber is that of one thread, so each test runs on one.

mod capture;
mod secrets;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::TryStreamExt;
use jetblob::{BucketConfig, CheckOptions, GcOptions, ListOptions, PutOptions, Store, StoreOptions};
use tests::{Place, Proxy, Server, ServerKind, unique};
use tracing::Instrument;

use capture::{Capture, Fields};

/// What a span must say, and what it must not.
fn assert_fields(fields: &Fields, expected: &[(&str, &str)], absent: &[&str]) {
    for (field, value) in expected {
        assert_eq!(fields.get(*field).map(String::as_str), Some(*value), "{field} of {fields:?}");
    }
    for field in absent {
        assert!(!fields.contains_key(*field), "{field} of {fields:?}");
    }
}

async fn each_operation(place: Place, path_of_large: Option<[&str; 2]>) {
    let capture = Capture::of("jetblob=info");
    let name = unique("spans");
    let bucket = place.store.create_bucket(BucketConfig::new(&name)).await.unwrap();
    assert_fields(
        &capture.span("jetblob.create_bucket"),
        &[("bucket", &name), ("outcome", "ok")],
        &["error"],
    );

    let info = bucket.put_bytes("secret-plan", vec![7; 5 << 20]).await.unwrap();
    let nuid = info.nuid.unwrap().to_string();
    let (size, revision) = (info.size.to_string(), info.revision.to_string());
    let object = [
        ("bucket", name.as_str()),
        ("nuid", &nuid),
        ("size", &size),
        ("chunks", "40"),
        ("revision", &revision),
        ("outcome", "ok"),
    ];
    assert_fields(&capture.span("jetblob.put"), &object, &["object", "error", "attempts"]);
    bucket.get_bytes("secret-plan").await.unwrap();
    assert_fields(&capture.span("jetblob.get"), &object, &["object", "error"]);
    bucket.info("secret-plan").await.unwrap();
    assert_fields(&capture.span("jetblob.info"), &object, &["object", "error"]);
    if let Some([put, get]) = path_of_large {
        assert_fields(&capture.span("jetblob.put"), &[("path", put)], &[]);
        assert_fields(&capture.span("jetblob.get"), &[("path", get)], &[]);
    }

    let listed: Vec<_> = bucket.list(ListOptions::default()).try_collect().await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_fields(&capture.span("jetblob.list"), &[("entries", "1"), ("outcome", "ok")], &[]);
    let found: Vec<_> = bucket.check(CheckOptions::default()).unwrap().try_collect().await.unwrap();
    let entries = [("bucket", name.as_str()), ("entries", &found.len().to_string()), ("outcome", "ok")];
    assert_fields(&capture.span("jetblob.check"), &entries, &[]);
    bucket.gc(GcOptions::default()).await.unwrap();
    assert_fields(&capture.span("jetblob.gc"), &[("bucket", &name), ("outcome", "ok")], &[]);
    drop(bucket.watch().await.unwrap());
    assert_fields(&capture.span("jetblob.watch"), &[("bucket", &name), ("outcome", "dropped")], &[]);

    let info = bucket.rename("secret-plan", "b").await.unwrap();
    assert_fields(&capture.span("jetblob.rename"), &[("nuid", &nuid), ("outcome", "ok")], &[]);
    bucket.update_meta("b", info.clone().into()).await.unwrap();
    assert_fields(&capture.span("jetblob.update_meta"), &[("nuid", &nuid)], &[]);
    bucket.add_link("link", &info).await.unwrap();
    assert_fields(&capture.span("jetblob.link"), &[("outcome", "ok")], &[]);
    bucket.delete("b").await.unwrap();
    assert_fields(&capture.span("jetblob.delete"), &[("outcome", "ok")], &[]);
    bucket.purge("link").await.unwrap();
    assert_fields(&capture.span("jetblob.purge"), &[("outcome", "ok")], &[]);
    bucket.status().await.unwrap();
    bucket.seal().await.unwrap();
    place.store.bucket(&name).await.unwrap();
    place.store.delete_bucket(&name).await.unwrap();
    for span in ["jetblob.status", "jetblob.seal", "jetblob.open_bucket", "jetblob.delete_bucket"] {
        assert_fields(&capture.span(span), &[("bucket", &name), ("outcome", "ok")], &["error"]);
    }
    assert!(!capture.text().contains("secret-plan"), "names are told only to who asks for them");
}

#[tokio::test]
async fn each_operation_has_a_span_with_what_it_did_on_a_server() {
    each_operation(Place::jetstream().await, Some(["ingest", "consumer"])).await;
}

#[tokio::test]
async fn each_operation_has_a_span_with_what_it_did_in_a_directory() {
    each_operation(Place::local().await, None).await;
}

#[tokio::test]
async fn a_failure_is_told_by_its_code() {
    for place in [Place::local().await, Place::jetstream().await] {
        let bucket = place.bucket().await;
        let capture = Capture::of("jetblob=info");
        assert_eq!(bucket.get("none").await.unwrap_err().code(), "not_found");
        bucket.put_string("a", "1").await.unwrap();
        let taken = bucket.put_with("a", "2", PutOptions::default().if_absent()).await;
        assert_eq!(taken.unwrap_err().code(), "conflict");
        assert_fields(
            &capture.span("jetblob.get"),
            &[("outcome", "error"), ("error", "not_found")],
            &["size"],
        );
        let puts = capture.spans("jetblob.put");
        assert_fields(&puts[1].fields, &[("outcome", "error"), ("error", "conflict")], &["size"]);
        assert_eq!(capture.spans("jetblob.bucket_names").len(), 0);
    }
}

#[tokio::test]
async fn what_the_caller_gives_up_is_dropped() {
    let place = Place::jetstream().await;
    let bucket = place.bucket().await;
    bucket.put_bytes("a", vec![0; 4 << 20]).await.unwrap();
    let capture = Capture::of("jetblob=info");
    let mut object = bucket.get("a").await.unwrap();
    object.next().await.unwrap().unwrap();
    assert_eq!(capture.spans("jetblob.get").len(), 0, "it is under way");
    drop(object);
    assert_fields(&capture.span("jetblob.get"), &[("outcome", "dropped"), ("chunks", "32")], &["error"]);
    let put = tokio::time::timeout(Duration::ZERO, bucket.put_bytes("b", vec![0; 4 << 20])).await;
    assert!(put.is_err());
    assert_fields(&capture.span("jetblob.put"), &[("outcome", "dropped")], &["error"]);
}

#[tokio::test]
async fn names_are_told_to_who_asks_for_them() {
    let place = Place::local().await;
    let bucket = place.bucket().await;
    let capture = Capture::of("jetblob=info,jetblob::names=trace");
    bucket.put_string("secret-plan", "x").await.unwrap();
    assert_fields(&capture.span("jetblob.put"), &[("object", "secret-plan")], &[]);
}

#[tokio::test]
async fn a_span_is_inside_the_callers_own() {
    for place in [Place::local().await, Place::jetstream().await] {
        let bucket = place.bucket().await;
        let capture = Capture::of("info");
        let call = async {
            bucket.put_string("a", "x").await.unwrap();
            let mut upload = bucket.upload("b");
            upload.write("x").await.unwrap();
            upload.finish().await.unwrap();
        };
        call.instrument(tracing::info_span!("request")).await;
        let parents: Vec<_> = capture.spans("jetblob.put").into_iter().map(|put| put.parent).collect();
        assert_eq!(parents, ["request", "request"]);
    }
}

#[tokio::test]
async fn a_lost_connection_and_a_consumer_made_anew_are_told() {
    let mut server = Server::start(ServerKind::Newest);
    let bucket = Place::on(server.url()).await.bucket().await;
    let capture = Capture::of("jetblob=info");
    let mut watch = bucket.watch().await.unwrap();
    watch.next().await.unwrap();
    server.restart();
    let put = async {
        while capture.events("connected again").is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        bucket.put_string("a", "x").await.unwrap();
    };
    let (event, ()) = tokio::join!(watch.next(), put);
    event.unwrap();
    assert!(!capture.events("the connection is lost").is_empty(), "{}", capture.text());
    let renewed = capture.events("a consumer is made anew");
    assert_fields(&renewed[0].fields, &[("bucket", bucket.name()), ("after", "0")], &[]);
    assert_eq!(renewed[0].span, "jetblob.watch");
}

#[tokio::test]
async fn a_commit_whose_end_is_unknown_is_told() {
    let place = Place::jetstream().await;
    let name = place.bucket().await.name().to_owned();
    // From the answer to the commit on nothing comes through any more.
    let silent = Arc::new(AtomicBool::new(false));
    let proxy = Proxy::start(&place.url, move |frame| {
        let commit = frame.body.starts_with("{\"stream\":\"OBJ_");
        silent.fetch_or(commit, Ordering::Relaxed) || commit
    });
    let mut options = StoreOptions::default();
    options.idle_timeout = Duration::from_secs(2);
    let proxy = proxy.await;
    let store = Store::open_with(proxy.url(), options).await.unwrap();
    let bucket = store.bucket(&name).await.unwrap();
    let capture = Capture::of("jetblob=info");
    assert_eq!(bucket.put_string("a", "").await.unwrap_err().code(), "unknown");
    assert_fields(&capture.span("jetblob.put"), &[("outcome", "unknown"), ("error", "unknown")], &["size"]);
    assert!(!capture.events("the record is read back").is_empty(), "{}", capture.text());
    let unknown = capture.events("it could not be learned");
    assert_fields(&unknown[0].fields, &[("revision_before", "0")], &[]);
    assert_eq!(unknown[0].span, "jetblob.put");
}
