//! A bucket's configuration, and the stream configuration that it becomes.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{BucketName, Invalid};

/// Where a bucket's bytes are kept on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Storage {
    /// On disk.
    #[default]
    File,
    /// In the server's memory: lost when the server stops.
    Memory,
}

/// Which servers of a cluster may hold a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Placement {
    /// The name of the cluster; empty for any.
    pub cluster: String,
    /// Tags that every server must bear.
    pub tags: Vec<String>,
}

/// What a bucket is created with.
///
/// ```
/// use std::time::Duration;
/// use jetblob::BucketConfig;
///
/// let config = BucketConfig {
///     description: "nightly backups".into(),
///     ttl: Some(Duration::from_secs(30 * 24 * 3600)),
///     max_bytes: Some(10 << 30),
///     ..BucketConfig::new("backups")
/// };
/// assert_eq!(config.replicas, 1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketConfig {
    /// The bucket's name: letters, digits, `_` and `-`.
    pub name: String,
    /// Free text; empty for none.
    pub description: String,
    /// How long an object lives after its put; `None` for ever.
    pub ttl: Option<Duration>,
    /// The most bytes that the bucket may hold, records and deleted names included; `None` for no bound.
    /// Replacing an object needs room for the old and the new one.
    pub max_bytes: Option<u64>,
    /// File or memory. The local engine always keeps files.
    pub storage: Storage,
    /// On how many servers the bucket is kept, 1 to 5. The local engine knows only 1.
    pub replicas: usize,
    /// Which servers may hold it. Not on the local engine.
    pub placement: Option<Placement>,
    /// Whether the server compresses what it stores (S2). The local engine accepts it, and stores as is.
    pub compression: bool,
    /// Names and values of the caller's own.
    pub metadata: BTreeMap<String, String>,
    /// Leaves off the stream features that ADR-20 doesn't name (batches, message TTLs), for a bucket that other
    /// clients create as well at their start: they refuse a stream that differs in anything. jetblob is slower
    /// on such a bucket, and equally safe.
    pub plain: bool,
}

