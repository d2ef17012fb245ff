//! Reading a blob, a batch ahead of the caller.
//!
//! No thread is held while the caller pauses: a batch is read on a thread that may block, and the next one when the
//! caller takes the first chunk of it.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt};
use rusqlite::{Connection, OptionalExtension};
use tokio::task::JoinHandle;

use super::bucket::OpenBucket;
use super::failure::Failure;
use super::layout::{Id, at};
use crate::protocol::{Nuid, ObjectInfo};
use crate::{Error, Result};

const CHUNK_BYTES: u64 = 256 * 1024;

/// How many chunks are read at a time; as many again may wait for the caller.
const BATCH_CHUNKS: usize = 8;

/// How often a blob whose file isn't where its row says is looked up again.
const LOOKUPS: usize = 3;

/// These bytes of a blob, in chunks of at most 256 KiB. Nothing is opened before the first
/// poll; after it the blob stays readable, even if it is removed.
pub(super) fn read(
    bucket: Arc<OpenBucket>,
    info: &ObjectInfo,
    nuid: &Nuid,
    range: Range<u64>,
) -> BoxStream<'static, Result<Bytes>> {
    let source =
        Source { bucket, name: info.name.clone(), nuid: nuid.clone(), size: info.size, end: range.end };
    let reader = Reader { source, position: range.start, ready: VecDeque::new(), next: Next::Open };
    stream::unfold(reader, |mut reader| async {
        let item = reader.next().await?;
        if item.is_err() {
            reader.next = Next::End;
        }
        Some((item, reader))
    })
    .boxed()
}

/// What is read, and what an error calls it.
#[derive(Debug)]
struct Source {
    bucket: Arc<OpenBucket>,
    name: String,
    nuid: Nuid,
    size: u64,
    /// Where the range ends.
    end: u64,
}

/// What the source turned out to be.
#[derive(Debug)]
enum Blob {
    Inline(Bytes),
    File(File),
}

/// Chunks, and the file to read on if it has more of them.
type Batch = io::Result<(VecDeque<Bytes>, File)>;

#[derive(Debug)]
struct Reader {
    source: Source,
    /// Bytes of the blob that are handed over, or skipped by the offset.
    position: u64,
    ready: VecDeque<Bytes>,
    next: Next,
}

#[derive(Debug)]
enum Next {
    Open,
    Batch(JoinHandle<Batch>),
    End,
}

impl Reader {
    async fn next(&mut self) -> Option<Result<Bytes>> {
        while self.ready.is_empty() {
            if self.position >= self.source.end {
                return None;
            }
            match self.fetch().await {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
        let chunk = self.ready.pop_front()?;
        self.position += chunk.len() as u64;
        Some(Ok(chunk))
    }

    /// Fills `ready`, and begins to read what follows. `false` at the end.
    async fn fetch(&mut self) -> Result<bool> {
        let until = self.source.end;
        let (chunks, file) = match &mut self.next {
            Next::End => return Ok(false),
            Next::Open => match self.source.open().await? {
                Blob::Inline(data) => {
                    let from = usize::try_from(self.position).unwrap_or(usize::MAX).min(data.len());
                    let to = usize::try_from(until).unwrap_or(usize::MAX).min(data.len());
                    (VecDeque::from([data.slice(from..to)]), None)
                }
                Blob::File(file) => {
                    // The first chunk alone, to be quick.
                    let to = until.min(self.position.saturating_add(CHUNK_BYTES));
                    let (chunks, file) = self.source.batch(begin(file, self.position, to).await)?;
                    (chunks, Some(file))
                }
            },
            Next::Batch(batch) => {
                let (chunks, file) = self.source.batch(batch.await)?;
                (chunks, Some(file))
            }
        };
        let end = self.position + chunks.iter().map(|chunk| chunk.len() as u64).sum::<u64>();
        if end == self.position {
            return Err(self.source.missing(self.position));
        }
        self.ready = chunks.into_iter().filter(|chunk| !chunk.is_empty()).collect();
        self.next = match file {
            Some(file) if end < until => Next::Batch(begin(
                file,
                end,
                until.min(end.saturating_add(CHUNK_BYTES * BATCH_CHUNKS as u64)),
            )),
            None if end < until => Next::Open,
            _ => Next::End,
        };
        Ok(true)
    }
}

/// Reads from one offset to another, or to the end of the file.
fn begin(mut file: File, from: u64, to: u64) -> JoinHandle<Batch> {
    tokio::task::spawn_blocking(move || {
        // Of a record that lies, an offset may be more than the system can seek to.
        if from >= file.metadata()?.len() {
            return Ok((VecDeque::new(), file));
        }
        file.seek(SeekFrom::Start(from))?;
        let mut chunks = VecDeque::with_capacity(BATCH_CHUNKS);
        let mut left = to - from;
        while left > 0 {
            let wanted = left.min(CHUNK_BYTES);
            let mut chunk = Vec::with_capacity(usize::try_from(wanted).unwrap_or(0));
            let read = (&mut file).take(wanted).read_to_end(&mut chunk)? as u64;
            chunks.push_back(Bytes::from(chunk));
            if read < wanted {
                break;
            }
            left -= read;
        }
        Ok((chunks, file))
    })
}

impl Source {
    async fn open(&self) -> Result<Blob> {
        for _ in 0..LOOKUPS {
            let (nuid, dir) = (self.nuid.clone(), self.bucket.dir.clone());
            let opened = self.bucket.readers.read(move |tx, _| match locate(tx, &nuid)? {
                None => Ok(None),
                Some(Location::Inline(data)) => Ok(Some(Blob::Inline(data))),
                Some(Location::File(file)) => match dir.with_file(file, |path| File::open(path)) {
                    Ok(file) => Ok(Some(Blob::File(file))),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                    Err(error) => Err(at(&dir.object(file))(error).into()),
                },
            });
            if let Some(blob) = opened.await? {
                return Ok(blob);
            }
        }
        Err(self.missing(0))
    }

    fn batch(&self, batch: Result<Batch, tokio::task::JoinError>) -> Result<(VecDeque<Bytes>, File)> {
        match batch {
            Ok(batch) => batch.map_err(|error| Error::io(format!("the blob {}", self.nuid), &error)),
            Err(error) => Err(Error::unavailable(error.to_string())),
        }
    }

    fn missing(&self, received: u64) -> Error {
        let (bucket, name) = (self.bucket.name.to_string(), self.name.clone());
        Error::DataMissing { bucket, name, size: self.size, received }
    }
}

/// Where the bytes of a blob are, as its row says.
#[derive(Debug)]
enum Location {
    Inline(Bytes),
    File(Id),
}

fn locate(connection: &Connection, nuid: &Nuid) -> Result<Option<Location>, Failure> {
    let mut query = connection.prepare_cached("SELECT file, data FROM blob WHERE nuid = ?1")?;
    let location = query.query_row([nuid.as_str()], |row| {
        Ok(match row.get::<_, Option<[u8; 16]>>(0)? {
            Some(file) => Location::File(Id(file)),
            None => Location::Inline(row.get::<_, Vec<u8>>(1)?.into()),
        })
    });
    Ok(location.optional()?)
}
