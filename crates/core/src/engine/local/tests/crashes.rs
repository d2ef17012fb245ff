use std::fs;

use super::super::layout::Id;
use super::super::session::Session;
use super::blobs::database;
use super::*;

#[tokio::test]
async fn an_upload_of_a_dead_session_is_removed_and_one_of_a_live_session_is_not() {
    let fixture = Fixture::new().await;
    let dead = fixture.dir().upload(Id::fresh(), Id::fresh());
    fs::write(&dead, b"half").unwrap();
    let session = Session::begin(&fixture.dir()).unwrap();
    let live = fixture.dir().upload(session.id, Id::fresh());
    fs::write(&live, b"under way").unwrap();
    let fixture = fixture.reopen().await;
    assert_eq!(fixture.files(), std::slice::from_ref(&live));
    drop(session);
    let fixture = fixture.reopen().await;
    assert_eq!(fixture.files(), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_committed_upload_is_readable_before_and_after_it_is_moved() {
    let fixture = Fixture::new().await;
    let bytes = body(300_000, 1);
    fixture.put("o", &bytes).await;
    fixture.settle().await;
    let moved = fixture.files().pop().unwrap();
    let file = Id::parse(moved.file_name().unwrap().to_str().unwrap()).unwrap();
    fs::rename(&moved, fixture.dir().upload(Id::fresh(), file)).unwrap();
    fs::remove_dir(moved.parent().unwrap()).unwrap();
    assert!(fixture.get("o").await == bytes);
    let fixture = fixture.reopen().await;
    assert_eq!(fixture.files(), std::slice::from_ref(&moved));
    assert!(fixture.get("o").await == bytes);

    fs::rename(&moved, fixture.dir().upload(Id::fresh(), file)).unwrap();
    delete(&*fixture.bucket, "o").await.unwrap();
    fixture.settle().await;
    assert_eq!(fixture.files(), Vec::<PathBuf>::new(), "removed where it was");
}

#[tokio::test]
async fn trash_is_removed_with_and_without_its_file() {
    let fixture = Fixture::new().await;
    fixture.put("o", &body(100_000, 1)).await;
    fixture.settle().await;
    let (there, gone) = (Id::fresh(), Id::fresh());
    fs::create_dir_all(fixture.dir().shard(there)).unwrap();
    fs::write(fixture.dir().object(there), b"old").unwrap();
    for file in [there, gone] {
        database(&fixture).execute("INSERT INTO trash VALUES(?1)", [file.0]).unwrap();
    }
    let fixture = fixture.reopen().await;
    assert_eq!(fixture.files().len(), 1);
    let left: i64 = database(&fixture).query_row("SELECT count(*) FROM trash", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn locks_of_dead_sessions_are_removed() {
    let fixture = Fixture::new().await;
    let dead = fixture.dir().locks().join(Id::fresh().to_string());
    fs::write(&dead, b"").unwrap();
    let other = LocalEngine::open(fixture.root.path()).await.unwrap();
    let bucket = other.open_bucket(&name("b")).await.unwrap();
    assert!(!dead.exists());
    assert_eq!(fs::read_dir(fixture.dir().locks()).unwrap().count(), 2);
    drop(bucket);
    let locks = fixture.dir().locks();
    until(|| fs::read_dir(&locks).unwrap().count() == 1).await;
}

#[tokio::test]
async fn a_damaged_database_is_an_error_that_names_it_and_can_be_deleted() {
    let fixture = Fixture::new().await;
    fixture.put("o", b"x").await;
    fixture.engine.close().await;
    fs::write(fixture.dir().database(), body(8192, 1)).unwrap();
    let engine = LocalEngine::open(fixture.root.path()).await.unwrap();
    let error = engine.open_bucket(&name("b")).await.unwrap_err();
    assert_eq!(error.code(), "io");
    assert!(error.to_string().contains("meta.db") && error.to_string().contains("damaged"), "{error}");
    assert!(engine.create_bucket(&BucketConfig::new("b")).await.is_err());
    engine.delete_bucket(&name("b")).await.unwrap();
    engine.create_bucket(&BucketConfig::new("b")).await.unwrap();
}

#[tokio::test]
async fn a_file_in_the_way_of_a_commit_loses_nothing() {
    let fixture = Fixture::new().await;
    let (staging, nuid) = stage(&*fixture.bucket, &body(100_000, 1)).await.unwrap();
    let other = database(&fixture);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let write = write("o", 0, Some(record(&*fixture.bucket, "o", &nuid, &body(100_000, 1))));
    let commit = Commit { staged: Some(nuid), writes: vec![write], retire: vec![] };
    let waiting = fixture.bucket.commit(&commit);
    let release = async { other.execute_batch("ROLLBACK").unwrap() };
    let (done, ()) = tokio::join!(waiting, release);
    done.unwrap();
    staging.keep();
    assert!(fixture.get("o").await == body(100_000, 1));
}

/// A commit that was synced by a process that was killed before it told the others: nobody sees it while the index of
/// the log says less than the log, which it does until all have let go of it.
#[tokio::test]
async fn a_commit_that_nobody_saw_does_not_come_back_when_its_upload_is_removed() {
    let fixture = Fixture::new().await;
    let file = Id::fresh();
    fs::write(fixture.dir().upload(Id::fresh(), file), b"dead").unwrap();
    let index = fixture.dir().path().join("meta.db-shm");
    let seen = fs::read(&index).unwrap();
    let insert = "INSERT INTO blob(nuid, put_time, size, file) VALUES('dead', 1, 4, ?1)";
    database(&fixture).execute(insert, [file.0]).unwrap();
    // The header of the index, twice, as it was before.
    let index = fs::File::options().write(true).open(&index).unwrap();
    std::io::Write::write_all(&mut &index, &seen[..96]).unwrap();

    let of_the_log = |fixture: &Fixture| {
        let copy = tempfile::tempdir().unwrap();
        for part in ["meta.db", "meta.db-wal"] {
            fs::copy(fixture.dir().path().join(part), copy.path().join(part)).unwrap();
        }
        let copied = rusqlite::Connection::open(copy.path().join("meta.db")).unwrap();
        copied.query_row("SELECT count(*) FROM blob", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(of_the_log(&fixture), 1, "the log has it");
    let other = LocalEngine::open(fixture.root.path()).await.unwrap();
    let _bucket = other.open_bucket(&name("b")).await.unwrap();
    assert_eq!(fixture.files(), Vec::<PathBuf>::new());
    assert_eq!(of_the_log(&fixture), 0, "it came back");
}

/// As it is where uploads have no lock to tell that they are alive, and this one was idle for too long.
#[tokio::test]
async fn an_upload_that_others_removed_is_not_committed() {
    let fixture = Fixture::new().await;
    let bytes = body(300_000, 1);
    for is_unlinked in [true, false] {
        let (staging, nuid) = stage(&*fixture.bucket, &bytes).await.unwrap();
        let upload = files_below(&fixture.dir().tmp()).pop().unwrap();
        if is_unlinked {
            fs::remove_file(upload).unwrap();
        } else {
            let name = upload.file_name().unwrap().to_str().unwrap();
            let file = Id::parse(name.split_once('-').unwrap().1).unwrap();
            database(&fixture).execute("INSERT INTO trash VALUES(?1)", [file.0]).unwrap();
        }
        let record = record(&*fixture.bucket, "o", &nuid, &bytes);
        let commit = Commit { staged: Some(nuid), writes: vec![write("o", 0, Some(record))], retire: vec![] };
        let refused = fixture.bucket.commit(&commit).await.unwrap_err();
        assert!(refused.is_retryable() && refused.to_string().contains("removed"), "{refused}");
        staging.discard().await;
        assert!(last(&*fixture.bucket, "o").await.is_none());
    }
}