impl BucketConfig {
    /// A bucket of this name with ADR-20's defaults: files, one replica, no bounds.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            description: String::new(),
            ttl: None,
            max_bytes: None,
            storage: Storage::File,
            replicas: 1,
            placement: None,
            compression: false,
            metadata: BTreeMap::new(),
            plain: false,
        }
    }

    /// Checks the numbers, before anything is sent.
    pub fn check(&self) -> Result<(), Invalid> {
        if !(1..=5).contains(&self.replicas) {
            return Err(Invalid::new(format!("replicas must be 1 to 5, not {}", self.replicas)));
        }
        if self.ttl.is_some_and(|ttl| i64::try_from(ttl.as_nanos()).is_err()) {
            return Err(Invalid::new("the ttl is longer than 292 years"));
        }
        if self.max_bytes.is_some_and(|bytes| i64::try_from(bytes).is_err()) {
            return Err(Invalid::new("max_bytes is larger than 2^63 - 1"));
        }
        if self.ttl == Some(Duration::ZERO) || self.max_bytes == Some(0) {
            return Err(Invalid::new(
                "a ttl or max_bytes of zero would hold nothing; leave it out for no bound",
            ));
        }
        Ok(())
    }

    /// The stream configuration of ADR-20 for this bucket, without the features that [`plain`](Self::plain) leaves
    /// off; those are [`STREAM_FEATURES`].
    pub fn to_stream_config(&self, bucket: &BucketName) -> Map<String, Value> {
        let mut stream = json!({
            "name": bucket.stream(),
            "subjects": [bucket.all_chunks(), bucket.all_records()],
            "retention": "limits",
            "max_consumers": -1,
            "max_msgs": -1,
            "max_msgs_per_subject": -1,
            "max_msg_size": -1,
            "max_age": self.ttl.map_or(0, |ttl| u64::try_from(ttl.as_nanos()).unwrap_or(0)),
            "max_bytes": self.max_bytes.map_or(-1, |bytes| i64::try_from(bytes).unwrap_or(i64::MAX)),
            "storage": self.storage,
            "num_replicas": self.replicas,
            "discard": "new",
            "allow_rollup_hdrs": true,
            "allow_direct": true,
            "compression": if self.compression { "s2" } else { "none" },
        });
        if !self.description.is_empty() {
            stream["description"] = json!(self.description);
        }
        if let Some(placement) = &self.placement {
            stream["placement"] = json!(placement);
        }
        if !self.metadata.is_empty() {
            stream["metadata"] = json!(self.metadata);
        }
        match stream {
            Value::Object(map) => map,
            _ => unreachable!("a JSON object was written above"),
        }
    }

    /// Changes the configuration of an existing stream into that of this bucket: [`STREAM_FEATURES`] too, but nothing
    /// else that a bucket doesn't know, whoever set it.
    pub fn update_stream_config(&self, bucket: &BucketName, stream: &mut Map<String, Value>) {
        let added_by_server = stream.get("metadata").and_then(Value::as_object).cloned().unwrap_or_default();
        let known = self.to_stream_config(bucket);
        for field in ["description", "placement", "metadata"] {
            stream.remove(field);
        }
        for field in [
            "description",
            "max_age",
            "max_bytes",
            "storage",
            "num_replicas",
            "placement",
            "compression",
            "metadata",
        ] {
            if let Some(value) = known.get(field) {
                stream.insert(field.to_owned(), value.clone());
            }
        }
        // The server refuses a bucket whose messages it would remember for longer than it keeps them.
        let window = stream.get("duplicate_window").and_then(Value::as_u64).unwrap_or(0);
        let ttl = self.ttl.map_or(u64::MAX, |ttl| u64::try_from(ttl.as_nanos()).unwrap_or(u64::MAX));
        if window > ttl {
            stream.insert("duplicate_window".to_owned(), json!(ttl));
        }
        for (key, value) in added_by_server.into_iter().filter(|(key, _)| is_of_server(key)) {
            stream.entry("metadata").or_insert_with(|| json!({}))[key] = value;
        }
        for feature in STREAM_FEATURES {
            // Absent is how an old server says that it doesn't know one.
            if !self.plain || is_on(stream, feature) {
                stream.insert(feature.to_owned(), json!(!self.plain));
            }
        }
    }

    /// Reads the bucket out of a stream's configuration, whoever created it.
    pub fn of_stream_config(bucket: &BucketName, stream: &Map<String, Value>) -> Self {
        let text = |field: &str| stream.get(field).and_then(Value::as_str).unwrap_or_default();
        let positive = |field: &str| stream.get(field).and_then(Value::as_u64).filter(|&number| number > 0);
        let placement = stream.get("placement").and_then(Value::as_object).map(|placement| Placement {
            cluster: placement.get("cluster").and_then(Value::as_str).unwrap_or_default().to_owned(),
            tags: strings(placement.get("tags")),
        });
        Self {
            name: bucket.to_string(),
            description: text("description").to_owned(),
            ttl: positive("max_age").map(Duration::from_nanos),
            max_bytes: positive("max_bytes"),
            storage: if text("storage") == "memory" { Storage::Memory } else { Storage::File },
            replicas: positive("num_replicas").and_then(|count| count.try_into().ok()).unwrap_or(1),
            placement: placement.filter(|placement| *placement != Placement::default()),
            compression: !matches!(text("compression"), "" | "none"),
            metadata: own_metadata(stream),
            plain: !STREAM_FEATURES.iter().any(|feature| is_on(stream, feature)),
        }
    }

    /// In what an existing stream is not what this configuration would create, of all that ADR-20 names; empty if it is
    /// the same. The features of [`STREAM_FEATURES`], the server's own additions and the order of subjects don't count.
    pub fn differences(&self, bucket: &BucketName, stream: &Map<String, Value>) -> Vec<&'static str> {
        let existing = Self::of_stream_config(bucket, stream);
        let mut subjects = strings(stream.get("subjects"));
        subjects.sort();
        let differs = [
            ("description", existing.description != self.description),
            ("ttl", existing.ttl != self.ttl),
            ("max_bytes", existing.max_bytes != self.max_bytes),
            ("storage", existing.storage != self.storage),
            ("replicas", existing.replicas != self.replicas),
            ("placement", existing.placement != self.placement),
            ("compression", existing.compression != self.compression),
            ("metadata", existing.metadata != self.metadata),
            ("subjects", subjects != [bucket.all_chunks(), bucket.all_records()]),
            ("retention, limits or discard policy", !chunk_hazards(stream).is_empty()),
            ("rollup", !is_on(stream, "allow_rollup_hdrs")),
        ];
        differs.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect()
    }
}

/// Stream features beyond ADR-20 that make jetblob faster or need fewer rights: fast ingest (server 2.14), atomic
/// batches (2.12), and a TTL per message (2.11). A server that doesn't know one ignores or refuses it.
pub const STREAM_FEATURES: [&str; 3] = ["allow_batched", "allow_atomic", "allow_msg_ttl"];

