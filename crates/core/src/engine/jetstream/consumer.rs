//! One pull consumer, for as long as it lives: requests to it, and what they bring.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_nats::{HeaderMap, Message, StatusCode, Subject, Subscriber};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::timeout;

use super::api::{Api, Refusal};
use super::deletion::Deletion;
use super::denial::DenialWatch;
use super::pace::Pace;
use super::place::Place;
use super::record::time_of_nanos;
use super::selection::{Deliver, Selection};
use super::stream::BucketStream;
use crate::protocol::Nuid;
use crate::{Error, Result};

const CONSUMER_EXISTS: u64 = 10_148;

/// How long the server keeps a consumer that nobody asks, in case its deletion is lost.
const INACTIVE: Duration = Duration::from_mins(1);

/// How long to wait for a message that the server said it has, before the consumer is made anew.
const PATIENCE: Duration = Duration::from_secs(4);

/// How long a request waits at the server for messages that are yet to come.
pub(super) const WAIT: Duration = Duration::from_secs(10);

/// Requests that are under way at a time: one is answered while one is consumed.
const REQUESTS: usize = 2;

/// A message of the stream.
#[derive(Debug)]
pub(super) struct Delivered {
    pub(super) subject: Subject,
    pub(super) headers: Option<HeaderMap>,
    pub(super) payload: Bytes,
    pub(super) sequence: u64,
    pub(super) time: SystemTime,
}

/// A consumer. Dropping it deletes it at the server.
#[derive(Debug)]
pub(super) struct Consumer {
    api: Arc<Api>,
    /// Held to be dropped with the consumer.
    deletion: Deletion,
    next: Subject,
    inbox: String,
    subscriber: Subscriber,
    name: String,
    denied: DenialWatch,
    /// Changes when what was asked before may be lost.
    reconnects: watch::Receiver<u64>,
    /// The last sequence of the stream before the consumer's first message.
    pub(super) start: u64,
    /// When the server made it, by its clock.
    pub(super) created: Option<SystemTime>,
    /// Messages that are wanted of this consumer.
    limit: u64,
    /// Consumer sequence of the last message that is known to come.
    pub(super) pending: u64,
    /// Consumer sequence of the last message.
    delivered: u64,
    requests: VecDeque<Request>,
    requested: u64,
    pace: Pace,
    /// Messages that the server lets one request ask for.
    most: u64,
    /// A single message was larger than a request may bring: later ones are bounded by their number alone.
    exceeded: bool,
    /// Whether the server counts right what is still to come, and passes nothing over. One before 2.10 may say that nothing
    /// is to come: then only the end of a request tells.
    pub(super) counts: bool,
    /// Whether a request under way may wait for messages that are yet to come.
    pub(super) waits: bool,
}

/// A request under way.
#[derive(Debug)]
struct Request {
    number: u64,
    asked: u64,
    /// Messages that it still asks for.
    left: u64,
}

/// What one step came to.
#[derive(Debug)]
pub(super) enum Step {
    Message(Delivered),
    NoMore,
    /// The consumer is gone, or messages of it are.
    Lost,
    /// The server doesn't take such requests.
    Refused(String),
}

