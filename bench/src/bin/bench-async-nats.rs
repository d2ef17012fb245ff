//! The object store of async-nats.

use async_nats::jetstream;
use async_nats::jetstream::object_store::ObjectStore;
use bench::{Clock, Failure, LARGE, Order, Work, each, expect, small_name};
use futures_util::StreamExt;
use tokio::io::AsyncReadExt;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let order = Order::of_arguments()?;
    let context = jetstream::new(async_nats::connect(&order.place).await?);
    let bucket = context.get_object_store(&order.bucket).await?;
    let mut clock = Clock::start();
    match order.work {
        Work::PutFile(path) => {
            bucket.put(LARGE, &mut tokio::fs::File::open(path).await?).await?;
        }
        Work::GetFile => drop(read(&bucket, LARGE).await?),
        Work::PutSmall(small) => {
            let bytes = vec![7; small.size];
            each(small, async |index| {
                bucket.put(small_name(index).as_str(), &mut bytes.as_slice()).await?;
                Ok(())
            })
            .await?;
        }
        Work::GetSmall(small) => {
            each(small, async |index| expect("bytes", read(&bucket, &small_name(index)).await?, small.size))
                .await?;
        }
        Work::FirstByte(count) => {
            for _ in 0..count {
                let mut object = bucket.get(LARGE).await?;
                expect("bytes", object.read(&mut [0]).await?, 1)?;
            }
        }
        Work::List(count) => {
            let (mut list, mut listed) = (bucket.list().await?, 0);
            while let Some(entry) = list.next().await {
                entry?;
                clock.entry();
                listed += 1;
            }
            expect("entries", listed, count)?;
        }
        Work::Watch(count) => {
            let mut watch = bucket.watch_with_history().await?;
            for _ in 0..count {
                watch.next().await.ok_or("the watch ended")??;
                clock.entry();
            }
        }
        Work::GetRange(_) => return Err("has no range reads".into()),
    }
    clock.stop();
    Ok(())
}

async fn read(bucket: &ObjectStore, name: &str) -> Result<usize, Failure> {
    let mut object = bucket.get(name).await?;
    let mut buffer = vec![0; 128 * 1024];
    let mut size = 0;
    loop {
        match object.read(&mut buffer).await? {
            0 => return Ok(size),
            read => size += read,
        }
    }
}
