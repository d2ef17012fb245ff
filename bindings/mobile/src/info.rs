//! What the store tells of an object.

use std::collections::HashMap;
use std::time::SystemTime;

use crate::failure::signed;
use crate::meta::Link;

/// What the store tells of an object, a link or a deleted object.
#[derive(Debug, Clone, uniffi::Record)]
pub struct ObjectInfo {
    /// The bucket that it is in.
    pub bucket: String,
    /// Its name.
    pub name: String,
    /// Bytes.
    pub size: i64,
    /// How many chunks its bytes are in.
    pub chunks: i64,
    /// The bytes of each chunk, as its writer says; many don't.
    pub chunk_size: Option<i64>,
    /// Whether its writer says that every chunk but the last is full.
    pub full_chunks: bool,
    /// `SHA-256=` and the digest of the bytes in base64url; a writer may leave it out.
    pub digest: Option<String>,
    /// The id of the bytes: two puts never have the same.
    pub nuid: Option<String>,
    /// The number of the record, what `ifRevision` compares. Rises with each write to the bucket.
    pub revision: i64,
    /// When the record was written.
    pub mtime: SystemTime,
    /// When the object goes by itself, if that was asked for by its put.
    pub expires: Option<SystemTime>,
    /// Whether this is what is left of a deleted object.
    pub deleted: bool,
    /// A text for people.
    pub description: String,
    /// Headers and their values.
    pub headers: HashMap<String, Vec<String>>,
    /// Names and values of the caller's own.
    pub metadata: HashMap<String, String>,
    /// What it points to, if it is a link.
    pub link: Option<Link>,
}

impl From<jetblob::ObjectInfo> for ObjectInfo {
    fn from(info: jetblob::ObjectInfo) -> Self {
        Self {
            bucket: info.bucket,
            name: info.name,
            size: signed(info.size),
            chunks: signed(info.chunks),
            chunk_size: info.chunk_size.map(signed),
            full_chunks: info.full_chunks,
            digest: info.digest.map(|digest| digest.to_string()),
            nuid: info.nuid.map(|nuid| nuid.to_string()),
            revision: signed(info.revision),
            mtime: info.mtime,
            expires: info.expires,
            deleted: info.deleted,
            description: info.description,
            headers: info.headers.into_iter().collect(),
            metadata: info.metadata.into_iter().collect(),
            link: info.link.map(Into::into),
        }
    }
}

/// The target of a link: what a link needs of it.
impl From<ObjectInfo> for jetblob::ObjectInfo {
    fn from(info: ObjectInfo) -> Self {
        let mut target = Self::default();
        target.bucket = info.bucket;
        target.name = info.name;
        target.deleted = info.deleted;
        target.link = info.link.map(Into::into);
        target
    }
}
