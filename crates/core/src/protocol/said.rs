//! What a record says, read from its JSON.

use std::collections::BTreeMap;
use std::fmt;
use std::time::SystemTime;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::{BucketName, Digest, Invalid, Link, Nuid, ObjectInfo, limits};

/// jetblob's own word in a record, beside the standard's: that every chunk but the last is full.
pub(super) const FULL_CHUNKS: &str = "full_chunks";

/// The fields of a record, of the right types, and not yet looked at together.
pub(super) struct Said<'r> {
    name: &'r str,
    description: &'r str,
    headers: BTreeMap<String, Vec<String>>,
    metadata: BTreeMap<String, String>,
    link: Option<Link>,
    nuid: Option<&'r str>,
    size: u64,
    chunks: u64,
    chunk_size: Option<u64>,
    full_chunks: bool,
    digest: Option<&'r str>,
    deleted: bool,
}

/// A record of an object or a marker that any current client wrote, without escapes in its texts: read in one go, and
/// nothing of it copied. What is not like that is read field by field.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plain<'j> {
    name: &'j str,
    description: Option<&'j str>,
    headers: Option<BTreeMap<String, Vec<String>>>,
    metadata: Option<BTreeMap<String, String>>,
    options: Option<PlainOptions>,
    #[serde(rename = "bucket")]
    _bucket: Option<&'j str>,
    nuid: Option<&'j str>,
    size: Option<u64>,
    #[serde(rename = "mtime")]
    _mtime: Option<&'j str>,
    chunks: Option<u64>,
    digest: Option<&'j str>,
    deleted: Option<bool>,
}

#[derive(Default)]
struct PlainOptions {
    max_chunk_size: Option<u64>,
    full_chunks: Option<bool>,
}

/// A derived one would take a list for the fields in their order.
impl<'de> Deserialize<'de> for PlainOptions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OfMap)
    }
}

struct OfMap;

impl<'de> Visitor<'de> for OfMap {
    type Value = PlainOptions;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("plain options")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PlainOptions, A::Error> {
        let mut options = PlainOptions::default();
        while let Some(key) = map.next_key()? {
            match key {
                "max_chunk_size" => options.max_chunk_size = map.next_value()?,
                FULL_CHUNKS => options.full_chunks = map.next_value()?,
                _ => return Err(A::Error::unknown_field(key, &["max_chunk_size", FULL_CHUNKS])),
            }
        }
        Ok(options)
    }
}

impl<'r> Said<'r> {
    /// What a record says that is plain; `None` of any other.
    pub(super) fn plainly(json: &'r [u8]) -> Option<Self> {
        if json.first() != Some(&b'{') {
            return None;
        }
        let plain: Plain = serde_json::from_str(std::str::from_utf8(json).ok()?).ok()?;
        let size = plain.size.unwrap_or(0);
        let chunks = plain.chunks.unwrap_or(0);
        let chunk_size = plain.options.as_ref().and_then(|options| options.max_chunk_size);
        if ![size, chunks, chunk_size.unwrap_or(0)].into_iter().all(is_natural) {
            return None;
        }
        Some(Self {
            name: plain.name,
            description: plain.description.unwrap_or_default(),
            headers: plain.headers.unwrap_or_default(),
            metadata: plain.metadata.unwrap_or_default(),
            link: None,
            nuid: plain.nuid,
            size,
            chunks,
            chunk_size,
            full_chunks: plain.options.is_some_and(|options| options.full_chunks == Some(true)),
            digest: plain.digest,
            deleted: plain.deleted.unwrap_or(false),
        })
    }

    /// What these fields say. Those that are missing or null have their defaults.
    pub(super) fn by(fields: &'r Map<String, Value>) -> Result<Self, Invalid> {
        let name = match fields.get("name") {
            Some(Value::String(name)) => name,
            _ => "",
        };
        let options = object(fields, "options")?;
        Ok(Self {
            name,
            description: text(fields, "description")?.unwrap_or_default(),
            headers: headers(fields)?,
            metadata: metadata(fields)?,
            link: match options {
                Some(options) => object(options, "link")?.map(read_link).transpose()?,
                None => None,
            },
            nuid: text(fields, "nuid")?,
            size: natural(fields, "size")?.unwrap_or(0),
            chunks: natural(fields, "chunks")?.unwrap_or(0),
            chunk_size: match options {
                Some(options) => natural(options, "max_chunk_size")?,
                None => None,
            },
            // Like any field that the standard doesn't name, it may be anything at all.
            full_chunks: options.and_then(|options| options.get(FULL_CHUNKS)) == Some(&Value::Bool(true)),
            digest: text(fields, "digest")?,
            deleted: boolean(fields, "deleted")?,
        })
    }

