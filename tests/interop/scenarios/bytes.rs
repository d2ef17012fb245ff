//! Sizes, chunks, and how the bytes of a put come.

use serde_json::json;

use super::{CHUNK, Scenario, body, bucket, digest, scenario};

fn of_size(name: &'static str, size: usize) -> Scenario {
    let write = move |hand: &mut crate::hand::Hand<'_>| {
        bucket(hand)?;
        hand.put("a", &body("a", size))
    };
    scenario(name, write, move |hand| hand.gets("a", &body("a", size)))
}

fn in_chunks(name: &'static str, chunk_size: usize, size: usize) -> Scenario {
    let write = move |hand: &mut crate::hand::Hand<'_>| {
        bucket(hand)?;
        hand.put_with("a", &body("a", size), &json!({ "chunk_size": chunk_size }))
    };
    scenario(name, write, move |hand| {
        hand.gets("a", &body("a", size))?;
        hand.tells("a", &json!({ "chunks": size.div_ceil(chunk_size) }))
    })
}

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        of_size("an empty object", 0),
        of_size("one byte", 1),
        of_size("a byte less than a chunk", CHUNK - 1),
        of_size("a chunk", CHUNK),
        of_size("a byte more than a chunk", CHUNK + 1),
        of_size("two chunks", 2 * CHUNK),
        of_size("three chunks and a bit", 3 * CHUNK + 5),
        of_size("20 MiB", 20 << 20),
        in_chunks("chunks of 1,000 bytes", 1000, 10_500),
        in_chunks("chunks as large as the server takes", 1 << 20, 3 << 20),
        scenario(
            "a body that comes in pieces of 1,000 bytes",
            |hand| {
                bucket(hand)?;
                hand.put_with("a", &body("a", 2 * CHUNK), &json!({ "piece": 1000 }))
            },
            |hand| hand.gets("a", &body("a", 2 * CHUNK)),
        ),
        scenario(
            "size, chunks and digest",
            |hand| {
                bucket(hand)?;
                hand.put("a", &body("a", 300_000))
            },
            |hand| {
                let digest = digest(&body("a", 300_000));
                hand.tells("a", &json!({ "name": "a", "digest": digest, "chunks": 3, "deleted": false }))?;
                hand.tells("a", &json!({ "bucket": hand.bucket, "size": 300_000, "link": null }))
            },
        ),
    ]
}
