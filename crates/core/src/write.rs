//! Writing records: the loop that every write but a put goes through.

use std::time::{Duration, SystemTime};

use futures_util::future::try_join_all;

use crate::condition::Condition;
use crate::engine::{Commit, Consistency, RecordWrite, StoredRecord};
use crate::protocol::key::record_key;
use crate::protocol::record::Record;
use crate::protocol::{ObjectInfo, ObjectMeta};
use crate::{Bucket, Error, Result};

/// What a server needs of a message beside the record itself: the headers of the commit.
const RECORD_HEADERS: usize = 256;

impl Bucket {
    /// Looks at what stands under the names, lets `decide` make a commit of it, and makes that. Where another writer is
    /// faster, it looks again. `condition` is for the first name. Answers with what was written, and its revisions;
    /// with `None` where `decide` found nothing to do.
    ///
    /// Must run to its end once begun.
    pub(crate) async fn write_over<const NAMES: usize>(
        &self,
        names: [&str; NAMES],
        condition: Condition,
        decide: impl Fn([Option<StoredRecord>; NAMES]) -> Result<Option<Commit>> + Send,
    ) -> Result<Option<(Commit, Vec<u64>)>> {
        let mut consistency = Consistency::ReadYourWrites;
        for attempt in 0_u32.. {
            let look = try_join_all(names.map(|name| self.engine.last(name, consistency))).await?;
            let Ok(current) = <[Option<StoredRecord>; NAMES]>::try_from(look) else {
                unreachable!("one answer came for each name")
            };
            let met = condition.check(self, names[0], current[0].as_ref());
            let commit = match met.and_then(|()| decide(current)) {
                // A replica may lag: only what the leader says is a reason to refuse.
                Err(_) | Ok(None) if consistency != Consistency::Leader => {
                    consistency = Consistency::Leader;
                    continue;
                }
                Ok(None) => return Ok(None),
                decided => decided?.unwrap_or_default(),
            };
            match self.engine.commit(&commit).await {
                Ok(revisions) => return Ok(Some((commit, revisions))),
                Err(Error::Conflict { .. }) => {
                    tracing::debug!(bucket = self.name(), attempt, "another writer was faster");
                    consistency = Consistency::Leader;
                }
                Err(error) => return Err(error),
            }
            give_way(attempt).await;
        }
        unreachable!("attempts are not counted that far")
    }

    /// What the first write of a commit made, as a reader would see it; the time is this machine's.
    pub(crate) fn written(&self, commit: &Commit, revisions: &[u64]) -> Result<ObjectInfo> {
        let record = commit.writes.first().and_then(|write| write.record.as_ref());
        let revision = revisions.first().copied().unwrap_or_default();
        let info = record.cloned().unwrap_or_default().info(self.key(), SystemTime::now(), revision);
        let name = || commit.writes.first().map(|write| write.name.clone()).unwrap_or_default();
        info.map_err(|invalid| self.bad_meta(&name(), &invalid))
    }

    /// Refuses a record of `meta` that no message can hold, before anything is sent.
    pub(crate) fn check_size_of(&self, meta: &ObjectMeta, record: impl FnOnce() -> Record) -> Result<()> {
        if most_bytes(meta) + RECORD_HEADERS <= self.engine.max_chunk_size() {
            Ok(())
        } else {
            self.check_size(&record())
        }
    }

    /// Refuses a record that no message can hold, before anything is sent.
    pub(crate) fn check_size(&self, record: &Record) -> Result<()> {
        let (size, max) = (record.to_json().len(), self.engine.max_chunk_size());
        if size + RECORD_HEADERS <= max {
            return Ok(());
        }
        let reason = format!(
            "name, description, headers and metadata are {size} bytes together, more than one message of {max} bytes can hold"
        );
        Err(Error::InvalidArgument { argument: "object metadata", reason })
    }
}

/// The most bytes that a record of a put may have, for a guess that costs nothing.
fn most_bytes(meta: &ObjectMeta) -> usize {
    /// JSON may write a byte as `\u0000`.
    const ESCAPED: usize = 6;
    /// Quotes, brackets, commas, and a field's name.
    const AROUND: usize = 24;
    /// The fields that a put fills, and the bucket's name.
    const FILLED: usize = 1024;
    let metadata = meta.metadata.iter().map(|(key, value)| key.len() + value.len() + AROUND);
    let headers = meta.headers.iter().map(|(key, values)| {
        key.len() + AROUND + values.iter().map(|value| value.len() + AROUND).sum::<usize>()
    });
    let texts = meta.name.len() + meta.description.len() + metadata.sum::<usize>() + headers.sum::<usize>();
    texts * ESCAPED + FILLED
}

/// Lets a rival that is as persistent finish: after the first few conflicts, for a random time that grows.
async fn give_way(attempt: u32) {
    const LONGEST: Duration = Duration::from_millis(200);
    if attempt > 1 {
        let limit = LONGEST.min(Duration::from_millis(1 << attempt.min(8)));
        tokio::time::sleep(limit.mul_f64(rand::random())).await;
    }
}

/// A record over what stands under the name, in whichever key a client wrote it.
pub(crate) fn over(name: &str, current: Option<&StoredRecord>, record: Option<Record>) -> RecordWrite {
    let (key, expected) = match current {
        Some(current) => (current.key.to_string(), current.revision),
        None => (record_key(name), 0),
    };
    RecordWrite { name: name.to_owned(), key, expected, record, expires: None }
}
