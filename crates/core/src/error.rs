//! Every way in which an operation can fail.

use std::fmt;
use std::io;
use std::time::Duration;

use crate::protocol::Nuid;

/// What the store was doing when an error struck, for the error's text: operation, bucket and object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct During {
    /// The operation: `put`, `get`, …
    pub operation: &'static str,
    /// The bucket, if one was at hand.
    pub bucket: Option<String>,
    /// The object, if one was at hand.
    pub name: Option<String>,
}

impl fmt::Display for During {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.operation.is_empty() {
            return Ok(());
        }
        f.write_str(self.operation)?;
        if let Some(name) = &self.name {
            write!(f, " {name:?}")?;
        }
        match (&self.bucket, &self.name) {
            (Some(bucket), Some(_)) => write!(f, " in bucket {bucket:?}")?,
            (Some(bucket), None) => write!(f, " bucket {bucket:?}")?,
            (None, _) => {}
        }
        f.write_str(": ")
    }
}

/// Why an operation failed.
///
/// [`code`](Self::code) is stable, [`is_retryable`](Self::is_retryable) says whether the same call may succeed later.
/// The text names the operation, the bucket and the object; it never holds a secret.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the fields say what their names say")]
pub enum Error {
    /// No object of this name, or it is expired; or it is `deleted`, and its marker is left.
    #[error("object {name:?} {} bucket {bucket:?}", if *deleted { "is deleted in" } else { "not found in" })]
    NotFound { bucket: String, name: String, deleted: bool },

    /// No bucket of this name.
    #[error("bucket {bucket:?} not found")]
    BucketNotFound { bucket: String },

    /// A bucket of this name exists, with another configuration.
    #[error("bucket {bucket:?} exists with another configuration: {differs}")]
    BucketExists { bucket: String, differs: String },

    /// An object of this name exists.
    #[error("object {name:?} already exists in bucket {bucket:?}")]
    AlreadyExists { bucket: String, name: String },

    /// A bucket or object name breaks the rules. Nothing was sent.
    #[error("invalid name {name:?}: {reason}")]
    InvalidName { name: String, reason: String },

    /// A bucket configuration that can't be. Nothing was changed.
    #[error("invalid configuration of bucket {bucket:?}: {reason}")]
    InvalidConfig { bucket: String, reason: String },

    /// An argument that can't be. Nothing was sent.
    #[error("invalid {argument}: {reason}")]
    InvalidArgument { argument: &'static str, reason: String },

    /// A put, or an update, of something that says it is a link. Nothing was sent.
    #[error("object {name:?} in bucket {bucket:?} can't be made a link by this; add_link makes links")]
    LinkNotAllowed { bucket: String, name: String },

    /// The target of a link is deleted.
    #[error("object {name:?} in bucket {bucket:?} is deleted, so no link can be made to it")]
    LinkToDeleted { bucket: String, name: String },

    /// The target of a link is a link itself.
    #[error(
        "object {name:?} in bucket {bucket:?} is a link, so no link can be made to it; link to its target"
    )]
    LinkToLink { bucket: String, name: String },

    /// The entry is a link to a whole bucket, which has no bytes.
    #[error("object {name:?} in bucket {bucket:?} is a link to the bucket {target:?}")]
    IsBucketLink { bucket: String, name: String, target: String },

    /// Links that lead nowhere: in a circle, or through more than 8 others.
    #[error(
        "object {name:?} in bucket {bucket:?} is a link that leads through too many others, or to itself"
    )]
    LinkLoop { bucket: String, name: String },

    /// A conditional write found something else under the name, `expected` 0 that there is something at all. What stands
    /// there stays; nothing of this write is left.
    #[error("object {name:?} in bucket {bucket:?} {}", what_conflicts(*expected))]
    Conflict { bucket: String, name: String, expected: u64 },

    /// Whether the write took effect could not be learned in time. Nothing was removed: the object is either the old
    /// or the new one, whole. `nuid` is the blob that the name didn't have before, if there is one.
    /// [`Bucket::resolve`](crate::Bucket::resolve) tells later which it is.
    #[error("{during}no answer to the commit over revision {revision_before}: it may have taken effect")]
    Unknown { during: Box<During>, nuid: Option<Nuid>, revision_before: u64 },

    /// The bucket is sealed: nothing can be written.
    #[error("bucket {bucket:?} is sealed")]
    Sealed { bucket: String },

    /// The bucket or account is full. What was stored before is untouched.
    #[error("{during}no room: {reason}")]
    QuotaExceeded { during: Box<During>, reason: String },

    /// The bytes are not those that were put.
    #[error(
        "object {name:?} in bucket {bucket:?} is damaged: its digest is {actual}, it should be {expected}"
    )]
    DigestMismatch { bucket: String, name: String, expected: String, actual: String },

    /// Chunks of the object are gone from the store.
    #[error("object {name:?} in bucket {bucket:?} is damaged: of {size} bytes only {received} are there")]
    DataMissing { bucket: String, name: String, size: u64, received: u64 },

    /// The object was replaced while it was being read.
    #[error("object {name:?} in bucket {bucket:?} was replaced while it was being read")]
    ObjectChanged { bucket: String, name: String },

    /// The record of the object makes no sense.
    #[error("the record of object {name:?} in bucket {bucket:?} is invalid: {reason}")]
    BadMeta { bucket: String, name: String, reason: String },

    /// The server or the system forbids it. `subject` is the denied subject or path.
    #[error("{during}permission denied for {subject:?}")]
    PermissionDenied { during: Box<During>, subject: String },

    /// The server doesn't accept the credentials.
    #[error("not authenticated: {reason}")]
    Unauthenticated { reason: String },

    /// The connection can't be encrypted as asked.
    #[error("TLS: {reason}")]
    Tls { reason: String },

    /// The server answers, but has no JetStream for this account, domain or API prefix.
    #[error(
        "{during}JetStream is not enabled {scope}: enable it on the server, or check the domain and account"
    )]
    JetStreamNotEnabled { during: Box<During>, scope: String },

    /// Nothing happened for as long as the idle limit allows.
    #[error("{during}nothing came for {after:?} while waiting for {waiting_for}")]
    Timeout { during: Box<During>, waiting_for: String, after: Duration },

    /// The server can't be reached, or has no leader now.
    #[error("{during}unavailable: {reason}")]
    Unavailable { during: Box<During>, reason: String },

    /// The bucket was deleted while it was in use.
    #[error("bucket {bucket:?} was deleted")]
    BucketDeleted { bucket: String },

    /// The store or the upload is closed.
    #[error("{what} is closed")]
    Closed { what: &'static str },

    /// Reading a body, or writing a file, failed.
    #[error("{during}{what}: {reason}")]
    Io { during: Box<During>, kind: io::ErrorKind, what: String, reason: String },

    /// The server refused for a reason of its own.
    #[error("{during}the server says: {text} (code {code})")]
    Server { during: Box<During>, code: u64, text: String },
}

