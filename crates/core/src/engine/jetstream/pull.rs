//! Messages of a stream in order, with a bounded number of bytes on their way, however often the consumer is lost.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::api::{self, Refusal};
use super::consumer::{Consumer, Delivered, Step, WAIT};
use super::selection::{Deliver, Selection};
use super::stream::BucketStream;
use crate::{Error, Result};

/// A consumer, made anew after the last message seen whenever it is lost.
#[derive(Debug)]
pub(super) struct Pull {
    stream: Arc<BucketStream>,
    selection: Selection,
    consumer: Consumer,
    /// The stream sequence of the last message handed out.
    last: u64,
    /// A step that was made already: a message that came before one that the consumer had passed over, or what is not
    /// for [`ready`](Self::ready).
    ahead: Option<Step>,
    /// How often the stream was asked for a message by itself.
    asked: u32,
}

/// How many messages are asked for by themselves before a consumer is made for them.
const ASK_BEFORE_RENEWAL: u32 = 16;

/// A server that has just come back, or a cluster without a leader.
fn may_pass(error: &Error) -> bool {
    matches!(error, Error::Unavailable { .. } | Error::Timeout { .. } | Error::JetStreamNotEnabled { .. })
}

impl Pull {
    pub(super) async fn open(stream: Arc<BucketStream>, selection: Selection) -> Result<Self, Refusal> {
        Self::open_after(stream, selection, 0).await
    }

    /// Opens the selection after a sequence.
    pub(super) async fn open_after(
        stream: Arc<BucketStream>,
        mut selection: Selection,
        mut last: u64,
    ) -> Result<Self, Refusal> {
        let consumer = Consumer::create(&stream, &selection, last).await?;
        if selection.deliver == Deliver::New {
            // A later consumer begins where this one did.
            selection.deliver = Deliver::All;
            last = consumer.start;
        }
        Ok(Self { stream, selection, consumer, last, ahead: None, asked: 0 })
    }

    /// Ends it: the server has no consumer of it any more, which counts against a limit.
    pub(super) async fn end(self) {
        self.consumer.end().await;
    }

    /// Asks for the first messages, which [`next`](Self::next) would do otherwise.
    pub(super) async fn ask_ahead(&mut self) -> Result<()> {
        self.consumer.ask_ahead(&self.selection).await
    }

    /// Messages that the selection held when it was opened.
    pub(super) fn pending(&self) -> u64 {
        self.consumer.pending
    }

    /// Whether that number can be believed.
    pub(super) fn counts(&self) -> bool {
        self.consumer.counts
    }

    /// The time by the server's clock, a moment ago.
    pub(super) fn opened(&self) -> Option<SystemTime> {
        self.consumer.created
    }

    /// The sequence of the last message handed out.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// The next message, if it has come.
    pub(super) fn ready(&mut self) -> Option<Delivered> {
        if self.ahead.is_some() || !self.consumer.counts {
            return None;
        }
        match self.consumer.ready()? {
            Step::Message(message) if message.sequence > self.last => Some(self.hand_out(message)),
            step => {
                self.ahead = Some(step);
                None
            }
        }
    }

    fn hand_out(&mut self, message: Delivered) -> Delivered {
        self.last = message.sequence;
        self.selection.limit = self.selection.limit.saturating_sub(1);
        message
    }

    /// The next message, or `None` when the stream holds no more of them now.
    pub(super) async fn next(&mut self) -> Result<Option<Delivered>> {
        if let Some(message) = self.ready() {
            return Ok(Some(message));
        }
        let patience =
            self.stream.api.idle_timeout().max(if self.consumer.waits { 2 * WAIT } else { Duration::ZERO });
        let deadline = Instant::now() + patience;
        loop {
            let step = match self.ahead.take() {
                Some(step) => step,
                None => self.consumer.step(&self.selection).await?,
            };
            match step {
                Step::Message(mut message) if message.sequence > self.last => {
                    if let Some(passed_over) = self.passed_over(message.sequence).await? {
                        self.ahead = Some(Step::Message(std::mem::replace(&mut message, passed_over)));
                    }
                    return Ok(Some(self.hand_out(message)));
                }
                Step::NoMore => return Ok(None),
                _ if Instant::now() >= deadline => {
                    return Err(self.stream.api.silence("messages of the bucket"));
                }
                Step::Message(_) => {}
                Step::Refused(text) => {
                    return Err(Error::Server { during: Box::default(), code: 409, text });
                }
                Step::Lost => {
                    api::pause().await;
                    self.renew().await?;
                }
            }
        }
    }

    /// The next message, however long it takes until there is one.
    pub(super) async fn wait(&mut self) -> Result<Delivered> {
        if self.selection.deliver == Deliver::LastPerSubject {
            // Old servers skip some when such a consumer goes on into new messages.
            self.follow().await?;
        }
        loop {
            if let Some(message) = self.next().await? {
                return Ok(message);
            }
            if let Some(message) = self.passed_over(u64::MAX).await? {
                self.last = message.sequence;
                return Ok(message);
            }
            self.consumer.ask_to_wait(&self.selection).await?;
        }
    }

    /// The first message before `sequence` that the consumer should have brought. Servers before 2.10 pass messages over
    /// when another subject of the selection is rolled up or purged.
    async fn passed_over(&self, sequence: u64) -> Result<Option<Delivered>> {
        let is_affected = self.selection.filter.ends_with('>') && self.selection.deliver == Deliver::All;
        if self.consumer.counts || !is_affected || sequence <= self.last + 1 {
            return Ok(None);
        }
        let next = self.stream.first_from(&self.selection.filter, self.last + 1).await?;
        Ok(next.filter(|next| next.sequence < sequence))
    }

    /// The next message, or `None` when there surely is no more now. A consumer may say so too early, while a message that
    /// it counted is replaced by one at the end: so the stream itself is asked.
    pub(super) async fn next_or_end(&mut self) -> Result<Option<Delivered>> {
        if let Some(message) = self.next().await? {
            return Ok(Some(message));
        }
        let Some(message) = self.stream.first_from(&self.selection.filter, self.last + 1).await? else {
            return Ok(None);
        };
        self.last = message.sequence;
        self.asked += 1;
        if self.asked.is_multiple_of(ASK_BEFORE_RENEWAL) {
            self.follow().await?;
        }
        Ok(Some(message))
    }

    /// Brings every message from here on.
    async fn follow(&mut self) -> Result<()> {
        self.selection.deliver = Deliver::All;
        self.renew().await
    }

    /// Makes the consumer anew, after the last message, on the same stream and no later one. Waits for a server, for as
    /// long as the idle limit says.
    async fn renew(&mut self) -> Result<()> {
        let deadline = Instant::now() + self.stream.api.idle_timeout();
        tracing::info!(bucket = %self.stream.bucket, after = self.last, "a consumer is made anew");
        loop {
            match Consumer::create(&self.stream, &self.selection, self.last).await {
                Ok(consumer) => {
                    self.consumer = consumer;
                    match self.stream.check_same().await {
                        Err(error) if may_pass(&error) && Instant::now() < deadline => api::pause().await,
                        checked => return checked,
                    }
                }
                Err(refusal) => match self.stream.why_refused(refusal).await {
                    error if may_pass(&error) && Instant::now() < deadline => api::pause().await,
                    error => return Err(error),
                },
            }
        }
    }
}
