use futures_util::StreamExt;

use super::*;
use crate::protocol::key::RecordKey;

const SIZES: [usize; 8] = [0, 1, 65_536, 65_537, CHUNK, 2 << 20, (2 << 20) + 1, (7 << 20) + 12_345];

#[tokio::test]
async fn what_was_put_is_read_whole_and_from_any_offset() {
    let fixture = Fixture::new().await;
    for size in SIZES {
        let (object, bytes) = (format!("o{size}"), body(size, 7));
        let before = SystemTime::now();
        let revision = fixture.put(&object, &bytes).await;
        let stored = last(&*fixture.bucket, &object).await.unwrap();
        assert_eq!((stored.revision, stored.key), (revision, RecordKey::of(&object)));
        assert!(stored.mtime + Duration::from_millis(1) >= before, "{size}");
        assert!(fixture.get(&object).await == bytes, "{size}");
        let info = info(&*fixture.bucket, &object).await;
        for offset in [0, 1, size / 2, size.saturating_sub(1), size, size + 1] {
            let rest = read(&*fixture.bucket, &info, offset as u64).await.unwrap();
            assert!(rest == bytes[offset.min(size)..], "{size} from {offset}");
        }
    }
    let fixture = fixture.reopen().await;
    for size in SIZES {
        assert!(fixture.get(&format!("o{size}")).await == body(size, 7), "{size} after reopening");
    }
    assert_eq!(fixture.files().len(), SIZES.iter().filter(|&&size| size > 65_536).count());
    assert_eq!(files_below(&fixture.dir().tmp()), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn chunks_of_any_size_come_back_in_order() {
    let fixture = Fixture::new().await;
    for size in [1000, 16_383, 16_384, 100_001, 5 << 20] {
        let (bytes, nuid) = (body((6 << 20) + 77, 3), Nuid::fresh());
        let mut staging =
            fixture.bucket.stage(blob(nuid.clone(), size, Some(bytes.len() as u64))).await.unwrap();
        for chunk in bytes.chunks(size) {
            staging.write(Bytes::copy_from_slice(chunk)).await.unwrap();
        }
        staging.finish().await.unwrap();
        let object = format!("c{size}");
        let write = write(&object, 0, Some(record(&*fixture.bucket, &object, &nuid, &bytes)));
        let commit = Commit { staged: Some(nuid), writes: vec![write], retire: vec![] };
        fixture.bucket.commit(&commit).await.unwrap();
        staging.keep();
        assert!(fixture.get(&object).await == bytes, "{size}");
    }
}

#[tokio::test]
async fn a_reader_keeps_the_old_bytes_through_replace_and_delete() {
    let fixture = Fixture::new().await;
    for size in [1000, 9 << 20] {
        let old = body(size, 1);
        fixture.put("o", &old).await;
        let info = info(&*fixture.bucket, "o").await;
        let mut reader = fixture.bucket.read(&info, info.nuid.as_ref().unwrap(), 0..info.size);
        let mut bytes = reader.next().await.unwrap().unwrap().to_vec();
        fixture.put("o", &body(size, 2)).await;
        delete(&*fixture.bucket, "o").await.unwrap();
        fixture.settle().await;
        while let Some(chunk) = reader.next().await {
            bytes.extend(chunk.unwrap());
        }
        assert!(bytes == old, "{size}");
        assert_eq!(fixture.files(), Vec::<PathBuf>::new());
        let late = read(&*fixture.bucket, &info, 0).await;
        assert!(matches!(late, Err(Error::DataMissing { received: 0, .. })), "{late:?}");
    }
}

#[tokio::test]
async fn missing_bytes_are_reported_with_how_many_there_are() {
    let fixture = Fixture::new().await;
    fixture.put("o", &body(3 << 20, 1)).await;
    fixture.settle().await;
    let file = fixture.files().pop().unwrap();
    std::fs::File::options().write(true).open(&file).unwrap().set_len(1_000_000).unwrap();
    for offset in [0, 10, 1_000_000, 2_000_000] {
        let info = info(&*fixture.bucket, "o").await;
        let error = read(&*fixture.bucket, &info, offset).await.unwrap_err();
        let Error::DataMissing { bucket, name, size, received } = error else { panic!("{error:?}") };
        assert_eq!((&*bucket, &*name, size), ("b", "o", 3 << 20));
        assert_eq!(received, offset.max(1_000_000));
    }
    std::fs::remove_file(&file).unwrap();
    let error = get(&*fixture.bucket, "o").await.unwrap_err();
    assert!(matches!(error, Error::DataMissing { received: 0, .. }), "{error:?}");
}

#[tokio::test]
async fn nothing_is_left_of_a_blob_that_nobody_committed() {
    let fixture = Fixture::new().await;
    for size in [0, 100, 100_000, 5 << 20] {
        let (staging, nuid) = stage(&*fixture.bucket, &body(size, 1)).await.unwrap();
        let blobs = nuids(&*fixture.bucket).await;
        assert_eq!(blobs, [nuid]);
        assert_eq!(fixture.files().len(), usize::from(size > 65_536));
        staging.discard().await;
        assert_eq!(fixture.files(), Vec::<PathBuf>::new(), "{size} discarded");

        let (staging, nuid) = stage(&*fixture.bucket, &body(size, 1)).await.unwrap();
        drop(staging);
        fixture.settle().await;
        assert_eq!(fixture.files(), Vec::<PathBuf>::new(), "{size} dropped");
        let commit = Commit { staged: Some(nuid), ..Commit::default() };
        assert!(matches!(fixture.bucket.commit(&commit).await, Err(Error::InvalidArgument { .. })));
    }
    // Dropped with a batch under way.
    let mut staging = fixture.bucket.stage(blob(Nuid::fresh(), CHUNK, None)).await.unwrap();
    for _ in 0..17 {
        staging.write(Bytes::from(body(CHUNK, 1))).await.unwrap();
    }
    drop(staging);
    fixture.engine.close().await;
    assert_eq!(fixture.files(), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn replaced_deleted_and_retired_blobs_give_their_space_back() {
    let fixture = Fixture::new().await;
    for seed in 0..5 {
        fixture.put("o", &body(1 << 20, seed)).await;
        fixture.put("small", &body(1 << 10, seed)).await;
    }
    fixture.settle().await;
    assert_eq!(fixture.files().len(), 1);
    let blobs = nuids(&*fixture.bucket).await;
    assert_eq!(blobs.len(), 2);
    for object in ["o", "small"] {
        delete(&*fixture.bucket, object).await.unwrap();
    }
    let size = fixture.bucket.status().await.unwrap().size;
    assert!((200..1000).contains(&size), "two records: {size}");
    assert_eq!(fixture.bucket.blobs().count().await, 0);
    fixture.engine.close().await;
    assert_eq!(fixture.files(), Vec::<PathBuf>::new());
    let left: i64 = database(&fixture).query_row("SELECT count(*) FROM trash", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
    assert_eq!(std::fs::read_dir(fixture.dir().locks()).unwrap().count(), 0);
}

#[tokio::test]
async fn an_orphan_can_be_removed_but_a_named_blob_cannot() {
    let fixture = Fixture::new().await;
    fixture.put("o", &body(100_000, 1)).await;
    let (staging, orphan) = stage(&*fixture.bucket, &body(100_000, 2)).await.unwrap();
    fixture.bucket.commit(&Commit { staged: Some(orphan.clone()), ..Commit::default() }).await.unwrap();
    staging.keep();
    fixture.settle().await;
    assert_eq!(fixture.files().len(), 2);
    let orphan = stored_blob(&*fixture.bucket, &orphan).await;
    assert!(fixture.bucket.remove_blob(&orphan).await.unwrap());
    assert!(!fixture.bucket.remove_blob(&orphan).await.unwrap());
    let named = info(&*fixture.bucket, "o").await.nuid.unwrap();
    let named = stored_blob(&*fixture.bucket, &named).await;
    assert!(!fixture.bucket.remove_blob(&named).await.unwrap());
    fixture.settle().await;
    assert_eq!(fixture.files().len(), 1);
    assert!(fixture.get("o").await == body(100_000, 1));
}

pub(super) fn database(fixture: &Fixture) -> rusqlite::Connection {
    rusqlite::Connection::open(fixture.dir().database()).unwrap()
}

#[tokio::test]
async fn a_size_that_is_a_lie_is_missing_bytes() {
    let fixture = Fixture::new().await;
    fixture.put("o", &body(100_000, 1)).await;
    let mut info = info(&*fixture.bucket, "o").await;
    info.size = u64::MAX;
    for offset in [0, 99_999, u64::MAX - 1] {
        let error = read(&*fixture.bucket, &info, offset).await.unwrap_err();
        assert!(matches!(error, Error::DataMissing { .. }), "{error:?}");
    }
}
