//! What is said of objects, and said anew.

use serde_json::{Value, json};

use super::{Scenario, body, bucket, digest, scenario};
use crate::hand::Hand;

/// A put that says this, and a reader that is told the same.
fn said(name: &'static str, meta: impl Fn() -> Value + Send + Sync + Copy + 'static) -> Scenario {
    scenario(
        name,
        move |hand| {
            bucket(hand)?;
            hand.put_with("a", &body("a", 1000), &meta())
        },
        move |hand| {
            hand.tells("a", &meta())?;
            hand.gets("a", &body("a", 1000))
        },
    )
}

/// An update that says this of jetblob's object, and a reader that is told just that.
fn said_anew(name: &'static str, meta: impl Fn() -> Value + Send + Sync + Copy + 'static) -> Scenario {
    scenario(
        name,
        move |hand| {
            hand.ours().create(&json!({}))?;
            hand.ours().put("a", &body("a", 300_000))?;
            hand.update("a", &meta())
        },
        move |hand| {
            hand.tells("a", &meta())?;
            hand.tells("a", &json!({ "chunks": 3, "digest": digest(&body("a", 300_000)) }))?;
            hand.gets("a", &body("a", 300_000))
        },
    )
}

fn description() -> Value {
    json!({ "description": "größer – \"so\"\nsays \\ it" })
}

fn plain_description() -> Value {
    json!({ "description": "all of it" })
}

fn header() -> Value {
    json!({ "headers": { "Content-Type": ["text/plain"], "X-Of": ["us"] } })
}

fn headers() -> Value {
    json!({ "headers": { "X-Of": ["one", "two", "three"] } })
}

fn metadata() -> Value {
    json!({ "metadata": { "of": "us", "with space": "a=b, c", "日": "本" } })
}

/// An object of the writer's, with all that can be said of one.
fn put_with_all(hand: &mut Hand<'_>) -> crate::hand::Played {
    bucket(hand)?;
    let meta = json!({ "description": "old", "headers": { "X-Old": ["1"] } });
    hand.put_with("a", &body("a", 300_000), &meta)
}

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        said("a description", plain_description),
        said("a description of two lines, with quotes", description),
        said("headers", header),
        said("a header of several values", headers),
        said("metadata", metadata),
        said_anew("an update of the description", plain_description),
        said_anew("an update of headers", header),
        said_anew("an update of metadata", metadata),
        scenario(
            "an update by jetblob",
            |hand| {
                put_with_all(hand)?;
                hand.ours().update("a", &json!({ "description": "new", "headers": { "X-New": ["2"] } }))
            },
            |hand| {
                hand.tells("a", &json!({ "description": "new", "headers": { "X-New": ["2"] } }))?;
                hand.gets("a", &body("a", 300_000))
            },
        ),
        scenario(
            "an update of what is missing is refused",
            |hand| {
                bucket(hand)?;
                hand.refuses("update", &json!({ "name": "a", "description": "d" }))
            },
            |hand| hand.misses("a", &[]),
        ),
    ]
}
