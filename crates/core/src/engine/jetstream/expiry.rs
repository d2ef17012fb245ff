//! Messages that go by themselves: a TTL per message (server 2.11).

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use async_nats::header::NATS_MESSAGE_TTL as TTL;
use async_nats::{HeaderMap, HeaderName};
use serde_json::Value;

use super::record::LeaderMessage;
use super::stream::BucketStream;
use crate::engine::Expiry;
use crate::protocol::config::is_on;
use crate::{Error, Result};

/// When the object goes, in RFC 3339 by the clock of the store: a record that is written again has a TTL of what is left,
/// in whole seconds, from which the time could not be told exactly any more.
const EXPIRES: HeaderName = HeaderName::from_static("Jetblob-Expires");

/// How much longer chunks stay than the record that names them, which is stored after them, and rounded up.
const CHUNKS_STAY: Duration = Duration::from_secs(5);

/// Headers, in either form.
pub(super) trait Headers {
    /// One of them.
    fn value(&self, name: HeaderName) -> Option<&str>;
}

impl Headers for HeaderMap {
    fn value(&self, name: HeaderName) -> Option<&str> {
        // There are few: to look at each takes less than a hash.
        let (_, values) = self.iter().find(|(other, _)| **other == name)?;
        Some(values.first()?.as_str())
    }
}

impl Headers for LeaderMessage {
    fn value(&self, name: HeaderName) -> Option<&str> {
        self.header(name.as_ref())
    }
}

/// The headers of a chunk of a blob that expires.
pub(super) fn chunk_headers(expires: Instant) -> HeaderMap {
    let mut headers = HeaderMap::new();
    insert(&mut headers, expires.saturating_duration_since(Instant::now()) + CHUNKS_STAY);
    headers
}

/// Fails unless the stream lets messages expire. What was seen of it may be older than an update.
pub(super) async fn check(stream: &BucketStream) -> Result<()> {
    if !stream.takes_ttl.load(Ordering::Relaxed) {
        let info = stream.stream_info(&Value::Null).await?;
        if !is_on(&super::config_of(&info), "allow_msg_ttl") {
            return Err(unsupported(stream.bucket.as_str()));
        }
        stream.takes_ttl.store(true, Ordering::Relaxed);
    }
    Ok(())
}

/// Sets the TTL of a record that is stored now.
pub(super) async fn set(
    headers: &mut HeaderMap,
    expires: Expiry,
    stream: &BucketStream,
    name: &str,
) -> Result<()> {
    let left = match expires {
        Expiry::By(time) => {
            check(stream).await?;
            let left = time.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let reason = "the put took longer than the object was to live".to_owned();
                return Err(Error::InvalidArgument { argument: "expiry", reason });
            }
            left
        }
        // The clock of the store counts, which may be another than this machine's.
        Expiry::At(time) => {
            headers.insert(EXPIRES, humantime::format_rfc3339_nanos(time).to_string());
            let info = stream.stream_info(&Value::Null).await?;
            let now = info["ts"].as_str().and_then(|now| humantime::parse_rfc3339(now).ok());
            let left = time.duration_since(now.unwrap_or_else(SystemTime::now)).unwrap_or_default();
            // It is on its way out, for the server counts in whole seconds: written again it would stay.
            if left.is_zero() {
                let (bucket, name) = (stream.bucket.to_string(), name.to_owned());
                return Err(Error::NotFound { bucket, name, deleted: false });
            }
            left
        }
    };
    insert(headers, left);
    Ok(())
}

/// Whole seconds, rounded up; one at least.
pub(super) fn insert(headers: &mut HeaderMap, left: Duration) {
    let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
    headers.insert(TTL, format!("{}s", seconds.max(1)));
}

/// When a record goes that was stored at this time.
pub(super) fn of(headers: &impl Headers, stored: SystemTime) -> Option<SystemTime> {
    let ttl = headers.value(TTL)?;
    let ttl = match ttl.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => humantime::parse_duration(ttl).ok()?,
    };
    let by_ttl = stored.checked_add(ttl).filter(|_| ttl > Duration::ZERO)?;
    let said = headers.value(EXPIRES).and_then(|time| humantime::parse_rfc3339(time).ok());
    Some(said.map_or(by_ttl, |said| said.min(by_ttl)))
}

/// The bucket can't let anything expire.
pub(super) fn unsupported(bucket: &str) -> Error {
    Error::InvalidArgument {
        argument: "expiry",
        reason: format!(
            "the stream of bucket {bucket:?} knows no TTL per message: it needs server 2.11, and allow_msg_ttl, which an \
             update of the bucket sets; or give the bucket a ttl"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ttl_is_read_in_every_form() {
        let at = |seconds| Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        let mut headers = HeaderMap::new();
        let mut read = |ttl: &str| {
            headers.insert(TTL, ttl);
            of(&headers, SystemTime::UNIX_EPOCH)
        };
        for (ttl, expires) in
            [("90s", at(90)), ("90", at(90)), ("1m30s", at(90)), ("never", None), ("0", None), ("x", None)]
        {
            assert_eq!(read(ttl), expires, "{ttl}");
        }
        assert_eq!(read("18446744073709551615"), None);
        headers.insert(TTL, "90s");
        headers.insert(EXPIRES, "1970-01-01T00:01:29.5Z");
        assert_eq!(
            of(&headers, SystemTime::UNIX_EPOCH),
            at(89).map(|time| time + Duration::from_millis(500))
        );
    }

    #[test]
    fn seconds_are_rounded_up() {
        for (left, text) in [(0, "1s"), (1, "1s"), (1000, "1s"), (1001, "2s")] {
            let mut headers = HeaderMap::new();
            insert(&mut headers, Duration::from_millis(left));
            assert_eq!(headers.get(TTL).unwrap().as_str(), text);
        }
    }
}
