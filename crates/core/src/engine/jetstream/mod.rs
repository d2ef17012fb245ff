//! Buckets on a NATS server: streams, over `async-nats`.
//!
//! * `connect`: from a URL and options to a connection
//! * `credentials`: a file of them, read anew for each connection
//! * `api`: requests with an idle limit, and what the server's refusals mean
//! * `inbox`: where streams of replies arrive
//! * `denial`: what the server denies, matched to the request that it answers
//! * `permissions`: the subjects that a user must be allowed
//! * `reconnect`: when a connection was made anew
//! * `stream`: one stream that holds a bucket, and what was learned of it
//! * `bucket`: that stream as the contract wants it
//! * `create`: a stream, whatever a deleted one of its name left
//! * `expiry`: messages that go by themselves
//! * `record`: looking one record up
//! * `committed`: what a handle committed, so that no read through it is older
//! * `stage`: publishing the chunks of a blob
//! * `ingest`: the same, at the pace that the server sets
//! * `selection`: what a consumer is to bring
//! * `consumer`: one pull consumer, for as long as it lives
//! * `place`: where in the stream a message of it stands
//! * `deletion`: the end of it at the server
//! * `pull`: messages in order, however often the consumer is lost
//! * `locate`: the chunk that a byte is in
//! * `read`: the chunks of a blob
//! * `newest`: the newest record of each name, at the least cost to the server
//! * `scan`: all records
//! * `blobs`: all blobs, and the removal of one that no record names
//! * `changes`: records as they are committed
//! * `commit`: making a change visible, and retiring what it replaced
//! * `at_once`: a small object under a name that is free, in one round trip
//! * `settle`: one write, or a batch, brought to an end that is known
//! * `moving`: a rename where the stream takes no atomic batch

use std::collections::VecDeque;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::stream::try_unfold;
use futures_util::{StreamExt, TryStreamExt};
use serde_json::{Map, Value, json};

use self::api::{Api, Refusal};
use self::bucket::JetStreamBucket;
use self::denial::Denials;
use self::reconnect::Reconnects;
use super::{Engine, EngineBucket, StoreOptions, bucket_name};
use crate::protocol::config::{STREAM_FEATURES, is_on};
use crate::protocol::{BucketConfig, BucketName, BucketStatus};
use crate::{Error, Result};

mod api;
mod at_once;
mod blobs;
mod bucket;
mod changes;
mod commit;
mod committed;
mod connect;
mod consumer;
mod create;
mod credentials;
mod deletion;
mod denial;
mod direct;
mod expiry;
mod horizon;
mod inbox;
mod ingest;
mod locate;
mod moving;
mod newest;
mod pace;
mod permissions;
mod place;
mod pull;
mod read;
mod reconnect;
mod record;
mod scan;
mod selection;
mod settle;
mod stage;
mod stream;
mod successor;

pub use permissions::{Permissions, Role};

/// The engine whose buckets are streams of a NATS account.
#[derive(Debug)]
pub struct JetStreamEngine {
    api: Arc<Api>,
}

impl JetStreamEngine {
    /// Connects to a server, `nats://`, `tls://`, `ws://` or `wss://`; several URLs are separated by commas.
    ///
    /// Fails with `Unavailable` when no server answers, `Unauthenticated` or `Tls` when one refuses.
    pub async fn connect(url: &str, options: StoreOptions) -> Result<Self> {
        Ok(Self { api: Arc::new(connect::connect(url, options).await?) })
    }

    /// Uses a connection of the caller's. Denied subjects, and a connection that was made anew, are then noticed only by
    /// the silence that follows, since a client tells of them through a callback that is set when it connects.
    pub fn with_client(client: async_nats::Client, options: &StoreOptions) -> Self {
        let denials = Denials::new(options.inbox_prefix.as_deref());
        Self { api: Arc::new(Api::new(client, options, denials, Reconnects::default())) }
    }

    /// The connection.
    pub fn client(&self) -> &async_nats::Client {
        self.api.client()
    }

    async fn stream(&self, bucket: &BucketName) -> Result<Value, Refusal> {
        self.api.call(&format!("STREAM.INFO.{}", bucket.stream()), &Value::Null).await
    }

    /// Changes an existing stream. A server that doesn't know a feature of jetblob's is asked without any.
    async fn update_stream(&self, bucket: &BucketName, config: &BucketConfig) -> Result<Value, Refusal> {
        let subject = format!("STREAM.UPDATE.{}", bucket.stream());
        let mut stream = config_of(&self.stream(bucket).await?);
        if is_on(&stream, "sealed") {
            // The server would take the change, and drop some of it without a word.
            return Err(Refusal::Failed(Error::Sealed { bucket: bucket.to_string() }));
        }
        let before = stream.clone();
        config.update_stream_config(bucket, &mut stream);
        match self.api.call(&subject, &Value::Object(stream.clone())).await {
            Err(Refusal::Server { code: api::INVALID_JSON | api::INVALID_CONFIG, .. }) if !config.plain => {}
            answered => return answered,
        }
        for feature in STREAM_FEATURES {
            match before.get(feature) {
                Some(was) => stream.insert(feature.to_owned(), was.clone()),
                None => stream.remove(feature),
            };
        }
        self.api.call(&subject, &Value::Object(stream)).await
    }

