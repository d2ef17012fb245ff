//! Examining a bucket.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, Stream, StreamExt};
use tokio::sync::mpsc;

use crate::examination::Examination;
use crate::finding::Finding;
use crate::operation::operation;
use crate::orphan::GRACE;
use crate::{Bucket, Error, Result, Subset};

/// How much of a bucket [`Bucket::check`] examines; each level includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum CheckLevel {
    /// The settings of the store alone.
    Settings,
    /// All records and links, and how many bytes there are of each object; no bytes are read.
    #[default]
    Structure,
    /// The bytes, too.
    Data,
}

/// How [`Bucket::check`] examines.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CheckOptions {
    /// How much.
    pub level: CheckLevel,
    /// Of which objects the bytes are read, if not of all; only for [`CheckLevel::Data`].
    pub subset: Option<Subset>,
    /// By which number the subset is chosen: the same one chooses the same.
    pub seed: u64,
    /// How long nobody must have written to a blob that no object has before it is an orphan, and not a put under way: 24
    /// hours if not given.
    pub grace: Duration,
}

impl CheckOptions {
    /// Examine so much.
    #[must_use]
    pub fn with_level(mut self, level: CheckLevel) -> Self {
        self.level = level;
        self
    }

    /// Read the bytes of these objects, and no others.
    #[must_use]
    pub fn with_subset(mut self, subset: Subset) -> Self {
        self.level = CheckLevel::Data;
        self.subset = Some(subset);
        self
    }

    /// Choose the subset by this number.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Take what nobody has written to for this time for an orphan.
    #[must_use]
    pub fn with_grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }
}

impl Default for CheckOptions {
    fn default() -> Self {
        Self { level: CheckLevel::default(), subset: None, seed: 0, grace: GRACE }
    }
}

/// What a [`Check`] has examined so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CheckReport {
    /// Objects.
    pub objects: u64,
    /// Bytes of them, as their records say.
    pub bytes: u64,
    /// Links.
    pub links: u64,
    /// Markers of deleted objects.
    pub deleted: u64,
    /// Objects of which the bytes have expired before the record, which is then on its way out: no finding.
    pub expired: u64,
    /// Blobs.
    pub blobs: u64,
    /// Blobs that no object has, but that somebody has written to within the grace: puts under way, most likely. No
    /// finding.
    pub under_way: u64,
    /// Objects whose bytes were read.
    pub read_objects: u64,
    /// Bytes that were read.
    pub read_bytes: u64,
    /// Objects of these whose writer gave them no digest: only their size is known to be right.
    pub undigested: u64,
    /// Findings that were told.
    pub findings: u64,
}

/// The examination of a bucket: a stream of findings, see [`Bucket::check`].
pub struct Check {
    findings: BoxStream<'static, Result<Finding>>,
    report: Arc<Mutex<CheckReport>>,
}

impl Bucket {
    /// Examines the bucket, and tells of everything in it that is not as it should be, as it finds it. Nothing is changed.
    ///
    /// Whatever happens beside it is no finding: before something is told of an object it is looked at once more, and what
    /// was replaced or deleted meanwhile is left out. Records that make no sense are findings like others; an error is of
    /// the store itself, and ends the check. Dropping it ends it, at the server too.
    ///
    /// It holds about a hundred bytes for each blob of the bucket; at the level of data also what four transfers have under
    /// way.
    ///
    /// Fails with `InvalidArgument` if there is a subset at another level than data, or one that can't be.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> jetblob::Result<()> {
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let store = jetblob::Store::open(dir.path().to_str().unwrap()).await?;
    /// # let bucket = store.create_bucket(jetblob::BucketConfig::new("b")).await?;
    /// # bucket.put_string("a", "x").await?;
    /// use jetblob::{CheckOptions, Subset};
    ///
    /// let mut check = bucket.check(CheckOptions::default().with_subset(Subset::Percent(10.0)))?;
    /// while let Some(finding) = check.next().await? {
    ///     println!("{}: {}", finding.kind, finding.reason);
    /// }
    /// assert_eq!(check.report().objects, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn check(&self, options: CheckOptions) -> Result<Check> {
        if let Some(subset) = options.subset {
            subset.check()?;
            if options.level != CheckLevel::Data {
                let reason = "it says which bytes to read, but the level is not data".to_owned();
                return Err(Error::InvalidArgument { argument: "subset", reason });
            }
        }
        let (sender, receiver) = mpsc::channel(1);
        let report = Arc::<Mutex<CheckReport>>::default();
        let examination = Examination::new(self.clone(), options, sender, report.clone());
        let findings = Findings { work: Some(examination.run().boxed()), found: receiver, failed: None };
        let findings = operation!("jetblob.check", "check", Some(self.name()), None).items(findings);
        Ok(Check { findings: findings.boxed(), report })
    }
}

impl Check {
    /// The next finding; `None` when all was examined.
    ///
    /// May be dropped and called again: nothing is lost.
    pub async fn next(&mut self) -> Result<Option<Finding>> {
        StreamExt::next(self).await.transpose()
    }

    /// What was examined so far; of the whole bucket, once `next` has told that there is no more.
    pub fn report(&self) -> CheckReport {
        *lock(&self.report)
    }

    /// Tells the same for who has handed the check on, as a stream.
    pub fn reporter(&self) -> impl Fn() -> CheckReport + Send + Sync + 'static {
        let report = self.report.clone();
        move || *lock(&report)
    }
}

impl Stream for Check {
    type Item = Result<Finding>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.findings.poll_next_unpin(cx)
    }
}

impl std::fmt::Debug for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Check").field("report", &self.report()).finish_non_exhaustive()
    }
}

/// Work that is done as its findings are asked for.
struct Findings {
    work: Option<BoxFuture<'static, Result<()>>>,
    found: mpsc::Receiver<Finding>,
    failed: Option<Error>,
}

impl Stream for Findings {
    type Item = Result<Finding>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(work) = &mut self.work
            && let Poll::Ready(done) = work.as_mut().poll(cx)
        {
            self.work = None;
            self.failed = done.err();
        }
        match ready!(self.found.poll_recv(cx)) {
            Some(finding) => Poll::Ready(Some(Ok(finding))),
            None => Poll::Ready(self.failed.take().map(Err)),
        }
    }
}

/// The report, to count in it or to look at it.
pub(crate) fn lock(report: &Mutex<CheckReport>) -> MutexGuard<'_, CheckReport> {
    report.lock().unwrap_or_else(PoisonError::into_inner)
}
