//! What a store tells of a bucket.

use std::collections::HashMap;

use crate::config::{Placement, Storage};
use crate::failure::signed;
use crate::seconds::Seconds;

/// How a bucket is.
#[derive(Debug, Clone, uniffi::Record)]
pub struct BucketStatus {
    /// Its name.
    pub bucket: String,
    /// A text for people.
    pub description: String,
    /// How long objects live; none for ever.
    pub ttl: Option<Seconds>,
    /// How many bytes it may take, at most; none for no bound.
    pub max_bytes: Option<i64>,
    /// What a server keeps it in.
    pub storage: Storage,
    /// How many servers hold it.
    pub replicas: i64,
    /// Which servers may hold it.
    pub placement: Option<Placement>,
    /// Whether nothing can be written any more.
    pub sealed: bool,
    /// Whether what is stored is compressed.
    pub compressed: bool,
    /// Bytes in use: chunks, records and what deleted names leave. Not the sum of the objects' sizes.
    pub size: i64,
    /// What keeps the bucket: `JetStream` or `local`.
    pub backing_store: String,
    /// Names and values of the caller's own.
    pub metadata: HashMap<String, String>,
    /// Whether the stream features that ADR-20 doesn't name are off.
    pub plain: bool,
    /// How many records there are: one for each object and link, and one for each deleted name whose marker is left.
    /// None where it isn't known: in a listing of a server's buckets, or where reading records is denied.
    pub records: Option<i64>,
}

impl From<jetblob::BucketStatus> for BucketStatus {
    fn from(status: jetblob::BucketStatus) -> Self {
        Self {
            bucket: status.bucket,
            description: status.description,
            ttl: status.ttl.map(Into::into),
            max_bytes: status.max_bytes.map(signed),
            storage: status.storage.into(),
            replicas: signed(status.replicas as u64),
            placement: status.placement.map(Into::into),
            sealed: status.sealed,
            compressed: status.compressed,
            size: signed(status.size),
            backing_store: status.backing_store.to_owned(),
            metadata: status.metadata.into_iter().collect(),
            plain: status.plain,
            records: status.records.map(signed),
        }
    }
}
