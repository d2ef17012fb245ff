//! What the caller says of an object.

use std::collections::HashMap;

use crate::failure::invalid;

/// What a link points to: an object, or a whole bucket.
#[derive(Debug, Clone, uniffi::Record)]
pub struct Link {
    /// The bucket that is pointed to, or the bucket of the object.
    pub bucket: String,
    /// The name of the object; none for a whole bucket.
    #[uniffi(default = None)]
    pub name: Option<String>,
}

/// What the caller says of an object. Where nothing but the name is to be said, a string will do.
#[derive(Debug, Clone, uniffi::Record)]
pub struct ObjectMeta {
    /// The object's name: UTF-8 of 1 to 1,024 bytes, anything else goes.
    pub name: String,
    /// A text for people.
    #[uniffi(default = "")]
    pub description: String,
    /// Headers as of HTTP and NATS; each has one value or several.
    #[uniffi(default)]
    pub headers: HashMap<String, Vec<String>>,
    /// Names and values of the caller's own.
    #[uniffi(default)]
    pub metadata: HashMap<String, String>,
    /// The bytes of each chunk but the last; 128 KiB if not given. A server's limit on messages wins.
    #[uniffi(default = None)]
    pub chunk_size: Option<i64>,
    /// What the entry points to. Only there so that what was taken from a link is refused by a put.
    #[uniffi(default = None)]
    pub link: Option<Link>,
}

impl From<Link> for jetblob::Link {
    fn from(link: Link) -> Self {
        Self { bucket: link.bucket, name: link.name }
    }
}

impl From<jetblob::Link> for Link {
    fn from(link: jetblob::Link) -> Self {
        Self { bucket: link.bucket, name: link.name }
    }
}

impl TryFrom<ObjectMeta> for jetblob::ObjectMeta {
    type Error = jetblob::Error;

    fn try_from(meta: ObjectMeta) -> jetblob::Result<Self> {
        let chunk_size = meta.chunk_size.map(|size| {
            usize::try_from(size).map_err(|_| invalid("chunk size", format!("{size} is no number of bytes")))
        });
        Ok(Self {
            name: meta.name,
            description: meta.description,
            headers: meta.headers.into_iter().collect(),
            metadata: meta.metadata.into_iter().collect(),
            chunk_size: chunk_size.transpose()?,
            link: meta.link.map(Into::into),
        })
    }
}
