//! Fast ingest: a batch of publishes whose pace the server sets (ADR-50, server 2.14 and later).
//!
//! Gaps end the batch (`fail`), so an acknowledged batch is stored whole and in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_nats::{Message, Subject};
use bytes::Bytes;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::api::{Api, Refusal};
use super::inbox::Inbox;
use super::stream::BucketStream;
use super::{NOTHING, api, expiry, stage};
use crate::engine::NewBlob;
use crate::protocol::Nuid;
use crate::{Error, Result};

const START: u8 = 0;
const APPEND: u8 = 1;
const COMMIT_WITHOUT_STORING: u8 = 3;
const PING: u8 = 4;

/// The server drops a batch that it hears nothing of for 10 seconds.
const KEEP_ALIVE: Duration = Duration::from_secs(3);

/// Bytes between two acknowledgements, at most.
const STRETCH: u64 = 4 << 20;

/// The fewest acknowledgements that may be outstanding: the server works on one stretch while the next is on its way.
const STRETCHES: u64 = 2;

/// An acknowledgement that comes so soon after the one before comes quickly.
const QUICK: Duration = Duration::from_millis(25);

const BATCH_DISABLED: u64 = 10_205;
const BATCH_TOO_MANY: u64 = 10_211;

/// A batch.
#[derive(Debug)]
pub(super) struct Ingest {
    subject: Subject,
    nuid: Nuid,
    expires: Option<std::time::Instant>,
    /// Messages between two acknowledgements, at most.
    flow: u16,
    /// What the server grants of it.
    granted: u64,
    sent: Arc<AtomicU64>,
    acknowledged: u64,
    acknowledged_at: Instant,
    /// Acknowledgements that may be outstanding.
    stretches: u64,
    /// As many as the window holds.
    fewest_stretches: u64,
    /// As many where they come quickly: what is sent ahead holds up other calls on the connection only shortly there.
    most_stretches: u64,
    outcome: Option<Result<u64>>,
    /// When the server last took more, or the caller began to wait for it.
    progress: Instant,
    pings: Option<AbortHandle>,
}

