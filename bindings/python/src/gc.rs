//! What a clean-up did, as a `jetblob.GcReport`.

use jetblob::GcReport;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// To Python.
pub(crate) struct Removed(pub(crate) GcReport);

impl<'py> IntoPyObject<'py> for Removed {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        static ORPHAN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let orphan = ORPHAN.import(py, "jetblob._gc", "Orphan")?;
        let GcReport { blobs, young, removed, left, .. } = self.0;
        let removed = removed.into_iter().map(|of| orphan.call1((of.nuid.to_string(), of.bytes, of.age)));
        let removed = removed.collect::<PyResult<Vec<_>>>()?;
        CLASS.import(py, "jetblob._gc", "GcReport")?.call1((blobs, young, removed, left))
    }
}
