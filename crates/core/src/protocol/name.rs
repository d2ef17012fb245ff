//! Bucket and object names, and the subjects that are made of them.

use std::fmt;
use std::sync::Arc;

use super::key::record_key;
use super::limits::{MAX_BUCKET_NAME_BYTES, MAX_NAME_BYTES};
use super::{Invalid, Nuid};

/// A bucket name: 1 to 250 characters of `[A-Za-z0-9_-]` (ADR-6).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BucketName(Arc<str>);

impl BucketName {
    /// Accepts a name that keeps the rules.
    ///
    /// ```
    /// use jetblob::protocol::BucketName;
    /// assert!(BucketName::parse("photos-2026").is_ok());
    /// assert!(BucketName::parse("photos.2026").is_err());
    /// ```
    pub fn parse(name: &str) -> Result<Self, Invalid> {
        let reason = if name.is_empty() {
            "a bucket name must not be empty"
        } else if name.len() > MAX_BUCKET_NAME_BYTES {
            "a bucket name must not be longer than 250 characters"
        } else if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-') {
            "a bucket name may hold only letters, digits, `_` and `-`"
        } else {
            return Ok(Self(name.into()));
        };
        Err(Invalid::new(reason))
    }

    /// The bucket whose stream this is, or `None` for a stream that holds no bucket.
    pub fn of_stream(stream: &str) -> Option<Self> {
        Self::parse(stream.strip_prefix("OBJ_")?).ok()
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The stream that holds the bucket: `OBJ_<bucket>`.
    pub fn stream(&self) -> String {
        format!("OBJ_{self}")
    }

    /// The subject of one blob's chunks: `$O.<bucket>.C.<nuid>`.
    pub fn chunk_subject(&self, nuid: &Nuid) -> String {
        format!("$O.{self}.C.{nuid}")
    }

    /// All chunks of the bucket: `$O.<bucket>.C.>`.
    pub fn all_chunks(&self) -> String {
        format!("$O.{self}.C.>")
    }

    /// The subject of an object's record: `$O.<bucket>.M.<name in base64url, padded>`.
    pub fn record_subject(&self, name: &str) -> String {
        self.record_subject_of_key(&record_key(name))
    }

    /// The subject of the record that stands under this key, see [`record_key`].
    pub fn record_subject_of_key(&self, key: &str) -> String {
        format!("$O.{self}.M.{key}")
    }

    /// All records of the bucket: `$O.<bucket>.M.>`.
    pub fn all_records(&self) -> String {
        format!("$O.{self}.M.>")
    }

    /// The key at the end of a record's subject, or `None` if the subject is no record's of this bucket.
    pub fn key_of_record_subject<'s>(&self, subject: &'s str) -> Option<&'s str> {
        subject.strip_prefix("$O.")?.strip_prefix(self.as_str())?.strip_prefix(".M.")
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Checks an object name: not empty, at most 1,024 bytes. Everything else that is UTF-8 is a name.
pub fn check_object_name(name: &str) -> Result<(), Invalid> {
    if name.is_empty() {
        Err(Invalid::new("an object name must not be empty"))
    } else if name.len() > MAX_NAME_BYTES {
        Err(Invalid::new(format!(
            "an object name may have at most {MAX_NAME_BYTES} bytes, this one has {}",
            name.len()
        )))
    } else {
        Ok(())
    }
}
