use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use super::*;
use crate::protocol::Placement;

#[tokio::test]
async fn a_directory_that_is_no_store_of_this_version_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let deep = root.path().join("a/b");
    LocalEngine::open(&deep).await.unwrap();
    LocalEngine::open(&deep).await.unwrap();
    assert_eq!(fs::read_to_string(deep.join("FORMAT")).unwrap(), "jetblob-local 1\n");
    fs::write(deep.join("FORMAT"), "jetblob-local 9\n").unwrap();
    let error = LocalEngine::open(&deep).await.unwrap_err();
    assert!(matches!(error, Error::InvalidArgument { .. }), "{error:?}");
    assert!(
        error.to_string().contains("a/b/FORMAT") && error.to_string().contains("jetblob-local 9"),
        "{error}"
    );
    let error = LocalEngine::open(deep.join("FORMAT")).await.unwrap_err();
    assert!(error.to_string().contains("is not a directory"), "{error}");
    let error = LocalEngine::open(deep.join("FORMAT/below")).await.unwrap_err();
    assert!(error.to_string().contains("FORMAT/below"), "{error}");
}

#[tokio::test]
async fn a_bucket_is_created_once_and_found_with_the_same_configuration() {
    let metadata = BTreeMap::from([("team".into(), "red".into())]);
    let config =
        BucketConfig { description: "d".into(), metadata, compression: true, ..BucketConfig::new("b") };
    let fixture = Fixture::with(config.clone()).await;
    let same = BucketConfig { plain: true, ..config.clone() };
    fixture.engine.create_bucket(&same).await.unwrap();
    for other in [
        BucketConfig { description: String::new(), ..config.clone() },
        BucketConfig { ttl: Some(Duration::from_secs(1)), ..config.clone() },
        BucketConfig { max_bytes: Some(1), ..config.clone() },
    ] {
        let error = fixture.engine.create_bucket(&other).await.unwrap_err();
        assert!(matches!(error, Error::BucketExists { .. }), "{error:?}");
    }
    for never in [
        BucketConfig { replicas: 3, ..BucketConfig::new("n") },
        BucketConfig { max_bytes: Some(0), ..BucketConfig::new("n") },
        BucketConfig {
            placement: Some(Placement { cluster: "east".into(), tags: vec![] }),
            ..BucketConfig::new("n")
        },
    ] {
        let error = fixture.engine.create_bucket(&never).await.unwrap_err();
        assert!(matches!(error, Error::InvalidConfig { .. }), "{error:?}");
    }
    let error = fixture.engine.create_bucket(&BucketConfig::new("../b")).await.unwrap_err();
    assert!(matches!(error, Error::InvalidName { .. }), "{error:?}");
    let status = fixture.bucket.status().await.unwrap();
    assert_eq!((&*status.description, status.backing_store, status.size), ("d", "local", 0));
    assert_eq!(status.metadata, config.metadata);
}

