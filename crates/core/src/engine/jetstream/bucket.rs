//! One stream as a bucket.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use serde_json::{Map, Value};

use super::api::{self, Api, Refusal};
use super::record::Committed;
use super::stage::{JetStreamStaging, MAX_WINDOW, MIN_WINDOW, START_WINDOW};
use super::{commit, config_of, read, scan, status_of};
use crate::engine::{Commit, Consistency, EngineBucket, Staging, StoredRecord};
use crate::protocol::config::{chunk_hazards, is_on};
use crate::protocol::{BucketName, BucketStatus, Nuid, ObjectInfo};
use crate::{Error, Result};

/// A stream that holds a bucket, and what was learned of it.
#[derive(Debug)]
pub(super) struct BucketStream {
    pub(super) api: Arc<Api>,
    pub(super) bucket: BucketName,
    pub(super) stream: String,
    /// Whether the stream takes fast-ingest batches. Another client's update may take it away.
    pub(super) takes_batches: AtomicBool,
    /// Whether the stream takes a TTL per message. Likewise.
    pub(super) takes_ttl: AtomicBool,
    /// Whether replicas answer Direct Gets. Likewise.
    pub(super) answers_direct: AtomicBool,
    /// What this handle committed, for reads that must not be older.
    pub(super) committed: Committed,
    /// Bytes that a put may have under way.
    window: AtomicUsize,
    max_msg_size: Option<usize>,
    /// Settings by which the server would drop chunks that it acknowledged.
    hazards: String,
}

impl BucketStream {
    /// The error for a refusal by this stream.
    pub(super) fn refused(&self, refusal: Refusal) -> Error {
        refusal.in_bucket(self.bucket.as_str())
    }

    /// The error for a refusal by this stream. Where nobody answers, a look tells whether the bucket is gone.
    pub(super) async fn why_refused(&self, refusal: Refusal) -> Error {
        if matches!(refusal, Refusal::NoResponders { .. } | Refusal::Silence(_))
            && let Err(gone @ Error::BucketDeleted { .. }) = self.stream_info(&Value::Null).await
        {
            return gone;
        }
        self.refused(refusal)
    }

    /// The stream as the server describes it, with the state of subjects that `filter` names.
    pub(super) async fn stream_info(&self, request: &Value) -> Result<Value> {
        let answer = self.api.call(&format!("STREAM.INFO.{}", self.stream), request).await;
        answer.map_err(|refusal| self.refused(refusal))
    }

    /// Bytes that a put may have under way now.
    pub(super) fn window(&self) -> usize {
        self.window.load(Ordering::Relaxed)
    }

    /// The server was overwhelmed by a blob with this much under way: the next put sends half of it ahead.
    pub(super) fn narrow_window(&self, overwhelming: usize) {
        self.window.fetch_min((overwhelming / 2).max(MIN_WINDOW), Ordering::Relaxed);
    }

    /// A whole blob went through: the next put may send more ahead.
    pub(super) fn widen_window(&self) {
        self.window.store((self.window() + MIN_WINDOW).min(MAX_WINDOW), Ordering::Relaxed);
    }
}

/// A bucket of [`JetStreamEngine`](super::JetStreamEngine).
#[derive(Debug)]
pub(super) struct JetStreamBucket(Arc<BucketStream>);

impl JetStreamBucket {
    pub(super) fn new(api: Arc<Api>, bucket: BucketName, config: &Map<String, Value>) -> Self {
        let replicas = config.get("num_replicas").and_then(Value::as_u64).unwrap_or(1);
        let max_msg_size = config.get("max_msg_size").and_then(Value::as_u64).filter(|&size| size > 0);
        Self(Arc::new(BucketStream {
            api,
            stream: bucket.stream(),
            bucket,
            takes_batches: AtomicBool::new(is_on(config, "allow_batched")),
            takes_ttl: AtomicBool::new(is_on(config, "allow_msg_ttl")),
            answers_direct: AtomicBool::new(is_on(config, "allow_direct")),
            committed: Committed::new(replicas > 1),
            window: AtomicUsize::new(START_WINDOW),
            hazards: chunk_hazards(config).join(", "),
            max_msg_size: max_msg_size.and_then(|size| size.try_into().ok()),
        }))
    }
}

