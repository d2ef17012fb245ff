//! Buckets of other kinds: sealed, expiring, bounded, compressed, mirrored.

use serde_json::{Value, json};

use super::{CHUNK, Scenario, body, bucket, scenario};

/// A bucket that is created like this; every reader is told the same, and reads from it.
fn created(name: &'static str, config: Value, status: Value) -> Scenario {
    scenario(
        name,
        move |hand| {
            hand.create(&config)?;
            hand.put("a", &body("a", 2 * CHUNK))
        },
        move |hand| {
            hand.gets("a", &body("a", 2 * CHUNK))?;
            hand.has_status(&status)
        },
    )
}

/// A mirror of the writer's bucket, made by the runner: no client makes one.
fn mirrored(name: &'static str, own_subjects: bool) -> Scenario {
    scenario(
        name,
        move |hand| {
            bucket(hand)?;
            hand.put("a", &body("a", 300_000))?;
            hand.put("large", &body("large", 40 * CHUNK))?;
            hand.raw.mirror(&hand.bucket, &hand.other(), own_subjects);
            Ok(())
        },
        |hand| {
            let mirror = hand.other();
            let mut hand = hand.on(&mirror);
            hand.gets("a", &body("a", 300_000))?;
            hand.gets("large", &body("large", 40 * CHUNK))?;
            hand.tells("a", &json!({ "chunks": 3 }))?;
            hand.lists(&["a", "large"])
        },
    )
}

pub(super) fn scenarios() -> Vec<Scenario> {
    let described = json!({ "description": "for reports" });
    let labelled = json!({ "metadata": { "owner": "us", "team": "日本" } });
    let plain = json!({ "sealed": false, "ttl": 0, "description": "" });
    vec![
        created("a bucket", json!({}), plain),
        created("a bucket with a description", described.clone(), described),
        created("a bucket with metadata", labelled.clone(), labelled),
        created("a bucket with a ttl", json!({ "ttl": 3600 }), json!({ "ttl": 3600 })),
        created("a bucket with a bound", json!({ "max_bytes": 1 << 20 }), json!({ "max_bytes": 1 << 20 })),
        created("a compressed bucket", json!({ "compression": true }), json!({ "compressed": true })),
        scenario(
            "an object that has expired",
            |hand| {
                hand.create(&json!({ "ttl": 1 }))?;
                hand.put("a", &body("a", 300_000))?;
                hand.raw.wait_for_expiry(&hand.bucket);
                Ok(())
            },
            |hand| hand.misses("a", &[]),
        ),
        scenario(
            "a sealed bucket",
            |hand| {
                bucket(hand)?;
                hand.put("a", &body("a", 300_000))?;
                hand.seal()?;
                hand.puts_nothing("b")
            },
            |hand| {
                hand.gets("a", &body("a", 300_000))?;
                hand.puts_nothing("a")?;
                hand.refuses("delete", &json!({ "name": "a" }))?;
                hand.lists(&["a"])?;
                hand.has_status(&json!({ "sealed": true }))
            },
        ),
        mirrored("a mirror", false),
        mirrored("a mirror with subjects of its own", true),
    ]
}
