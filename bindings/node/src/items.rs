//! A list or a watch.

use std::sync::Arc;

use futures_util::{Stream, TryStreamExt};
use jetblob::handle;
use napi::bindgen_prelude::{Array, JsValue, PromiseRaw, ToNapiValue, Unknown};
use napi::{Env, Result};
use napi_derive::napi;

use crate::error::exception;
use crate::runtime::InRuntime;

/// Makes an item a value of JavaScript.
type Item = Box<dyn for<'env> FnOnce(&'env Env) -> Result<Unknown<'env>> + Send>;

#[napi]
pub(crate) struct Items(InRuntime<Arc<handle::Items<Item>>>);

impl Items {
    /// The items of a stream. Made inside the runtime.
    pub(crate) fn new<T>(stream: impl Stream<Item = jetblob::Result<T>> + Send + 'static) -> Self
    where
        T: ToNapiValue + Send + 'static,
    {
        let items = stream.map_ok(|item| -> Item { Box::new(move |env| item.into_unknown(env)) });
        Self(InRuntime::new(Arc::new(handle::Items::new(items))))
    }
}

#[napi]
impl Items {
    /// A promise of the next items, in which an error is an `Error`; of `null` at the end.
    #[napi]
    pub fn next_batch<'env>(&self, env: &'env Env) -> Result<PromiseRaw<'env, Option<Array<'env>>>> {
        let items = Arc::clone(&self.0);
        env.spawn_future_with_callback(async move { Ok(items.next_batch().await) }, |env, batch| {
            batch.map(|batch| given(env, batch)).transpose()
        })
    }

    #[napi]
    pub fn close(&self) {
        self.0.close();
    }
}

fn given(env: &Env, batch: Vec<jetblob::Result<Item>>) -> Result<Array<'_>> {
    let items = batch.into_iter().map(|item| match item {
        Ok(item) => item(env),
        Err(error) => exception(env, &error).map(|exception| exception.to_unknown()),
    });
    Array::from_vec(env, items.collect::<Result<Vec<_>>>()?)
}
