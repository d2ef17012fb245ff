//! Buckets as nats.net writes them, by hand: it can't be run here.

use serde_json::{Value, json};

use super::{CHUNK, Scenario, body, by_hand, digest};
use crate::raw::Raw;

const CLIENT: &str = "nats.net";

/// An object of its: with a chunk of no bytes after full ones, and without numbers that are zero.
fn object(raw: &Raw, bucket: &str, name: &str, size: usize) {
    let (whole, nuid) = (body(name, size), format!("of{name}"));
    let mut chunks: Vec<&[u8]> = whole.chunks(CHUNK).collect();
    if size.is_multiple_of(CHUNK) {
        chunks.push(&[]);
    }
    raw.chunks(bucket, &nuid, &chunks);
    let mut record = json!({
        "name": name, "bucket": bucket, "nuid": nuid, "mtime": "2026-05-01T10:20:30.1234567+00:00",
        "digest": digest(&whole), "options": { "max_chunk_size": CHUNK },
    });
    if size > 0 {
        record["size"] = size.into();
        record["chunks"] = size.div_ceil(CHUNK).into();
    }
    raw.record(bucket, name, &record);
}

fn of_size(name: &'static str, size: usize) -> Scenario {
    let write = move |raw: &Raw, bucket: &str| {
        raw.bucket(bucket);
        object(raw, bucket, "a", size);
    };
    by_hand(CLIENT, name, write, move |hand| {
        hand.gets("a", &body("a", size))?;
        hand.tells("a", &json!({ "chunks": size.div_ceil(CHUNK), "digest": digest(&body("a", size)) }))?;
        hand.lists(&["a"])
    })
}

fn link(name: &str, bucket: &str, target_bucket: &str, target: &str) -> Value {
    json!({
        "name": name, "bucket": bucket, "nuid": "ofLink", "mtime": "2026-05-01T10:20:30.1234567+00:00",
        "options": { "link": { "bucket": target_bucket, "name": target } },
    })
}

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        of_size("an empty object, with a chunk of no bytes", 0),
        of_size("a chunk, and one of no bytes", CHUNK),
        of_size("three chunks, and one of no bytes", 3 * CHUNK),
        of_size("three chunks and a bit", 3 * CHUNK + 5),
        of_size("20 MiB, and a chunk of no bytes", 20 << 20),
        by_hand(
            CLIENT,
            "a link",
            |raw, bucket| {
                raw.bucket(bucket);
                object(raw, bucket, "target", 300_000);
                raw.record(bucket, "l", &link("l", bucket, bucket, "target"));
            },
            |hand| {
                hand.gets("l", &body("target", 300_000))?;
                hand.lists(&["l", "target"])
            },
        ),
        by_hand(
            CLIENT,
            "a link to a bucket",
            |raw, bucket| {
                let other = format!("{bucket}-other");
                raw.bucket(bucket);
                raw.bucket(&other);
                // With the link's own name, as if it were one to an object.
                raw.record(bucket, "l", &link("l", bucket, &other, "l"));
            },
            |hand| {
                hand.gets_nothing("l")?;
                hand.lists(&["l"])?;
                hand.tells("l", &json!({ "link": { "bucket": hand.other(), "name": null } }))
            },
        ),
        by_hand(
            CLIENT,
            "a deleted object",
            |raw, bucket| {
                raw.bucket(bucket);
                object(raw, bucket, "b", 10);
                let marker = json!({
                    "name": "a", "bucket": bucket, "nuid": "ofA", "digest": "", "deleted": true,
                    "mtime": "2026-05-01T10:20:30.1234567+00:00", "options": { "max_chunk_size": CHUNK },
                });
                raw.record(bucket, "a", &marker);
            },
            |hand| hand.misses("a", &["b"]),
        ),
    ]
}
