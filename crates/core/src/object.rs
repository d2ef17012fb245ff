//! An object that is being read.

use std::io::{self, SeekFrom};
use std::ops::Range;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use futures_util::stream::{self, BoxStream, Stream, StreamExt};
use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};

use crate::engine::Consistency;
use crate::file::FileWriter;
use crate::info::InfoOptions;
use crate::operation::Trace;
use crate::protocol::chunk::{BodyCheck, Mismatch};
use crate::protocol::{Nuid, ObjectInfo};
use crate::{Bucket, Error, Result};

/// Bytes that are allocated ahead because a record says so.
const BELIEVED: usize = 64 << 20;

/// An object that is being read: its info, and its bytes as a [`Stream`] of chunks, or as an [`AsyncRead`] and
/// [`AsyncSeek`].
///
/// Size and SHA-256 are verified before the last bytes are handed out: a reader that came to its end has the right
/// bytes, and one that failed must not use what it has. That is so for whole objects, from the first byte to the last;
/// a part can't be verified by the digest of the whole, see [`is_verified`](Self::is_verified). Dropping the object ends
/// the transfer, at the server too.
pub struct Object {
    /// What the store tells of the object that the bytes belong to: of a link's target, if the name was a link's.
    pub info: ObjectInfo,
    bucket: Bucket,
    /// What was asked for.
    range: Range<u64>,
    ignore_digest: bool,
    /// Where the transfer began: at the start of the range, or where a seek led.
    began: u64,
    /// The offset in the object of the next byte.
    position: u64,
    chunks: BoxStream<'static, Result<Bytes>>,
    /// What is left of the chunk that `AsyncRead` is in.
    rest: Bytes,
    /// Why the transfer ended early: told again to whoever asks again, so that no failure looks like the end.
    failed: Option<Error>,
    trace: Option<Trace>,
}

impl Bucket {
    /// Opens the object's bytes, up to the first of them: so its info is that of the bytes that follow.
    pub(crate) async fn begin(
        self,
        info: ObjectInfo,
        range: Range<u64>,
        ignore_digest: bool,
    ) -> Result<Object> {
        let chunks = match self.reading(&info, range.clone(), ignore_digest) {
            None => {
                self.accept(&info, &mut check(&info, &range, ignore_digest), &[])?;
                stream::empty().boxed()
            }
            Some(mut reading) => {
                let first = reading.next().await?;
                stream::iter(first.map(Ok)).chain(reading.chunks()).boxed()
            }
        };
        let (began, position) = (range.start, range.start);
        Ok(Object {
            info,
            bucket: self,
            range,
            ignore_digest,
            began,
            position,
            chunks,
            rest: Bytes::new(),
            failed: None,
            trace: None,
        })
    }

    /// The transfer of these bytes; `None` if there are none.
    fn reading(&self, info: &ObjectInfo, range: Range<u64>, ignore_digest: bool) -> Option<Reading> {
        let nuid = info.nuid.clone().filter(|_| !range.is_empty() && !info.deleted)?;
        let check = check(info, &range, ignore_digest);
        let chunks = self.engine.read(info, &nuid, range);
        Some(Reading { bucket: self.clone(), info: info.clone(), nuid, chunks, check })
    }

    fn accept(&self, info: &ObjectInfo, check: &mut BodyCheck, chunk: &[u8]) -> Result<()> {
        let (bucket, name) = (self.name().to_owned(), info.name.clone());
        check.accept(chunk).map_err(|mismatch| match mismatch {
            Mismatch::Digest { expected, actual } => {
                tracing::error!(bucket, nuid = info.nuid.as_ref().map(Nuid::as_str), %expected, %actual, "an object is damaged");
                let (expected, actual) = (expected.to_string(), actual.to_string());
                Error::DigestMismatch { bucket, name, expected, actual }
            }
            Mismatch::TooLong { excess } => {
                let size = info.size;
                let reason = format!("it says {size} bytes, but there are {excess} more");
                Error::BadMeta { bucket, name, reason }
            }
        })
    }
}

fn check(info: &ObjectInfo, range: &Range<u64>, ignore_digest: bool) -> BodyCheck {
    if ignore_digest { BodyCheck::of_size(range) } else { BodyCheck::of_range(info, range) }
}

/// A transfer under way.
struct Reading {
    bucket: Bucket,
    info: ObjectInfo,
    nuid: Nuid,
    chunks: BoxStream<'static, Result<Bytes>>,
    check: BodyCheck,
}

