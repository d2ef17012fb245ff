//! What the writer does in a transaction: one change, all of it or nothing.

use std::time::{Instant, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension, params};

use super::database::{self, Alive, BucketRow, nanos, now, revision};
use super::failure::Failure;
use super::layout::Id;
use super::payload::Payload;
use super::trash;
use crate::Error;
use crate::engine::{Commit, Expiry, MARKER_STAYS, RecordWrite};
use crate::protocol::record::Record;
use crate::protocol::{BucketConfig, BucketName, Nuid};

/// How many expired rows go in one transaction, so that no put waits long behind it.
const SWEEP_ROWS: i64 = 1000;

/// A change to a bucket.
#[derive(Debug)]
pub(super) enum Change {
    Commit(Records),
    Seal,
    Configure(BucketConfig),
    /// The blob of this row, unless a record names it.
    RemoveBlob(Nuid, i64),
    /// Removes expired records and blobs.
    Sweep,
    /// Removes the rows of files that are durably gone.
    ForgetTrash(Vec<Id>),
}

/// A [`Commit`], ready for the database.
#[derive(Debug)]
pub(super) struct Records {
    staged: Option<(Nuid, Payload)>,
    writes: Vec<Write>,
    /// That another record names one of them is seen by an index.
    retire: Vec<Nuid>,
}

#[derive(Debug)]
struct Write {
    name: String,
    expected: u64,
    json: String,
    /// The blob that the record names.
    nuid: Option<Nuid>,
    /// Whether the record keeps its blob alive.
    is_live: bool,
    expires: Option<i64>,
}

impl Records {
    pub(super) fn new(bucket: &BucketName, commit: &Commit, staged: Option<(Nuid, Payload)>) -> Self {
        let writes = commit.writes.iter().map(|write| Write::new(bucket, write)).collect();
        Self { staged, writes, retire: commit.retire.iter().map(|retired| retired.nuid.clone()).collect() }
    }
}

/// What a change came to, for all that follows its transaction.
#[derive(Debug, Default)]
pub(super) struct Applied {
    /// The revisions of the records, in the order of the writes; for a blob that was removed, the one that it was at.
    pub(super) revisions: Vec<u64>,
    /// Files that have no blob any more.
    pub(super) trashed: Vec<Id>,
    /// Whether a sweep left expired rows for another one.
    pub(super) more: bool,
    /// When the first of what was stored expires.
    pub(super) expires: Option<i64>,
}

/// The refusal of a write that a bucket of `max` bytes has no room for.
pub(super) fn no_room(max: u64, used: u64, wanted: u64) -> Error {
    let reason = format!("{used} of the bucket's {max} bytes are in use, and {wanted} more are needed");
    Error::QuotaExceeded { during: Box::default(), reason }
}

impl Change {
    /// The blob that a commit of this change makes the store's own.
    pub(super) fn staged(&self) -> Option<(&Nuid, &Payload)> {
        match self {
            Self::Commit(Records { staged: Some((nuid, payload)), .. }) => Some((nuid, payload)),
            _ => None,
        }
    }

    /// The error for not knowing whether a commit of this change took effect.
    pub(super) fn unknown(&self) -> Error {
        let (mut during, mut nuid, mut revision_before) = (Box::<crate::During>::default(), None, 0);
        if let Self::Commit(Records { writes, .. }) = self
            && let Some(first) = writes.first()
        {
            during.name = Some(first.name.clone());
            nuid.clone_from(&first.nuid);
            revision_before = first.expected;
        }
        Error::Unknown { during, nuid, revision_before }
    }

    /// Does it, inside a transaction that is rolled back if it fails.
    pub(super) fn apply(&self, tx: &Connection, name: &BucketName) -> Result<Applied, Failure> {
        let bucket = BucketRow::read(tx, name)?;
        let sealed = || Err(Error::Sealed { bucket: name.to_string() }.into());
        match self {
            Self::Commit(_) | Self::RemoveBlob(..) | Self::Configure(_) if bucket.sealed => sealed(),
            Self::Commit(records) => records.apply(tx, name, &bucket),
            Self::RemoveBlob(nuid, row) => {
                if !is_orphan(tx, nuid, *row)? {
                    return Ok(Applied::default());
                }
                let (freed, trashed) = retire(tx, nuid)?;
                use_bytes(tx, -freed)?;
                Ok(Applied { revisions: vec![revision(bucket.last_seq)], trashed, ..Applied::default() })
            }
            Self::Seal => seal(tx, &bucket),
            Self::Configure(config) => {
                // What is expired must not come back to life with a longer ttl.
                let swept = sweep_all(tx, bucket.alive())?;
                database::configure(tx, name, config)?;
                // What is there may expire sooner now.
                Ok(Applied { expires: Some(now()), ..swept })
            }
            Self::Sweep => sweep(tx, bucket.alive()),
            Self::ForgetTrash(files) => trash::forget(tx, files).map(|()| Applied::default()),
        }
    }
}

