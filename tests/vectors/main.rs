//! The vectors, which every language reads, against the protocol.

#[path = "../../fuzz/checks.rs"]
mod checks;

use std::time::SystemTime;

use jetblob::protocol::key::{self, RecordKey};
use jetblob::protocol::record::Record;
use jetblob::protocol::{chunk, name};
use jetblob::{BucketName, Digest, Link, ObjectInfo};
use serde_json::{Value, json};

fn read(file: &str) -> Value {
    let path = tests::root().join("tests/vectors").join(file);
    serde_json::from_slice(&std::fs::read(&path).expect("a vector file")).expect("JSON")
}

fn items<'v>(vectors: &'v Value, field: &str) -> &'v Vec<Value> {
    let items = vectors[field].as_array().expect("a list");
    assert!(!items.is_empty(), "{field}");
    items
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

#[test]
fn names() {
    let vectors = read("names.json");
    let bucket = BucketName::parse("b").unwrap();
    for vector in items(&vectors, "valid") {
        let object = text(&vector["name"]);
        assert_eq!(name::check_object_name(object), Ok(()));
        assert_eq!(key::record_key(object), text(&vector["key"]));
        assert_eq!(json!(key::legacy_record_keys(object)), vector["legacy_keys"]);
        let subject = bucket.record_subject(object);
        assert_eq!(subject, text(&vector["subject"]));
        assert_eq!(bucket.key_of_record_subject(&subject), vector["key"].as_str());
        assert_eq!(RecordKey::parse(text(&vector["key"])).name(), object);
        assert_eq!(RecordKey::parse(text(&vector["key"])), RecordKey::of(object));
        for key in vector["legacy_keys"].as_array().unwrap().iter().chain([&vector["key"]]) {
            assert!(RecordKey::parse(text(key)).is_of(object), "{key} {object:?}");
        }
    }
    for object in items(&vectors, "invalid") {
        assert!(name::check_object_name(text(object)).is_err(), "{object}");
    }
    for vector in items(&vectors, "keys") {
        let matches = RecordKey::parse(text(&vector["key"])).is_of(text(&vector["name"]));
        assert_eq!(Some(matches), vector["matches"].as_bool(), "{vector}");
    }
    for name in items(&vectors["buckets"], "valid") {
        assert_eq!(BucketName::parse(text(name)).unwrap().stream(), format!("OBJ_{}", text(name)));
    }
    for name in items(&vectors["buckets"], "invalid") {
        assert!(BucketName::parse(text(name)).is_err(), "{name}");
    }
}

#[test]
fn digests() {
    let vectors = read("digests.json");
    for vector in items(&vectors, "read") {
        let digest = Digest::parse(text(&vector["text"])).ok();
        assert_eq!(json!(digest.map(|digest| digest.to_hex())), vector["hex"], "{vector}");
    }
    for vector in items(&vectors, "bodies") {
        assert_eq!(Digest::of(text(&vector["utf8"]).as_bytes()).to_string(), text(&vector["digest"]));
    }
}

#[test]
fn chunks() {
    let vectors = read("chunks.json");
    for vector in items(&vectors, "cut") {
        let number = |field: &str| vector[field].as_u64().expect("a number");
        let count = chunk::chunk_count(number("size"), number("chunk_size").try_into().unwrap());
        assert_eq!(count, vector["chunks"].as_array().unwrap().len() as u64, "{vector}");
    }
    for vector in items(&vectors, "chunk_size") {
        let size = |field: &str| vector[field].as_u64().map(|size| usize::try_from(size).unwrap());
        let chosen = chunk::chunk_size(size("asked"), size("max_message").unwrap());
        assert_eq!(chosen.ok(), size("chunk_size"), "{vector}");
    }
}

#[test]
fn records() {
    let vectors = read("info.json");
    for vector in items(&vectors, "valid") {
        let record = Record::parse(vector["json"].to_string().as_bytes()).unwrap();
        let info = understand(&record).unwrap_or_else(|invalid| panic!("{}: {invalid}", vector["case"]));
        let told = as_json(&info);
        for (field, wanted) in vector["info"].as_object().unwrap() {
            assert_eq!(&told[field], wanted, "{}: {field}", vector["case"]);
        }
    }
    for vector in items(&vectors, "invalid") {
        let bytes = vector["text"].as_str().map_or_else(|| vector["json"].to_string(), str::to_owned);
        let understood = Record::parse(bytes.as_bytes()).and_then(|record| understand(&record));
        assert!(understood.is_err(), "{}: {understood:?}", vector["case"]);
    }
}

fn understand(record: &Record) -> Result<ObjectInfo, jetblob::protocol::Invalid> {
    record.info(&BucketName::parse("b").unwrap(), SystemTime::UNIX_EPOCH, 1)
}

fn as_json(info: &ObjectInfo) -> Value {
    let link = |link: &Link| json!({ "bucket": link.bucket, "name": link.name });
    json!({
        "name": info.name,
        "bucket": info.bucket,
        "description": info.description,
        "headers": info.headers,
        "metadata": info.metadata,
        "link": info.link.as_ref().map(link),
        "nuid": info.nuid.as_ref().map(jetblob::Nuid::as_str),
        "size": info.size,
        "chunks": info.chunks,
        "chunk_size": info.chunk_size,
        "digest": info.digest.map(|digest| digest.to_string()),
        "deleted": info.deleted,
    })
}

/// The seeds of the fuzz targets, and each of their beginnings.
#[test]
fn what_holds_for_any_bytes() {
    let each_beginning = |bytes: &[u8], check: fn(&[u8])| {
        (0..=bytes.len().min(512)).for_each(|end| check(&bytes[..end]));
        check(bytes);
    };
    let each_change = |json: &[u8]| {
        for (at, byte) in (0..json.len().min(256)).flat_map(|at| b"\"\\},0+\n\xff".map(|byte| (at, byte))) {
            let mut changed = json.to_vec();
            changed[at] = byte;
            checks::record(&changed);
        }
    };
    for (file, fields) in [("info.json", ["valid", "invalid"]), ("names.json", ["valid", "invalid"])] {
        let vectors = read(file);
        for vector in fields.into_iter().flat_map(|field| items(&vectors, field)) {
            let record = vector["text"].as_str().map_or_else(|| vector["json"].to_string(), str::to_owned);
            each_beginning(record.as_bytes(), checks::record);
            each_change(record.as_bytes());
            let name = vector["name"].as_str().or_else(|| vector.as_str()).unwrap_or_default();
            each_beginning(name.as_bytes(), checks::name);
        }
    }
    for vector in items(&read("digests.json"), "read") {
        each_beginning(text(&vector["text"]).as_bytes(), checks::digest);
    }
    for (target, check) in [("record", checks::record as fn(&[u8])), ("config", checks::config)] {
        let seeds = std::fs::read_dir(tests::root().join("fuzz/seeds").join(target)).expect("seeds");
        for seed in seeds.flatten() {
            each_beginning(&std::fs::read(seed.path()).expect("a seed"), check);
        }
    }
}
