//! When a connection was lost and made anew: what the server was asked before may never be answered. And why it isn't
//! made anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_nats::{ClientError, ConnectErrorKind, Event};
use tokio::sync::watch;

use crate::Error;

/// How often the connection was made anew.
#[derive(Debug, Clone, Default)]
pub(super) struct Reconnects {
    count: watch::Sender<u64>,
    is_lost: Arc<AtomicBool>,
    /// Whether the last server that was asked for a new connection didn't accept the credentials.
    is_refused: Arc<AtomicBool>,
}

impl Reconnects {
    /// Takes what the client tells of its connection.
    pub(super) fn note(&self, event: &Event) {
        match event {
            Event::Disconnected => {
                tracing::warn!("the connection is lost");
                self.is_lost.store(true, Ordering::Release);
            }
            Event::Connected if self.is_lost.swap(false, Ordering::AcqRel) => {
                self.is_refused.store(false, Ordering::Release);
                self.count.send_modify(|count| *count += 1);
                tracing::info!(reconnects = *self.count.borrow(), "connected again");
            }
            Event::ClientError(ClientError::Other(kind)) if self.is_lost.load(Ordering::Acquire) => {
                let is_refused = is_authentication(kind);
                if !self.is_refused.swap(is_refused, Ordering::AcqRel) && is_refused {
                    tracing::warn!("the server doesn't accept the credentials any more");
                }
            }
            Event::LameDuckMode => tracing::info!("the server is about to shut down"),
            Event::SlowConsumer(_) => {
                tracing::warn!("messages came faster than they were taken: some are lost");
            }
            _ => {}
        }
    }

    /// Why a connection that is lost is not made anew. It is tried for ever, since credentials may be renewed.
    pub(super) fn why_lost(&self) -> Error {
        if self.is_refused.load(Ordering::Acquire) {
            let reason = "the server doesn't accept the credentials any more".to_owned();
            return Error::Unauthenticated { reason };
        }
        Error::unavailable("the connection to the server is lost")
    }

    /// How often it was made anew until now.
    pub(super) fn count(&self) -> u64 {
        *self.count.borrow()
    }

    /// Changes with every reconnect from now on.
    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.count.subscribe()
    }
}

/// Whether an attempt to connect failed for the credentials: async-nats tells of it by the kind of error alone, in words.
fn is_authentication(kind: &str) -> bool {
    [ConnectErrorKind::AuthorizationViolation, ConnectErrorKind::Authentication]
        .iter()
        .any(|refusal| refusal.to_string() == kind)
}
