//! A stream as the contract wants it: every method is delegation.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use serde_json::Value;

use super::api::Api;
use super::stage::JetStreamStaging;
use super::stream::BucketStream;
use super::{at_once, blobs, changes, commit, config_of, newest, read, scan, status_of};
use crate::Result;
use crate::engine::{
    AtOnce, BlobSize, Change, Commit, Consistency, EngineBucket, NewBlob, RecordWrite, Staging, Start,
    StoredBlob, StoredRecord,
};
use crate::protocol::config::hazards;
use crate::protocol::{BucketName, BucketStatus, Nuid, ObjectInfo};

/// A bucket of [`JetStreamEngine`](super::JetStreamEngine).
#[derive(Debug)]
pub(super) struct JetStreamBucket(Arc<BucketStream>);

impl JetStreamBucket {
    /// The bucket of the stream that an answer of the server describes.
    pub(super) fn new(api: Arc<Api>, bucket: BucketName, answer: &Value) -> Self {
        Self(Arc::new(BucketStream::new(api, bucket, answer)))
    }
}

#[async_trait]
impl EngineBucket for JetStreamBucket {
    fn name(&self) -> &BucketName {
        &self.0.bucket
    }

    async fn status(&self) -> Result<BucketStatus> {
        let (info, records) = newest::info_with_count(&self.0).await?;
        Ok(BucketStatus { records, ..status_of(&self.0.bucket, &info) })
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

    async fn last_before_put(&self, name: &str) -> Result<Option<StoredRecord>> {
        self.0.last_before_put(name).await
    }

    fn scan(&self) -> BoxStream<'static, Result<StoredRecord>> {
        scan::records(self.0.clone())
    }

    async fn changes(&self, start: Start) -> Result<BoxStream<'static, Result<Change>>> {
        changes::changes(self.0.clone(), start).await
    }

    fn max_chunk_size(&self) -> usize {
        self.0.max_message()
    }

    fn is_reachable(&self) -> bool {
        self.0.api.is_connected()
    }

    async fn stage(&self, blob: NewBlob) -> Result<Box<dyn Staging>> {
        self.0.check_writable()?;
        Ok(Box::new(JetStreamStaging::begin(self.0.clone(), blob).await?))
    }

    fn stores_at_once(&self, name: &str, size: u64) -> bool {
        at_once::is_likely(&self.0, name, size)
    }

    async fn store_at_once(&self, nuid: &Nuid, chunk: Bytes, write: &RecordWrite) -> Result<AtOnce> {
        at_once::store(&self.0, nuid, chunk, write).await
    }

    fn read(&self, info: &ObjectInfo, nuid: &Nuid, range: Range<u64>) -> BoxStream<'static, Result<Bytes>> {
        read::chunks(self.0.clone(), info, nuid, range)
    }

    fn blobs(&self) -> BoxStream<'static, Result<StoredBlob>> {
        blobs::blobs(self.0.clone())
    }

    async fn blob_size(&self, nuid: &Nuid) -> Result<Option<BlobSize>> {
        blobs::size(&self.0, nuid).await
    }

    async fn remove_blob(&self, blob: &StoredBlob) -> Result<bool> {
        self.0.check_writable()?;
        blobs::remove(&self.0, blob).await.map_err(|refusal| self.0.refused(refusal))
    }

    async fn hazards(&self) -> Result<Vec<String>> {
        let info = self.0.stream_info(&Value::Null).await?;
        Ok(hazards(&self.0.bucket, &config_of(&info)))
    }

    async fn commit(&self, commit: &Commit) -> Result<Vec<u64>> {
        commit::commit(&self.0, commit).await
    }

    fn in_background(&self, work: BoxFuture<'static, ()>) {
        self.0.api.in_background(work);
    }
}
