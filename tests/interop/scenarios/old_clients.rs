//! What clients wrote in earlier versions, and buckets still hold: records and keys of other spellings.

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, HEXLOWER};
use serde_json::{Value, json};

use super::{CHUNK, Scenario, body, by_hand, digest};
use crate::raw::Raw;

const CLIENTS: &str = "old clients";

/// Stores an object whose record says this besides, or instead.
fn object(raw: &Raw, bucket: &str, subject: Option<String>, name: &str, more: Value) {
    let whole = body(name, 300_000);
    let chunks: Vec<&[u8]> = whole.chunks(CHUNK).collect();
    raw.chunks(bucket, "ofObject", &chunks);
    let mut record = json!({
        "name": name, "bucket": bucket, "nuid": "ofObject", "size": 300_000, "chunks": 3,
        "options": { "max_chunk_size": CHUNK }, "digest": digest(&whole),
    });
    let Value::Object(more) = more else { unreachable!("what more is an object") };
    record.as_object_mut().expect("an object").extend(more);
    match subject {
        Some(subject) => raw.record_on(subject, &record),
        None => raw.record(bucket, name, &record),
    }
}

/// An object whose record says something in another spelling; a reader is told this.
fn spelled(name: &str, more: impl Fn() -> Value + Send + Sync + 'static, told: Value) -> Scenario {
    let write = move |raw: &Raw, bucket: &str| {
        raw.bucket(bucket);
        object(raw, bucket, None, "a", more());
    };
    by_hand(CLIENTS, name, write, move |hand| {
        hand.gets("a", &body("a", 300_000))?;
        hand.tells("a", &told)?;
        hand.lists(&["a"])
    })
}

/// An object whose digest is written another way.
fn digest_as(name: &str, write: impl Fn(&[u8]) -> String + Send + Sync + 'static) -> Scenario {
    let bytes = || {
        let digest = digest(&body("a", 300_000));
        let digest = digest.as_str().and_then(|digest| digest.strip_prefix("SHA-256=")).expect("a digest");
        BASE64URL.decode(digest.as_bytes()).expect("base64")
    };
    spelled(name, move || json!({ "digest": write(&bytes()) }), json!({}))
}

/// An object whose record is on the subject of another encoding of its name.
fn keyed(what: &str, name: &'static str, key: impl Fn(&[u8]) -> String + Send + Sync + 'static) -> Scenario {
    let write = move |raw: &Raw, bucket: &str| {
        raw.bucket(bucket);
        object(raw, bucket, Some(format!("$O.{bucket}.M.{}", key(name.as_bytes()))), name, json!({}));
    };
    by_hand(CLIENTS, what, write, move |hand| {
        hand.gets(name, &body(name, 300_000))?;
        hand.lists(&[name])
    })
}

pub(super) fn scenarios() -> Vec<Scenario> {
    let nothing = || json!({});
    vec![
        digest_as("a digest as sha-256=", |bytes| format!("sha-256={}", BASE64URL.encode(bytes))),
        digest_as("a digest without padding", |bytes| format!("SHA-256={}", BASE64URL_NOPAD.encode(bytes))),
        digest_as("a digest in the standard alphabet", |bytes| format!("SHA-256={}", BASE64.encode(bytes))),
        digest_as("a digest in hex", |bytes| format!("SHA-256={}", HEXLOWER.encode(bytes))),
        spelled("an empty mtime", || json!({ "mtime": "" }), nothing()),
        spelled("an mtime of the year 1", || json!({ "mtime": "0001-01-01T00:00:00Z" }), nothing()),
        spelled(
            "an mtime with an offset",
            || json!({ "mtime": "2023-05-01T12:20:30.123456+02:00" }),
            nothing(),
        ),
        spelled("an mtime of null", || json!({ "mtime": null }), nothing()),
        spelled(
            "fields that are null",
            || json!({ "description": null, "headers": null, "options": { "link": null, "max_chunk_size": CHUNK } }),
            json!({ "description": "", "headers": {}, "link": null }),
        ),
        spelled("fields that nobody knows", || json!({ "revision": 7, "x": { "y": [1] } }), nothing()),
        spelled(
            "headers that are plain texts",
            || json!({ "headers": { "H": "1" } }),
            json!({ "headers": { "H": ["1"] } }),
        ),
        spelled(
            "headers within `inner`",
            || json!({ "headers": { "inner": { "H": ["1"] } } }),
            json!({ "headers": { "H": ["1"] } }),
        ),
        keyed("a key in the standard alphabet", "???", |name| BASE64.encode(name)),
        keyed("a key without padding", "ab", |name| BASE64_NOPAD.encode(name)),
        by_hand(
            CLIENTS,
            "a link without a nuid, with the bucket of its target",
            |raw, bucket| {
                let other = format!("{bucket}-other");
                raw.bucket(bucket);
                raw.bucket(&other);
                object(raw, &other, None, "target", json!({}));
                let link = json!({ "bucket": other, "name": "target" });
                raw.record(
                    bucket,
                    "l",
                    &json!({ "name": "l", "bucket": other, "options": { "link": link } }),
                );
            },
            |hand| {
                hand.gets("l", &body("target", 300_000))?;
                hand.lists(&["l"])
            },
        ),
        by_hand(
            CLIENTS,
            "records that stand beside the last",
            |raw, bucket| {
                raw.bucket(bucket);
                object(raw, bucket, None, "a", json!({ "description": "one" }));
                let digest = digest(&body("a", 300_000));
                for description in ["two", "three"] {
                    let record = json!({
                        "name": "a", "bucket": bucket, "nuid": "ofObject", "size": 300_000, "chunks": 3,
                        "digest": digest, "description": description,
                    });
                    raw.record_beside(bucket, "a", &record);
                }
            },
            |hand| {
                hand.gets("a", &body("a", 300_000))?;
                hand.tells("a", &json!({ "description": "three" }))?;
                hand.lists(&["a"])
            },
        ),
        by_hand(
            CLIENTS,
            "a deleted object with an empty mtime",
            |raw, bucket| {
                raw.bucket(bucket);
                object(raw, bucket, None, "b", json!({}));
                let marker = json!({
                    "name": "a", "bucket": bucket, "nuid": "ofA", "size": 0, "chunks": 0, "digest": "",
                    "deleted": true, "mtime": "",
                });
                raw.record(bucket, "a", &marker);
            },
            |hand| hand.misses("a", &["b"]),
        ),
    ]
}
