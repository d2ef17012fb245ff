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

use super::failure::Failure;
use super::files::OpenFile;
use super::handle::Handle;
use super::layout::{Id, at};
use crate::protocol::{Nuid, ObjectInfo};
use crate::{Error, Result};

const CHUNK_BYTES: u64 = 256 * 1024;

/// How many chunks are read at a time; as many again may wait for the caller.
const BATCH_CHUNKS: usize = 8;

/// How often a blob whose file isn't where its row says is looked up again.
const LOOKUPS: usize = 3;

/// These bytes of a blob, in chunks of at most 256 KiB. Nothing is opened before the first
/// poll; after it the blob stays readable, even if it is removed; but not if it is removed after the store was suspended,
/// which closes all files. While the store is suspended, it waits.
pub(super) fn read(
    handle: Arc<Handle>,
    info: &ObjectInfo,
    nuid: &Nuid,
    range: Range<u64>,
) -> BoxStream<'static, Result<Bytes>> {
    let source =
        Source { handle, name: info.name.clone(), nuid: nuid.clone(), size: info.size, end: range.end };
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
    handle: Arc<Handle>,
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
    File(Arc<OpenFile>),
}

/// Chunks, unless the file was closed.
type Batch = Option<io::Result<VecDeque<Bytes>>>;

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
    Batch(Arc<OpenFile>, JoinHandle<Batch>),
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
            Next::Open => match self.source.open(self.position).await? {
                Blob::Inline(data) => {
                    let from = usize::try_from(self.position).unwrap_or(usize::MAX).min(data.len());
                    let to = usize::try_from(until).unwrap_or(usize::MAX).min(data.len());
                    (Some(VecDeque::from([data.slice(from..to)])), None)
                }
                Blob::File(file) => {
                    // The first chunk alone, to be quick.
                    let to = until.min(self.position.saturating_add(CHUNK_BYTES));
                    (self.source.batch(begin(&file, self.position, to).await)?, Some(file))
                }
            },
            Next::Batch(file, batch) => (self.source.batch(batch.await)?, Some(Arc::clone(file))),
        };
        let Some(chunks) = chunks else {
            self.next = Next::Open;
            return Ok(true);
        };
        let end = self.position + chunks.iter().map(|chunk| chunk.len() as u64).sum::<u64>();
        if end == self.position {
            return Err(self.source.missing(self.position));
        }
        self.ready = chunks.into_iter().filter(|chunk| !chunk.is_empty()).collect();
        self.next = match file {
            Some(file) if end < until => {
                let to = until.min(end.saturating_add(CHUNK_BYTES * BATCH_CHUNKS as u64));
                let batch = begin(&file, end, to);
                Next::Batch(file, batch)
            }
            None if end < until => Next::Open,
            _ => Next::End,
        };
        Ok(true)
    }
}

/// Reads from one offset to another, or to the end of the file.
fn begin(file: &Arc<OpenFile>, from: u64, to: u64) -> JoinHandle<Batch> {
    let file = Arc::clone(file);
    tokio::task::spawn_blocking(move || file.with(|file| read_from(file, from, to)))
}

fn read_from(file: &mut File, from: u64, to: u64) -> io::Result<VecDeque<Bytes>> {
    // Of a record that lies, an offset may be more than the system can seek to.
    if from >= file.metadata()?.len() {
        return Ok(VecDeque::new());
    }
    file.seek(SeekFrom::Start(from))?;
    let mut chunks = VecDeque::with_capacity(BATCH_CHUNKS);
    let mut left = to - from;
    while left > 0 {
        let wanted = left.min(CHUNK_BYTES);
        let mut chunk = Vec::with_capacity(usize::try_from(wanted).unwrap_or(0));
        let read = file.take(wanted).read_to_end(&mut chunk)? as u64;
        chunks.push_back(Bytes::from(chunk));
        if read < wanted {
            break;
        }
        left -= read;
    }
    Ok(chunks)
}

impl Source {
    async fn open(&self, position: u64) -> Result<Blob> {
        for _ in 0..LOOKUPS {
            let nuid = self.nuid.clone();
            let opened = self.handle.read_on(move |open, tx, _| match locate(tx, &nuid)? {
                None => Ok(None),
                Some(Location::Inline(data)) => Ok(Some(Blob::Inline(data))),
                Some(Location::File(file)) => {
                    match open.files.open(|| open.dir.with_file(file, |path| File::open(path))) {
                        // Closed files are never seen here: reads are ended before them.
                        Ok(file) => Ok(file.map(Blob::File)),
                        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                        Err(error) => Err(at(&open.dir.object(file))(error).into()),
                    }
                }
            });
            if let Some(blob) = opened.await? {
                return Ok(blob);
            }
        }
        Err(self.missing(position))
    }

    fn batch(&self, batch: Result<Batch, tokio::task::JoinError>) -> Result<Option<VecDeque<Bytes>>> {
        let batch = batch.map_err(|error| Error::unavailable(error.to_string()))?;
        batch.transpose().map_err(|error| Error::io(format!("the blob {}", self.nuid), &error))
    }

    fn missing(&self, received: u64) -> Error {
        let (bucket, name) = (self.handle.name().to_string(), self.name.clone());
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
