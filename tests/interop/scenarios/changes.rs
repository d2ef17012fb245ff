//! Objects that are replaced, renamed and deleted: by the writer, and by jetblob and the writer in turn.

use serde_json::json;

use super::{CHUNK, Scenario, body, bucket, scenario};
use crate::hand::{Hand, Played};

/// A bucket of the writer's with an object `a`.
fn theirs(hand: &mut Hand<'_>) -> Played {
    bucket(hand)?;
    hand.put_with("a", &body("old", 300_000), &json!({ "description": "d" }))
}

/// A bucket of jetblob's with an object `a`.
fn ours(hand: &mut Hand<'_>) -> Played {
    hand.ours().create(&json!({}))?;
    hand.ours().put_with(
        "a",
        &body("old", 300_000),
        &json!({ "description": "d", "headers": { "H": ["1"] } }),
    )
}

fn is_replaced(hand: &mut Hand<'_>) -> Played {
    hand.gets("a", &body("new", CHUNK + 7))?;
    hand.lists(&["a"])
}

fn is_renamed(hand: &mut Hand<'_>) -> Played {
    hand.gets("b", &body("old", 300_000))?;
    hand.tells("b", &json!({ "name": "b", "description": "d" }))?;
    hand.misses("a", &["b"])
}

/// Puts over what is there.
fn replaced() -> Vec<Scenario> {
    let new = || body("new", CHUNK + 7);
    vec![
        scenario(
            "a put over an object",
            move |hand| {
                theirs(hand)?;
                hand.put("a", &new())
            },
            is_replaced,
        ),
        scenario(
            "a put over jetblob's object",
            move |hand| {
                ours(hand)?;
                hand.put("a", &new())
            },
            is_replaced,
        ),
        scenario(
            "jetblob's put over an object",
            move |hand| {
                theirs(hand)?;
                hand.ours().put("a", &new())
            },
            is_replaced,
        ),
    ]
}

/// Deletes.
fn deleted() -> Vec<Scenario> {
    vec![
        scenario(
            "a delete",
            |hand| {
                theirs(hand)?;
                hand.put("b", b"b")?;
                hand.delete("a")
            },
            |hand| hand.misses("a", &["b"]),
        ),
        scenario(
            "a delete of jetblob's object",
            |hand| {
                ours(hand)?;
                hand.ours().put("b", b"b")?;
                hand.delete("a")
            },
            |hand| hand.misses("a", &["b"]),
        ),
        scenario(
            "jetblob's delete",
            |hand| {
                theirs(hand)?;
                hand.put("b", b"b")?;
                hand.ours().delete("a")
            },
            |hand| hand.misses("a", &["b"]),
        ),
        scenario(
            "a delete of what never was is refused",
            |hand| {
                bucket(hand)?;
                hand.refuses("delete", &json!({ "name": "a" }))
            },
            |hand| hand.misses("a", &[]),
        ),
    ]
}

/// Puts over what was deleted.
fn put_again() -> Vec<Scenario> {
    let new = || body("new", CHUNK + 7);
    vec![
        scenario(
            "a put over a deleted object",
            move |hand| {
                theirs(hand)?;
                hand.delete("a")?;
                hand.put("a", &new())
            },
            is_replaced,
        ),
        scenario(
            "a put over what jetblob deleted",
            move |hand| {
                ours(hand)?;
                hand.ours().delete("a")?;
                hand.put("a", &new())
            },
            is_replaced,
        ),
        scenario(
            "jetblob's put over a deleted object",
            move |hand| {
                theirs(hand)?;
                hand.delete("a")?;
                hand.ours().put("a", &new())
            },
            is_replaced,
        ),
    ]
}

/// Renames.
fn renamed() -> Vec<Scenario> {
    vec![
        scenario(
            "a rename",
            |hand| {
                theirs(hand)?;
                hand.rename("a", "b")
            },
            is_renamed,
        ),
        scenario(
            "a rename of jetblob's object",
            |hand| {
                ours(hand)?;
                hand.rename("a", "b")
            },
            |hand| {
                is_renamed(hand)?;
                hand.tells("b", &json!({ "headers": { "H": ["1"] } }))
            },
        ),
        scenario(
            "jetblob's rename",
            |hand| {
                theirs(hand)?;
                hand.ours().rename("a", "b")
            },
            is_renamed,
        ),
        scenario(
            "a rename to an odd name",
            |hand| {
                theirs(hand)?;
                hand.rename("a", "b c/?>é")
            },
            |hand| {
                hand.gets("b c/?>é", &body("old", 300_000))?;
                hand.misses("a", &["b c/?>é"])
            },
        ),
        scenario(
            "a rename to a taken name is refused",
            |hand| {
                theirs(hand)?;
                hand.put("b", b"b")?;
                hand.refuses("rename", &json!({ "name": "a", "new_name": "b" }))
            },
            |hand| {
                hand.gets("a", &body("old", 300_000))?;
                hand.gets("b", b"b")
            },
        ),
        scenario(
            "a rename to a deleted name",
            |hand| {
                ours(hand)?;
                hand.ours().put("b", b"b")?;
                hand.ours().delete("b")?;
                hand.rename("a", "b")
            },
            is_renamed,
        ),
    ]
}

pub(super) fn scenarios() -> Vec<Scenario> {
    let parts = [replaced(), deleted(), put_again(), renamed()];
    parts.into_iter().flatten().collect()
}
