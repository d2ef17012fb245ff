//! Requests with an idle limit, and what the server's refusals mean.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_nats::connection::State;
use async_nats::{Client, HeaderMap, Message, PublishError, Request, RequestErrorKind, Subject, Subscriber};
use bytes::Bytes;
use futures_util::FutureExt;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::TaskTracker;

use super::denial::{DenialWatch, Denials};
use super::expiry;
use super::inbox::{Inbox, InboxPool};
use super::reconnect::Reconnects;
use crate::engine::StoreOptions;
use crate::protocol::BucketName;
use crate::{Error, Result};

pub(super) const INVALID_JSON: u64 = 10_025;
pub(super) const INVALID_CONFIG: u64 = 10_052;
pub(super) const STORE_NOT_CREATED: u64 = 10_049;
pub(super) const STREAM_EXISTS: u64 = 10_058;
pub(super) const STREAM_NOT_FOUND: u64 = 10_059;
pub(super) const REPLICAS_UNSUPPORTED: u64 = 10_074;
pub(super) const WRONG_LAST_SEQUENCE: u64 = 10_071;
pub(super) const WRONG_LAST_SEQUENCE_UNTOLD: u64 = 10_164;
pub(super) const TOO_MANY_REQUESTS: u64 = 10_167;
/// A TTL on a message to a stream that knows none.
pub(super) const TTL_DISABLED: u64 = 10_166;
const TTL_INVALID: u64 = 10_165;
/// A cluster that has no leader just now.
const NO_LEADER: u64 = 10_008;
const NOT_LEADER: u64 = 10_009;
pub(super) const STORE_FAILED: u64 = 10_077;
const STREAM_CLOSED: u64 = 10_096;
const CONSUMER_CLOSED: u64 = 10_012;
const SEALED: u64 = 10_109;
/// A batch that the server has forgotten, after a restart or a long silence.
const BATCH_UNKNOWN: u64 = 10_208;

/// How long one request waits for its answer before it is sent again.
const ATTEMPT: Duration = Duration::from_secs(5);

/// The pause before a request is tried again that nobody was there to answer.
const PAUSE: Duration = Duration::from_millis(100);

/// The JetStream API of one account, over one connection.
#[derive(Debug)]
pub(super) struct Api {
    client: Client,
    prefix: String,
    idle_timeout: Duration,
    denials: Denials,
    reconnects: Reconnects,
    inboxes: Arc<InboxPool>,
    background: TaskTracker,
    closed: AtomicBool,
}

/// Why a request has no good answer.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The server said no.
    Server { code: u64, text: String },
    /// Nobody listens on the subject: no JetStream there, no such stream, or no leader.
    NoResponders { subject: String },
    /// No answer in time: the request may have taken effect, or not.
    Silence(Error),
    /// It failed before anything was sent.
    NotSent(Error),
    /// Anything else that is final.
    Failed(Error),
}

impl Refusal {
    /// The refusal as an error of an operation on the JetStream API.
    pub(super) fn into_error(self) -> Error {
        match self {
            Self::Server { code, text } => Error::Server { during: Box::default(), code, text }.classified(),
            Self::NoResponders { subject } => {
                let prefix = subject.split_once(".API.").map_or("", |(prefix, _)| prefix);
                let scope = match prefix.strip_prefix("$JS.") {
                    Some(domain) => format!("in domain {domain:?}"),
                    None => "for this account".to_owned(),
                };
                Error::JetStreamNotEnabled { during: Box::default(), scope }
            }
            Self::Silence(error) | Self::NotSent(error) | Self::Failed(error) => error,
        }
    }

    /// The refusal as an error of creating or changing a bucket: what the server doesn't like of it, in its own words.
    pub(super) fn of_config(self, bucket: &BucketName) -> Error {
        match self {
            Self::Server { code: STREAM_NOT_FOUND, .. } => {
                Error::BucketNotFound { bucket: bucket.to_string() }
            }
            Self::Server { code: SEALED, .. } => Error::Sealed { bucket: bucket.to_string() },
            Self::Server { code: INVALID_JSON | INVALID_CONFIG | REPLICAS_UNSUPPORTED, text } => {
                Error::InvalidConfig { bucket: bucket.to_string(), reason: text }
            }
            refusal => refusal.into_error(),
        }
    }

