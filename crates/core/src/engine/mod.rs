//! The contract between the operations and what keeps their bytes.
//!
//! An engine knows buckets, records and blobs; it knows nothing of links, digests or object semantics. The operations
//! of this crate are written against these traits alone, and every engine passes the same conformance suite.
//!
//! Words: a *record* is the JSON of one object, kept under its name, last write only. A *blob* is the chunks of one
//! put, kept under a nuid. A *revision* grows with every record that a bucket stores, and is never used twice. The
//! *commit* is the one step that makes a change visible.
//!
//! The traits may gain methods in any release before 1.0.

use std::fmt::Debug;
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

use crate::protocol::key::RecordKey;
use crate::protocol::record::Record;
use crate::protocol::{BucketConfig, BucketName, BucketStatus, Invalid, Nuid, ObjectInfo};
use crate::{Error, Result};

#[cfg(feature = "jetstream")]
pub mod jetstream;
#[cfg(feature = "local")]
pub mod local;
mod options;

pub use options::StoreOptions;

/// A place that holds buckets.
///
/// Every wait inside has an idle limit; no method waits for ever.
#[async_trait]
pub trait Engine: Send + Sync + Debug {
    /// Creates a bucket, or finds it with the same configuration. With another one: `BucketExists`.
    async fn create_bucket(&self, config: &BucketConfig) -> Result<Arc<dyn EngineBucket>>;

    /// Changes the configuration of a bucket, and keeps every setting that [`BucketConfig`] doesn't know. Fails with
    /// `BucketNotFound`, and with `InvalidConfig` if the engine can't.
    async fn update_bucket(&self, config: &BucketConfig) -> Result<Arc<dyn EngineBucket>>;

    /// Finds a bucket, or fails with `BucketNotFound`. Never creates one.
    async fn open_bucket(&self, bucket: &BucketName) -> Result<Arc<dyn EngineBucket>>;

    /// Removes a bucket and all that is in it, or fails with `BucketNotFound`.
    async fn delete_bucket(&self, bucket: &BucketName) -> Result<()>;

    /// The names of all buckets, in no promised order.
    fn bucket_names(&self) -> BoxStream<'static, Result<BucketName>>;

    /// The statuses of all buckets, in no promised order.
    fn buckets(&self) -> BoxStream<'static, Result<BucketStatus>>;

    /// Lets go of what a system doesn't let a frozen process hold: of all files. Commits that were begun are brought to
    /// their end. Until the store is resumed, calls fail with `Unavailable`, and streams that were begun wait. An engine
    /// that holds no files goes on as it is.
    async fn suspend(&self) -> Result<()> {
        Ok(())
    }

    /// Ends the suspension.
    fn resume(&self) {}

    /// Finishes what is under way in the background (the clean-up of cancelled puts) and lets go of everything.
    /// Calls after it fail with `Closed` or `Unavailable`.
    async fn close(&self);
}

/// One bucket of an engine.
#[async_trait]
pub trait EngineBucket: Send + Sync + Debug {
    /// The bucket's name.
    fn name(&self) -> &BucketName;

    /// The configuration and fill of the bucket, as they are now.
    async fn status(&self) -> Result<BucketStatus>;

    /// Forbids every later write. Sealing a sealed bucket is a success.
    async fn seal(&self) -> Result<()>;

    /// The record under `name`, in any client's encoding of the name; deleted ones included; `None` if there is none
    /// or it expired. Never older than what was committed through this handle.
    async fn last(&self, name: &str, consistency: Consistency) -> Result<Option<StoredRecord>>;

    /// The same of a name that is about to be put: it is most likely free, and nobody has to wait twice to learn that.
    async fn last_before_put(&self, name: &str) -> Result<Option<StoredRecord>> {
        self.last(name, Consistency::ReadYourWrites).await
    }

    /// The current record of every name, deleted ones included, each once. A record that cannot be read is an item
    /// like any other, see [`StoredRecord::record`]. Takes a time that doesn't depend on the bytes in the blobs.
    fn scan(&self) -> BoxStream<'static, Result<StoredRecord>>;

    /// The records of the bucket in revision order, deleted ones included: first those that `start` says of what is
    /// there now; then [`Change::CaughtUp`], once; then every record that is committed, by whomever, for as long as the
    /// caller polls. What is committed after this has returned is told.
    ///
    /// Nothing is lost or told twice when a connection or a server goes away and comes back; a record that is rewritten
    /// before it is told may be told only as it is then. Fails with `BucketDeleted` when the bucket is gone, also if
    /// there is another one of the same name by then.
    async fn changes(&self, start: Start) -> Result<BoxStream<'static, Result<Change>>>;

    /// The largest chunk that [`Staging::write`] takes, in bytes. May change when a connection moves.
    fn max_chunk_size(&self) -> usize;