#[async_trait]
impl EngineBucket for JetStreamBucket {
    fn name(&self) -> &BucketName {
        &self.0.bucket
    }

    async fn status(&self) -> Result<BucketStatus> {
        let info = self.0.stream_info(&Value::Null).await?;
        Ok(status_of(&self.0.bucket, &info))
    }

    async fn seal(&self) -> Result<()> {
        let mut config = config_of(&self.0.stream_info(&Value::Null).await?);
        config.insert("sealed".to_owned(), Value::Bool(true));
        let update = format!("STREAM.UPDATE.{}", self.0.stream);
        let answer = self.0.api.call(&update, &Value::Object(config)).await;
        answer.map(drop).map_err(|refusal| self.0.refused(refusal))
    }

    async fn last(&self, name: &str, consistency: Consistency) -> Result<Option<StoredRecord>> {
        self.0.last(name, consistency).await
    }

    fn scan(&self) -> BoxStream<'static, Result<StoredRecord>> {
        scan::records(self.0.clone())
    }

    fn max_chunk_size(&self) -> usize {
        self.0.api.client().max_payload().min(self.0.max_msg_size.unwrap_or(usize::MAX))
    }

    async fn stage(&self, nuid: Nuid, chunk_size: usize, size_hint: Option<u64>) -> Result<Box<dyn Staging>> {
        if !self.0.hazards.is_empty() {
            return Err(Error::InvalidConfig {
                bucket: self.0.bucket.to_string(),
                reason: format!("its stream would drop chunks: {}", self.0.hazards),
            });
        }
        Ok(Box::new(JetStreamStaging::begin(self.0.clone(), nuid, chunk_size, size_hint).await?))
    }

    fn read(&self, info: &ObjectInfo, nuid: &Nuid, offset: u64) -> BoxStream<'static, Result<Bytes>> {
        read::chunks(self.0.clone(), info, nuid, offset)
    }

    async fn remove_blob(&self, nuid: &Nuid) -> Result<()> {
        self.0.retire(nuid).await.map_err(|refusal| self.0.refused(refusal))
    }

    fn blobs(&self) -> BoxStream<'static, Result<Nuid>> {
        scan::blobs(self.0.clone())
    }

    async fn commit(&self, commit: &Commit) -> Result<Vec<u64>> {
        commit::commit(&self.0, commit).await
    }

    fn in_background(&self, work: BoxFuture<'static, ()>) {
        self.0.api.in_background(work);
    }
}

impl BucketStream {
    /// Removes a blob's chunks: by a tombstone that takes their place and expires, which needs no right to purge; or
    /// by a purge, where the stream has no TTL per message, or no room for the tombstone.
    pub(super) async fn retire(&self, nuid: &Nuid) -> Result<(), Refusal> {
        let subject = self.bucket.chunk_subject(nuid);
        if self.takes_ttl.load(Ordering::Relaxed) {
            let mut headers = async_nats::HeaderMap::new();
            headers.insert("Nats-Rollup", "sub");
            headers.insert("Nats-TTL", "1s");
            let answer = self.api.attempt(&subject, super::NOTHING, Some(headers)).await;
            match answer.and_then(|message| api::read_answer(&message.payload)) {
                Ok(_) => return Ok(()),
                Err(Refusal::Server { code: TTL_DISABLED, .. }) => {
                    self.takes_ttl.store(false, Ordering::Relaxed);
                }
                Err(_) => {}
            }
        }
        let purge = self.api.subject(&format!("STREAM.PURGE.{}", self.stream));
        let request = serde_json::json!({ "filter": subject }).to_string();
        let answer = self.api.attempt(&purge, request.into(), None).await?;
        api::read_answer(&answer.payload).map(drop)
    }
}

/// The server's code for a TTL on a message to a stream that has none.
const TTL_DISABLED: u64 = 10_166;
