//! How far an operation is, told to a function of the caller's.

use std::future::Future;

use pyo3::prelude::*;
use tokio::sync::watch;

/// A function of the caller's, and the count that it is to be told: the newest, on the thread that waits for the operation.
pub(crate) struct Progress {
    function: Py<PyAny>,
    count: watch::Receiver<u64>,
    told: u64,
}

/// What an operation tells, and what tells it to the function, if there is one.
pub(crate) fn telling(
    function: Option<Py<PyAny>>,
) -> (impl Fn(u64) + Send + Sync + 'static, Option<Progress>) {
    let (set, progress) = function
        .map(|function| {
            let (set, count) = watch::channel(0);
            (set, Progress { function, count, told: 0 })
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
    /// Awaits the end of the work. When the function raises, that is the end, and the work is given up.
    pub(crate) async fn during<T>(mut self, work: impl Future<Output = T>) -> PyResult<T> {
        let mut work = std::pin::pin!(work);
        loop {
            let changed = async {
                if self.count.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                biased;
                () = changed => self.tell()?,
                end = &mut work => {
                    if self.told != *self.count.borrow() {
                        self.tell()?;
                    }
                    return Ok(end);
                }
            }
        }
    }

    fn tell(&mut self) -> PyResult<()> {
        self.told = *self.count.borrow_and_update();
        Python::attach(|py| self.function.call1(py, (self.told,)).map(drop))
    }
}
