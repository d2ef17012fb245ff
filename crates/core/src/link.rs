//! Links: entries that point to an object, or to a bucket.

use crate::condition::is_deleted;
use crate::engine::{Commit, StoredRecord};
use crate::finish::Finish;
use crate::info::check_name;
use crate::operation::operation;
use crate::protocol::name::check_object_name;
use crate::protocol::record::Record;
use crate::protocol::{BucketName, Link, Nuid, ObjectInfo, ObjectMeta};
use crate::write::over;
use crate::{Bucket, Error, Result, WriteOptions};

impl Bucket {
    /// Makes a link to an object of this bucket or another one; `meta` is a name, or a name with description, headers
    /// and metadata. A link or a deleted object of that name is replaced. Only `target` is looked at: whether it is still
    /// there is for those who follow the link.
    ///
    /// Fails with `AlreadyExists` if an object has the name, with `LinkToDeleted` and `LinkToLink` by what `target` is,
    /// with `LinkLoop` if it is the link's own name, and with `InvalidName` if either name is empty.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> jetblob::Result<()> {
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let store = jetblob::Store::open(dir.path().to_str().unwrap()).await?;
    /// # let bucket = store.create_bucket(jetblob::BucketConfig::new("b")).await?;
    /// let release = bucket.put_string("app-1.2", "bytes").await?;
    /// bucket.add_link("app-latest", &release).await?;
    /// assert_eq!(bucket.get_string("app-latest").await?, "bytes");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn add_link(&self, meta: impl Into<ObjectMeta>, target: &ObjectInfo) -> Result<ObjectInfo> {
        self.add_link_with(meta, target, WriteOptions::default()).await
    }

    /// Like [`add_link`](Self::add_link), with a condition: fails with `Conflict` if something else has the name.
    pub async fn add_link_with(
        &self,
        meta: impl Into<ObjectMeta>,
        target: &ObjectInfo,
        options: WriteOptions,
    ) -> Result<ObjectInfo> {
        let meta = meta.into();
        let link = self.link_to(&meta.name, target);
        self.link(meta, link, options).await
    }

    /// Makes a link to a whole bucket. It can't be read as an object: that is `IsBucketLink`, which names the bucket.
    /// Otherwise as [`add_link`](Self::add_link).
    pub async fn add_bucket_link(&self, meta: impl Into<ObjectMeta>, target: &Bucket) -> Result<ObjectInfo> {
        self.add_bucket_link_with(meta, target, WriteOptions::default()).await
    }

    /// Like [`add_bucket_link`](Self::add_bucket_link), with a condition: fails with `Conflict` if something else has the
    /// name.
    pub async fn add_bucket_link_with(
        &self,
        meta: impl Into<ObjectMeta>,
        target: &Bucket,
        options: WriteOptions,
    ) -> Result<ObjectInfo> {
        let link = Link { bucket: target.name().to_owned(), name: None };
        self.link(meta.into(), Ok(link), options).await
    }

    /// The link to a target, if that can be one.
    fn link_to(&self, name: &str, target: &ObjectInfo) -> Result<Link> {
        let (bucket, target_name) = (target.bucket.clone(), target.name.clone());
        let invalid = |what: &str, invalid: &dyn std::fmt::Display| Error::InvalidName {
            name: what.to_owned(),
            reason: format!("the target of a link: {invalid}"),
        };
        BucketName::parse(&bucket).map_err(|error| invalid(&bucket, &error))?;
        check_object_name(&target_name).map_err(|error| invalid(&target_name, &error))?;
        if target.deleted {
            return Err(Error::LinkToDeleted { bucket, name: target_name });
        }
        if target.link.is_some() {
            return Err(Error::LinkToLink { bucket, name: target_name });
        }
        if bucket == self.name() && target_name == name {
            return Err(Error::LinkLoop { bucket, name: target_name });
        }
        Ok(Link { bucket, name: Some(target_name) })
    }

    async fn link(&self, meta: ObjectMeta, link: Result<Link>, options: WriteOptions) -> Result<ObjectInfo> {
        let (bucket, name) = (self.clone(), meta.name.clone());
        let link = Finish::new(&self.engine, async move { bucket.commit_link(&meta, link?, options).await });
        operation!("jetblob.link", "link", Some(self.name()), Some(&name)).run_on_object(link).await
    }

    async fn commit_link(&self, meta: &ObjectMeta, link: Link, options: WriteOptions) -> Result<ObjectInfo> {
        let name = &meta.name;
        check_name(name)?;
        let record = Record::of_link(self.key(), meta, &Nuid::fresh(), &link);
        self.check_size(&record)?;
        let written = self.write_over([name], options.condition, |[current]| {
            if current.as_ref().is_some_and(|stored| !may_be_replaced(stored)) {
                return Err(self.already_exists(name));
            }
            let write = over(name, current.as_ref(), Some(record.clone()));
            Ok(Some(Commit { writes: vec![write], ..Commit::default() }))
        });
        let (commit, revisions) = written.await?.unwrap_or_default();
        self.written(&commit, &revisions)
    }
}

/// A link takes the place of a link or of a deleted object, but never of bytes.
fn may_be_replaced(stored: &StoredRecord) -> bool {
    is_deleted(stored) || stored.record().as_ref().is_ok_and(Record::is_link)
}
