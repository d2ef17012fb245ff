//! Deleting an object.

use crate::condition::is_deleted;
use crate::engine::{Commit, Retired};
use crate::finish::Finish;
use crate::info::check_name;
use crate::operation::operation;
use crate::protocol::record::Record;
use crate::protocol::{Nuid, ObjectInfo};
use crate::write::over;
use crate::{Bucket, InfoOptions, Result, WriteOptions};

impl Bucket {
    /// Deletes an object or a link; a link's target stays. Deleting what is already deleted is a success. A marker is left
    /// under the name, which tells watchers and `show_deleted` of it: that is what this answers with.
    ///
    /// Its bytes are removed once the deletion is committed. A reader that is in the middle of them fails with
    /// `NotFound`, or still finishes on the local engine. Where another client was cut off in the middle of renaming the
    /// object, both names share its bytes on a server, and the other one loses them. Fails with `NotFound` for a name that
    /// never was.
    pub async fn delete(&self, name: &str) -> Result<ObjectInfo> {
        self.delete_with(name, WriteOptions::default()).await
    }

    /// Like [`delete`](Self::delete), with a condition: fails with `Conflict` if another revision stands there.
    pub async fn delete_with(&self, name: &str, options: WriteOptions) -> Result<ObjectInfo> {
        let (bucket, object) = (self.clone(), name.to_owned());
        let delete = async move { bucket.commit_delete(&object, options).await };
        let operation = operation!("jetblob.delete", "delete", Some(self.name()), Some(name));
        operation.run_on_object(Finish::new(&self.engine, delete)).await
    }

    /// Deletes an object or a link, or the marker of a deleted one, without leaving a marker for good: the one that tells
    /// watchers goes after a day. Where the bucket's stream knows no TTL per message the marker stays, as after
    /// [`delete`](Self::delete).
    ///
    /// Fails with `NotFound` if there is not even a marker.
    pub async fn purge(&self, name: &str) -> Result<()> {
        self.purge_with(name, WriteOptions::default()).await
    }

    /// Like [`purge`](Self::purge), with a condition: fails with `Conflict` if another revision stands there.
    pub async fn purge_with(&self, name: &str, options: WriteOptions) -> Result<()> {
        let (bucket, object) = (self.clone(), name.to_owned());
        let purge = async move { bucket.commit_purge(&object, options).await };
        let operation = operation!("jetblob.purge", "purge", Some(self.name()), Some(name));
        operation.run(Finish::new(&self.engine, purge)).await
    }

    async fn commit_delete(&self, name: &str, options: WriteOptions) -> Result<ObjectInfo> {
        check_name(name)?;
        options.condition.check_needs_object()?;
        let deleted = self.write_over([name], options.condition, |[current]| {
            let stored = current.ok_or_else(|| self.not_found(name))?;
            if is_deleted(&stored) {
                return Ok(None);
            }
            // A record that can't be read can be deleted all the same.
            let record = stored.record().as_ref().ok().cloned().unwrap_or_default();
            let mut marker = record.deleted(self.key(), name);
            if marker.info(self.key(), stored.mtime, stored.revision).is_err() {
                // What makes no sense in it must not stay in the marker.
                marker = Record::default().deleted(self.key(), name);
            }
            Ok(Some(Commit {
                staged: None,
                retire: retired_by_replacing(&record, None),
                writes: vec![over(name, Some(&stored), Some(marker))],
            }))
        });
        match deleted.await? {
            Some((commit, revisions)) => self.written(&commit, &revisions),
            None => self.look_up(name, InfoOptions::default().with_deleted()).await,
        }
    }

    async fn commit_purge(&self, name: &str, options: WriteOptions) -> Result<()> {
        check_name(name)?;
        options.condition.check_needs_object()?;
        let purged = self.write_over([name], options.condition, |[current]| {
            let stored = current.ok_or_else(|| self.not_found(name))?;
            let record = stored.record().as_ref().ok().cloned().unwrap_or_default();
            Ok(Some(Commit {
                staged: None,
                retire: retired_by_replacing(&record, None),
                writes: vec![over(name, Some(&stored), None)],
            }))
        });
        purged.await.map(drop)
    }
}

/// The blobs that no record names any more once this one is replaced.
pub(crate) fn retired_by_replacing(record: &Record, by: Option<&Nuid>) -> Vec<Retired> {
    let nuid = record.nuid().filter(|nuid| Some(nuid) != by && !record.is_deleted() && !record.is_link());
    nuid.map(|nuid| Retired { nuid, aliases: record.aliases() }).into_iter().collect()
}
