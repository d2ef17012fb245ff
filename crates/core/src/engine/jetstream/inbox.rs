//! Where streams of replies arrive: acknowledgements of chunks, and chunks.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_nats::{Client, Message, Subscriber};
use futures_util::{FutureExt, StreamExt};
use tokio::time::timeout;

use super::api::{self, Api};
use super::denial::{DenialWatch, Denials};
use crate::{Error, Result};

/// How many idle inboxes are kept. One transfer needs one.
const KEPT: usize = 64;

/// Inboxes that are used again and again, so that a small transfer costs no subscription of its own.
#[derive(Debug)]
pub(super) struct InboxPool {
    client: Client,
    denials: Denials,
    idle_timeout: Duration,
    idle: Mutex<Vec<Open>>,
}

#[derive(Debug)]
struct Open {
    subscriber: Subscriber,
    prefix: String,
    used: u64,
}

impl InboxPool {
    pub(super) fn new(client: Client, denials: Denials, idle_timeout: Duration) -> Self {
        Self { client, denials, idle_timeout, idle: Mutex::default() }
    }

    /// An inbox with a reply prefix that nothing under way uses.
    pub(super) async fn take(self: &Arc<Self>) -> Result<Inbox> {
        let denied = self.denials.watch();
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut open = if let Some(open) = idle {
            open
        } else {
            let prefix = self.client.new_inbox();
            let subscriber = api::subscribe(&self.client, format!("{prefix}.>"), self.idle_timeout).await?;
            Open { subscriber, prefix, used: 0 }
        };
        open.used += 1;
        let prefix = format!("{}.{}", open.prefix, open.used);
        Ok(Inbox { pool: self.clone(), prefix, open: Some(open), denied, reusable: false })
    }
}

/// One transfer's inbox. Replies to an earlier transfer are passed over.
#[derive(Debug)]
pub(super) struct Inbox {
    pool: Arc<InboxPool>,
    prefix: String,
    open: Option<Open>,
    /// Denials since before the first request of this transfer.
    denied: DenialWatch,
    reusable: bool,
}

impl Inbox {
    /// A reply subject of this transfer.
    pub(super) fn reply(&self, token: impl std::fmt::Display) -> String {
        format!("{}.{token}", self.prefix)
    }

    /// The next reply that is there already, with its token.
    pub(super) fn try_next(&mut self) -> Option<(String, Message)> {
        loop {
            let message = self.open.as_mut()?.subscriber.next().now_or_never()??;
            if let Some(token) = token(&self.prefix, &message) {
                return Some((token, message));
            }
        }
    }

    /// The next reply and its token, in at most `patience`, or `None`. Fails at once when `subject` is denied.
    pub(super) async fn next(
        &mut self,
        subject: &str,
        patience: Duration,
    ) -> Result<Option<(String, Message)>> {
        if let Some(reply) = self.try_next() {
            return Ok(Some(reply));
        }
        let Self { open: Some(open), prefix, denied, .. } = self else {
            return Ok(None);
        };
        tokio::select! {
            biased;
            reply = timeout(patience, open.receive(prefix)) => reply.unwrap_or(Ok(None)),
            error = denied.of(subject) => Err(error),
        }
    }

    /// The next reply, or why none came: the denial of `subject`, or silence for the idle limit.
    pub(super) async fn expect(&mut self, api: &Api, subject: &str) -> Result<(String, Message)> {
        let reply = self.next(subject, api.idle_timeout()).await?;
        reply.ok_or_else(|| api.silence(format!("an answer from {subject}")))
    }

    /// Nothing more is under way to this inbox: another transfer may have it.
    pub(super) fn release(mut self) {
        self.reusable = true;
    }
}

/// The token of a reply to the transfer with this prefix.
fn token(prefix: &str, message: &Message) -> Option<String> {
    message.subject.as_str().strip_prefix(prefix)?.strip_prefix('.').map(str::to_owned)
}

impl Open {
    async fn receive(&mut self, prefix: &str) -> Result<Option<(String, Message)>> {
        loop {
            let Some(message) = self.subscriber.next().await else {
                return Err(Error::unavailable("the connection to the server is closed"));
            };
            if let Some(token) = token(prefix, &message) {
                return Ok(Some((token, message)));
            }
        }
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        let Some(open) = self.open.take().filter(|_| self.reusable) else {
            return;
        };
        let mut idle = self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(open);
        }
    }
}
