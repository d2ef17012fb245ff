//! Deleting an object.

use crate::condition::is_deleted;
use crate::engine::{Commit, Retired};
use crate::finish::Finish;
use crate::info::check_name;
use crate::protocol::Nuid;
use crate::protocol::record::Record;
use crate::write::over;
use crate::{Bucket, Result, WriteOptions};

impl Bucket {
    /// Deletes an object or a link; a link's target stays. Deleting what is already deleted is a success.
    ///
    /// Its bytes are removed once the deletion is committed. A reader that is in the middle of them fails with
    /// `NotFound`, or still finishes on the local engine. Where another client is in the middle of renaming the object,
    /// both names still share its bytes, and the new one loses them. Fails with `NotFound` for a name that never was.
    pub async fn delete(&self, name: &str) -> Result<()> {
        self.delete_with(name, WriteOptions::default()).await
    }

    /// Like [`delete`](Self::delete), with a condition: fails with `Conflict` if another revision stands there.
    pub async fn delete_with(&self, name: &str, options: WriteOptions) -> Result<()> {
        let (bucket, object) = (self.clone(), name.to_owned());
        let delete = async move { bucket.commit_delete(&object, options).await };
        let deleted = Finish::new(&self.engine, delete).await;
        deleted.map_err(|error| error.during("delete", Some(self.name()), Some(name)))
    }

    async fn commit_delete(&self, name: &str, options: WriteOptions) -> Result<()> {
        check_name(name)?;
        options.condition.check_needs_object()?;
        let deleted = self.write_over([name], options.condition, |[current]| {
            let stored = current.ok_or_else(|| self.not_found(name))?;
            if is_deleted(&stored) {
                return Ok(None);
            }
            // A record that can't be read can be deleted all the same.
            let record = stored.record.as_ref().ok().cloned().unwrap_or_default();
            let marker = record.deleted(self.key(), name);
            Ok(Some(Commit {
                staged: None,
                retire: retired_by_replacing(&record, None),
                writes: vec![over(name, Some(&stored), Some(marker))],
            }))
        });
        deleted.await.map(drop)
    }
}

/// The blobs that no record names any more once this one is replaced.
pub(crate) fn retired_by_replacing(record: &Record, by: Option<&Nuid>) -> Vec<Retired> {
    let nuid = record.nuid().filter(|nuid| Some(nuid) != by && !record.is_deleted() && !record.is_link());
    nuid.map(|nuid| Retired { nuid, aliases: record.aliases() }).into_iter().collect()
}