    /// Makes sense of it as a whole.
    pub(super) fn info(
        self,
        bucket: &BucketName,
        mtime: SystemTime,
        revision: u64,
    ) -> Result<ObjectInfo, Invalid> {
        let Self { link, size, chunks, full_chunks, deleted, .. } = self;
        if self.name.is_empty() {
            return Err(Invalid::new("the record has no name"));
        }
        let nuid = match self.nuid {
            Some(nuid) if !nuid.is_empty() => Some(Nuid::parse(nuid)?),
            _ if link.is_some() || deleted => None,
            _ => return Err(Invalid::new("the record has no nuid")),
        };
        let digest = match self.digest {
            Some(digest) if !digest.is_empty() && !deleted => Some(Digest::parse(digest)?),
            _ => None,
        };
        let chunk_size = self.chunk_size.filter(|&size| size > 0);
        if chunk_size.is_some_and(|size| size > limits::MAX_CHUNK_SIZE as u64) {
            return Err(Invalid::new("max_chunk_size is larger than any message"));
        }
        if !deleted && link.is_none() && size > 0 && chunks == 0 {
            return Err(Invalid::new(format!("{size} bytes cannot be in no chunk")));
        }
        Ok(ObjectInfo {
            bucket: bucket.as_str().to_owned(),
            name: self.name.to_owned(),
            description: self.description.to_owned(),
            headers: self.headers,
            metadata: self.metadata,
            link,
            nuid,
            size,
            chunks,
            chunk_size,
            full_chunks,
            digest,
            deleted,
            mtime,
            expires: None,
            revision,
        })
    }
}

fn wrong_type(field: &str, wanted: &str) -> Invalid {
    Invalid::new(format!("field `{field}` is not {wanted}"))
}

fn object<'f>(
    fields: &'f Map<String, Value>,
    field: &str,
) -> Result<Option<&'f Map<String, Value>>, Invalid> {
    match fields.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(inner)) => Ok(Some(inner)),
        Some(_) => Err(wrong_type(field, "an object")),
    }
}

fn text<'f>(fields: &'f Map<String, Value>, field: &str) -> Result<Option<&'f str>, Invalid> {
    match fields.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(wrong_type(field, "text")),
    }
}

fn boolean(fields: &Map<String, Value>, field: &str) -> Result<bool, Invalid> {
    match fields.get(field) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(value)) => Ok(*value),
        Some(_) => Err(wrong_type(field, "true or false")),
    }
}

/// Whether a signed 64-bit field of another client can hold it.
fn is_natural(number: u64) -> bool {
    i64::try_from(number).is_ok()
}

fn natural(fields: &Map<String, Value>, field: &str) -> Result<Option<u64>, Invalid> {
    match fields.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_u64().filter(|&number| is_natural(number)) {
            Some(number) => Ok(Some(number)),
            None => Err(wrong_type(field, "a whole number below 2^63")),
        },
    }
}

fn read_link(link: &Map<String, Value>) -> Result<Link, Invalid> {
    let bucket = text(link, "bucket")?.unwrap_or_default();
    BucketName::parse(bucket)
        .map_err(|invalid| Invalid::new(format!("link to bucket {bucket:?}: {invalid}")))?;
    let name = text(link, "name")?.filter(|name| !name.is_empty());
    Ok(Link { bucket: bucket.to_owned(), name: name.map(str::to_owned) })
}

/// Headers: a list of texts each, but nats.py writes a plain text, and old async-nats wraps the map in `inner`.
fn headers(fields: &Map<String, Value>) -> Result<BTreeMap<String, Vec<String>>, Invalid> {
    let Some(mut headers) = object(fields, "headers")? else {
        return Ok(BTreeMap::new());
    };
    if let (1, Some(Value::Object(inner))) = (headers.len(), headers.get("inner")) {
        headers = inner;
    }
    let mut read = BTreeMap::new();
    for (key, value) in headers {
        let values = match value {
            Value::Null => Vec::new(),
            Value::String(one) => vec![one.clone()],
            Value::Array(many) => many
                .iter()
                .map(|value| value.as_str().map(str::to_owned))
                .collect::<Option<_>>()
                .ok_or_else(|| wrong_type("headers", "a map of lists of text"))?,
            _ => return Err(wrong_type("headers", "a map of lists of text")),
        };
        read.insert(key.clone(), values);
    }
    Ok(read)
}

fn metadata(fields: &Map<String, Value>) -> Result<BTreeMap<String, String>, Invalid> {
    let Some(entries) = object(fields, "metadata")? else {
        return Ok(BTreeMap::new());
    };
    entries
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(key, value)| match value {
            Value::String(text) => Ok((key.clone(), text.clone())),
            _ => Err(wrong_type("metadata", "a map of text")),
        })
        .collect()
}
