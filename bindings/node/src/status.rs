//! What a store tells of a bucket.

use jetblob::{BucketStatus, Storage};
use napi_derive::napi;

use crate::config::PlacementOf;
use crate::number::number;

/// To JavaScript: a `BucketStatus`, but for its metadata in pairs.
#[napi(object, object_from_js = false, use_nullable = true)]
pub(crate) struct Status {
    pub bucket: String,
    pub description: String,
    pub ttl: Option<f64>,
    pub max_bytes: Option<i64>,
    pub storage: String,
    pub replicas: i64,
    pub placement: Option<PlacementOf>,
    pub sealed: bool,
    pub compressed: bool,
    pub size: i64,
    pub backing_store: String,
    pub metadata: Vec<(String, String)>,
    pub plain: bool,
    pub records: Option<i64>,
}

impl From<BucketStatus> for Status {
    fn from(status: BucketStatus) -> Self {
        let storage = match status.storage {
            Storage::Memory => "memory",
            _ => "file",
        };
        Self {
            bucket: status.bucket,
            description: status.description,
            ttl: status.ttl.map(|ttl| ttl.as_secs_f64()),
            max_bytes: status.max_bytes.map(number),
            storage: storage.to_owned(),
            replicas: number(status.replicas as u64),
            placement: status.placement.map(PlacementOf::from),
            sealed: status.sealed,
            compressed: status.compressed,
            size: number(status.size),
            backing_store: status.backing_store.to_owned(),
            metadata: status.metadata.into_iter().collect(),
            plain: status.plain,
            records: status.records.map(number),
        }
    }
}
