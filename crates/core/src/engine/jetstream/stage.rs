//! Publishing the chunks of a blob, in order, with a bounded number of bytes under way.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use async_nats::{Message, StatusCode, Subject};
use async_trait::async_trait;
use bytes::Bytes;
use serde_json::json;
use tracing::Span;

use super::api::{self, Refusal};
use super::expiry;
use super::inbox::Inbox;
use super::ingest::Ingest;
use super::stream::BucketStream;
use crate::engine::{NewBlob, Staging};
use crate::protocol::Nuid;
use crate::{Error, Result};

/// The most chunks under way, however small: an inbox holds the acknowledgements of no more than 65,536.
const MAX_UNDER_WAY: usize = 4096;

/// From this size on a blob is worth a fast-ingest batch: its start costs a round trip.
const INGEST_FROM: u64 = 2 << 20;

/// A put that took longer than this may have been taken for one that was cut off, and its chunks for orphans.
const SLOW: Duration = Duration::from_secs(5);

/// A blob of more chunks than this is counted before its record is written: one more round trip hardly shows.
const FEW: u64 = 64;

/// A blob on its way to the stream.
#[derive(Debug)]
pub(super) struct JetStreamStaging(Option<Publishing>);

#[derive(Debug)]
struct Publishing {
    stream: Arc<BucketStream>,
    nuid: Nuid,
    expires: Option<Instant>,
    inbox: Inbox,
    flow: Flow,
    began: Instant,
    /// Chunks that were handed over.
    chunks: u64,
    /// Why no more chunks can follow: one of them was lost, and a later one must not take its place.
    failed: Option<Error>,
}

/// How the server's pace is kept.
#[derive(Debug)]
enum Flow {
    /// Every chunk is acknowledged; the client bounds what is under way.
    Window(Window),
    /// The server sets the pace.
    Ingest(Box<Ingest>),
}

impl JetStreamStaging {
    pub(super) async fn begin(stream: Arc<BucketStream>, blob: NewBlob) -> Result<Self> {
        if blob.expires.is_some() {
            expiry::check(&stream).await?;
        }
        let large = blob.size_hint.is_none_or(|size| size >= INGEST_FROM);
        let flow = if large && stream.takes_batches.load(Ordering::Relaxed) {
            Flow::Ingest(Box::new(Ingest::new(&stream, &blob)))
        } else {
            Flow::Window(Window::new(stream.window()))
        };
        Span::current().record("path", if matches!(flow, Flow::Ingest(_)) { "ingest" } else { "window" });
        let inbox = stream.api.inbox().await?;
        let NewBlob { nuid, expires, .. } = blob;
        let (began, chunks) = (Instant::now(), 0);
        Ok(Self(Some(Publishing { stream, nuid, expires, inbox, flow, began, chunks, failed: None })))
    }

    fn open(&mut self) -> Result<&mut Publishing> {
        let publishing = self.0.as_mut().ok_or(Error::Closed { what: "the staged blob" })?;
        match &publishing.failed {
            Some(error) => Err(error.clone()),
            None => Ok(publishing),
        }
    }
}

#[async_trait]
impl Staging for JetStreamStaging {
    async fn write(&mut self, chunk: Bytes) -> Result<()> {
        let publishing = self.open()?;
        let written = publishing.write(chunk).await;
        publishing.remember(written)
    }

    async fn finish(&mut self) -> Result<()> {
        let publishing = self.open()?;
        let finished = publishing.finish().await;
        publishing.remember(finished)
    }

    fn keep(mut self: Box<Self>) {
        if let Some(publishing) = self.0.take()
            && publishing.flow.is_idle()
        {
            publishing.inbox.release();
        }
    }

    async fn discard(mut self: Box<Self>) {
        if let Some(publishing) = self.0.take() {
            publishing.remove().await;
        }
    }
}

impl Drop for JetStreamStaging {
    fn drop(&mut self) {
        if let Some(publishing) = self.0.take() {
            publishing.stream.api.clone().in_background(publishing.remove());
        }
    }
}

impl Publishing {
    fn subject(&self) -> Subject {
        self.stream.subjects.chunk_subject(&self.nuid).into()
    }

    fn remember(&mut self, outcome: Result<()>) -> Result<()> {
        if let Err(error) = &outcome {
            self.failed = Some(error.clone());
        }
        outcome
    }

    async fn write(&mut self, chunk: Bytes) -> Result<()> {
        self.chunks += 1;
        if let Flow::Ingest(ingest) = &mut self.flow {
            if ingest.write(&self.stream, &mut self.inbox, chunk.clone()).await? {
                return Ok(());
            }
            // The stream takes no batch, and has not stored the first chunk.
            Span::current().record("path", "window");
            self.flow = Flow::Window(Window::new(self.stream.window()));
        }
        let subject = self.subject();
        let Flow::Window(window) = &mut self.flow else { unreachable!("the other flow returned above") };
        window.make_room(&self.stream, &mut self.inbox, subject.as_str(), chunk.len()).await?;
        let (reply, size) = (self.inbox.reply(window.next()), chunk.len());
        let headers = self.expires.map(expiry::chunk_headers);
        self.stream.api.publish_with(subject, reply, headers, chunk).await?;
        // Not before: of a chunk that was given up on its way to the connection no acknowledgement would ever come.
        window.sent(size);
        Ok(())
    }

    async fn finish(&mut self) -> Result<()> {
        let subject = self.subject();
        match &mut self.flow {
            Flow::Ingest(ingest) => ingest.finish(&self.stream, &mut self.inbox).await?,
            Flow::Window(window) => {
                while window.bytes > 0 {
                    window.take_ack(&self.stream, &mut self.inbox, subject.as_str()).await?;
                }
            }
        }
        self.stream.widen_window();
        if self.chunks > FEW || self.began.elapsed() >= SLOW {
            self.check_whole(subject.as_str()).await
        } else {
            Ok(())
        }
    }

