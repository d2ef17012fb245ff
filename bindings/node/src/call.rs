//! An operation that JavaScript runs, and may abort.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use napi::bindgen_prelude::{PromiseRaw, ToNapiValue, Unknown};
use napi::{Env, Error, Result, Status};
use napi_derive::napi;
use tokio_util::sync::CancellationToken;

use crate::error::thrown;
use crate::progress::Progress;

/// Makes what the operation gave a value of JavaScript.
type Reply = Box<dyn for<'env> FnOnce(&'env Env) -> Result<Unknown<'env>> + Send>;
type Work = Pin<Box<dyn Future<Output = jetblob::Result<Reply>> + Send>>;

/// An operation that has not begun. It can be run once; to abort it gives it up, at the store too.
#[napi]
pub(crate) struct Call {
    work: Mutex<Option<Work>>,
    progress: Option<Progress>,
    aborted: CancellationToken,
}

impl Call {
    /// An operation.
    pub(crate) fn new<T>(work: impl Future<Output = jetblob::Result<T>> + Send + 'static) -> Self
    where
        T: ToNapiValue + Send + 'static,
    {
        Self::giving(work, |env, value: T| value.into_unknown(env))
    }

    /// An operation, and what makes its result a value of JavaScript.
    pub(crate) fn giving<T: Send + 'static>(
        work: impl Future<Output = jetblob::Result<T>> + Send + 'static,
        give: impl for<'env> FnOnce(&'env Env, T) -> Result<Unknown<'env>> + Send + 'static,
    ) -> Self {
        let work = Box::pin(async move {
            let value = work.await?;
            let reply: Reply = Box::new(move |env| give(env, value));
            Ok(reply)
        });
        Self { work: Mutex::new(Some(work)), progress: None, aborted: CancellationToken::new() }
    }

    /// The same, that tells how far it is.
    pub(crate) fn telling(self, progress: Option<Progress>) -> Self {
        Self { progress, ..self }
    }
}

#[napi]
impl Call {
    /// Makes the call; a promise of its end. One that was aborted before its end is rejected with the code `Cancelled`.
    #[napi]
    pub fn run<'env>(&self, env: &'env Env) -> Result<PromiseRaw<'env, Unknown<'env>>> {
        let work = self.work.lock().unwrap_or_else(PoisonError::into_inner).take();
        let work = work.ok_or_else(|| Error::from_reason("the call was made already"))?;
        let end = self.aborted.clone().run_until_cancelled_owned(work);
        env.spawn_future_with_callback(async move { Ok(end.await) }, |env, end| match end {
            Some(Ok(reply)) => reply(env),
            Some(Err(error)) => Err(thrown(*env, &error)),
            None => Err(Error::new(Status::Cancelled, "the call was aborted")),
        })
    }

    /// Gives the call up.
    #[napi]
    pub fn abort(&self) {
        self.aborted.cancel();
    }

    /// A promise of how far the call is, once that is more than was told before; of `null` after its end.
    #[napi]
    pub fn progress<'env>(&self, env: &'env Env) -> Result<PromiseRaw<'env, Option<i64>>> {
        let progress = self.progress.clone();
        env.spawn_future(async move {
            match progress {
                None => Ok(None),
                Some(progress) => Ok(progress.next().await),
            }
        })
    }
}
