//! The objects of a bucket.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt};

use crate::engine::StoredRecord;
use crate::operation::operation;
use crate::protocol::ObjectInfo;
use crate::{Bucket, Error, Result};

/// What [`Bucket::list`] lists.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ListOptions {
    /// Only names that begin with this.
    pub prefix: String,
    /// Also objects that are deleted, as long as their markers are left.
    pub show_deleted: bool,
}

impl ListOptions {
    /// Only names that begin with `prefix`.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Also deleted objects.
    #[must_use]
    pub fn with_deleted(mut self) -> Self {
        self.show_deleted = true;
        self
    }
}

impl Bucket {
    /// The objects and links of the bucket, each once; in name order on the local engine, in no promised order on
    /// JetStream. An empty bucket gives an empty stream. What changes meanwhile is told as it was or as it is; an object that
    /// is renamed meanwhile may be told under both names, or under neither.
    ///
    /// An entry whose record makes no sense is an `Err` of `BadMeta` that names it; the others still follow. Any other
    /// error ends the stream.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> jetblob::Result<()> {
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let store = jetblob::Store::open(dir.path().to_str().unwrap()).await?;
    /// # let bucket = store.create_bucket(jetblob::BucketConfig::new("b")).await?;
    /// # bucket.put_string("2026/report.pdf", "").await?;
    /// use futures_util::StreamExt;
    /// use jetblob::ListOptions;
    ///
    /// let mut reports = bucket.list(ListOptions::default().with_prefix("2026/"));
    /// while let Some(info) = reports.next().await {
    ///     println!("{}", info?.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(
        &self,
        options: ListOptions,
    ) -> impl Stream<Item = Result<ObjectInfo>> + Send + Unpin + 'static {
        let entries = Entries { bucket: self.clone(), records: self.engine.scan(), options };
        operation!("jetblob.list", "list", Some(self.name()), None).items(entries)
    }
}

/// The records of a bucket, made sense of.
struct Entries {
    bucket: Bucket,
    records: BoxStream<'static, Result<StoredRecord>>,
    options: ListOptions,
}

impl Stream for Entries {
    type Item = Result<ObjectInfo>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        while let Some(stored) = ready!(self.records.poll_next_unpin(cx)) {
            let entry = stored.and_then(|stored| self.bucket.read_record(&stored));
            if self.options.wants(&entry) {
                return Poll::Ready(Some(entry));
            }
        }
        Poll::Ready(None)
    }
}

impl ListOptions {
    fn wants(&self, entry: &Result<ObjectInfo>) -> bool {
        match entry {
            Ok(info) => info.name.starts_with(&self.prefix) && (self.show_deleted || !info.deleted),
            Err(Error::BadMeta { name, .. }) => name.starts_with(&self.prefix),
            Err(_) => true,
        }
    }
}
