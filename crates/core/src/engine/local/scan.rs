//! Listing what a bucket holds, page by page: a slow caller never holds a transaction open.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use rusqlite::{Transaction, params};

use super::database::{Alive, BucketRow, revision, time};
use super::failure::Failure;
use super::handle::Handle;
use crate::Result;
use crate::engine::StoredRecord;
use crate::protocol::key::RecordKey;

pub(super) const PAGE_ROWS: usize = 1000;

/// A page ends early when its records take more than this.
const PAGE_BYTES: usize = 4 << 20;

/// Items in order of a text, and the last text if others may follow.
pub(super) type Page<T> = (Vec<T>, Option<String>);

/// The record under a name, unless it is expired.
pub(super) fn last(tx: &Transaction, alive: Alive, name: &str) -> Result<Option<StoredRecord>, Failure> {
    let mut query = tx.prepare_cached(
        "SELECT name, seq, mtime, expires, info FROM obj
         WHERE name = ?1 AND put_time >= ?2 AND ifnull(expires > ?3, 1)",
    )?;
    let mut rows = query.query(params![name, alive.since, alive.now])?;
    rows.next()?.map(stored).transpose()
}

/// All records that are not expired, in order of their names.
pub(super) fn records(handle: Arc<Handle>) -> BoxStream<'static, Result<StoredRecord>> {
    pages(handle, move |tx, row, after| {
        let mut query = tx.prepare_cached(
            "SELECT name, seq, mtime, expires, info FROM obj
             WHERE name > ?1 AND put_time >= ?2 AND ifnull(expires > ?3, 1) ORDER BY name",
        )?;
        let alive = row.alive();
        let mut rows = query.query(params![after, alive.since, alive.now])?;
        let (mut page, mut next, mut bytes) = (Vec::new(), None, 0);
        while let Some(row) = rows.next()? {
            bytes += row.get_ref(4)?.as_bytes().map_or(0, <[u8]>::len);
            page.push(stored(row)?);
            if page.len() == PAGE_ROWS || bytes > PAGE_BYTES {
                next = Some(row.get(0)?);
                break;
            }
        }
        Ok((page, next))
    })
}

/// How many records there are that are not expired. Counted by the indexes: rows are large.
pub(super) fn count(tx: &Transaction, alive: Alive) -> Result<u64, Failure> {
    let count = "SELECT (SELECT count(*) FROM obj) - (SELECT count(*) FROM obj WHERE expires <= ?1)";
    let mut count: i64 = tx.prepare_cached(count)?.query_row([alive.now], |row| row.get(0))?;
    if alive.since > i64::MIN {
        let older = "SELECT count(*) FROM obj WHERE put_time < ?1 AND ifnull(expires > ?2, 1)";
        let older: i64 = tx.prepare_cached(older)?.query_row([alive.since, alive.now], |row| row.get(0))?;
        count -= older;
    }
    Ok(u64::try_from(count).unwrap_or(0))
}

/// A page of the records after a revision, in revision order, and whether others follow.
pub(super) fn after(
    tx: &Transaction,
    alive: Alive,
    revision: u64,
) -> Result<(VecDeque<StoredRecord>, bool), Failure> {
    let mut query = tx.prepare_cached(
        "SELECT name, seq, mtime, expires, info FROM obj
         WHERE seq > ?1 AND put_time >= ?2 AND ifnull(expires > ?3, 1) ORDER BY seq",
    )?;
    let revision = i64::try_from(revision).unwrap_or(i64::MAX);
    let mut rows = query.query(params![revision, alive.since, alive.now])?;
    let (mut page, mut bytes) = (VecDeque::new(), 0);
    while let Some(row) = rows.next()? {
        if page.len() == PAGE_ROWS || bytes > PAGE_BYTES {
            return Ok((page, true));
        }
        bytes += row.get_ref(4)?.as_bytes().map_or(0, <[u8]>::len);
        page.push_back(stored(row)?);
    }
    Ok((page, false))
}

/// Items page by page. While the store is suspended, they wait.
pub(super) fn pages<T: Send + 'static>(
    handle: Arc<Handle>,
    page: impl Fn(&Transaction, &BucketRow, &str) -> Result<Page<T>, Failure> + Clone + Send + 'static,
) -> BoxStream<'static, Result<T>> {
    let pages = stream::try_unfold(Some(String::new()), move |after| {
        let (handle, page) = (Arc::clone(&handle), page.clone());
        async move {
            let Some(after) = after else { return Ok(None) };
            let (items, next) = handle.read_on(move |_, tx, row| page(tx, row, &after)).await?;
            Ok(Some((stream::iter(items).map(Ok), next)))
        }
    });
    pages.try_flatten().boxed()
}

fn stored(row: &rusqlite::Row) -> Result<StoredRecord, Failure> {
    let name: String = row.get(0)?;
    let json = Bytes::copy_from_slice(row.get_ref(4)?.as_bytes().unwrap_or_default());
    Ok(StoredRecord {
        expires: row.get::<_, Option<i64>>(3)?.map(time),
        ..StoredRecord::new(RecordKey::of(&name), json, revision(row.get(1)?), time(row.get(2)?))
    })
}
