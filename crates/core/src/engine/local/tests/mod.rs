//! The engine through its contract, on real directories.

mod blobs;
mod buckets;
mod commits;
mod crashes;
mod suspensions;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use futures_util::TryStreamExt;
use tempfile::TempDir;

use super::LocalEngine;
use super::layout::{BucketDir, dir_name};
use crate::engine::{
    Commit, Consistency, Engine, EngineBucket, NewBlob, RecordWrite, Retired, Staging, StoredBlob,
    StoredRecord,
};
use crate::protocol::key::record_key;
use crate::protocol::record::{PutBody, Record};
use crate::protocol::{BucketConfig, BucketName, Digest, Nuid, ObjectInfo, ObjectMeta};
use crate::{Error, Result};

const CHUNK: usize = 128 * 1024;

/// A store in a directory of its own, with one bucket.
struct Fixture {
    root: TempDir,
    engine: LocalEngine,
    bucket: Arc<dyn EngineBucket>,
}

impl Fixture {
    async fn new() -> Self {
        Self::with(BucketConfig::new("b")).await
    }

    async fn with(config: BucketConfig) -> Self {
        let root = tempfile::tempdir().unwrap();
        let engine = LocalEngine::open(root.path()).await.unwrap();
        let bucket = engine.create_bucket(&config).await.unwrap();
        Self { root, engine, bucket }
    }

    fn dir(&self) -> BucketDir {
        BucketDir::new(&self.root.path().join(dir_name(&name("b"))))
    }

    /// Ends all background work, and opens the store anew.
    async fn reopen(self) -> Self {
        self.engine.close().await;
        let engine = LocalEngine::open(self.root.path()).await.unwrap();
        let bucket = engine.open_bucket(&name("b")).await.unwrap();
        Self { root: self.root, engine, bucket }
    }

    /// The payload files of the bucket, wherever they are.
    fn files(&self) -> Vec<PathBuf> {
        let mut files = files_below(&self.dir().objects());
        files.extend(files_below(&self.dir().tmp()));
        files
    }

    async fn put(&self, name: &str, body: &[u8]) -> u64 {
        put(&*self.bucket, name, body).await.unwrap()
    }

    async fn get(&self, name: &str) -> Vec<u8> {
        get(&*self.bucket, name).await.unwrap()
    }

    /// Waits for what the writer still has to do.
    async fn settle(&self) {
        let staging = self.bucket.stage(blob(Nuid::fresh(), CHUNK, Some(0))).await.unwrap();
        staging.discard().await;
    }
}

fn blob(nuid: Nuid, chunk_size: usize, size_hint: Option<u64>) -> NewBlob {
    NewBlob { nuid, chunk_size, size_hint, expires: None }
}

fn retired(nuid: Nuid) -> Retired {
    Retired { nuid, aliases: Vec::new() }
}

fn name(bucket: &str) -> BucketName {
    BucketName::parse(bucket).unwrap()
}

fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}

/// Bytes that differ from place to place and from seed to seed.
fn body(size: usize, seed: u8) -> Vec<u8> {
    let byte = |number: usize| u8::try_from(number % 251).unwrap();
    (0..size).map(|at| byte(at) ^ byte(at / 65_521) ^ seed).collect()
}

async fn stage(bucket: &dyn EngineBucket, body: &[u8]) -> Result<(Box<dyn Staging>, Nuid)> {
    let nuid = Nuid::fresh();
    let mut staging = bucket.stage(blob(nuid.clone(), CHUNK, None)).await?;
    for chunk in body.chunks(CHUNK) {
        staging.write(Bytes::copy_from_slice(chunk)).await?;
    }
    staging.finish().await?;
    Ok((staging, nuid))
}

fn record(bucket: &dyn EngineBucket, name: &str, nuid: &Nuid, body: &[u8]) -> Record {
    let put = PutBody {
        size: body.len() as u64,
        chunks: body.len().div_ceil(CHUNK) as u64,
        chunk_size: CHUNK,
        digest: Digest::of(body),
    };
    Record::of_put(bucket.name(), &ObjectMeta::from(name), nuid, &put)
}

fn write(name: &str, expected: u64, record: Option<Record>) -> RecordWrite {
    RecordWrite { name: name.into(), key: record_key(name), expected, record, expires: None }
}

async fn last(bucket: &dyn EngineBucket, name: &str) -> Option<StoredRecord> {
    bucket.last(name, Consistency::Leader).await.unwrap()
}

fn nuid_of(record: Option<&StoredRecord>) -> Option<Nuid> {
    record?.record().as_ref().unwrap().nuid()
}

/// An unconditional put, as the operations do it.
async fn put(bucket: &dyn EngineBucket, name: &str, body: &[u8]) -> Result<u64> {
    let (staging, nuid) = stage(bucket, body).await?;
    loop {
        let current = bucket.last(name, Consistency::ReadYourWrites).await?;
        let expected = current.as_ref().map_or(0, |record| record.revision);
        let commit = Commit {
            staged: Some(nuid.clone()),
            writes: vec![write(name, expected, Some(record(bucket, name, &nuid, body)))],
            retire: nuid_of(current.as_ref()).map(retired).into_iter().collect(),
        };
        match bucket.commit(&commit).await {
            Err(Error::Conflict { .. }) => {}
            done => {
                staging.keep();
                return done.map(|revisions| revisions[0]);
            }
        }
    }
}

async fn delete(bucket: &dyn EngineBucket, name: &str) -> Result<u64> {
    let current = last(bucket, name).await.unwrap();
    let record = current.record().as_ref().unwrap();
    let commit = Commit {
        staged: None,
        writes: vec![write(name, current.revision, Some(record.deleted(bucket.name(), name)))],
        retire: record.nuid().map(retired).into_iter().collect(),
    };
    bucket.commit(&commit).await.map(|revisions| revisions[0])
}

async fn info(bucket: &dyn EngineBucket, name: &str) -> ObjectInfo {
    let stored = last(bucket, name).await.unwrap();
    stored.record().as_ref().unwrap().info(bucket.name(), stored.mtime, stored.revision).unwrap()
}

async fn read(bucket: &dyn EngineBucket, info: &ObjectInfo, offset: u64) -> Result<Vec<u8>> {
    let chunks: Vec<Bytes> =
        bucket.read(info, info.nuid.as_ref().unwrap(), offset..info.size).try_collect().await?;
    Ok(chunks.concat())
}

async fn get(bucket: &dyn EngineBucket, name: &str) -> Result<Vec<u8>> {
    read(bucket, &info(bucket, name).await, 0).await
}

/// The ids of all blobs.
async fn nuids(bucket: &dyn EngineBucket) -> Vec<Nuid> {
    bucket.blobs().map_ok(|blob| blob.nuid).try_collect().await.unwrap()
}

/// A blob as it is told.
async fn stored_blob(bucket: &dyn EngineBucket, nuid: &Nuid) -> StoredBlob {
    let blobs: Vec<StoredBlob> = bucket.blobs().try_collect().await.unwrap();
    blobs.into_iter().find(|blob| blob.nuid == *nuid).unwrap()
}

/// Waits for a condition that another thread brings about.
async fn until(mut holds: impl FnMut() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < Duration::from_secs(20), "waited in vain");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
