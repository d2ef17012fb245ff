//! Reading an object.

use std::path::Path;

use bytes::Bytes;

use crate::engine::Consistency;
use crate::info::InfoOptions;
use crate::operation::operation;
use crate::protocol::{ByteRange, ObjectInfo};
use crate::{Bucket, Error, Object, Result};

/// How often a get begins anew because the object is replaced before a byte of it was handed out.
const ATTEMPTS: usize = 8;

/// How [`Bucket::get_with`] reads.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct GetOptions {
    /// Also get an object that is deleted, as long as its marker is left: no bytes, and what its record says.
    pub show_deleted: bool,
    /// How fresh the record must be.
    pub consistency: Consistency,
    /// The part of its bytes to read. Only that part is fetched, where its writer cut it into full chunks; with an object
    /// of another client the sizes of the chunks before it are looked at.
    pub range: ByteRange,
    /// Read an object although its bytes are not those of its digest. Some clients wrote wrong digests; others' damage
    /// goes unnoticed with it. The size is checked all the same.
    pub ignore_digest: bool,
}

impl GetOptions {
    /// Read only this part: `10..20`, `10..`, `..20`, or [`ByteRange::Suffix`].
    #[must_use]
    pub fn with_range(mut self, range: impl Into<ByteRange>) -> Self {
        self.range = range.into();
        self
    }

    /// Also get a deleted object.
    #[must_use]
    pub fn with_deleted(mut self) -> Self {
        self.show_deleted = true;
        self
    }

    /// Read on whatever the digest says, see [`ignore_digest`](Self::ignore_digest).
    #[must_use]
    pub fn ignoring_digest(mut self) -> Self {
        self.ignore_digest = true;
        self
    }

    /// Demand a record of this freshness.
    #[must_use]
    pub fn with_consistency(mut self, consistency: Consistency) -> Self {
        self.consistency = consistency;
        self
    }
}

impl Bucket {
    /// Begins to read an object, and follows links to it.
    ///
    /// There is no limit on the time of the whole transfer, only on the time without progress.
    ///
    /// Fails with `NotFound`, `BadMeta`, `IsBucketLink`, `LinkLoop`, and with `DataMissing` if its bytes are gone. While
    /// it is read: `ObjectChanged`, `NotFound`, `DigestMismatch`, `DataMissing`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> jetblob::Result<()> {
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let store = jetblob::Store::open(dir.path().to_str().unwrap()).await?;
    /// # let bucket = store.create_bucket(jetblob::BucketConfig::new("b")).await?;
    /// # bucket.put_string("film.mp4", "frames").await?;
    /// let mut film = bucket.get("film.mp4").await?;
    /// let mut size = 0;
    /// while let Some(chunk) = film.next().await? {
    ///     size += chunk.len() as u64;
    /// }
    /// assert_eq!(size, film.info.size);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn get(&self, name: &str) -> Result<Object> {
        self.get_with(name, GetOptions::default()).await
    }

    /// Like [`get`](Self::get), with options.
    pub async fn get_with(&self, name: &str, options: GetOptions) -> Result<Object> {
        let operation = operation!("jetblob.get", "get", Some(self.name()), Some(name));
        let (object, trace) = operation.begin(self.open_object(name, options)).await?;
        Ok(object.traced(trace))
    }

    /// Reads a whole object into memory; one that is replaced meanwhile as it is then.
    pub async fn get_bytes(&self, name: &str) -> Result<Bytes> {
        whole(self, name, GetOptions::default(), Object::into_bytes).await
    }

    /// Reads a whole object as UTF-8 text, likewise. Fails with `InvalidArgument` if it is none.
    pub async fn get_string(&self, name: &str) -> Result<String> {
        whole(self, name, GetOptions::default(), Object::into_string).await
    }

    /// Reads a whole object into a file, and tells what it read. An existing file is replaced.
    ///
    /// The bytes go to a temporary file beside it, which takes the name once they are all there and verified: after a
    /// failure the file is as it was, or still not there.
    pub async fn get_file(&self, name: &str, path: impl AsRef<Path>) -> Result<ObjectInfo> {
        self.get(name).await?.into_file(path).await
    }

    async fn open_object(&self, name: &str, options: GetOptions) -> Result<Object> {
        let mut look = InfoOptions { show_deleted: options.show_deleted, consistency: options.consistency };
        for attempt in 1.. {
            let (bucket, info) = self.follow(name, look).await?;
            let range = options.range.of(info.size).map_err(|invalid| Error::InvalidArgument {
                argument: "range",
                reason: format!("{invalid} in object {:?}", info.name),
            })?;
            match bucket.begin(info, range, options.ignore_digest).await {
                Err(Error::ObjectChanged { .. }) if attempt < ATTEMPTS => {
                    look.consistency = Consistency::Leader;
                }
                begun => return begun,
            }
        }
        unreachable!("the last attempt returned")
    }
}

/// Reads an object to its end by `read`, and once more from its beginning if it is replaced meanwhile: nothing of it was
/// handed out. Fails as [`Bucket::get_with`] and what `read` does; with `ObjectChanged` if it is replaced again and again.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> jetblob::Result<()> {
/// # let dir = tempfile::tempdir().unwrap();
/// # let store = jetblob::Store::open(dir.path().to_str().unwrap()).await?;
/// # let bucket = store.create_bucket(jetblob::BucketConfig::new("b")).await?;
/// # bucket.put_string("a", "0123456789").await?;
/// use jetblob::{GetOptions, Object, handle};
///
/// let options = GetOptions::default().with_range(..4);
/// assert_eq!(handle::whole(&bucket, "a", options, Object::into_bytes).await?, "0123");
/// # Ok(())
/// # }
/// ```
pub async fn whole<T, Read>(
    bucket: &Bucket,
    name: &str,
    options: GetOptions,
    read: impl Fn(Object) -> Read,
) -> Result<T>
where
    Read: Future<Output = Result<T>>,
{
    for _ in 1..ATTEMPTS {
        match read(bucket.get_with(name, options.clone()).await?).await {
            Err(Error::ObjectChanged { .. }) => {}
            outcome => return outcome,
        }
    }
    read(bucket.get_with(name, options).await?).await
}
