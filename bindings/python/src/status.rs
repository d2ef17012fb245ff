//! What a store tells of a bucket, as a `jetblob.BucketStatus`.

use jetblob::{BucketStatus, Storage};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

/// To Python.
pub(crate) struct Status(pub(crate) BucketStatus);

impl<'py> IntoPyObject<'py> for Status {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        static PLACEMENT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let status = self.0;
        let placement = status.placement.map(|placement| {
            PLACEMENT
                .import(py, "jetblob._bucket_config", "Placement")?
                .call1((placement.cluster, placement.tags))
        });
        let storage = match status.storage {
            Storage::Memory => "memory",
            _ => "file",
        };
        let fields = PyDict::new(py);
        fields.set_item("bucket", status.bucket)?;
        fields.set_item("description", status.description)?;
        fields.set_item("ttl", status.ttl)?;
        fields.set_item("max_bytes", status.max_bytes)?;
        fields.set_item("storage", storage)?;
        fields.set_item("replicas", status.replicas)?;
        fields.set_item("placement", placement.transpose()?)?;
        fields.set_item("sealed", status.sealed)?;
        fields.set_item("compressed", status.compressed)?;
        fields.set_item("size", status.size)?;
        fields.set_item("backing_store", status.backing_store)?;
        fields.set_item("metadata", status.metadata)?;
        fields.set_item("plain", status.plain)?;
        fields.set_item("records", status.records)?;
        CLASS.import(py, "jetblob._bucket_status", "BucketStatus")?.call((), Some(&fields))
    }
}
