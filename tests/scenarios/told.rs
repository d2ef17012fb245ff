//! Results as JSON, with all their fields.

use std::time::{SystemTime, UNIX_EPOCH};

use jetblob::{
    BucketStatus, CheckReport, Error, Finding, GcReport, Link, Nuid, ObjectInfo, Placement, WatchEvent,
};
use serde_json::{Value, json};

pub(crate) fn info(info: &ObjectInfo) -> Value {
    let link = |link: &Link| json!({ "bucket": link.bucket, "name": link.name });
    json!({
        "bucket": info.bucket,
        "name": info.name,
        "description": info.description,
        "headers": info.headers,
        "metadata": info.metadata,
        "link": info.link.as_ref().map(link),
        "nuid": info.nuid.as_ref().map(Nuid::as_str),
        "size": info.size,
        "chunks": info.chunks,
        "chunk_size": info.chunk_size,
        "full_chunks": info.full_chunks,
        "digest": info.digest.map(|digest| digest.to_string()),
        "deleted": info.deleted,
        "mtime": seconds(info.mtime),
        "expires": info.expires.map(seconds),
        "revision": info.revision,
    })
}

pub(crate) fn status(status: &BucketStatus) -> Value {
    let placement = |placement: &Placement| json!({ "cluster": placement.cluster, "tags": placement.tags });
    json!({
        "bucket": status.bucket,
        "description": status.description,
        "ttl": status.ttl.map(|ttl| ttl.as_secs()),
        "max_bytes": status.max_bytes,
        "storage": status.storage,
        "replicas": status.replicas,
        "placement": status.placement.as_ref().map(placement),
        "sealed": status.sealed,
        "compressed": status.compressed,
        "size": status.size,
        "backing_store": status.backing_store,
        "metadata": status.metadata,
        "plain": status.plain,
        "records": status.records,
    })
}

pub(crate) fn event(event: Option<WatchEvent>) -> Value {
    match event {
        Some(WatchEvent::Object(object)) => json!({ "object": info(&object) }),
        Some(WatchEvent::CaughtUp) => json!("caught_up"),
        Some(other) => panic!("{other:?} is not known here"),
        None => Value::Null,
    }
}

pub(crate) fn finding(finding: Option<Finding>) -> Value {
    let Some(finding) = finding else { return Value::Null };
    json!({
        "kind": finding.kind.code(),
        "name": finding.name,
        "nuid": finding.nuid.as_ref().map(Nuid::as_str),
        "size": finding.size,
        "found": finding.found,
        "age": finding.age.map(|age| age.as_secs_f64()),
        "reason": finding.reason,
    })
}

pub(crate) fn check_report(report: &CheckReport) -> Value {
    json!({
        "objects": report.objects,
        "bytes": report.bytes,
        "links": report.links,
        "deleted": report.deleted,
        "expired": report.expired,
        "blobs": report.blobs,
        "under_way": report.under_way,
        "read_objects": report.read_objects,
        "read_bytes": report.read_bytes,
        "undigested": report.undigested,
        "findings": report.findings,
    })
}

pub(crate) fn gc_report(report: &GcReport) -> Value {
    let removed = report.removed.iter().map(|orphan| {
        json!({ "nuid": orphan.nuid.as_str(), "bytes": orphan.bytes, "age": orphan.age.as_secs_f64() })
    });
    json!({
        "blobs": report.blobs,
        "young": report.young,
        "removed": removed.collect::<Vec<_>>(),
        "left": report.left,
    })
}

pub(crate) fn error(error: &Error) -> Value {
    let (bucket, name) = concerns(error);
    let mut told = json!({ "code": error.code(), "retryable": error.is_retryable() });
    for (field, value) in [("bucket", bucket), ("name", name)] {
        if let Some(value) = value {
            told[field] = json!(value);
        }
    }
    told
}

/// The bucket and the object that an error is about.
fn concerns(error: &Error) -> (Option<&str>, Option<&str>) {
    match error {
        Error::NotFound { bucket, name, .. }
        | Error::AlreadyExists { bucket, name }
        | Error::LinkNotAllowed { bucket, name }
        | Error::LinkToDeleted { bucket, name }
        | Error::LinkToLink { bucket, name }
        | Error::IsBucketLink { bucket, name, .. }
        | Error::LinkLoop { bucket, name }
        | Error::Conflict { bucket, name, .. }
        | Error::DigestMismatch { bucket, name, .. }
        | Error::DataMissing { bucket, name, .. }
        | Error::ObjectChanged { bucket, name }
        | Error::BadMeta { bucket, name, .. } => (Some(bucket), Some(name)),
        Error::BucketNotFound { bucket }
        | Error::BucketExists { bucket, .. }
        | Error::InvalidConfig { bucket, .. }
        | Error::Sealed { bucket }
        | Error::BucketDeleted { bucket } => (Some(bucket), None),
        Error::InvalidName { name, .. } => (None, Some(name)),
        Error::Unknown { during, .. }
        | Error::QuotaExceeded { during, .. }
        | Error::PermissionDenied { during, .. }
        | Error::JetStreamNotEnabled { during, .. }
        | Error::Timeout { during, .. }
        | Error::Unavailable { during, .. }
        | Error::Io { during, .. }
        | Error::Server { during, .. } => (during.bucket.as_deref(), during.name.as_deref()),
        _ => (None, None),
    }
}

fn seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).expect("a time after 1970").as_secs_f64()
}
