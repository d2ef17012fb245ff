//! What the store tells of an object, as a `jetblob.ObjectInfo`.

use jetblob::{Link, ObjectInfo};
use pyo3::sync::PyOnceLock;
use pyo3::types::PyTuple;
use pyo3::{IntoPyObjectExt, prelude::*};

use crate::field::{field, wrong_type};
use crate::meta::LinkTo;

/// To Python.
pub(crate) struct Info(pub(crate) ObjectInfo);

impl<'py> IntoPyObject<'py> for Info {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let info = self.0;
        // In the order of the fields of the class.
        let fields: [Bound<'py, PyAny>; 16] = [
            info.bucket.into_bound_py_any(py)?,
            info.name.into_bound_py_any(py)?,
            info.size.into_bound_py_any(py)?,
            info.chunks.into_bound_py_any(py)?,
            info.chunk_size.into_bound_py_any(py)?,
            info.full_chunks.into_bound_py_any(py)?,
            info.digest.map(|digest| digest.to_string()).into_bound_py_any(py)?,
            info.nuid.map(|nuid| nuid.to_string()).into_bound_py_any(py)?,
            info.revision.into_bound_py_any(py)?,
            info.mtime.into_bound_py_any(py)?,
            info.expires.into_bound_py_any(py)?,
            info.deleted.into_bound_py_any(py)?,
            info.description.into_bound_py_any(py)?,
            info.headers.into_bound_py_any(py)?,
            info.metadata.into_bound_py_any(py)?,
            info.link.map(|link| link_to(py, link)).transpose()?.into_bound_py_any(py)?,
        ];
        class(py)?.call1(PyTuple::new(py, fields)?)
    }
}

fn link_to(py: Python<'_>, link: Link) -> PyResult<Bound<'_, PyAny>> {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    CLASS.import(py, "jetblob._meta", "Link")?.call1((link.bucket, link.name))
}

/// The target of a link, a `jetblob.ObjectInfo`.
pub(crate) struct Target(pub(crate) ObjectInfo);

impl<'py> FromPyObject<'_, 'py> for Target {
    type Error = PyErr;

    fn extract(target: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if !target.is_instance(class(target.py())?)? {
            return Err(wrong_type("target must be an ObjectInfo", &target));
        }
        let link: Option<LinkTo> = field(&target, "link")?;
        let mut info = ObjectInfo::default();
        info.bucket = field(&target, "bucket")?;
        info.name = field(&target, "name")?;
        info.deleted = field(&target, "deleted")?;
        info.link = link.map(Link::from);
        Ok(Self(info))
    }
}

fn class(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    CLASS.import(py, "jetblob._info", "ObjectInfo")
}
