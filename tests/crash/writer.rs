//! Writes to a local store until it is killed: `crash-writer <store> <slot> <seed>`.
//!
//! Before each operation it prints `begin <name> <size>`, and after its acknowledgement `done <name> <size>`; the size
//! tells the bytes. A size of -1 is a deletion.

use std::io::Write;

use jetblob::Store;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

#[tokio::main]
async fn main() -> jetblob::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = || arguments.next().expect("usage: crash-writer <store> <slot> <seed>");
    let (store, slot, seed) = (argument(), argument(), argument());
    let mut random = StdRng::seed_from_u64(seed.parse().expect("a seed"));
    let bucket = Store::open(&store).await?.bucket("crash").await?;
    loop {
        // The last of the names is only ever replaced.
        let at = random.gen_range(0..9);
        let name = if at == 8 { format!("{slot}/kept") } else { format!("{slot}/{at}") };
        let size: i64 = match random.gen_range(0..10) {
            0 if at < 8 => -1,
            0 | 1 => 0,
            2..=5 => random.gen_range(1..64 * 1024),
            6..=8 => random.gen_range(64 * 1024..1 << 20),
            _ => random.gen_range(1 << 20..8 << 20),
        };
        say("begin", &name, size);
        match u64::try_from(size) {
            Ok(size) => drop(bucket.put_bytes(name.as_str(), tests::bytes_of(&name, size)).await?),
            Err(_) => match bucket.delete(&name).await {
                Err(error) if error.code() == "not_found" => {}
                outcome => drop(outcome?),
            },
        }
        say("done", &name, size);
    }
}

fn say(what: &str, name: &str, size: i64) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{what} {name} {size}").and_then(|()| out.flush()).expect("a parent that listens");
}