impl Reading {
    fn chunks(self) -> BoxStream<'static, Result<Bytes>> {
        let chunks = stream::try_unfold(self, |mut reading| async move {
            Ok(reading.next().await?.map(|chunk| (chunk, reading)))
        });
        chunks.boxed()
    }

    async fn next(&mut self) -> Result<Option<Bytes>> {
        loop {
            let chunk = match self.chunks.next().await {
                Some(Ok(chunk)) => chunk,
                Some(Err(Error::DataMissing { .. })) => return Err(self.why_missing().await),
                Some(Err(error)) => {
                    return Err(error.during("get", Some(self.bucket.name()), Some(&self.info.name)));
                }
                None if self.check.is_complete() => return Ok(None),
                None => return Err(self.why_missing().await),
            };
            self.bucket.accept(&self.info, &mut self.check, &chunk)?;
            // nats.net ends some objects with a chunk of no bytes.
            if !chunk.is_empty() {
                return Ok(Some(chunk));
            }
        }
    }

    /// The chunks are gone: the record says whether the object was replaced, deleted, expired, or damaged.
    async fn why_missing(&mut self) -> Error {
        let name = &self.info.name;
        let show_deleted = InfoOptions { show_deleted: true, consistency: Consistency::Leader };
        match self.bucket.look_up(name, show_deleted).await {
            Ok(now) if now.deleted => self.bucket.not_found(name),
            Ok(now) if now.nuid.as_ref() != Some(&self.nuid) => {
                Error::ObjectChanged { bucket: self.bucket.name().to_owned(), name: name.clone() }
            }
            // A record that was rewritten outlives its chunks there: it has expired with them.
            Ok(_) if self.bucket.status().await.is_ok_and(|status| status.ttl.is_some()) => {
                self.bucket.not_found(name)
            }
            Ok(_) => {
                let (bucket, size, received) =
                    (self.bucket.name().to_owned(), self.info.size, self.check.received());
                tracing::error!(bucket, nuid = %self.nuid, size, received, "chunks of an object are gone");
                Error::DataMissing { bucket, name: name.clone(), size, received }
            }
            Err(error) => error,
        }
    }
}

impl Object {
    /// Ends with this trace.
    pub(crate) fn traced(mut self, trace: Trace) -> Self {
        trace.note(&self.info);
        self.trace = Some(trace);
        self.tell_end();
        self
    }

    /// Tells of the end, once the last byte is handed out or never will be.
    fn tell_end(&mut self) {
        let is_over = self.failed.is_some() || self.position >= self.range.end;
        if let Some(trace) = self.trace.as_mut().filter(|_| is_over) {
            trace.end(self.failed.as_ref());
        }
    }

    /// The next chunk of the object, without a copy; `None` at its end.
    pub async fn next(&mut self) -> Result<Option<Bytes>> {
        StreamExt::next(self).await.transpose()
    }

    /// The part of the object that this reads: all of it, unless a range was asked for.
    pub fn range(&self) -> Range<u64> {
        self.range.clone()
    }

    /// Whether the bytes are verified against the object's SHA-256 before the last of them is handed out. Not so for a
    /// part of an object, after a seek that led anywhere but to its beginning, and for an object whose writer gave it no
    /// digest, or whose digest is to be ignored.
    pub fn is_verified(&self) -> bool {
        let has_digest = self.info.digest.is_some() && !self.ignore_digest;
        has_digest && self.began == 0 && self.range == (0..self.info.size)
    }

    /// Reads the rest into memory.
    pub async fn into_bytes(mut self) -> Result<Bytes> {
        let left = self.range.end.saturating_sub(self.position);
        let Some(first) = self.next().await? else {
            return Ok(Bytes::new());
        };
        if first.len() as u64 == left {
            return Ok(first);
        }
        // The size is what the record says: it is believed as the bytes come.
        let mut bytes = BytesMut::with_capacity(usize::try_from(left).unwrap_or(usize::MAX).min(BELIEVED));
        bytes.extend_from_slice(&first);
        while let Some(chunk) = self.next().await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    }

    /// Reads the rest as UTF-8 text. Fails with `InvalidArgument` if it is none.
    pub async fn into_string(self) -> Result<String> {
        let name = self.info.name.clone();
        String::from_utf8(self.into_bytes().await?.into()).map_err(|error| Error::InvalidArgument {
            argument: "text",
            reason: format!("object {name:?} is not UTF-8: {error}"),
        })
    }

