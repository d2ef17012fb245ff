//! One write, or several in an atomic batch, brought to an end that is known.

use std::sync::atomic::Ordering;

use async_nats::HeaderMap;
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::api::{self, Refusal};
use super::expiry;
use super::stream::BucketStream;
use crate::engine::{MARKER_STAYS, RecordWrite};
use crate::protocol::Nuid;
use crate::protocol::record::Record;
use crate::{Error, Result};

/// The id of one write: the server knows it again for some minutes, and whoever reads the record back.
const MESSAGE_ID: &str = "Nats-Msg-Id";
/// The same for a batch, in which the server takes no message ids.
const COMMIT_ID: &str = "Jetblob-Commit";

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
        match self.write.expires {
            Some(expires) => expiry::set(&mut headers, expires, stream, &self.write.name).await?,
            None if self.is_marker() && stream.takes_ttl.load(Ordering::Relaxed) => {
                expiry::insert(&mut headers, MARKER_STAYS);
            }
            None => {}
        }
        Ok(headers)
    }

    fn payload(&self) -> Bytes {
        self.record.to_json().into()
    }

    pub(super) fn unknown(&self, staged: Option<&Nuid>) -> Error {
        let mut during = Box::<crate::During>::default();
        during.name = Some(self.write.name.clone());
        let nuid = staged.cloned().or_else(|| self.record.nuid());
        let revision_before = self.write.expected;
        tracing::warn!(
            nuid = nuid.as_ref().map(Nuid::as_str),
            revision_before,
            "it could not be learned whether a commit took effect"
        );
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
        let id = Nuid::fresh();
        let deadline = Instant::now() + self.stream.api.idle_timeout();
        let mut may_have_landed = false;
        loop {
            match self.send(&id).await {
                Ok(revision) => return Ok(revision),
                // From here on only what stands in the bucket tells how it ended: a refusal may be of a second copy.
                Err(_) if may_have_landed => {}
                Err(Refusal::Silence(_)) => may_have_landed = true,
                Err(Refusal::NotSent(error)) => return Err(error),
                Err(Refusal::Server { code: api::WRONG_LAST_SEQUENCE, .. }) => return Err(self.conflict()),
                // Another write to the name is on its way through the cluster; or nothing was stored of a batch.
                Err(Refusal::Server {
                    code: code @ (api::WRONG_LAST_SEQUENCE_UNTOLD | ATOMIC_INCOMPLETE | ATOMIC_TOO_MANY),
                    ..
                }) => tracing::debug!(bucket = %self.stream.bucket, code, "a commit is sent again"),
                // The bucket is gone, or has no leader now.
                Err(Refusal::NoResponders { .. }) => drop(self.stream.stream_info(&Value::Null).await?),
                Err(Refusal::Failed(error)) => return Err(self.after_failure(error)),
                Err(refusal) => return Err(self.stream.refused(refusal)),
            }
            if may_have_landed {
                tracing::warn!(bucket = %self.stream.bucket, %id, "no answer to a commit: the record is read back");
                match self.find(&id).await {
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
    ///
    /// The id makes it known when it is sent again, even where another name has taken the record away meanwhile.
    async fn send(&self, id: &Nuid) -> Result<u64, Refusal> {
        let batch = Nuid::fresh();
        let count = self.messages.len();
        let mut all_headers = Vec::with_capacity(count);
        for message in self.messages {
            all_headers.push(message.headers(self.stream).await.map_err(Refusal::NotSent)?);
        }
        for (index, (message, mut headers)) in self.messages.iter().zip(all_headers).enumerate() {
            let is_last = index + 1 == count;
            if count > 1 {
                headers.insert(COMMIT_ID, id.as_str());
                headers.insert("Nats-Batch-Id", batch.as_str());
                headers.insert("Nats-Batch-Sequence", (index + 1).to_string());
            } else {
                headers.insert(MESSAGE_ID, id.as_str());
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
    async fn find(&self, id: &Nuid) -> Result<Found> {
        let message = self.first();
        let request = json!({ "last_by_subj": message.subject });
        let stored =
            self.stream.leader_get(&request).await.map_err(|refusal| self.stream.refused(refusal))?;
        let (revision, found) = match &stored {
            Some(stored) => (stored.sequence, stored.header(MESSAGE_ID).or_else(|| stored.header(COMMIT_ID))),
            None => (0, None),
        };
        Ok(if found.is_some_and(|found| found == id.as_str()) {
            Found::Ours(revision)
        } else if revision == message.write.expected {
            Found::Before
        } else {
            Found::Another
        })
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
