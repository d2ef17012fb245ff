//! The library's errors as JavaScript's.

use jetblob::Error;
use napi::bindgen_prelude::{JsValue, Object};
use napi::{Env, Status};
use napi_derive::napi;

use crate::number::{count, number};

/// What is thrown for this error.
pub(crate) fn thrown(env: Env, error: &Error) -> napi::Error {
    exception(&env, error).map_or_else(|failed| failed, |exception| napi::Error::from(exception.to_unknown()))
}

/// The error as an object, of which TypeScript makes the class of its code.
pub(crate) fn exception<'env>(env: &'env Env, error: &Error) -> napi::Result<Object<'env>> {
    let mut exception = env.create_error(napi::Error::new(Status::GenericFailure, error.to_string()))?;
    exception.set("code", error.code())?;
    exception.set("fields", fields(env, error)?)?;
    Ok(exception)
}

/// What the error knows beside its code and text.
fn fields<'env>(env: &'env Env, error: &Error) -> napi::Result<Object<'env>> {
    let mut fields = Object::new(env)?;
    fields.set("retryable", error.is_retryable())?;
    fields.set("bucket", error.bucket())?;
    fields.set("objectName", error.name())?;
    match error {
        Error::NotFound { deleted, .. } => fields.set("deleted", *deleted)?,
        Error::IsBucketLink { target, .. } => fields.set("target", target.as_str())?,
        Error::Conflict { expected, .. } => fields.set("expected", number(*expected))?,
        Error::Unknown { nuid, revision_before, during } => {
            fields.set("operation", during.operation)?;
            fields.set("nuid", nuid.as_ref().map(ToString::to_string))?;
            fields.set("revisionBefore", number(*revision_before))?;
        }
        Error::DigestMismatch { expected, actual, .. } => {
            fields.set("expected", expected.as_str())?;
            fields.set("actual", actual.as_str())?;
        }
        Error::DataMissing { size, received, .. } => {
            fields.set("size", number(*size))?;
            fields.set("received", number(*received))?;
        }
        Error::PermissionDenied { subject, .. } => fields.set("subject", subject.as_str())?,
        Error::Timeout { after, .. } => fields.set("after", after.as_secs_f64())?,
        Error::Io { kind, .. } => fields.set("kind", format!("{kind:?}"))?,
        Error::Server { code, .. } => fields.set("serverCode", number(*code))?,
        _ => {}
    }
    Ok(fields)
}

/// The error that an `UnknownError` was made of, for `resolve`.
#[napi(object, object_to_js = false)]
pub(crate) struct Unknown {
    pub bucket: Option<String>,
    pub object_name: Option<String>,
    pub nuid: Option<String>,
    pub revision_before: i64,
}

impl Unknown {
    pub(crate) fn into_error(self) -> napi::Result<jetblob::Result<Error>> {
        let revision_before = count(self.revision_before)?;
        let nuid = self.nuid.as_deref().map(jetblob::Nuid::parse).transpose();
        Ok(nuid
            .map(|nuid| {
                let mut during = jetblob::During::default();
                (during.bucket, during.name) = (self.bucket, self.object_name);
                Error::Unknown { during: Box::new(during), nuid, revision_before }
            })
            .map_err(|invalid| Error::InvalidArgument {
                argument: "error to resolve",
                reason: invalid.to_string(),
            }))
    }
}
