//! The object store of async-nats.

use async_nats::jetstream;
use async_nats::jetstream::object_store::ObjectStore;
use bench::{Failure, LARGE, Order, Work, each, timed};
use tokio::io::AsyncReadExt;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let order = Order::of_arguments()?;
    let context = jetstream::new(async_nats::connect(&order.place).await?);
    let bucket = context.get_object_store(&order.bucket).await?;
    timed(async {
        match order.work {
            Work::PutFile(path) => {
                bucket.put(LARGE, &mut tokio::fs::File::open(path).await?).await?;
            }
            Work::GetFile => drop(read(&bucket, LARGE).await?),
            Work::PutSmall(small) => {
                let bytes = vec![7; small.size];
                each(small, async |name| {
                    bucket.put(name.as_str(), &mut bytes.as_slice()).await?;
                    Ok(())
                })
                .await?;
            }
            Work::GetSmall(small) => {
                each(small, async |name| match read(&bucket, &name).await? {
                    len if len == small.size => Ok(()),
                    len => Err(format!("{name} has {len} bytes").into()),
                })
                .await?;
            }
        }
        Ok(())
    })
    .await
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
