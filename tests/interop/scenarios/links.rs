//! Links to objects and to buckets.

use serde_json::json;

use super::{Scenario, body, bucket, scenario};
use crate::hand::{Hand, Played};

/// A bucket of jetblob's with an object `target`, and nothing else.
fn target(hand: &mut Hand<'_>) -> Played {
    hand.ours().create(&json!({}))?;
    hand.ours().put("target", &body("target", 300_000))
}

/// Links where nothing was.
fn made() -> Vec<Scenario> {
    vec![
        scenario(
            "a link",
            |hand| {
                bucket(hand)?;
                hand.put("target", &body("target", 300_000))?;
                let bucket = hand.bucket.clone();
                hand.link("l", &bucket, "target")
            },
            |hand| {
                hand.gets("l", &body("target", 300_000))?;
                hand.tells("l", &json!({ "link": { "bucket": hand.bucket, "name": "target" } }))?;
                hand.lists(&["l", "target"])
            },
        ),
        scenario(
            "a link to another bucket",
            |hand| {
                let other = hand.other();
                bucket(hand)?;
                bucket(&mut hand.on(&other))?;
                hand.on(&other).put("target", &body("target", 1000))?;
                hand.link("l", &other, "target")
            },
            |hand| {
                hand.gets("l", &body("target", 1000))?;
                hand.tells(
                    "l",
                    &json!({ "link": { "bucket": hand.other(), "name": "target" }, "bucket": hand.bucket }),
                )
            },
        ),
        scenario(
            "a link to a bucket",
            |hand| {
                let other = hand.other();
                bucket(hand)?;
                bucket(&mut hand.on(&other))?;
                hand.bucket_link("l", &other)
            },
            |hand| {
                hand.gets_nothing("l")?;
                hand.tells("l", &json!({ "link": { "bucket": hand.other(), "name": null } }))?;
                hand.lists(&["l"])
            },
        ),
        scenario(
            "a link to jetblob's object",
            |hand| {
                target(hand)?;
                let bucket = hand.bucket.clone();
                hand.link("l", &bucket, "target")
            },
            |hand| hand.gets("l", &body("target", 300_000)),
        ),
    ]
}

/// Links to and over what is there, or was.
fn contested() -> Vec<Scenario> {
    vec![
        scenario(
            "a link that replaces a link",
            |hand| {
                target(hand)?;
                let bucket = hand.bucket.clone();
                hand.ours().put("second", &body("second", 10))?;
                hand.ours().link("l", &bucket, "target")?;
                hand.link("l", &bucket, "second")
            },
            |hand| hand.gets("l", &body("second", 10)),
        ),
        scenario(
            "a link over an object is refused",
            |hand| {
                target(hand)?;
                hand.ours().put("a", &body("a", 10))?;
                let arguments = json!({ "name": "a", "target_bucket": hand.bucket, "target": "target" });
                hand.refuses("link", &arguments)
            },
            |hand| hand.gets("a", &body("a", 10)),
        ),
        scenario(
            "a link under a deleted name",
            |hand| {
                target(hand)?;
                hand.ours().put("l", &body("l", 10))?;
                hand.ours().delete("l")?;
                let bucket = hand.bucket.clone();
                hand.link("l", &bucket, "target")
            },
            |hand| hand.gets("l", &body("target", 300_000)),
        ),
        scenario(
            "a link to a link is refused",
            |hand| {
                target(hand)?;
                let bucket = hand.bucket.clone();
                hand.ours().link("l", &bucket, "target")?;
                hand.refuses("link", &json!({ "name": "m", "target_bucket": bucket, "target": "l" }))
            },
            |hand| hand.misses("m", &["l", "target"]),
        ),
        scenario(
            "a link whose target is gone",
            |hand| {
                target(hand)?;
                let bucket = hand.bucket.clone();
                hand.link("l", &bucket, "target")?;
                hand.ours().delete("target")
            },
            |hand| hand.misses("l", &["l"]),
        ),
    ]
}

/// What then happens to links.
fn changed() -> Vec<Scenario> {
    vec![
        scenario(
            "a put over a link",
            |hand| {
                target(hand)?;
                let bucket = hand.bucket.clone();
                hand.ours().link("l", &bucket, "target")?;
                hand.put("l", &body("l", 10))
            },
            |hand| {
                hand.gets("l", &body("l", 10))?;
                hand.gets("target", &body("target", 300_000))?;
                hand.tells("l", &json!({ "link": null }))
            },
        ),
        scenario(
            "an update of jetblob's link",
            |hand| {
                target(hand)?;
                let bucket = hand.bucket.clone();
                hand.ours().link("l", &bucket, "target")?;
                hand.update("l", &json!({ "description": "d" }))
            },
            |hand| {
                hand.gets("l", &body("target", 300_000))?;
                hand.tells("l", &json!({ "description": "d" }))
            },
        ),
        scenario(
            "a delete of a link",
            |hand| {
                target(hand)?;
                let bucket = hand.bucket.clone();
                hand.ours().link("l", &bucket, "target")?;
                hand.delete("l")
            },
            |hand| {
                hand.misses("l", &["target"])?;
                hand.gets("target", &body("target", 300_000))
            },
        ),
    ]
}

pub(super) fn scenarios() -> Vec<Scenario> {
    let parts = [made(), contested(), changed()];
    parts.into_iter().flatten().collect()
}