impl Ingest {
    pub(super) fn new(stream: &BucketStream, blob: &NewBlob) -> Self {
        let chunk_size = blob.chunk_size.max(1) as u64;
        let chunks = (stream.window() as u64 / STRETCHES).min(STRETCH) / chunk_size;
        let flow = u16::try_from(chunks.clamp(1, 500)).unwrap_or(500);
        let stretches_of = |window: usize| (window as u64 / (u64::from(flow) * chunk_size)).max(STRETCHES);
        let fewest_stretches = stretches_of(stream.window());
        Self {
            subject: stream.subjects.chunk_subject(&blob.nuid).into(),
            nuid: blob.nuid.clone(),
            expires: blob.expires,
            flow,
            granted: 1,
            sent: Arc::default(),
            acknowledged: 0,
            acknowledged_at: Instant::now(),
            stretches: fewest_stretches,
            fewest_stretches,
            most_stretches: stretches_of(stream.quick_window()),
            outcome: None,
            progress: Instant::now(),
            pings: None,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.outcome.is_some()
    }

    /// Sends the next chunk; `false` if the stream takes no batches, and has not stored this first chunk.
    pub(super) async fn write(
        &mut self,
        stream: &BucketStream,
        inbox: &mut Inbox,
        chunk: Bytes,
    ) -> Result<bool> {
        let number = self.sent.load(Ordering::Relaxed) + 1;
        while let Some((_, message)) = inbox.try_next() {
            self.account(stream, &message).await;
        }
        self.progress = Instant::now();
        while self.outcome.is_none()
            && number > self.acknowledged.saturating_add(self.granted * self.stretches)
        {
            self.wait(stream, inbox, PING).await?;
        }
        self.check()?;
        self.publish(stream, inbox, number, if number == 1 { START } else { APPEND }, chunk).await?;
        self.sent.store(number, Ordering::Relaxed);
        if number == 1 {
            return self.begun(stream, inbox).await;
        }
        Ok(true)
    }

    /// Waits for the answer to the first message: it grants a pace, or refuses.
    async fn begun(&mut self, stream: &BucketStream, inbox: &mut Inbox) -> Result<bool> {
        let (_, message) = inbox.expect(&stream.api, self.subject.as_str()).await?;
        let refusal = api::read_answer(&message.payload);
        match refusal {
            // The feature was taken away since the stream was opened.
            Err(Refusal::Server { code: BATCH_DISABLED, .. }) => {
                tracing::info!(bucket = %stream.bucket, "the stream takes no batches any more: chunks are published one by one");
                stream.takes_batches.store(false, Ordering::Relaxed);
                return Ok(false);
            }
            Err(Refusal::Server { code: BATCH_TOO_MANY, .. }) => {
                tracing::debug!(bucket = %stream.bucket, "the stream has too many batches: chunks are published one by one");
                return Ok(false);
            }
            _ => {}
        }
        self.account(stream, &message).await;
        self.check()?;
        self.pings = self.keep_alive(stream.api.clone(), inbox);
        Ok(true)
    }

    /// Waits until all chunks are stored.
    pub(super) async fn finish(&mut self, stream: &BucketStream, inbox: &mut Inbox) -> Result<()> {
        let sent = self.sent.load(Ordering::Relaxed);
        self.progress = Instant::now();
        if sent > 0 && self.outcome.is_none() {
            self.publish(stream, inbox, sent + 1, COMMIT_WITHOUT_STORING, NOTHING).await?;
        }
        while sent > 0 && self.outcome.is_none() {
            self.wait(stream, inbox, COMMIT_WITHOUT_STORING).await?;
        }
        self.check()?;
        match self.outcome {
            Some(Ok(stored)) if stored != sent => {
                Err(Error::unavailable(format!("the server stored only {stored} of {sent} chunks")))
            }
            _ => Ok(()),
        }
    }

    /// Ends the batch, whatever it holds.
    pub(super) async fn end(&mut self, stream: &BucketStream, inbox: &mut Inbox) {
        let _ = self.finish(stream, inbox).await;
    }

    fn check(&self) -> Result<()> {
        match &self.outcome {
            Some(Err(error)) => Err(error.clone()),
            _ => Ok(()),
        }
    }

    /// Waits for the next message of the server. When one may be lost, sends `again`: a ping, or the end once more.
    async fn wait(&mut self, stream: &BucketStream, inbox: &mut Inbox, again: u8) -> Result<()> {
        let patience = KEEP_ALIVE.min(stream.api.idle_timeout());
        if let Some((_, message)) = inbox.next(self.subject.as_str(), patience).await? {
            self.account(stream, &message).await;
        } else {
            let sent = self.sent.load(Ordering::Relaxed);
            let number = if again == PING { sent } else { sent + 1 };
            self.publish(stream, inbox, number, again, NOTHING).await?;
        }
        // Answers to pings are no progress.
        if self.outcome.is_none() && self.progress.elapsed() >= stream.api.idle_timeout() {
            return Err(stream.api.silence("the server to store chunks"));
        }
        Ok(())
    }

    async fn account(&mut self, stream: &BucketStream, message: &Message) {
        let answer = match stage::acknowledgement(stream, stream.window(), message, api::read_answer).await {
            Ok(answer) => answer,
            Err(error) => return self.end_with(Err(error)),
        };
        match answer["type"].as_str() {
            Some("ack") => {
                let acknowledged = answer["seq"].as_u64().unwrap_or(0);
                if acknowledged > self.acknowledged {
                    self.acknowledged = acknowledged;
                    self.progress = Instant::now();
                    let is_quick = self.progress.duration_since(self.acknowledged_at) < QUICK;
                    self.stretches = if is_quick {
                        self.most_stretches.min(self.stretches + 1)
                    } else {
                        self.fewest_stretches
                    };
                    self.acknowledged_at = self.progress;
                }
                self.granted = answer["msgs"].as_u64().unwrap_or(1).clamp(1, u64::from(self.flow));
            }
            Some("gap") => {
                self.end_with(Err(Error::unavailable("chunks were lost on their way to the server")));
            }
            Some(_) => {}
            None => self.end_with(Ok(answer["count"].as_u64().unwrap_or(0))),
        }
    }

    fn end_with(&mut self, outcome: Result<u64>) {
        if !matches!(self.outcome, Some(Err(_))) {
            self.outcome = Some(outcome);
        }
        self.stop_pings();
    }

    fn stop_pings(&mut self) {
        if let Some(pings) = self.pings.take() {
            pings.abort();
        }
    }

    async fn publish(
        &self,
        stream: &BucketStream,
        inbox: &Inbox,
        number: u64,
        operation: u8,
        payload: Bytes,
    ) -> Result<()> {
        let reply = inbox.reply(self.token(number, operation));
        let stores = matches!(operation, START | APPEND);
        let headers = self.expires.filter(|_| stores).map(expiry::chunk_headers);
        stream.api.publish_with(self.subject.clone(), reply, headers, payload).await
    }

    fn token(&self, number: u64, operation: u8) -> String {
        format!("{}.{}.fail.{number}.{operation}.$FI", self.nuid, self.flow)
    }

    /// Keeps the batch alive while the body's source is slow.
    fn keep_alive(&self, api: Arc<Api>, inbox: &Inbox) -> Option<AbortHandle> {
        let (sent, subject) = (self.sent.clone(), self.subject.clone());
        let prefix = inbox.reply(format!("{}.{}.fail", self.nuid, self.flow));
        let runtime = tokio::runtime::Handle::try_current().ok()?;
        let task = runtime.spawn(async move {
            loop {
                let before = sent.load(Ordering::Relaxed);
                tokio::time::sleep(KEEP_ALIVE).await;
                let number = sent.load(Ordering::Relaxed);
                if number == before {
                    let reply = format!("{prefix}.{number}.{PING}.$FI");
                    let _ = api.publish(subject.clone(), reply, NOTHING).await;
                }
            }
        });
        Some(task.abort_handle())
    }
}

impl Drop for Ingest {
    fn drop(&mut self) {
        self.stop_pings();
    }
}