    /// The refusal as an error of an operation inside an open bucket.
    pub(super) fn in_bucket(self, bucket: &str) -> Error {
        match self {
            Self::Server { code: STREAM_NOT_FOUND, .. } => Error::BucketDeleted { bucket: bucket.to_owned() },
            Self::Server { code: TTL_DISABLED, .. } => expiry::unsupported(bucket),
            Self::Server { code: TTL_INVALID, text } => {
                Error::InvalidArgument { argument: "expiry", reason: format!("the server says: {text}") }
            }
            Self::Server { code: SEALED, .. } => Error::Sealed { bucket: bucket.to_owned() },
            Self::NoResponders { .. } => Error::unavailable("no server answers for the bucket now"),
            refusal => refusal.into_error(),
        }
    }
}

impl Error {
    /// The error that a code and text of the server stand for.
    fn classified(self) -> Self {
        let Self::Server { during, code, text } = self else {
            return self;
        };
        match code {
            10_039 | 10_076 => Self::JetStreamNotEnabled { during, scope: "for this account".to_owned() },
            10_002 | 10_023 | 10_028 | 10_047 => Self::QuotaExceeded { during, reason: text },
            STORE_FAILED if text.contains("maximum") => Self::QuotaExceeded { during, reason: text },
            NO_LEADER | NOT_LEADER | 10_118 | BATCH_UNKNOWN | TOO_MANY_REQUESTS => {
                Self::Unavailable { during, reason: text }
            }
            _ => Self::Server { during, code, text },
        }
    }
}

impl Api {
    pub(super) fn new(
        client: Client,
        options: &StoreOptions,
        denials: Denials,
        reconnects: Reconnects,
    ) -> Self {
        let prefix = api_prefix(options);
        let inboxes = Arc::new(InboxPool::new(client.clone(), denials.clone(), options.idle_timeout));
        let background = TaskTracker::new();
        let idle_timeout = options.idle_timeout;
        let closed = AtomicBool::new(false);
        Self { client, prefix, idle_timeout, denials, reconnects, inboxes, background, closed }
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// An inbox for a transfer.
    pub(super) async fn inbox(&self) -> Result<Inbox> {
        self.check_open()?;
        self.inboxes.take().await
    }

    /// What the server denies from now on.
    pub(super) fn denials(&self) -> DenialWatch {
        self.denials.watch()
    }

    /// Changes when the connection is made anew.
    pub(super) fn reconnects(&self) -> watch::Receiver<u64> {
        self.reconnects.watch()
    }

    /// How often the connection was made anew.
    pub(super) fn reconnect_count(&self) -> u64 {
        self.reconnects.count()
    }

    pub(super) fn idle_timeout(&self) -> Duration {
        self.idle_timeout
    }

    /// A subject of the API.
    pub(super) fn subject(&self, rest: &str) -> String {
        format!("{}.{rest}", self.prefix)
    }

    /// Runs a clean-up that must not end with its caller; [`close`](Self::close) waits for it.
    pub(super) fn in_background(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            self.background.spawn_on(work, &runtime);
        }
    }

    pub(super) async fn close(&self) {
        self.background.close();
        if timeout(self.idle_timeout, self.background.wait()).await.is_err() {
            tracing::warn!("clean-up is still under way: the server doesn't answer");
        }
        self.closed.store(true, Ordering::Release);
        let _ = timeout(self.idle_timeout, self.client.drain()).await;
    }

    /// Whether the server that the connection leads to is older than this version.
    pub(super) fn server_is_before(&self, major: u64, minor: u64) -> bool {
        let version = self.client.server_info().version;
        let mut numbers = version.split('.').map_while(|number| number.parse().ok());
        let (Some(server_major), Some(server_minor)) = (numbers.next(), numbers.next()) else {
            return false;
        };
        (server_major, server_minor) < (major, minor)
    }

