//! When expired records and blobs are to be removed.

use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::database::{nanos, now};
use super::failure::Failure;
use crate::{Error, Result};

const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The next time that something expires, as far as this process knows. Nothing depends on it but disk space: readers
/// hide what is expired.
#[derive(Debug)]
pub(super) struct Sweeper {
    ttl: Option<Duration>,
    due: Option<Instant>,
}

impl Sweeper {
    pub(super) fn new(ttl: Option<Duration>, connection: &Connection) -> Result<Self, Failure> {
        let mut sweeper = Self { ttl, due: None };
        sweeper.due = sweeper.first_expiry(connection)?;
        Ok(sweeper)
    }

    /// When to sweep; never, if nothing can expire.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Something was stored now; what was stored before expires before it.
    pub(super) fn note_put(&mut self) {
        if self.due.is_none() {
            self.due = self.ttl.and_then(|ttl| Instant::now().checked_add(ttl));
        }
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
        let Some(ttl) = self.ttl else { return Ok(None) };
        let first =
            "SELECT min(t) FROM (SELECT min(put_time) t FROM obj UNION ALL SELECT min(put_time) FROM blob)";
        let alive = "(SELECT count(*) FROM bucket WHERE NOT sealed)";
        let query = format!("{first} WHERE {alive} > 0");
        let first: Option<i64> = connection.prepare_cached(&query)?.query_row([], |row| row.get(0))?;
        let Some(first) = first else { return Ok(None) };
        let left = first.saturating_add(nanos(ttl)).saturating_sub(now());
        // A clock counts in steps: a sweep on the dot would find nothing, and come again at once.
        let left = Duration::from_nanos(u64::try_from(left).unwrap_or(0)) + Duration::from_millis(1);
        Ok(Instant::now().checked_add(left))
    }
}
