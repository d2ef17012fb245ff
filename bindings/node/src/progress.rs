//! How far an operation is.

use std::sync::Arc;

use tokio::sync::{Mutex, watch};

use crate::number::number;

/// The count that an operation tells: the newest, for whoever asks.
#[derive(Clone)]
pub(crate) struct Progress(Arc<Mutex<watch::Receiver<u64>>>);

/// What an operation tells, and where it is heard, if anybody listens.
pub(crate) fn telling(is_heard: bool) -> (impl Fn(u64) + Send + Sync + 'static, Option<Progress>) {
    let (set, progress) = is_heard
        .then(|| {
            let (set, count) = watch::channel(0);
            (set, Progress(Arc::new(Mutex::new(count))))
        })
        .unzip();
    let tell = move |count| {
        if let Some(set) = &set {
            watch::Sender::send_replace(set, count);
        }
    };
    (tell, progress)
}

impl Progress {
    /// The next count that wasn't told yet; `None` after the end of the operation.
    pub(crate) async fn next(&self) -> Option<i64> {
        let mut count = self.0.lock().await;
        count.changed().await.ok()?;
        Some(number(*count.borrow_and_update()))
    }
}
