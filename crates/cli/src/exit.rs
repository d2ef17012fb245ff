//! Why a command failed, what is said of it, and the exit code that it becomes.

use std::ffi::OsString;
use std::io::{self, Write};

use clap::error::ContextValue;
use jetblob::Error;
use serde_json::json;

use crate::escape;
use crate::path::without_user;

pub(crate) const DONE: u8 = 0;
/// Done in part, or failed for a reason without a code of its own.
const OTHER: u8 = 1;
const USAGE: u8 = 2;
const NO_BUCKET: u8 = 3;
const NO_OBJECT: u8 = 4;
const TEMPORARY: u8 = 5;
const CONFLICT: u8 = 6;
const DENIED: u8 = 7;
const INTEGRITY: u8 = 8;
const UNKNOWN: u8 = 9;
/// A process that a signal ended, as shells tell of it: 128 and the signal's number.
const SIGNAL: u8 = 128;
const SIGPIPE: u8 = 13;

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command can't be what was meant.
    Usage(String),
    /// The store refused or failed.
    Store(Box<Error>),
    /// A local file failed.
    Io { what: String, error: io::Error },
    /// Standard output failed, or its reader went away.
    Stdout(io::Error),
    /// A bucket that is to be removed still holds objects.
    NotEmpty { bucket: String },
    /// A signal of this number came.
    Interrupted(u8),
    /// A part failed, and was reported when it did.
    Partial,
    /// A check found something, and told of it.
    Findings,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Store(Box::new(error))
    }
}

impl Failure {
    pub(crate) fn io(what: impl Into<String>, error: io::Error) -> Self {
        Self::Io { what: what.into(), error }
    }

    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => USAGE,
            Self::Store(error) => of_error(error),
            Self::Stdout(error) if error.kind() == io::ErrorKind::BrokenPipe => SIGNAL + SIGPIPE,
            Self::Io { error, .. } if error.kind() == io::ErrorKind::PermissionDenied => DENIED,
            Self::Io { .. } | Self::Stdout(_) | Self::Partial | Self::Findings => OTHER,
            Self::NotEmpty { .. } => CONFLICT,
            Self::Interrupted(signal) => SIGNAL.saturating_add(*signal),
        }
    }

    /// Says on stderr what failed, if there is anything left to say.
    pub(crate) fn report(&self, json: bool) {
        let Some(message) = self.message() else { return };
        report(json, self.code(), &message, matches!(self, Self::Store(error) if error.is_retryable()));
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Usage(_) => "usage",
            Self::NotEmpty { .. } => "bucket_not_empty",
            Self::Io { error, .. } if error.kind() == io::ErrorKind::PermissionDenied => "permission_denied",
            Self::Io { .. } | Self::Stdout(_) => "io",
            Self::Interrupted(_) => "interrupted",
            Self::Partial => "partial",
            Self::Findings => "findings",
        }
    }

    fn message(&self) -> Option<String> {
        match self {
            Self::Usage(text) => Some(text.clone()),
            Self::Store(error) => Some(format!("{error}{}", advice(error))),
            Self::Io { what, error } => Some(format!("{what}: {error}")),
            Self::Stdout(error) if error.kind() == io::ErrorKind::BrokenPipe => None,
            Self::Stdout(error) => Some(format!("standard output: {error}")),
            Self::NotEmpty { bucket } => {
                Some(format!("bucket {bucket:?} is not empty; with --force its objects are removed too"))
            }
            Self::Interrupted(_) | Self::Partial | Self::Findings => None,
        }
    }
}

/// How to learn the end of a write whose answer never came, or what a user must be allowed.
fn advice(error: &Error) -> String {
    match error {
        Error::Unknown { during, .. } => match (&during.bucket, &during.name) {
            // As a shell takes it, whatever the name is.
            (Some(bucket), Some(name)) => {
                let path = format!("{bucket}/{name}").replace('\'', r"'\''");
                format!("; see what is there: jetblob info '{path}'")
            }
            _ => String::new(),
        },
        // A subject of a server; what a system denies is told with a space in it.
        Error::PermissionDenied { during, subject } if !subject.contains(' ') => {
            let bucket = during.bucket.as_deref().unwrap_or("BUCKET");
            format!("; see what a user needs: jetblob acl --bucket {bucket} --role reader")
        }
        _ => String::new(),
    }
}

fn report(json: bool, code: &str, message: &str, retryable: bool) {
    let line = if json {
        json!({ "error": { "code": code, "message": message, "retryable": retryable } }).to_string()
    } else {
        format!("error: {}", escape::text(message))
    };
    // There is nobody left to tell that stderr is gone.
    let _ = writeln!(io::stderr(), "{line}");
}

/// The exit code of an error of the store, by its stable code.
fn of_error(error: &Error) -> u8 {
    match error.code() {
        "invalid_name" | "invalid_config" | "invalid_argument" | "link_not_allowed" | "link_to_deleted"
        | "link_to_link" => USAGE,
        "bucket_not_found" | "bucket_deleted" => NO_BUCKET,
        "not_found" => NO_OBJECT,
        "timeout" | "unavailable" | "object_changed" => TEMPORARY,
        "conflict" | "already_exists" | "bucket_exists" | "sealed" => CONFLICT,
        "permission_denied" | "unauthenticated" | "tls" => DENIED,
        "digest_mismatch" | "data_missing" | "bad_meta" => INTEGRITY,
        "unknown" => UNKNOWN,
        _ if error.is_retryable() => TEMPORARY,
        _ => OTHER,
    }
}