impl Records {
    fn apply(&self, tx: &Connection, name: &BucketName, bucket: &BucketRow) -> Result<Applied, Failure> {
        let alive = bucket.alive();
        let now = alive.now;
        let (mut added, mut freed) = (0, 0);
        for write in &self.writes {
            let (revision, bytes) = current(tx, &write.name, alive)?;
            if revision != write.expected {
                let (bucket, name) = (name.to_string(), write.name.clone());
                return Err(Error::Conflict { bucket, name, expected: write.expected }.into());
            }
            freed += bytes;
        }
        if let Some((nuid, payload)) = &self.staged {
            let expires = self.writes.first().and_then(|write| write.expires);
            insert_blob(tx, nuid, payload, now, expires)?;
            added += size(payload.size());
        }
        let mut seq = bucket.last_seq;
        let mut revisions = Vec::with_capacity(self.writes.len());
        for write in &self.writes {
            seq += 1;
            added += write.apply(tx, seq, now)?;
            revisions.push(revision(seq));
        }
        let mut trashed = Vec::new();
        for nuid in &self.retire {
            let (bytes, files) = retire(tx, nuid)?;
            freed += bytes;
            trashed.extend(files);
        }
        let is_over = |bytes: i64| bucket.max_bytes.is_some_and(|max| bytes > size(max));
        let after = bucket.bytes + added - freed;
        // A new blob needs room beside the old one. A record alone does not: else a full bucket could not be emptied.
        let refused = match self.staged {
            Some(_) => is_over(bucket.bytes + added),
            None => is_over(after) && after > bucket.bytes,
        };
        if refused {
            let max = bucket.max_bytes.unwrap_or(u64::MAX);
            return Err(no_room(max, bucket.bytes.unsigned_abs(), added.unsigned_abs()).into());
        }
        let mut update = tx.prepare_cached("UPDATE bucket SET last_seq = ?1, bytes = bytes + ?2")?;
        update.execute(params![seq, added - freed])?;
        let by_ttl = bucket.ttl().map(|ttl| now.saturating_add(ttl));
        let expires = self.writes.iter().filter_map(|write| write.expires).chain(by_ttl).min();
        Ok(Applied { revisions, trashed, more: false, expires })
    }
}

impl Write {
    fn new(bucket: &BucketName, write: &RecordWrite) -> Self {
        let moved = || Record::of_moved(bucket, &write.name);
        let record = write.record.clone().unwrap_or_else(moved);
        let expires = match write.expires {
            None if write.record.is_none() => Some(now().saturating_add(nanos(MARKER_STAYS))),
            None => None,
            Some(Expiry::By(time)) => {
                Some(now().saturating_add(nanos(time.saturating_duration_since(Instant::now()))))
            }
            Some(Expiry::At(time)) => Some(time.duration_since(UNIX_EPOCH).map_or(0, nanos)),
        };
        Self {
            name: write.name.clone(),
            expected: write.expected,
            json: String::from_utf8_lossy(&record.to_json()).into_owned(),
            nuid: record.nuid(),
            is_live: !record.is_deleted(),
            expires,
        }
    }

    /// Writes the record, and says how many bytes it takes now.
    fn apply(&self, tx: &Connection, seq: i64, now: i64) -> Result<i64, Failure> {
        let nuid = self.nuid.as_ref().filter(|_| self.is_live).map(Nuid::as_str);
        // A record that is written again expires with its blob.
        let mut insert = tx.prepare_cached(
            "INSERT INTO obj(name, seq, mtime, put_time, expires, nuid, info)
             VALUES(?1, ?2, ?3, ifnull((SELECT put_time FROM blob WHERE nuid = ?4), ?3), ?5, ?4, ?6)
             ON CONFLICT(name) DO UPDATE SET seq = excluded.seq, mtime = excluded.mtime,
                 put_time = excluded.put_time, expires = excluded.expires, nuid = excluded.nuid,
                 info = excluded.info",
        )?;
        insert.execute(params![self.name, seq, now, nuid, self.expires, self.json])?;
        Ok(size((self.name.len() + self.json.len()) as u64))
    }
}

