//! What a clean-up did.

use jetblob::GcReport;
use napi_derive::napi;

use crate::number::number;

/// To JavaScript: a `GcReport`.
#[napi(object, object_from_js = false)]
pub(crate) struct Collected {
    pub blobs: i64,
    pub young: i64,
    pub removed: Vec<Removed>,
    pub left: i64,
}

/// To JavaScript: an `Orphan`.
#[napi(object, object_from_js = false)]
pub(crate) struct Removed {
    pub nuid: String,
    pub bytes: i64,
    pub age: f64,
}

impl From<GcReport> for Collected {
    fn from(report: GcReport) -> Self {
        let removed = report.removed.into_iter().map(|orphan| Removed {
            nuid: orphan.nuid.to_string(),
            bytes: number(orphan.bytes),
            age: orphan.age.as_secs_f64(),
        });
        Self {
            blobs: number(report.blobs),
            young: number(report.young),
            removed: removed.collect(),
            left: number(report.left),
        }
    }
}
