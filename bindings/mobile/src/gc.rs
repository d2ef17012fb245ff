//! Removing the bytes that no object has.

use crate::failure::signed;
use crate::seconds::Seconds;

/// How bytes that no object has are removed.
#[derive(Debug, Clone, uniffi::Record)]
pub struct GcOptions {
    /// How long nobody must have written to them; 24 hours if not given.
    pub grace: Option<Seconds>,
    /// Remove nothing, and tell what would be removed.
    pub dry_run: bool,
}

/// What a clean-up did.
#[derive(Debug, Clone, uniffi::Record)]
pub struct GcReport {
    /// Blobs, the bytes of one put each, that were looked at.
    pub blobs: i64,
    /// Those that somebody has written to within the grace: they are left, whether an object has them or not.
    pub young: i64,
    /// Orphans that are gone; in a dry run, those that would be.
    pub removed: Vec<Orphan>,
    /// Orphans that somebody else removed or wrote to before it was their turn.
    pub left: i64,
}

/// Bytes that no object has, and that nobody has written to for a while.
#[derive(Debug, Clone, uniffi::Record)]
pub struct Orphan {
    /// Their id.
    pub nuid: String,
    /// How many they are.
    pub bytes: i64,
    /// How long ago the last of them was stored, by the store's clock.
    pub age: Seconds,
}

impl TryFrom<GcOptions> for jetblob::GcOptions {
    type Error = jetblob::Error;

    fn try_from(given: GcOptions) -> jetblob::Result<Self> {
        let mut options = Self::default();
        options.dry_run = given.dry_run;
        if let Some(grace) = given.grace {
            options.grace = grace.of("grace")?;
        }
        Ok(options)
    }
}

impl From<jetblob::GcReport> for GcReport {
    fn from(report: jetblob::GcReport) -> Self {
        Self {
            blobs: signed(report.blobs),
            young: signed(report.young),
            removed: report.removed.into_iter().map(Into::into).collect(),
            left: signed(report.left),
        }
    }
}

impl From<jetblob::Orphan> for Orphan {
    fn from(orphan: jetblob::Orphan) -> Self {
        Self { nuid: orphan.nuid.to_string(), bytes: signed(orphan.bytes), age: orphan.age.into() }
    }
}
