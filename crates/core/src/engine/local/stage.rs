//! Staging: a blob on its way in.
//!
//! Chunks are gathered into batches, and one batch is written while the caller hashes the next: the disk and the
//! caller overlap, and no thread is held by an upload whose caller pauses.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use tokio::task::JoinHandle;

use super::bucket::OpenBucket;
use super::change::no_room;
use super::files::{Files, OpenFile};
use super::layout::sync_dir;
use super::payload::{Payload, Upload};
use crate::engine::Staging;
use crate::protocol::Nuid;
use crate::{Error, Result};

/// The largest blob that is kept in the database.
pub(super) const INLINE_BYTES: u64 = 64 * 1024;

/// How many bytes are gathered while as many are being written.
const BATCH_BYTES: usize = 2 << 20;

/// How much is written at a time. With far larger writes the page cache looks for far larger runs of free memory, which
/// costs several times what it saves.
const WRITE_BYTES: usize = 128 * 1024;

/// Every write but the last begins and ends at a multiple of this: the page cache is much slower otherwise.
const PAGE: usize = 4096;

/// Chunks below this are copied together: a list of tiny ones would take more room than their bytes.
const SMALL_CHUNK: usize = 16 * 1024;

/// A blob that is being written.
#[derive(Debug)]
pub(super) struct LocalStaging {
    bucket: Arc<OpenBucket>,
    nuid: Nuid,
    /// What the bucket has room for, if it is bounded.
    room: Option<Room>,
    batch: Batch,
    size: u64,
    output: Option<Output>,
    writing: Option<JoinHandle<Written>>,
    failed: Option<Error>,
    finished: bool,
}

/// The room in a bounded bucket, as it was when staging began.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    pub(super) max: u64,
    pub(super) used: u64,
}

impl Room {
    /// Refuses so many bytes if they don't fit in.
    pub(super) fn check(self, wanted: u64) -> Result<()> {
        if self.used.saturating_add(wanted) > self.max {
            Err(no_room(self.max, self.used, wanted))
        } else {
            Ok(())
        }
    }
}

/// Chunks that wait for the disk.
#[derive(Debug, Default)]
struct Batch {
    chunks: Vec<Bytes>,
    small: BytesMut,
    bytes: usize,
}

/// The file of an upload; created with the first batch.
#[derive(Debug)]
pub(super) struct Output {
    /// Closed before `upload` lets the writer, whose thread is waited for, go.
    file: Option<Arc<OpenFile>>,
    upload: Arc<Upload>,
}

/// What comes back from writing a batch; `None` if the file was closed.
pub(super) type Written = (Output, Option<io::Result<()>>);

impl LocalStaging {
    pub(super) fn new(bucket: Arc<OpenBucket>, nuid: Nuid, room: Option<Room>) -> Self {
        let (batch, output, writing, failed) = (Batch::default(), None, None, None);
        Self { bucket, nuid, room, batch, size: 0, output, writing, failed, finished: false }
    }

    /// Waits for the batch that is being written.
    async fn settle(&mut self) -> Result<()> {
        let Some(writing) = &mut self.writing else {
            return Ok(());
        };
        let written = writing.await;
        self.writing = None;
        let error = match written {
            Ok((output, Some(Ok(())))) => {
                self.output = Some(output);
                return Ok(());
            }
            Ok((output, Some(Err(error)))) => self.bucket.upload_error(output.upload.path(), &error),
            Ok((_, None)) => self.bucket.refusal(),
            Err(error) => Error::unavailable(error.to_string()),
        };
        Err(self.fail(error))
    }

    /// Writes the batch in the background, and makes all of it durable if it is the `last`.
    async fn flush(&mut self, last: bool) -> Result<()> {
        self.settle().await?;
        let mut output = match self.output.take() {
            Some(output) => output,
            None => Output { file: None, upload: Arc::new(self.bucket.upload()?) },
        };
        let batch = self.batch.take(last);
        let (files, tmp) = (Arc::clone(&self.bucket.files), self.bucket.dir.tmp());
        self.writing = Some(tokio::task::spawn_blocking(move || {
            let written = output.write(&files, &batch, last.then_some(&tmp));
            (output, written.transpose())
        }));
        Ok(())
    }

    /// Ends the upload: a file that could not be written or synced is never tried again.
    fn fail(&mut self, error: Error) -> Error {
        self.output = None;
        self.batch = Batch::default();
        self.failed = Some(error.clone());
        error
    }
}

