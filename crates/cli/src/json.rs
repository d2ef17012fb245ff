//! What `--json` prints: one object a line, with keys that stay.

use std::time::{Duration, SystemTime};

use jetblob::{BucketStatus, ObjectInfo};
use serde_json::{Value, json};

/// An object. Times are RFC 3339 in UTC, sizes bytes; what an object doesn't have is null or empty.
pub(crate) fn object(info: &ObjectInfo) -> Value {
    json!({
        "bucket": info.bucket,
        "name": info.name,
        "description": info.description,
        "headers": info.headers,
        "metadata": info.metadata,
        "size": info.size,
        "chunks": info.chunks,
        "chunk_size": info.chunk_size,
        "digest": info.digest.map(|digest| digest.to_string()),
        "sha256": info.digest.map(|digest| digest.to_hex()),
        "nuid": info.nuid.as_ref().map(ToString::to_string),
        "revision": info.revision,
        "mtime": time(info.mtime),
        "expires": info.expires.map(time),
        "deleted": info.deleted,
        "link": info.link.as_ref().map(|link| json!({ "bucket": link.bucket, "name": link.name })),
    })
}

fn time(time: SystemTime) -> String {
    humantime::format_rfc3339_nanos(sane(time)).to_string()
}

/// A bucket. Its ttl is seconds.
pub(crate) fn bucket(status: &BucketStatus) -> Value {
    json!({
        "bucket": status.bucket,
        "description": status.description,
        "ttl": status.ttl.map(|ttl| ttl.as_secs_f64()),
        "max_bytes": status.max_bytes,
        "storage": status.storage,
        "replicas": status.replicas,
        "placement": status.placement,
        "sealed": status.sealed,
        "compressed": status.compressed,
        "size": status.size,
        "records": status.records,
        "backing_store": status.backing_store,
        "metadata": status.metadata,
        "plain": status.plain,
    })
}

/// A time that can be written: a broken clock may have set any.
pub(crate) fn sane(time: SystemTime) -> SystemTime {
    /// The last second of the year 9999.
    const END: Duration = Duration::from_secs(253_402_300_799);
    time.clamp(SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH + END)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_has_all_its_keys_whatever_it_lacks() {
        let value = object(&ObjectInfo::default());
        let keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
        let mut expected = [
            "bucket",
            "name",
            "description",
            "headers",
            "metadata",
            "size",
            "chunks",
            "chunk_size",
            "digest",
            "sha256",
            "nuid",
            "revision",
            "mtime",
            "expires",
            "deleted",
            "link",
        ];
        expected.sort_unstable();
        assert_eq!(keys, expected);
        assert_eq!(value["mtime"], "1970-01-01T00:00:00.000000000Z");
    }

    #[test]
    fn a_time_of_a_broken_clock_can_be_written() {
        let write = |time| humantime::format_rfc3339_seconds(sane(time)).to_string();
        let (before, after) = (Duration::from_secs(1), Duration::from_secs(1 << 40));
        assert_eq!(write(SystemTime::UNIX_EPOCH - before), "1970-01-01T00:00:00Z");
        assert_eq!(write(SystemTime::UNIX_EPOCH + after), "9999-12-31T23:59:59Z");
    }
}
