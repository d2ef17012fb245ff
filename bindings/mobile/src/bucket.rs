//! A named collection of objects.

use std::sync::Arc;

use futures_util::TryStreamExt;
use jetblob::handle::whole;
use jetblob::{Body, During, Error, ListOptions, Nuid, Object};

use crate::cancellation::Cancellation;
use crate::check::{Check, CheckOptions};
use crate::download::Download;
use crate::failure::{Result, invalid, unsigned};
use crate::gc::{GcOptions, GcReport};
use crate::info::ObjectInfo;
use crate::items::{Events, Infos};
use crate::memory::{Buffer, Chunk};
use crate::meta::ObjectMeta;
use crate::options::{GetOptions, InfoOptions, PutOptions, WatchOptions, WriteOptions};
use crate::progress::{Count, telling};
use crate::runtime::{Held, run, runtime};
use crate::status::BucketStatus;
use crate::upload::Upload;

/// A named collection of objects.
#[derive(uniffi::Object)]
pub struct Bucket(Held<jetblob::Bucket>);

impl Bucket {
    pub(crate) fn new(bucket: jetblob::Bucket) -> Arc<Self> {
        Arc::new(Self(Held::new(bucket)))
    }
}

/// A write whose end is not known.
#[derive(Debug, uniffi::Record)]
pub struct UnknownEnd {
    /// The bucket.
    pub bucket: Option<String>,
    /// The object.
    pub name: Option<String>,
    /// The id of the blob that the name didn't have before.
    pub nuid: Option<String>,
    /// The revision that was to be replaced.
    pub revision_before: i64,
}

/// What became of a write whose answer never came.
#[derive(Debug, uniffi::Enum)]
pub enum Resolved {
    /// It took effect, and what it wrote is what stands there.
    Committed {
        /// What stands there.
        info: ObjectInfo,
    },
    /// It took no effect.
    NotCommitted,
    /// Something was written since, and nobody can tell any more whether it stood there in between.
    Changed {
        /// What is there now, if anything is.
        info: Option<ObjectInfo>,
    },
}

#[uniffi::export]
impl Bucket {
    /// The bucket's name.
    pub fn name(&self) -> String {
        self.0.name().to_owned()
    }

    /// How the bucket is.
    pub async fn status(&self, cancellation: Option<Arc<Cancellation>>) -> Result<BucketStatus> {
        let bucket = self.0.clone();
        run(cancellation, async move { bucket.status().await.map(Into::into) }).await
    }

    /// Makes the bucket read-only.
    pub async fn seal(&self, cancellation: Option<Arc<Cancellation>>) -> Result<BucketStatus> {
        let bucket = self.0.clone();
        run(cancellation, async move { bucket.seal().await.map(Into::into) }).await
    }