    /// Reads the rest of the object into a file, as [`Bucket::get_file`] does.
    pub async fn into_file(self, path: impl AsRef<Path>) -> Result<ObjectInfo> {
        self.into_file_with(path, |_| {}).await
    }

    /// Like [`into_file`](Self::into_file), and tells `progress` after each chunk how many bytes came so far.
    pub async fn into_file_with(
        mut self,
        path: impl AsRef<Path>,
        progress: impl Fn(u64),
    ) -> Result<ObjectInfo> {
        let path = path.as_ref();
        let (bucket, name) = (self.bucket.name().to_owned(), self.info.name.clone());
        let failed = |error: io::Error| {
            let error = Error::io(format!("file {}", path.display()), &error);
            error.during("get", Some(&bucket), Some(&name))
        };
        let mut file = FileWriter::create(path.to_owned()).await.map_err(failed)?;
        let mut received = 0;
        loop {
            let written = match self.next().await {
                Ok(Some(chunk)) => {
                    received += chunk.len() as u64;
                    file.write(chunk).await.map_err(failed)
                }
                Ok(None) => break,
                Err(error) => Err(error),
            };
            if let Err(error) = written {
                file.abandon().await;
                return Err(error);
            }
            progress(received);
        }
        file.finish().await.map_err(failed)?;
        Ok(self.info)
    }
}

impl std::fmt::Debug for Object {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Object").field("info", &self.info).field("range", &self.range).finish_non_exhaustive()
    }
}

impl Stream for Object {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if !self.rest.is_empty() {
            let rest = std::mem::take(&mut self.rest);
            self.position += rest.len() as u64;
            return Poll::Ready(Some(Ok(rest)));
        }
        if let Some(error) = &self.failed {
            return Poll::Ready(Some(Err(error.clone())));
        }
        let this = &mut *self;
        let next = {
            let _entered = this.trace.as_ref().map(Trace::enter);
            ready!(this.chunks.poll_next_unpin(cx))
        };
        match &next {
            Some(Ok(chunk)) => this.position += chunk.len() as u64,
            Some(Err(error)) => this.failed = Some(error.clone()),
            None => {}
        }
        this.tell_end();
        Poll::Ready(next)
    }
}

impl AsyncRead for Object {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.rest.is_empty() {
            match ready!(self.as_mut().poll_next(cx)) {
                Some(chunk) => {
                    self.rest = chunk?;
                    self.position -= self.rest.len() as u64;
                }
                None => return Poll::Ready(Ok(())),
            }
        }
        let size = self.rest.len().min(buf.remaining());
        buf.put_slice(&self.rest[..size]);
        self.advance(size);
        Poll::Ready(Ok(()))
    }
}

/// Offsets count from the beginning of the range that was asked for. A seek costs nothing until the next read, which
/// fetches from there on; inside the chunk at hand nothing is fetched again. Beyond the end there is nothing to read.
impl AsyncSeek for Object {
    fn start_seek(mut self: Pin<&mut Self>, to: SeekFrom) -> io::Result<()> {
        let (base, offset) = match to {
            SeekFrom::Start(offset) => (self.range.start, i128::from(offset)),
            SeekFrom::Current(offset) => (self.position, i128::from(offset)),
            SeekFrom::End(offset) => (self.range.end, i128::from(offset)),
        };
        let target =
            u64::try_from(i128::from(base) + offset).ok().filter(|target| *target >= self.range.start);
        let target = target.ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, "a seek to before the beginning of the object")
        })?;
        self.seek_to(target);
        Ok(())
    }

    fn poll_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Poll::Ready(Ok(self.position - self.range.start))
    }
}

impl Object {
    fn advance(&mut self, bytes: usize) {
        self.rest.advance(bytes);
        self.position += bytes as u64;
    }

    fn seek_to(&mut self, target: u64) {
        let ahead = target.checked_sub(self.position).and_then(|ahead| usize::try_from(ahead).ok());
        if let Some(ahead) = ahead.filter(|ahead| *ahead <= self.rest.len()) {
            return self.advance(ahead);
        }
        self.rest = Bytes::new();
        self.position = target;
        self.began = target;
        let reading =
            self.bucket.reading(&self.info, target.min(self.range.end)..self.range.end, self.ignore_digest);
        self.chunks = reading.map_or_else(|| stream::empty().boxed(), Reading::chunks);
    }
}
