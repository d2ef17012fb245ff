//! The database of a bucket: its schema, its connections, and the row that describes the bucket.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use serde_json::{Map, Value};

use super::failure::Failure;
use super::layout::{BucketDir, Id};
use super::lock::Lock;
use crate::Error;
use crate::protocol::{BucketConfig, BucketName};

/// Older ones lose commits when two connections write and checkpoint at the same instant.
const MIN_SQLITE_VERSION: i32 = 3_051_003;

const APPLICATION_ID: i64 = 0x4F42_4A31;
const SCHEMA_VERSION: i64 = 2;

/// How long a writer waits for those of other processes.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// `obj` holds the records, `obj.nuid` only of live ones. A blob stands apart from the records that name it, because
/// a rename moves its name and two records may share it; it is in `data` if it is small, else in the file `file`.
const SCHEMA: &str = "
    CREATE TABLE bucket(
        k INTEGER PRIMARY KEY CHECK(k = 0), id BLOB NOT NULL, config TEXT NOT NULL, ttl INTEGER, max_bytes INTEGER,
        created INTEGER NOT NULL, sealed INTEGER NOT NULL, last_seq INTEGER NOT NULL, bytes INTEGER NOT NULL);
    CREATE TABLE obj(
        name TEXT PRIMARY KEY, seq INTEGER NOT NULL, mtime INTEGER NOT NULL, put_time INTEGER NOT NULL,
        expires INTEGER, nuid TEXT, info TEXT NOT NULL) WITHOUT ROWID;
    CREATE UNIQUE INDEX obj_seq ON obj(seq);
    CREATE INDEX obj_expires ON obj(expires) WHERE expires IS NOT NULL;
    CREATE INDEX obj_nuid ON obj(nuid) WHERE nuid IS NOT NULL;
    CREATE TABLE blob(
        id INTEGER PRIMARY KEY, nuid TEXT NOT NULL UNIQUE, put_time INTEGER NOT NULL, expires INTEGER,
        size INTEGER NOT NULL, file BLOB, data BLOB);
    CREATE UNIQUE INDEX blob_file ON blob(file) WHERE file IS NOT NULL;
    CREATE INDEX blob_expires ON blob(expires) WHERE expires IS NOT NULL;
    CREATE TABLE trash(file BLOB PRIMARY KEY) WITHOUT ROWID;
";

/// What finds expired rows; a bucket without a ttl needn't write it.
const TTL_SCHEMA: &str = "
    CREATE INDEX IF NOT EXISTS obj_put_time ON obj(put_time);
    CREATE INDEX IF NOT EXISTS blob_put_time ON blob(put_time);
";

/// Creates the database of a bucket, and closes it.
pub(super) fn create(dir: &BucketDir, bucket: &BucketName, config: &BucketConfig) -> Result<(), Failure> {
    check_sqlite(rusqlite::version_number())?;
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(dir.database(), flags)?;
    connection.pragma_update(None, "page_size", 4096)?;
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let schema = connection.transaction()?;
    schema.pragma_update(None, "application_id", APPLICATION_ID)?;
    schema.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    schema.execute_batch(SCHEMA)?;
    let row = params![Id::fresh().0, "{}", now()];
    schema.execute("INSERT INTO bucket VALUES(0, ?1, ?2, NULL, NULL, ?3, 0, 0, 0)", row)?;
    configure(&schema, bucket, config)?;
    schema.commit()?;
    connection.close().map_err(|(_, error)| error)?;
    Ok(())
}

/// Gives a bucket this configuration.
pub(super) fn configure(tx: &Connection, bucket: &BucketName, config: &BucketConfig) -> Result<(), Failure> {
    if config.ttl.is_some() {
        tx.execute_batch(TTL_SCHEMA)?;
    }
    let stream = Value::Object(config.to_stream_config(bucket)).to_string();
    let max_bytes = config.max_bytes.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
    tx.execute(
        "UPDATE bucket SET config = ?1, ttl = ?2, max_bytes = ?3",
        params![stream, config.ttl.map(nanos), max_bytes],
    )?;
    Ok(())
}

