//! What the store tells of one object.

use std::collections::HashSet;

use crate::engine::{Consistency, StoredRecord};
use crate::operation::operation;
use crate::protocol::limits::MAX_LINK_HOPS;
use crate::protocol::name::check_object_name;
use crate::protocol::{BucketName, Invalid, ObjectInfo};
use crate::{Bucket, Error, Result};

/// How [`Bucket::info_with`] looks.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct InfoOptions {
    /// Also tell of an object that is deleted, as long as its marker is left.
    pub show_deleted: bool,
    /// How fresh the answer must be.
    pub consistency: Consistency,
}

impl InfoOptions {
    /// Also tell of a deleted object.
    #[must_use]
    pub fn with_deleted(mut self) -> Self {
        self.show_deleted = true;
        self
    }

    /// Demand this freshness.
    #[must_use]
    pub fn with_consistency(mut self, consistency: Consistency) -> Self {
        self.consistency = consistency;
        self
    }
}

impl Bucket {
    /// What the store tells of an object: of a link itself, not of its target.
    ///
    /// Fails with `NotFound`, also for a deleted object, and with `BadMeta` if its record makes no sense.
    pub async fn info(&self, name: &str) -> Result<ObjectInfo> {
        self.info_with(name, InfoOptions::default()).await
    }

    /// Like [`info`](Self::info), with options.
    pub async fn info_with(&self, name: &str, options: InfoOptions) -> Result<ObjectInfo> {
        let look_up = self.look_up(name, options);
        operation!("jetblob.info", "info", Some(self.name()), Some(name)).run_on_object(look_up).await
    }

    pub(crate) async fn look_up(&self, name: &str, options: InfoOptions) -> Result<ObjectInfo> {
        check_name(name)?;
        let stored = self.engine.last(name, options.consistency).await?;
        let stored = stored.ok_or_else(|| self.not_found(name))?;
        let info = self.read_record(&stored)?;
        if info.deleted && !options.show_deleted {
            return Err(self.deleted(name));
        }
        Ok(info)
    }

    /// Follows links from `name` to an object that has bytes, and tells in which bucket it is.
    pub(crate) async fn follow(&self, name: &str, options: InfoOptions) -> Result<(Bucket, ObjectInfo)> {
        let mut bucket = self.clone();
        let mut info = bucket.look_up(name, options).await?;
        let mut visited = HashSet::new();
        while let Some(link) = info.link.take() {
            let target =
                BucketName::parse(&link.bucket).map_err(|invalid| bucket.bad_meta(&info.name, &invalid))?;
            let Some(target_name) = link.name else {
                return Err(Error::IsBucketLink {
                    bucket: bucket.name().to_owned(),
                    name: info.name,
                    target: link.bucket,
                });
            };
            if visited.len() == MAX_LINK_HOPS || !visited.insert((target.clone(), target_name.clone())) {
                return Err(Error::LinkLoop { bucket: self.name().to_owned(), name: name.to_owned() });
            }
            if target != *bucket.key() {
                let opened = bucket.store.open_bucket(&target).await?;
                bucket = Bucket::new(bucket.store.clone(), opened, bucket.closing.clone());
            }
            info = bucket.look_up(&target_name, options).await?;
        }
        Ok((bucket, info))
    }

    /// Makes sense of a record, or says for which name it makes none.
    pub(crate) fn read_record(&self, stored: &StoredRecord) -> Result<ObjectInfo> {
        let bad = |invalid: Invalid| self.bad_meta(&stored.key.name(), &invalid);
        let info = stored.info(self.key()).map_err(bad)?;
        if !stored.key.is_of(&info.name) {
            return Err(bad(Invalid::new(format!("it calls itself {:?}", info.name))));
        }
        Ok(info)
    }

    pub(crate) fn not_found(&self, name: &str) -> Error {
        Error::NotFound { bucket: self.name().to_owned(), name: name.to_owned(), deleted: false }
    }

    pub(crate) fn deleted(&self, name: &str) -> Error {
        Error::NotFound { bucket: self.name().to_owned(), name: name.to_owned(), deleted: true }
    }

    pub(crate) fn already_exists(&self, name: &str) -> Error {
        Error::AlreadyExists { bucket: self.name().to_owned(), name: name.to_owned() }
    }

    pub(crate) fn bad_meta(&self, name: &str, invalid: &Invalid) -> Error {
        Error::BadMeta { bucket: self.name().to_owned(), name: name.to_owned(), reason: invalid.to_string() }
    }
}

/// Refuses a name before anything is sent.
pub(crate) fn check_name(name: &str) -> Result<()> {
    check_object_name(name)
        .map_err(|invalid| Error::InvalidName { name: name.to_owned(), reason: invalid.to_string() })
}
