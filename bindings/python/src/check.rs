//! The examination of a bucket.

use std::sync::{Mutex, PoisonError};

use futures_util::TryStreamExt;
use jetblob::{CheckReport, Finding};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use crate::items::Items;
use crate::process::{OfProcess, runtime};

/// An examination: it begins with the items that are asked of it.
#[pyclass(frozen, module = "jetblob._native")]
pub(crate) struct Check {
    check: Mutex<Option<OfProcess<jetblob::Check>>>,
    report: Box<dyn Fn() -> CheckReport + Send + Sync>,
}

impl Check {
    pub(crate) fn new(check: jetblob::Check) -> Self {
        let report = Box::new(check.reporter());
        Self { check: Mutex::new(Some(OfProcess::new(check))), report }
    }
}

#[pymethods]
impl Check {
    /// The findings; once.
    fn begin(&self) -> PyResult<Items> {
        let check = self.check.lock().unwrap_or_else(PoisonError::into_inner).take();
        let check = check.ok_or_else(|| PyRuntimeError::new_err("the check was begun already"))?;
        let _entered = runtime().enter();
        Ok(Items::new(check.into_inner()?.map_ok(Found)))
    }

    fn report<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let report = (self.report)();
        let fields = PyDict::new(py);
        fields.set_item("objects", report.objects)?;
        fields.set_item("bytes", report.bytes)?;
        fields.set_item("links", report.links)?;
        fields.set_item("deleted", report.deleted)?;
        fields.set_item("expired", report.expired)?;
        fields.set_item("blobs", report.blobs)?;
        fields.set_item("under_way", report.under_way)?;
        fields.set_item("read_objects", report.read_objects)?;
        fields.set_item("read_bytes", report.read_bytes)?;
        fields.set_item("undigested", report.undigested)?;
        fields.set_item("findings", report.findings)?;
        CLASS.import(py, "jetblob._finding", "CheckReport")?.call((), Some(&fields))
    }
}

/// To Python: a `jetblob.Finding`.
struct Found(Finding);

impl<'py> IntoPyObject<'py> for Found {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let finding = self.0;
        let fields = PyDict::new(py);
        fields.set_item("kind", finding.kind.code())?;
        fields.set_item("name", finding.name)?;
        fields.set_item("nuid", finding.nuid.map(|nuid| nuid.to_string()))?;
        fields.set_item("size", finding.size)?;
        fields.set_item("found", finding.found)?;
        fields.set_item("age", finding.age)?;
        fields.set_item("reason", finding.reason)?;
        CLASS.import(py, "jetblob._finding", "Finding")?.call((), Some(&fields))
    }
}
