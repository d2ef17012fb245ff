//! When expired records and blobs are to be removed.

use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::database::{BucketRow, now};
use super::failure::Failure;
use crate::protocol::BucketName;
use crate::{Error, Result};

const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The next time that something expires, as far as this process knows. Nothing depends on it but disk space: readers
/// hide what is expired.
#[derive(Debug)]
pub(super) struct Sweeper {
    bucket: BucketName,
    due: Option<Instant>,
}

impl Sweeper {
    pub(super) fn new(bucket: &BucketName, connection: &Connection) -> Result<Self, Failure> {
        let mut sweeper = Self { bucket: bucket.clone(), due: None };
        sweeper.due = sweeper.first_expiry(connection)?;
        Ok(sweeper)
    }

    /// When to sweep; never, if nothing can expire.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Something was stored that expires at this time.
    pub(super) fn note(&mut self, expires: Option<i64>) {
        self.due = [self.due, expires.and_then(instant)].into_iter().flatten().min();
    }

    /// Plans the next sweep after one that left more to do, or failed.
    pub(super) fn swept(&mut self, more: Result<bool>, connection: &Connection) {
        self.due = match more {
            Ok(true) => Some(Instant::now()),
            Ok(false) => self.first_expiry(connection).unwrap_or_else(|_| Some(Instant::now() + RETRY_AFTER)),
            Err(Error::BucketDeleted { .. }) => None,
            Err(error) => {
                tracing::debug!(%error, "could not sweep");
                Some(Instant::now() + RETRY_AFTER)
            }
        };
    }

    fn first_expiry(&self, connection: &Connection) -> Result<Option<Instant>, Failure> {
        let ttl = match BucketRow::read(connection, &self.bucket) {
            Ok(row) => row.ttl(),
            // Deleted: nothing is left to expire.
            Err(Failure::Refused(_)) => return Ok(None),
            Err(failure) => return Err(failure),
        };
        let first = |column: &str| {
            let first = format!("SELECT min({column}) FROM obj UNION ALL SELECT min({column}) FROM blob");
            let query = format!("SELECT min(t) FROM (SELECT NULL t UNION ALL {first})");
            connection.prepare_cached(&query)?.query_row([], |row| row.get::<_, Option<i64>>(0))
        };
        let by_ttl = match ttl {
            Some(ttl) => first("put_time")?.map(|first| first.saturating_add(ttl)),
            None => None,
        };
        Ok([by_ttl, first("expires")?].into_iter().flatten().min().and_then(instant))
    }
}

/// When something that expires at this time can be swept.
fn instant(expires: i64) -> Option<Instant> {
    let left = expires.saturating_sub(now());
    // A clock counts in steps: a sweep on the dot would find nothing, and come again at once.
    let left = Duration::from_nanos(u64::try_from(left).unwrap_or(0)) + Duration::from_millis(1);
    Instant::now().checked_add(left)
}