/// Prints the help that was asked for, or says what is wrong with the command line; the exit code.
pub(crate) fn of_grammar(mut error: clap::Error, args: &[OsString]) -> u8 {
    redact(&mut error);
    let json = || args.iter().take_while(|argument| *argument != "--").any(|argument| argument == "--json");
    if error.use_stderr() && json() {
        let text = error.render().to_string();
        let message = text.lines().next().unwrap_or_default();
        report(true, "usage", message.strip_prefix("error: ").unwrap_or(message), false);
        return USAGE;
    }
    // Other languages, whose programs may call this, don't empty the buffer at their end.
    let _ = error.print().and_then(|()| io::stdout().flush());
    u8::try_from(error.exit_code()).unwrap_or(USAGE)
}

/// A value that is refused is repeated: a URL among them without its user and password.
fn redact(error: &mut clap::Error) {
    let shown: Vec<_> = error
        .context()
        .filter_map(|(kind, value)| match value {
            ContextValue::String(text) if text.contains('@') => Some((kind, without_user(text))),
            _ => None,
        })
        .collect();
    for (kind, text) in shown {
        error.insert(kind, ContextValue::String(text));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use jetblob::During;

    use super::*;

    #[test]
    fn each_kind_of_error_has_its_exit_code() {
        let (bucket, name, reason) = (|| "b".to_owned(), || "n".to_owned(), || "r".to_owned());
        let during = Box::<During>::default;
        let table = include_str!("../../../tests/vectors/errors.json");
        let table: serde_json::Value = serde_json::from_str(table).unwrap();
        let rows = table["errors"].as_array().unwrap();
        let mut checked = BTreeSet::new();
        for error in [
            Error::InvalidName { name: name(), reason: reason() },
            Error::InvalidConfig { bucket: bucket(), reason: reason() },
            Error::InvalidArgument { argument: "range", reason: reason() },
            Error::LinkNotAllowed { bucket: bucket(), name: name() },
            Error::LinkToDeleted { bucket: bucket(), name: name() },
            Error::LinkToLink { bucket: bucket(), name: name() },
            Error::BucketNotFound { bucket: bucket() },
            Error::BucketDeleted { bucket: bucket() },
            Error::NotFound { bucket: bucket(), name: name(), deleted: false },
            Error::ObjectChanged { bucket: bucket(), name: name() },
            Error::Timeout { during: during(), waiting_for: reason(), after: Duration::ZERO },
            Error::Unavailable { during: during(), reason: reason() },
            Error::Server { during: during(), code: 10_008, text: reason() },
            Error::Conflict { bucket: bucket(), name: name(), expected: 1 },
            Error::AlreadyExists { bucket: bucket(), name: name() },
            Error::BucketExists { bucket: bucket(), differs: reason() },
            Error::Sealed { bucket: bucket() },
            Error::PermissionDenied { during: during(), subject: reason() },
            Error::Unauthenticated { reason: reason() },
            Error::Tls { reason: reason() },
            Error::DigestMismatch { bucket: bucket(), name: name(), expected: reason(), actual: reason() },
            Error::DataMissing { bucket: bucket(), name: name(), size: 2, received: 1 },
            Error::BadMeta { bucket: bucket(), name: name(), reason: reason() },
            Error::Unknown { during: during(), nuid: None, revision_before: 1 },
            Error::Closed { what: "the store" },
            Error::IsBucketLink { bucket: bucket(), name: name(), target: bucket() },
            Error::LinkLoop { bucket: bucket(), name: name() },
            Error::QuotaExceeded { during: during(), reason: reason() },
            Error::JetStreamNotEnabled { during: during(), scope: reason() },
            Error::Io { during: during(), kind: io::ErrorKind::Other, what: name(), reason: reason() },
            Error::Server { during: during(), code: 1, text: reason() },
        ] {
            let code = error.code();
            let row = rows.iter().find(|row| row["code"] == code).expect("the table has every code");
            let own = if error.is_retryable() { row.get("retryable_exit_code") } else { None };
            assert_eq!(own.unwrap_or(&row["exit_code"]), of_error(&error), "{error}");
            checked.insert(code);
        }
        assert_eq!(checked.len(), rows.len());
    }

    #[test]
    fn an_unknown_end_comes_with_the_way_to_learn_it() {
        let mut during = During::default();
        (during.bucket, during.name) = (Some("b".to_owned()), Some("it's".to_owned()));
        let unknown = Error::Unknown { during: Box::new(during), nuid: None, revision_before: 1 };
        let message = Failure::from(unknown).message().unwrap();
        assert!(message.ends_with(r"see what is there: jetblob info 'b/it'\''s'"), "{message}");
    }

    #[test]
    fn a_reader_that_went_away_is_no_news() {
        let gone = Failure::Stdout(io::ErrorKind::BrokenPipe.into());
        assert_eq!(gone.exit_code(), 141);
        assert_eq!(gone.message(), None);
        assert_eq!(Failure::Interrupted(2).exit_code(), 130);
    }
}