impl Consumer {
    /// A consumer for what follows `after` in the selection.
    pub(super) async fn create(
        stream: &BucketStream,
        selection: &Selection,
        after: u64,
    ) -> Result<Self, Refusal> {
        let api = stream.api.clone();
        let (reconnects, denied) = (api.reconnects(), api.denials());
        let counts = !api.server_is_before(2, 10);
        let inbox = api.client().new_inbox();
        let subscriber = api.subscribe(format!("{inbox}.*")).await.map_err(Refusal::Failed)?;
        let name = Nuid::fresh().to_string();
        let mut config = json!({
            "name": name,
            "ack_policy": "none",
            "filter_subject": selection.filter,
            "inactive_threshold": u64::try_from(INACTIVE.as_nanos()).unwrap_or(u64::MAX),
            "mem_storage": true,
            "num_replicas": 1,
            "headers_only": selection.headers_only,
            "deliver_policy": match selection.deliver {
                Deliver::LastPerSubject => "last_per_subject",
                Deliver::New => "new",
                Deliver::All if after > 0 => "by_start_sequence",
                Deliver::All => "all",
            },
        });
        if config["deliver_policy"] == "by_start_sequence" {
            config["opt_start_seq"] = json!(after.saturating_add(1));
        }
        // Who goes away while the server makes it can't know that it was made.
        let delete = api.subject(&format!("CONSUMER.DELETE.{}.{name}", stream.stream));
        let mut deletion = Deletion { api: api.clone(), subject: Some(delete), is_made: false };
        let create = format!("CONSUMER.CREATE.{}.{name}.{}", stream.stream, selection.filter);
        let request = json!({ "stream_name": stream.stream, "config": config, "action": "create" });
        let answer = match api.call(&create, &request).await {
            // Our own first request, whose answer was lost.
            Err(Refusal::Server { code: CONSUMER_EXISTS, .. }) => {
                api.call(&format!("CONSUMER.INFO.{}.{name}", stream.stream), &Value::Null).await?
            }
            Err(refusal) => {
                // Who may not make one may not delete one either.
                deletion.subject = None;
                return Err(refusal);
            }
            Ok(answer) => answer,
        };
        deletion.is_made = true;
        Ok(Self {
            deletion,
            next: api.subject(&format!("CONSUMER.MSG.NEXT.{}.{name}", stream.stream)).into(),
            api,
            inbox,
            subscriber,
            name,
            denied,
            reconnects,
            start: answer["delivered"]["stream_seq"].as_u64().unwrap_or(0),
            created: answer["created"].as_str().and_then(|time| humantime::parse_rfc3339(time).ok()),
            limit: selection.limit,
            most: answer["config"]["max_batch"].as_u64().filter(|&most| most > 0).unwrap_or(u64::MAX),
            counts,
            pending: if counts { answer["num_pending"].as_u64().unwrap_or(0) } else { u64::MAX },
            delivered: 0,
            requests: VecDeque::with_capacity(REQUESTS),
            requested: 0,
            pace: Pace::new(),
            exceeded: false,
            waits: false,
        })
    }

    /// Deletes it, and waits until it is deleted.
    pub(super) async fn end(mut self) {
        if let Some(subject) = &self.deletion.subject
            && self.api.attempt(subject, Bytes::new(), None).await.is_ok()
        {
            self.deletion.subject = None;
        }
    }

    pub(super) async fn step(&mut self, selection: &Selection) -> Result<Step> {
        self.ask_ahead(selection).await?;
        if self.requests.is_empty() {
            return Ok(Step::NoMore);
        }
        Ok(match self.receive().await? {
            Some(message) => self.take(message),
            None => Step::Lost,
        })
    }

    /// The next step, if what it needs has come and nothing is to be asked for.
    pub(super) fn ready(&mut self) -> Option<Step> {
        if self.requests.is_empty() || self.asks_for_more() {
            return None;
        }
        let message = self.subscriber.next().now_or_never()??;
        Some(self.take(message))
    }

    fn take(&mut self, message: Message) -> Step {
        let Some(place) = message.reply.as_deref().and_then(Place::parse) else {
            return self.take_status(&message).unwrap_or(Step::Lost);
        };
        if place.consumer != self.name || place.delivered != self.delivered.saturating_add(1) {
            return Step::Lost;
        }
        self.delivered = place.delivered;
        let pending = if self.counts { place.pending } else { u64::MAX };
        self.pending = self.delivered.saturating_add(pending);
        if let Some(request) = self.requests.front_mut() {
            request.left -= 1;
            if request.left == 0 {
                self.requests.pop_front();
            }
        }
        Step::Message(Delivered {
            sequence: place.sequence,
            time: time_of_nanos(place.nanos),
            subject: message.subject,
            headers: message.headers,
            payload: message.payload,
        })
    }

    /// Asks for what comes next, if it isn't asked for yet.
    pub(super) async fn ask_ahead(&mut self, selection: &Selection) -> Result<()> {
        while self.asks_for_more() {
            self.ask(selection).await?;
        }
        Ok(())
    }

