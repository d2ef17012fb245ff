//! Messages that go by themselves: a TTL per message (server 2.11).

use std::time::{Duration, Instant, SystemTime};

use async_nats::HeaderMap;
use serde_json::Value;

use super::stream::BucketStream;
use crate::engine::Expiry;
use crate::{Error, Result};

const HEADER: &str = "Nats-TTL";

/// How much longer chunks stay than the record that names them, which is stored after them.
const CHUNKS_STAY: Duration = Duration::from_secs(5);

/// The headers of a chunk of a blob that expires.
pub(super) fn chunk_headers(expires: Instant) -> HeaderMap {
    let mut headers = HeaderMap::new();
    insert(&mut headers, expires.saturating_duration_since(Instant::now()) + CHUNKS_STAY);
    headers
}

/// Sets the TTL of a record that is stored now.
pub(super) async fn set(headers: &mut HeaderMap, expires: Expiry, stream: &BucketStream) -> Result<()> {
    let left = match expires {
        Expiry::By(time) => time.saturating_duration_since(Instant::now()),
        // The clock of the store counts, which may be another than this machine's.
        Expiry::At(time) => {
            let info = stream.stream_info(&Value::Null).await?;
            let now = info["ts"].as_str().and_then(|now| humantime::parse_rfc3339(now).ok());
            time.duration_since(now.unwrap_or_else(SystemTime::now)).unwrap_or_default()
        }
    };
    insert(headers, left);
    Ok(())
}

/// Whole seconds, rounded up; one at least.
pub(super) fn insert(headers: &mut HeaderMap, left: Duration) {
    let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
    headers.insert(HEADER, format!("{}s", seconds.max(1)));
}

/// When a message goes that was stored at this time.
pub(super) fn of(headers: Option<&HeaderMap>, stored: SystemTime) -> Option<SystemTime> {
    of_text(headers?.get(HEADER)?.as_str(), stored)
}

/// The same of headers as they are on the wire.
pub(super) fn of_wire(headers: &[u8], stored: SystemTime) -> Option<SystemTime> {
    let lines = headers.split(|&byte| byte == b'\n');
    let mut texts = lines.filter_map(|line| std::str::from_utf8(line).ok()?.split_once(':'));
    let (_, ttl) = texts.find(|(name, _)| name.eq_ignore_ascii_case(HEADER))?;
    of_text(ttl.trim(), stored)
}

fn of_text(ttl: &str, stored: SystemTime) -> Option<SystemTime> {
    let ttl = match ttl.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => humantime::parse_duration(ttl).ok()?,
    };
    stored.checked_add(ttl).filter(|_| ttl > Duration::ZERO)
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
        for (ttl, expires) in
            [("90s", at(90)), ("90", at(90)), ("1m30s", at(90)), ("never", None), ("0", None), ("x", None)]
        {
            assert_eq!(of_text(ttl, SystemTime::UNIX_EPOCH), expires, "{ttl}");
            let wire = format!("NATS/1.0\r\nNats-Rollup: sub\r\nNats-TTL: {ttl}\r\n\r\n");
            assert_eq!(of_wire(wire.as_bytes(), SystemTime::UNIX_EPOCH), expires, "{ttl}");
        }
        assert_eq!(of_text("18446744073709551615", SystemTime::UNIX_EPOCH), None);
    }

    #[test]
    fn seconds_are_rounded_up() {
        for (left, text) in [(0, "1s"), (1, "1s"), (1000, "1s"), (1001, "2s")] {
            let mut headers = HeaderMap::new();
            insert(&mut headers, Duration::from_millis(left));
            assert_eq!(headers.get(HEADER).unwrap().as_str(), text);
        }
    }
}
