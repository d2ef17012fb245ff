//! What is said of an object: name, description, headers and metadata.

use crate::condition::is_deleted;
use crate::engine::{Commit, Expiry, RecordWrite, StoredRecord};
use crate::finish::Finish;
use crate::info::check_name;
use crate::operation::operation;
use crate::protocol::record::Record;
use crate::protocol::{ObjectInfo, ObjectMeta};
use crate::write::over;
use crate::{Bucket, Error, InfoOptions, Result, WriteOptions};

impl Bucket {
    /// Says something else of an object or a link: `meta`'s description, headers and metadata take the place of the old
    /// ones as a whole, and with another name in it the object is renamed. Its bytes, its chunks and its link stay as
    /// they are, and so does its expiry.
    ///
    /// Fails with `NotFound`, also for a deleted object, with `AlreadyExists` if the new name is taken, with
    /// `InvalidName` if it is empty, and with `LinkNotAllowed` if `meta` has another link than the object.
    ///
    /// In a bucket with a `ttl` the record begins to age anew, but the bytes don't: once they expire, the object is not
    /// found.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> jetblob::Result<()> {
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let store = jetblob::Store::open(dir.path().to_str().unwrap()).await?;
    /// # let bucket = store.create_bucket(jetblob::BucketConfig::new("b")).await?;
    /// use jetblob::ObjectMeta;
    ///
    /// let info = bucket.put_string("report.txt", "all is well").await?;
    /// let meta = ObjectMeta { description: "final".into(), ..info.into() };
    /// assert_eq!(bucket.update_meta("report.txt", meta).await?.description, "final");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn update_meta(&self, name: &str, meta: ObjectMeta) -> Result<ObjectInfo> {
        self.update_meta_with(name, meta, WriteOptions::default()).await
    }

    /// Like [`update_meta`](Self::update_meta), with a condition on the object as it is: fails with `Conflict` if another
    /// revision stands there.
    pub async fn update_meta_with(
        &self,
        name: &str,
        meta: ObjectMeta,
        options: WriteOptions,
    ) -> Result<ObjectInfo> {
        let (bucket, object) = (self.clone(), name.to_owned());
        let update = async move { bucket.commit_meta(&object, Change::Meta(meta), options).await };
        let operation = operation!("jetblob.update_meta", "update", Some(self.name()), Some(name));
        operation.run_on_object(Finish::new(&self.engine, update)).await
    }

    /// Renames an object or a link, in one step: no reader sees it under both names or under none, where the server has
    /// atomic batches (2.12); elsewhere it may be seen under both for an instant, also by a rename that then fails. What is
    /// said of it stays.
    ///
    /// The old name is not found afterwards; the marker that tells watchers of it goes after a day, where the bucket's
    /// stream knows a TTL per message. A rename that was cut off between its steps is finished by doing it again. The same
    /// name is a success, and changes nothing. Fails with `NotFound`, and with `AlreadyExists` if an object or a link has
    /// the new name.
    pub async fn rename(&self, name: &str, new_name: &str) -> Result<ObjectInfo> {
        self.rename_with(name, new_name, WriteOptions::default()).await
    }

    /// Like [`rename`](Self::rename), with a condition on the old name: fails with `Conflict` if another revision stands
    /// there.
    pub async fn rename_with(&self, name: &str, new_name: &str, options: WriteOptions) -> Result<ObjectInfo> {
        let (bucket, object, new_name) = (self.clone(), name.to_owned(), new_name.to_owned());
        let rename = async move { bucket.commit_meta(&object, Change::Name(new_name), options).await };
        let operation = operation!("jetblob.rename", "rename", Some(self.name()), Some(name));
        operation.run_on_object(Finish::new(&self.engine, rename)).await
    }

    async fn commit_meta(&self, name: &str, change: Change, options: WriteOptions) -> Result<ObjectInfo> {
        check_name(name)?;
        check_name(change.name())?;
        options.condition.check_needs_object()?;
        let written = if change.name() == name {
            let update =
                self.write_over([name], options.condition, |[current]| self.updated(name, current, &change));
            update.await.map_err(Error::of_known_blob)?
        } else {
            let names = [name, change.name()];
            self.write_over(names, options.condition, |[old, new]| {
                self.renamed(name, old, new.as_ref(), &change)
            })
            .await?
        };
        match written {
            Some((commit, revisions)) => {
                let info = self.written(&commit, &revisions)?;
                Ok(ObjectInfo { expires: kept_expiry(&commit.writes), ..info })
            }
            None => self.look_up(change.name(), InfoOptions::default()).await,
        }
    }

    fn updated(&self, name: &str, current: Option<StoredRecord>, change: &Change) -> Result<Option<Commit>> {
        let (stored, info) = self.live(name, current)?;
        match change {
            Change::Name(_) => Ok(None),
            Change::Meta(_) => Ok(Some(Commit {
                writes: vec![self.rewritten(name, &stored, Some(&stored), info, change)?],
                ..Commit::default()
            })),
        }
    }

    fn renamed(
        &self,
        name: &str,
        old: Option<StoredRecord>,
        new: Option<&StoredRecord>,
        change: &Change,
    ) -> Result<Option<Commit>> {
        let (stored, info) = self.live(name, old)?;
        let marker = over(name, Some(&stored), None);
        if let Some(new) = new.filter(|new| !is_deleted(new)) {
            let blob = new.record().as_ref().ok().and_then(Record::nuid);
            if info.link.is_some() || info.nuid.is_none() || blob != info.nuid {
                return Err(self.already_exists(change.name()));
            }
            // A rename that was cut off; or one that is under way, and may be on its way back. So the new name is written
            // again: neither name goes unless the other is still there.
            let again = self.rewritten(change.name(), new, Some(new), self.read_record(new)?, change)?;
            return Ok(Some(Commit { writes: vec![again, marker], ..Commit::default() }));
        }
        let written = self.rewritten(change.name(), &stored, new, info, change)?;
        Ok(Some(Commit { writes: vec![written, marker], ..Commit::default() }))
    }

    /// The record of an object, said anew, over what stands under the name.
    fn rewritten(
        &self,
        name: &str,
        stored: &StoredRecord,
        replaced: Option<&StoredRecord>,
        info: ObjectInfo,
        change: &Change,
    ) -> Result<RecordWrite> {
        let link = info.link.clone();
        let meta = match change {
            Change::Meta(meta) => meta.clone(),
            Change::Name(name) => ObjectMeta { name: name.clone(), ..info.into() },
        };
        if meta.link.is_some() && meta.link != link {
            return Err(Error::LinkNotAllowed { bucket: self.name().to_owned(), name: meta.name });
        }
        let record = stored.record().as_ref().ok().cloned().unwrap_or_default().with_meta(self.key(), &meta);
        self.check_size(&record)?;
        Ok(RecordWrite { expires: stored.expires.map(Expiry::At), ..over(name, replaced, Some(record)) })
    }

    /// An object that is there, and what its record says.
    fn live(&self, name: &str, current: Option<StoredRecord>) -> Result<(StoredRecord, ObjectInfo)> {
        let stored = current.ok_or_else(|| self.not_found(name))?;
        let info = self.read_record(&stored)?;
        if info.deleted { Err(self.deleted(name)) } else { Ok((stored, info)) }
    }
}

/// What is to be said otherwise.
enum Change {
    Meta(ObjectMeta),
    Name(String),
}

impl Change {
    fn name(&self) -> &str {
        match self {
            Self::Meta(meta) => &meta.name,
            Self::Name(name) => name,
        }
    }
}

fn kept_expiry(writes: &[RecordWrite]) -> Option<std::time::SystemTime> {
    match writes.first()?.expires? {
        Expiry::At(time) => Some(time),
        Expiry::By(_) => None,
    }
}