/// Opens the database of an existing bucket; never creates one.
///
/// The connection never removes the log when it is closed: it would do so by its path, where another bucket's log may
/// be by then.
pub(super) fn connect(dir: &BucketDir, _: &Lock) -> Result<Connection, Failure> {
    check_sqlite(rusqlite::version_number())?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(dir.database(), flags)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 4096)?;
    connection.pragma_update(None, "journal_size_limit", 32 << 20)?;
    connection.pragma_update(None, "cache_size", -16384)?;
    if cfg!(target_vendor = "apple") {
        connection.pragma_update(None, "fullfsync", true)?;
        connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    }
    connection.set_prepared_statement_cache_capacity(64);
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    if (pragma("application_id")?, pragma("user_version")?) != (APPLICATION_ID, SCHEMA_VERSION) {
        let reason = format!("{} is no bucket of a version that is known here", dir.database().display());
        return Err(Error::InvalidArgument { argument: "path", reason }.into());
    }
    Ok(connection)
}

fn check_sqlite(version: i32) -> Result<(), Failure> {
    if version >= MIN_SQLITE_VERSION {
        return Ok(());
    }
    let reason =
        format!("SQLite {version} is linked, which may lose commits; {MIN_SQLITE_VERSION} is needed");
    Err(Error::unavailable(reason).into())
}

/// The row that describes a bucket. A bucket whose row is gone is deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BucketRow {
    /// Tells the bucket from another one of the same name.
    pub(super) id: [u8; 16],
    config: String,
    /// Nanoseconds.
    ttl: Option<i64>,
    pub(super) max_bytes: Option<u64>,
    pub(super) sealed: bool,
    pub(super) last_seq: i64,
    /// Bytes in use: records with their names, and blobs.
    pub(super) bytes: i64,
}

impl BucketRow {
    pub(super) fn read(connection: &Connection, bucket: &BucketName) -> Result<Self, Failure> {
        let mut query = connection
            .prepare_cached("SELECT id, config, ttl, max_bytes, sealed, last_seq, bytes FROM bucket")?;
        let row = query.query_row([], |row| {
            Ok(Self {
                id: row.get(0)?,
                config: row.get(1)?,
                ttl: row.get(2)?,
                max_bytes: row.get::<_, Option<i64>>(3)?.map(i64::unsigned_abs),
                sealed: row.get(4)?,
                last_seq: row.get(5)?,
                bytes: row.get(6)?,
            })
        });
        row.optional()?.ok_or_else(|| Error::BucketDeleted { bucket: bucket.to_string() }.into())
    }

    /// The bucket's configuration.
    pub(super) fn config(&self, bucket: &BucketName) -> BucketConfig {
        let stream: Map<String, Value> = serde_json::from_str(&self.config).unwrap_or_default();
        BucketConfig { plain: false, ..BucketConfig::of_stream_config(bucket, &stream) }
    }

    /// How long what is put lives, in nanoseconds. In a sealed bucket the ttl doesn't count any more, as on JetStream.
    pub(super) fn ttl(&self) -> Option<i64> {
        self.ttl.filter(|_| !self.sealed)
    }

    /// What is not expired now.
    pub(super) fn alive(&self) -> Alive {
        let now = now();
        Alive { since: self.ttl().map_or(i64::MIN, |ttl| now.saturating_sub(ttl)), now }
    }
}

/// What is not expired: `put_time >= since`, and no `expires <= now`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Alive {
    pub(super) since: i64,
    pub(super) now: i64,
}

/// The time, in nanoseconds since 1970.
pub(super) fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, nanos)
}

/// The nanoseconds of a duration, as the database counts them.
pub(super) fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// The revision that a `seq` is.
pub(super) fn revision(seq: i64) -> u64 {
    u64::try_from(seq).unwrap_or(0)
}

/// The time of a row.
pub(super) fn time(nanos: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_sqlite_that_may_lose_commits_is_refused() {
        assert!(check_sqlite(3_051_002).is_err());
        assert!(check_sqlite(rusqlite::version_number()).is_ok());
    }
}
