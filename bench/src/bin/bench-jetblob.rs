//! jetblob.

use bench::{Clock, Failure, LARGE, Order, Small, Work, each, expect, small_name};
use bytes::Bytes;
use futures_util::TryStreamExt;
use jetblob::{Body, Bucket, GetOptions, ListOptions, Store, WatchEvent};

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let order = Order::of_arguments()?;
    let store = Store::open(&order.place).await?;
    let bucket = store.bucket(&order.bucket).await?;
    let size = if let Work::GetRange(_) = order.work { bucket.info(LARGE).await?.size } else { 0 };
    let mut clock = Clock::start();
    match order.work {
        Work::PutFile(path) => drop(bucket.put(LARGE, Body::file(path)).await?),
        Work::GetFile => {
            let mut object = bucket.get(LARGE).await?;
            while object.next().await?.is_some() {}
        }
        Work::PutSmall(small) => {
            let bytes = Bytes::from(vec![7; small.size]);
            each(small, async |index| {
                bucket.put_bytes(small_name(index), bytes.clone()).await?;
                Ok(())
            })
            .await?;
        }
        Work::GetSmall(small) => {
            each(small, async |index| {
                expect("bytes", bucket.get_bytes(&small_name(index)).await?.len(), small.size)
            })
            .await?;
        }
        Work::GetRange(small) => each(small, |index| part(&bucket, index, size, small)).await?,
        Work::FirstByte(count) => {
            for _ in 0..count {
                bucket.get(LARGE).await?.next().await?.ok_or("nothing came")?;
            }
        }
        Work::List(count) => {
            let (mut list, mut listed) = (bucket.list(ListOptions::default()), 0);
            while list.try_next().await?.is_some() {
                clock.entry();
                listed += 1;
            }
            expect("entries", listed, count)?;
        }
        Work::Watch(count) => {
            let (mut watch, mut told) = (bucket.watch().await?, 0);
            while let Some(event) = watch.try_next().await? {
                if let WatchEvent::CaughtUp = event {
                    break;
                }
                clock.entry();
                told += 1;
            }
            expect("changes", told, count)?;
        }
    }
    clock.stop();
    store.close().await;
    Ok(())
}

/// A part from somewhere, always the same for an index.
async fn part(bucket: &Bucket, index: usize, of: u64, small: Small) -> Result<(), Failure> {
    let size = small.size as u64;
    let start = (index as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) % (of - size);
    let options = GetOptions::default().with_range(start..start + size);
    expect("bytes", bucket.get_with(LARGE, options).await?.into_bytes().await?.len(), small.size)
}
