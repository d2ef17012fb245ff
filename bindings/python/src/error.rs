//! The library's errors as the exceptions of `jetblob`.

use jetblob::Error;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

/// The exception that this error is.
pub(crate) fn raise(py: Python<'_>, error: &Error) -> PyErr {
    exception(py, error).map_or_else(|failed| failed, PyErr::from_value)
}

/// The exception as an object.
pub(crate) fn exception<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyAny>> {
    static EXCEPTION: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let exception = EXCEPTION.import(py, "jetblob.errors", "exception")?;
    exception.call1((error.code(), error.to_string(), error.is_retryable(), fields(py, error)?))
}

/// What the error knows beside its code and text.
fn fields<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyDict>> {
    let fields = PyDict::new(py);
    fields.set_item("bucket", error.bucket())?;
    fields.set_item("name", error.name())?;
    match error {
        Error::NotFound { deleted, .. } => fields.set_item("deleted", deleted)?,
        Error::IsBucketLink { target, .. } => fields.set_item("target", target)?,
        Error::Conflict { expected, .. } => fields.set_item("expected", expected)?,
        Error::Unknown { nuid, revision_before, during } => {
            fields.set_item("operation", during.operation)?;
            fields.set_item("nuid", nuid.as_ref().map(ToString::to_string))?;
            fields.set_item("revision_before", revision_before)?;
        }
        Error::DigestMismatch { expected, actual, .. } => {
            fields.set_item("expected", expected)?;
            fields.set_item("actual", actual)?;
        }
        Error::DataMissing { size, received, .. } => {
            fields.set_item("size", size)?;
            fields.set_item("received", received)?;
        }
        Error::PermissionDenied { subject, .. } => fields.set_item("subject", subject)?,
        Error::Timeout { after, .. } => fields.set_item("after", after)?,
        Error::Io { kind, .. } => fields.set_item("kind", format!("{kind:?}"))?,
        Error::Server { code, .. } => fields.set_item("server_code", code)?,
        _ => {}
    }
    Ok(fields)
}

/// The error that an `UnknownError` was made of, for `resolve`.
#[derive(FromPyObject)]
pub(crate) struct Unknown {
    bucket: Option<String>,
    name: Option<String>,
    nuid: Option<String>,
    revision_before: u64,
}

impl TryFrom<Unknown> for Error {
    type Error = Error;

    fn try_from(unknown: Unknown) -> Result<Self, Error> {
        let nuid = unknown.nuid.as_deref().map(jetblob::Nuid::parse).transpose();
        let nuid = nuid.map_err(|invalid| Error::InvalidArgument {
            argument: "error to resolve",
            reason: invalid.to_string(),
        })?;
        let mut during = jetblob::During::default();
        (during.bucket, during.name) = (unknown.bucket, unknown.name);
        Ok(Error::Unknown { during: Box::new(during), nuid, revision_before: unknown.revision_before })
    }
}
