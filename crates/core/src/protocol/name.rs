//! Bucket and object names, and the subjects that are made of them.

use std::fmt;
use std::sync::Arc;

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD};

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

/// The key under which the record of `name` stands: base64url with padding (ADR-20).
pub fn record_key(name: &str) -> String {
    BASE64URL.encode(name.as_bytes())
}

/// The other keys under which older clients wrote the record of `name`, to be looked at when [`record_key`] misses:
/// nats.java uses the standard alphabet, nats.c before 3.12 leaves the padding out, nats.js takes Latin-1 for UTF-8. Empty
/// for most names.
pub fn legacy_record_keys(name: &str) -> Vec<String> {
    let usual = record_key(name);
    let mut keys: Vec<String> = Vec::new();
    let standard = [BASE64.encode(name.as_bytes()), BASE64URL_NOPAD.encode(name.as_bytes())];
    let latin_1: Option<Vec<u8>> = name.chars().map(|char| u8::try_from(char).ok()).collect();
    // Bytes that are UTF-8 too are the usual key of another name.
    let latin_1 =
        latin_1.filter(|bytes| std::str::from_utf8(bytes).is_err()).map(|bytes| BASE64URL.encode(&bytes));
    for key in standard.into_iter().chain(latin_1) {
        if key != usual && !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

/// Whether a record that stands under `key` may bear `name`, in any client's encoding.
///
/// nats.js encodes names as Latin-1, and nats.go keeps raw bytes in the subject but U+FFFD in the JSON.
pub fn key_is_of_name(key: &str, name: &str) -> bool {
    is_record_key(key, name) || is_legacy_key_of_name(key, name)
}

/// Whether this is the [`record_key`] of the name.
fn is_record_key(key: &str, name: &str) -> bool {
    let mut usual = [0; MAX_NAME_BYTES.div_ceil(3) * 4];
    let len = BASE64URL.encode_len(name.len());
    let Some(usual) = usual.get_mut(..len).filter(|_| len == key.len()) else { return false };
    BASE64URL.encode_mut(name.as_bytes(), usual);
    usual == key.as_bytes()
}

fn is_legacy_key_of_name(key: &str, name: &str) -> bool {
    let bare = key.trim_end_matches('=').as_bytes();
    let Ok(bytes) = BASE64URL_NOPAD.decode(bare).or_else(|_| BASE64_NOPAD.decode(bare)) else {
        return false;
    };
    let as_latin_1 = || bytes.iter().map(|&byte| char::from(byte)).eq(name.chars());
    String::from_utf8_lossy(&bytes) == name || as_latin_1()
}

/// Whether this is the [`record_key`] of a name of ASCII characters, 192 at most. A record under it bears that name, in any
/// client's encoding.
pub fn is_usual_key_of_ascii(key: &str) -> bool {
    let mut name = [0; 192];
    let is_one_text = !key.trim_end_matches('=').contains('=');
    match BASE64URL.decode_len(key.len()) {
        Ok(len) if is_one_text && len <= name.len() => {
            let decoded = BASE64URL.decode_mut(key.as_bytes(), &mut name[..len]);
            decoded.is_ok_and(|len| name[..len].is_ascii())
        }
        _ => false,
    }
}

/// The name that a key stands for, as far as it can be told: used to name a record that cannot be read.
pub fn name_of_key(key: &str) -> String {
    let bare = key.trim_end_matches('=').as_bytes();
    match BASE64URL_NOPAD.decode(bare).or_else(|_| BASE64_NOPAD.decode(bare)) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => key.to_owned(),
    }
}
