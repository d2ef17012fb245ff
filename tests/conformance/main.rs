//! What every engine does, by the numbers of the behaviours that the project follows.
//!
//! Each test runs on the local engine, on the newest nats-server, and on the oldest one that can be had, which has
//! none of the features that jetblob uses where it can.

use std::time::Duration;

use bytes::Bytes;
use jetblob::{Bucket, Digest};
pub(crate) use tests::Place;

mod at_once;
mod bad_record;
mod bucket;
mod changes;
mod check;
mod condition;
mod damage;
mod delete;
mod expiry;
mod gc;
mod get;
mod handle;
mod hostile;
mod info;
mod link;
mod list;
mod list_of_many;
mod lost_answer;
mod meta;
mod mirror;
mod name;
mod put;
mod race;
mod range;
mod record;
mod seal;
mod server;
mod vanished;
mod watch;

/// Makes three tests of each function: one for each place.
macro_rules! on_every_engine {
    ($($(#[$promise:meta])* async fn $name:ident($place:ident: Place) $check:block)*) => {
        $(
            $(#[$promise])*
            mod $name {
                #[allow(unused_imports, reason = "what the functions of this file use")]
                use super::*;

                async fn check($place: crate::Place) $check

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn local() {
                    crate::in_time(check(crate::Place::local().await)).await;
                }

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn jetstream() {
                    crate::in_time(check(crate::Place::jetstream().await)).await;
                }

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn oldest_jetstream() {
                    if let Some(place) = crate::Place::oldest_jetstream().await {
                        crate::in_time(check(place)).await;
                    }
                }
            }
        )*
    };
}
pub(crate) use on_every_engine;

/// Tests of places that each of them chooses, bounded in time like the others.
macro_rules! on_a_server {
    ($($(#[$promise:meta])* async fn $name:ident() $check:block)*) => {
        $(
            $(#[$promise])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                crate::in_time(async { $check }).await;
            }
        )*
    };
}
pub(crate) use on_a_server;

/// No operation hangs: a test that takes a minute has failed.
async fn in_time(check: impl Future<Output = ()>) {
    tokio::time::timeout(Duration::from_mins(1), check).await.expect("the test hangs");
}

/// Bytes that differ from place to place.
pub(crate) fn body(size: usize) -> Bytes {
    let mut state = 0x9e37_79b9_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    };
    (0..size).map(|_| next()).collect()
}

/// Whether the bucket lets anything go by itself: the oldest server doesn't.
pub(crate) async fn lets_expire(bucket: &Bucket) -> bool {
    let expiring = jetblob::PutOptions::default().expires_after(Duration::from_mins(1));
    match bucket.put_with("expires", "", expiring).await {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.code(), "invalid_argument", "{error}");
            false
        }
    }
}

/// Waits until the server has no consumer on the bucket any more.
pub(crate) async fn no_consumer_is_left(place: &Place, bucket: &Bucket) {
    let Some(raw) = place.raw().await else { return };
    let subject = format!("$JS.API.CONSUMER.NAMES.OBJ_{}", bucket.name());
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    loop {
        let answer = raw.request(subject.clone(), "".into()).await.expect("an answer");
        let answer: serde_json::Value = serde_json::from_slice(&answer.payload).expect("JSON");
        if answer["total"] == 0 {
            return;
        }
        assert!(std::time::Instant::now() < deadline, "consumers are left: {answer}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The object is there, whole: its bytes, size and digest.
pub(crate) async fn assert_holds(bucket: &Bucket, name: &str, body: &[u8]) {
    let info = bucket.info(name).await.expect("the object's info");
    assert_eq!(info.size, body.len() as u64, "{name}");
    assert_eq!(info.digest, Some(Digest::of(body)), "{name}");
    let bytes = bucket.get_bytes(name).await.expect("the object's bytes");
    assert!(bytes == body, "{name}: {} bytes came, not the {} that were put", bytes.len(), body.len());
}
