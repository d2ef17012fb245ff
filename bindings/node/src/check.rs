//! The examination of a bucket.

use std::sync::{Mutex, PoisonError};

use futures_util::TryStreamExt;
use jetblob::{CheckReport, Finding};
use napi::Result;
use napi::bindgen_prelude::within_runtime_if_available;
use napi_derive::napi;

use crate::items::Items;
use crate::number::number;
use crate::runtime::InRuntime;

/// An examination: it begins with the items that are asked of it.
#[napi]
pub(crate) struct Check {
    check: Mutex<Option<InRuntime<jetblob::Check>>>,
    report: Box<dyn Fn() -> CheckReport + Send + Sync>,
}

impl Check {
    pub(crate) fn new(check: jetblob::Check) -> Self {
        let report = Box::new(check.reporter());
        let check = within_runtime_if_available(|| InRuntime::new(check));
        Self { check: Mutex::new(Some(check)), report }
    }
}

#[napi]
impl Check {
    /// The findings; once.
    #[napi]
    pub fn begin(&self) -> Result<Items> {
        let check = self.check.lock().unwrap_or_else(PoisonError::into_inner).take();
        let check = check.ok_or_else(|| napi::Error::from_reason("the check was begun already"))?;
        Ok(within_runtime_if_available(|| Items::new(check.into_inner().map_ok(FindingOf::from))))
    }

    #[napi]
    pub fn report(&self) -> Report {
        (self.report)().into()
    }
}

/// To JavaScript: a `Finding`.
#[napi(object, object_from_js = false, use_nullable = true)]
pub(crate) struct FindingOf {
    pub kind: String,
    pub name: Option<String>,
    pub nuid: Option<String>,
    pub size: Option<i64>,
    pub found: Option<i64>,
    pub age: Option<f64>,
    pub reason: String,
}

impl From<Finding> for FindingOf {
    fn from(finding: Finding) -> Self {
        Self {
            kind: finding.kind.code().to_owned(),
            name: finding.name,
            nuid: finding.nuid.map(|nuid| nuid.to_string()),
            size: finding.size.map(number),
            found: finding.found.map(number),
            age: finding.age.map(|age| age.as_secs_f64()),
            reason: finding.reason,
        }
    }
}

/// To JavaScript: a `CheckReport`.
#[napi(object, object_from_js = false)]
pub(crate) struct Report {
    pub objects: i64,
    pub bytes: i64,
    pub links: i64,
    pub deleted: i64,
    pub expired: i64,
    pub blobs: i64,
    pub under_way: i64,
    pub read_objects: i64,
    pub read_bytes: i64,
    pub undigested: i64,
    pub findings: i64,
}

impl From<CheckReport> for Report {
    fn from(report: CheckReport) -> Self {
        Self {
            objects: number(report.objects),
            bytes: number(report.bytes),
            links: number(report.links),
            deleted: number(report.deleted),
            expired: number(report.expired),
            blobs: number(report.blobs),
            under_way: number(report.under_way),
            read_objects: number(report.read_objects),
            read_bytes: number(report.read_bytes),
            undigested: number(report.undigested),
            findings: number(report.findings),
        }
    }
}
