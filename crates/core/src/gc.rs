//! Removing the bytes that no object has.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::StreamExt;

use crate::engine::StoredBlob;
use crate::operation::operation;
use crate::orphan::{GRACE, Look, Orphan};
use crate::protocol::Nuid;
use crate::{Bucket, Error, Result};

/// Blobs that are removed after one look at the newest records.
const BATCH: usize = 64;

/// How [`Bucket::gc`] removes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GcOptions {
    /// How long nobody must have written to a blob that no object has: 24 hours if not given. It must be longer than any
    /// put pauses in the middle: a put that stands still for so long loses what it has sent.
    pub grace: Duration,
    /// Remove nothing, and tell what would be removed.
    pub dry_run: bool,
}

impl GcOptions {
    /// Remove what nobody has written to for this time.
    #[must_use]
    pub fn with_grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Remove nothing.
    #[must_use]
    pub fn as_dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }
}

impl Default for GcOptions {
    fn default() -> Self {
        Self { grace: GRACE, dry_run: false }
    }
}

/// What [`Bucket::gc`] did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct GcReport {
    /// Blobs that were looked at.
    pub blobs: u64,
    /// Those that somebody has written to within the grace: they are left, whether an object has them or not.
    pub young: u64,
    /// Orphans that are gone; in a dry run, those that would be.
    pub removed: Vec<Orphan>,
    /// Orphans that somebody else removed or wrote to before it was their turn.
    pub left: u64,
}

impl Bucket {
    /// Removes the bytes that no object has: of puts that were cut off, and of those of clients that leave what they
    /// replaced. Objects, links and the markers of deleted ones stay as they are. Beside it anything else may go on, also
    /// other clients' puts, and another `gc`.
    ///
    /// It removes nothing unless it is certain: not what somebody has written to within the [grace](GcOptions::grace), nor
    /// what any record names. A record of which it can't be told what it names may name anything: it is a `BadMeta` that
    /// says which, and nothing is removed until that object is put anew or deleted. After any other error nothing more is
    /// removed either, and what was removed before belonged to no object.
    ///
    /// On a local store there is seldom anything to remove, for it cleans up by itself.
    ///
    /// Fails with `Sealed`, since nothing is removed from a sealed bucket; and with `InvalidConfig` in a mirror.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> jetblob::Result<()> {
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let store = jetblob::Store::open(dir.path().to_str().unwrap()).await?;
    /// # let bucket = store.create_bucket(jetblob::BucketConfig::new("b")).await?;
    /// use jetblob::GcOptions;
    ///
    /// let report = bucket.gc(GcOptions::default().as_dry_run()).await?;
    /// for orphan in &report.removed {
    ///     println!("{} bytes, left alone for {:?}", orphan.bytes, orphan.age);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn gc(&self, options: GcOptions) -> Result<GcReport> {
        operation!("jetblob.gc", "gc", Some(self.name()), None).run(self.collect(&options)).await
    }

    async fn collect(&self, options: &GcOptions) -> Result<GcReport> {
        if self.engine.status().await?.sealed {
            return Err(Error::Sealed { bucket: self.name().to_owned() });
        }
        let mut report = GcReport::default();
        let mut orphans = self.old_blobs(options.grace, &mut report).await?;
        if orphans.is_empty() {
            return Ok(report);
        }
        let mut look = Look::at(self, &mut orphans).await?;
        look.check()?;
        let orphans: Vec<StoredBlob> = orphans.into_values().collect();
        for batch in orphans.chunks(BATCH) {
            let mut measured = Vec::with_capacity(batch.len());
            for blob in batch {
                match Orphan::measured(&*self.engine, blob).await? {
                    Some(orphan) => measured.push((blob, orphan)),
                    None => report.left += 1,
                }
            }
            if options.dry_run {
                report.removed.extend(measured.into_iter().map(|(_, orphan)| orphan));
                continue;
            }
            let named = look.again().await?;
            look.check()?;
            for (blob, orphan) in measured {
                if !named.contains(&blob.nuid) && self.engine.remove_blob(blob).await? {
                    report.removed.push(orphan);
                } else {
                    report.left += 1;
                }
            }
        }
        Ok(report)
    }

    /// All blobs that nobody has written to for the grace.
    async fn old_blobs(&self, grace: Duration, report: &mut GcReport) -> Result<HashMap<Nuid, StoredBlob>> {
        let mut old = HashMap::new();
        let mut blobs = self.engine.blobs();
        while let Some(blob) = blobs.next().await {
            let blob = blob?;
            report.blobs += 1;
            if blob.age >= grace {
                old.insert(blob.nuid.clone(), blob);
            } else {
                // It may have been told before, as it was then.
                old.remove(&blob.nuid);
                report.young += 1;
            }
        }
        Ok(old)
    }
}
