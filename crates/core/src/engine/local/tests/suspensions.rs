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

    fixture.engine.resume().await;
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
        fixture.engine.resume().await;
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
    fixture.engine.resume().await;
    assert_eq!(fixture.bucket.status().await.unwrap_err().code(), "bucket_deleted");
    other.create_bucket(&BucketConfig::new("b")).await.unwrap();
    assert_eq!(fixture.bucket.status().await.unwrap_err().code(), "bucket_deleted");
    fixture.engine.open_bucket(&name("b")).await.unwrap().status().await.unwrap();
}

#[tokio::test]
async fn a_reader_and_a_watch_go_on_after_it() {
    let fixture = Fixture::new().await;
    fixture.put("large", &vec![1; 3_000_000]).await;
    let info = info(&*fixture.bucket, "large").await;
    let mut chunks = fixture.bucket.read(&info, info.nuid.as_ref().unwrap(), 0..3_000_000);
    let first = chunks.next().await.unwrap().unwrap();
    let mut changes = fixture.bucket.changes(Start::Current).await.unwrap();
    assert!(matches!(changes.next().await, Some(Ok(Change::Record(_)))));
    assert!(matches!(changes.next().await, Some(Ok(Change::CaughtUp))));

    let waiting = tokio::spawn(async move { changes.next().await });
    fixture.engine.suspend().await.unwrap();
    let rest: Vec<Bytes> = chunks.try_collect().await.unwrap();
    assert_eq!(first.len() + rest.iter().map(Bytes::len).sum::<usize>(), 3_000_000);
    assert!(!waiting.is_finished());
    fixture.engine.resume().await;
    let revision = fixture.put("small", b"new").await;
    let told = waiting.await.unwrap();
    assert!(matches!(&told, Some(Ok(Change::Record(record))) if record.revision == revision), "{told:?}");
}

#[tokio::test]
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
                    Err(error) => assert_eq!(error.code(), "unavailable", "{error}"),
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
        fixture.engine.resume().await;
    }
    ended.store(true, Ordering::SeqCst);
    assert_eq!(fixture.get("a").await, writer.await.unwrap().to_le_bytes());
}

#[tokio::test]
async fn a_closed_store_is_not_suspended() {
    let fixture = Fixture::new().await;
    fixture.engine.suspend().await.unwrap();
    fixture.engine.close().await;
    assert_eq!(fixture.engine.suspend().await.unwrap_err().code(), "closed");
    fixture.engine.resume().await;
    assert_eq!(fixture.bucket.status().await.unwrap_err().code(), "closed");
}
