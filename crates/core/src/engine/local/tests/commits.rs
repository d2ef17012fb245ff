use std::collections::BTreeMap;

use super::blobs::database;
use super::*;
use crate::protocol::key::RecordKey;

#[tokio::test]
async fn a_conflict_changes_nothing_and_leaves_the_staged_blob() {
    let fixture = Fixture::new().await;
    for size in [1000, 200_000] {
        let (object, bytes) = (format!("o{size}"), body(size, 2));
        let beside = format!("beside{size}");
        let revision = fixture.put(&object, &body(size, 1)).await;
        let (staging, nuid) = stage(&*fixture.bucket, &bytes).await.unwrap();
        let old = nuid_of(last(&*fixture.bucket, &object).await.as_ref()).unwrap();
        let commit = |expected| Commit {
            staged: Some(nuid.clone()),
            writes: vec![
                write(&beside, 0, Some(record(&*fixture.bucket, &beside, &nuid, &bytes))),
                write(&object, expected, Some(record(&*fixture.bucket, &object, &nuid, &bytes))),
            ],
            retire: vec![retired(old.clone())],
        };
        for wrong in [0, revision + 1] {
            let error = fixture.bucket.commit(&commit(wrong)).await.unwrap_err();
            let Error::Conflict { bucket, name, expected } = error else { panic!("{error:?}") };
            assert_eq!((&*bucket, &name, expected), ("b", &object, wrong));
            assert!(last(&*fixture.bucket, &beside).await.is_none());
            assert!(fixture.get(&object).await == body(size, 1));
        }
        let revisions = fixture.bucket.commit(&commit(revision)).await.unwrap();
        assert!(revisions[0] > revision && revisions[1] > revisions[0]);
        drop(staging);
        fixture.settle().await;
        assert!(fixture.get(&object).await == bytes);
        assert!(fixture.get(&beside).await == bytes);
        let revision = last(&*fixture.bucket, &beside).await.unwrap().revision;
        let removal = Commit { writes: vec![write(&beside, revision, None)], ..Commit::default() };
        fixture.bucket.commit(&removal).await.unwrap();
    }
}

