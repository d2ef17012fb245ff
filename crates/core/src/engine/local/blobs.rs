//! All blobs, and how large one is: by their files, and not by what their rows say of them.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use rusqlite::{OptionalExtension, Row, params};

use super::bucket::OpenBucket;
use super::failure::Failure;
use super::handle::Handle;
use super::layout::{BucketDir, Id, at};
use super::scan::{self, PAGE_ROWS};
use crate::Result;
use crate::engine::{BlobSize, StoredBlob};
use crate::protocol::Nuid;

/// All blobs that are not expired, those of this process's running puts first. What is committed while the stream runs is
/// not missed, and comes once.
pub(super) fn blobs(handle: Arc<Handle>, bucket: &OpenBucket) -> BoxStream<'static, Result<StoredBlob>> {
    let staged: HashSet<Nuid> = bucket.staged().keys().cloned().collect();
    let running = stream::iter(staged.clone())
        .map(|nuid| Ok(StoredBlob { nuid, chunks: 0, last_chunk: 0, age: Duration::ZERO, version: 0 }));
    let dir = bucket.dir.clone();
    let committed = scan::pages(handle, move |tx, row, after| {
        let mut query = tx.prepare_cached(
            "SELECT file, octet_length(data), nuid, id, put_time FROM blob
             WHERE nuid > ?1 AND put_time >= ?2 AND ifnull(expires > ?3, 1) ORDER BY nuid",
        )?;
        let alive = row.alive();
        let mut rows = query.query(params![after, alive.since, alive.now])?;
        let (mut page, mut next) = (Vec::new(), None);
        while let Some(row) = rows.next()? {
            let nuid: String = row.get(2)?;
            if let Ok(nuid) = Nuid::parse(&nuid) {
                let bytes = bytes_of(&dir, row)?;
                let age = alive.now.saturating_sub(row.get(4)?);
                page.push(StoredBlob {
                    nuid,
                    chunks: u64::from(bytes.is_some()),
                    last_chunk: bytes.unwrap_or(0),
                    age: Duration::from_nanos(u64::try_from(age).unwrap_or(0)),
                    version: row.get::<_, i64>(3)?.unsigned_abs(),
                });
            }
            if page.len() == PAGE_ROWS {
                next = Some(nuid);
                break;
            }
        }
        Ok((page, next))
    });
    let new = committed.try_filter(move |blob| std::future::ready(!staged.contains(&blob.nuid)));
    running.chain(new).boxed()
}

/// How much of a blob there is.
pub(super) async fn size(bucket: &OpenBucket, nuid: &Nuid) -> Result<Option<BlobSize>> {
    let (nuid, dir) = (nuid.clone(), bucket.dir.clone());
    let bytes = bucket.readers.read(move |tx, _| {
        let mut query = tx.prepare_cached("SELECT file, octet_length(data) FROM blob WHERE nuid = ?1")?;
        let found = query.query_row([nuid.as_str()], |row| Ok(bytes_of(&dir, row)));
        found.optional()?.transpose().map(Option::flatten)
    });
    Ok(bytes.await?.map(|bytes| BlobSize { chunks: None, bytes }))
}

/// Bytes of the blob in a row, which begins with its file and the size of its data; `None` if its file is not there.
fn bytes_of(dir: &BucketDir, row: &Row) -> Result<Option<u64>, Failure> {
    let Some(file) = row.get::<_, Option<[u8; 16]>>(0)?.map(Id) else {
        return Ok(row.get::<_, Option<i64>>(1)?.map(i64::unsigned_abs));
    };
    match dir.with_file(file, |path| fs::metadata(path)) {
        Ok(found) => Ok(Some(found.len())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(at(&dir.object(file))(error).into()),
    }
}
