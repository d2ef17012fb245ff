//! Answers the object-store requests of the NATS client compatibility suite with jetblob: see `../README.md`. The server
//! is that of `NATS_URL`; it ends with the suite, at `tests.done`.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use jetblob::{BucketConfig, Digest, ObjectMeta, Storage, Store, Watch, WatchEvent, WatchOptions};
use serde::Deserialize;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What a request says. What it doesn't say is empty.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Request {
    url: String,
    bucket: String,
    object: String,
    link_name: String,
    config: Config,
}

/// A bucket that is to be created, or what is to be said of an object.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Config {
    bucket: String,
    description: String,
    max_bytes: i64,
    /// In nanoseconds.
    max_age: u64,
    storage: String,
    num_replicas: usize,
    name: String,
    headers: BTreeMap<String, Vec<String>>,
    metadata: BTreeMap<String, String>,
}

impl Config {
    fn bucket(self) -> BucketConfig {
        BucketConfig {
            description: self.description,
            max_bytes: u64::try_from(self.max_bytes).ok().filter(|bytes| *bytes > 0),
            ttl: (self.max_age > 0).then(|| Duration::from_nanos(self.max_age)),
            storage: if self.storage == "memory" { Storage::Memory } else { Storage::File },
            replicas: self.num_replicas.max(1),
            metadata: self.metadata,
            ..BucketConfig::new(self.bucket)
        }
    }

    fn meta(self) -> ObjectMeta {
        ObjectMeta {
            description: self.description,
            headers: self.headers,
            metadata: self.metadata,
            ..ObjectMeta::from(self.name)
        }
    }
}

/// The digest of the next object that a watch tells of.
async fn next_digest(watch: &mut Watch) -> Result<String> {
    loop {
        match watch.next().await? {
            Some(WatchEvent::Object(info)) => {
                return Ok(info.digest.map(|digest| digest.to_string()).unwrap_or_default());
            }
            Some(_) => {}
            None => return Err("the watch has ended".into()),
        }
    }
}

async fn download(url: String) -> Result<Bytes> {
    let get = move || ureq::get(&url).call()?.body_mut().read_to_vec();
    Ok(tokio::task::spawn_blocking(get).await??.into())
}

async fn answer(store: &Store, test: &str, request: Request) -> Result<Bytes> {
    if let "default-bucket" | "custom-bucket" = test {
        store.create_bucket(request.config.bucket()).await?;
        return Ok(Bytes::new());
    }
    let bucket = store.bucket(&request.bucket).await?;
    match test {
        "put-object" => drop(bucket.put_bytes(request.config.meta(), download(request.url).await?).await?),
        "get-object" | "get-link" => {
            let bytes = bucket.get_bytes(&request.object).await?;
            return Ok(Bytes::copy_from_slice(Digest::of(&bytes).as_bytes()));
        }
        "update-metadata" => drop(bucket.update_meta(&request.object, request.config.meta()).await?),
        "put-link" => {
            let target = bucket.info(&request.object).await?;
            bucket.add_link(request.link_name, &target).await?;
        }
        "watch" => {
            let mut watch = bucket.watch().await?;
            let digests = [next_digest(&mut watch).await?, next_digest(&mut watch).await?];
            return Ok(digests.join(",").into());
        }
        "watch-updates" => {
            let mut watch = bucket.watch_with(WatchOptions::default().updates_only()).await?;
            return Ok(next_digest(&mut watch).await?.into());
        }
        other => return Err(format!("no test {other}").into()),
    }
    Ok(Bytes::new())
}

#[tokio::main]
async fn main() -> Result<()> {
    let url = std::env::var("NATS_URL").unwrap_or_else(|_| "nats://127.0.0.1:4222".to_owned());
    let client = async_nats::connect(&url).await?;
    let store = Store::open(&url).await?;
    let mut requests = client.subscribe("tests.>").await?;
    client.flush().await?;
    println!("ready");
    while let Some(message) = requests.next().await {
        if message.subject.as_str() == "tests.done" {
            break;
        }
        let mut words = message.subject.split('.').skip(1);
        let (Some("object-store"), Some(test), Some("command")) = (words.next(), words.next(), words.next())
        else {
            // How a test went: the suite tells that for people.
            continue;
        };
        let Some(reply) = message.reply.clone() else { continue };
        let (client, store, test) = (client.clone(), store.clone(), test.to_owned());
        tokio::spawn(async move {
            let answered = async { answer(&store, &test, serde_json::from_slice(&message.payload)?).await };
            match answered.await {
                Ok(answer) => drop(client.publish(reply, answer).await),
                // Without an answer the suite counts the test as failed.
                Err(error) => eprintln!("{test}: {error}"),
            }
        });
    }
    Ok(())
}
