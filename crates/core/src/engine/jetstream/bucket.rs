//! A stream as the contract wants it: every method is delegation.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use serde_json::{Map, Value};

use super::api::Api;
use super::stage::JetStreamStaging;
use super::stream::BucketStream;
use super::{changes, commit, config_of, read, scan, status_of};
use crate::engine::{Change, Commit, Consistency, EngineBucket, Staging, StoredRecord};
use crate::protocol::{BucketName, BucketStatus, Nuid, ObjectInfo};
use crate::{Error, Result};

/// A bucket of [`JetStreamEngine`](super::JetStreamEngine).
#[derive(Debug)]
pub(super) struct JetStreamBucket(Arc<BucketStream>);

impl JetStreamBucket {
    pub(super) fn new(api: Arc<Api>, bucket: BucketName, config: &Map<String, Value>) -> Self {
        Self(Arc::new(BucketStream::new(api, bucket, config)))
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

    fn changes(&self, after: u64) -> BoxStream<'static, Result<Change>> {
        changes::changes(self.0.clone(), after)
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
