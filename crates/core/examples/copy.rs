//! Copies every object of one bucket into another, which may be in another store.
//!
//! `cargo run --example copy -- <store> <bucket> <store> <bucket>`

use futures_util::StreamExt;
use jetblob::{Body, BucketConfig, ListOptions, ObjectMeta, Store};

#[tokio::main]
async fn main() -> jetblob::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [from_store, from, to_store, to] = arguments.as_slice() else {
        eprintln!("usage: copy <store> <bucket> <store> <bucket>");
        std::process::exit(2);
    };
    let source = Store::open(from_store).await?.bucket(from).await?;
    let target = Store::open(to_store).await?.create_bucket(BucketConfig::new(to)).await?;
    let mut objects = source.list(ListOptions::default());
    while let Some(info) = objects.next().await {
        let info = info?;
        let object = source.get(&info.name).await?;
        // The bytes of a link are those of its target.
        let meta = ObjectMeta { link: None, ..info.into() };
        let copied = target.put(meta, Body::reader(object)).await?;
        println!("{} ({} bytes)", copied.name, copied.size);
    }
    Ok(())
}
