//! What goes on beside the calls, for which closing the store waits.

use std::convert::Infallible;
use std::future::Future;
use std::mem;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// How long tasks and threads have to end. They do so at once, unless a disk or another process holds them.
const PATIENCE: Duration = Duration::from_secs(30);

/// The tasks and threads of a store.
#[derive(Debug, Default)]
pub(super) struct Background {
    tasks: Mutex<Vec<JoinHandle<()>>>,
    /// One for each thread, disconnected when it ended.
    threads: Mutex<Vec<Receiver<Infallible>>>,
}

/// Held by a thread until it ends.
#[derive(Debug)]
pub(super) struct Running(#[expect(dead_code, reason = "its end is what counts")] Sender<Infallible>);

impl Background {
    /// Runs this to its end, on the caller's runtime; without one, it is dropped.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        // A runtime that shuts down drops the work at once, and that may come back here.
        let task = runtime.spawn(work);
        let mut tasks = lock(&self.tasks);
        tasks.retain(|task| !task.is_finished());
        tasks.push(task);
    }

    /// Waits for all tasks that were begun until now; not for ever.
    pub(super) async fn finish_tasks(&self) {
        let tasks = mem::take(&mut *lock(&self.tasks));
        let all = async {
            for task in tasks {
                let _ = task.await;
            }
        };
        if tokio::time::timeout(PATIENCE, all).await.is_err() {
            tracing::warn!("closed the store while an upload was still open");
        }
    }

    /// Announces a thread.
    pub(super) fn begin_thread(&self) -> Running {
        let (running, ended) = channel();
        let mut threads = lock(&self.threads);
        threads.retain(|thread| matches!(thread.try_recv(), Err(TryRecvError::Empty)));
        threads.push(ended);
        Running(running)
    }

    /// Waits for all threads that were begun until now, on this thread; not for ever.
    pub(super) fn finish_threads(&self) {
        let deadline = Instant::now() + PATIENCE;
        let mut late = Vec::new();
        for thread in mem::take(&mut *lock(&self.threads)) {
            let left = deadline.saturating_duration_since(Instant::now());
            if let Err(RecvTimeoutError::Timeout) = thread.recv_timeout(left) {
                late.push(thread);
            }
        }
        if !late.is_empty() {
            tracing::warn!(threads = late.len(), "closed the store before its threads ended");
            lock(&self.threads).append(&mut late);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