    /// Fails if chunks are gone that were acknowledged: by a server that changed the stream's replicas meanwhile, by
    /// somebody's `gc`, whose grace was too short for this put, or by the bucket's ttl. Who may not ask goes without.
    async fn check_whole(&self, subject: &str) -> Result<()> {
        let info = match self.stream.stream_info(&json!({ "subjects_filter": subject })).await {
            Err(Error::PermissionDenied { .. }) => return Ok(()),
            info => info?,
        };
        let there = info["state"]["subjects"][subject].as_u64().unwrap_or(0);
        if there == self.chunks {
            return Ok(());
        }
        let chunks = self.chunks;
        Err(Error::unavailable(format!("of the {chunks} chunks that were stored {there} are there")))
    }

    /// Removes what was written, once no chunk is under way any more: one that came after the removal would stay.
    async fn remove(mut self) {
        let subject = self.subject();
        match &mut self.flow {
            // Nothing was stored.
            _ if matches!(self.failed, Some(Error::PermissionDenied { .. })) => return,
            // Nothing answers: no use to wait once more.
            _ if matches!(self.failed, Some(Error::Timeout { .. })) => {}
            Flow::Ingest(ingest) => ingest.end(&self.stream, &mut self.inbox).await,
            Flow::Window(window) if window.is_untouched() => return self.inbox.release(),
            Flow::Window(window) => {
                window.drain(&self.stream, &mut self.inbox, subject.as_str()).await;
            }
        }
        if let Err(refusal) = self.stream.retire(&self.nuid).await {
            let error = self.stream.refused(refusal);
            tracing::warn!(bucket = %self.stream.bucket, nuid = %self.nuid, %error, "chunks of a failed put are left");
        }
    }
}

impl Flow {
    fn is_idle(&self) -> bool {
        match self {
            Self::Window(window) => window.bytes == 0,
            Self::Ingest(ingest) => ingest.is_over(),
        }
    }
}

/// Chunks that are sent and not yet acknowledged.
#[derive(Debug)]
struct Window {
    limit: usize,
    bytes: usize,
    /// The number of the first chunk in `under_way`.
    first: u64,
    /// The sizes of chunks since `first`; zero once acknowledged.
    under_way: VecDeque<usize>,
}

impl Window {
    fn new(limit: usize) -> Self {
        Self { limit, bytes: 0, first: 0, under_way: VecDeque::new() }
    }

    fn next(&self) -> u64 {
        self.first + self.under_way.len() as u64
    }

    fn is_untouched(&self) -> bool {
        self.next() == 0
    }

    fn sent(&mut self, size: usize) {
        self.under_way.push_back(size);
        self.bytes += size;
    }

    /// An acknowledgement may come twice, and counts once.
    fn acknowledged(&mut self, number: u64) {
        let Some(index) = number.checked_sub(self.first).and_then(|index| usize::try_from(index).ok()) else {
            return;
        };
        if let Some(size) = self.under_way.get_mut(index) {
            self.bytes -= std::mem::take(size);
        }
        while self.under_way.front() == Some(&0) {
            self.under_way.pop_front();
            self.first += 1;
        }
    }

    async fn make_room(
        &mut self,
        stream: &BucketStream,
        inbox: &mut Inbox,
        subject: &str,
        size: usize,
    ) -> Result<()> {
        while let Some((token, message)) = inbox.try_next() {
            self.account(stream, &token, &message).await?;
        }
        while self.bytes > 0 && (self.bytes + size > self.limit || self.under_way.len() >= MAX_UNDER_WAY) {
            self.take_ack(stream, inbox, subject).await?;
        }
        Ok(())
    }

    async fn take_ack(&mut self, stream: &BucketStream, inbox: &mut Inbox, subject: &str) -> Result<()> {
        let (token, message) = inbox.expect(&stream.api, subject).await?;
        self.account(stream, &token, &message).await
    }

    /// Waits for the acknowledgements that are under way, good or bad, for as long as they come.
    async fn drain(&mut self, stream: &BucketStream, inbox: &mut Inbox, subject: &str) {
        while self.bytes > 0 {
            let before = self.bytes;
            let _ = self.take_ack(stream, inbox, subject).await;
            if self.bytes == before {
                return;
            }
        }
    }

    async fn account(&mut self, stream: &BucketStream, token: &str, message: &Message) -> Result<()> {
        if let Ok(number) = token.parse() {
            self.acknowledged(number);
        }
        acknowledgement(stream, self.limit, message, api::read_ack).await.map(drop)
    }
}

/// What `read` makes of the acknowledgement of a stored message, or why it was not stored. `window` is what the blob had
/// under way.
pub(super) async fn acknowledgement<T>(
    stream: &BucketStream,
    window: usize,
    message: &Message,
    read: fn(&[u8]) -> Result<T, Refusal>,
) -> Result<T> {
    let answer = match message.status {
        Some(StatusCode::NO_RESPONDERS) => {
            Err(Refusal::NoResponders { subject: message.subject.to_string() })
        }
        _ => read(&message.payload),
    };
    match answer {
        Ok(ack) => Ok(ack),
        Err(refusal) => {
            if matches!(refusal, Refusal::Server { code: api::TOO_MANY_REQUESTS, .. }) {
                stream.narrow_window(window);
            }
            Err(Box::pin(stream.why_refused(refusal)).await)
        }
    }
}
