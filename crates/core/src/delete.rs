//! Deleting an object.

use crate::engine::{Commit, Consistency, RecordWrite, StoredRecord};
use crate::finish::Finish;
use crate::info::check_name;
use crate::protocol::Nuid;
use crate::protocol::info::Record;
use crate::{Bucket, Error, Result};

impl Bucket {
    /// Deletes an object or a link; a link's target stays. Deleting what is already deleted is a success.
    ///
    /// Its bytes are removed once the deletion is committed. A reader that is in the middle of them fails with
    /// `NotFound`, or still finishes on the local engine. Where another client is in the middle of renaming the object,
    /// both names still share its bytes, and the new one loses them. Fails with `NotFound` for a name that never was.
    pub async fn delete(&self, name: &str) -> Result<()> {
        check_name(name)?;
        let (bucket, object) = (self.clone(), name.to_owned());
        let deleted = Finish::new(&self.engine, async move { bucket.commit_delete(&object).await }).await;
        deleted.map_err(|error| error.during("delete", Some(self.name()), Some(name)))
    }

    async fn commit_delete(&self, name: &str) -> Result<()> {
        let mut consistency = Consistency::ReadYourWrites;
        loop {
            let stored = self.engine.last(name, consistency).await?;
            let there = stored.as_ref().is_some_and(|stored| !is_deleted(stored));
            if !there && consistency != Consistency::Leader {
                // A replica may not have heard of the object yet.
                consistency = Consistency::Leader;
                continue;
            }
            let stored = stored.ok_or_else(|| self.not_found(name))?;
            if is_deleted(&stored) {
                return Ok(());
            }
            // A record that can't be read can be deleted all the same.
            let record = stored.record.unwrap_or_default();
            let commit = Commit {
                staged: None,
                retire: retired_by_replacing(&record, None),
                writes: vec![RecordWrite {
                    name: name.to_owned(),
                    key: stored.key,
                    expected: stored.revision,
                    record: Some(record.deleted(self.key(), name)),
                }],
            };
            match self.engine.commit(&commit).await {
                Ok(_) => return Ok(()),
                // Another writer was faster: delete what it wrote.
                Err(Error::Conflict { .. }) => consistency = Consistency::Leader,
                Err(error) => return Err(error),
            }
        }
    }
}

fn is_deleted(stored: &StoredRecord) -> bool {
    stored.record.as_ref().is_ok_and(Record::is_deleted)
}

/// The blobs that no record names any more once this one is replaced.
pub(crate) fn retired_by_replacing(record: &Record, by: Option<&Nuid>) -> Vec<Nuid> {
    let nuid = record.nuid().filter(|nuid| Some(nuid) != by && !record.is_deleted() && !record.is_link());
    nuid.into_iter().collect()
}
