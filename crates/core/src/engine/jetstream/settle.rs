//! One write, or several in an atomic batch, brought to an end that is known.

use std::sync::atomic::Ordering;
use std::time::Duration;

use async_nats::HeaderMap;
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::api::{self, Refusal};
use super::expiry;
use super::stream::BucketStream;
use crate::engine::{Consistency, Expiry, RecordWrite};
use crate::protocol::Nuid;
use crate::protocol::record::Record;
use crate::{Error, Result};

/// How long the marker of a name that is removed stays, for those who watch. Where the stream knows no TTL it stays like
/// that of a deleted object.
const MARKER_STAYS: Duration = Duration::from_secs(1);

pub(super) const ATOMIC_DISABLED: u64 = 10_174;
/// The server dropped an atomic batch before its end: nothing of it is stored.
const ATOMIC_INCOMPLETE: u64 = 10_176;
const ATOMIC_TOO_MANY: u64 = 10_210;

/// A record on its way.
pub(super) struct Message<'c> {
    write: &'c RecordWrite,
    subject: String,
    /// The new record, or the marker of a name that is removed.
    record: Record,
}

impl<'c> Message<'c> {
    pub(super) fn new(stream: &BucketStream, write: &'c RecordWrite) -> Self {
        let moved = || Record::of_moved(&stream.bucket, &write.name);
        Self {
            write,
            subject: stream.subjects.record_subject_of_key(&write.key),
            record: write.record.clone().unwrap_or_else(moved),
        }
    }

    fn is_marker(&self) -> bool {
        self.write.record.is_none()
    }

    async fn headers(&self, stream: &BucketStream) -> Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Rollup", "sub");
        headers.insert("Nats-Expected-Last-Subject-Sequence", self.write.expected.to_string());
        let takes_ttl = stream.takes_ttl.load(Ordering::Relaxed);
        match self.write.expires {
            Some(Expiry::By(_)) if !takes_ttl => return Err(expiry::unsupported(stream.bucket.as_str())),
            Some(expires) if takes_ttl => expiry::set(&mut headers, expires, stream).await?,
            None if self.is_marker() && takes_ttl => expiry::insert(&mut headers, MARKER_STAYS),
            _ => {}
        }
        Ok(headers)
    }

    fn payload(&self) -> Bytes {
        self.record.to_json().into()
    }

    /// Removes what this message stored, but nothing that came after it.
    pub(super) async fn remove(&self, stream: &BucketStream, revision: u64) -> Result<(), Refusal> {
        let purge = format!("STREAM.PURGE.{}", stream.stream);
        let request = json!({ "filter": self.subject, "seq": revision + 1 });
        stream.api.call(&purge, &request).await.map(drop)
    }

    pub(super) fn unknown(&self, staged: Option<&Nuid>) -> Error {
        let mut during = Box::<crate::During>::default();
        during.name = Some(self.write.name.clone());
        let nuid = staged.cloned().or_else(|| self.record.nuid());
        Error::Unknown { during, nuid, revision_before: self.write.expected }
    }
}

/// Messages that are stored together or not at all, whose end is not known yet. The first of them tells it.
pub(super) struct Pending<'c> {
    pub(super) stream: &'c BucketStream,
    /// The blob that they name, if it is new.
    pub(super) staged: Option<&'c Nuid>,
    pub(super) messages: &'c [Message<'c>],
}

/// What the bucket says of a write whose answer was lost.
enum Found {
    Ours(u64),
    Another,
    Before,
}

