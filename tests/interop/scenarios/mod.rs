//! What every client writes, and every client reads.

mod buckets;
mod bytes;
mod changes;
mod links;
mod listing;
mod meta;
mod names;
mod nats_net;
mod old_clients;

use ::bytes::Bytes;
use serde_json::{Value, json};

use crate::hand::{Hand, Played};
use crate::raw::Raw;

type Play = Box<dyn Fn(&mut Hand<'_>) -> Played + Send + Sync>;

type PlayByHand = Box<dyn Fn(&Raw, &str) + Send + Sync>;

/// How a scenario's bucket comes to be what it is.
pub(crate) enum Write {
    /// Each client does it once, in a bucket of its own.
    Client(Play),
    /// The runner does it at the server, as a client that can't be run here would.
    ByHand(&'static str, PlayByHand),
}

/// A scenario.
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) write: Write,
    /// What must then be true, for every reader.
    pub(crate) read: Play,
}

fn scenario(
    name: impl Into<String>,
    write: impl Fn(&mut Hand<'_>) -> Played + Send + Sync + 'static,
    read: impl Fn(&mut Hand<'_>) -> Played + Send + Sync + 'static,
) -> Scenario {
    Scenario { name: name.into(), write: Write::Client(Box::new(write)), read: Box::new(read) }
}

fn by_hand(
    client: &'static str,
    name: &str,
    write: impl Fn(&Raw, &str) + Send + Sync + 'static,
    read: impl Fn(&mut Hand<'_>) -> Played + Send + Sync + 'static,
) -> Scenario {
    Scenario { name: name.into(), write: Write::ByHand(client, Box::new(write)), read: Box::new(read) }
}

/// All of them.
pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut all = bytes::scenarios();
    all.extend(names::scenarios());
    all.extend(meta::scenarios());
    all.extend(links::scenarios());
    all.extend(changes::scenarios());
    all.extend(listing::scenarios());
    all.extend(buckets::scenarios());
    all.extend(nats_net::scenarios());
    all.extend(old_clients::scenarios());
    all
}

/// The usual size of a chunk.
const CHUNK: usize = 128 * 1024;

/// A new bucket without any wishes.
fn bucket(hand: &mut Hand<'_>) -> Played {
    hand.create(&json!({}))
}

/// Bytes that are a name's own.
fn body(name: &str, size: usize) -> Bytes {
    tests::bytes_of(name, size as u64)
}

/// The SHA-256 of bytes as records say it.
fn digest(bytes: &[u8]) -> Value {
    jetblob::Digest::of(bytes).to_string().into()
}