    /// Sends a message whose reply goes to an inbox.
    pub(super) async fn publish(&self, subject: Subject, reply: String, payload: Bytes) -> Result<()> {
        self.check_open()?;
        self.in_time(self.client.publish_with_reply(subject, reply, payload)).await
    }

    /// The same with headers, if there are any.
    pub(super) async fn publish_with(
        &self,
        subject: Subject,
        reply: String,
        headers: Option<HeaderMap>,
        payload: Bytes,
    ) -> Result<()> {
        let Some(headers) = headers else {
            return self.publish(subject, reply, payload).await;
        };
        self.check_open()?;
        self.in_time(self.client.publish_with_reply_and_headers(subject, reply, headers, payload)).await
    }

    /// Sends a message that nobody answers.
    pub(super) async fn publish_alone(
        &self,
        subject: Subject,
        headers: HeaderMap,
        payload: Bytes,
    ) -> Result<()> {
        self.check_open()?;
        self.in_time(self.client.publish_with_headers(subject, headers, payload)).await
    }

    fn check_open(&self) -> Result<()> {
        if self.closed.load(Ordering::Acquire) { Err(Error::Closed { what: "the store" }) } else { Ok(()) }
    }

    fn in_time(
        &self,
        publish: impl Future<Output = Result<(), PublishError>>,
    ) -> impl Future<Output = Result<()>> {
        timeout(self.idle_timeout, publish).map(|published| match published {
            Ok(published) => published.map_err(|error| Error::unavailable(error.to_string())),
            Err(_) => Err(self.silence("the connection to take a message")),
        })
    }

    /// Subscribes to what comes to an inbox.
    pub(super) async fn subscribe(&self, inbox: String) -> Result<Subscriber> {
        self.check_open()?;
        subscribe(&self.client, inbox, self.idle_timeout).await
    }

    /// Calls the JSON API at `<prefix>.<rest>`. Sent again when no answer comes, while the cluster has no leader, and while
    /// a stream is on its way out: for calls that may be repeated.
    pub(super) async fn call(&self, rest: &str, request: &Value) -> Result<Value, Refusal> {
        let payload = if request.is_null() { Bytes::new() } else { request.to_string().into() };
        let subject = self.subject(rest);
        let deadline = Instant::now() + self.idle_timeout;
        loop {
            let message = self.request_until(deadline, &subject, payload.clone()).await?;
            match read_answer(&message.payload) {
                Err(Refusal::Server { code, text }) if may_pass(code) && Instant::now() < deadline => {
                    tracing::info!(subject, text, "a request is sent again");
                    pause().await;
                }
                answer => return answer,
            }
        }
    }

    /// Sends a request, and sends it again until an answer comes or nothing came for the idle limit: for requests
    /// that may be repeated.
    pub(super) async fn request(&self, subject: &str, payload: Bytes) -> Result<Message, Refusal> {
        self.request_until(Instant::now() + self.idle_timeout, subject, payload).await
    }

    async fn request_until(
        &self,
        deadline: Instant,
        subject: &str,
        payload: Bytes,
    ) -> Result<Message, Refusal> {
        loop {
            match self.attempt(subject, payload.clone(), None).await {
                Err(Refusal::Silence(error)) if Instant::now() < deadline => {
                    tracing::info!(%error, "a request is sent again");
                }
                answered => return answered,
            }
        }
    }

    /// Sends a request once.
    pub(super) fn attempt(
        &self,
        subject: &str,
        payload: Bytes,
        headers: Option<HeaderMap>,
    ) -> impl Future<Output = Result<Message, Refusal>> {
        self.attempt_within(ATTEMPT.min(self.idle_timeout), subject, payload, headers)
    }

