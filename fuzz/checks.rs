//! What must hold for any bytes: run on made-up ones by the fuzz targets, on the vectors by the tests.

use std::time::SystemTime;

use jetblob::protocol::key::{RecordKey, legacy_record_keys, record_key};
use jetblob::protocol::name::check_object_name;
use jetblob::protocol::record::Record;
use jetblob::{BucketConfig, BucketName, ByteRange, Digest, ObjectMeta};

fn bucket() -> BucketName {
    BucketName::parse("b").expect("a bucket name")
}

/// One subject, and no more: no wildcard, and nothing that would end it.
fn assert_subject(subject: &str) {
    let is_token =
        |token: &str| !token.is_empty() && token.chars().all(|c| c.is_ascii_graphic() && !"*>.".contains(c));
    assert!(subject.split('.').all(is_token), "{subject:?}");
    assert!(subject.len() < 2048, "{subject:?}");
}

/// A record is refused, or makes sense: then it does so again after any rewrite.
pub(crate) fn record(json: &[u8]) {
    let parsed = Record::parse(json);
    let slowly = parsed.clone().and_then(|record| record.info(&bucket(), SystemTime::UNIX_EPOCH, 1));
    assert_eq!(Record::info_of(json, &bucket(), SystemTime::UNIX_EPOCH, 1), slowly);
    let Ok(record) = parsed else { return };
    assert_eq!(Record::parse(&record.to_json()), Ok(record.clone()));
    for alias in record.aliases() {
        assert_eq!(check_object_name(&alias), Ok(()));
    }
    if let Some(nuid) = record.nuid() {
        assert_subject(&bucket().chunk_subject(&nuid));
    }
    let read = |record: &Record| record.info(&bucket(), SystemTime::UNIX_EPOCH, 1);
    let Ok(info) = read(&record) else { return };
    assert_eq!(info.bucket, "b");
    assert!(!info.name.is_empty());
    assert_eq!(info.deleted, record.is_deleted());
    if info.link.is_none() && !info.deleted {
        assert_eq!(info.nuid, record.nuid(), "an object has a blob");
        assert!(info.nuid.is_some());
    }
    if let Some(link) = &info.link {
        assert!(BucketName::parse(&link.bucket).is_ok(), "{link:?}");
    }
    for range in [ByteRange::All, ByteRange::Suffix(1), ByteRange::from(1..2), ByteRange::from(u64::MAX..)] {
        if let Ok(range) = range.of(info.size) {
            assert!(range.start <= range.end && range.end <= info.size);
        }
    }
    let meta = ObjectMeta::from(info.clone());
    let again = read(&record.with_meta(&bucket(), &meta)).expect("it made sense before");
    assert_eq!(again, info, "nothing is lost");
    let marker = read(&record.deleted(&bucket(), &info.name)).expect("a marker");
    assert!(marker.deleted && marker.size == 0 && marker.digest.is_none());
}

/// A name comes back from its key and its subject, whatever it is.
pub(crate) fn name(bytes: &[u8]) {
    let Ok(name) = std::str::from_utf8(bytes) else { return };
    // As a key that anybody wrote.
    let key = RecordKey::parse(name);
    let _ = key.is_of(name);
    assert_eq!(key.to_string(), name);
    assert_eq!(key.is_plain(), key.name().is_ascii() && record_key(&key.name()) == name);
    if let Ok(bucket) = BucketName::parse(name) {
        assert_eq!(BucketName::of_stream(&bucket.stream()), Some(bucket.clone()));
        assert_subject(&bucket.record_subject("x"));
    }
    if check_object_name(name).is_err() {
        assert!(name.is_empty() || name.len() > 1024);
        return;
    }
    let (bucket, key) = (bucket(), RecordKey::of(name));
    assert_eq!(key.name(), name);
    assert!(key.is_of(name));
    assert_eq!(key.is_plain(), name.is_ascii());
    let subject = bucket.record_subject(name);
    assert_subject(&subject);
    assert_eq!(bucket.key_of_record_subject(&subject).map(RecordKey::parse), Some(key));
    for legacy in legacy_record_keys(name) {
        assert!(RecordKey::parse(&legacy).is_of(name), "{legacy}");
        assert_subject(&bucket.record_subject_of_key(&legacy));
    }
}

/// A digest is refused, or written in one form that is read again.
pub(crate) fn digest(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(digest) = Digest::parse(text) else { return };
    assert_eq!(Digest::parse(&digest.to_string()), Ok(digest));
    assert_eq!(Digest::parse(&format!("SHA-256={}", digest.to_hex())), Ok(digest));
}

/// The configuration of any stream is read as a bucket's, and written back without a loss.
pub(crate) fn config(json: &[u8]) {
    let Ok(serde_json::Value::Object(stream)) = serde_json::from_slice(json) else { return };
    let config = BucketConfig::of_stream_config(&bucket(), &stream);
    let _ = config.differences(&bucket(), &stream);
    let mut updated = stream.clone();
    config.update_stream_config(&bucket(), &mut updated);
    // What the configuration says itself: nothing of it may be left out.
    let said = ["description", "placement", "metadata"];
    for (setting, value) in stream.iter().filter(|(setting, _)| !said.contains(&setting.as_str())) {
        assert!(updated.contains_key(setting), "{setting}: {value} is lost");
    }
}
