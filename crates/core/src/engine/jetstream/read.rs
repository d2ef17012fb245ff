//! The chunks of a blob.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_nats::{Message, StatusCode};
use bytes::{Buf, Bytes};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use serde_json::json;
use tokio::time::{Instant, timeout};
use tracing::Span;

use super::api::Refusal;
use super::direct::{Batch, refused};
use super::locate::{self, ChunkPlace};
use super::pull::Pull;
use super::record::number_header;
use super::selection::{REQUEST_BYTES, Selection};
use super::stream::BucketStream;
use crate::protocol::{Nuid, ObjectInfo, limits};
use crate::{Error, Result};

/// Up to this size a blob is read by Direct Get, which leaves nothing to clean up; beyond it a consumer is faster.
const DIRECT_UP_TO: u64 = 1 << 20;
const DIRECT_CHUNKS: u64 = 64;

/// What the server counts of a message beside its chunk, at most: a request that comes to its bytes before its number of
/// messages ends in a way that takes longer to tell.
const MESSAGE_OVERHEAD: usize = 1024;

/// How long a consumer is waited for where Direct Gets may take its place.
const CONSUMER_PATIENCE: Duration = Duration::from_secs(4);

/// These bytes of a blob.
pub(super) fn chunks(
    stream: Arc<BucketStream>,
    info: &ObjectInfo,
    nuid: &Nuid,
    range: Range<u64>,
) -> BoxStream<'static, Result<Bytes>> {
    let subject = stream.subjects.chunk_subject(nuid);
    let blob = Blob { stream, subject, info: info.clone(), range, position: 0, received: 0 };
    stream::try_unfold((blob, None), |(mut blob, source)| async move {
        if blob.position >= blob.range.end {
            return Ok(None);
        }
        let mut source = match source {
            Some(source) => source,
            None => blob.source().await?,
        };
        loop {
            let chunk = blob.next(&mut source).await?;
            if let Some(wanted) = blob.wanted(chunk)? {
                return Ok(Some((wanted, (blob, Some(source)))));
            }
        }
    })
    .boxed()
}

struct Blob {
    stream: Arc<BucketStream>,
    subject: String,
    info: ObjectInfo,
    range: Range<u64>,
    /// The offset in the blob of the next chunk.
    position: u64,
    /// Bytes of the range that came.
    received: u64,
}

enum Source {
    /// A pull consumer.
    Pull(Box<Pull>),
    /// Direct Gets: the chunks of the last one, and the sequence at which the next one begins.
    Direct { chunks: VecDeque<Bytes>, next: u64 },
}

impl Source {
    fn direct(next: u64) -> Self {
        Self::Direct { chunks: VecDeque::new(), next }
    }
}

impl Blob {
    /// Begins at the chunk that the range begins in.
    async fn source(&mut self) -> Result<Source> {
        if self.range.start == 0 {
            return self.source_from(1).await;
        }
        if let Some((place, left)) = locate::guess(&self.info, self.range.start) {
            self.position = place.offset;
            if let Some(source) = self.source_at_guess(place.sequence, left).await? {
                return Ok(source);
            }
        }
        let walked = locate::walk(&self.stream, &self.subject, self.range.start).await;
        let place = match walked {
            Ok(place) => place,
            // No consumer can be had: the bytes before the range are read and left out.
            Err(refusal) if self.stream.may_read_directly(&refusal) => ChunkPlace { sequence: 1, offset: 0 },
            Err(refusal) => return Err(self.stream.refused(refusal)),
        };
        self.position = place.offset;
        self.source_from(place.sequence).await
    }

    /// A source that begins at this sequence.
    async fn source_from(&self, sequence: u64) -> Result<Source> {
        if self.is_small() && self.answers_direct() {
            Span::current().record("path", "direct");
            return Ok(Source::direct(sequence));
        }
        let patience = if self.answers_direct() { CONSUMER_PATIENCE } else { Duration::MAX };
        let opened = Pull::open_after(self.stream.clone(), self.selection(), sequence - 1);
        // A cluster that has just lost its leader makes no consumers, but its replicas answer.
        let Ok(opened) = timeout(patience, opened).await else { return Ok(Source::direct(sequence)) };
        match opened {
            Ok(pull) => {
                Span::current().record("path", "consumer");
                Ok(Source::Pull(Box::new(pull)))
            }
            Err(refusal) if self.stream.may_read_directly(&refusal) => Ok(Source::direct(sequence)),
            Err(refusal) => Err(self.stream.refused(refusal)),
        }
    }