    /// Stores bytes.
    pub async fn put_bytes(
        &self,
        meta: ObjectMeta,
        data: Arc<Buffer>,
        options: PutOptions,
        count: Option<Arc<Count>>,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<ObjectInfo> {
        let bucket = self.0.clone();
        let put = async move {
            let meta = jetblob::ObjectMeta::try_from(meta)?;
            bucket.put_with(meta, data.take(), options.told(count)?).await.map(Into::into)
        };
        run(cancellation, put).await
    }

    /// Stores the contents of a file.
    pub async fn put_file(
        &self,
        meta: ObjectMeta,
        path: String,
        options: PutOptions,
        count: Option<Arc<Count>>,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<ObjectInfo> {
        let bucket = self.0.clone();
        let put = async move {
            let meta = jetblob::ObjectMeta::try_from(meta)?;
            bucket.put_with(meta, Body::file(path), options.told(count)?).await.map(Into::into)
        };
        run(cancellation, put).await
    }

    /// Begins an upload.
    pub fn upload(&self, meta: ObjectMeta, options: PutOptions) -> Result<Arc<Upload>> {
        let (meta, options) = (jetblob::ObjectMeta::try_from(meta)?, options.told(None)?);
        let _entered = runtime().enter();
        Ok(Upload::new(self.0.upload_with(meta, options)))
    }

    /// Begins to read an object.
    pub async fn get(
        &self,
        name: String,
        options: GetOptions,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<Arc<Download>> {
        let bucket = self.0.clone();
        let got = async move { bucket.get_with(&name, options.try_into()?).await.map(Download::new) };
        run(cancellation, got).await
    }

    /// Reads an object into memory.
    pub async fn get_bytes(
        &self,
        name: String,
        options: GetOptions,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<Arc<Chunk>> {
        let bucket = self.0.clone();
        let got = async move {
            whole(&bucket, &name, options.try_into()?, Object::into_bytes).await.map(Chunk::new)
        };
        run(cancellation, got).await
    }

    /// Reads an object as text.
    pub async fn get_string(
        &self,
        name: String,
        options: GetOptions,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<String> {
        let bucket = self.0.clone();
        let got = async move { whole(&bucket, &name, options.try_into()?, Object::into_string).await };
        run(cancellation, got).await
    }

    /// Reads an object into a file.
    pub async fn get_file(
        &self,
        name: String,
        path: String,
        options: GetOptions,
        count: Option<Arc<Count>>,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<ObjectInfo> {
        let bucket = self.0.clone();
        let got = async move {
            let tell = telling(count);
            let tell = move |count| tell.iter().for_each(|tell| tell(count));
            let object = bucket.get_with(&name, options.try_into()?).await?;
            object.into_file_with(path, tell).await.map(Into::into)
        };
        run(cancellation, got).await
    }

    /// Tells of an object.
    pub async fn info(
        &self,
        name: String,
        options: InfoOptions,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<ObjectInfo> {
        let bucket = self.0.clone();
        run(cancellation, async move { bucket.info_with(&name, options.into()).await.map(Into::into) }).await
    }

    /// Replaces what is said of an object.
    pub async fn update_meta(
        &self,
        name: String,
        meta: ObjectMeta,
        options: WriteOptions,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<ObjectInfo> {
        let bucket = self.0.clone();
        let updated = async move {
            bucket.update_meta_with(&name, meta.try_into()?, options.try_into()?).await.map(Into::into)
        };
        run(cancellation, updated).await
    }

    /// Gives an object another name.
    pub async fn rename(
        &self,
        name: String,
        new_name: String,
        options: WriteOptions,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<ObjectInfo> {
        let bucket = self.0.clone();
        let renamed =
            async move { bucket.rename_with(&name, &new_name, options.try_into()?).await.map(Into::into) };
        run(cancellation, renamed).await
    }

    /// Deletes an object.
    pub async fn delete(
        &self,
        name: String,
        options: WriteOptions,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<ObjectInfo> {
        let bucket = self.0.clone();
        let deleted = async move { bucket.delete_with(&name, options.try_into()?).await.map(Into::into) };
        run(cancellation, deleted).await
    }

    /// Deletes an object, or the marker of a deleted one, without leaving a marker for good.
    pub async fn purge(
        &self,
        name: String,
        options: WriteOptions,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<()> {
        let bucket = self.0.clone();
        run(cancellation, async move { bucket.purge_with(&name, options.try_into()?).await }).await
    }

    /// Links to an object.
    pub async fn add_link(
        &self,
        meta: ObjectMeta,
        target: ObjectInfo,
        options: WriteOptions,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<ObjectInfo> {
        let bucket = self.0.clone();
        let linked = async move {
            let meta = jetblob::ObjectMeta::try_from(meta)?;
            bucket.add_link_with(meta, &target.into(), options.try_into()?).await.map(Into::into)
        };
        run(cancellation, linked).await
    }

    /// Links to a whole bucket.
    pub async fn add_bucket_link(
        &self,
        meta: ObjectMeta,
        target: Arc<Bucket>,
        options: WriteOptions,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<ObjectInfo> {
        let bucket = self.0.clone();
        let linked = async move {
            let meta = jetblob::ObjectMeta::try_from(meta)?;
            bucket.add_bucket_link_with(meta, &target.0, options.try_into()?).await.map(Into::into)
        };
        run(cancellation, linked).await
    }

    /// Lists objects and links.
    pub fn list(&self, prefix: String, show_deleted: bool) -> Arc<Infos> {
        let mut options = ListOptions::default();
        (options.prefix, options.show_deleted) = (prefix, show_deleted);
        let _entered = runtime().enter();
        Infos::new(self.0.list(options).map_ok(Into::into))
    }

    /// Begins to watch the bucket.
    pub async fn watch(
        &self,
        options: WatchOptions,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<Arc<Events>> {
        let bucket = self.0.clone();
        let begun = async move { bucket.watch_with(options.try_into()?).await.map(Events::of) };
        run(cancellation, begun).await
    }

    /// Examines the bucket.
    pub fn check(&self, options: CheckOptions) -> Result<Arc<Check>> {
        let _entered = runtime().enter();
        Ok(Check::new(self.0.check(options.try_into()?)?))
    }

    /// Removes the bytes that no object has.
    pub async fn gc(&self, options: GcOptions, cancellation: Option<Arc<Cancellation>>) -> Result<GcReport> {
        let bucket = self.0.clone();
        run(cancellation, async move { bucket.gc(options.try_into()?).await.map(Into::into) }).await
    }

    /// Tells how a write ended whose answer never came.
    pub async fn resolve(
        &self,
        unknown: UnknownEnd,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<Resolved> {
        let bucket = self.0.clone();
        run(cancellation, async move { Ok(bucket.resolve(&unknown.try_into()?).await?.into()) }).await
    }
}

impl TryFrom<UnknownEnd> for Error {
    type Error = Error;

    fn try_from(unknown: UnknownEnd) -> jetblob::Result<Self> {
        let nuid = unknown.nuid.as_deref().map(Nuid::parse).transpose();
        let nuid = nuid.map_err(|error| invalid("error to resolve", error.to_string()))?;
        let revision_before = unsigned(unknown.revision_before, "error to resolve")?;
        let mut during = During::default();
        (during.bucket, during.name) = (unknown.bucket, unknown.name);
        Ok(Error::Unknown { during: Box::new(during), nuid, revision_before })
    }
}

impl From<jetblob::Resolved> for Resolved {
    fn from(resolved: jetblob::Resolved) -> Self {
        match resolved {
            jetblob::Resolved::Committed(info) => Self::Committed { info: (*info).into() },
            jetblob::Resolved::Changed(info) => Self::Changed { info: info.map(|info| (*info).into()) },
            _ => Self::NotCommitted,
        }
    }
}
