//! `tests/vectors/errors.json`: every error, as the library has it.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use jetblob::Error;

use crate::{rows, source, text, vectors};

/// One error of each kind.
fn errors() -> Vec<Error> {
    let (bucket, name, reason) = (|| "b".to_owned(), || "n".to_owned(), || "r".to_owned());
    let during = Box::default;
    vec![
        Error::NotFound { bucket: bucket(), name: name(), deleted: false },
        Error::BucketNotFound { bucket: bucket() },
        Error::BucketExists { bucket: bucket(), differs: reason() },
        Error::AlreadyExists { bucket: bucket(), name: name() },
        Error::InvalidName { name: name(), reason: reason() },
        Error::InvalidConfig { bucket: bucket(), reason: reason() },
        Error::InvalidArgument { argument: "range", reason: reason() },
        Error::LinkNotAllowed { bucket: bucket(), name: name() },
        Error::LinkToDeleted { bucket: bucket(), name: name() },
        Error::LinkToLink { bucket: bucket(), name: name() },
        Error::IsBucketLink { bucket: bucket(), name: name(), target: bucket() },
        Error::LinkLoop { bucket: bucket(), name: name() },
        Error::Conflict { bucket: bucket(), name: name(), expected: 1 },
        Error::Unknown { during: during(), nuid: None, revision_before: 1 },
        Error::Sealed { bucket: bucket() },
        Error::QuotaExceeded { during: during(), reason: reason() },
        Error::DigestMismatch { bucket: bucket(), name: name(), expected: reason(), actual: reason() },
        Error::DataMissing { bucket: bucket(), name: name(), size: 2, received: 1 },
        Error::ObjectChanged { bucket: bucket(), name: name() },
        Error::BadMeta { bucket: bucket(), name: name(), reason: reason() },
        Error::PermissionDenied { during: during(), subject: reason() },
        Error::Unauthenticated { reason: reason() },
        Error::Tls { reason: reason() },
        Error::JetStreamNotEnabled { during: during(), scope: reason() },
        Error::Timeout { during: during(), waiting_for: reason(), after: Duration::ZERO },
        Error::Unavailable { during: during(), reason: reason() },
        Error::BucketDeleted { bucket: bucket() },
        Error::Closed { what: "the store" },
        Error::Io { during: during(), kind: io::ErrorKind::Other, what: name(), reason: reason() },
        Error::Server { during: during(), code: 1, text: reason() },
    ]
}

/// The codes in the library's source.
fn codes() -> BTreeSet<String> {
    let source = source("crates/core/src/error.rs");
    let (_, code) = source.split_once("pub fn code(").expect("the codes");
    let (code, _) = code.split_once("pub fn is_retryable(").expect("the codes end");
    let literals = code.split("=> \"").skip(1).filter_map(|code| code.split_once('"'));
    literals.map(|(code, _)| code.to_owned()).collect()
}

#[test]
fn every_error_is_in_the_table_and_the_reverse() {
    let table = vectors("errors.json");
    let rows = rows(&table, "errors");
    let listed: BTreeSet<_> = rows.iter().map(|row| text(&row["code"]).to_owned()).collect();
    assert_eq!(listed.len(), rows.len(), "a code is there twice");
    assert_eq!(listed, codes());
    assert_eq!(listed, errors().iter().map(|error| error.code().to_owned()).collect());
}

#[test]
fn errors_are_retryable_where_the_table_says_so() {
    let table = vectors("errors.json");
    let row = |code: &str| rows(&table, "errors").iter().find(|row| row["code"] == code).expect("a row");
    for error in errors() {
        let row = row(error.code());
        assert_eq!(row["retryable"].as_bool(), Some(error.is_retryable()), "{error}");
        assert!(!text(&row["meaning"]).is_empty() && row["exit_code"].is_u64(), "{row}");
    }
    let retryable = row("server")["retryable_server_codes"].as_array().expect("a list");
    for code in 10_000..10_300 {
        let error = Error::Server { during: Box::default(), code, text: String::new() };
        assert_eq!(error.is_retryable(), retryable.contains(&code.into()), "{error}");
    }
}