#[tokio::test]
async fn buckets_are_told_apart_by_case_and_listed() {
    let fixture = Fixture::new().await;
    let long = "Ab".repeat(125);
    for bucket in ["B", "aB-c_9", &long] {
        let bucket = fixture.engine.create_bucket(&BucketConfig::new(bucket)).await.unwrap();
        put(&*bucket, "o", bucket.name().as_str().as_bytes()).await.unwrap();
    }
    let wanted = BTreeSet::from(["b", "B", "aB-c_9", &long].map(str::to_owned));
    let names: Vec<BucketName> = fixture.engine.bucket_names().try_collect().await.unwrap();
    assert_eq!(names.iter().map(ToString::to_string).collect::<BTreeSet<_>>(), wanted);
    let statuses: Vec<_> = fixture.engine.buckets().try_collect().await.unwrap();
    assert_eq!(statuses.into_iter().map(|status| status.bucket).collect::<BTreeSet<_>>(), wanted);
    let found = fixture.engine.open_bucket(&name(&long)).await.unwrap();
    assert!(get(&*found, "o").await.unwrap() == long.as_bytes());
    assert!(matches!(fixture.engine.open_bucket(&name("n")).await, Err(Error::BucketNotFound { .. })));
    assert!(matches!(fixture.engine.delete_bucket(&name("n")).await, Err(Error::BucketNotFound { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_create_and_delete_a_bucket_at_once() {
    let root = tempfile::tempdir().unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let path = root.path().to_owned();
        tasks.spawn(async move {
            let engine = LocalEngine::open(&path).await.unwrap();
            for _ in 0..5 {
                match engine.create_bucket(&BucketConfig::new("b")).await {
                    Ok(bucket) => match put(&*bucket, "o", &body(100_000, 1)).await {
                        Ok(_) | Err(Error::BucketDeleted { .. }) => {}
                        Err(error) => panic!("{error:?}"),
                    },
                    Err(Error::BucketNotFound { .. }) => {}
                    Err(error) => panic!("{error:?}"),
                }
                match engine.delete_bucket(&name("b")).await {
                    Ok(()) | Err(Error::BucketNotFound { .. }) => {}
                    Err(error) => panic!("{error:?}"),
                }
            }
            engine.close().await;
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let mut left: Vec<_> = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["FORMAT", "LOCK"]);
}

#[tokio::test]
async fn every_handle_of_a_deleted_bucket_says_so_and_harms_no_later_one() {
    let fixture = Fixture::new().await;
    fixture.put("o", &body(100_000, 1)).await;
    let other = LocalEngine::open(fixture.root.path()).await.unwrap();
    let foreign = other.open_bucket(&name("b")).await.unwrap();
    let shown = info(&*foreign, "o").await;
    let (staging, nuid) = stage(&*foreign, &body(100_000, 2)).await.unwrap();
    let mut unfinished = foreign.stage(blob(Nuid::fresh(), CHUNK, Some(1 << 30))).await.unwrap();
    unfinished.write(Bytes::from(body(CHUNK, 1))).await.unwrap();
    fixture.engine.delete_bucket(&name("b")).await.unwrap();
    for recreated in [false, true] {
        if recreated {
            let bucket = fixture.engine.create_bucket(&BucketConfig::new("b")).await.unwrap();
            put(&*bucket, "o", &body(200_000, 3)).await.unwrap();
        }
        let deleted = |error: Error| assert!(matches!(error, Error::BucketDeleted { .. }), "{error:?}");
        for handle in [&fixture.bucket, &foreign] {
            deleted(handle.last("o", Consistency::Leader).await.unwrap_err());
            deleted(handle.status().await.unwrap_err());
            deleted(handle.seal().await.unwrap_err());
            deleted(handle.scan().try_collect::<Vec<_>>().await.unwrap_err());
            deleted(
                handle
                    .blobs()
                    .try_collect::<Vec<_>>()
                    .await
                    .err()
                    .unwrap_or(Error::BucketDeleted { bucket: String::new() }),
            );
            deleted(read(&**handle, &shown, 0).await.unwrap_err());
            deleted(put(&**handle, "o", &body(10, 1)).await.unwrap_err());
            deleted(put(&**handle, "o", &body(100_000, 1)).await.unwrap_err());
        }
        let commit = Commit { staged: Some(nuid.clone()), ..Commit::default() };
        deleted(foreign.commit(&commit).await.unwrap_err());
    }
    deleted_upload(unfinished).await;
    staging.discard().await;
    drop((foreign, fixture.bucket));
    other.close().await;
    let bucket = fixture.engine.open_bucket(&name("b")).await.unwrap();
    assert!(get(&*bucket, "o").await.unwrap() == body(200_000, 3));
    fixture.engine.close().await;
    let engine = LocalEngine::open(fixture.root.path()).await.unwrap();
    let bucket = engine.open_bucket(&name("b")).await.unwrap();
    assert!(get(&*bucket, "o").await.unwrap() == body(200_000, 3));
}

/// The directory is another bucket's by now, but the upload may not be committed to it.
async fn deleted_upload(mut upload: Box<dyn Staging>) {
    let _ = upload.finish().await;
    upload.discard().await;
}

#[tokio::test]
async fn a_closed_store_answers_closed_and_does_not_hang() {
    let fixture = Fixture::new().await;
    fixture.put("o", &body(100_000, 1)).await;
    let (staging, nuid) = stage(&*fixture.bucket, &body(100_000, 2)).await.unwrap();
    let shown = info(&*fixture.bucket, "o").await;
    fixture.engine.close().await;
    fixture.engine.close().await;
    let closed = |error: Error| assert!(matches!(error, Error::Closed { .. }), "{error:?}");
    closed(fixture.bucket.last("o", Consistency::Leader).await.unwrap_err());
    closed(read(&*fixture.bucket, &shown, 0).await.unwrap_err());
    closed(fixture.bucket.commit(&Commit { staged: Some(nuid), ..Commit::default() }).await.unwrap_err());
    closed(fixture.bucket.stage(blob(Nuid::fresh(), CHUNK, Some(0))).await.unwrap_err());
    closed(fixture.engine.open_bucket(&name("b")).await.unwrap_err());
    closed(fixture.engine.create_bucket(&BucketConfig::new("b")).await.unwrap_err());
    closed(fixture.engine.bucket_names().try_collect::<Vec<_>>().await.unwrap_err());
    drop(staging);
    assert_eq!(fixture.files().len(), 1);
}

#[tokio::test]
async fn a_bucket_that_nobody_uses_ends_its_thread_and_its_session() {
    let fixture = Fixture::new().await;
    let locks = fixture.dir().locks();
    assert_eq!(fs::read_dir(&locks).unwrap().count(), 1);
    let again = fixture.engine.open_bucket(&name("b")).await.unwrap();
    assert_eq!(fs::read_dir(&locks).unwrap().count(), 1, "one open bucket for one name");
    drop((again, fixture.bucket));
    until(|| fs::read_dir(&locks).unwrap().count() == 0).await;
}

#[tokio::test]
async fn closing_waits_for_writers_that_nobody_has_a_handle_of() {
    let Fixture { root, engine, bucket } = Fixture::new().await;
    put(&*bucket, "o", &body(100_000, 1)).await.unwrap();
    let locks = BucketDir::new(&root.path().join(dir_name(&name("b")))).locks();
    drop(bucket);
    engine.close().await;
    assert_eq!(fs::read_dir(locks).unwrap().count(), 0);
}

#[tokio::test]
async fn only_what_a_store_made_is_cleared_away() {
    let root = tempfile::tempdir().unwrap();
    let ours = root.path().join(".trash-00112233445566778899aabbccddeeff");
    for dir in [&ours, &root.path().join(".trash-old")] {
        fs::create_dir(dir).unwrap();
    }
    LocalEngine::open(root.path()).await.unwrap();
    assert!(!ours.exists() && root.path().join(".trash-old").exists());
}