    /// A source that begins at this sequence, if exactly so many chunks are there from it on: then it was guessed right.
    async fn source_at_guess(&self, sequence: u64, left: u64) -> Result<Option<Source>> {
        if self.is_small() && self.answers_direct() {
            let mut next = sequence;
            let Some((chunks, batch)) = self.direct_get_batch(&mut next).await? else { return Ok(None) };
            let is_right = batch.pending.is_some_and(|pending| pending + batch.count == left);
            return Ok(is_right.then_some(Source::Direct { chunks, next }));
        }
        match Pull::open_after(self.stream.clone(), self.selection(), sequence - 1).await {
            Ok(pull) if pull.pending() == left => Ok(Some(Source::Pull(Box::new(pull)))),
            Ok(_) => Ok(None),
            Err(refusal) if self.stream.may_read_directly(&refusal) => Ok(None),
            Err(refusal) => Err(self.stream.refused(refusal)),
        }
    }

    fn answers_direct(&self) -> bool {
        self.stream.answers_direct.load(Ordering::Relaxed)
    }

    fn is_small(&self) -> bool {
        self.bytes_left() <= DIRECT_UP_TO && self.chunks_left().unwrap_or(self.info.chunks) <= DIRECT_CHUNKS
    }

    /// Bytes of the blob up to the end of the range.
    fn bytes_left(&self) -> u64 {
        self.range.end.saturating_sub(self.position)
    }

    /// Chunks up to the end of the range, where they are full.
    fn chunks_left(&self) -> Option<u64> {
        let chunk_size = self.info.chunk_size.filter(|_| self.info.full_chunks)?;
        Some(self.bytes_left().div_ceil(chunk_size))
    }

    fn selection(&self) -> Selection {
        let chunk_size = self.info.chunk_size.and_then(|size| usize::try_from(size).ok());
        let chunk_size = chunk_size.unwrap_or(limits::DEFAULT_CHUNK_SIZE).max(1024);
        let largest = self.stream.api.client().max_payload() + 64 * 1024;
        // What follows the object's end is nothing, and needs no limit.
        let limit = self.chunks_left().filter(|_| self.range.end < self.info.size);
        Selection {
            limit: limit.unwrap_or(u64::MAX),
            max_bytes: REQUEST_BYTES.max(largest),
            ..Selection::all(self.subject.clone(), (REQUEST_BYTES / (chunk_size + MESSAGE_OVERHEAD)).max(1))
        }
    }

    async fn next(&mut self, source: &mut Source) -> Result<Bytes> {
        loop {
            match source {
                Source::Pull(pull) => match pull.next().await? {
                    Some(message) => return Ok(message.payload),
                    // The replica that the consumer reads from may lag.
                    None => *source = Source::direct(pull.last().saturating_add(1)),
                },
                Source::Direct { chunks, next } => {
                    if chunks.is_empty() {
                        *chunks = self.direct_get(next).await?;
                    }
                    if let Some(chunk) = chunks.pop_front() {
                        return Ok(chunk);
                    }
                    return self.leader_get(next).await?.ok_or_else(|| self.missing());
                }
            }
        }
    }

    /// What the range has of the next chunk; `None` if it has nothing of it.
    fn wanted(&mut self, mut chunk: Bytes) -> Result<Option<Bytes>> {
        let (begin, end) = (self.position, self.position + chunk.len() as u64);
        if self.range.start > 0 && self.info.full_chunks {
            self.check_full(&chunk)?;
        }
        self.position = end;
        // What goes on beyond the object is for the caller to notice.
        if end > self.range.end && self.range.end < self.info.size {
            chunk.truncate(usize::try_from(self.range.end.saturating_sub(begin)).unwrap_or(usize::MAX));
        }
        if begin < self.range.start {
            let before = usize::try_from(self.range.start - begin).unwrap_or(usize::MAX);
            chunk.advance(before.min(chunk.len()));
        }
        self.received += chunk.len() as u64;
        // nats.net ends some objects with a chunk of no bytes.
        Ok((!chunk.is_empty()).then_some(chunk))
    }

