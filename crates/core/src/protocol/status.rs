//! What a bucket is, and how full.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{BucketConfig, Placement, Storage};

/// What a bucket is, and how full.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BucketStatus {
    /// The bucket's name.
    pub bucket: String,
    /// Free text; empty for none.
    pub description: String,
    /// How long an object lives after its put; `None` for ever.
    pub ttl: Option<Duration>,
    /// The most bytes that the bucket may hold; `None` for no bound.
    pub max_bytes: Option<u64>,
    /// File or memory.
    pub storage: Storage,
    /// On how many servers the bucket is kept.
    pub replicas: usize,
    /// Which servers may hold it.
    pub placement: Option<Placement>,
    /// Whether nothing can be written any more.
    pub sealed: bool,
    /// Whether what is stored is compressed.
    pub compressed: bool,
    /// Bytes in use: chunks, records and what deleted names leave. Not the sum of the objects' sizes.
    pub size: u64,
    /// What keeps the bucket: `JetStream` or `local`.
    pub backing_store: &'static str,
    /// Names and values of the caller's own.
    pub metadata: BTreeMap<String, String>,
    /// Whether the stream features that ADR-20 doesn't name are off, see [`BucketConfig::plain`].
    pub plain: bool,
    /// How many records there are: one for each object and link, and one for each deleted name whose marker is left.
    /// `None` where it isn't known: in a listing of a server's buckets, or where reading records is denied.
    pub records: Option<u64>,
}

impl BucketStatus {
    /// The status of a bucket with this configuration.
    pub fn new(config: BucketConfig, sealed: bool, size: u64, backing_store: &'static str) -> Self {
        Self {
            bucket: config.name,
            description: config.description,
            ttl: config.ttl,
            max_bytes: config.max_bytes,
            storage: config.storage,
            replicas: config.replicas,
            placement: config.placement,
            sealed,
            compressed: config.compression,
            size,
            backing_store,
            metadata: config.metadata,
            plain: config.plain,
            records: None,
        }
    }
}

/// The configuration of a bucket as it is, to change something of it.
impl From<BucketStatus> for BucketConfig {
    fn from(status: BucketStatus) -> Self {
        Self {
            name: status.bucket,
            description: status.description,
            ttl: status.ttl,
            max_bytes: status.max_bytes,
            storage: status.storage,
            replicas: status.replicas,
            placement: status.placement,
            compression: status.compressed,
            metadata: status.metadata,
            plain: status.plain,
        }
    }
}
