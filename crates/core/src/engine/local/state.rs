//! Whether a store may be used now.

use std::sync::Arc;

use tokio::sync::{OwnedRwLockReadGuard, RwLock, watch};

use crate::{Error, Result};

/// A store is open, or suspended until it is resumed, or closed for good.
#[derive(Debug)]
pub(super) struct State {
    now: watch::Sender<Now>,
    /// Held by work on files that no bucket waits for.
    working: Arc<RwLock<()>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Now {
    suspended: bool,
    closed: bool,
    suspensions: u64,
}

/// Work on files, for the end of which suspending the store waits.
pub(super) type Working = OwnedRwLockReadGuard<()>;

impl State {
    pub(super) fn open() -> Arc<Self> {
        Arc::new(Self { now: watch::Sender::new(Now::default()), working: Arc::default() })
    }

    /// Refuses while the store is suspended or closed.
    pub(super) fn check(&self) -> Result<()> {
        let now = *self.now.borrow();
        if now.suspended || now.closed { Err(self.refusal()) } else { Ok(()) }
    }

    /// Begins work on files.
    pub(super) async fn work(&self) -> Result<Working> {
        // Before the wait too: it is long if a disk is slow.
        self.check()?;
        let working = Arc::clone(&self.working).read_owned().await;
        self.check()?;
        Ok(working)
    }

    /// Why something that was open isn't any more.
    pub(super) fn refusal(&self) -> Error {
        let now = *self.now.borrow();
        match (now.closed, now.suspended) {
            (true, _) => Error::Closed { what: "the store" },
            (false, true) => Error::unavailable("the store is suspended: resume it first"),
            (false, false) => Error::unavailable("the store was suspended meanwhile: try again"),
        }
    }

    /// The refusal, if the store was ever suspended.
    pub(super) fn refused_before(&self) -> Option<Error> {
        (self.suspensions() > 0).then(|| self.refusal())
    }

    /// How often the store was suspended.
    pub(super) fn suspensions(&self) -> u64 {
        self.now.borrow().suspensions
    }

    /// Refuses all that is to come, and waits for what has begun; without effect on a store that is closed.
    pub(super) async fn suspend(&self) {
        self.now.send_if_modified(|now| {
            let begins = !now.closed && !now.suspended;
            if begins {
                *now = Now { suspended: true, suspensions: now.suspensions + 1, ..*now };
            }
            begins
        });
        drop(self.working.write().await);
    }

    pub(super) fn resume(&self) {
        self.now.send_modify(|now| now.suspended = false);
    }

    /// Waits until the store is resumed; it may be suspended again by then. Fails if it is closed.
    pub(super) async fn resumed(&self) -> Result<()> {
        let mut now = self.now.subscribe();
        // The sender is here, so this can't fail.
        let closed = now.wait_for(|now| now.closed || !now.suspended).await.is_ok_and(|now| now.closed);
        if closed { Err(self.refusal()) } else { Ok(()) }
    }

    pub(super) fn close(&self) {
        self.now.send_modify(|now| now.closed = true);
    }
}
