//! What the store tells of an object.

use jetblob::{Link, ObjectInfo};
use napi_derive::napi;

use crate::meta::LinkTo;
use crate::number::{millis, number};

/// To JavaScript: an `ObjectInfo`, but for times in milliseconds, and pairs where there are names of the caller's own.
#[napi(object, object_from_js = false, use_nullable = true)]
pub(crate) struct Info {
    pub bucket: String,
    pub name: String,
    pub size: i64,
    pub chunks: i64,
    pub chunk_size: Option<i64>,
    pub full_chunks: bool,
    pub digest: Option<String>,
    pub nuid: Option<String>,
    pub revision: i64,
    pub mtime: i64,
    pub expires: Option<i64>,
    pub deleted: bool,
    pub description: String,
    pub headers: Vec<(String, Vec<String>)>,
    pub metadata: Vec<(String, String)>,
    pub link: Option<LinkTo>,
}

impl From<ObjectInfo> for Info {
    fn from(info: ObjectInfo) -> Self {
        Self {
            bucket: info.bucket,
            name: info.name,
            size: number(info.size),
            chunks: number(info.chunks),
            chunk_size: info.chunk_size.map(number),
            full_chunks: info.full_chunks,
            digest: info.digest.map(|digest| digest.to_string()),
            nuid: info.nuid.map(|nuid| nuid.to_string()),
            revision: number(info.revision),
            mtime: millis(info.mtime),
            expires: info.expires.map(millis),
            deleted: info.deleted,
            description: info.description,
            headers: info.headers.into_iter().collect(),
            metadata: info.metadata.into_iter().collect(),
            link: info.link.map(LinkTo::from),
        }
    }
}

/// The target of a link: what matters of an `ObjectInfo`.
#[napi(object, object_to_js = false)]
pub(crate) struct Target {
    pub bucket: String,
    pub name: String,
    pub deleted: Option<bool>,
    pub link: Option<LinkTo>,
}

impl From<Target> for ObjectInfo {
    fn from(target: Target) -> Self {
        let mut info = Self::default();
        info.bucket = target.bucket;
        info.name = target.name;
        info.deleted = target.deleted.unwrap_or_default();
        info.link = target.link.map(Link::from);
        info
    }
}