/// The bucket that a stream is a mirror of; `None` if it is no mirror, or none of a bucket.
pub fn mirrored_bucket(stream: &Map<String, Value>) -> Option<BucketName> {
    BucketName::of_stream(stream.get("mirror")?.get("name")?.as_str()?)
}

/// The bucket whose name is in the subjects of a mirror: the mirrored one, or that which the mirror's subject transforms
/// say. `None` if it is no mirror of a bucket.
pub fn subjects_of_mirror(stream: &Map<String, Value>) -> Option<BucketName> {
    let origin = mirrored_bucket(stream)?;
    let ours = format!("$O.{origin}.");
    let transforms =
        stream["mirror"].get("subject_transforms").and_then(Value::as_array).into_iter().flatten();
    let renamed = transforms.filter_map(|transform| {
        let (source, destination) = (transform.get("src")?.as_str()?, transform.get("dest")?.as_str()?);
        source.strip_prefix(&ours)?;
        BucketName::parse(destination.strip_prefix("$O.")?.split('.').next()?).ok()
    });
    Some({ renamed }.next().unwrap_or(origin))
}

/// Whether a boolean of a stream configuration is set.
pub fn is_on(stream: &Map<String, Value>, field: &str) -> bool {
    stream.get(field).and_then(Value::as_bool).unwrap_or(false)
}

/// Settings of a stream by which the server would drop chunks that it acknowledged, in words. None on a stream that a
/// client created as a bucket; somebody may have changed it since.
pub fn chunk_hazards(stream: &Map<String, Value>) -> Vec<&'static str> {
    let is = |field: &str, usual: &str| {
        stream.get(field).and_then(Value::as_str).is_none_or(|value| value == usual)
    };
    let bounded = |field: &str| stream.get(field).and_then(Value::as_i64).is_some_and(|number| number > 0);
    let hazards = [
        ("retention is not `limits`", !is("retention", "limits")),
        (DISCARD, !is("discard", "new")),
        ("max_msgs is set", bounded("max_msgs")),
        ("max_msgs_per_subject is set", bounded("max_msgs_per_subject")),
        ("no_ack is set", is_on(stream, "no_ack")),
    ];
    hazards.into_iter().filter(|(_, there)| *there).map(|(hazard, _)| hazard).collect()
}

/// Settings of a bucket's stream by which the server loses what it acknowledged, or takes nothing, in words. A mirror and
/// a sealed stream are read only, and are told otherwise than others.
pub fn hazards(bucket: &BucketName, stream: &Map<String, Value>) -> Vec<String> {
    let bounded = stream.get("max_bytes").and_then(Value::as_i64).is_some_and(|bytes| bytes > 0);
    let is_mirror = stream.get("mirror").is_some_and(|mirror| !mirror.is_null());
    let mut hazards: Vec<String> = chunk_hazards(stream).into_iter().map(str::to_owned).collect();
    // A mirror that nothing bounds discards nothing.
    hazards.retain(|hazard| hazard != DISCARD || !is_mirror || bounded);
    if stream.get("persist_mode").and_then(Value::as_str) == Some("async") {
        hazards.push("persist_mode is `async`: what was acknowledged may be lost with the server".to_owned());
    }
    if is_mirror {
        return hazards;
    }
    let subjects = strings(stream.get("subjects"));
    for needed in [bucket.all_chunks(), bucket.all_records()] {
        let covers = |subject: &String| {
            subject.strip_suffix('>').map_or(*subject == needed, |start| needed.starts_with(start))
        };
        if !subjects.iter().any(covers) {
            hazards.push(format!("its subjects {subjects:?} leave out `{needed}`"));
        }
    }
    if !is_on(stream, "sealed") && !is_on(stream, "allow_rollup_hdrs") {
        hazards.push("allow_rollup_hdrs is off: no record can be written".to_owned());
    }
    hazards
}

const DISCARD: &str = "discard is not `new`";

