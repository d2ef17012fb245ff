//! A list or a watch, held from another language.

use std::fmt;

use futures_util::{Stream, StreamExt};
use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;

use crate::Result;

/// How many items are handed over together, at most: a hand-over costs more than an item.
const BATCH: usize = 256;

/// The items of a stream, in batches of those that are there.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> jetblob::Result<()> {
/// # let dir = tempfile::tempdir().unwrap();
/// # let store = jetblob::Store::open(dir.path().to_str().unwrap()).await?;
/// # let bucket = store.create_bucket(jetblob::BucketConfig::new("b")).await?;
/// # bucket.put_string("a", "").await?;
/// use jetblob::{ListOptions, handle::Items};
///
/// let items = Items::new(bucket.list(ListOptions::default()));
/// while let Some(batch) = items.next_batch().await {
///     for info in batch {
///         println!("{}", info?.name);
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub struct Items<T> {
    batches: Mutex<mpsc::Receiver<Vec<Result<T>>>>,
    closed: CancellationToken,
}

impl<T: Send + 'static> Items<T> {
    /// Takes the items of `stream`, at most two batches ahead.
    pub fn new(stream: impl Stream<Item = Result<T>> + Send + 'static) -> Self {
        let (sender, batches) = mpsc::channel(1);
        let closed = CancellationToken::new();
        tokio::spawn(closed.clone().run_until_cancelled_owned(async move {
            let mut ready = stream.ready_chunks(BATCH).boxed();
            loop {
                let batch = tokio::select! {
                    batch = ready.next() => batch,
                    () = sender.closed() => None,
                };
                let Some(batch) = batch else { return };
                if sender.send(batch).await.is_err() {
                    return;
                }
            }
        }));
        Self { batches: Mutex::new(batches), closed }
    }

    /// The next items; `None` at the end, and when this is closed. It is the stream that says what may follow an error.
    ///
    /// May be dropped and called again: nothing is lost.
    pub async fn next_batch(&self) -> Option<Vec<Result<T>>> {
        let next = async { self.batches.lock().await.recv().await };
        self.closed.run_until_cancelled(next).await.flatten()
    }
}

impl<T> Items<T> {
    /// Ends the stream, at the server too, and wakes who waits for items.
    pub fn close(&self) {
        self.closed.cancel();
    }
}

impl<T> Drop for Items<T> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<T> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("closed", &self.closed.is_cancelled()).finish_non_exhaustive()
    }
}
