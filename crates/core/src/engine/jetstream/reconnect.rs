//! When a connection was lost and made anew: what the server was asked before may never be answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_nats::Event;
use tokio::sync::watch;

/// How often the connection was made anew.
#[derive(Debug, Clone, Default)]
pub(super) struct Reconnects {
    count: watch::Sender<u64>,
    is_lost: Arc<AtomicBool>,
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
                self.count.send_modify(|count| *count += 1);
                tracing::info!(reconnects = *self.count.borrow(), "connected again");
            }
            Event::LameDuckMode => tracing::info!("the server is about to shut down"),
            Event::SlowConsumer(_) => {
                tracing::warn!("messages came faster than they were taken: some are lost");
            }
            _ => {}
        }
    }

    /// Changes with every reconnect from now on.
    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.count.subscribe()
    }
}