    /// One page of `STREAM.NAMES` or `STREAM.LIST`, whose items are under `field`, and the offset of the next.
    async fn page(
        &self,
        subject: &str,
        field: &str,
        offset: usize,
    ) -> Result<(VecDeque<Value>, Option<usize>)> {
        let request = json!({ "offset": offset });
        let mut page = self.api.call(subject, &request).await.map_err(Refusal::into_error)?;
        let total = page["total"].as_u64().and_then(|total| usize::try_from(total).ok()).unwrap_or(0);
        let items: VecDeque<Value> = match page[field].take() {
            Value::Array(items) => items.into(),
            _ => VecDeque::new(),
        };
        let next = offset + items.len();
        Ok((items.clone(), (!items.is_empty() && next < total).then_some(next)))
    }

    fn pages(&self, subject: &'static str, field: &'static str) -> BoxStream<'static, Result<Value>> {
        let engine = Self { api: self.api.clone() };
        try_unfold((engine, VecDeque::new(), Some(0)), move |(engine, mut items, mut next)| async move {
            loop {
                if let Some(item) = items.pop_front() {
                    return Ok(Some((item, (engine, items, next))));
                }
                let Some(offset) = next else { return Ok(None) };
                (items, next) = engine.page(subject, field, offset).await?;
            }
        })
        .boxed()
    }
}

/// The stream configuration inside an answer of the server.
fn config_of(answer: &Value) -> Map<String, Value> {
    answer["config"].as_object().cloned().unwrap_or_default()
}

fn status_of(bucket: &BucketName, answer: &Value) -> BucketStatus {
    let stream = config_of(answer);
    let size = answer["state"]["bytes"].as_u64().unwrap_or(0);
    let sealed = is_on(&stream, "sealed");
    BucketStatus::new(BucketConfig::of_stream_config(bucket, &stream), sealed, size, "JetStream")
}

#[async_trait]
impl Engine for JetStreamEngine {
    async fn create_bucket(&self, config: &BucketConfig) -> Result<Arc<dyn EngineBucket>> {
        let bucket = bucket_name(&config.name)?;
        let stream = match create::create(&self.api, &bucket, config).await {
            Ok(answer) => answer,
            Err(Refusal::Server { code: api::STREAM_EXISTS, .. }) => {
                let existing = self.stream(&bucket).await.map_err(Refusal::into_error)?;
                let differs = config.differences(&bucket, &config_of(&existing)).join(", ");
                if !differs.is_empty() {
                    return Err(Error::BucketExists { bucket: bucket.to_string(), differs });
                }
                existing
            }
            Err(refusal) => return Err(refusal.of_config(&bucket)),
        };
        Ok(Arc::new(JetStreamBucket::new(self.api.clone(), bucket, &stream)))
    }

    async fn update_bucket(&self, config: &BucketConfig) -> Result<Arc<dyn EngineBucket>> {
        let bucket = bucket_name(&config.name)?;
        let updated = self.update_stream(&bucket, config).await;
        let stream = updated.map_err(|refusal| refusal.of_config(&bucket))?;
        Ok(Arc::new(JetStreamBucket::new(self.api.clone(), bucket, &stream)))
    }

    async fn open_bucket(&self, bucket: &BucketName) -> Result<Arc<dyn EngineBucket>> {
        match self.stream(bucket).await {
            Ok(stream) => Ok(Arc::new(JetStreamBucket::new(self.api.clone(), bucket.clone(), &stream))),
            Err(Refusal::Server { code: api::STREAM_NOT_FOUND, .. }) => {
                Err(Error::BucketNotFound { bucket: bucket.to_string() })
            }
            Err(refusal) => Err(refusal.into_error()),
        }
    }

    async fn delete_bucket(&self, bucket: &BucketName) -> Result<()> {
        let delete = format!("STREAM.DELETE.{}", bucket.stream());
        let first = self.api.attempt(&self.api.subject(&delete), NOTHING, None).await;
        let deleted = match first.and_then(|message| api::read_answer(&message.payload)) {
            Err(Refusal::Silence(_)) => match self.api.call(&delete, &Value::Null).await {
                // Sent again, it may find its own work done.
                Err(Refusal::Server { code: api::STREAM_NOT_FOUND, .. }) => return Ok(()),
                answered => answered,
            },
            answered => answered,
        };
        deleted.map(drop).map_err(|refusal| match refusal {
            Refusal::Server { code: api::STREAM_NOT_FOUND, .. } => {
                Error::BucketNotFound { bucket: bucket.to_string() }
            }
            refusal => refusal.into_error(),
        })
    }

    fn bucket_names(&self) -> BoxStream<'static, Result<BucketName>> {
        let names = self.pages("STREAM.NAMES", "streams");
        names.try_filter_map(async |item| Ok(item.as_str().and_then(BucketName::of_stream))).boxed()
    }

    fn buckets(&self) -> BoxStream<'static, Result<BucketStatus>> {
        let infos = self.pages("STREAM.LIST", "streams");
        infos
            .try_filter_map(async |info| {
                let bucket = info["config"]["name"].as_str().and_then(BucketName::of_stream);
                Ok(bucket.map(|bucket| status_of(&bucket, &info)))
            })
            .boxed()
    }

    async fn close(&self) {
        self.api.close().await;
    }
}

/// An empty payload.
const NOTHING: Bytes = Bytes::new();
