//! What the writer does in a transaction: one change, all of it or nothing.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::database::{BucketRow, now, revision};
use super::failure::Failure;
use super::layout::Id;
use super::payload::Payload;
use super::trash;
use crate::Error;
use crate::engine::Commit;
use crate::protocol::{BucketName, Nuid};

/// How many expired rows go in one transaction, so that no put waits long behind it.
const SWEEP_ROWS: i64 = 1000;

/// A change to a bucket.
#[derive(Debug)]
pub(super) enum Change {
    Commit(Records),
    Seal,
    RemoveBlob(Nuid),
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
    retire: Vec<Nuid>,
}

#[derive(Debug)]
struct Write {
    name: String,
    expected: u64,
    record: Option<Row>,
}

#[derive(Debug)]
struct Row {
    json: String,
    /// The blob that the record keeps alive.
    nuid: Option<Nuid>,
}

impl Records {
    pub(super) fn new(commit: &Commit, staged: Option<(Nuid, Payload)>) -> Self {
        let writes = commit.writes.iter().map(|write| Write {
            name: write.name.clone(),
            expected: write.expected,
            record: write.record.as_ref().map(|record| Row {
                json: String::from_utf8_lossy(&record.to_json()).into_owned(),
                nuid: if record.is_deleted() { None } else { record.nuid() },
            }),
        });
        Self { staged, writes: writes.collect(), retire: commit.retire.clone() }
    }
}

/// What a change came to, for all that follows its transaction.
#[derive(Debug, Default)]
pub(super) struct Applied {
    /// The revisions of the records, in the order of the writes.
    pub(super) revisions: Vec<u64>,
    /// Files that have no blob any more.
    pub(super) trashed: Vec<Id>,
    /// Whether a sweep left expired rows for another one.
    pub(super) more: bool,
}

/// What a change must know of its bucket.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    pub(super) bucket: BucketName,
    pub(super) ttl: Option<Duration>,
    pub(super) max_bytes: Option<u64>,
}

impl Terms {
    /// The refusal of a write that the bucket has no room for.
    pub(super) fn no_room(&self, used: u64, wanted: u64) -> Error {
        let max = self.max_bytes.unwrap_or(u64::MAX);
        let reason = format!("{used} of the bucket's {max} bytes are in use, and {wanted} more are needed");
        Error::QuotaExceeded { during: Box::default(), reason }
    }
}

impl Change {
    /// The blob that a commit of this change makes the store's own.
    pub(super) fn staged(&self) -> Option<(&Nuid, &Payload)> {
        match self {
            Self::Commit(Records { staged: Some((nuid, payload)), .. }) => Some((nuid, payload)),
            _ => None,
        }
    }

    /// The revision that a commit of this change expects to replace.
    pub(super) fn revision_before(&self) -> u64 {
        match self {
            Self::Commit(records) => records.writes.first().map_or(0, |write| write.expected),
            _ => 0,
        }
    }

    /// Does it, inside a transaction that is rolled back if it fails.
    pub(super) fn apply(&self, tx: &Connection, terms: &Terms) -> Result<Applied, Failure> {
        let bucket = BucketRow::read(tx, &terms.bucket)?;
        let sealed = || Err(Error::Sealed { bucket: terms.bucket.to_string() }.into());
        match self {
            Self::Commit(_) | Self::RemoveBlob(_) if bucket.sealed => sealed(),
            Self::Commit(records) => records.apply(tx, terms, &bucket),
            Self::RemoveBlob(nuid) => {
                let (freed, trashed) = retire(tx, nuid)?;
                use_bytes(tx, -freed)?;
                Ok(Applied { trashed, ..Applied::default() })
            }
            Self::Seal => seal(tx, terms, &bucket),
            Self::Sweep => sweep(tx, bucket.alive_since(terms.ttl)),
            Self::ForgetTrash(files) => trash::forget(tx, files).map(|()| Applied::default()),
        }
    }
}