impl Pending<'_> {
    fn first(&self) -> &Message<'_> {
        &self.messages[0]
    }

    /// Sends the write until its end is known, always over the same expected revision: it takes effect at most once.
    /// Answers with the revision of the first message.
    pub(super) async fn settle(&self) -> Result<u64> {
        let deadline = Instant::now() + self.stream.api.idle_timeout();
        let mut may_have_landed = false;
        loop {
            match self.send().await {
                Ok(revision) => return Ok(revision),
                // From here on only what stands in the bucket tells how it ended: a refusal may be of a second copy.
                Err(_) if may_have_landed => {}
                Err(Refusal::Silence(_)) => may_have_landed = true,
                Err(Refusal::Server { code: api::WRONG_LAST_SEQUENCE, .. }) => return Err(self.conflict()),
                // Another write to the name is on its way through the cluster; or nothing was stored of a batch.
                Err(Refusal::Server {
                    code: api::WRONG_LAST_SEQUENCE_UNTOLD | ATOMIC_INCOMPLETE | ATOMIC_TOO_MANY,
                    ..
                }) => {}
                // The bucket is gone, or has no leader now.
                Err(Refusal::NoResponders { .. }) => drop(self.stream.stream_info(&Value::Null).await?),
                Err(Refusal::Failed(error)) => return Err(self.after_failure(error)),
                Err(refusal) => return Err(self.stream.refused(refusal)),
            }
            if may_have_landed {
                match self.find().await {
                    Ok(Found::Ours(revision)) => return Ok(revision),
                    // Ours may have stood there before, and its blob be retired by now.
                    Ok(Found::Another) => return Err(self.first().unknown(self.staged)),
                    Err(error @ Error::BucketDeleted { .. }) => return Err(error),
                    Ok(Found::Before) | Err(_) => {}
                }
            }
            if Instant::now() >= deadline {
                return Err(if may_have_landed {
                    self.first().unknown(self.staged)
                } else {
                    self.stream.api.silence("a leader")
                });
            }
            api::pause().await;
        }
    }

    /// A failure on this side: unless the write itself was refused, it may be on its way.
    fn after_failure(&self, error: Error) -> Error {
        let refused = match &error {
            Error::PermissionDenied { subject, .. } => {
                self.messages.iter().any(|message| message.subject == *subject)
            }
            Error::InvalidArgument { .. } => true,
            _ => false,
        };
        if refused { error } else { self.first().unknown(self.staged) }
    }

    /// Sends one message, or a batch of several: every message of it but the last is acknowledged with nothing in it, and
    /// what goes wrong before the last leaves nothing behind.
    async fn send(&self) -> Result<u64, Refusal> {
        let batch = Nuid::fresh();
        let count = self.messages.len();
        for (index, message) in self.messages.iter().enumerate() {
            let mut headers = message.headers(self.stream).await.map_err(Refusal::Failed)?;
            let is_last = index + 1 == count;
            if count > 1 {
                headers.insert("Nats-Batch-Id", batch.as_str());
                headers.insert("Nats-Batch-Sequence", (index + 1).to_string());
            }
            if count > 1 && is_last {
                headers.insert("Nats-Batch-Commit", "1");
            }
            let answer = self.stream.api.attempt(&message.subject, message.payload(), Some(headers)).await;
            if is_last {
                let ack = api::read_answer(&answer?.payload)?;
                let last = ack["seq"].as_u64().and_then(|last| last.checked_sub(count as u64 - 1));
                let untold = || Error::unavailable("an acknowledgement has no sequence");
                return last.ok_or_else(|| Refusal::Failed(untold()));
            }
            match answer {
                Ok(answer) if answer.payload.is_empty() => {}
                Ok(answer) => drop(api::read_answer(&answer.payload)?),
                Err(Refusal::Silence(_)) => {
                    let text = "no answer to the beginning of a batch".to_owned();
                    return Err(Refusal::Server { code: ATOMIC_INCOMPLETE, text });
                }
                Err(refusal) => return Err(refusal),
            }
        }
        unreachable!("a commit has a message, and the last one returned")
    }

    /// Looks at what stands under the first name now.
    async fn find(&self) -> Result<Found> {
        let message = self.first();
        let stored = self.stream.last(&message.write.name, Consistency::Leader).await?;
        let Some(stored) = stored else {
            // A marker has gone by now, whoever's it was.
            return Ok(match message.write.expected {
                0 => Found::Before,
                expected if message.is_marker() => Found::Ours(expected + 1),
                _ => Found::Another,
            });
        };
        if stored.revision == message.write.expected {
            return Ok(Found::Before);
        }
        let is_ours = stored.record.is_ok_and(|record| match self.staged {
            Some(nuid) => record.nuid().as_ref() == Some(nuid),
            None => record == message.record,
        });
        Ok(if is_ours { Found::Ours(stored.revision) } else { Found::Another })
    }

    fn conflict(&self) -> Error {
        let write = self.first().write;
        Error::Conflict {
            bucket: self.stream.bucket.to_string(),
            name: write.name.clone(),
            expected: write.expected,
        }
    }
}
