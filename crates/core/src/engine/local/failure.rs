//! Errors of SQLite, as errors of the store.

use std::io;

use rusqlite::ErrorCode;

use super::layout::BucketDir;
use crate::Error;
use crate::protocol::BucketName;

/// Why work on a database ended.
#[derive(Debug)]
pub(super) enum Failure {
    /// The store refuses: nothing is wrong with the database.
    Refused(Error),
    /// SQLite failed.
    Sqlite(rusqlite::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl Failure {
    fn sqlite_code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused(_) => None,
            Self::Sqlite(error) => error.sqlite_error_code(),
        }
    }

    /// Whether the disk has no room.
    pub(super) fn is_full(&self) -> bool {
        self.sqlite_code() == Some(ErrorCode::DiskFull)
    }

    /// Whether another connection held the database all the time.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self.sqlite_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
    }

    /// Whether the system failed to read or write, so that what reached the disk is unsure.
    pub(super) fn is_io(&self) -> bool {
        self.sqlite_code() == Some(ErrorCode::SystemIoFailure)
    }

    /// Whether the database is no database any more.
    pub(super) fn is_damage(&self) -> bool {
        matches!(self.sqlite_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
    }

    /// Whether no work on the database makes sense.
    pub(super) fn is_fatal(&self) -> bool {
        self.is_damage() || matches!(self, Self::Refused(Error::BucketDeleted { .. }))
    }

    /// Whether a bucket could not be opened for a reason that may be a full disk.
    pub(super) fn is_at_opening(&self) -> bool {
        matches!(self, Self::Refused(Error::QuotaExceeded { .. }))
            || self.is_full()
            || self.is_io()
            || self.sqlite_code() == Some(ErrorCode::CannotOpen)
    }

    /// The error to report, which names the database.
    pub(super) fn into_error(self, dir: &BucketDir, bucket: &BucketName) -> Error {
        let error = match self {
            Self::Refused(error) => return error,
            Self::Sqlite(error) => error,
        };
        let path = dir.database().display().to_string();
        let of_kind =
            |kind, text: &str| Error::io(path.clone(), &io::Error::new(kind, format!("{text}{error}")));
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => of_kind(io::ErrorKind::StorageFull, ""),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Error::unavailable(format!("{path} is held by another process: {error}"))
            }
            Some(ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
                of_kind(io::ErrorKind::PermissionDenied, "")
            }
            Some(ErrorCode::CannotOpen) if !dir.path().exists() => {
                Error::BucketDeleted { bucket: bucket.to_string() }
            }
            Some(ErrorCode::CannotOpen) if !dir.database().exists() => of_kind(io::ErrorKind::NotFound, ""),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                of_kind(io::ErrorKind::InvalidData, "the database is damaged: ")
            }
            _ => of_kind(io::ErrorKind::Other, ""),
        }
    }
}
