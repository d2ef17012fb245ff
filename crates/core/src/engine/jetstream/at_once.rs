//! A small object under a name that is free, in one round trip: its chunk, and right behind it its record.
//!
//! The server stores the record only if nothing stands under the name, and if the message that it stored just before is
//! the chunk: `Nats-Expected-Last-Msg-Id` names it. So no record becomes visible without its chunk, and the
//! acknowledgement of the record is that of both. The chunk in turn is stored only if no older client's record stands
//! under the name's other key. What a stream of several replicas remembers of its last message differs between them:
//! there it isn't used.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_nats::header::{
    NATS_EXPECTED_LAST_MESSAGE_ID, NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, NATS_MESSAGE_ID,
};
use async_nats::{HeaderMap, HeaderValue};
use bytes::Bytes;
use serde_json::json;
use tokio::time::Instant;
use tracing::Span;

use super::api::{self, Refusal};
use super::expiry;
use super::settle::{self, Message, Pending};
use super::stage::JetStreamStaging;
use super::stream::BucketStream;
use crate::Result;
use crate::engine::{AtOnce, NewBlob, RecordWrite};
use crate::protocol::Nuid;
use crate::protocol::name::legacy_record_keys;

/// The subject that the expected sequence is of, where it is another than the message's own (server 2.11).
const EXPECTED_LAST_SUBJECT: &str = "Nats-Expected-Last-Subject-Sequence-Subject";

/// Whether one round trip is worth an attempt. Without a connection it would leave a doubt, where nothing was sent yet.
pub(super) fn is_likely(stream: &BucketStream, name: &str) -> bool {
    stream.api.is_connected()
        && stream.names_are_free.load(Ordering::Relaxed)
        && stream.pair_guards.is_some_and(|guards| legacy_record_keys(name).len() <= guards)
}

/// Sends both, and learns how that ended.
pub(super) async fn store(
    stream: &Arc<BucketStream>,
    blob: NewBlob,
    chunk: Bytes,
    write: &RecordWrite,
) -> Result<AtOnce> {
    stream.check_writable()?;
    Span::current().record("path", "pair");
    let chunk_subject = stream.subjects.chunk_subject(&blob.nuid);
    let record = [Message::new(stream, write)];
    let pair = Pair { stream, blob: &blob, chunk_subject, chunk, write, record };
    let deadline = Instant::now() + stream.api.idle_timeout();
    let stored = match pair.send().await? {
        Ok(revision) => AtOnce::Committed(revision),
        Err(refusal) if pair.pending().may_have_landed(&refusal) => {
            Box::pin(pair.settle(refusal, deadline)).await?
        }
        Err(refusal) => {
            if let Refusal::Server { code: api::WRONG_LAST_SEQUENCE, .. } = refusal {
                stream.names_are_free.store(false, Ordering::Relaxed);
            }
            Box::pin(pair.stage(deadline)).await?
        }
    };
    if let AtOnce::Committed(revision) = stored {
        stream.committed.note(&write.name, revision);
    }
    Ok(stored)
}

/// A chunk and the record that names it.
struct Pair<'p> {
    stream: &'p Arc<BucketStream>,
    blob: &'p NewBlob,
    chunk_subject: String,
    chunk: Bytes,
    write: &'p RecordWrite,
    record: [Message<'p>; 1],
}

impl Pair<'_> {
    fn pending(&self) -> Pending<'_> {
        Pending { stream: self.stream, staged: Some(&self.blob.nuid), messages: &self.record }
    }

    /// The answer to the record. Fails if nothing was sent.
    async fn send(&self) -> Result<Result<u64, Refusal>> {
        let (api, subjects, [record]) = (&self.stream.api, &self.stream.subjects, &self.record);
        let mut headers = record.headers(self.stream).await?;
        headers.insert(NATS_EXPECTED_LAST_MESSAGE_ID, self.blob.nuid.as_str());
        let mut chunk_headers = self.chunk_headers();
        if let Some(key) = legacy_record_keys(&self.write.name).first() {
            chunk_headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, HeaderValue::from(0));
            chunk_headers.insert(EXPECTED_LAST_SUBJECT, subjects.record_subject_of_key(key));
        }
        api.publish_alone(self.chunk_subject.clone().into(), chunk_headers, self.chunk.clone()).await?;
        let answer = api.attempt(record.subject(), record.payload(), Some(headers)).await;
        Ok(answer.and_then(|answer| settle::read_revision(&answer.payload, 1)))
    }

    fn chunk_headers(&self) -> HeaderMap {
        let mut headers = self.blob.expires.map(expiry::chunk_headers).unwrap_or_default();
        headers.insert(NATS_MESSAGE_ID, self.blob.nuid.as_str());
        headers
    }

    /// The record was refused: makes sure of the chunk, for a commit to come.
    async fn stage(&self, deadline: Instant) -> Result<AtOnce> {
        match self.store_chunk(deadline).await {
            Ok(_) => self.staged().await,
            Err(refusal) => {
                if let Refusal::Silence(_) = refusal {
                    // It may be stored. Dropping it removes it.
                    drop(self.staged().await?);
                }
                Err(self.stream.why_refused(refusal).await)
            }
        }
    }

    async fn staged(&self) -> Result<AtOnce> {
        Ok(AtOnce::Staged(JetStreamStaging::stored(self.stream.clone(), self.blob).await?))
    }

    /// No answer: makes sure of the chunk, and then of the record, which may be there already.
    async fn settle(&self, refusal: Refusal, deadline: Instant) -> Result<AtOnce> {
        let [record] = &self.record;
        let Ok(chunk) = self.store_chunk(deadline).await else {
            return Err(record.unknown(Some(&self.blob.nuid)));
        };
        // What stands there since before the chunk was stored doesn't let the record in.
        let request = json!({ "last_by_subj": record.subject() });
        if let (Some(chunk), Ok(Some(stored))) = (chunk, self.stream.leader_get(&request).await)
            && stored.sequence < chunk
        {
            self.stream.names_are_free.store(false, Ordering::Relaxed);
            return self.staged().await;
        }
        let settled = self.pending().settle_after(&Nuid::fresh(), Err(refusal), deadline).await;
        settled.map(AtOnce::Committed)
    }

    /// Sends the chunk until it is acknowledged, and tells its sequence. The server knows it again, and doesn't store it
    /// twice.
    async fn store_chunk(&self, deadline: Instant) -> Result<Option<u64>, Refusal> {
        loop {
            let (chunk, headers) = (self.chunk.clone(), Some(self.chunk_headers()));
            match self.stream.api.attempt(&self.chunk_subject, chunk, headers).await {
                Err(Refusal::Silence(_)) if Instant::now() < deadline => {}
                answer => return api::read_ack(&answer?.payload),
            }
        }
    }
}
