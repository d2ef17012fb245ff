//! Numbers and times, as JavaScript has them.

use std::time::{Duration, SystemTime};

use napi::{Error, Result, Status};

/// A count on its way to JavaScript, where it is exact up to 2^53.
pub(crate) fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A count that JavaScript gave.
pub(crate) fn count(number: i64) -> Result<u64> {
    u64::try_from(number).map_err(|_| invalid(format!("{number} is below zero")))
}

/// A time span that JavaScript gave in seconds.
pub(crate) fn span(seconds: f64) -> Result<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(|error| invalid(format!("{seconds} seconds: {error}")))
}

/// Milliseconds since 1970, as of a `Date`.
pub(crate) fn millis(time: SystemTime) -> i64 {
    let whole = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    time.duration_since(SystemTime::UNIX_EPOCH).map_or_else(|before| -whole(before.duration()), whole)
}

fn invalid(reason: String) -> Error {
    Error::new(Status::InvalidArg, reason)
}
