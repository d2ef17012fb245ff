//! The threads of the library, and what belongs to them.

use std::future::Future;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use crate::cancellation::Cancellation;
use crate::failure::{Failure, Result};

/// One for the connection, one for what else there is.
const THREADS: usize = 2;

/// The runtime of this process.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(THREADS).thread_name("jetblob").enable_all();
        builder.build().expect("threads can be started")
    })
}

/// Runs an operation on the library's threads. When its caller goes away, or cancels it, it is given up.
pub(crate) async fn run<T: Send + 'static>(
    cancellation: Option<Arc<Cancellation>>,
    work: impl Future<Output = jetblob::Result<T>> + Send + 'static,
) -> Result<T> {
    hand_over(cancellation, Task(runtime().spawn(work))).await
}

/// Takes from a channel, or gives to one, on the thread of the caller.
pub(crate) async fn hand_over<T>(
    cancellation: Option<Arc<Cancellation>>,
    work: impl Future<Output = jetblob::Result<T>>,
) -> Result<T> {
    let end = match cancellation {
        None => Some(work.await),
        Some(cancellation) => cancellation.unless_cancelled(work).await,
    };
    Ok(end.ok_or(Failure::Cancelled)??)
}

/// A task that ends with whoever waits for it.
struct Task<T>(JoinHandle<T>);

impl<T> Future for Task<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let end = Pin::new(&mut self.0).poll(context);
        end.map(|end| end.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic())))
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What may have to clean up when the other language lets go of it, on whatever thread that is.
pub(crate) struct Held<T>(ManuallyDrop<T>);

impl<T> Held<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(ManuallyDrop::new(value))
    }
}

impl<T> Deref for Held<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Drop for Held<T> {
    fn drop(&mut self) {
        let _entered = runtime().enter();
        // SAFETY: it is dropped here only, and not touched after.
        #[allow(unsafe_code, reason = "so that it is dropped while the runtime is entered")]
        unsafe {
            ManuallyDrop::drop(&mut self.0);
        }
    }
}