#[async_trait]
impl Staging for LocalStaging {
    async fn write(&mut self, chunk: Bytes) -> Result<()> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.size += chunk.len() as u64;
        if let Some(Err(error)) = self.room.map(|room| room.check(self.size)) {
            return Err(self.fail(error));
        }
        self.batch.push(chunk);
        if self.batch.bytes >= BATCH_BYTES {
            self.flush(false).await?;
        }
        Ok(())
    }

    async fn finish(&mut self) -> Result<()> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        if self.finished {
            return Ok(());
        }
        let payload = if self.size <= INLINE_BYTES && self.output.is_none() && self.writing.is_none() {
            Payload::Inline(self.batch.take(true).concat().into())
        } else {
            self.flush(true).await?;
            self.settle().await?;
            let Some(output) = self.output.take() else {
                return Err(Error::Closed { what: "the upload" });
            };
            Payload::File { upload: output.upload, size: self.size }
        };
        self.bucket.staged().insert(self.nuid.clone(), Some(payload));
        self.finished = true;
        Ok(())
    }

    fn keep(self: Box<Self>) {
        if let Some(Some(Payload::File { upload, .. })) = self.bucket.staged().get(&self.nuid) {
            upload.keep();
        }
    }

    async fn discard(mut self: Box<Self>) {
        if let Some(writing) = self.writing.take() {
            let _ = writing.await;
        }
        let bucket = Arc::clone(&self.bucket);
        drop(self);
        bucket.barrier().await;
    }
}

impl Drop for LocalStaging {
    fn drop(&mut self) {
        self.bucket.staged().remove(&self.nuid);
        if let Some(writing) = self.writing.take() {
            self.bucket.leave(writing);
        }
    }
}

impl Batch {
    fn push(&mut self, mut chunk: Bytes) {
        self.bytes += chunk.len();
        let missing = self.small.len().next_multiple_of(PAGE) - self.small.len();
        self.small.extend_from_slice(&chunk.split_to(missing.min(chunk.len())));
        if chunk.len() < SMALL_CHUNK {
            self.small.extend_from_slice(&chunk);
            return;
        }
        self.seal_small();
        let tail = chunk.split_off(chunk.len() - chunk.len() % PAGE);
        self.chunks.push(chunk);
        self.small.extend_from_slice(&tail);
    }

    /// Takes out all whole pages, and the rest too if it is the `last`.
    fn take(&mut self, last: bool) -> Vec<Bytes> {
        let rest = if last { 0 } else { self.small.len() % PAGE };
        let rest = self.small.split_off(self.small.len() - rest);
        self.seal_small();
        self.bytes = rest.len();
        self.small = rest;
        std::mem::take(&mut self.chunks)
    }

    fn seal_small(&mut self) {
        if !self.small.is_empty() {
            self.chunks.push(std::mem::take(&mut self.small).freeze());
        }
    }
}

impl Output {
    /// Writes the chunks; after the last ones it makes the file durable, and its name in this directory. `None` if the
    /// file is closed.
    fn write(
        &mut self,
        files: &Files,
        chunks: &[Bytes],
        last_in: Option<&PathBuf>,
    ) -> io::Result<Option<()>> {
        let file = match &self.file {
            Some(file) => file,
            None => match files.open(|| File::create_new(self.upload.path()))? {
                Some(file) => self.file.insert(file),
                None => return Ok(None),
            },
        };
        let written = file.with(|file| {
            for piece in chunks.iter().flat_map(|chunk| chunk.chunks(WRITE_BYTES)) {
                file.write_all(piece)?;
            }
            let Some(dir) = last_in else { return Ok(()) };
            file.sync_data()?;
            sync_dir(dir)
        });
        written.transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_chunks_only_whole_pages_are_written_before_the_end() {
        for size in [1, 4095, 4096, 16_383, 16_384, 100_001, 131_072, 300_000] {
            let (mut batch, mut written, mut expected) = (Batch::default(), Vec::new(), Vec::new());
            for round in 0..40_u8 {
                let chunk = vec![round; size];
                expected.extend_from_slice(&chunk);
                batch.push(chunk.into());
                if round % 3 == 0 {
                    let pieces = batch.take(false);
                    assert!(pieces.iter().all(|piece| piece.len() % PAGE == 0), "{size}");
                    written.extend(pieces.concat());
                }
            }
            written.extend(batch.take(true).concat());
            assert!(written == expected, "{size}");
        }
    }
}
