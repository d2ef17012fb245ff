//! An operation, to be awaited or waited for.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::{IntoPyObject, IntoPyObjectExt, prelude::*};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::ending::{Entering, while_alive};
use crate::error::raise;
use crate::process::{OfProcess, runtime};
use crate::progress::Progress;

/// How often a blocked call looks whether it was interrupted.
const INTERRUPTIBLE: Duration = Duration::from_millis(100);

type Reply = Box<dyn FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send>;
type Work = Pin<Box<dyn Future<Output = jetblob::Result<Reply>> + Send>>;

/// An operation that has not begun. It can be run once, in either way; when its caller stops waiting, it is given up.
#[pyclass(frozen, module = "jetblob._native")]
pub(crate) struct Call(Mutex<Option<OfProcess<Begin>>>);

struct Begin {
    work: Work,
    progress: Option<Progress>,
    is_a_hand_over: bool,
}

impl Call {
    /// An operation.
    pub(crate) fn new<T>(work: impl Future<Output = jetblob::Result<T>> + Send + 'static) -> Self
    where
        T: for<'py> IntoPyObject<'py> + Send + 'static,
    {
        Self::begin(work, None, false)
    }

    /// An operation that tells how far it is.
    pub(crate) fn telling<T>(
        progress: Option<Progress>,
        work: impl Future<Output = jetblob::Result<T>> + Send + 'static,
    ) -> Self
    where
        T: for<'py> IntoPyObject<'py> + Send + 'static,
    {
        Self::begin(work, progress, false)
    }

    /// A step of a handle: it takes from a channel, or gives to one, so it runs on the thread of the caller.
    pub(crate) fn hand_over<T>(work: impl Future<Output = jetblob::Result<T>> + Send + 'static) -> Self
    where
        T: for<'py> IntoPyObject<'py> + Send + 'static,
    {
        Self::begin(work, None, true)
    }

    fn begin<T>(
        work: impl Future<Output = jetblob::Result<T>> + Send + 'static,
        progress: Option<Progress>,
        is_a_hand_over: bool,
    ) -> Self
    where
        T: for<'py> IntoPyObject<'py> + Send + 'static,
    {
        let work = Box::pin(async move {
            let value = work.await?;
            Ok(Box::new(move |py: Python<'_>| value.into_py_any(py)) as Reply)
        });
        Self(Mutex::new(Some(OfProcess::new(Begin { work, progress, is_a_hand_over }))))
    }

    fn take(&self) -> PyResult<OfProcess<Begin>> {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        taken.ok_or_else(|| PyRuntimeError::new_err("the call was made already"))
    }
}

#[pymethods]
impl Call {
    /// Makes the call, and awaits its end.
    async fn run(&self) -> PyResult<Py<PyAny>> {
        let Begin { work, progress, is_a_hand_over } = self.take()?.into_inner()?;
        let reply = while_alive(async {
            if is_a_hand_over { Ok(work.await) } else { told(progress, Task(runtime().spawn(work))).await }
        });
        let reply = reply.await?;
        Python::attach(|py| reply.map_err(|error| raise(py, &error))?(py))
    }

    /// Makes the call, and blocks until its end. The other threads of Python run meanwhile, and Ctrl-C ends it.
    fn wait(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let Begin { work, progress, .. } = self.take()?.into_inner()?;
        block(py, told(progress, work))??.map_err(|error| raise(py, &error))?(py)
    }
}

/// Awaits the end of the work, and tells on the way how far it is.
async fn told(
    progress: Option<Progress>,
    work: impl Future<Output = jetblob::Result<Reply>>,
) -> PyResult<jetblob::Result<Reply>> {
    match progress {
        None => Ok(work.await),
        Some(progress) => progress.during(work).await,
    }
}

/// Blocks with the interpreter released; Ctrl-C is seen.
pub(crate) fn block<T: Send>(py: Python<'_>, work: impl Future<Output = T> + Send) -> PyResult<T> {
    let runtime = runtime();
    // What is dropped unfinished may have to clean up.
    let _entered = runtime.enter();
    let mut work = pin!(work);
    loop {
        let slice = timeout(INTERRUPTIBLE, work.as_mut());
        match py.detach(|| (runtime.block_on(slice), Entering::or_stay())) {
            (Ok(end), _) => return Ok(end),
            (Err(_), _) => py.check_signals()?,
        }
    }
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