/// The revision of a name, 0 if it has none or is expired; and the bytes that its row takes.
fn current(tx: &Connection, name: &str, alive: Alive) -> Result<(u64, i64), Failure> {
    let mut query = tx.prepare_cached(
        "SELECT iif(put_time >= ?2 AND ifnull(expires > ?3, 1), seq, 0), octet_length(name) + octet_length(info)
         FROM obj WHERE name = ?1",
    )?;
    let of_name = params![name, alive.since, alive.now];
    let found = query.query_row(of_name, |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let (seq, bytes): (i64, i64) = found.unwrap_or_default();
    Ok((revision(seq), bytes))
}

fn insert_blob(
    tx: &Connection,
    nuid: &Nuid,
    payload: &Payload,
    now: i64,
    expires: Option<i64>,
) -> Result<(), Failure> {
    let (file, data) = match payload {
        Payload::Inline(data) => (None, Some(&data[..])),
        Payload::File { upload, .. } => {
            let file = upload.file().0;
            // Another process may have taken the upload for dead. While this transaction is open, none can any more.
            let is_trash = tx.prepare_cached("SELECT 1 FROM trash WHERE file = ?1")?.exists([file])?;
            if is_trash || !upload.path().exists() {
                let gone = format!("the upload {} was removed by another process", upload.path().display());
                return Err(Error::unavailable(gone).into());
            }
            (Some(file), None)
        }
    };
    let mut insert = tx.prepare_cached(
        "INSERT INTO blob(nuid, put_time, expires, size, file, data) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    insert.execute(params![nuid.as_str(), now, expires, size(payload.size()), file, data])?;
    Ok(())
}

/// Whether the blob is still there, and no live record names it.
fn is_orphan(tx: &Connection, nuid: &Nuid, row: i64) -> Result<bool, Failure> {
    let mut find = tx.prepare_cached(
        "SELECT 1 FROM blob WHERE nuid = ?1 AND id = ?2 AND NOT EXISTS (SELECT 1 FROM obj WHERE nuid = ?1)",
    )?;
    Ok(find.exists(params![nuid.as_str(), row])?)
}

/// Removes a blob unless a live record names it. Answers with the bytes that this frees, and its file.
fn retire(tx: &Connection, nuid: &Nuid) -> Result<(i64, Vec<Id>), Failure> {
    let mut delete = tx.prepare_cached(
        "DELETE FROM blob WHERE nuid = ?1 AND NOT EXISTS (SELECT 1 FROM obj WHERE nuid = ?1) RETURNING size, file",
    )?;
    let removed = delete.query_map([nuid.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    trash_all(tx, removed)
}

fn seal(tx: &Connection, bucket: &BucketRow) -> Result<Applied, Failure> {
    // What is expired must not come back to life when the ttl doesn't count any more.
    let swept = sweep_all(tx, bucket.alive())?;
    tx.execute("UPDATE bucket SET sealed = 1", [])?;
    Ok(swept)
}

/// All that is expired, in one transaction.
fn sweep_all(tx: &Connection, alive: Alive) -> Result<Applied, Failure> {
    let mut applied = Applied::default();
    loop {
        let mut swept = sweep(tx, alive)?;
        applied.trashed.append(&mut swept.trashed);
        if !swept.more {
            return Ok(applied);
        }
    }
}

/// Records and blobs go apart: a record has the `put_time` and the `expires` of its blob.
fn sweep(tx: &Connection, alive: Alive) -> Result<Applied, Failure> {
    let mut applied = sweep_where(tx, "expires <= ?1", alive.now)?;
    if alive.since > i64::MIN {
        let mut older = sweep_where(tx, "put_time < ?1", alive.since)?;
        applied.trashed.append(&mut older.trashed);
        applied.more |= older.more;
    }
    Ok(applied)
}

fn sweep_where(tx: &Connection, is_expired: &str, time: i64) -> Result<Applied, Failure> {
    let mut applied = Applied::default();
    let (mut freed, mut rows) = (0, 0);
    let mut delete = tx.prepare_cached(&format!(
        "DELETE FROM obj WHERE name IN (SELECT name FROM obj WHERE {is_expired} LIMIT ?2)
         RETURNING octet_length(name) + octet_length(info)"
    ))?;
    for bytes in delete.query_map(params![time, SWEEP_ROWS], |row| row.get::<_, i64>(0))? {
        freed += bytes?;
        rows += 1;
    }
    applied.more = rows == SWEEP_ROWS;
    let mut delete = tx.prepare_cached(&format!(
        "DELETE FROM blob WHERE id IN (SELECT id FROM blob WHERE {is_expired} LIMIT ?2) RETURNING size, file"
    ))?;
    rows = 0;
    let removed = delete.query_map(params![time, SWEEP_ROWS], |row| {
        rows += 1;
        Ok((row.get(0)?, row.get(1)?))
    })?;
    let (bytes, trashed) = trash_all(tx, removed)?;
    applied.more |= rows == SWEEP_ROWS;
    applied.trashed = trashed;
    use_bytes(tx, -freed - bytes)?;
    Ok(applied)
}

/// Puts the files of removed blobs into the trash.
fn trash_all(
    tx: &Connection,
    removed: impl Iterator<Item = rusqlite::Result<(i64, Option<[u8; 16]>)>>,
) -> Result<(i64, Vec<Id>), Failure> {
    // The rows of a statement are read to their end first: it has not run before.
    let removed = removed.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut insert = tx.prepare_cached("INSERT OR IGNORE INTO trash VALUES(?1)")?;
    let (mut freed, mut files) = (0, Vec::new());
    for (bytes, file) in removed {
        freed += bytes;
        if let Some(file) = file {
            insert.execute([file])?;
            files.push(Id(file));
        }
    }
    Ok((freed, files))
}

fn use_bytes(tx: &Connection, bytes: i64) -> Result<(), Failure> {
    tx.prepare_cached("UPDATE bucket SET bytes = bytes + ?1")?.execute([bytes])?;
    Ok(())
}

fn size(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