    /// The place of the range was reckoned from what the record says of the chunks. It must hold.
    fn check_full(&self, chunk: &Bytes) -> Result<()> {
        let full = self.info.chunk_size.unwrap_or_default().min(self.info.size.saturating_sub(self.position));
        if chunk.len() as u64 == full {
            return Ok(());
        }
        // What takes the place of the chunks of a blob that is removed.
        if chunk.is_empty() {
            return Err(self.missing());
        }
        Err(Error::BadMeta {
            bucket: self.info.bucket.clone(),
            name: self.info.name.clone(),
            reason: format!(
                "it says that its chunks are full, but one of {} bytes should have {full}",
                chunk.len()
            ),
        })
    }

    fn missing(&self) -> Error {
        Error::DataMissing {
            bucket: self.info.bucket.clone(),
            name: self.info.name.clone(),
            size: self.info.size,
            received: self.received,
        }
    }

    /// The chunks at and after `next`, as many as one request brings; none if this replica has none. Moves `next` on.
    async fn direct_get(&self, next: &mut u64) -> Result<VecDeque<Bytes>> {
        if !self.stream.answers_direct.load(Ordering::Relaxed) {
            return Ok(VecDeque::new());
        }
        if self.info.chunks == 1 && *next == 1 && self.range.start == 0 {
            return self.direct_get_one(next).await;
        }
        let deadline = Instant::now() + self.stream.api.idle_timeout();
        loop {
            match self.direct_get_batch(next).await? {
                Some((chunks, _)) => return Ok(chunks),
                None if Instant::now() >= deadline => {
                    return Err(self.stream.api.silence("chunks of the object"));
                }
                None => {}
            }
        }
    }

    /// One batched request: its chunks, and whether more follow; `None` if no answer came at all.
    async fn direct_get_batch(&self, next: &mut u64) -> Result<Option<(VecDeque<Bytes>, Batch)>> {
        let most = self.chunks_left().unwrap_or(DIRECT_CHUNKS).clamp(1, DIRECT_CHUNKS);
        let mut chunks = VecDeque::new();
        let take = |message: Message| chunks.push_back(message.payload);
        let batch = self.stream.direct_batch(&self.subject, next, most, take).await?;
        Ok(batch.map(|batch| (chunks, batch)))
    }

    /// The only chunk of a blob, in one message.
    async fn direct_get_one(&self, next: &mut u64) -> Result<VecDeque<Bytes>> {
        let api = &self.stream.api;
        let subject = api.subject(&format!("DIRECT.GET.{}", self.stream.stream));
        let request = json!({ "seq": *next, "next_by_subj": self.subject });
        match api.request(&subject, request.to_string().into()).await {
            Ok(message) => match message.status {
                None => {
                    *next = number_header(&message, "Nats-Sequence").unwrap_or(0).saturating_add(1);
                    Ok(VecDeque::from([message.payload]))
                }
                Some(StatusCode::NOT_FOUND) => Ok(VecDeque::new()),
                Some(status) => Err(self.stream.refused(refused(status, &message))),
            },
            Err(Refusal::NoResponders { .. }) => {
                self.stream.direct_get_is_gone().await?;
                Ok(VecDeque::new())
            }
            Err(refusal) => Err(self.stream.refused(refusal)),
        }
    }

    /// The next chunk from the leader, which has every chunk that was acknowledged.
    async fn leader_get(&self, next: &mut u64) -> Result<Option<Bytes>> {
        let request = json!({ "seq": *next, "next_by_subj": self.subject });
        let Some(message) =
            self.stream.leader_get(&request).await.map_err(|refusal| self.stream.refused(refusal))?
        else {
            return Ok(None);
        };
        *next = message.sequence.saturating_add(1);
        Ok(Some(message.payload))
    }
}