    /// The same, with this patience.
    pub(super) async fn attempt_within(
        &self,
        patience: Duration,
        subject: &str,
        payload: Bytes,
        headers: Option<HeaderMap>,
    ) -> Result<Message, Refusal> {
        self.check_open().map_err(Refusal::Failed)?;
        // The client's own limit leaves out the time that a request waits to be sent.
        let mut request = Request::new().payload(payload).timeout(None);
        if let Some(headers) = headers {
            request = request.headers(headers);
        }
        let mut denied = self.denials.watch();
        let answer = tokio::select! {
            biased;
            answer = timeout(patience, self.client.send_request(subject.to_owned(), request)) => answer,
            error = denied.of(subject) => return Err(Refusal::Failed(error)),
        };
        let Ok(answer) = answer else {
            return Err(Refusal::Silence(self.silence(format!("an answer from {subject}"))));
        };
        if answer.is_ok() {
            self.denials.forget();
        }
        answer.map_err(|error| match error.kind() {
            RequestErrorKind::NoResponders => Refusal::NoResponders { subject: subject.to_owned() },
            RequestErrorKind::MaxPayloadExceeded => Refusal::Failed(Error::InvalidArgument {
                argument: "object metadata",
                reason: format!("the record is larger than a message may be: {error}"),
            }),
            _ => Refusal::Failed(Error::unavailable(error.to_string())),
        })
    }

    pub(super) fn is_connected(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    /// The error for having waited too long.
    pub(super) fn silence(&self, waiting_for: impl Into<String>) -> Error {
        if self.is_connected() {
            Error::timeout(waiting_for, self.idle_timeout)
        } else {
            self.reconnects.why_lost()
        }
    }
}

/// Whether the next answer may be another one: a leader is chosen, and of a stream that is being deleted nothing is left.
fn may_pass(code: u64) -> bool {
    matches!(code, NO_LEADER | NOT_LEADER | STREAM_CLOSED | CONSUMER_CLOSED)
}

/// Subscribes, in at most `patience`: a connection that is lost takes no more than so many commands.
pub(super) async fn subscribe(client: &Client, inbox: String, patience: Duration) -> Result<Subscriber> {
    match timeout(patience, client.subscribe(inbox)).await {
        Ok(subscribed) => subscribed.map_err(|error| Error::unavailable(error.to_string())),
        Err(_) => Err(Error::unavailable("the connection to the server is lost")),
    }
}

/// What the subjects of the API begin with.
pub(super) fn api_prefix(options: &StoreOptions) -> String {
    match (&options.api_prefix, &options.domain) {
        (Some(prefix), _) => prefix.trim_end_matches('.').to_owned(),
        (None, Some(domain)) => format!("$JS.{domain}.API"),
        (None, None) => "$JS.API".to_owned(),
    }
}

/// Pauses before another try.
pub(super) async fn pause() {
    sleep(PAUSE).await;
}

/// Reads an answer of the JSON API.
pub(super) fn read_answer(payload: &[u8]) -> Result<Value, Refusal> {
    let answer: Value = serde_json::from_slice(payload).map_err(|error| unreadable(&error))?;
    match answer.get("error").filter(|error| !error.is_null()) {
        None => Ok(answer),
        Some(error) => Err(refusal(error)),
    }
}

/// Reads an acknowledgement of a publish: the sequence of the message, if one was stored.
pub(super) fn read_ack(payload: &[u8]) -> Result<Option<u64>, Refusal> {
    #[derive(Deserialize)]
    struct Ack {
        seq: Option<u64>,
        error: Option<Value>,
    }
    let ack: Ack = serde_json::from_slice(payload).map_err(|error| unreadable(&error))?;
    match ack.error {
        None => Ok(ack.seq),
        Some(error) => Err(refusal(&error)),
    }
}

fn unreadable(error: &serde_json::Error) -> Refusal {
    Refusal::Failed(Error::unavailable(format!("the server's answer can't be read: {error}")))
}

fn refusal(error: &Value) -> Refusal {
    Refusal::Server {
        code: error["err_code"].as_u64().or_else(|| error["code"].as_u64()).unwrap_or(0),
        text: error["description"].as_str().unwrap_or("no description").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_domain_is_named() {
        let refusal = Refusal::NoResponders { subject: "$JS.hub.API.STREAM.INFO.OBJ_b".into() };
        assert!(refusal.into_error().to_string().contains(r#"in domain "hub""#));
    }
}
