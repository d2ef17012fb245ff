//! How far an operation is.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

/// The bytes that an operation has moved, for a function of the caller's: always the newest count, on the caller's side,
/// so that the operation never waits for the function.
#[derive(Debug, uniffi::Object)]
pub struct Count {
    set: Mutex<Option<watch::Sender<u64>>>,
    count: tokio::sync::Mutex<watch::Receiver<u64>>,
}

#[uniffi::export]
impl Count {
    /// Of no operation yet.
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        let (set, count) = watch::channel(0);
        Arc::new(Self { set: Mutex::new(Some(set)), count: tokio::sync::Mutex::new(count) })
    }

    /// Waits for another count than the one told last; none when the operation has ended, and its last was told.
    pub async fn next(&self) -> Option<i64> {
        let mut count = self.count.lock().await;
        // An error says that nothing comes any more, but not that what came last was seen.
        count.changed().await.ok()?;
        Some(crate::failure::signed(*count.borrow_and_update()))
    }

    /// Ends it, where the operation failed before it could.
    pub fn end(&self) {
        drop(self.take());
    }
}

impl Count {
    fn take(&self) -> Option<watch::Sender<u64>> {
        self.set.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// What an operation tells.
pub(crate) fn telling(count: Option<Arc<Count>>) -> Option<impl Fn(u64) + Send + Sync + 'static> {
    let set = count?.take()?;
    Some(move |count| {
        set.send_replace(count);
    })
}
