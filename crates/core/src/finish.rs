//! Work that must come to its end once begun, also when its caller goes away.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;

/// Runs where it is awaited; if it is dropped before its end, the rest of it runs in a task of its own.
pub(crate) struct Finish<T: Send + 'static>(Option<BoxFuture<'static, T>>);

impl<T: Send + 'static> Finish<T> {
    pub(crate) fn new(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self(Some(Box::pin(work)))
    }
}

impl<T: Send + 'static> Future for Finish<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let Some(work) = self.0.as_mut() else {
            return Poll::Pending;
        };
        let output = std::task::ready!(work.as_mut().poll(cx));
        self.0 = None;
        Poll::Ready(output)
    }
}

impl<T: Send + 'static> Drop for Finish<T> {
    fn drop(&mut self) {
        if let Some(work) = self.0.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(work);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_was_begun_comes_to_its_end_without_its_caller() {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let mut work = Finish::new(async move {
            tokio::task::yield_now().await;
            let _ = sender.send(7);
        });
        std::future::poll_fn(|cx| Poll::Ready(Pin::new(&mut work).poll(cx).is_pending())).await;
        drop(work);
        assert_eq!(receiver.await, Ok(7));
    }
}
