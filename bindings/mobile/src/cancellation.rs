//! Giving an operation up.

use std::future::Future;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

/// Gives operations up from outside. Swift needs it, whose cancelled tasks don't let go of what they await; where
/// letting go is enough, as in Kotlin, an operation goes without.
#[derive(Debug, uniffi::Object)]
pub struct Cancellation(CancellationToken);

#[uniffi::export]
impl Cancellation {
    /// Of no operation yet.
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::new(Self(CancellationToken::new()))
    }

    /// Ends the operations that were given this, with `Cancelled`.
    pub fn cancel(&self) {
        self.0.cancel();
    }
}

impl Cancellation {
    /// The end of the work; none if it was cancelled before.
    pub(crate) async fn unless_cancelled<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.0.run_until_cancelled(work).await
    }
}