    /// Whether there is a way to the store just now: without one, another try would only wait as long again.
    fn is_reachable(&self) -> bool {
        true
    }

    /// Begins a blob. Fails with `InvalidArgument` if it is to expire, and the bucket knows no expiry.
    async fn stage(&self, blob: NewBlob) -> Result<Box<dyn Staging>>;

    /// Whether an object of so many bytes, in one chunk, is worth an attempt by [`store_at_once`](Self::store_at_once).
    fn stores_at_once(&self, _name: &str, _size: u64) -> bool {
        false
    }

    /// Stores a blob of this one chunk, and makes `write` visible with it, if nothing stands under its name, and nothing
    /// else comes between; without a look before. An error means that nothing was sent.
    ///
    /// Must run to its end once begun.
    async fn store_at_once(&self, _nuid: &Nuid, _chunk: Bytes, _write: &RecordWrite) -> Result<AtOnce> {
        Ok(AtOnce::Refused)
    }

    /// These bytes of a blob, in order and in pieces, for as long as the caller polls. The stream ends with the range,
    /// which is inside `info.size`; bytes beyond that size are handed out only where the chunk that holds the end is
    /// larger than it should be. It fails with `DataMissing` as soon as the store has no more of them. Bytes before the
    /// range are not read where the engine can tell where it begins. Dropping the stream lets go of everything, at the
    /// server too.
    fn read(&self, info: &ObjectInfo, nuid: &Nuid, range: Range<u64>) -> BoxStream<'static, Result<Bytes>>;

    /// All blobs, those of running puts included, in no promised order, and without a look at their bytes. One that is
    /// written meanwhile may be told twice, or not at all; what is expired, or removed, isn't told.
    fn blobs(&self) -> BoxStream<'static, Result<StoredBlob>>;

    /// How much of a blob there is, exactly, without its bytes; `None` if there is nothing of it.
    async fn blob_size(&self, nuid: &Nuid) -> Result<Option<BlobSize>>;

    /// Removes a blob if it is still as it was told: nothing was written to it since. `false` if it isn't, or is gone.
    /// Whether a record names it is for the caller to know; an engine that can tell refuses too.
    async fn remove_blob(&self, blob: &StoredBlob) -> Result<bool>;

    /// Settings by which the store loses what it acknowledged, or takes nothing, in words. None in a bucket as jetblob or
    /// another client creates it.
    async fn hazards(&self) -> Result<Vec<String>>;

    /// Makes a change visible, all of it or nothing, and durable as the engine promises.
    ///
    /// Answers with the revisions of the writes, in their order. Fails with `Conflict` if a name is not at the
    /// expected revision any more: then nothing happened, and the staged blob is still there for another commit.
    /// Fails with `Unknown` if whether it happened could not be learned: then nothing was removed.
    ///
    /// Must run to its end once begun: a caller that may go away runs it in a task of its own.
    async fn commit(&self, commit: &Commit) -> Result<Vec<u64>>;

    /// Runs work that must not end with its caller; closing the store waits for it.
    fn in_background(&self, work: BoxFuture<'static, ()>);
}

/// A blob that is being written.
///
/// Dropping it before a commit named it removes its chunks, in the background, with a deadline of its own.
#[async_trait]
pub trait Staging: Send + Debug {
    /// Hands the next chunk over; waits while too much is under way. All chunks but the last have the size that
    /// staging began with.
    async fn write(&mut self, chunk: Bytes) -> Result<()>;

    /// Waits until every chunk is as safe as the engine promises. Only then may a commit name the blob.
    async fn finish(&mut self) -> Result<()>;

    /// Lets the blob be: a record names it now, or it is unknown whether one does.
    fn keep(self: Box<Self>);

    /// Removes what was written, and waits for it.
    async fn discard(self: Box<Self>);
}

/// How [`EngineBucket::store_at_once`] ended.
#[derive(Debug)]
pub enum AtOnce {
    /// All is stored, the record at this revision.
    Committed(u64),
    /// The record is not stored, and the blob is removed.
    Refused,
    /// Whether the record is stored could not be learned, as this `Unknown` says; it may be on its way. Nothing is removed.
    InDoubt(Error),
}

/// A record where it stands.
#[derive(Debug, Clone)]
pub struct StoredRecord {
    /// The key that the record stands under.
    pub key: RecordKey,
    json: Bytes,
    /// The same, read when somebody first asks for it.
    record: OnceLock<Result<Record, Invalid>>,
    /// The revision of the record.
    pub revision: u64,
    /// When it was stored, by the store's clock.
    pub mtime: SystemTime,
    /// When it goes by itself, by the store's clock, if it was written with an expiry of its own.
    pub expires: Option<SystemTime>,
}

impl StoredRecord {
    /// A record that was stored as this JSON, and doesn't go by itself.
    pub fn new(key: RecordKey, json: Bytes, revision: u64, mtime: SystemTime) -> Self {
        Self { key, json, record: OnceLock::new(), revision, mtime, expires: None }
    }

