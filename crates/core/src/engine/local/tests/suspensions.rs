//! A store that lets go of its files for a while.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use futures_util::StreamExt;

use super::*;
use crate::engine::{Change, Start};

/// What of the store this process has open, or locks.
fn held(root: &Path) -> Vec<PathBuf> {
    let open = fs::read_dir("/proc/self/fd").unwrap();
    let open = open.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok());
    open.filter(|path| path.starts_with(root)).collect()
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_suspended_store_has_no_file_open_and_refuses_until_it_is_resumed() {
    let fixture = Fixture::new().await;
    let root = fixture.root.path().canonicalize().unwrap();
    fixture.put("small", b"old").await;
    fixture.put("large", &vec![1; 300_000]).await;
    assert!(!held(&root).is_empty());

    fixture.engine.suspend().await.unwrap();
    assert_eq!(held(&root), Vec::<PathBuf>::new());
    let log = fixture.dir().database().with_extension("db-wal");
    assert!(fs::metadata(log).map_or(0, |log| log.len()) == 0, "the log is written back");
    assert_eq!(fs::read_dir(fixture.dir().locks()).unwrap().count(), 0);
    assert_eq!(fixture.bucket.status().await.unwrap_err().code(), "unavailable");
    assert_eq!(put(&*fixture.bucket, "small", b"new").await.unwrap_err().code(), "unavailable");
    assert_eq!(fixture.bucket.scan().next().await.unwrap().unwrap_err().code(), "unavailable");
    for refused in [
        fixture.engine.open_bucket(&name("b")).await.err(),
        fixture.engine.create_bucket(&BucketConfig::new("c")).await.err(),
        fixture.engine.delete_bucket(&name("b")).await.err(),
        fixture.engine.bucket_names().next().await.unwrap().err(),
    ] {
        let refused = refused.unwrap();
        assert!(refused.is_retryable() && refused.to_string().contains("resume"), "{refused}");
    }
    assert_eq!(held(&root), Vec::<PathBuf>::new());
    fixture.engine.suspend().await.unwrap();

    fixture.engine.resume();
    assert_eq!(fixture.get("small").await, b"old");
    fixture.put("small", b"new").await;
    assert_eq!(fixture.get("small").await, b"new");
    assert_eq!(fixture.get("large").await, vec![1; 300_000]);
}

#[tokio::test]
async fn a_blob_that_was_staged_before_is_not_committed_after() {
    let fixture = Fixture::new().await;
    for size in [10, 300_000] {
        let body = body(size, 1);
        let (staging, nuid) = stage(&*fixture.bucket, &body).await.unwrap();
        fixture.engine.suspend().await.unwrap();
        fixture.engine.resume();
        let commit = Commit {
            staged: Some(nuid.clone()),
            writes: vec![write("a", 0, Some(record(&*fixture.bucket, "a", &nuid, &body)))],
            retire: Vec::new(),
        };
        assert_eq!(fixture.bucket.commit(&commit).await.unwrap_err().code(), "unavailable");
        staging.discard().await;
        assert_eq!(fixture.files(), Vec::<PathBuf>::new());
        assert!(last(&*fixture.bucket, "a").await.is_none());
    }
}

