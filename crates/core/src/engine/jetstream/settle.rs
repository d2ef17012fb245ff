//! One write, or several in an atomic batch, brought to an end that is known.

use std::sync::atomic::Ordering;

use async_nats::header::{NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, NATS_MESSAGE_ID, NATS_ROLLUP};
use async_nats::{HeaderMap, HeaderValue};
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

/// What the message id is to one write: the id of a batch, in which the server takes none.
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

    pub(super) fn subject(&self) -> &str {
        &self.subject
    }

    fn is_marker(&self) -> bool {
        self.write.record.is_none()
    }

    pub(super) async fn headers(&self, stream: &BucketStream) -> Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        headers.insert(NATS_ROLLUP, "sub");
        headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, HeaderValue::from(self.write.expected));
        match self.write.expires {
            Some(expires) => Box::pin(expiry::set(&mut headers, expires, stream, &self.write.name)).await?,
            None if self.is_marker() && stream.takes_ttl.load(Ordering::Relaxed) => {
                expiry::insert(&mut headers, MARKER_STAYS);
            }
            None => {}
        }
        Ok(headers)
    }

    pub(super) fn payload(&self) -> Bytes {
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

/// The revision of the first of so many messages, from the acknowledgement of the last.
pub(super) fn read_revision(ack: &[u8], count: usize) -> Result<u64, Refusal> {
    let last = api::read_ack(ack)?.and_then(|last| last.checked_sub(count as u64 - 1));
    let untold = || Error::unavailable("an acknowledgement has no sequence");
    last.ok_or_else(|| Refusal::Failed(untold()))
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
                Err(Refusal::Failed(error)) if self.is_refused(&error) => return Err(error),
                Err(Refusal::Failed(_)) => return Err(self.first().unknown(self.staged)),
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

    /// Whether a write that has no good answer may have taken effect.
    pub(super) fn may_have_landed(&self, refusal: &Refusal) -> bool {
        match refusal {
            Refusal::Silence(_) => true,
            // Not a limit, but a write that went wrong, and may have gone half way.
            Refusal::Server { code: api::STORE_FAILED, text } => !text.contains("maximum"),
            Refusal::Failed(error) => !self.is_refused(error),
            Refusal::Server { .. } | Refusal::NoResponders { .. } | Refusal::NotSent(_) => false,
        }
    }

    /// Whether a failure on this side is that of the write itself: else it may be on its way.
    fn is_refused(&self, error: &Error) -> bool {
        match error {
            Error::PermissionDenied { subject, .. } => {
                self.messages.iter().any(|message| message.subject == *subject)
            }
            Error::InvalidArgument { .. } => true,
            _ => false,
        }
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
                headers.insert(NATS_MESSAGE_ID, id.as_str());
            }
            if count > 1 && is_last {
                headers.insert("Nats-Batch-Commit", "1");
            }
            let answer = self.stream.api.attempt(&message.subject, message.payload(), Some(headers)).await;
            if is_last {
                return read_revision(&answer?.payload, count);
            }
            match answer {
                Ok(answer) if answer.payload.is_empty() => {}
                Ok(answer) => drop(api::read_ack(&answer.payload)?),
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
            Some(stored) => {
                let found = stored.header(NATS_MESSAGE_ID.as_ref()).or_else(|| stored.header(COMMIT_ID));
                (stored.sequence, found)
            }
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
