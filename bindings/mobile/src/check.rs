//! Examining a bucket.

use std::sync::{Arc, LazyLock};

use futures_util::TryStreamExt;

use crate::failure::{signed, unsigned};
use crate::items::Findings;
use crate::runtime::Held;
use crate::seconds::Seconds;

/// How much of a bucket is examined; each level includes those before it.
#[derive(Debug, Clone, Copy, uniffi::Enum)]
pub enum CheckLevel {
    /// The settings of the store alone.
    Settings,
    /// All records and links, and how many bytes there are of each object; no bytes are read.
    Structure,
    /// The bytes, too.
    Data,
}

/// A part of the objects of a bucket.
#[derive(Debug, Clone, Copy, uniffi::Enum)]
pub enum Subset {
    /// So many objects of a hundred.
    Percent(f64),
    /// One of so many parts, counted from 1.
    Part(i64, i64),
    /// Objects of about so many bytes together.
    Bytes(i64),
}

/// How a bucket is examined.
#[derive(Debug, Clone, uniffi::Record)]
pub struct CheckOptions {
    /// How much; if not given, the data where there is a subset, else the structure.
    pub level: Option<CheckLevel>,
    /// Of which objects the bytes are read, if not of all.
    pub subset: Option<Subset>,
    /// By which number the subset is chosen.
    pub seed: i64,
    /// How long nobody must have written to an orphan; 24 hours if not given.
    pub grace: Option<Seconds>,
}

/// What a check has examined.
#[derive(Debug, Clone, uniffi::Record)]
pub struct CheckReport {
    /// Objects.
    pub objects: i64,
    /// Bytes of them, as their records say.
    pub bytes: i64,
    /// Links.
    pub links: i64,
    /// Markers of deleted objects.
    pub deleted: i64,
    /// Objects of which the bytes have expired before the record, which is then on its way out: no finding.
    pub expired: i64,
    /// Blobs: the bytes of one put each.
    pub blobs: i64,
    /// Blobs that no object has, but that somebody has written to within the grace: puts under way, most likely. No
    /// finding.
    pub under_way: i64,
    /// Objects whose bytes were read.
    pub read_objects: i64,
    /// Bytes that were read.
    pub read_bytes: i64,
    /// Objects of these whose writer gave them no digest: only their size is known to be right.
    pub undigested: i64,
    /// Findings that were told.
    pub findings: i64,
}

/// An examination. It begins when its findings are first asked for.
#[derive(uniffi::Object)]
pub struct Check {
    findings: Held<LazyLock<Arc<Findings>, Begin>>,
    report: Box<dyn Fn() -> jetblob::CheckReport + Send + Sync>,
}

type Begin = Box<dyn FnOnce() -> Arc<Findings> + Send>;

impl Check {
    pub(crate) fn new(check: jetblob::Check) -> Arc<Self> {
        let report = Box::new(check.reporter());
        let begin: Begin = Box::new(|| Findings::new(check.map_ok(Into::into)));
        Arc::new(Self { findings: Held::new(LazyLock::new(begin)), report })
    }
}

#[uniffi::export]
impl Check {
    /// What it finds.
    pub fn findings(&self) -> Arc<Findings> {
        self.findings.clone()
    }

    /// What was examined so far.
    pub fn report(&self) -> CheckReport {
        (self.report)().into()
    }
}

impl From<CheckLevel> for jetblob::CheckLevel {
    fn from(level: CheckLevel) -> Self {
        match level {
            CheckLevel::Settings => Self::Settings,
            CheckLevel::Structure => Self::Structure,
            CheckLevel::Data => Self::Data,
        }
    }
}

impl TryFrom<Subset> for jetblob::Subset {
    type Error = jetblob::Error;

    fn try_from(subset: Subset) -> jetblob::Result<Self> {
        let count = |count| unsigned(count, "subset");
        Ok(match subset {
            Subset::Percent(percent) => Self::Percent(percent),
            Subset::Part(part, of) => Self::Part { part: count(part)?, of: count(of)? },
            Subset::Bytes(bytes) => Self::Bytes(count(bytes)?),
        })
    }
}

impl TryFrom<CheckOptions> for jetblob::CheckOptions {
    type Error = jetblob::Error;

    fn try_from(given: CheckOptions) -> jetblob::Result<Self> {
        let mut options = Self::default();
        if let Some(subset) = given.subset {
            options = options.with_subset(subset.try_into()?);
        }
        options.level = given.level.map_or(options.level, Into::into);
        options.seed = unsigned(given.seed, "seed")?;
        if let Some(grace) = given.grace {
            options.grace = grace.of("grace")?;
        }
        Ok(options)
    }
}

impl From<jetblob::CheckReport> for CheckReport {
    fn from(report: jetblob::CheckReport) -> Self {
        Self {
            objects: signed(report.objects),
            bytes: signed(report.bytes),
            links: signed(report.links),
            deleted: signed(report.deleted),
            expired: signed(report.expired),
            blobs: signed(report.blobs),
            under_way: signed(report.under_way),
            read_objects: signed(report.read_objects),
            read_bytes: signed(report.read_bytes),
            undigested: signed(report.undigested),
            findings: signed(report.findings),
        }
    }
}
