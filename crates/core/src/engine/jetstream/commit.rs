//! Making a change visible, and retiring what it replaced.

use async_nats::HeaderMap;
use bytes::Bytes;
use serde_json::json;
use tokio::time::Instant;

use super::api::{self, Refusal};
use super::bucket::BucketStream;
use crate::engine::{Commit, Consistency, RecordWrite};
use crate::{Error, Result};

/// New records come first and removed ones last, so that a crash in between leaves two names for one blob, never none.
pub(super) async fn commit(stream: &BucketStream, commit: &Commit) -> Result<Vec<u64>> {
    let mut revisions = vec![0; commit.writes.len()];
    let (written, removed): (Vec<_>, Vec<_>) = commit
        .writes
        .iter()
        .enumerate()
        .partition(|(_, write)| write.record.is_some());
    for (index, write) in written.into_iter().chain(removed) {
        revisions[index] = Pending {
            stream,
            commit,
            write,
        }
        .settle()
        .await?;
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
                // Expected is checked before anything else: it may be our own first copy that stands there.
                Err(Refusal::Server {
                    code: api::WRONG_LAST_SEQUENCE | api::WRONG_LAST_SEQUENCE_UNTOLD,
                    ..
                }) => {
                    if may_have_landed && let Found::Ours(revision) = self.find().await? {
                        return Ok(revision);
                    }
                    return Err(self.conflict());
                }
                Err(Refusal::Silence(_)) => {
                    may_have_landed = true;
                    match self.find().await {
                        Ok(Found::Ours(revision)) => return Ok(revision),
                        Ok(Found::Another) => return Err(self.conflict()),
                        Err(error @ Error::BucketDeleted { .. }) => return Err(error),
                        Ok(Found::Before) | Err(_) => {}
                    }
                }
                Err(Refusal::NoResponders { .. }) => {
                    // The bucket is gone, or has no leader now.
                    self.stream.stream_info(&serde_json::Value::Null).await?;
                    api::pause().await;
                }
                // The connection was closed under the write.
                Err(Refusal::Failed(Error::Unavailable { .. })) => return Err(self.unknown()),
                Err(refusal) => return Err(self.stream.refused(refusal)),
            }
            if Instant::now() >= deadline {
                return Err(if may_have_landed {
                    self.unknown()
                } else {
                    self.stream.api.silence("a leader")
                });
            }
        }
    }

    async fn send(&self) -> Result<u64, Refusal> {
        let subject = self.stream.bucket.record_subject_of_key(&self.write.key);
        let Some(record) = &self.write.record else {
            return self.remove(&subject).await;
        };
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Rollup", "sub");
        headers.insert(
            "Nats-Expected-Last-Subject-Sequence",
            self.write.expected.to_string(),
        );
        let message = self
            .stream
            .api
            .attempt(&subject, Bytes::from(record.to_json()), Some(headers))
            .await?;
        let ack = api::read_answer(&message.payload)?;
        ack["seq"]
            .as_u64()
            .ok_or_else(|| Refusal::Failed(Error::unavailable("an acknowledgement has no sequence")))
    }

    /// Removes the record that was seen, but none that came after it.
    async fn remove(&self, subject: &str) -> Result<u64, Refusal> {
        let purge = format!("STREAM.PURGE.{}", self.stream.stream);
        let request = json!({ "filter": subject, "seq": self.write.expected + 1 });
        self.stream
            .api
            .call(&purge, &request)
            .await
            .map(|_| self.write.expected)
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
        Ok(if ours {
            Found::Ours(revision)
        } else {
            Found::Another
        })
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
