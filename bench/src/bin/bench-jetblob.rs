//! jetblob.

use bench::{Failure, LARGE, Order, Work, each, timed};
use bytes::Bytes;
use jetblob::{Body, BucketConfig, Store};

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let order = Order::of_arguments()?;
    let store = Store::open(&order.place).await?;
    // The same bucket again is fine, and so is a new one.
    let bucket = match store.bucket(&order.bucket).await {
        Err(error) if error.code() == "bucket_not_found" => {
            store.create_bucket(BucketConfig::new(order.bucket.as_str())).await?
        }
        opened => opened?,
    };
    timed(async {
        match order.work {
            Work::PutFile(path) => drop(bucket.put(LARGE, Body::file(path)).await?),
            Work::GetFile => {
                let mut object = bucket.get(LARGE).await?;
                while object.next().await?.is_some() {}
            }
            Work::PutSmall(small) => {
                let bytes = Bytes::from(vec![7; small.size]);
                each(small, async |name| {
                    bucket.put_bytes(name, bytes.clone()).await?;
                    Ok(())
                })
                .await?;
            }
            Work::GetSmall(small) => {
                each(small, async |name| match bucket.get_bytes(&name).await?.len() {
                    len if len == small.size => Ok(()),
                    len => Err(format!("{name} has {len} bytes").into()),
                })
                .await?;
            }
        }
        Ok(())
    })
    .await?;
    store.close().await;
    Ok(())
}
