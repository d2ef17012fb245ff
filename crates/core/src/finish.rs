//! Work that must come to its end once begun, also when its caller goes away.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tracing::Instrument;

use crate::engine::EngineBucket;

/// Runs where it is awaited; if it is dropped before its end, the rest of it runs in the background of the bucket.
pub(crate) struct Finish<T: Send + 'static> {
    bucket: Arc<dyn EngineBucket>,
    work: Option<BoxFuture<'static, T>>,
}

impl<T: Send + 'static> Finish<T> {
    pub(crate) fn new(
        bucket: &Arc<dyn EngineBucket>,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Self {
        Self { bucket: bucket.clone(), work: Some(Box::pin(work.in_current_span())) }
    }
}

impl<T: Send + 'static> Future for Finish<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let Some(work) = self.work.as_mut() else { return Poll::Pending };
        let output = std::task::ready!(work.as_mut().poll(cx));
        self.work = None;
        Poll::Ready(output)
    }
}

impl<T: Send + 'static> Drop for Finish<T> {
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            self.bucket.in_background(work.map(drop).boxed());
        }
    }
}
