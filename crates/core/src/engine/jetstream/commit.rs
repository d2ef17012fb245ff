//! Making a change visible, and retiring what it replaced.

use async_nats::HeaderMap;
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::api::{self, Refusal};
use super::stream::BucketStream;
use crate::engine::{Commit, Consistency, RecordWrite};
use crate::{Error, Result};

/// New records come first and removed ones last, so that a crash in between leaves two names for one blob, never none.
pub(super) async fn commit(stream: &BucketStream, commit: &Commit) -> Result<Vec<u64>> {
    let mut revisions = vec![0; commit.writes.len()];
    let (written, removed): (Vec<_>, Vec<_>) =
        commit.writes.iter().enumerate().partition(|(_, write)| write.record.is_some());
    for (index, write) in written.into_iter().chain(removed) {
        revisions[index] = Pending { stream, commit, write }.settle().await?;
        stream.committed.note(&write.name, revisions[index]);
    }
    for nuid in &commit.retire {
        if let Err(refusal) = stream.retire(nuid).await {
            let error = stream.refused(refusal);
            tracing::warn!(bucket = %stream.bucket, %nuid, %error, "a replaced blob is left");
        }
    }
    Ok(revisions)
}

/// One write whose end is not known yet.
struct Pending<'c> {
    stream: &'c BucketStream,
    commit: &'c Commit,
    write: &'c RecordWrite,
}

/// What the bucket says of a write whose answer was lost.
enum Found {
    Ours(u64),
    Another,
    Before,
}

impl Pending<'_> {
    /// Sends the write until its end is known, always over the same expected revision: it takes effect at most once.
    async fn settle(&self) -> Result<u64> {
        let deadline = Instant::now() + self.stream.api.idle_timeout();
        let mut may_have_landed = false;
        loop {
            match self.send().await {
                Ok(revision) => return Ok(revision),
                // From here on only what stands in the bucket tells how it ended: a refusal may be of a second copy.
                Err(_) if may_have_landed => {}
                Err(Refusal::Silence(_)) => may_have_landed = true,
                Err(Refusal::Server { code: api::WRONG_LAST_SEQUENCE, .. }) => return Err(self.conflict()),
                // Another write to the name is on its way through the cluster.
                Err(Refusal::Server { code: api::WRONG_LAST_SEQUENCE_UNTOLD, .. }) => {}
                // The bucket is gone, or has no leader now.
                Err(Refusal::NoResponders { .. }) => drop(self.stream.stream_info(&Value::Null).await?),
                Err(Refusal::Failed(error)) => return Err(self.after_failure(error)),
                Err(refusal) => return Err(self.stream.refused(refusal)),
            }
            if may_have_landed {
                match self.find().await {
                    Ok(Found::Ours(revision)) => return Ok(revision),
                    // Ours may have stood there before, and its blob be retired by now.
                    Ok(Found::Another) => return Err(self.unknown()),
                    Err(error @ Error::BucketDeleted { .. }) => return Err(error),
                    Ok(Found::Before) | Err(_) => {}
                }
            }
            if Instant::now() >= deadline {
                return Err(if may_have_landed {
                    self.unknown()
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
            Error::PermissionDenied { subject, .. } => *subject == self.subject(),
            Error::InvalidArgument { .. } => true,
            _ => false,
        };
        if refused { error } else { self.unknown() }
    }

    fn subject(&self) -> String {
        self.stream.bucket.record_subject_of_key(&self.write.key)
    }

    async fn send(&self) -> Result<u64, Refusal> {
        let subject = self.subject();
        let Some(record) = &self.write.record else {
            return self.remove(&subject).await;
        };
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Rollup", "sub");
        headers.insert("Nats-Expected-Last-Subject-Sequence", self.write.expected.to_string());
        let message = self.stream.api.attempt(&subject, Bytes::from(record.to_json()), Some(headers)).await?;
        let ack = api::read_answer(&message.payload)?;
        ack["seq"]
            .as_u64()
            .ok_or_else(|| Refusal::Failed(Error::unavailable("an acknowledgement has no sequence")))
    }

    /// Removes the record that was seen, but none that came after it.
    async fn remove(&self, subject: &str) -> Result<u64, Refusal> {
        let purge = format!("STREAM.PURGE.{}", self.stream.stream);
        let request = json!({ "filter": subject, "seq": self.write.expected + 1 });
        self.stream.api.call(&purge, &request).await.map(|_| self.write.expected)
    }

    /// Looks at what stands under the name now.
    async fn find(&self) -> Result<Found> {
        let stored = self.stream.last(&self.write.name, Consistency::Leader).await?;
        let revision = stored.as_ref().map_or(0, |stored| stored.revision);
        if revision == self.write.expected {
            return Ok(Found::Before);
        }
        let record = stored.and_then(|stored| stored.record.ok());
        let ours = match (&self.commit.staged, record) {
            (Some(nuid), Some(record)) => record.nuid().as_ref() == Some(nuid),
            (None, record) => record == self.write.record,
            (Some(_), None) => false,
        };
        Ok(if ours { Found::Ours(revision) } else { Found::Another })
    }

    fn conflict(&self) -> Error {
        Error::Conflict {
            bucket: self.stream.bucket.to_string(),
            name: self.write.name.clone(),
            expected: self.write.expected,
        }
    }

    fn unknown(&self) -> Error {
        Error::Unknown {
            during: Box::default(),
            nuid: self.commit.staged.clone(),
            revision_before: self.write.expected,
        }
    }
}