impl Records {
    fn apply(&self, tx: &Connection, terms: &Terms, bucket: &BucketRow) -> Result<Applied, Failure> {
        let (now, alive_since) = (now(), bucket.alive_since(terms.ttl));
        let (mut added, mut freed) = (0, 0);
        for write in &self.writes {
            let (revision, bytes) = current(tx, &write.name, alive_since)?;
            if revision != write.expected {
                let (bucket, name) = (terms.bucket.to_string(), write.name.clone());
                return Err(Error::Conflict { bucket, name, expected: write.expected }.into());
            }
            freed += bytes;
        }
        if let Some((nuid, payload)) = &self.staged {
            insert_blob(tx, nuid, payload, now)?;
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
        let is_over = |bytes: i64| terms.max_bytes.is_some_and(|max| bytes > size(max));
        let after = bucket.bytes + added - freed;
        // A new blob needs room beside the old one. A record alone does not: else a full bucket could not be emptied.
        let refused = match self.staged {
            Some(_) => is_over(bucket.bytes + added),
            None => is_over(after) && after > bucket.bytes,
        };
        if refused {
            return Err(terms.no_room(bucket.bytes.unsigned_abs(), added.unsigned_abs()).into());
        }
        let mut update = tx.prepare_cached("UPDATE bucket SET last_seq = ?1, bytes = bytes + ?2")?;
        update.execute(params![seq, added - freed])?;
        Ok(Applied { revisions, trashed, more: false })
    }
}

impl Write {
    /// Writes or removes the record, and says how many bytes it takes now.
    fn apply(&self, tx: &Connection, seq: i64, now: i64) -> Result<i64, Failure> {
        let Some(Row { json, nuid }) = &self.record else {
            tx.prepare_cached("DELETE FROM obj WHERE name = ?1")?.execute([&self.name])?;
            return Ok(0);
        };
        let nuid = nuid.as_ref().map(Nuid::as_str);
        // A record that is written again expires with its blob.
        let mut insert = tx.prepare_cached(
            "INSERT INTO obj(name, seq, mtime, put_time, nuid, info)
             VALUES(?1, ?2, ?3, ifnull((SELECT put_time FROM blob WHERE nuid = ?4), ?3), ?4, ?5)
             ON CONFLICT(name) DO UPDATE SET seq = excluded.seq, mtime = excluded.mtime,
                 put_time = excluded.put_time, nuid = excluded.nuid, info = excluded.info",
        )?;
        insert.execute(params![self.name, seq, now, nuid, json])?;
        Ok(size((self.name.len() + json.len()) as u64))
    }
}

/// The revision of a name, 0 if it has none or is expired; and the bytes that its row takes.
fn current(tx: &Connection, name: &str, alive_since: i64) -> Result<(u64, i64), Failure> {
    let mut query = tx.prepare_cached(
        "SELECT iif(put_time >= ?2, seq, 0), octet_length(name) + octet_length(info) FROM obj WHERE name = ?1",
    )?;
    let found =
        query.query_row(params![name, alive_since], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let (seq, bytes): (i64, i64) = found.unwrap_or_default();
    Ok((revision(seq), bytes))
}

fn insert_blob(tx: &Connection, nuid: &Nuid, payload: &Payload, now: i64) -> Result<(), Failure> {
    let (file, data) = match payload {
        Payload::Inline(data) => (None, Some(&data[..])),
        Payload::File { upload, .. } => (Some(upload.file().0), None),
    };
    let mut insert =
        tx.prepare_cached("INSERT INTO blob(nuid, put_time, size, file, data) VALUES(?1, ?2, ?3, ?4, ?5)")?;
    insert.execute(params![nuid.as_str(), now, size(payload.size()), file, data])?;
    Ok(())
}

/// Removes a blob unless a live record names it. Answers with the bytes that this frees, and its file.
fn retire(tx: &Connection, nuid: &Nuid) -> Result<(i64, Vec<Id>), Failure> {
    let mut delete = tx.prepare_cached(
        "DELETE FROM blob WHERE nuid = ?1 AND NOT EXISTS (SELECT 1 FROM obj WHERE nuid = ?1) RETURNING size, file",
    )?;
    let removed = delete.query_map([nuid.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    trash_all(tx, removed)
}

fn seal(tx: &Connection, terms: &Terms, bucket: &BucketRow) -> Result<Applied, Failure> {
    let mut applied = Applied::default();
    // What is expired must not come back to life when nothing expires any more.
    let mut swept = sweep(tx, bucket.alive_since(terms.ttl))?;
    while swept.more {
        applied.trashed.append(&mut swept.trashed);
        swept = sweep(tx, bucket.alive_since(terms.ttl))?;
    }
    applied.trashed.append(&mut swept.trashed);
    tx.execute("UPDATE bucket SET sealed = 1", [])?;
    Ok(applied)
}

/// Records and blobs go apart: a record has the `put_time` of its blob.
fn sweep(tx: &Connection, alive_since: i64) -> Result<Applied, Failure> {
    let mut applied = Applied::default();
    if alive_since == i64::MIN {
        return Ok(applied);
    }
    let mut freed = 0;
    let mut rows = 0;
    let mut delete = tx.prepare_cached(
        "DELETE FROM obj WHERE name IN (SELECT name FROM obj WHERE put_time < ?1 LIMIT ?2)
         RETURNING octet_length(name) + octet_length(info)",
    )?;
    for bytes in delete.query_map(params![alive_since, SWEEP_ROWS], |row| row.get::<_, i64>(0))? {
        freed += bytes?;
        rows += 1;
    }
    applied.more = rows == SWEEP_ROWS;
    let mut delete = tx.prepare_cached(
        "DELETE FROM blob WHERE id IN (SELECT id FROM blob WHERE put_time < ?1 LIMIT ?2) RETURNING size, file",
    )?;
    rows = 0;
    let removed = delete.query_map(params![alive_since, SWEEP_ROWS], |row| {
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