    /// What the record says, or why it can't be read as JSON.
    pub fn record(&self) -> &Result<Record, Invalid> {
        self.record.get_or_init(|| Record::parse(&self.json))
    }

    /// What is said of the object, or why that makes no sense.
    pub fn info(&self, bucket: &BucketName) -> Result<ObjectInfo, Invalid> {
        let info = Record::info_of(&self.json, bucket, self.mtime, self.revision)?;
        Ok(ObjectInfo { expires: self.expires, ..info })
    }
}

/// A blob where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBlob {
    /// Its id.
    pub nuid: Nuid,
    /// Its chunks, or pieces, as the engine keeps them.
    pub chunks: u64,
    /// Bytes of the last of them.
    pub last_chunk: u64,
    /// How long ago the last of them was stored, by the store's clock.
    pub age: Duration,
    /// Another one as soon as anything is written to the blob.
    pub version: u64,
}

/// How much of a blob there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobSize {
    /// Its chunks; `None` where the engine keeps its bytes in one piece.
    pub chunks: Option<u64>,
    /// Bytes of all of them.
    pub bytes: u64,
}

/// A blob that is to be written.
#[derive(Debug, Clone)]
pub struct NewBlob {
    /// Its id: a fresh one.
    pub nuid: Nuid,
    /// Bytes of every chunk but the last.
    pub chunk_size: usize,
    /// Bytes of the whole body, if that is known.
    pub size_hint: Option<u64>,
    /// When it may go by itself, and not before. A record that names it goes no later.
    pub expires: Option<Instant>,
}

/// With what [`EngineBucket::changes`] begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// The current record of every name.
    Current,
    /// All records that the store still has, also those that were written over without being removed.
    History,
    /// The records of later revisions than this.
    After(u64),
    /// Nothing that is there already.
    Now,
}

/// The name of a bucket, if it keeps the rules.
pub(crate) fn bucket_name(name: &str) -> Result<BucketName> {
    BucketName::parse(name)
        .map_err(|invalid| Error::InvalidName { name: name.to_owned(), reason: invalid.to_string() })
}

/// Refuses to begin after a revision that the bucket has not come to: what it would tell of is lost, or of another bucket.
#[cfg(any(feature = "jetstream", feature = "local"))]
fn check_revision(bucket: &BucketName, after: u64, last: u64) -> Result<()> {
    if after <= last {
        return Ok(());
    }
    let reason = format!(
        "{after} is of another bucket, or of one that was deleted: the last revision of {bucket:?} is {last}; watch it anew"
    );
    Err(Error::InvalidArgument { argument: "revision", reason })
}

/// What [`EngineBucket::changes`] tells.
#[derive(Debug, Clone)]
pub enum Change {
    /// A record, as it is now.
    Record(StoredRecord),
    /// All that was there at the beginning has been told.
    CaughtUp,
}

/// How fresh a record must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Consistency {
    /// Whatever replica answers, but never older than what was committed through the same handle.
    #[default]
    ReadYourWrites,
    /// The newest there is, from the leader.
    Leader,
}

/// A change to a bucket.
#[derive(Debug, Clone, Default)]
pub struct Commit {
    /// The blob that the writes name, if it is new.
    pub staged: Option<Nuid>,
    /// Records to write or remove, each with the revision it replaces.
    pub writes: Vec<RecordWrite>,
    /// Blobs that no record will name after this; removed with the commit, or soon after it.
    pub retire: Vec<Retired>,
}

/// A blob that a commit takes the record from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retired {
    /// The blob.
    pub nuid: Nuid,
    /// Names whose records may name it too, because a rename was cut off: then it stays.
    pub aliases: Vec<String>,
}

/// One record of a [`Commit`].
#[derive(Debug, Clone)]
pub struct RecordWrite {
    /// The object's name.
    pub name: String,
    /// The key that the record stands under.
    pub key: String,
    /// The revision of the record that this one replaces; 0 if there must be none.
    pub expected: u64,
    /// The new record; `None` removes the name: a marker tells of it, which goes by itself after [`MARKER_STAYS`], where
    /// something can.
    pub record: Option<Record>,
    /// When the record goes by itself.
    pub expires: Option<Expiry>,
}

/// How long the marker of a name stays that was removed: for watchers that were away for a while, and so that no write
/// whose end is in doubt meanwhile takes the name for one that never was.
pub const MARKER_STAYS: Duration = Duration::from_hours(24);

/// A time at which something goes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// By the clock of this process.
    By(Instant),
    /// By the clock of the store.
    At(SystemTime),
}
