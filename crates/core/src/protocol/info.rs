//! What is said of an object, as values.

use std::collections::BTreeMap;
use std::time::SystemTime;

use super::{Digest, Nuid};

/// What a caller says of an object when it is put.
///
/// A name alone is enough: `ObjectMeta::from("reports/2026.pdf")`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ObjectMeta {
    /// The object's name: not empty, at most 1,024 bytes of UTF-8.
    pub name: String,
    /// Free text; empty for none.
    pub description: String,
    /// Headers, each with one or more values, as in HTTP (`Content-Type`, …).
    pub headers: BTreeMap<String, Vec<String>>,
    /// Names and values of the caller's own.
    pub metadata: BTreeMap<String, String>,
    /// The size of a chunk in bytes; `None` for 128 KiB. Clamped to what the server accepts. Only a put reads it.
    pub chunk_size: Option<usize>,
    /// Where an entry points to, if this was taken from the info of a link. A put refuses it (`LinkNotAllowed`), so that
    /// a link isn't copied as an object without bytes; `add_link` makes links.
    pub link: Option<Link>,
}

impl From<&str> for ObjectMeta {
    fn from(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }
}

impl From<String> for ObjectMeta {
    fn from(name: String) -> Self {
        Self { name, ..Self::default() }
    }
}

/// What was said of an object, to say it of another one.
impl From<ObjectInfo> for ObjectMeta {
    fn from(info: ObjectInfo) -> Self {
        let chunk_size = info.chunk_size.and_then(|size| size.try_into().ok());
        let ObjectInfo { name, description, headers, metadata, link, .. } = info;
        Self { name, description, headers, metadata, chunk_size, link }
    }
}

/// Where a link points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The bucket of the target.
    pub bucket: String,
    /// The object in it; `None` for a link to the whole bucket.
    pub name: Option<String>,
}

/// What the store tells of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectInfo {
    /// The bucket that the object was read from.
    pub bucket: String,
    /// The object's name.
    pub name: String,
    /// Free text; empty for none.
    pub description: String,
    /// Headers, each with one or more values.
    pub headers: BTreeMap<String, Vec<String>>,
    /// Names and values of the caller's own.
    pub metadata: BTreeMap<String, String>,
    /// Where the entry points to, if it is a link.
    pub link: Option<Link>,
    /// The id of the blob; `None` for a link of a client that gives it none.
    pub nuid: Option<Nuid>,
    /// The object's size in bytes.
    pub size: u64,
    /// How many chunks the blob has, as its writer says.
    pub chunks: u64,
    /// The size of a full chunk in bytes, as its writer says.
    pub chunk_size: Option<u64>,
    /// Whether its writer says that every chunk but the last is full, as jetblob does: then the place of a byte is known.
    pub full_chunks: bool,
    /// The SHA-256 of the object's bytes; `None` for links and deleted objects.
    pub digest: Option<Digest>,
    /// Whether only the marker of a deleted object is left.
    pub deleted: bool,
    /// When the record was stored, by the store's clock.
    pub mtime: SystemTime,
    /// When the object goes by itself, if it was put with an expiry of its own. The bucket's `ttl` is not in it.
    pub expires: Option<SystemTime>,
    /// The revision of the record: what conditional writes compare.
    pub revision: u64,
}

impl Default for ObjectInfo {
    fn default() -> Self {
        Self {
            bucket: String::new(),
            name: String::new(),
            description: String::new(),
            headers: BTreeMap::new(),
            metadata: BTreeMap::new(),
            link: None,
            nuid: None,
            size: 0,
            chunks: 0,
            chunk_size: None,
            full_chunks: false,
            digest: None,
            deleted: false,
            mtime: SystemTime::UNIX_EPOCH,
            expires: None,
            revision: 0,
        }
    }
}
