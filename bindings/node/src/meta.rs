//! What the caller says of an object.

use jetblob::{Link, ObjectMeta};
use napi::Result;
use napi_derive::napi;

use crate::number::count;

/// An `ObjectMeta`. What has names of the caller's own comes as pairs, since those of an object can't be any.
#[napi(object, object_to_js = false)]
pub(crate) struct Meta {
    pub name: String,
    pub description: Option<String>,
    pub headers: Option<Vec<(String, Vec<String>)>>,
    pub metadata: Option<Vec<(String, String)>>,
    pub chunk_size: Option<i64>,
    pub link: Option<LinkTo>,
}

impl Meta {
    pub(crate) fn into_meta(self) -> Result<ObjectMeta> {
        let chunk_size = self.chunk_size.map(count).transpose()?;
        Ok(ObjectMeta {
            name: self.name,
            description: self.description.unwrap_or_default(),
            headers: self.headers.into_iter().flatten().collect(),
            metadata: self.metadata.into_iter().flatten().collect(),
            chunk_size: chunk_size.map(|size| usize::try_from(size).unwrap_or(usize::MAX)),
            link: self.link.map(Link::from),
        })
    }
}

/// A `Link`.
#[napi(object)]
pub(crate) struct LinkTo {
    pub bucket: String,
    pub name: Option<String>,
}

impl From<LinkTo> for Link {
    fn from(link: LinkTo) -> Self {
        Self { bucket: link.bucket, name: link.name }
    }
}

impl From<Link> for LinkTo {
    fn from(link: Link) -> Self {
        Self { bucket: link.bucket, name: link.name }
    }
}
