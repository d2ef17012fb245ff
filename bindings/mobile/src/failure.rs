//! The library's errors, as the packages make theirs of them.

use jetblob::Error;

pub(crate) type Result<T> = std::result::Result<T, Failure>;

/// Why an operation failed.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum Failure {
    /// An error of the library.
    #[error("{text}")]
    Failed {
        /// The stable name of the error.
        code: String,
        /// What it is about, without a secret.
        text: String,
        /// Whether the same call may succeed later.
        retryable: bool,
        /// The bucket, where there is one.
        bucket: Option<String>,
        /// The object's name, where there is one.
        name: Option<String>,
        /// What else is known.
        details: Details,
    },
    /// The operation was given up.
    #[error("cancelled")]
    Cancelled,
}

/// What an error knows beside its code, bucket and name.
#[derive(Debug, uniffi::Enum)]
pub enum Details {
    /// No more than that.
    None,
    /// Of `not_found`: whether the object's deletion is still known.
    Deleted {
        /// Whether it is.
        deleted: bool,
    },
    /// Of `is_bucket_link`: the bucket that it links to.
    Target {
        /// The bucket.
        target: String,
    },
    /// Of `conflict`: the revision that was to stand there; 0 for none.
    Expected {
        /// The revision.
        revision: i64,
    },
    /// Of `unknown`: what `resolve` needs.
    Unknown {
        /// The operation whose end is not known.
        operation: String,
        /// The id of the blob that the name didn't have before, if there is one.
        nuid: Option<String>,
        /// The revision that the write was to replace; 0 for none.
        revision_before: i64,
    },
    /// Of `digest_mismatch`.
    Digests {
        /// The digest that it should be.
        expected: String,
        /// The digest that it is.
        actual: String,
    },
    /// Of `data_missing`.
    Missing {
        /// The bytes that the object should have.
        size: i64,
        /// The bytes that are there.
        received: i64,
    },
    /// Of `permission_denied`: the denied subject or path.
    Denied {
        /// The subject or path.
        subject: String,
    },
    /// Of `server`: the server's own code.
    ServerCode {
        /// The code.
        code: i64,
    },
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Failed {
            code: error.code().to_owned(),
            text: error.to_string(),
            retryable: error.is_retryable(),
            bucket: error.bucket().map(str::to_owned),
            name: error.name().map(str::to_owned),
            details: Details::of(error),
        }
    }
}

impl Details {
    fn of(error: Error) -> Self {
        match error {
            Error::NotFound { deleted, .. } => Self::Deleted { deleted },
            Error::IsBucketLink { target, .. } => Self::Target { target },
            Error::Conflict { expected, .. } => Self::Expected { revision: signed(expected) },
            Error::Unknown { nuid, revision_before, during } => Self::Unknown {
                operation: during.operation.to_owned(),
                nuid: nuid.map(|nuid| nuid.to_string()),
                revision_before: signed(revision_before),
            },
            Error::DigestMismatch { expected, actual, .. } => Self::Digests { expected, actual },
            Error::DataMissing { size, received, .. } => {
                Self::Missing { size: signed(size), received: signed(received) }
            }
            Error::PermissionDenied { subject, .. } => Self::Denied { subject },
            Error::Server { code, .. } => Self::ServerCode { code: signed(code) },
            _ => Self::None,
        }
    }
}

/// A count, as the other languages count.
pub(crate) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A count that the caller gives. Fails with `InvalidArgument` if it is negative.
pub(crate) fn unsigned(count: i64, argument: &'static str) -> jetblob::Result<u64> {
    u64::try_from(count).map_err(|_| invalid(argument, format!("{count} is negative")))
}

pub(crate) fn invalid(argument: &'static str, reason: String) -> Error {
    Error::InvalidArgument { argument, reason }
}