#[tokio::test]
async fn a_bucket_of_the_same_name_is_another_one() {
    let fixture = Fixture::new().await;
    fixture.engine.suspend().await.unwrap();
    let other = LocalEngine::open(fixture.root.path()).await.unwrap();
    other.delete_bucket(&name("b")).await.unwrap();
    fixture.engine.resume();
    assert_eq!(fixture.bucket.status().await.unwrap_err().code(), "bucket_deleted");
    other.create_bucket(&BucketConfig::new("b")).await.unwrap();
    assert_eq!(fixture.bucket.status().await.unwrap_err().code(), "bucket_deleted");
    fixture.engine.open_bucket(&name("b")).await.unwrap().status().await.unwrap();
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn what_is_read_listed_watched_and_put_has_no_file_open_either() {
    let fixture = Fixture::new().await;
    let root = fixture.root.path().canonicalize().unwrap();
    fixture.put("large", &vec![1; 3_000_000]).await;
    let info = info(&*fixture.bucket, "large").await;
    let mut chunks = fixture.bucket.read(&info, info.nuid.as_ref().unwrap(), 0..3_000_000);
    chunks.next().await.unwrap().unwrap();
    let mut records = fixture.bucket.scan();
    records.next().await.unwrap().unwrap();
    let mut changes = fixture.bucket.changes(Start::Current).await.unwrap();
    changes.next().await.unwrap().unwrap();
    let mut staging = fixture.bucket.stage(blob(Nuid::fresh(), 1 << 20, None)).await.unwrap();
    for _ in 0..5 {
        staging.write(vec![1; 1 << 20].into()).await.unwrap();
    }
    until(|| held(&root).iter().any(|path| path.parent() == Some(&*root.join("b.b/tmp")))).await;

    fixture.engine.suspend().await.unwrap();
    assert_eq!(held(&root), Vec::<PathBuf>::new());
    let refused = async {
        loop {
            if let Err(error) = staging.write(vec![1; 1 << 20].into()).await {
                break error;
            }
        }
    };
    assert_eq!(refused.await.code(), "unavailable");
    drop(staging);
    until(|| files_below(&fixture.dir().tmp()).is_empty()).await;
    assert_eq!(held(&root), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_reader_a_list_and_a_watch_go_on_after_it() {
    let fixture = Fixture::new().await;
    let bytes = body(3_000_000, 1);
    fixture.put("large", &bytes).await;
    for number in 0..1500 {
        fixture.put(&format!("n{number:04}"), b"").await;
    }
    let info = info(&*fixture.bucket, "large").await;
    let mut chunks = fixture.bucket.read(&info, info.nuid.as_ref().unwrap(), 0..info.size);
    let first = chunks.next().await.unwrap().unwrap();
    let mut records = fixture.bucket.scan();
    records.next().await.unwrap().unwrap();
    let mut changes = fixture.bucket.changes(Start::Now).await.unwrap();
    assert!(matches!(changes.next().await, Some(Ok(Change::CaughtUp))));

    let told = tokio::spawn(async move { changes.next().await });
    fixture.engine.suspend().await.unwrap();
    let rest = tokio::spawn(chunks.try_collect::<Vec<Bytes>>());
    let listed = tokio::spawn(records.try_collect::<Vec<_>>());
    // Each of them has to ask the store before it ends.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!rest.is_finished() && !listed.is_finished() && !told.is_finished());
    fixture.engine.resume();
    assert!([&first[..], &rest.await.unwrap().unwrap().concat()].concat() == bytes);
    assert_eq!(listed.await.unwrap().unwrap().len(), 1500);
    let revision = fixture.put("small", b"new").await;
    let told = told.await.unwrap();
    assert!(matches!(&told, Some(Ok(Change::Record(record))) if record.revision == revision), "{told:?}");
}

#[tokio::test]
async fn a_reader_of_a_blob_that_is_removed_after_it_says_so() {
    let fixture = Fixture::new().await;
    fixture.put("large", &body(3_000_000, 1)).await;
    let info = info(&*fixture.bucket, "large").await;
    let mut chunks = fixture.bucket.read(&info, info.nuid.as_ref().unwrap(), 0..info.size);
    let mut received = chunks.next().await.unwrap().unwrap().len() as u64;
    fixture.engine.suspend().await.unwrap();
    fixture.engine.resume();
    fixture.put("large", &body(3_000_000, 2)).await;
    let error = loop {
        match chunks.next().await.unwrap() {
            Ok(chunk) => received += chunk.len() as u64,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::DataMissing { received: told, .. } if told == received), "{error:?}");
}

#[tokio::test]
async fn closing_ends_what_waits_for_the_end_of_a_suspension() {
    let fixture = Fixture::new().await;
    let mut changes = fixture.bucket.changes(Start::Now).await.unwrap();
    assert!(matches!(changes.next().await, Some(Ok(Change::CaughtUp))));
    fixture.engine.suspend().await.unwrap();
    let waiting = tokio::spawn(async move { changes.next().await });
    tokio::task::yield_now().await;
    fixture.engine.close().await;
    assert_eq!(waiting.await.unwrap().unwrap().unwrap_err().code(), "closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn puts_that_race_with_suspensions_are_there_or_are_not() {
    let fixture = Arc::new(Fixture::new().await);
    let (succeeded, ended) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
    let writer = tokio::spawn({
        let (fixture, succeeded, ended) = (fixture.clone(), succeeded.clone(), ended.clone());
        async move {
            let mut last = 0;
            for number in 1_u32.. {
                match put(&*fixture.bucket, "a", &number.to_le_bytes()).await {
                    Ok(_) => {
                        last = number;
                        succeeded.fetch_add(1, Ordering::SeqCst);
                    }
                    Err(error) => {
                        assert_eq!(error.code(), "unavailable", "{error}");
                        tokio::task::yield_now().await;
                    }
                }
                if ended.load(Ordering::SeqCst) {
                    break;
                }
            }
            last
        }
    });
    for turn in 0..30 {
        until(|| succeeded.load(Ordering::SeqCst) > turn).await;
        fixture.engine.suspend().await.unwrap();
        fixture.engine.resume();
    }
    ended.store(true, Ordering::SeqCst);
    let last = writer.await.unwrap();
    assert_eq!(fixture.get("a").await, last.to_le_bytes());
}

/// Calls of every kind, on two handles, while the store is suspended and resumed again and again: each ends, and none
/// with anything but its result or the refusal.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_race_with_suspensions_succeed_or_are_refused() {
    let fixture = Arc::new(Fixture::new().await);
    fixture.put("large", &body(3_000_000, 1)).await;
    let (succeeded, ended) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
    let check = |outcome: Result<()>| match outcome {
        Ok(()) => true,
        Err(error) => {
            assert_eq!(error.code(), "unavailable", "{error}");
            false
        }
    };
    let callers: Vec<_> = (0..4)
        .map(|caller| {
            let (fixture, succeeded, ended) = (fixture.clone(), succeeded.clone(), ended.clone());
            tokio::spawn(async move {
                while !ended.load(Ordering::SeqCst) {
                    let bucket = match fixture.engine.open_bucket(&name("b")).await {
                        Ok(bucket) => bucket,
                        Err(error) => {
                            check(Err(error));
                            tokio::task::yield_now().await;
                            continue;
                        }
                    };
                    let done = match caller {
                        0 => bucket.scan().try_collect::<Vec<_>>().await.map(drop),
                        1 => put(&*bucket, "p", &body(300_000, 2)).await.map(drop),
                        2 => match bucket.last("large", Consistency::Leader).await {
                            Err(error) => Err(error),
                            Ok(stored) => {
                                let stored = stored.unwrap();
                                let info = stored
                                    .record()
                                    .as_ref()
                                    .unwrap()
                                    .info(&name("b"), stored.mtime, 1)
                                    .unwrap();
                                read(&*bucket, &info, 0).await.map(|read| assert!(read == body(3_000_000, 1)))
                            }
                        },
                        _ => fixture.engine.buckets().try_collect::<Vec<_>>().await.map(drop),
                    };
                    if check(done) {
                        succeeded.fetch_add(1, Ordering::SeqCst);
                    }
                }
            })
        })
        .collect();
    let root = fixture.root.path().canonicalize().unwrap();
    for turn in 0..30 {
        until(|| succeeded.load(Ordering::SeqCst) > 3 * turn).await;
        fixture.engine.suspend().await.unwrap();
        if cfg!(target_os = "linux") {
            assert_eq!(held(&root), Vec::<PathBuf>::new());
        }
        fixture.engine.resume();
    }
    ended.store(true, Ordering::SeqCst);
    for caller in callers {
        caller.await.unwrap();
    }
    fixture.settle().await;
    assert_eq!(files_below(&fixture.dir().tmp()), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_closed_store_is_not_suspended() {
    let fixture = Fixture::new().await;
    fixture.engine.suspend().await.unwrap();
    fixture.engine.close().await;
    assert_eq!(fixture.engine.suspend().await.unwrap_err().code(), "closed");
    fixture.engine.resume();
    assert_eq!(fixture.bucket.status().await.unwrap_err().code(), "closed");
}
