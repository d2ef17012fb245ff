//! The options of operations.

use std::sync::Arc;

use jetblob::Condition;

use crate::failure::{invalid, unsigned};
use crate::progress::{Count, telling};
use crate::seconds::Seconds;

/// What must stand under the name for a write to take effect.
#[derive(Debug, Clone, uniffi::Record)]
pub struct WriteOptions {
    /// Nothing.
    pub if_absent: bool,
    /// This revision.
    pub if_revision: Option<i64>,
}

/// How a put stores.
#[derive(Debug, Clone, uniffi::Record)]
pub struct PutOptions {
    /// What must stand under the name.
    pub condition: WriteOptions,
    /// How long the object lives.
    pub expires: Option<Seconds>,
}

/// How fresh a record must be.
#[derive(Debug, Clone, Copy, uniffi::Enum)]
pub enum Consistency {
    /// Never older than what was written through the same bucket.
    ReadYourWrites,
    /// The newest there is, from the leader.
    Leader,
}

/// Which bytes of an object. What it says beyond the end is left out.
#[derive(Debug, Clone, uniffi::Enum)]
pub enum ByteRange {
    /// All of them.
    All,
    /// From the one up to, and without, the other.
    Bounded {
        /// The first.
        start: i64,
        /// The first that is left out.
        end: i64,
    },
    /// From this one on.
    From {
        /// The first.
        start: i64,
    },
    /// The last ones.
    Suffix {
        /// How many.
        count: i64,
    },
}

/// How an object is looked up.
#[derive(Debug, Clone, uniffi::Record)]
pub struct InfoOptions {
    /// A deleted object is no error.
    pub show_deleted: bool,
    /// How fresh its record must be.
    pub consistency: Consistency,
}

/// How an object is read.
#[derive(Debug, Clone, uniffi::Record)]
pub struct GetOptions {
    /// How it is looked up.
    pub info: InfoOptions,
    /// The part to read.
    pub range: ByteRange,
    /// Hand out what is there, though it isn't what was put.
    pub ignore_digest: bool,
}

/// What is watched.
#[derive(Debug, Clone, uniffi::Record)]
pub struct WatchOptions {
    /// Only names that begin with it.
    pub prefix: String,
    /// All that the store still has of each name.
    pub include_history: bool,
    /// No deleted objects.
    pub ignore_deletes: bool,
    /// Not what is there.
    pub updates_only: bool,
    /// What was written after this revision.
    pub after: Option<i64>,
}

impl WriteOptions {
    pub(crate) fn condition(&self) -> jetblob::Result<Condition> {
        match (self.if_absent, self.if_revision) {
            (true, Some(_)) => {
                Err(invalid("condition", "if_absent can't be together with if_revision".to_owned()))
            }
            (true, None) => Ok(Condition::IfAbsent),
            (false, Some(revision)) => Ok(Condition::IfRevision(unsigned(revision, "if_revision")?)),
            (false, None) => Ok(Condition::Always),
        }
    }
}

impl TryFrom<WriteOptions> for jetblob::WriteOptions {
    type Error = jetblob::Error;

    fn try_from(given: WriteOptions) -> jetblob::Result<Self> {
        let mut options = Self::default();
        options.condition = given.condition()?;
        Ok(options)
    }
}

impl PutOptions {
    pub(crate) fn told(&self, count: Option<Arc<Count>>) -> jetblob::Result<jetblob::PutOptions> {
        let mut options = jetblob::PutOptions::default();
        options.condition = self.condition.condition()?;
        options.expires = self.expires.map(|span| span.of("expires")).transpose()?;
        Ok(match telling(count) {
            Some(tell) => options.with_progress(tell),
            None => options,
        })
    }
}

impl From<Consistency> for jetblob::Consistency {
    fn from(consistency: Consistency) -> Self {
        match consistency {
            Consistency::ReadYourWrites => Self::ReadYourWrites,
            Consistency::Leader => Self::Leader,
        }
    }
}

impl TryFrom<ByteRange> for jetblob::ByteRange {
    type Error = jetblob::Error;

    fn try_from(range: ByteRange) -> jetblob::Result<Self> {
        let byte = |at| unsigned(at, "range");
        Ok(match range {
            ByteRange::All => Self::All,
            ByteRange::Bounded { start, end } => Self::Bounded(byte(start)?..byte(end)?),
            ByteRange::From { start } => Self::From(byte(start)?),
            ByteRange::Suffix { count } => Self::Suffix(byte(count)?),
        })
    }
}

impl From<InfoOptions> for jetblob::InfoOptions {
    fn from(given: InfoOptions) -> Self {
        let mut options = Self::default();
        options.show_deleted = given.show_deleted;
        options.consistency = given.consistency.into();
        options
    }
}

impl TryFrom<GetOptions> for jetblob::GetOptions {
    type Error = jetblob::Error;

    fn try_from(given: GetOptions) -> jetblob::Result<Self> {
        let mut options = Self::default();
        options.range = given.range.try_into()?;
        options.show_deleted = given.info.show_deleted;
        options.consistency = given.info.consistency.into();
        options.ignore_digest = given.ignore_digest;
        Ok(options)
    }
}

impl TryFrom<WatchOptions> for jetblob::WatchOptions {
    type Error = jetblob::Error;

    fn try_from(given: WatchOptions) -> jetblob::Result<Self> {
        let mut options = Self::default();
        options.prefix = given.prefix;
        options.include_history = given.include_history;
        options.ignore_deletes = given.ignore_deletes;
        options.updates_only = given.updates_only;
        options.after = given.after.map(|revision| unsigned(revision, "after")).transpose()?;
        Ok(options)
    }
}
