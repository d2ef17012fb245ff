//! What goes on beside the calls, for which closing the store waits.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// How long tasks and threads have to end. They do so at once, unless a disk or another process holds them.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// The tasks and threads of a store.
#[derive(Debug)]
pub(super) struct Background {
    tasks: TaskTracker,
    threads: TaskTracker,
}

/// Held by a thread until it ends.
pub(super) type Running = TaskTrackerToken;

impl Background {
    pub(super) fn new() -> Self {
        let (tasks, threads) = (TaskTracker::new(), TaskTracker::new());
        // Only what is closed can be waited for.
        tasks.close();
        threads.close();
        Self { tasks, threads }
    }

    /// Runs this to its end, on the caller's runtime; without one, it is dropped.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Ok(runtime) = Handle::try_current() {
            self.tasks.spawn_on(work, &runtime);
        }
    }

    /// Waits for all tasks; not for ever.
    pub(super) async fn finish_tasks(&self) {
        if tokio::time::timeout(PATIENCE, self.tasks.wait()).await.is_err() {
            tracing::warn!("closed the store while a put was still under way");
        }
    }

    /// Announces a thread.
    pub(super) fn begin_thread(&self) -> Running {
        self.threads.token()
    }

    /// Waits for all threads.
    pub(super) async fn finish_threads(&self) {
        self.threads.wait().await;
    }
}