    fn asks_for_more(&self) -> bool {
        self.requests.len() < REQUESTS && self.expected() < self.pending.min(self.limit)
    }

    /// How many messages will have come when all requests under way are answered.
    fn expected(&self) -> u64 {
        self.delivered + self.requests.iter().map(|request| request.left).sum::<u64>()
    }

    async fn ask(&mut self, selection: &Selection) -> Result<()> {
        let most = self.most.min(self.limit - self.expected());
        let batch = self.pace.next(selection.batch as u64).min(most);
        let mut request = json!({ "batch": batch, "no_wait": true });
        if !self.exceeded {
            request["max_bytes"] = json!(selection.max_bytes);
        }
        self.request(batch, &request).await
    }

    /// Asks for messages that are yet to come.
    pub(super) async fn ask_to_wait(&mut self, selection: &Selection) -> Result<()> {
        let expires = u64::try_from(WAIT.as_nanos()).unwrap_or(u64::MAX);
        let batch = self.most.min(selection.batch as u64);
        let mut request = json!({ "batch": batch, "expires": expires });
        if !self.exceeded {
            request["max_bytes"] = json!(selection.max_bytes);
        }
        self.request(batch, &request).await?;
        self.waits = true;
        Ok(())
    }

    async fn request(&mut self, asked: u64, request: &Value) -> Result<()> {
        self.requested += 1;
        let reply = format!("{}.{}", self.inbox, self.requested);
        self.api.publish(self.next.clone(), reply, request.to_string().into()).await?;
        self.requests.push_back(Request { number: self.requested, asked, left: asked });
        Ok(())
    }

    async fn receive(&mut self) -> Result<Option<Message>> {
        let ready = if let Some(ready) = self.subscriber.next().now_or_never() {
            ready
        } else {
            self.pace.wait();
            let patience = self.patience();
            tokio::select! {
                biased;
                received = timeout(patience, self.subscriber.next()) => match received {
                    Ok(received) => received,
                    Err(_) => return Ok(None),
                },
                Ok(()) = self.reconnects.changed() => return Ok(None),
                error = self.denied.of(self.next.as_str()) => return Err(error),
            }
        };
        ready.map(Some).ok_or_else(|| Error::unavailable("the connection to the server is closed"))
    }

    fn patience(&self) -> Duration {
        let patience = PATIENCE.min(self.api.idle_timeout());
        if self.waits { WAIT + patience } else { patience }
    }

    /// A message without a place in the stream says how a request ended.
    fn take_status(&mut self, message: &Message) -> Option<Step> {
        let says = |text: &str| message.description.as_deref().is_some_and(|told| told.contains(text));
        // May come before the last message of its request; the messages are counted.
        if says("Batch Completed") {
            return Some(Step::again());
        }
        let ended: u64 = message.subject.rsplit('.').next()?.parse().ok()?;
        let untouched =
            self.requests.iter().any(|request| request.number == ended && request.left == request.asked);
        self.requests.retain(|request| request.number != ended);
        match message.status? {
            StatusCode::NOT_FOUND | StatusCode::TIMEOUT => {
                // Fewer messages were left than the requests asked for.
                self.pending = self.pending.min(self.expected());
                self.requests.is_empty().then_some(Step::NoMore).or_else(|| Some(Step::again()))
            }
            StatusCode::NO_RESPONDERS => Some(Step::Lost),
            _ if says("Exceeded MaxRequest") => {
                Some(Step::Refused(message.description.clone().unwrap_or_default()))
            }
            // A request is over because the next message would exceed its bytes: the next one brings it.
            _ if says("MaxBytes") => {
                self.exceeded |= untouched;
                Some(Step::again())
            }
            _ => Some(Step::Lost),
        }
    }
}

impl Step {
    /// A message of the past: nothing to hand out, and nothing wrong.
    fn again() -> Self {
        Self::Message(Delivered {
            subject: Subject::from_static(""),
            headers: None,
            payload: Bytes::new(),
            sequence: 0,
            time: SystemTime::UNIX_EPOCH,
        })
    }
}