#[tokio::test]
async fn a_renamed_object_keeps_its_blob_and_an_alias_protects_it() {
    let fixture = Fixture::new().await;
    for size in [1000, 200_000] {
        let bytes = body(size, 1);
        let old = format!("old{size}");
        let revision = fixture.put(&old, &bytes).await;
        let nuid = info(&*fixture.bucket, &old).await.nuid.unwrap();
        let renamed = record(&*fixture.bucket, "new", &nuid, &bytes);
        let writes = vec![write("new", 0, Some(renamed)), write(&old, revision, None)];
        fixture.bucket.commit(&Commit { writes, ..Commit::default() }).await.unwrap();
        let marker = last(&*fixture.bucket, &old).await.unwrap();
        assert!(marker.record().as_ref().unwrap().is_deleted() && marker.expires > Some(SystemTime::now()));
        assert!(fixture.get("new").await == bytes);

        let alias = write("alias", 0, Some(record(&*fixture.bucket, "alias", &nuid, &bytes)));
        fixture.bucket.commit(&Commit { writes: vec![alias], ..Commit::default() }).await.unwrap();
        delete(&*fixture.bucket, "new").await.unwrap();
        assert!(
            fixture.get("alias").await == bytes,
            "the tombstone of the one name retired the blob of the other"
        );
        delete(&*fixture.bucket, "alias").await.unwrap();
        fixture.settle().await;
        assert_eq!(fixture.files(), Vec::<PathBuf>::new());
        for object in ["alias", "new"] {
            let revision = last(&*fixture.bucket, object).await.unwrap().revision;
            let removal = Commit { writes: vec![write(object, revision, None)], ..Commit::default() };
            fixture.bucket.commit(&removal).await.unwrap();
        }
        database(&fixture).execute("UPDATE obj SET expires = 1", []).unwrap();
        // The next change of the bucket's configuration has the sweeper look anew.
        fixture.engine.update_bucket(&BucketConfig::new("b")).await.unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while fixture.bucket.status().await.unwrap().size > 0 {
            assert!(Instant::now() < deadline, "the markers of removed names do not go");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
async fn a_scan_tells_every_name_once_in_order_with_tombstones() {
    let fixture = Fixture::new().await;
    let mut expected = BTreeMap::new();
    let nuid = Nuid::fresh();
    for batch in 0..25 {
        let names: Vec<String> =
            (0..100).map(|at| format!("n{:05}", (batch * 100 + at) * 7919 % 2500)).collect();
        let writes =
            names.iter().map(|name| write(name, 0, Some(record(&*fixture.bucket, name, &nuid, b""))));
        let commit = Commit { writes: writes.collect(), ..Commit::default() };
        expected.extend(names.clone().into_iter().zip(fixture.bucket.commit(&commit).await.unwrap()));
    }
    let tombstone = delete(&*fixture.bucket, "n01234").await.unwrap();
    expected.insert("n01234".into(), tombstone);
    let found: Vec<StoredRecord> = fixture.bucket.scan().try_collect().await.unwrap();
    let keys: Vec<(RecordKey, u64)> =
        found.iter().map(|stored| (stored.key.clone(), stored.revision)).collect();
    let wanted: Vec<(RecordKey, u64)> =
        expected.iter().map(|(name, seq)| (RecordKey::of(name), *seq)).collect();
    assert_eq!(keys, wanted);
    assert_eq!(found.iter().filter(|stored| stored.record().as_ref().unwrap().is_deleted()).count(), 1);
}

#[tokio::test]
async fn a_bucket_never_holds_more_than_its_bytes() {
    let max_bytes = Some(1_000_000);
    let fixture = Fixture::with(BucketConfig { max_bytes, ..BucketConfig::new("b") }).await;
    fixture.put("o", &body(600_000, 1)).await;
    let replaced = put(&*fixture.bucket, "o", &body(600_000, 2)).await;
    assert!(
        matches!(replaced, Err(Error::QuotaExceeded { .. })),
        "a replace needs room for both: {replaced:?}"
    );
    let hinted = fixture.bucket.stage(blob(Nuid::fresh(), CHUNK, Some(500_000))).await;
    assert!(matches!(hinted, Err(Error::QuotaExceeded { .. })));

    let mut staging = fixture.bucket.stage(blob(Nuid::fresh(), CHUNK, None)).await.unwrap();
    let mut written = 0;
    let refused = loop {
        match staging.write(Bytes::from(body(CHUNK, 1))).await {
            Ok(()) => written += CHUNK,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, Error::QuotaExceeded { .. }) && written < 400_000);
    assert!(staging.finish().await.is_err());
    staging.discard().await;

    fixture.put("small", &body(60_000, 1)).await;
    assert!(fixture.get("o").await == body(600_000, 1));
    assert_eq!(fixture.files().len(), 1);
    while put(&*fixture.bucket, &format!("n{}", Nuid::fresh()), &body(60_000, 1)).await.is_ok() {}
    let status = fixture.bucket.status().await.unwrap();
    assert!((900_000..=1_000_000).contains(&status.size), "{}", status.size);
    delete(&*fixture.bucket, "o").await.unwrap();
    assert!(fixture.bucket.status().await.unwrap().size < 400_000);
    fixture.put("o", &body(500_000, 3)).await;
}

#[tokio::test]
async fn what_expired_is_hidden_at_once_and_swept() {
    let ttl = Duration::from_millis(400);
    let fixture = Fixture::with(BucketConfig { ttl: Some(ttl), ..BucketConfig::new("b") }).await;
    let since = Instant::now();
    fixture.put("small", &body(10, 1)).await;
    let revision = fixture.put("large", &body(100_000, 1)).await;
    let info = info(&*fixture.bucket, "large").await;
    let rewritten = record(&*fixture.bucket, "large", info.nuid.as_ref().unwrap(), &body(100_000, 1));
    let rewrite = Commit { writes: vec![write("large", revision, Some(rewritten))], ..Commit::default() };
    let revision = fixture.bucket.commit(&rewrite).await.unwrap()[0];
    let dir = fixture.dir();
    until(|| files_below(&dir.objects()).is_empty()).await;
    assert!(since.elapsed() >= ttl);
    assert!(
        last(&*fixture.bucket, "large").await.is_none() && last(&*fixture.bucket, "small").await.is_none()
    );
    assert_eq!(fixture.bucket.scan().try_collect::<Vec<_>>().await.unwrap().len(), 0);
    let error = fixture.bucket.commit(&rewrite).await.unwrap_err();
    assert!(matches!(error, Error::Conflict { .. }), "{error:?}");
    assert_eq!(fixture.bucket.status().await.unwrap().size, 0);
    assert!(fixture.put("large", &body(10, 1)).await > revision, "a revision is never used twice");
}

#[tokio::test]
async fn an_expired_row_that_is_not_swept_yet_does_not_exist() {
    let ttl = Some(Duration::from_hours(1));
    let fixture = Fixture::with(BucketConfig { ttl, ..BucketConfig::new("b") }).await;
    let revision = fixture.put("o", &body(100_000, 1)).await;
    let long_ago = "UPDATE obj SET put_time = 1; UPDATE blob SET put_time = 1;";
    blobs::database(&fixture).execute_batch(long_ago).unwrap();
    assert!(last(&*fixture.bucket, "o").await.is_none());
    let stale = Commit { writes: vec![write("o", revision, None)], ..Commit::default() };
    assert!(matches!(fixture.bucket.commit(&stale).await, Err(Error::Conflict { .. })));
    fixture.put("o", &body(1000, 2)).await;
    assert!(fixture.get("o").await == body(1000, 2));
    // Sealing ends expiry, so it must first remove what is expired.
    fixture.bucket.seal().await.unwrap();
    assert_eq!(fixture.bucket.blobs().try_collect::<Vec<_>>().await.unwrap().len(), 1);
    blobs::database(&fixture).execute_batch(long_ago).unwrap();
    assert!(fixture.get("o").await == body(1000, 2));
    assert_eq!(fixture.bucket.status().await.unwrap().ttl, None);
}

#[tokio::test]
async fn a_sealed_bucket_takes_no_write_through_any_handle() {
    let fixture = Fixture::new().await;
    let revision = fixture.put("o", &body(100_000, 1)).await;
    let other = LocalEngine::open(fixture.root.path()).await.unwrap();
    let other = other.open_bucket(&name("b")).await.unwrap();
    let (staging, nuid) = stage(&*other, &body(100_000, 2)).await.unwrap();
    fixture.bucket.seal().await.unwrap();
    fixture.bucket.seal().await.unwrap();
    assert!(fixture.bucket.status().await.unwrap().sealed);
    let write = write("o", revision, Some(record(&*other, "o", &nuid, b"")));
    let commit = Commit { staged: Some(nuid), writes: vec![write], retire: vec![] };
    assert!(matches!(other.commit(&commit).await, Err(Error::Sealed { .. })));
    staging.discard().await;
    let named = info(&*other, "o").await.nuid.unwrap();
    let named = stored_blob(&*other, &named).await;
    assert!(matches!(other.remove_blob(&named).await, Err(Error::Sealed { .. })));
    assert!(matches!(other.stage(blob(Nuid::fresh(), CHUNK, None)).await, Err(Error::Sealed { .. })));
    assert!(fixture.get("o").await == body(100_000, 1));
    assert_eq!(fixture.files().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_engines_share_a_directory() {
    let fixture = Fixture::new().await;
    let (root, mut tasks) = (fixture.root.path().to_owned(), tokio::task::JoinSet::new());
    for object in 0..5 {
        fixture.put(&format!("o{object}"), &body(10, 9)).await;
    }
    for writer in 0..4_u8 {
        let root = root.clone();
        tasks.spawn(async move {
            let engine = LocalEngine::open(&root).await.unwrap();
            let bucket = engine.open_bucket(&name("b")).await.unwrap();
            for round in 0..30 {
                let size = if round % 2 == 0 { 1000 } else { 70_000 };
                put(&*bucket, &format!("o{}", round % 5), &body(size, writer)).await.unwrap();
                let shown = info(&*bucket, &format!("o{}", (round + 1) % 5)).await;
                match read(&*bucket, &shown, 0).await {
                    Ok(bytes) => assert_eq!(Some(Digest::of(&bytes)), shown.digest),
                    Err(Error::DataMissing { .. }) => {
                        let now = info(&*bucket, &shown.name).await;
                        assert_ne!(now.nuid, shown.nuid, "missing, but not replaced");
                    }
                    Err(error) => panic!("{error:?}"),
                }
            }
            engine.close().await;
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    for object in 0..5 {
        fixture.get(&format!("o{object}")).await;
    }
    let fixture = fixture.reopen().await;
    let blobs = nuids(&*fixture.bucket).await;
    assert_eq!(blobs.len(), 5);
    let connection = blobs::database(&fixture);
    let in_files = "SELECT count(file) FROM blob";
    let files: i64 = connection.query_row(in_files, [], |row| row.get(0)).unwrap();
    assert_eq!(fixture.files().len(), usize::try_from(files).unwrap());
    let counted = "SELECT bytes = (SELECT sum(octet_length(name) + octet_length(info)) FROM obj)
        + (SELECT sum(size) FROM blob) FROM bucket";
    assert!(connection.query_row(counted, [], |row| row.get::<_, bool>(0)).unwrap());
}
