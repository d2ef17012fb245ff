//! The end of the interpreter, which kills every other thread that enters it from then on.
//!
//! Until Python 3.14 such a thread is unwound through whatever frames it has, and what those then drop touches an
//! interpreter that is gone. So nobody enters any more once the end has begun.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Wake, Waker};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use pyo3::prelude::*;

use crate::thread_state;

/// The thread that ends the interpreter: the only one that may still be in it.
static ENDED_BY: OnceLock<ThreadId> = OnceLock::new();

/// How many threads are on their way in, or wake somebody there.
static ENTERING: AtomicUsize = AtomicUsize::new(0);

/// How long the end waits for them.
const PATIENCE: Duration = Duration::from_secs(1);

/// Leave to enter the interpreter, for as long as it lives. Held until one is in.
pub(crate) struct Entering(());

impl Entering {
    /// `None` if the interpreter is about to end. May wait until others leave it.
    pub(crate) fn begin() -> Option<Self> {
        ENTERING.fetch_add(1, Ordering::SeqCst);
        let leave = Self(());
        if ENDED_BY.get().is_some_and(|by| *by != thread::current().id()) {
            return None;
        }
        thread_state::keep();
        Some(leave)
    }

    /// Stays here for ever if the interpreter is about to end, as threads do from Python 3.14 on.
    pub(crate) fn or_stay() -> Self {
        loop {
            match Self::begin() {
                Some(leave) => return leave,
                None => thread::park(),
            }
        }
    }
}

impl Drop for Entering {
    fn drop(&mut self) {
        ENTERING.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Begins the end: run at exit.
#[pyfunction]
fn end(py: Python<'_>) {
    ENDED_BY.get_or_init(|| thread::current().id());
    py.detach(|| {
        let deadline = Instant::now() + PATIENCE;
        while ENTERING.load(Ordering::SeqCst) > 0 && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
        }
    });
}

/// Has [`end`] run at exit.
pub(crate) fn run_at_exit(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let end = wrap_pyfunction!(end, module)?;
    module.py().import("atexit")?.call_method1("register", (end,)).map(drop)
}

/// Awaits the work for somebody in the interpreter, who is not woken any more when that ends.
pub(crate) async fn while_alive<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    poll_fn(|context| {
        let waker = Waker::from(Arc::new(WhileAlive(context.waker().clone())));
        work.as_mut().poll(&mut Context::from_waker(&waker))
    })
    .await
}

struct WhileAlive(Waker);

impl Wake for WhileAlive {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(_leave) = Entering::begin() {
            self.0.wake_by_ref();
        }
    }
}