/// The result of an operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// The stable name of the error, the same in every language.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not_found",
            Self::BucketNotFound { .. } => "bucket_not_found",
            Self::BucketExists { .. } => "bucket_exists",
            Self::AlreadyExists { .. } => "already_exists",
            Self::InvalidName { .. } => "invalid_name",
            Self::InvalidConfig { .. } => "invalid_config",
            Self::InvalidArgument { .. } => "invalid_argument",
            Self::LinkNotAllowed { .. } => "link_not_allowed",
            Self::LinkToDeleted { .. } => "link_to_deleted",
            Self::LinkToLink { .. } => "link_to_link",
            Self::IsBucketLink { .. } => "is_bucket_link",
            Self::LinkLoop { .. } => "link_loop",
            Self::Conflict { .. } => "conflict",
            Self::Unknown { .. } => "unknown",
            Self::Sealed { .. } => "sealed",
            Self::QuotaExceeded { .. } => "quota_exceeded",
            Self::DigestMismatch { .. } => "digest_mismatch",
            Self::DataMissing { .. } => "data_missing",
            Self::ObjectChanged { .. } => "object_changed",
            Self::BadMeta { .. } => "bad_meta",
            Self::PermissionDenied { .. } => "permission_denied",
            Self::Unauthenticated { .. } => "unauthenticated",
            Self::Tls { .. } => "tls",
            Self::JetStreamNotEnabled { .. } => "jetstream_not_enabled",
            Self::Timeout { .. } => "timeout",
            Self::Unavailable { .. } => "unavailable",
            Self::BucketDeleted { .. } => "bucket_deleted",
            Self::Closed { .. } => "closed",
            Self::Io { .. } => "io",
            Self::Server { .. } => "server",
        }
    }

    /// Whether the same call may succeed later, with nothing else changed.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self,
            Self::Timeout { .. }
                | Self::Unavailable { .. }
                | Self::ObjectChanged { .. }
                | Self::Server { code: 10_008 | 10_013, .. }
        )
    }

    /// The bucket that the error is about, where there is one.
    pub fn bucket(&self) -> Option<&str> {
        self.subject().0
    }

    /// The name of the object that the error is about, where there is one.
    pub fn name(&self) -> Option<&str> {
        self.subject().1
    }

    fn subject(&self) -> (Option<&str>, Option<&str>) {
        match self {
            Self::NotFound { bucket, name, .. }
            | Self::AlreadyExists { bucket, name }
            | Self::LinkNotAllowed { bucket, name }
            | Self::LinkToDeleted { bucket, name }
            | Self::LinkToLink { bucket, name }
            | Self::IsBucketLink { bucket, name, .. }
            | Self::LinkLoop { bucket, name }
            | Self::Conflict { bucket, name, .. }
            | Self::DigestMismatch { bucket, name, .. }
            | Self::DataMissing { bucket, name, .. }
            | Self::ObjectChanged { bucket, name }
            | Self::BadMeta { bucket, name, .. } => (Some(bucket), Some(name)),
            Self::BucketNotFound { bucket }
            | Self::BucketExists { bucket, .. }
            | Self::InvalidConfig { bucket, .. }
            | Self::Sealed { bucket }
            | Self::BucketDeleted { bucket } => (Some(bucket), None),
            Self::InvalidName { name, .. } => (None, Some(name)),
            Self::Unknown { during, .. }
            | Self::QuotaExceeded { during, .. }
            | Self::PermissionDenied { during, .. }
            | Self::JetStreamNotEnabled { during, .. }
            | Self::Timeout { during, .. }
            | Self::Unavailable { during, .. }
            | Self::Io { during, .. }
            | Self::Server { during, .. } => (during.bucket.as_deref(), during.name.as_deref()),
            Self::InvalidArgument { .. }
            | Self::Unauthenticated { .. }
            | Self::Tls { .. }
            | Self::Closed { .. } => (None, None),
        }
    }

    /// Says what was being done, where the error doesn't say it yet.
    pub(crate) fn during(
        mut self,
        operation: &'static str,
        bucket: Option<&str>,
        name: Option<&str>,
    ) -> Self {
        let (Self::Unknown { during: context, .. }
        | Self::QuotaExceeded { during: context, .. }
        | Self::PermissionDenied { during: context, .. }
        | Self::JetStreamNotEnabled { during: context, .. }
        | Self::Timeout { during: context, .. }
        | Self::Unavailable { during: context, .. }
        | Self::Io { during: context, .. }
        | Self::Server { during: context, .. }) = &mut self
        else {
            return self;
        };
        if context.operation.is_empty() {
            context.operation = operation;
        }
        context.bucket = context.bucket.take().or_else(|| bucket.map(str::to_owned));
        context.name = context.name.take().or_else(|| name.map(str::to_owned));
        self
    }

    /// The write would have named no other blob than the record that it replaces.
    pub(crate) fn of_known_blob(mut self) -> Self {
        if let Self::Unknown { nuid, .. } = &mut self {
            *nuid = None;
        }
        self
    }

    /// An I/O error on `what`, a file or a body.
    pub(crate) fn io(what: impl Into<String>, error: &io::Error) -> Self {
        let (what, reason) = (what.into(), error.to_string());
        match error.kind() {
            io::ErrorKind::PermissionDenied => {
                Self::PermissionDenied { during: Box::default(), subject: what }
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::QuotaExceeded { during: Box::default(), reason: format!("{what}: {reason}") }
            }
            kind => Self::Io { during: Box::default(), kind, what, reason },
        }
    }

    /// What a step waited for in vain.
    pub(crate) fn timeout(waiting_for: impl Into<String>, after: Duration) -> Self {
        Self::Timeout { during: Box::default(), waiting_for: waiting_for.into(), after }
    }

    /// Why the store can't be reached.
    pub(crate) fn unavailable(reason: impl Into<String>) -> Self {
        Self::Unavailable { during: Box::default(), reason: reason.into() }
    }
}

fn what_conflicts(expected: u64) -> String {
    if expected == 0 { "exists".to_owned() } else { format!("is not at revision {expected}") }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match &error {
            Error::NotFound { .. } | Error::BucketNotFound { .. } => io::ErrorKind::NotFound,
            Error::AlreadyExists { .. } | Error::BucketExists { .. } => io::ErrorKind::AlreadyExists,
            Error::LinkNotAllowed { .. }
            | Error::LinkToDeleted { .. }
            | Error::LinkToLink { .. }
            | Error::InvalidName { .. }
            | Error::InvalidConfig { .. }
            | Error::InvalidArgument { .. } => io::ErrorKind::InvalidInput,
            Error::PermissionDenied { .. } => io::ErrorKind::PermissionDenied,
            Error::Timeout { .. } => io::ErrorKind::TimedOut,
            Error::QuotaExceeded { .. } => io::ErrorKind::StorageFull,
            Error::DigestMismatch { .. } | Error::DataMissing { .. } | Error::BadMeta { .. } => {
                io::ErrorKind::InvalidData
            }
            Error::Unavailable { .. } => io::ErrorKind::NotConnected,
            Error::Io { kind, .. } => *kind,
            _ => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}
