//! The record of an object, as JSON.

use std::sync::Arc;
use std::time::SystemTime;

use serde_json::{Map, Value, json};

use super::name::check_object_name;
use super::said::{FULL_CHUNKS, Said};
use super::{BucketName, Digest, Invalid, Link, Nuid, ObjectInfo, ObjectMeta};

/// jetblob's own words in a record: the other name of an object that is, or was, renamed step by step.
const MOVING_TO: &str = "moving_to";
const MOVED_FROM: &str = "moved_from";

/// A record as raw JSON: whatever its writer put there, kept whole, so that a rewrite loses nothing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record(Arc<Map<String, Value>>);

impl Record {
    /// Reads any JSON object. Nothing is demanded of its fields yet: that is [`info`](Self::info).
    pub fn parse(json: &[u8]) -> Result<Self, Invalid> {
        match serde_json::from_slice(json) {
            Ok(Value::Object(fields)) => Ok(Self(Arc::new(fields))),
            Ok(_) => Err(Invalid::new("the record is not a JSON object")),
            Err(error) => Err(Invalid::new(format!("the record is not JSON: {error}"))),
        }
    }

    /// The record of a finished put.
    pub fn of_put(bucket: &BucketName, meta: &ObjectMeta, nuid: &Nuid, body: &PutBody) -> Self {
        let mut record = Self::new(bucket, &meta.name, nuid).with_meta(bucket, meta);
        record.set("options", json!({ "max_chunk_size": body.chunk_size, FULL_CHUNKS: true }));
        record.set("size", json!(body.size));
        record.set("chunks", json!(body.chunks));
        record.set("digest", json!(body.digest.to_string()));
        record
    }

    /// The record of a link.
    pub fn of_link(bucket: &BucketName, meta: &ObjectMeta, nuid: &Nuid, link: &Link) -> Self {
        let mut record = Self::new(bucket, &meta.name, nuid).with_meta(bucket, meta);
        let target = match &link.name {
            Some(name) => json!({ "bucket": link.bucket, "name": name }),
            None => json!({ "bucket": link.bucket }),
        };
        record.set("options", json!({ "link": target }));
        record
    }

    /// The marker of a name that an object was moved away from. It names no blob: that is the object's still.
    pub fn of_moved(bucket: &BucketName, name: &str) -> Self {
        let mut record = Self::new(bucket, name, &Nuid::fresh());
        record.set("deleted", json!(true));
        record
    }

    fn new(bucket: &BucketName, name: &str, nuid: &Nuid) -> Self {
        let mut record = Self::default();
        record.set("name", json!(name));
        record.set("bucket", json!(bucket.as_str()));
        record.set("nuid", json!(nuid.as_str()));
        record.set("size", json!(0));
        record.set("chunks", json!(0));
        record
    }

    /// The same record while it is being moved to another name, step by step.
    #[must_use]
    pub fn moving_to(&self, name: &str) -> Self {
        let mut record = self.clone();
        record.set(MOVING_TO, json!(name));
        record
    }

    /// The same record under the name that it was moved to, step by step.
    #[must_use]
    pub fn moved_from(&self, name: &str) -> Self {
        let mut record = self.clone();
        record.set(MOVED_FROM, json!(name));
        record
    }

    /// Names whose records may name the same blob, because a rename was cut off between its steps.
    pub fn aliases(&self) -> Vec<String> {
        let names = [MOVING_TO, MOVED_FROM].into_iter().filter_map(|field| self.0.get(field)?.as_str());
        names.filter(|name| check_object_name(name).is_ok()).map(str::to_owned).collect()
    }

    /// The same object with the name, description, headers and metadata of `meta`, as a whole. What jetblob doesn't know
    /// in the record stays.
    #[must_use]
    pub fn with_meta(&self, bucket: &BucketName, meta: &ObjectMeta) -> Self {
        let mut record = self.clone();
        record.set("name", json!(meta.name));
        record.set("bucket", json!(bucket.as_str()));
        record.set_or_unset("description", (!meta.description.is_empty()).then(|| json!(meta.description)));
        record.set_or_unset("headers", (!meta.headers.is_empty()).then(|| json!(meta.headers)));
        record.set_or_unset("metadata", (!meta.metadata.is_empty()).then(|| json!(meta.metadata)));
        record.unset("mtime");
        record
    }

    /// The record that says the object is deleted. What jetblob doesn't know in the old record stays.
    #[must_use]
    pub fn deleted(&self, bucket: &BucketName, name: &str) -> Self {
        let mut record = self.clone();
        record.set("name", json!(name));
        record.set("bucket", json!(bucket.as_str()));
        record.set("size", json!(0));
        record.set("chunks", json!(0));
        record.set("deleted", json!(true));
        record.unset("digest");
        record.unset("mtime");
        if record.nuid().is_none() {
            // Some readers refuse a record without one, be it a marker.
            record.set("nuid", json!(Nuid::fresh().as_str()));
        }
        record
    }

    fn set(&mut self, field: &str, value: Value) {
        Arc::make_mut(&mut self.0).insert(field.to_owned(), value);
    }

    fn unset(&mut self, field: &str) {
        if self.0.contains_key(field) {
            Arc::make_mut(&mut self.0).remove(field);
        }
    }

    fn set_or_unset(&mut self, field: &str, value: Option<Value>) {
        match value {
            Some(value) => self.set(field, value),
            None => self.unset(field),
        }
    }

    /// The record as it is stored.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(&*self.0).unwrap_or_default()
    }

    /// The name that the record gives itself.
    pub fn name(&self) -> Option<&str> {
        self.0.get("name")?.as_str().filter(|name| !name.is_empty())
    }

    /// The blob that the record names, if it names a valid one: all that replacing a record needs of it, also when
    /// the rest of it cannot be read.
    pub fn nuid(&self) -> Option<Nuid> {
        Nuid::parse(self.0.get("nuid")?.as_str()?).ok()
    }

    /// Whether the record says that the object is deleted.
    pub fn is_deleted(&self) -> bool {
        self.0.get("deleted") == Some(&Value::Bool(true))
    }

    /// Whether the record points elsewhere, and has no blob.
    pub fn is_link(&self) -> bool {
        self.0.get("options").and_then(|options| options.get("link")).is_some_and(|link| !link.is_null())
    }

    /// Makes sense of the record, as any client may have written it. Fields that are missing or null have their
    /// defaults; `mtime` is never read, and `bucket` is the bucket at hand.
    pub fn info(&self, bucket: &BucketName, mtime: SystemTime, revision: u64) -> Result<ObjectInfo, Invalid> {
        Said::by(&self.0)?.info(bucket, mtime, revision)
    }

    /// The [`info`](Self::info) of the record that is [`parse`](Self::parse)d from this: faster for most.
    pub fn info_of(
        json: &[u8],
        bucket: &BucketName,
        mtime: SystemTime,
        revision: u64,
    ) -> Result<ObjectInfo, Invalid> {
        match Said::plainly(json) {
            Some(said) => said.info(bucket, mtime, revision),
            None => Self::parse(json)?.info(bucket, mtime, revision),
        }
    }
}

/// What a put turned out to have sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PutBody {
    /// Bytes of the whole body.
    pub size: u64,
    /// Chunks that it was cut into.
    pub chunks: u64,
    /// Bytes of a full chunk.
    pub chunk_size: usize,
    /// SHA-256 of the whole body.
    pub digest: Digest,
}
