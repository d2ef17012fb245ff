//! Damage as faults and other clients do it: behind the library's back.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use jetblob::engine::{Commit, NewBlob};
use jetblob::{Bucket, Nuid, ObjectInfo};
use serde_json::{Value, json};

use crate::{Place, body};

/// Gives an object other chunks than those it was put with; none to lose them.
pub(crate) async fn rewrite(place: &Place, bucket: &Bucket, info: &ObjectInfo, chunks: &[&[u8]]) {
    let nuid = info.nuid.as_ref().expect("a blob");
    if place.directory().is_none() {
        let subject = format!("$O.{}.C.{nuid}", bucket.name());
        ask(place, &format!("PURGE.OBJ_{}", bucket.name()), json!({ "filter": subject })).await;
        for chunk in chunks {
            publish(place, &subject, chunk).await;
        }
        return;
    }
    let file = file_of(place, bucket, info);
    match chunks {
        [] => fs::remove_file(file).expect("the blob's file"),
        chunks => fs::write(file, chunks.concat()).expect("the blob's file"),
    }
}

/// The file of a blob that is large enough to have one, and of another size than all others. It comes to its place after
/// the commit.
fn file_of(place: &Place, bucket: &Bucket, info: &ObjectInfo) -> PathBuf {
    let dir = place.directory().expect("a local store").join(format!("b.{}", bucket.name()));
    let of_size = |file: &PathBuf| fs::metadata(file).is_ok_and(|found| found.len() == info.size);
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(file) = files_below(&dir.join("objects")).into_iter().find(of_size) {
            return file;
        }
        assert!(Instant::now() < deadline, "the blob has no file");
        thread::sleep(Duration::from_millis(5));
    }
}

fn files_below(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).expect("a directory").flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

/// Leaves a blob that no record names: as a put that was cut off does, or a client that forgets what it replaced.
pub(crate) async fn orphan(place: &Place, bucket: &Bucket, size: usize) -> Nuid {
    let engine = place.engine_bucket(bucket).await;
    let nuid = Nuid::fresh();
    let blob = NewBlob { nuid: nuid.clone(), chunk_size: 128 << 10, size_hint: None, expires: None };
    let mut staging = engine.stage(blob).await.expect("a blob");
    for chunk in body(size).chunks(128 << 10) {
        staging.write(chunk.to_vec().into()).await.expect("a chunk");
    }
    staging.finish().await.expect("chunks");
    if place.directory().is_some() {
        let commit = Commit { staged: Some(nuid.clone()), ..Commit::default() };
        engine.commit(&commit).await.expect("a commit");
    }
    staging.keep();
    nuid
}

/// Stores a message, as any client may.
pub(crate) async fn publish(place: &Place, subject: &str, payload: &[u8]) {
    let context = async_nats::jetstream::new(place.raw().await.expect("a server"));
    let sent = context.publish(subject.to_owned(), payload.to_vec().into()).await.expect("a connection");
    sent.await.expect("an acknowledgement");
}

/// Calls the server's own interface.
pub(crate) async fn ask(place: &Place, call: &str, request: Value) -> Value {
    let raw = place.raw().await.expect("a server");
    let answer = raw.request(format!("$JS.API.STREAM.{call}"), request.to_string().into()).await;
    let answer: Value = serde_json::from_slice(&answer.expect("an answer").payload).expect("JSON");
    assert!(answer["error"].is_null(), "{call} {request}: {answer}");
    answer
}

/// Waits until the bucket has no other blobs than these.
pub(crate) async fn has_only(place: &Place, bucket: &Bucket, wanted: &[&Nuid]) {
    let engine = place.engine_bucket(bucket).await;
    let mut wanted: Vec<Nuid> = wanted.iter().map(|nuid| (*nuid).clone()).collect();
    wanted.sort();
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    loop {
        let mut found: Vec<Nuid> =
            engine.blobs().map_ok(|blob| blob.nuid).try_collect().await.expect("the blobs");
        found.sort();
        if found == wanted {
            return;
        }
        assert!(std::time::Instant::now() < deadline, "there are {found:?}, not {wanted:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