fn strings(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The metadata without the entries that the server adds (`_nats.*`).
fn own_metadata(stream: &Map<String, Value>) -> BTreeMap<String, String> {
    let entries = stream.get("metadata").and_then(Value::as_object).into_iter().flatten();
    entries
        .filter(|(key, _)| !is_of_server(key))
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
}

fn is_of_server(metadata_key: &str) -> bool {
    metadata_key.starts_with("_nats.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket() -> BucketName {
        BucketName::parse("b").unwrap()
    }

    fn config() -> BucketConfig {
        BucketConfig {
            description: "d".into(),
            ttl: Some(Duration::from_mins(1)),
            max_bytes: Some(1 << 20),
            compression: true,
            metadata: BTreeMap::from([("team".into(), "red".into())]),
            plain: true,
            ..BucketConfig::new("b")
        }
    }

    #[test]
    fn a_config_survives_its_stream() {
        let stream = config().to_stream_config(&bucket());
        assert_eq!(BucketConfig::of_stream_config(&bucket(), &stream), config());
        assert!(config().differences(&bucket(), &stream).is_empty());
    }

    #[test]
    fn subject_order_server_metadata_and_features_do_not_make_another_bucket() {
        let mut stream = config().to_stream_config(&bucket());
        stream["subjects"] = json!(["$O.b.M.>", "$O.b.C.>"]);
        stream["metadata"]["_nats.level"] = json!("4");
        stream.insert("allow_batched".into(), json!(true));
        assert!(config().differences(&bucket(), &stream).is_empty());

        stream["max_age"] = json!(1);
        assert_eq!(config().differences(&bucket(), &stream), ["ttl"]);
    }

    #[test]
    fn an_update_keeps_what_a_bucket_does_not_know() {
        let mut stream = config().to_stream_config(&bucket());
        stream.insert("duplicate_window".into(), json!(120_000_000_000_u64));
        stream.insert("republish".into(), json!({ "src": ">", "dest": "copy.>" }));
        stream["metadata"]["_nats.level"] = json!("4");
        let other = BucketConfig { ttl: None, plain: false, ..BucketConfig::new("b") };
        other.update_stream_config(&bucket(), &mut stream);
        assert_eq!(BucketConfig::of_stream_config(&bucket(), &stream), other);
        assert_eq!(stream["duplicate_window"], json!(120_000_000_000_u64));
        assert_eq!(stream["republish"]["dest"], "copy.>");
        assert_eq!(stream["metadata"], json!({ "_nats.level": "4" }));
        assert!(!stream.contains_key("description"));
        config().update_stream_config(&bucket(), &mut stream);
        assert_eq!(BucketConfig::of_stream_config(&bucket(), &stream), config());
    }

    #[test]
    fn hazards_are_named_and_what_is_harmless_is_not() {
        let stream = config().to_stream_config(&bucket());
        let with = |field: &str, value: Value| {
            let mut stream = stream.clone();
            stream.insert(field.to_owned(), value);
            hazards(&bucket(), &stream)
        };
        assert_eq!(hazards(&bucket(), &stream), [""; 0]);
        for (field, value, named) in [
            ("discard", json!("old"), "discard"),
            ("retention", json!("interest"), "retention"),
            ("max_msgs", json!(5), "max_msgs"),
            ("max_msgs_per_subject", json!(1), "max_msgs_per_subject"),
            ("no_ack", json!(true), "no_ack"),
            ("persist_mode", json!("async"), "persist_mode"),
            ("allow_rollup_hdrs", json!(false), "rollup"),
            ("subjects", json!(["$O.b.M.>"]), "$O.b.C.>"),
        ] {
            let found = with(field, value);
            assert!(found.len() == 1 && found[0].contains(named), "{field}: {found:?}");
        }
        assert_eq!(with("subjects", json!(["$O.b.>"])), [""; 0]);
        assert_eq!(with("storage", json!("memory")), [""; 0]);

        let mut mirror = stream.clone();
        mirror.remove("subjects");
        mirror.insert("mirror".to_owned(), json!({ "name": "OBJ_o" }));
        mirror.insert("discard".to_owned(), json!("old"));
        mirror.insert("allow_rollup_hdrs".to_owned(), json!(false));
        assert_eq!(hazards(&bucket(), &mirror), [DISCARD], "it has max_bytes");
        mirror.insert("max_bytes".to_owned(), json!(-1));
        assert_eq!(hazards(&bucket(), &mirror), [""; 0]);
    }

    #[test]
    fn impossible_numbers_are_refused_before_anything_is_sent() {
        for config in [
            BucketConfig { replicas: 0, ..config() },
            BucketConfig { replicas: 6, ..config() },
            BucketConfig { ttl: Some(Duration::MAX), ..config() },
            BucketConfig { ttl: Some(Duration::ZERO), ..config() },
            BucketConfig { max_bytes: Some(u64::MAX), ..config() },
        ] {
            assert!(config.check().is_err(), "{config:?}");
        }
    }
}
