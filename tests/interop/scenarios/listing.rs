//! Lists, and the beginning of watches.

use serde_json::json;

use super::{Scenario, bucket, scenario};
use crate::hand::{Hand, Played};

fn some(hand: &mut Hand<'_>) -> Played {
    bucket(hand)?;
    for name in ["b", "gone", "a/1", "a/2"] {
        hand.put(name, name.as_bytes())?;
    }
    hand.delete("gone")
}

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("a list of an empty bucket", bucket, |hand| hand.lists(&[])),
        scenario("a list", some, |hand| hand.lists(&["a/1", "a/2", "b"])),
        scenario(
            "a list where all are deleted",
            |hand| {
                bucket(hand)?;
                hand.put("a", b"a")?;
                hand.delete("a")
            },
            |hand| hand.lists(&[]),
        ),
        scenario(
            "a list after updates",
            |hand| {
                hand.ours().create(&json!({}))?;
                hand.ours().put("a", b"a")?;
                hand.update("a", &json!({ "description": "one" }))?;
                hand.update("a", &json!({ "description": "two" }))
            },
            |hand| {
                hand.lists(&["a"])?;
                hand.tells("a", &json!({ "description": "two" }))
            },
        ),
        scenario("a watch", some, |hand| hand.watches(&["a/1", "a/2", "b"], &["gone"])),
    ]
}
