//! What the connection and the server can do, over async-nats: chunks are published into the stream without a wait for
//! what becomes of them, and come from a push consumer. Nothing is hashed, and nothing is checked.

use std::fs::File;
use std::io::Read;

use async_nats::jetstream;
use async_nats::jetstream::consumer::push::OrderedConfig;
use bench::{Clock, Failure, Order, Work};
use bytes::BytesMut;
use futures_util::StreamExt;

const CHUNK: usize = 128 * 1024;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let order = Order::of_arguments()?;
    let client = async_nats::connect(&order.place).await?;
    let context = jetstream::new(client.clone());
    let subject = format!("$O.{}.C.floor", order.bucket);
    match order.work {
        Work::PutFile(path) => {
            let mut file = File::open(path)?;
            let clock = Clock::start();
            loop {
                let mut chunk = BytesMut::zeroed(CHUNK);
                let size = file.read(&mut chunk)?;
                if size == 0 {
                    break;
                }
                client.publish(subject.clone(), chunk.freeze().slice(..size)).await?;
            }
            // What was sent before it is stored when this is.
            context.publish(subject, "".into()).await?.await?;
            clock.stop();
        }
        Work::GetFile => {
            let stream = context.get_stream(format!("OBJ_{}", order.bucket)).await?;
            let clock = Clock::start();
            let config = OrderedConfig {
                deliver_subject: client.new_inbox(),
                filter_subject: subject,
                ..OrderedConfig::default()
            };
            let mut messages = stream.create_consumer(config).await?.messages().await?;
            while !messages.next().await.ok_or("the consumer ended")??.payload.is_empty() {}
            clock.stop();
        }
        _ => return Err("does large files only".into()),
    }
    Ok(())
}
